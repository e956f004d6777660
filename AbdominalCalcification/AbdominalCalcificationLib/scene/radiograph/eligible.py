"""Which volumes of a scene can be a radiograph; imports nothing heavy."""

from __future__ import annotations

from ...errors import InputError


def slices_of(node) -> int:
    """Return how many slices a volume has; 0 where it holds no pixels."""
    image = None if node is None else node.GetImageData()
    return 0 if image is None or image.GetNumberOfPoints() < 2 else image.GetDimensions()[2]


def can_be_radiograph(node) -> bool:
    """Return whether a volume that users see is a single image, of grey values or of colours."""
    return (
        node is not None
        and node.IsA("vtkMRMLScalarVolumeNode")
        and not node.IsA("vtkMRMLLabelMapVolumeNode")
        and not node.GetHideFromEditors()
        and slices_of(node) == 1
        and min(node.GetImageData().GetDimensions()[:2]) > 1
    )


def check_is_radiograph(node) -> None:
    """Refuse a volume that is no single image.

    Raises
    ------
    InputError
    """
    slices = slices_of(node)
    name = node.GetName()
    if slices == 0:
        raise InputError(f"'{name}' holds no pixels; load it again.")
    if slices > 1:
        raise InputError(
            f"'{name}' is a stack of {slices} images and no radiograph; choose a single lateral image. "
            "A CT belongs on the page CT."
        )
    if not can_be_radiograph(node):
        raise InputError(f"'{name}' is no image of a radiograph; choose a volume of grey values.")

"""Radiographs between the scene and plain arrays: volumes of a single slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from ...errors import InputError
from ...flags import Flag
from ...progress import Progress, Steps
from ...radiograph.image import Radiograph
from ..volumes import array_of_matrix, identity_of_node, world_matrix

# Slicer shows bone dark where an image is stored so (MONOCHROME1): by this colour table.
_INVERTED_GREY = "vtkMRMLColorTableNodeInvertedGrey"


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


def is_shown_inverted(node) -> bool:
    """Return whether Slicer shows high values dark: the file says that they are."""
    display = node.GetDisplayNode()
    return display is not None and display.GetColorNodeID() == _INVERTED_GREY


def grey_of(node) -> tuple[np.ndarray, bool]:
    """Return the pixels (rows, columns) of a volume, and whether they were made grey of colours.

    Raises
    ------
    InputError
        For what is no single image, and for colours that are more than shades of grey.
    """
    check_is_radiograph(node)
    image = node.GetImageData()
    scalars = image.GetPointData().GetScalars()
    columns, rows, _ = image.GetDimensions()
    count = scalars.GetNumberOfComponents()
    values = vtk_to_numpy(scalars).reshape(rows, columns, count)
    if count == 1:
        return values[..., 0], False
    if count not in (3, 4):
        raise InputError(f"'{node.GetName()}' has {count} values in each pixel; choose an image of grey values.")
    colors = values[..., :3].astype(np.float32)
    # Some tint is a monitor's or a camera's; a picture with colours is no radiograph.
    spread = float(np.mean(colors.max(axis=2) - colors.min(axis=2)))
    span = float(colors.max() - colors.min())
    if span > 0 and spread > 0.1 * span:
        raise InputError(f"'{node.GetName()}' is a picture in colour and no radiograph; choose one of grey values.")
    return colors @ np.array([0.299, 0.587, 0.114], np.float32), True  # ITU-R BT.601


def radiograph_of(node, faces: str | None = None, is_inverted: bool = False) -> Radiograph:
    """Return the radiograph that a volume node holds, bone bright.

    Parameters
    ----------
    node : vtkMRMLScalarVolumeNode
        Of one slice.
    faces : {'left', 'right'}, optional
        Where in the image the patient's front is.
    is_inverted : bool
        Whether bone is dark in what Slicer shows.

    Raises
    ------
    InputError
        For what is no single image.
    """
    grey, _ = grey_of(node)
    pixels = np.array(grey, np.float32)
    if is_shown_inverted(node) is not is_inverted:
        pixels = pixels.max() + pixels.min() - pixels
    return Radiograph(pixels, spacing_of(node), faces)


def spacing_of(node) -> tuple[float, float] | None:
    """Return the steps between rows and columns, mm; None where the volume has just pixels of 1 x 1."""
    columns_mm, rows_mm, _ = node.GetSpacing()
    # What Slicer gives images that say nothing: photographs, most PNG and TIFF files.
    return None if (columns_mm, rows_mm) == (1.0, 1.0) else (float(rows_mm), float(columns_mm))


@dataclass(frozen=True, eq=False)
class ReadRadiograph:
    """A radiograph of the scene, and what there is to say about reading it.

    Attributes
    ----------
    radiograph : Radiograph
    identity : dict
        What tells which image it is.
    flags : tuple of Flag
    """

    radiograph: Radiograph
    identity: dict
    flags: tuple[Flag, ...] = ()


def read_steps(node, faces: str | None = None, is_inverted: bool = False) -> Steps[ReadRadiograph]:
    """Read the radiograph that a volume node holds. Parameters and errors as for :func:`radiograph_of`."""
    yield Progress("Reading the radiograph", 0.0)
    return ReadRadiograph(radiograph_of(node, faces, is_inverted), identity_of_node(node))


@dataclass(frozen=True, eq=False)
class Placement:
    """Where points of a radiograph lie in the world.

    Attributes
    ----------
    to_world : ndarray, shape (4, 4)
        From points (x, y, 0) of the radiograph to RAS, mm.
    """

    to_world: np.ndarray

    @classmethod
    def of(cls, node, step: Sequence[float]) -> Placement:
        """Return the placement of a volume node whose points are given in steps (rows, columns)."""
        matrix = vtkMatrix4x4()
        node.GetIJKToRASMatrix(matrix)
        scale = np.diag([1.0 / step[1], 1.0 / step[0], 1.0, 1.0])
        return cls(world_matrix(node) @ array_of_matrix(matrix) @ scale)

    def ras(self, points) -> np.ndarray:
        """Return points (n, 2) of the radiograph in the world, shape (n, 3)."""
        points = np.asarray(points, float).reshape(-1, 2)
        return points @ self.to_world[:3, :2].T + self.to_world[:3, 3]

    def points(self, ras) -> np.ndarray:
        """Return places (n, 3) of the world, projected onto the image, as points of the radiograph."""
        away = np.asarray(ras, float).reshape(-1, 3) - self.to_world[:3, 3]
        return (away @ np.linalg.inv(self.to_world[:3, :3]).T)[:, :2]

    def length_mm(self, length: float) -> float:
        """Return how long something of the radiograph is in the world."""
        return float(length * np.linalg.norm(self.to_world[:3, 1]))


def image_node_of(radiograph: Radiograph, name: str, scene=None):
    """Add a radiograph to the scene as Slicer adds images of one slice, and return its node."""
    import slicer

    from ..volumes import image_of_array

    scene = slicer.mrmlScene if scene is None else scene
    node = slicer.vtkMRMLScalarVolumeNode()
    node.SetName(scene.GenerateUniqueName(name))
    rows_mm, columns_mm = radiograph.step
    # As Slicer reads images that say no place: columns to the patient's left, rows to the back.
    matrix = vtkMatrix4x4()
    for axis, value in enumerate((-columns_mm, -rows_mm, 1.0)):
        matrix.SetElement(axis, axis, value)
    node.SetIJKToRASMatrix(matrix)
    scene.AddNode(node)
    node.SetAndObserveImageData(image_of_array(radiograph.pixels[None]))
    node.CreateDefaultDisplayNodes()
    return node

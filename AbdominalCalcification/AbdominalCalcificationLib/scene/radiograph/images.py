"""Radiographs between the scene and plain arrays: volumes of a single slice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from ...errors import InputError
from ...flags import Flag
from ...radiograph.image import Radiograph
from ...radiograph.reading import RadiographImage, ReadingChoices, read_radiograph
from ...radiograph.reading.choices import LEAST_PIXEL_MM, MOST_PIXEL_MM, is_plausible
from ...radiograph.reading.pictures import picture_kind
from ...radiograph.reading.placement import Placement
from ...radiograph.reading.read import other_than_given, pixels_checksum
from ...reading.dicom import is_dicom
from ...reading.nifti import is_nifti
from ..dicom_files import files_of_node, is_from_dicom
from ..volumes import array_of_matrix, grid_of_node, identity_of_node, world_matrix
from .eligible import check_is_radiograph

# Slicer shows bone dark where an image is stored so (MONOCHROME1): by this colour table.
_INVERTED_GREY = "vtkMRMLColorTableNodeInvertedGrey"


def is_shown_inverted(node) -> bool:
    """Return whether Slicer shows high values dark: the file says that they are."""
    display = node.GetDisplayNode()
    return display is not None and display.GetColorNodeID() == _INVERTED_GREY


def grey_of(node) -> np.ndarray:
    """Return the pixels (rows, columns) of a volume; shades of grey that are stored as colours are made grey.

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
        return values[..., 0]
    if count not in (3, 4):
        raise InputError(f"'{node.GetName()}' has {count} values in each pixel; choose an image of grey values.")
    colors = values[..., :3].astype(np.float32)
    # Some tint is a monitor's or a camera's; a picture with colours is no radiograph.
    spread = float(np.mean(colors.max(axis=2) - colors.min(axis=2)))
    span = float(colors.max() - colors.min())
    if span > 0 and spread > 0.1 * span:
        raise InputError(f"'{node.GetName()}' is a picture in colour and no radiograph; choose one of grey values.")
    return colors @ np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def read_image(node, choices: ReadingChoices | None = None) -> RadiographImage:
    """Read the radiograph that a volume node holds, as the command line reads its file where that is at hand.

    Parameters
    ----------
    node : vtkMRMLScalarVolumeNode
        Of one slice.
    choices : ReadingChoices, optional
        Inverted is what has bone dark in what Slicer shows.

    Raises
    ------
    InputError
        For what is no single image in grey.
    """
    choices = choices or ReadingChoices()
    grey = grey_of(node)
    path = _file_of(node)
    if path is not None:
        read = read_radiograph(path, choices)
        if read.placement.as_stored(read.radiograph.pixels).shape == grey.shape:
            return replace(read, identity={**read.identity, **_series(node)})
    pixels = np.array(grey, np.float32)
    if choices.flip:
        raise InputError(f"'{node.GetName()}' does not say where the patient's front is; say which side it is on.")
    if is_shown_inverted(node) is not choices.invert:
        pixels = pixels.max() + pixels.min() - pixels
    spacing, aspect, source, flags = _spacing_in(node, choices)
    radiograph = Radiograph(pixels, spacing, choices.faces, aspect)
    identity = {
        **identity_of_node(node),
        "rows": pixels.shape[0],
        "columns": pixels.shape[1],
        "spacing_source": source,
        "inverted": choices.invert,
        "placement": Placement().document(),
        "pixels_sha256": pixels_checksum(radiograph.pixels),
    }
    return RadiographImage(radiograph, tuple(flags), identity, Placement(), grid_of_node(node), Path(node.GetName()))


def _file_of(node) -> Path | None:
    """Return the file that holds just the pixels of a node; None where there is none, or the pixels were changed."""
    storage = node.GetStorageNode()
    if is_from_dicom(node):
        try:
            files = files_of_node(node)
        except InputError:  # not in the database any more
            return None
    else:
        files = () if storage is None or not storage.GetFileName() else (Path(storage.GetFileName()),)
    if len(files) != 1 or not files[0].is_file() or (storage is not None and node.GetModifiedSinceRead()):
        return None
    return files[0] if is_dicom(files[0]) or is_nifti(files[0]) or picture_kind(files[0]) is not None else None


def _series(node) -> dict:
    return {key: value for key, value in identity_of_node(node).items() if key == "series_uid"}


def _spacing_in(
    node, choices: ReadingChoices
) -> tuple[tuple[float, float] | None, tuple[float, float], str, list[Flag]]:
    """Return the spacing in mm, the aspect, where they are from and flags, of what is in the scene alone."""
    given, said, square = choices.pixel_spacing_mm, spacing_of(node), (1.0, 1.0)
    if given is not None:
        return given, square, "user", other_than_given(given, said, "the image in the scene")
    if said is None:
        text = "The image in the scene does not say how large its pixels are."
        return None, square, "unknown", [Flag("pixel_size_unknown", text)]
    if not is_plausible(said):
        size = f"{said[0]:g} x {said[1]:g} mm"
        text = f"The image in the scene says that pixels are {size}, which those of no radiograph are "
        text += f"({LEAST_PIXEL_MM:g} to {MOST_PIXEL_MM:g} mm); it is not used."
        return None, (said[0] / said[1], 1.0), "unknown", [Flag("pixel_size_implausible", text)]
    return said, square, "scene", []


def spacing_of(node) -> tuple[float, float] | None:
    """Return the steps between rows and columns, mm; None where the volume has just pixels of 1 x 1."""
    columns_mm, rows_mm, _ = node.GetSpacing()
    # What Slicer gives images that say nothing: photographs, most PNG and TIFF files.
    return None if (columns_mm, rows_mm) == (1.0, 1.0) else (float(rows_mm), float(columns_mm))


@dataclass(frozen=True, eq=False)
class InScene:
    """Where points and pixels of an upright radiograph lie in the scene.

    Attributes
    ----------
    to_world : ndarray, shape (4, 4)
        From points (x, y, 0) of the radiograph to RAS, mm.
    placement : reading.placement.Placement
        How the upright pixels lie in the node.
    """

    to_world: np.ndarray
    placement: Placement

    @classmethod
    def of(cls, node, step: Sequence[float], placement: Placement | None = None) -> InScene:
        """Return where a radiograph is whose points are given in steps (rows, columns) and that a volume node holds."""
        placement = placement or Placement()
        matrix = vtkMatrix4x4()
        node.GetIJKToRASMatrix(matrix)
        columns, rows, _ = node.GetImageData().GetDimensions()
        if placement.transposed:
            rows, columns = columns, rows
        # From (x, y) to columns and rows as they are before they are transposed, and to i and j.
        turned = np.diag([1.0 / step[1], 1.0 / step[0], 1.0, 1.0])
        for axis, (is_reversed, count) in enumerate(
            ((placement.columns_reversed, columns), (placement.rows_reversed, rows))
        ):
            if is_reversed:
                turned[axis] = -turned[axis]
                turned[axis, 3] = count - 1
        if placement.transposed:
            turned[[0, 1]] = turned[[1, 0]]
        return cls(world_matrix(node) @ array_of_matrix(matrix) @ turned, placement)

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


def image_node_of(radiograph: Radiograph, name: str, scene=None, node=None):
    """Add a radiograph to the scene as Slicer adds images of one slice, or put it into `node`; return the node."""
    import slicer

    from ..volumes import image_of_array

    scene = slicer.mrmlScene if scene is None else scene
    is_new = node is None
    if node is None:
        node = slicer.vtkMRMLScalarVolumeNode()
        node.SetName(scene.GenerateUniqueName(name))
    rows_mm, columns_mm = radiograph.step
    # As Slicer reads images that say no place: columns to the patient's left, rows to the back.
    matrix = vtkMatrix4x4()
    for axis, value in enumerate((-columns_mm, -rows_mm, 1.0)):
        matrix.SetElement(axis, axis, value)
    node.SetIJKToRASMatrix(matrix)
    if is_new:
        scene.AddNode(node)
    node.SetAndObserveImageData(image_of_array(radiograph.pixels[None]))
    node.CreateDefaultDisplayNodes()
    return node

"""Masks read from segmentation nodes onto the grid of a CT, by the rules by which files are read."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from ..errors import InputError
from ..flags import Flag
from ..geometry import Box, Grid, Volume
from ..progress import drained
from ..reading.meanings import Understanding, Wanted, understand
from ..reading.painting import ArteryPainter
from ..reading.segments import remarks
from .nodes import drawn_on, nodes_of
from .segmentations import ONLY_SHOWN, said_of_segment, segments_of
from .volumes import array_of_image, array_of_matrix, grid_of_node, world_matrix

if TYPE_CHECKING:
    from ..reading.masks import Mask

# An image lies on the voxels of the CT where its voxel centres are this near to theirs, in voxels.
_SAME_VOXEL = 1e-2
_PLANES = 32  # are read in one step


def arteries_from_node(node, volume_node, label_names: Mapping[str, str] | None = None) -> Volume:
    """Return the artery label map of a segmentation node; see :func:`mask_from_node`."""
    return mask_from_node(node, volume_node, Wanted.ARTERIES, label_names).volume


def calcification_from_node(node, volume_node, label_names: Mapping[str, str] | None = None) -> Volume:
    """Return the calcification mask of a segmentation node; see :func:`mask_from_node`."""
    return mask_from_node(node, volume_node, Wanted.CALCIFICATION, label_names).volume


def mask_from_node(node, volume_node, wanted: Wanted, label_names: Mapping[str, str] | None = None) -> Mask:
    """Return the mask that a segmentation node holds, on the grid of the CT, in world coordinates.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    volume_node : vtkMRMLScalarVolumeNode
        The CT.
    wanted : Wanted
        What the node was chosen as.
    label_names : mapping of str to str, optional
        What segments are whose names are not understood, see :func:`reading.meanings.understand`.

    Returns
    -------
    Mask
        uint8 territory labels, or 1 where calcified. Where arteries overlap, a branch wins over its parent, else the
        earlier in the territory table. Flags tell of that, of segments that were left out or guessed, of what lies
        outside the CT, and of what the CT's grid did to a mask that was drawn on another.

    Raises
    ------
    InputError
        Where there are segments but none of what is wanted, under a non-linear transform, for a segmentation of
        another place, and for arteries of both sides without an aorta.
    """
    return drained(mask_from_node_steps(node, volume_node, wanted, label_names))


def mask_from_node_steps(
    node, volume_node, wanted: Wanted, label_names: Mapping[str, str] | None = None
) -> Generator[None, None, Mask]:
    """Do as :func:`mask_from_node`, some planes at a time: the mask is that of the first step, whatever comes later."""
    title = f"'{node.GetName()}'"
    images = label_maps(node)
    understood = understood_in(node, images, wanted, label_names)
    mask, _overlaps = yield from painted_steps(node, volume_node, [image for image, _ in images], understood, title)
    return mask


def painted_steps(
    node, volume_node, images, understood: Understanding, title: str, arrays: Sequence[np.ndarray] | None = None
) -> Generator[None, None, tuple[Mask, np.ndarray]]:
    """Return the mask that the label maps of a segmentation node hold, see :func:`mask_from_node_steps`.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    volume_node : vtkMRMLScalarVolumeNode
    images : sequence of vtkOrientedImageData
    understood : Understanding
        Of its segments.
    title : str
        What to call it.
    arrays : sequence of ndarray, optional
        Copies of the label maps' voxels, where there are some already.

    Returns
    -------
    Mask
    ndarray of int
        How many voxels arteries claim twice, see :attr:`reading.painting.ArteryPainter.overlaps`.
    """
    from ..reading.masks import Mask

    if understood.problem:
        raise InputError(f"{title} {understood.problem}; rename its segments, or say what they are.")
    wanted = understood.wanted
    grid, to_world = grid_of_node(volume_node), world_matrix(node)
    painter, calcified = ArteryPainter(grid, title), np.zeros(grid.shape, np.uint8)
    flags = remarks(understood, title)
    read = []
    for number, image in enumerate(images):
        values, names = values_in(understood, number)
        if values:
            # Copies: what is painted from now on is for the next time. No snapshots: these trust that changes are told.
            array = array_of_image(image).copy() if arrays is None else arrays[number]
            read.append((array, grid_of_image(image, to_world), values, names))
    for array, own_grid, values, names in read:
        yield
        kept = yield from _of_values_steps(array, values, as_one=wanted is Wanted.CALCIFICATION)
        called = None if wanted is Wanted.CALCIFICATION else names
        box, placed, told = _placed(Volume(kept, own_grid), grid, f"{wanted.title} {title}", called)
        flags += told
        yield
        if wanted is Wanted.ARTERIES:
            yield from painter.paint_steps(placed, values, names, box)
            continue
        for painted, plane in zip(calcified[box], placed, strict=True):
            painted |= plane
    yield
    if wanted is Wanted.ARTERIES:
        volume, overlaps = painter.finished()
        return Mask(volume, (*flags, *overlaps)), painter.overlaps
    return Mask(Volume(calcified, grid), tuple(flags)), painter.overlaps


def _of_values_steps(array: np.ndarray, values: Mapping, as_one: bool) -> Generator[None, None, np.ndarray]:
    """Return a label map with some of its values alone; `as_one` makes them all 1."""
    kept = np.zeros(array.shape, np.uint8 if as_one else array.dtype)
    for first in range(0, len(array), _PLANES):
        part = array[first : first + _PLANES]
        if part.any():
            wanted = np.isin(part, list(values))
            np.copyto(kept[first : first + _PLANES], 1 if as_one else part, where=wanted)
        yield
    return kept


def values_in(understood: Understanding, number: int) -> tuple[dict[int, tuple], dict[int, str]]:
    """Return what the values of one label map stand for that is wanted, and what they are called."""
    known = understood.of_arteries()
    if understood.wanted is Wanted.CALCIFICATION:
        known = [(each, ()) for each in understood.of_calcification()]
    here = [(segment, territories) for segment, territories in known if segment.layer == number]
    return {each.value: what for each, what in here}, {each.value: each.called for each, _ in here}


def understood_segments(node, wanted: Wanted, label_names: Mapping[str, str] | None = None) -> Understanding:
    """Return what the segments of a node that are not empty are taken for, each with its ID in the node.

    Parameters as for :func:`mask_from_node`.
    """
    return understood_in(node, label_maps(node), wanted, label_names)


def segmentations_with_arteries(scene, volume_node=None) -> tuple:
    """Return the segmentations of the scene that name an aorta, apart from those that only show a result.

    With `volume_node` those are left out that were drawn on another image. Names and terminology alone are looked at.
    """
    found = []
    for node in nodes_of(scene, "vtkMRMLSegmentationNode"):
        other = None not in (volume_node, drawn_on(node)) and drawn_on(node) is not volume_node
        if other or node.GetAttribute(ONLY_SHOWN) is not None:
            continue
        said = [said_of_segment(key, segment) for key, segment in segments_of(node)]
        known = understand(said, Wanted.ARTERIES).of_arteries()
        if any(each.parent is None for _, territories in known for each in territories):
            found.append(node)
    return tuple(found)


def unknown_segments(arteries_node=None, calcification_node=None) -> tuple[str, ...]:
    """Return the names of the segments that are not empty but stand for nothing that is measured."""
    names = []
    for node, wanted in ((arteries_node, Wanted.ARTERIES), (calcification_node, Wanted.CALCIFICATION)):
        if node is not None:
            names += [each.name for each in understood_segments(node, wanted).unknown]
    return tuple(names)


def label_maps(node) -> list[tuple[object, list[tuple[str, object]]]]:
    """Return the label maps of a node, each with the segments (ID and ``vtkSegment``) in it that are not empty."""
    found = []
    for image, sharing in shared_label_maps(node):
        array = array_of_image(image)
        drawn = [(key, segment) for key, segment in sharing if _holds(array, segment.GetLabelValue())]
        if drawn:
            found.append((image, drawn))
    return found


def _holds(array: np.ndarray, value: int) -> bool:
    return any((plane == value).any() for plane in array)  # plane by plane: found early where it is


def shared_label_maps(node) -> list[tuple[object, list[tuple[str, object]]]]:
    """Return the label maps of a node that have voxels, each with all the segments that share it."""
    import slicer

    kind = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    if segments_of(node) and not node.GetSegmentation().ContainsRepresentation(kind):
        node.CreateBinaryLabelmapRepresentation()
    images: dict[str, tuple[object, list]] = {}
    for segment_id, segment in segments_of(node):
        image = node.GetBinaryLabelmapInternalRepresentation(segment_id)
        if image is None or min(image.GetDimensions()) < 1 or image.GetPointData().GetScalars() is None:
            continue
        images.setdefault(image.GetAddressAsString(""), (image, []))[1].append((segment_id, segment))
    return list(images.values())


def understood_in(node, images, wanted: Wanted, label_names: Mapping[str, str] | None = None) -> Understanding:
    """Return what segments are taken for, given what :func:`label_maps` returns."""
    layers = {segment_id: number for number, (_, sharing) in enumerate(images) for segment_id, _ in sharing}
    drawn, empty = [], []
    for key, segment in segments_of(node):
        said = said_of_segment(key, segment)
        if key in layers:
            drawn.append(replace(said, layer=layers[key]))
        else:
            empty.append(said)
    return understand(drawn, wanted, label_names, empty=empty)


def grid_of_image(image, to_world: np.ndarray) -> Grid:
    """Return the grid of a label map of a segmentation in world coordinates, given the node's matrix to the world."""
    matrix = vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    start = np.eye(4)
    start[:3, 3] = image.GetExtent()[::2]
    return Grid(image.GetDimensions()[::-1], to_world @ array_of_matrix(matrix) @ start)


def start_on_voxels(own: Grid, grid: Grid) -> tuple[int, ...] | None:
    """Return at which voxel (k, j, i) of a grid another one begins; None where its voxels are not those of the grid."""
    start = np.round(grid.kji_of_ras(own.ijk_to_ras[:3, 3])[0]).astype(int)
    corners = np.array([np.zeros(3), *np.diag(np.array(own.shape) - 1.0), np.array(own.shape) - 1.0])
    if np.abs(grid.kji_of_ras(own.ras_of_kji(corners)) - corners - start).max() > _SAME_VOXEL:
        return None
    return tuple(start.tolist())


def _placed(
    mask: Volume, grid: Grid, title: str, labels: Mapping[int, str] | None
) -> tuple[Box, np.ndarray, list[Flag]]:
    """Return where in `grid` a label map lies (a box), its labels there, and what the grid did to it."""
    own, start = mask.grid, start_on_voxels(mask.grid, grid)
    if start is None:
        from ..common_grid import bring

        aligned, flags = bring(mask, grid, title, labels)
        return (slice(None),) * 3, aligned.array, flags
    box, inside = [], []
    for first, size, limit in zip(start, own.shape, grid.shape, strict=True):
        low, high = max(first, 0), max(min(first + size, limit), max(first, 0))
        box.append(slice(low, high))
        inside.append(slice(low - first, high - first))
    part = mask.array[tuple(inside)]
    flags = []
    count = np.count_nonzero(mask.array)
    outside = count - np.count_nonzero(part)
    if outside:
        text = f"{100 * outside / count:.1f} % of the {title} lies outside the image and is not counted."
        flags.append(Flag("mask_outside_image", text))
    return tuple(box), part, flags

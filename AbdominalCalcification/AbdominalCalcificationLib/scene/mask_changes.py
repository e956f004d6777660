"""A change of a mask put into the segments of its node, voxel for voxel; the other mask is never touched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..anatomy import CALCIFICATION, territory_of_label
from ..errors import InputError
from ..geometry import Box, Grid
from ..geometry.box import box_at, part_of
from ..reading.meanings import Wanted, meaning_of
from ..review.change import MaskChange
from .masks import grid_of_image, start_on_voxels, understood_segments
from .segmentations import add_calcification, add_territory, said_of_segment, segments_of
from .volumes import array_of_image, grid_of_node, image_of_array, matrix_of_array, world_matrix


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A segment that counts.

    Attributes
    ----------
    segment_id : str
    stands_for : int
        What it means in the mask: a territory's label, or 1 for calcification; 0 for arteries of both sides.
    image : vtkOrientedImageData
    offset : tuple of int
        Voxel of the CT (k, j, i) at which the image begins.
    value : int
        Of its voxels in the image.
    """

    segment_id: str
    stands_for: int
    image: object
    offset: tuple[int, ...]
    value: int


def apply_change(node, volume_node, change: MaskChange) -> None:
    """Put a change into the segments of a mask node.

    What leaves an artery leaves every segment that counts as one there; what joins one joins the first segment of
    that artery, which is made, with name, colour and terminology, where there is none.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
        The mask that was read for the change.
    volume_node : vtkMRMLScalarVolumeNode
        The CT, on whose voxels the change lies.
    change : MaskChange

    Raises
    ------
    InputError
        Where a segment lies on other voxels than those of the CT; nothing is changed then.
    """
    import slicer

    logic = slicer.vtkSlicerSegmentationsModuleLogic
    grid = grid_of_node(volume_node)
    drawn = _drawn(node, grid, Wanted(change.role))
    changed = change.before != change.after
    was_modifying = node.StartModify()
    try:
        for each in drawn:
            where = changed & (change.after != each.stands_for) & (_values_in(each, change.box) == each.value)
            if where.any():
                _merge(node, each.segment_id, grid, change.box, ~where, logic.MODE_MERGE_MIN)
        for value in np.unique(change.after[changed]).tolist():
            if value:
                segment = _segment_for(node, drawn, change.role, value)
                _merge(node, segment, grid, change.box, changed & (change.after == value), logic.MODE_MERGE_MASK)
    finally:
        node.EndModify(was_modifying)


def marked_at(node, volume_node, wanted: Wanted, kji: np.ndarray) -> np.ndarray:
    """Return which voxels of a CT (k, j, i, shape (n, 3)) a mask node marks, bool, shape (n,).

    Raises
    ------
    InputError
        Where a segment lies on other voxels than those of the CT.
    """
    result = np.zeros(len(kji), bool)
    if len(kji) == 0:
        return result
    low, high = kji.min(axis=0), kji.max(axis=0) + 1
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    for each in _drawn(node, grid_of_node(volume_node), wanted):
        result |= _values_in(each, box)[tuple((kji - low).T)] == each.value
    return result


def _drawn(node, grid: Grid, wanted: Wanted) -> list[_Drawn]:
    """Return the segments of a node that count, without those in which nothing is drawn."""
    understood = understood_segments(node, wanted)
    known = {each.segment_id: 1 for each in understood.of_calcification()}
    if wanted is Wanted.ARTERIES:
        known = {
            each.segment_id: territories[0].label if len(territories) == 1 else 0
            for each, territories in understood.of_arteries()
        }
    found = []
    for segment_id, stands_for in known.items():
        image = node.GetBinaryLabelmapInternalRepresentation(segment_id)
        offset = start_on_voxels(grid_of_image(image, world_matrix(node)), grid)
        if offset is None:
            raise InputError(
                f"'{node.GetName()}' is drawn on other voxels than those of the CT; correct it in the Segment Editor."
            )
        value = node.GetSegmentation().GetSegment(segment_id).GetLabelValue()
        found.append(_Drawn(segment_id, stands_for, image, offset, value))
    return found


def _values_in(each: _Drawn, box: Box) -> np.ndarray:
    """Return what the label map of a segment holds in a box of the CT; 0 where it does not reach."""
    array = array_of_image(each.image)
    return part_of(array, box_at(each.offset, array.shape), box)


def _segment_for(node, drawn: list[_Drawn], role: str, value: int) -> str:
    """Return the segment that voxels of a value go to; it is made where there is none."""
    wanted = CALCIFICATION if role == CALCIFICATION else (territory_of_label(value),)
    known = [each.segment_id for each in drawn if each.stands_for == value]
    known += [key for key, segment in segments_of(node) if meaning_of(said_of_segment(key, segment)) == wanted]
    if known:
        return known[0]
    return add_calcification(node) if role == CALCIFICATION else add_territory(node, territory_of_label(value).name)


def _merge(node, segment_id: str, grid: Grid, box: Box, voxels: np.ndarray, mode: int) -> None:
    """Merge voxels (bool, shape of the box) with those of a segment; beyond the box nothing changes."""
    import slicer

    image = slicer.vtkOrientedImageData()
    image_of_array(voxels.astype(np.uint8), image, [part.start for part in box[::-1]])
    image.SetImageToWorldMatrix(matrix_of_array(np.linalg.inv(world_matrix(node)) @ grid.ijk_to_ras))
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    logic.SetBinaryLabelmapToSegment(image, node, segment_id, mode, image.GetExtent())

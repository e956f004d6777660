"""A change of a mask put into the segments of its node, voxel for voxel; the other mask is never touched."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np

from ..anatomy import CALCIFICATION, territory_of_label
from ..errors import InputError
from ..geometry import Box, Grid, bounding_box
from ..geometry.box import box_at, outside, part_of
from ..progress import drained
from ..reading.meanings import Wanted, meaning_of
from ..review.change import MaskChange
from .layer_edits import LayerEdit
from .mask_reading import check_same
from .masks import grid_of_image, start_on_voxels, understood_segments
from .segmentations import add_calcification, add_territory, mask_state, said_of_segment, segments_of
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
    """Do as :func:`apply_change_steps` in one go."""
    drained(apply_change_steps(node, volume_node, change))


def apply_change_steps(
    node, volume_node, change: MaskChange, before: tuple | None = None, at_last: Callable[[], None] = lambda: None
) -> Generator[None, None, None]:
    """Put a change into the segments of a mask node.

    What leaves an artery leaves every segment that counts as one there; what joins one joins the first segment of
    that artery, which is made, with name, colour and terminology, where there is none. The scene is changed in the last
    step alone.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
        The mask that was read for the change.
    volume_node : vtkMRMLScalarVolumeNode
        The CT, on whose voxels the change lies.
    change : MaskChange
    before : tuple, optional
        State of the mask (:func:`segmentations.mask_state`) when it was read.
    at_last : callable
        Called right before the mask is changed.

    Raises
    ------
    InputError
        Where a segment lies on other voxels than those of the CT, and where the mask is not in the state `before` any
        more; nothing is changed then.
    """
    before = mask_state(node, volume_node) if before is None else before
    grid = grid_of_node(volume_node)
    check_same(node, volume_node, before)
    drawn = _drawn(node, grid, Wanted(change.role))
    yield
    changed, layers = change.before != change.after, _layers(drawn)
    for each in drawn:
        layers[id(each.image)].take(each, changed & (change.after != each.stands_for), change.box)
        yield
    added = {}
    for value in np.unique(change.after[changed]).tolist():
        if value:
            where = changed & (change.after == value)
            segment = _held(node, drawn, change.role, value, grid)
            layer = None if segment is None else layers.setdefault(id(segment.image), LayerEdit(segment.image))
            if layer is None or not layer.give(segment, where, change.box):
                added[value] = where
            yield
    for layer in layers.values():
        yield from layer.ready_steps(node)
    check_same(node, volume_node, before)
    at_last()
    was_modifying = node.StartModify()
    try:
        for layer in layers.values():
            layer.put(node)
        for value, where in added.items():
            segment_id = _segment_for(node, change.role, value)
            _merge(node, segment_id, grid, change.box, where)
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


def _layers(drawn: list[_Drawn]) -> dict[int, LayerEdit]:
    """Return the label maps of segments, by their identity."""
    return {id(each.image): LayerEdit(each.image) for each in drawn}


def _known_segment(node, role: str, value: int) -> str | None:
    """Return the first segment that stands for a value of a mask; None where there is none."""
    wanted = CALCIFICATION if role == CALCIFICATION else (territory_of_label(value),)
    known = (key for key, segment in segments_of(node) if meaning_of(said_of_segment(key, segment)) == wanted)
    return next(known, None)


def _held(node, drawn: list[_Drawn], role: str, value: int, grid: Grid) -> _Drawn | None:
    """Return the segment that voxels of a value go to, where it has a label map on the voxels of the CT."""
    for each in drawn:
        if each.stands_for == value:
            return each
    segment_id = _known_segment(node, role, value)
    image = None if segment_id is None else node.GetBinaryLabelmapInternalRepresentation(segment_id)
    if image is None or min(image.GetDimensions()) < 1 or image.GetPointData().GetScalars() is None:
        return None
    offset = start_on_voxels(grid_of_image(image, world_matrix(node)), grid)
    if offset is None:
        return None
    same = next((each.image for each in drawn if each.image is image), image)
    return _Drawn(segment_id, value, same, offset, node.GetSegmentation().GetSegment(segment_id).GetLabelValue())


def _segment_for(node, role: str, value: int) -> str:
    """Return the segment that voxels of a value go to; it is made where there is none."""
    known = _known_segment(node, role, value)
    if known is not None:
        return known
    return add_calcification(node) if role == CALCIFICATION else add_territory(node, territory_of_label(value).name)


def _merge(node, segment_id: str, grid: Grid, box: Box, voxels: np.ndarray) -> None:
    """Add voxels (bool, shape of the box) to a segment that has no label map of its own yet, or shares its place."""
    import slicer

    inner = bounding_box(voxels)
    box, voxels = outside(inner, box), voxels[inner]
    image = slicer.vtkOrientedImageData()
    image_of_array(voxels.astype(np.uint8), image, [part.start for part in box[::-1]])
    image.SetImageToWorldMatrix(matrix_of_array(np.linalg.inv(world_matrix(node)) @ grid.ijk_to_ras))
    logic = slicer.vtkSlicerSegmentationsModuleLogic
    logic.SetBinaryLabelmapToSegment(image, node, segment_id, logic.MODE_MERGE_MASK, image.GetExtent())

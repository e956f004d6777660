"""A mask of the scene as an array that follows what is painted: only what changed is looked at.

What a segmentation node holds is read by the rules of :mod:`.masks`, and equals what :func:`.masks.mask_from_node`
returns at any time. Events do not matter here: undo tells of every segment, changed or not. Label maps that were
not touched are known by their time stamps; the others are compared with what was read of them last.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from ..flags import Flag
from ..geometry import Box, Grid, Volume, bounding_box, common_box
from ..geometry.box import box_at, inside, outside, part_of
from ..progress import drained
from ..reading.meanings import Understanding, Wanted
from ..reading.painting import ArteryPainter, overlap_flags
from ..reading.segments import remarks
from .edits import slabs_of
from .masks import (
    grid_of_image,
    label_maps,
    painted_steps,
    shared_label_maps,
    start_on_voxels,
    understood_in,
    values_in,
)
from .segmentations import mask_state
from .snapshots import Snapshot, snapshot_of, stamp_of
from .volumes import array_of_image, grid_of_node, world_matrix

_PLANES = 32  # are looked at in one step


@dataclass(eq=False)
class _Layer:
    """A label map as it was read: its voxels, where in the grid they lie, and how many of each value there are."""

    snapshot: Snapshot
    box: Box
    counts: np.ndarray
    stamp: tuple
    # Where the last change was, and what was there before.
    changed: Box | None = None
    before: np.ndarray | None = None

    @property
    def array(self) -> np.ndarray:
        return self.snapshot.array

    def part(self, box: Box, before_change: bool = False) -> np.ndarray:
        """Return the values in a box of the grid, 0 outside of the label map; a box around the last change."""
        result = part_of(self.array, self.box, box)
        if before_change and self.changed is not None:
            result[inside(self.changed, box)] = self.before
        return result

    def follow(self, image, box: Box, stamp: tuple) -> None:
        """Take over a label map, and note where it is another one than this."""
        self.changed = self.before = None
        if stamp == self.stamp:
            return
        other = _Layer(snapshot_of(image, self.snapshot), box, self.counts, stamp)
        where = _different(self, other)
        if where is not None:
            self.changed, self.before = where, self.part(where)
            after = other.part(where)
            size = max(len(self.counts), int(after.max()) + 1)
            counts = np.zeros(size, np.int64)
            counts[: len(self.counts)] = self.counts
            counts += np.bincount(after.ravel(), minlength=size) - np.bincount(self.before.ravel(), minlength=size)
            self.counts = counts
        self.snapshot, self.box, self.stamp = other.snapshot, box, stamp


class MaskMirror:
    """The mask that a segmentation node holds of a CT.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    volume_node : vtkMRMLScalarVolumeNode
        The CT.
    wanted : Wanted

    Attributes
    ----------
    volume : Volume
        uint8, as :func:`.masks.mask_from_node` returns it; nobody else may write to it.
    flags : tuple of Flag
    """

    def __init__(self, node, volume_node, wanted: Wanted):
        self._node, self._ct, self._wanted = node, volume_node, wanted
        self._state: tuple | None = None
        self._layers: list[_Layer] | None = None
        self._understood: Understanding | None = None
        self._overlaps = np.zeros((1, 1), np.int64)
        self.volume: Volume | None = None
        self.flags: tuple[Flag, ...] = ()

    def changes(self) -> list[tuple[Box, np.ndarray]]:
        """Do as :meth:`changes_steps` in one go."""
        return drained(self.changes_steps())

    def changes_steps(self) -> Generator[None, None, list[tuple[Box, np.ndarray]]]:
        """Return what changed in the mask since this was asked last: boxes and values; `volume` stays as it was.

        The first time `volume` is read, and nothing is returned. Who asks writes the values into `volume`. What is
        edited while this works is found the next time; closed earlier, it has not looked.

        Raises
        ------
        InputError
            Where the node holds no such mask, see :func:`.masks.mask_from_node`; asked again, it is read again.
        """
        state = mask_state(self._node, self._ct)
        if state == self._state:
            return []
        before, self._state = self._state, None
        changed = None
        if before is not None and self._layers is not None and before[1] == state[1]:
            changed = self._changes_of_layers()
        if changed is None:
            changed = yield from self._read_anew_steps()
        self._state = state
        return changed

    def _read_anew_steps(self) -> Generator[None, None, list[tuple[Box, np.ndarray]]]:
        """Read the whole mask."""
        title = f"'{self._node.GetName()}'"
        images = label_maps(self._node)
        understood = understood_in(self._node, images, self._wanted)
        self._understood = understood
        layers = self._layers_of(images, self._grid())  # as they are before the first step
        maps, arrays = [image for image, _ in images], None if layers is None else [each.array for each in layers]
        mask, overlaps = yield from painted_steps(self._node, self._ct, maps, understood, title, arrays)
        for layer in layers or ():
            layer.counts = yield from _counted_steps(layer.array)
        if self.volume is None or not self.volume.grid.same_as(mask.volume.grid, 0.0):
            found, self.volume = [], mask.volume
        else:
            found = yield from self._difference_steps(mask.volume.array)
        self.flags, self._layers = mask.flags, layers
        if layers is not None and self._wanted is Wanted.ARTERIES:
            self._overlaps = overlaps
        return found

    def _difference_steps(self, array: np.ndarray) -> Generator[None, None, list[tuple[Box, np.ndarray]]]:
        """Return where the mask is another one than `volume`, and what it is there."""
        boxes = []
        for slab in slabs_of(tuple(slice(0, size) for size in array.shape)):
            inner = bounding_box(self.volume.array[slab] != array[slab])
            boxes.append(None if inner is None else outside(inner, slab))
            yield
        box = common_box(boxes)
        return [] if box is None else [(box, array[box])]

    def _layers_of(self, images, grid: Grid) -> list[_Layer] | None:
        """Return label maps as they are, not yet counted; None where a mask of them takes more than painting."""
        if any(len(territories) > 1 for _, territories in self._understood.of_arteries()):
            return None  # left and right are told apart by all of it
        placed = [self._placed(image, grid) for image, _ in images]
        if any(each is None for each in placed):
            return None
        return [
            _Layer(snapshot_of(image), box, np.zeros(1, np.int64), stamp)
            for (image, _), (_array, box, stamp) in zip(images, placed, strict=True)
        ]

    def _placed(self, image, grid: Grid) -> tuple[np.ndarray, Box, tuple] | None:
        """Return voxels, place and time stamp of a label map; None where it lies not on the grid's voxels alone."""
        own, array = grid_of_image(image, world_matrix(self._node)), array_of_image(image)
        start = start_on_voxels(own, grid)
        is_inside = start is not None and all(
            first >= 0 and first + size <= limit
            for first, size, limit in zip(start, own.shape, grid.shape, strict=True)
        )
        if not is_inside or array.dtype.kind not in "bui" or (array.dtype.kind == "i" and array.min() < 0):
            return None
        return array, box_at(start, own.shape), stamp_of(image)

    def _changes_of_layers(self) -> list[tuple[Box, np.ndarray]] | None:
        """Compare label maps with what was read of them; None where the mask has to be read anew."""
        grid, layers = self._grid(), self._layers
        images = self._images_of(layers)
        if len(images) != len(layers) or not grid.same_as(self.volume.grid, 0.0):
            return None
        for (image, _), layer in zip(images, layers, strict=True):
            placed = self._placed(image, grid)
            if placed is None or placed[0].dtype != layer.array.dtype:
                return None
            layer.follow(image, *placed[1:])
        if not self._is_understood_alike(images, layers):
            return None
        box = common_box(layer.changed for layer in layers)
        if box is None:
            return []
        values, overlaps = self._painted(box, layers)
        self._overlaps = self._overlaps + overlaps - self._painted(box, layers, before_change=True)[1]
        self.flags = tuple(self._remarks())
        inner = bounding_box(self.volume.array[box] != values)
        if inner is None:
            return []
        return [(outside(inner, box), values[inner])]

    def _images_of(self, layers: list[_Layer]) -> list[tuple[object, list]]:
        """Return the label maps of the node in which something is drawn, each with the segments in it."""
        stamps = {layer.stamp for layer in layers}
        return [
            (image, sharing)
            for image, sharing in shared_label_maps(self._node)
            if stamp_of(image) in stamps or array_of_image(image).any()
        ]

    def _is_understood_alike(self, images, layers: list[_Layer]) -> bool:
        """Return whether the segments stand for what they stood for, those without a voxel included."""
        drawn = []
        for (image, sharing), layer in zip(images, layers, strict=True):
            values = np.flatnonzero(layer.counts)
            drawn.append((image, [each for each in sharing if each[1].GetLabelValue() in values]))
        if not all(found for _, found in drawn):
            return False
        return understood_in(self._node, drawn, self._wanted) == self._understood

    def _painted(self, box: Box, layers: list[_Layer], before_change: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Return the mask in a box of the grid, and how many voxels there are claimed twice."""
        if self._wanted is Wanted.CALCIFICATION:
            calcified = np.zeros([side.stop - side.start for side in box], np.uint8)
            for number, layer in enumerate(layers):
                values, _ = values_in(self._understood, number)
                if values:
                    calcified |= np.isin(layer.part(box, before_change), list(values))
            return calcified, self._overlaps * 0
        painter = ArteryPainter(self._grid().cropped(box))
        for number, layer in enumerate(layers):
            values, names = values_in(self._understood, number)
            if values:
                part = layer.part(box, before_change)
                painter.paint(np.where(np.isin(part, list(values)), part, 0), values, names)
        volume, _ = painter.finished()
        return volume.array, painter.overlaps

    def _grid(self) -> Grid:
        return grid_of_node(self._ct)

    def _remarks(self) -> list[Flag]:
        flags = remarks(self._understood, f"'{self._node.GetName()}'")
        if self._wanted is Wanted.ARTERIES:
            flags += overlap_flags(self._overlaps, self._grid().voxel_volume_mm3)
        return flags


def _counted_steps(array: np.ndarray) -> Generator[None, None, np.ndarray]:
    """Return how many voxels of each value an array has."""
    counts = np.zeros(int(array.max(initial=0)) + 1, np.int64)
    for number, plane in enumerate(array, start=1):  # plane by plane, for counting takes eight bytes a voxel
        filled = plane[plane != 0]
        counts += np.bincount(filled, minlength=len(counts))
        counts[0] += plane.size - len(filled)
        if number % _PLANES == 0:
            yield
    return counts


def _different(before: _Layer, after: _Layer) -> Box | None:
    """Return the box of the grid around what differs in two label maps; None where nothing does."""
    if before.box == after.box:
        inner = after.snapshot.difference(before.snapshot)
        return None if inner is None else outside(inner, before.box)
    both = common_box([before.box, after.box])
    inner = bounding_box(before.part(both) != after.part(both))
    return None if inner is None else outside(inner, both)

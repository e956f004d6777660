"""The label maps of a segmentation as they are at one moment, and where two such moments differ.

Reading a whole mask takes seconds on a large CT. After an edit only the box that it touched is read anew, by the same
rules (:mod:`.masks`): a copy of the label maps tells which that is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..geometry import Box, Grid, bounding_box, common_box
from ..geometry.box import box_at, inside, outside, overlap, part_of
from ..reading.meanings import Wanted, understand
from ..reading.painting import STRENGTH
from .masks import grid_of_image, mask_from_node, shared_label_maps, start_on_voxels
from .segmentations import said_of_segment, segments_of
from .snapshots import Snapshot, snapshot_of, stamp_of
from .volumes import array_of_image, grid_of_node, world_matrix


@dataclass(frozen=True, eq=False)
class Layer:
    """One label map.

    Attributes
    ----------
    key : tuple
        Tells whether an image was changed since; None of one that was read as a whole.
    array : ndarray, shape (k, j, i)
        A copy, which others may hold too.
    start : tuple of int
        Where its first voxel lies in the grid of the CT (k, j, i); may be outside.
    labels : bytes
        What each value is in the mask.
    snapshot : Snapshot or None
        Whose array it is.
    """

    key: tuple | None
    array: np.ndarray
    start: tuple[int, int, int]
    labels: bytes
    snapshot: Snapshot | None = None

    @property
    def box(self) -> Box:
        """Where it lies in the grid of the CT."""
        return box_at(self.start, self.array.shape)

    def part(self, box: Box) -> np.ndarray:
        """Return what it has of the mask in a box of the CT's grid, uint8."""
        return self._named(part_of(self.array, self.box, box))

    def _named(self, values: np.ndarray) -> np.ndarray:
        if values.dtype == np.uint8:  # several times faster than an array of indices
            return np.frombuffer(bytearray(values).translate(self.labels), np.uint8).reshape(values.shape)
        return np.frombuffer(self.labels, np.uint8)[values]


@dataclass(frozen=True, eq=False)
class Layers:
    """All label maps of one mask, on the grid of the CT."""

    grid: Grid
    layers: tuple[Layer, ...]

    def part(self, box: Box) -> np.ndarray:
        """Return the mask in a box, uint8: where segments overlap, a branch wins over its parent."""
        if not self.layers:
            return np.zeros([part.stop - part.start for part in box], np.uint8)
        first, *others = self.layers
        found = first.part(box)
        for each in others:
            claimed = each.part(box)
            np.copyto(found, claimed, where=STRENGTH[found] < STRENGTH[claimed])
        return found

    def extent(self) -> Box | None:
        """Return the box of the grid in which there may be something."""
        return overlap(common_box(each.box for each in self.layers), self._all)

    def difference(self, other: Layers) -> Box | None:
        """Return the box of the grid in which the label maps of two moments may differ; None where they do not."""
        same = len(self.layers) == len(other.layers)
        if not same or any(a.labels != b.labels for a, b in zip(self.layers, other.layers, strict=True)):
            return overlap(common_box(each.box for each in (*self.layers, *other.layers)), self._all)
        pairs = zip(self.layers, other.layers, strict=True)
        return overlap(common_box(_differing(a, b) for a, b in pairs), self._all)

    @property
    def _all(self) -> Box:
        return tuple(slice(0, size) for size in self.grid.shape)


def read_layers(node, volume_node, wanted: Wanted, before: Layers | None = None) -> Layers:
    """Return the label maps of a segmentation node that count as `wanted`, copied where they are others than `before`.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    volume_node : vtkMRMLScalarVolumeNode
        The CT.
    wanted : Wanted
    before : Layers, optional
        What was read of the same node before.

    Raises
    ------
    InputError
        As :func:`masks.mask_from_node`.
    """
    grid = grid_of_node(volume_node)
    images = shared_label_maps(node)
    to_world = world_matrix(node)
    starts = [start_on_voxels(grid_of_image(image, to_world), grid) for image, _ in images]
    tables = _tables(node, images, wanted)
    if tables is None or None in starts:
        return Layers(grid, _whole(node, volume_node, wanted))
    known = {} if before is None else {each.key: each for each in before.layers}
    layers = []
    for (image, _), start, labels in zip(images, starts, tables, strict=True):
        key = stamp_of(image)
        if key in known and known[key].start == start:
            layers.append(replace(known[key], labels=labels))
        else:
            # The same image, as it was: by its address.
            was = next((each for each in known.values() if each.key is not None and each.key[0] == key[0]), None)
            snapshot = snapshot_of(image, None if was is None else was.snapshot)
            layers.append(Layer(key, snapshot.array, start, labels, snapshot))
    return Layers(grid, tuple(layers))


def _tables(node, images: list, wanted: Wanted) -> list[bytes] | None:
    """Return what the values of each label map are in the mask; None where that is not a matter of values alone."""
    drawn, empty, layer_of = [], [], {}
    for number, (image, sharing) in enumerate(images):
        for segment_id, segment in sharing:
            layer_of[segment_id] = number
            # Only for calcification it matters which segments are empty, see reading.meanings.understand.
            if wanted is Wanted.CALCIFICATION and not (array_of_image(image) == segment.GetLabelValue()).any():
                del layer_of[segment_id]
    for segment_id, segment in segments_of(node):
        said = said_of_segment(segment_id, segment)
        if segment_id in layer_of:
            drawn.append(replace(said, layer=layer_of[segment_id]))
        else:
            empty.append(said)
    understood = understand(drawn, wanted, empty=empty)
    tables = [np.zeros(_values(image), np.uint8) for image, _ in images]
    if wanted is Wanted.CALCIFICATION:
        for segment in understood.of_calcification():
            tables[segment.layer][segment.value] = 1
        return [each.tobytes() for each in tables]
    for segment, territories in understood.of_arteries():
        if len(territories) > 1:  # divided at the aorta, wherever that is
            return None
        tables[segment.layer][segment.value] = territories[0].label
    return [each.tobytes() for each in tables]


def _values(image) -> int:
    """Return one more than the largest value that an image can have."""
    scalars = image.GetPointData().GetScalars()
    return 256 if scalars.GetDataTypeSize() == 1 else 1 + int(max(scalars.GetRange()[1], 255))


def _whole(node, volume_node, wanted: Wanted) -> tuple[Layer, ...]:
    """Return a mask that cannot be read box by box as one label map."""
    array = mask_from_node(node, volume_node, wanted).volume.array
    box = bounding_box(array)
    return () if box is None else (whole_layer(array[box].copy(), box),)


def whole_layer(array: np.ndarray, box: Box) -> Layer:
    """Return the part of a mask in `box`, outside of which nothing is, as one label map: its values are its labels."""
    labels = np.arange(256, dtype=np.uint8).tobytes()
    return Layer(None, array, tuple(part.start for part in box), labels)


def _differing(a: Layer, b: Layer) -> Box | None:
    """Return the box of the CT's grid in which two label maps have other values."""
    if a is b or (a.key is not None and a.key == b.key and a.start == b.start):
        return None
    if a.snapshot is not None and b.snapshot is not None and a.start == b.start and a.snapshot.is_like(b.array):
        inner = a.snapshot.difference(b.snapshot)
        return None if inner is None else outside(inner, a.box)
    around = common_box([a.box, b.box])
    rows = []
    for k in range(around[0].start, around[0].stop):
        first, second = _plane(a, k, around), _plane(b, k, around)
        if not np.array_equal(first, second):
            plane = bounding_box((first != second)[None])
            if plane is not None:
                rows.append((slice(k, k + 1), *outside(plane[1:], around[1:])))
    return common_box(rows)


def _plane(layer: Layer, k: int, around: Box) -> np.ndarray:
    """Return one plane of a label map, over all of a box that holds it."""
    if layer.box[1:] == around[1:] and layer.box[0].start <= k < layer.box[0].stop:
        return layer.array[k - layer.start[0]]
    plane = np.zeros([part.stop - part.start for part in around[1:]], layer.array.dtype)
    if layer.box[0].start <= k < layer.box[0].stop:
        there = inside(layer.box[1:], around[1:])
        plane[there] = layer.array[k - layer.start[0]]
    return plane

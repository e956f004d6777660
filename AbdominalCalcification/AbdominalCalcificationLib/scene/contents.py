"""What is drawn in a segmentation: whether an edit that touched its label maps changed any voxel of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from vtkmodules.vtkCommonMath import vtkMatrix4x4

from ..geometry import bounding_box
from .masks import shared_label_maps
from .segmentations import said_of_segment, segments_of
from .snapshots import Snapshot, snapshot_of
from .volumes import array_of_matrix


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A label map: the segments in it, its voxels, where they begin, and where they lie."""

    segments: tuple[str, ...]
    snapshot: Snapshot
    start: tuple[int, ...]
    matrix: np.ndarray

    def is_same(self, other: _Drawn) -> bool:
        """Return whether the same voxels have the same values, however much room there is around them."""
        if self.segments != other.segments or not np.array_equal(self.matrix, other.matrix):
            return False
        if self.start == other.start and self.snapshot.is_like(other.snapshot.array):
            return self.snapshot.difference(other.snapshot) is None
        (start, inner), (other_start, other_inner) = self._filled(), other._filled()
        return start == other_start and np.array_equal(inner, other_inner)

    def _filled(self) -> tuple[tuple[int, ...], np.ndarray]:
        array = self.snapshot.array
        box = bounding_box(array != 0)
        if box is None:
            return (), array[:0, :0, :0]
        return tuple(first + part.start for first, part in zip(self.start, box, strict=True)), array[box]


class Contents:
    """The segments of a node, and what is drawn in them, at one moment.

    Copies of label maps are shared with all who follow the node (:mod:`.snapshots`).

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    before : Contents, optional
        What it was like: label maps in which no voxel is another one are taken from there.
    """

    def __init__(self, node, before: Contents | None = None):
        known = {} if before is None else {each.segments: each.snapshot for each in before._drawn}
        self._said = tuple(said_of_segment(*each) for each in segments_of(node))
        drawn: list[_Drawn] = []
        image: Any
        for image, sharing in shared_label_maps(node):
            segments = tuple(segment_id for segment_id, _ in sharing)
            matrix = vtkMatrix4x4()
            image.GetImageToWorldMatrix(matrix)
            snapshot = snapshot_of(image, known.get(segments))
            drawn.append(_Drawn(segments, snapshot, image.GetExtent()[4::-2], array_of_matrix(matrix)))
        self._drawn: tuple[_Drawn, ...] = tuple(drawn)

    def is_same(self, other: Contents) -> bool:
        """Return whether segments and voxels are those of another moment."""
        if self._said != other._said:
            return False
        mine, others = self._drawn, other._drawn
        if [each.segments for each in mine] != [each.segments for each in others]:
            # A segment without a voxel may have a label map, or none.
            mine, others = (tuple(each for each in some if each.snapshot.array.any()) for some in (mine, others))
        return len(mine) == len(others) and all(a.is_same(b) for a, b in zip(mine, others, strict=True))


def contents_of(node, before: Contents | None = None) -> Contents | None:
    """Return what is drawn in a node, see :class:`Contents`; None where that is no label map."""
    import slicer

    kind = slicer.vtkSegmentationConverter.GetSegmentationBinaryLabelmapRepresentationName()
    return Contents(node, before) if node.GetSegmentation().GetSourceRepresentationName() == kind else None

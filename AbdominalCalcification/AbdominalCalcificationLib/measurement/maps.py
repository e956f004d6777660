"""The whole volumes of a result, written in place where something changed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ..anatomy import Territory
from ..geometry import Box, Volume
from ..progress import Progress, Steps
from .calcification import Calcification
from .plausibility import slabs
from .region import Region
from .result import Part

_WRITING = Progress("Measuring: writing down the result", 0.95)
# So many voxels of a box are written in one step: an edit of a brush's size is written in one.
_AT_ONCE = 1 << 24


class Maps:
    """Kept and cut-off arteries, parts and clusters of calcification, on the grid of the whole volume.

    Parameters
    ----------
    region : Region
    calcification : Calcification
        Its columns ``shown`` and ``number`` are what the maps hold.
    """

    def __init__(self, region: Region, calcification: Calcification):
        self._region, self._calcification = region, calcification
        self._kept = self._cut = self._parts = self._clusters = np.zeros((0, 0, 0), np.uint8)
        self._is_written = False

    def move_to(self, region: Region, calcification: Calcification, mask: np.ndarray) -> None:
        """Go on with another region of the same volume: nothing of this one stays written."""
        if self._is_written:
            self._kept[self._region.box] = self._cut[self._region.box] = 0
            for kji in (self._calcification.rows.kji, self._calcification.gone()):
                self._leave(self._region.whole_kji(kji), mask)
        self._region, self._calcification = region, calcification

    def _leave(self, whole_kji: np.ndarray, mask: np.ndarray) -> None:
        """Write voxels as those that are near no artery."""
        where = tuple(whole_kji.T)
        self._parts[where] = np.where(mask[where] != 0, np.uint8(Part.UNASSIGNED), np.uint8(0))
        self._clusters[where] = 0

    @property
    def volumes(self) -> dict[str, Volume]:
        """The maps, by their names in a :class:`Measurement`."""
        arrays = {
            "kept_arteries": self._kept,
            "cut_arteries": self._cut,
            "parts_map": self._parts,
            "clusters_map": self._clusters,
        }
        return {name: Volume(array, self._region.whole) for name, array in arrays.items()}

    def write_steps(
        self,
        mask: np.ndarray,
        value: np.ndarray,
        number: np.ndarray,
        count: int,
        found: Sequence[Territory],
        artery_boxes: Sequence[Box],
        boxes: Sequence[Box],
    ) -> Steps[None]:
        """Write down a result; once it was written whole, only where it changed, and in one go where that is little.

        What was closed before its end has to be written again, with the same boxes and those of later edits.

        Parameters
        ----------
        mask : ndarray
            Non-zero where calcified.
        value : ndarray of uint8, shape (n,)
            Territory label of each calcified voxel of the region, or a ``Part``.
        number : ndarray of int, shape (n,)
            Its cluster; 0 for none.
        count : int
            Of the clusters that are listed.
        found : sequence of Territory
        artery_boxes, boxes : sequence of Box
            Where arteries, and where calcification, may have changed.
        """
        if not self._is_written:
            yield from self._write_all_steps(mask, value, number, count, found)
            self._is_written = True
        else:
            yield from self._write_steps(mask, value, number, count, artery_boxes, boxes)

    def _write_steps(self, mask, value, number, count, artery_boxes, boxes) -> Steps[None]:
        region, rows = self._region, self._calcification.rows
        for box, is_last in _parts_of(artery_boxes):
            inside = region.inside(box)
            low, high = (np.array([getattr(part, end) for part in inside]) for end in ("start", "stop"))
            if (high > low).all():
                whole = region.whole_box(low, high - 1)
                self._kept[whole], self._cut[whole] = region.kept[inside], region.cut[inside]
            if not is_last:
                yield _WRITING
        for box, is_last in _parts_of(boxes):  # outside of the region, too
            self._parts[box] = np.where(mask[box] != 0, np.uint8(Part.UNASSIGNED), np.uint8(0))
            self._clusters[box] = 0
            inside = rows.inside(region.inside(box))
            rows.column["shown"][inside] = 0
            if not is_last:
                yield _WRITING
        self._leave(region.whole_kji(self._calcification.gone()), mask)
        if np.min_scalar_type(count) != self._clusters.dtype:
            self._clusters = np.zeros(self._clusters.shape, np.min_scalar_type(count))
            rows.column["number"][:] = 0
        new = np.flatnonzero((rows.column["shown"] != value) | (rows.column["number"] != number))
        where = tuple(region.whole_kji(rows.kji[new]).T)
        self._parts[where], self._clusters[where] = value[new], number[new]
        self._note(value, number)

    def _write_all_steps(self, mask, value, number, count, found) -> Steps[None]:
        region, rows = self._region, self._calcification.rows
        self._calcification.gone()
        shape = region.whole.shape
        self._kept, self._cut, self._parts = (np.zeros(shape, np.uint8) for _ in range(3))
        self._clusters = np.zeros(shape, np.min_scalar_type(count))
        for territory in found:
            kji = region.kji_of(territory)
            for array, values in ((self._kept, region.kept), (self._cut, region.cut)):
                some = values[tuple(kji.T)]
                some = np.flatnonzero(some)
                yield from region.spread_steps(array, kji[some], values[tuple(kji[some].T)], _WRITING)
        for array, values in ((self._clusters, number), (self._parts, value)):
            yield from region.spread_steps(array, rows.kji, values, _WRITING)
        for start, slab in slabs(mask):
            yield _WRITING
            place = np.flatnonzero(slab)
            part = self._parts[start : start + len(slab)].reshape(-1)
            part[place[part[place] == 0]] = Part.UNASSIGNED
        self._note(value, number)

    def _note(self, value: np.ndarray, number: np.ndarray) -> None:
        columns = self._calcification.rows.column
        columns["shown"], columns["number"] = value.copy(), number.astype(np.int32)


def _parts_of(boxes: Sequence[Box]) -> Iterator[tuple[Box, bool]]:
    """Yield the parts of boxes that are written in one step, and whether each is the last one of its box."""
    for planes, *rest in boxes:
        plane = max(1, math.prod(part.stop - part.start for part in rest))
        size = max(1, _AT_ONCE // plane)
        for start in range(planes.start, planes.stop, size):
            stop = min(start + size, planes.stop)
            yield (slice(start, stop), *rest), stop == planes.stop

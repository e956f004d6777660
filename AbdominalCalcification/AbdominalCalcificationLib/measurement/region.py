"""The part of a case that matters: a box around the arteries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..anatomy import Territory
from ..errors import InputError
from ..geometry import Box, Grid, Volume, grown
from ..geometry.neighbourhood import reached_steps
from ..geometry.voxels import FACE_NEIGHBOURS
from ..progress import Progress, Steps
from .plausibility import PlausibleArteries, check_numbers, slabs

_STAGE = "Measuring: reading the masks"
# Voxels whose neighbours are looked at in one go.
_SURFACE = 300_000
# Voxels that are written in one go.
_SPREAD = 20_000
# Bytes of a new array that are written to in one go.
_CLEARED = 16 << 20


class Region:
    """The voxels of arteries and calcification within reach of each other; made by :func:`region_steps`.

    Attributes
    ----------
    whole : Grid
        Of the volumes.
    grid : Grid
        Of the region: the box around the arteries and one voxel more on every side, which may
        lie outside the volume, so that every voxel has 26 neighbours. All indices (k, j, i)
        of voxels are indices of this grid.
    labels : ndarray of uint8
    artery_kji, calcified_kji, bright_kji : ndarray of int, shape (n, 3)
        Calcified voxels and voxels at the ceiling of the CT scale that are too far from every artery
        to matter are not among them.
    artery_labels : ndarray of uint8, shape (n,)
    calcified : ndarray of bool
        Set at `calcified_kji`.
    calcified_count : int
        In the whole volume.
    """

    def __init__(self, ct: Volume | None, arteries: PlausibleArteries, whole: Grid, margin_mm: float):
        self.whole, self._ct = whole, ct
        self.box = grown(_box_of(arteries.kji), margin_mm, whole)
        self._first = np.array([part.start - 1 for part in self.box], np.int32)
        shape = tuple(part.stop - part.start + 2 for part in self.box)
        matrix = np.array(whole.ijk_to_ras)
        matrix[:3, 3] = whole.ras_of_kji(self._first)[0]
        self.grid = Grid(shape, matrix)
        self.artery_kji = arteries.kji - self._first
        self.artery_labels = arteries.labels
        self.labels = np.zeros(shape, np.uint8)
        self.labels[tuple(self.artery_kji.T)] = self.artery_labels
        self._rows = {label: np.flatnonzero(self.artery_labels == label) for label in np.unique(self.artery_labels)}
        self.calcified_kji = self.bright_kji = np.zeros((0, 3), np.int32)
        self.calcified = np.zeros(shape, bool)
        self.calcified_count = 0

    def kji_of(self, territory: Territory) -> np.ndarray:
        """Return the voxels of the territory's mask, shape (n, 3)."""
        return self.artery_kji[self._rows.get(territory.label, np.zeros(0, int))]

    def surface_ras_steps(self, territories: Sequence[Territory], progress: Progress) -> Steps[np.ndarray]:
        """Return the voxel centres of several territories that can be nearest to a voxel outside them, mm."""
        parts = [np.zeros((0, 3), int)]
        for territory in territories:
            parts.append((yield from self.surface_steps(self.kji_of(territory), self.labels, progress)))
        return self.grid.ras_of_kji(np.concatenate(parts))

    def surface_steps(self, kji: np.ndarray, labels: np.ndarray, progress: Progress) -> Steps[np.ndarray]:
        """Return those of the voxels of one label that can be nearest to a voxel that has it not.

        On axes at right angles that takes a face to another value: any other voxel has a neighbour nearer by.
        """
        if len(kji) == 0 or not self.grid.is_rectangular:
            return kji
        parts, value = [], labels[tuple(kji[0])]
        for start in range(0, len(kji), _SURFACE):
            some = kji[start : start + _SURFACE]
            inner = np.ones(len(some), bool)
            for offset in FACE_NEIGHBOURS:
                inner &= labels[tuple((some + np.array(offset, kji.dtype)).T)] == value
            parts.append(some[~inner])
            yield progress
        return np.concatenate(parts)

    def whole_kji(self, kji: np.ndarray) -> np.ndarray:
        """Return indices in the whole volume of indices in the region."""
        return kji + self._first

    def hu(self, kji: np.ndarray) -> np.ndarray | None:
        """Return the CT values of voxels, HU; None without CT."""
        if self._ct is None:
            return None
        values = self._ct.array[tuple(self.whole_kji(kji).T)].astype(float)
        if not np.isfinite(values).all():
            raise InputError("The CT has voxels without a number (NaN) at the arteries; export the image again.")
        return values

    def ct(self) -> Volume | None:
        """Return the CT in the box around the arteries."""
        return None if self._ct is None else self._ct.cropped(self.box)

    def spread_steps(self, kji: np.ndarray, values: np.ndarray, progress: Progress) -> Steps[Volume]:
        """Return a whole volume that is zero but for `values` at the voxels `kji`."""
        array = np.zeros(self.whole.shape, values.dtype)
        # Memory is cleared where it is written first, far around each voxel: few voxels and few planes at a time.
        planes = max(1, _CLEARED // array[0].nbytes)
        ends = [*range(_SPREAD, len(kji), _SPREAD), *np.flatnonzero(np.diff(kji[:, 0] // planes)) + 1, len(kji)]
        start = 0
        for end in sorted(ends):
            array[tuple(self.whole_kji(kji[start:end]).T)] = values[start:end]
            start = end
            yield progress
        return Volume(array, self.whole)


def region_steps(
    ct: Volume | None,
    arteries: PlausibleArteries,
    calcification: Volume,
    margin_mm: float,
    reach_mm: float,
    ceiling_hu: float,
) -> Steps[Region]:
    """Gather the voxels of a case that matter.

    Parameters
    ----------
    ct : Volume or None
    arteries : PlausibleArteries
        Of a mask on the grid of `calcification`.
    calcification : Volume
    margin_mm : float
        How far around the arteries the region reaches.
    reach_mm : float
        How far from them calcification and brightness matter, at most as far.
    ceiling_hu : float
        From which on a voxel is bright.

    Raises
    ------
    InputError
        See :func:`measure`.
    """
    check_numbers(calcification.array, "calcification mask")
    region = Region(ct, arteries, calcification.grid, margin_mm)
    yield Progress(_STAGE, 0.0)
    artery = region.labels[1:-1, 1:-1, 1:-1] != 0
    near = yield from reached_steps(artery, region.grid, reach_mm, Progress(_STAGE, 0.0))
    calcified, bright = [], []
    for start, slab in slabs(calcification.array):
        region.calcified_count += int(np.count_nonzero(slab))
        first, last = (min(max(n, region.box[0].start), region.box[0].stop) for n in (start, start + len(slab)))
        if last > first:
            where = (slice(first, last), *region.box[1:])
            part = near[first - region.box[0].start : last - region.box[0].start]
            calcified.append(_inside(calcification.array[where] != 0, part, first - region.box[0].start))
            if ct is not None:
                bright.append(_inside(ct.array[where] >= ceiling_hu, part, first - region.box[0].start))
        yield Progress(_STAGE, 0.0)
    region.calcified_kji = np.concatenate([region.calcified_kji, *calcified])
    region.bright_kji = np.concatenate([region.bright_kji, *bright])
    region.calcified[tuple(region.calcified_kji.T)] = True
    return region


def _inside(hit: np.ndarray, near: np.ndarray, start: int) -> np.ndarray:
    """Return the indices, in the region, of voxels that are hit and near."""
    hit &= near
    return (np.argwhere(hit) + np.array([start + 1, 1, 1])).astype(np.int32)


def _box_of(kji: np.ndarray) -> Box:
    if len(kji) == 0:
        return (slice(0, 1),) * 3
    return tuple(slice(int(a), int(b) + 1) for a, b in zip(kji.min(axis=0), kji.max(axis=0), strict=True))

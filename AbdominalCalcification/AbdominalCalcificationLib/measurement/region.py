"""The part of a case that matters: a box around the arteries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..anatomy import Territory
from ..anatomy import territory as territory_named
from ..errors import InputError
from ..geometry import Box, Grid, Volume, grown
from ..geometry.box import inside
from ..geometry.neighbourhood import reached_steps
from ..geometry.voxels import FACE_NEIGHBOURS
from ..progress import Progress, Steps
from .plausibility import PlausibleArteries
from .rows import rows_in_box
from .shape import Shape

_STAGE = "Measuring: reading the masks"
# Voxels whose neighbours are looked at in one go.
_SURFACE = 300_000
# Voxels that are written in one go.
_SPREAD = 20_000
# Voxels of a mask that are looked at in one go.
_LOOKED_AT = 4_000_000
# A region begins and ends at multiples of so many voxels.
_STEP = 16
# Bytes of a new array that are written to in one go.
_CLEARED = 16 << 20


class Region:
    """The voxels of arteries and what lies within reach of them.

    Parameters
    ----------
    ct : Volume or None
    arteries : PlausibleArteries
    whole : Grid
        Of the volumes.
    margin_mm : float
        How far around the arteries the region reaches.

    Attributes
    ----------
    whole : Grid
    box : Box
        Of the whole volume: around the arteries.
    grid : Grid
        Of the region: the box and one voxel more on every side, which may
        lie outside the volume, so that every voxel has 26 neighbours. All indices (k, j, i)
        of voxels are indices of this grid; boxes are those of the whole volume.
    labels : ndarray of uint8
    kept, cut : ndarray of uint8
        The labels of what shortening leaves and takes away.
    calcified : ndarray of bool
        What of the calcification is within reach; written by :class:`.calcification.Calcification`.
    near : ndarray of bool, shape of `box`
        What may lie within reach of an artery; see :meth:`reach_steps`.
    block_origin : tuple of int
        A voxel of the region at which blocks of voxels begin.
    shapes : dict of int to Shape, or None
        By label, as in :class:`.plausibility.Judgement`.
    """

    def __init__(self, ct: Volume | None, arteries: PlausibleArteries, whole: Grid, margin_mm: float):
        self.whole, self._ct = whole, ct
        needed = box_around(arteries, whole, margin_mm)
        self.box = roomy(needed, whole)
        self._first = np.array([part.start - 1 for part in self.box], np.int32)
        shape = tuple(part.stop - part.start + 2 for part in self.box)
        matrix = np.array(whole.ijk_to_ras)
        matrix[:3, 3] = whole.ras_of_kji(self._first)[0]
        self.grid = Grid(shape, matrix)
        self.labels, self.kept, self.cut = (np.zeros(shape, np.uint8) for _ in range(3))
        self.calcified = np.zeros(shape, bool)
        self.block_origin = (0, 0, 0)
        self.begin_blocks_at(needed)
        self.near = np.zeros(tuple(size - 2 for size in shape), bool)
        self._kji: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self.shapes: dict[int, Shape | None] = {}
        self.label(arteries)

    def label(self, arteries: PlausibleArteries, boxes: Sequence[Box] | None = None) -> None:
        """Write the labels of arteries, in some boxes or everywhere; what is new is neither kept nor cut."""
        known, self._kji = self._kji, {}
        self.shapes = {territory_named(name).label: each.shape for name, each in arteries.judged.items()}
        for label, kji in arteries.kji.items():
            same = label in known and known[label][0] is kji
            self._kji[label] = known[label] if same else (kji, kji - self._first)
        if boxes is None:
            for label, (_, kji) in self._kji.items():
                self.labels[tuple(kji.T)] = label
            return
        for box in boxes:
            inside = self.inside(box)
            labels = np.zeros_like(self.labels[inside])
            start = [part.start for part in inside]
            for label, (_, kji) in self._kji.items():
                labels[tuple((rows_in_box(kji, inside) - start).T)] = label
            different = labels != self.labels[inside]
            self.kept[inside][different] = 0
            self.cut[inside][different] = 0
            self.labels[inside] = labels

    def begin_blocks_at(self, needed: Box) -> None:
        """Note the box that the arteries need: where voxels are joined to blocks, blocks begin with it."""
        start = [part.start - 1 for part in needed]
        self.block_origin = tuple(int(a) for a in start - self._first)

    def inside(self, box: Box, margins: Sequence[int] = (0, 0, 0)) -> Box:
        """Return where a box of the whole volume, grown by some voxels, lies in the region, as far as it does."""
        return tuple(
            slice(
                min(max(part.start - margin - start, 1), size - 1),
                max(min(part.stop + margin - start, size - 1), 1),
            )
            for part, margin, start, size in zip(box, margins, self._first.tolist(), self.grid.shape, strict=True)
        )

    def whole_box(self, low: np.ndarray, high: np.ndarray) -> Box:
        """Return the box of the whole volume from one voxel of the region to another."""
        return tuple(slice(int(a), int(b) + 1) for a, b in zip(low + self._first, high + self._first, strict=True))

    def in_whole(self, kji: np.ndarray) -> np.ndarray:
        """Return voxels of the region as indices of the whole volume."""
        return kji + self._first

    def margins(self, distance_mm: float) -> tuple[int, ...]:
        """Return how many voxels along k, j, i what lies within a distance can be away."""
        per_mm = np.linalg.norm(np.linalg.inv(self.grid.ijk_to_ras[:3, :3]), axis=1)[::-1]
        return tuple(np.floor(distance_mm * per_mm + 1e-6).astype(int).tolist())

    def reach_steps(self, reach_mm: float, boxes: Sequence[Box]) -> Steps[None]:
        """Find what may lie within reach of an artery, after labels were changed in some boxes."""
        margins = self.margins(reach_mm)
        for box in boxes:
            changed = self.inside(box, margins)
            read = self.inside(box, [2 * margin for margin in margins])
            near = yield from reached_steps(self.labels[read] != 0, self.grid, reach_mm, Progress(_STAGE, 0.0))
            self.near[tuple(slice(c.start - 1, c.stop - 1) for c in changed)] = near[inside(changed, read)]

    def calcified_steps(self, mask: Volume, planes: slice) -> Steps[np.ndarray]:
        """List the voxels within reach of an artery, in some planes of the region, where a whole mask is not 0."""
        return (yield from self._hits_steps(planes, lambda box: mask.array[box] != 0))

    def bright_steps(self, least_hu: float, planes: slice) -> Steps[np.ndarray]:
        """List the voxels within reach of an artery, in some planes of the region, of so many HU or more."""
        return (yield from self._hits_steps(planes, lambda box: self._ct.array[box] >= least_hu))

    def _hits_steps(self, planes: slice, hit_in: Callable[[Box], np.ndarray]) -> Steps[np.ndarray]:
        parts = [np.zeros((0, 3), np.int32)]
        thickness = max(1, _LOOKED_AT // (self.near.shape[1] * self.near.shape[2]))
        for start in range(planes.start, planes.stop, thickness):
            stop = min(start + thickness, planes.stop)
            first = self.box[0].start - 1
            hit = hit_in((slice(start + first, stop + first), *self.box[1:]))
            hit &= self.near[start - 1 : stop - 1]
            parts.append((np.argwhere(hit) + np.array([start, 1, 1])).astype(np.int32))
            yield Progress(_STAGE, 0.0)
        return np.concatenate(parts)

    def kji_of(self, territory: Territory) -> np.ndarray:
        """Return the voxels of the territory's mask, shape (n, 3)."""
        return self._kji[territory.label][1] if territory.label in self._kji else np.zeros((0, 3), np.int32)

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

    @property
    def has_ct(self) -> bool:
        """Whether there are HU."""
        return self._ct is not None

    @property
    def whole_ct(self) -> Volume | None:
        """The CT, also far from the arteries."""
        return self._ct

    def ct(self) -> Volume | None:
        """Return the CT in the box around the arteries."""
        return None if self._ct is None else self._ct.cropped(self.box)

    def spread_steps(self, array: np.ndarray, kji: np.ndarray, values: np.ndarray, progress: Progress) -> Steps[None]:
        """Write values at voxels into an array of the whole volume."""
        # Memory is cleared where it is written first, far around each voxel: few voxels and few planes at a time.
        planes = max(1, _CLEARED // array[0].nbytes)
        ends = [*range(_SPREAD, len(kji), _SPREAD), *np.flatnonzero(np.diff(kji[:, 0] // planes)) + 1, len(kji)]
        start = 0
        for end in sorted(ends):
            array[tuple(self.whole_kji(kji[start:end]).T)] = values[start:end]
            start = end
            yield progress


def box_around(arteries: PlausibleArteries, whole: Grid, margin_mm: float) -> Box:
    """Return the box that what lies within a distance of arteries needs."""
    low, high = np.zeros(3, int), np.zeros(3, int)
    if arteries.kji:
        bounds = [each.bounds for each in arteries.judged.values() if len(each.kji)]
        low, high = np.min([low for low, _ in bounds], axis=0), np.max([high for _, high in bounds], axis=0)
    return grown(tuple(slice(int(a), int(b) + 1) for a, b in zip(low, high, strict=True)), margin_mm, whole)


def roomy(box: Box, whole: Grid) -> Box:
    """Return a box that begins and ends at multiples of some voxels, so that little more room is no other box."""
    return tuple(
        slice(part.start // _STEP * _STEP, min(-(-part.stop // _STEP) * _STEP, size))
        for part, size in zip(box, whole.shape, strict=True)
    )

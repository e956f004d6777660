"""What of an artery's mask others can leave: not its specks, which one voxel makes anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..anatomy import Territory
from ..geometry import Grid
from ..geometry.pieces import Runs, pieces_steps
from ..geometry.voxels import bounds_of
from ..progress import Steps
from .beginning import FOLLOWING, contact_steps
from .region import Region
from .rows import indices_in_box

# Values beyond the labels of all territories (1 to 200) for pieces other than the largest.
_OTHER_PIECE, _SPECK = 201, 202


@dataclass(frozen=True, eq=False)
class Parent:
    """The voxels of an artery that others leave.

    Attributes
    ----------
    territory : Territory
    counts : ndarray of bool, shape (n,)
        Of the voxels of its mask: those of the largest piece and of all others that have the least volume of such an
        artery.
    kji : ndarray of int, shape (m, 3)
        The voxels that count, as indices of the region.
    is_one_piece : bool
    """

    territory: Territory
    counts: np.ndarray
    kji: np.ndarray
    is_one_piece: bool
    _marked: np.ndarray
    _grid: Grid

    def contact_steps(self, kji: np.ndarray) -> Steps[np.ndarray]:
        """Return how far voxels that touch the parent lie from the common border, mm; ``inf`` elsewhere."""
        result = np.full(len(kji), np.inf)
        if len(self.kji):
            # What does not lie in the box of the parent, or at it, touches nothing of it.
            low, high = (end.tolist() for end in self._bounds)
            near = indices_in_box(kji, tuple(slice(a - 1, b + 2) for a, b in zip(low, high, strict=True)))
            labels = (self.territory.label, _OTHER_PIECE)
            result[near] = yield from contact_steps(kji[near], self._marked, labels, self._grid)
        return result

    @cached_property
    def _bounds(self) -> tuple[np.ndarray, np.ndarray]:
        return bounds_of(self.kji)

    def touches_speck_steps(self, kji: np.ndarray) -> Steps[bool]:
        """Return whether any voxel touches what does not count."""
        if self.counts.all():
            return False
        return bool(np.isfinite((yield from contact_steps(kji, self._marked, (_SPECK,), self._grid))).any())

    def touches_several_steps(self, kji: np.ndarray) -> Steps[bool]:
        """Return whether the voxels touch the largest piece and another one that counts."""
        touches: list[bool] = []
        if self.is_one_piece:
            return False
        for value in (self.territory.label, _OTHER_PIECE):
            touches.append(np.isfinite((yield from contact_steps(kji, self._marked, (value,), self._grid))).any())
        return all(touches)


def parent_steps(territory: Territory, region: Region) -> Steps[Parent]:
    """Find the voxels of an artery that others leave; none where it is not in the mask."""
    kji = region.kji_of(territory)
    if len(kji) == 0:
        return Parent(territory, np.zeros(0, bool), kji, True, region.labels, region.grid)
    shape = region.shapes.get(territory.label)
    if shape is None:
        runs = Runs(kji, tuple(slice(0, size) for size in region.grid.shape))
        yield FOLLOWING
        count, piece = yield from pieces_steps(runs, FOLLOWING)
    else:
        count, piece = shape.count, shape.piece
    if count == 1:
        return Parent(territory, np.ones(len(kji), bool), kji, True, region.labels, region.grid)
    size = np.bincount(piece)
    is_artery = size * region.grid.voxel_volume_mm3 >= territory.smallest_mm3
    value = np.where(is_artery, _OTHER_PIECE, _SPECK)
    value[size.argmax()] = territory.label
    marked = region.labels.copy()
    yield FOLLOWING
    marked[tuple(kji.T)] = value[piece]
    counts = (value != _SPECK)[piece]
    return Parent(territory, counts, kji[counts], False, marked, region.grid)

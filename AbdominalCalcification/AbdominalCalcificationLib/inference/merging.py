"""Several artery models' labels become one map of territories.

Rules: the first model that names a territory provides it, later models fill in what is not
there yet. Where two territories claim a voxel, a branch wins over the aorta (models of whole
organs let the aorta swell into the ostia), and among branches the earlier model wins. One
label for both sides is split by the side of the aorta once all models have run; where none of
them found an aorta, its sides cannot be told, and it is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ..anatomy import Territory, territory
from ..geometry import Grid, Volume

Territories = Mapping[int, tuple[Territory, ...]]
SplitSides = Callable[[np.ndarray, np.ndarray, Grid], "tuple[np.ndarray, np.ndarray]"]

# Above every territory's label (1 to 200): two values for each pair of sides, the second where the aorta lies beneath.
_FIRST_PAIR = 201


def provided_by(mappings: Sequence[Territories]) -> list[frozenset[str]]:
    """Return for each model the names of the territories that are taken from it."""
    taken: set[str] = set()
    provided = []
    for mapping in mappings:
        names = {each.name for territories in mapping.values() for each in territories}
        provided.append(frozenset(names - taken))
        taken |= names
    return provided


class ArteryMerger:
    """Collects the label maps of artery models, one after the other, in one uint8 array.

    Parameters
    ----------
    grid : Grid
    mappings : sequence of mapping
        Per model: label value to its territory, or to (left, right).
    split : callable
        ``geometry.sides.split_left_right``.
    """

    def __init__(self, grid: Grid, mappings: Sequence[Territories], split: SplitSides):
        self._grid, self._mappings, self._split = grid, mappings, split
        self._provided = provided_by(mappings)
        self._pairs: list[tuple[Territory | None, ...]] = []
        self._arteries = np.zeros(grid.shape, np.uint8)
        self._aorta = territory("aorta").label
        self._without_side: list[Territory] = []

    @property
    def without_side(self) -> tuple[Territory, ...]:
        """The territories that :meth:`result` left out, since there was no aorta to tell their side by."""
        return tuple(self._without_side)

    def add(self, number: int, labels: np.ndarray) -> None:
        """Take over `labels`, shape (k, j, i), of model `number`."""
        values = np.zeros(max(256, int(labels.max(initial=0)) + 1), np.uint8)
        for label, territories in self._mappings[number].items():
            wanted = tuple(each for each in territories if each.name in self._provided[number])
            if not wanted:
                continue
            if len(territories) == 1:
                values[label] = wanted[0].label
            else:
                values[label] = _FIRST_PAIR + 2 * len(self._pairs)
                self._pairs.append(tuple(each if each in wanted else None for each in territories))
        for taken, plane in zip(self._arteries, labels, strict=True):  # slice by slice, to take no memory
            claimed = values[plane]
            free = (taken == 0) | (taken == self._aorta) & (claimed != self._aorta)
            over_aorta = (claimed >= _FIRST_PAIR) & (taken == self._aorta)
            under_pair = (claimed == self._aorta) & (taken >= _FIRST_PAIR)
            np.copyto(taken, claimed, where=(claimed != 0) & free)
            taken[over_aorta | under_pair & (taken % 2 == _FIRST_PAIR % 2)] += 1

    def result(self) -> Volume:
        """Return the territory labels; labels of both sides are split, or left out without an aorta."""
        aorta = self._arteries == self._aorta
        has_aorta = bool(aorta.any())
        for number, sides in enumerate(self._pairs):
            first = _FIRST_PAIR + 2 * number
            both = (self._arteries == first) | (self._arteries == first + 1)
            if not both.any():
                continue
            over_aorta = self._arteries == first + 1
            if not has_aorta:
                self._arteries[both] = 0
                self._arteries[over_aorta] = self._aorta
                self._without_side += [each for each in sides if each is not None]
                continue
            for side, mask in zip(sides, self._split(both, aorta, self._grid), strict=True):
                self._arteries[mask & both] = side.label if side is not None else 0
                if side is None:
                    self._arteries[mask & over_aorta] = self._aorta
        return Volume(self._arteries, self._grid)

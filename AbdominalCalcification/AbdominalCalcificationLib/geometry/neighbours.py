"""Voxels that hang together: their neighbours, the shortest paths between them, and what these cut them into."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from .pieces import Runs, touching_runs
from .shortest import Paths, repaired, solved
from .volume import Grid
from .voxels import HALF_NEIGHBOURS, TOLERANCE_MM, Pairs, bounds_of, components, neighbour_length_mm, neighbour_pairs

# So many voxels around a place are looked at for the nearest one: few, then more where that is not enough.
_AROUND = (1, 5)
# Places that are looked around in one go.
_AT_ONCE = 2000


class Neighbours:
    """Voxels and which of them are neighbours.

    Parameters
    ----------
    count : int
        Of the voxels.
    pairs : Pairs
        See :func:`.voxels.neighbour_pairs`.
    """

    def __init__(self, count: int, pairs: Pairs):
        self._count, self._pairs = count, pairs

    @property
    def pairs(self) -> Pairs:
        """Every pair of neighbours once, see :func:`.voxels.neighbour_pairs`."""
        return self._pairs

    def __len__(self) -> int:
        return self._count

    @property
    def degree(self) -> np.ndarray:
        """How many neighbours each voxel has, shape (n,)."""
        first, second, _ = self.pairs
        return np.bincount(first, minlength=len(self)) + np.bincount(second, minlength=len(self))

    def without(self, between: np.ndarray) -> Neighbours:
        """Return the voxels with some of their pairs being no neighbours."""
        return Neighbours(len(self), tuple(part[~between] for part in self.pairs))

    def paths_from(self, start: np.ndarray, start_mm: np.ndarray, before: Paths | None = None) -> Paths:
        """Return the shortest paths to all voxels.

        Parameters
        ----------
        start : ndarray of int
            Rows where paths begin.
        start_mm : ndarray
            The length that they have there already.
        before : Paths, optional
            Of voxels most of which are the same: what the others do not touch is taken from there. The result is the
            same.
        """
        first, second, length = self.pairs
        graph = sparse.csr_matrix((length, (first, second)), shape=(len(self), len(self)))
        return solved(graph + graph.T, start, start_mm)

    def pieces(self, some: np.ndarray) -> np.ndarray:
        """Return in which connected piece of some voxels (bool) each of them lies; of others it says nothing."""
        first, second, _ = self.pairs
        both = some[first] & some[second]
        return components(len(self), first[both], second[both])[1]

    def cut(self, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Cut the voxels into connected parts of equal level.

        Parameters
        ----------
        level : ndarray of int, shape (n,)

        Returns
        -------
        part : ndarray of int32, shape (n,)
            Of each voxel, numbered by their first ones.
        touching : ndarray of int, shape (2, m)
            Parts of which some voxels are neighbours; a pair may be there more than once.
        """
        first, second, _ = self.pairs
        same = level[first] == level[second]
        _, part = components(len(level), first[same], second[same])
        return part, np.stack([part[first[~same]], part[second[~same]]])


class Lattice(Neighbours):
    """Voxels, in the order of the array, with all their 26-neighbours: no pair of them is listed where it need not be.

    Parameters
    ----------
    kji : ndarray of int, shape (n, 3)
        Distinct voxels, in the order of the array.
    grid : Grid
    """

    def __init__(self, kji: np.ndarray, grid: Grid):
        self.kji, self.grid = kji, grid
        low, high = bounds_of(kji)
        self._low, self._shape = low - 1, high - low + 3
        self._strides = np.array([self._shape[1] * self._shape[2], self._shape[2], 1])
        self._flat = self._place_of(kji)
        self._row = np.full(int(np.prod(self._shape)), -1, np.int32)
        self._row[self._flat] = np.arange(len(kji), dtype=np.int32)
        offsets = [*HALF_NEIGHBOURS, *(tuple(-step for step in offset) for offset in HALF_NEIGHBOURS)]
        self._steps = np.array(offsets) @ self._strides
        self.lengths_mm = np.array([neighbour_length_mm(offset, grid) for offset in offsets])

    def __len__(self) -> int:
        return len(self.kji)

    @cached_property
    def pairs(self) -> Pairs:
        """Every pair of neighbours once, see :func:`.voxels.neighbour_pairs`."""
        return neighbour_pairs(self.kji, self.grid)

    @cached_property
    def points_ras(self) -> np.ndarray:
        """The centres of the voxels, shape (n, 3), mm."""
        return self.grid.ras_of_kji(self.kji)

    @property
    def degree(self) -> np.ndarray:
        """How many neighbours each voxel has, shape (n,)."""
        degree = np.zeros(len(self), int)
        for step in self._steps.tolist():
            degree += self._row[self._flat + step] >= 0
        return degree

    def _place_of(self, kji: np.ndarray) -> np.ndarray:
        # Column by column: a product of integers takes several times as long.
        k, j, i = (column - first for column, first in zip(kji.T, self._low, strict=True))
        return (k * self._shape[1] + j) * self._shape[2] + i

    def rows_at(self, kji: np.ndarray) -> np.ndarray:
        """Return the rows of voxels, -1 where they are none of these."""
        inside = np.ones(len(kji), bool)
        for column, first, size in zip(kji.T, self._low.tolist(), self._shape.tolist(), strict=True):
            inside &= (column >= first) & (column < first + size)
        if inside.all():
            return self._row[self._place_of(kji)]
        result = np.full(len(kji), -1, np.int32)
        result[inside] = self._row[self._place_of(kji[inside])]
        return result

    def around(self, rows: np.ndarray) -> np.ndarray:
        """Return the rows of the 26 neighbours of some voxels, shape (m, 26), -1 where there is none."""
        flat = self._flat[rows]
        result = np.empty((len(flat), len(self._steps)), np.int32)
        for number, step in enumerate(self._steps.tolist()):
            result[:, number] = self._row[flat + step]
        return result

    @cached_property
    def _tree(self) -> cKDTree:
        # Of some places only: what is built quickly is worth more than what is searched quickly.
        return cKDTree(self.points_ras, balanced_tree=False, compact_nodes=False)

    def nearest(self, points_ras: np.ndarray) -> list[np.ndarray]:
        """Return the rows of the voxels nearest to each point (RAS, mm), rising: all that are equally near."""
        found: list[np.ndarray] = [np.zeros(0, int)] * len(points_ras)
        todo = np.arange(len(points_ras))
        for reach in _AROUND:
            far = []
            for start in range(0, len(todo), _AT_ONCE):
                some = todo[start : start + _AT_ONCE]
                rows, is_far = self._nearest_within(points_ras[some], reach)
                for number, own in zip(some.tolist(), rows, strict=True):
                    found[number] = own
                far.append(some[is_far])
            todo = np.concatenate([todo[:0], *far])
        if len(todo):
            within = self._tree.query(points_ras[todo])[0] + TOLERANCE_MM
            rows = self._tree.query_ball_point(points_ras[todo], within, return_sorted=True)
            for number, own in zip(todo.tolist(), rows, strict=True):
                found[number] = np.array(own)
        return found

    def _nearest_within(self, points_ras: np.ndarray, reach: int) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the rows of the nearest voxels so many voxels around each point, and whether others may be nearer."""
        at = self.grid.kji_of_ras(points_ras)
        middle = np.rint(at).astype(int)
        steps = np.arange(-reach, reach + 1)
        around = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
        row = self.rows_at((middle[:, None] + around).reshape(-1, 3)).reshape(len(middle), -1)
        k, j, i = ((middle - at)[:, None] + around).transpose(2, 0, 1)
        squared = np.zeros(row.shape)
        for along_i, along_j, along_k in self.grid.ijk_to_ras[:3, :3]:
            squared += (along_i * i + along_j * j + along_k * k) ** 2
        distance = np.where(row >= 0, np.sqrt(squared), np.inf)
        least = distance.min(axis=1)
        near = distance <= least[:, None] + TOLERANCE_MM
        # What was not looked at lies farther away than this along one of the axes.
        seen_mm = (reach + 0.5) * min(self.grid.plane_distances_mm) - 2 * TOLERANCE_MM
        return [np.sort(rows[some]) for rows, some in zip(row, near, strict=True)], least > seen_mm

    @cached_property
    def _graph(self) -> sparse.csr_matrix:
        near = self.around(np.arange(len(self)))
        there = near >= 0
        ends = np.zeros(len(self) + 1, np.int32)
        np.cumsum(np.count_nonzero(there, axis=1), out=ends[1:])
        lengths = np.broadcast_to(self.lengths_mm, near.shape)[there]
        return sparse.csr_matrix((lengths, near[there], ends), shape=(len(self), len(self)))

    def paths_from(self, start: np.ndarray, start_mm: np.ndarray, before: Paths | None = None) -> Paths:
        """See :meth:`Neighbours.paths_from`."""
        found = None if before is None else repaired(self, start, start_mm, before)
        return found or solved(self._graph, start, start_mm, self)

    def pieces(self, some: np.ndarray) -> np.ndarray:
        """See :meth:`Neighbours.pieces`."""
        result = np.zeros(len(self), np.int32)
        kji = self.kji[some]
        if len(kji):
            result[some] = self._cut(kji, np.zeros(len(kji), np.int32))[0]
        return result

    def cut(self, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See :meth:`Neighbours.cut`."""
        return self._cut(self.kji, level)

    def _cut(self, kji: np.ndarray, level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        runs = Runs(kji, tuple(slice(int(a), int(a + n)) for a, n in zip(self._low, self._shape, strict=True)), level)
        of_run = np.zeros(len(runs), level.dtype)
        of_run[runs.of_voxel] = level
        first, second = touching_runs(runs)
        same = of_run[first] == of_run[second]
        _, part = components(len(runs), first[same], second[same])
        beside = np.flatnonzero(runs.first[1:] == runs.last[:-1] + 1)  # in one row, of other levels
        first, second = (np.concatenate([a[~same], b]) for a, b in ((first, beside), (second, beside + 1)))
        return part[runs.of_voxel], np.stack([part[first], part[second]])

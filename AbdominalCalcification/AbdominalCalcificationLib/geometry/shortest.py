"""Shortest paths from voxel to voxel, found anew only where voxels came, went, or became nearer.

The length of a path is added up from its beginning, in floating-point numbers, so each length is the least of those of
its neighbours with one step more, rounded. Rounding keeps the order of two numbers, and a step is far larger than what
is lost by it: so there is just one set of lengths of which that is true (Bellman 1958), however it is found. What
:func:`repaired` returns is that set, to the last digit, as :func:`solved` finds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

if TYPE_CHECKING:
    from .neighbours import Lattice

# Keeps the steps from the source to where paths begin positive, as sparse graphs need.
_SHIFT_MM = 1.0
# What the path to a voxel comes from where that is no other voxel.
_SOURCE, _NOTHING = -1, -2
# Where more than this part of the voxels has to be looked at again, all are.
_MOST_AGAIN = 0.5
# So often what became nearer may make other voxels nearer, before all are looked at again.
_MOST_ROUNDS = 12


@dataclass(frozen=True, eq=False)
class Paths:
    """The shortest path to each voxel.

    Attributes
    ----------
    shifted_mm : ndarray, shape (n,)
        Their lengths, and one more; ``inf`` where no path leads.
    before : ndarray of int32, shape (n,)
        The voxel from which each path comes.
    lattice : Lattice or None
        Of the voxels; without one the paths cannot be repaired.
    """

    shifted_mm: np.ndarray
    before: np.ndarray
    lattice: Lattice | None

    @property
    def length_mm(self) -> np.ndarray:
        """Their lengths, mm; ``inf`` where no path leads."""
        return self.shifted_mm - _SHIFT_MM


def solved(graph: sparse.csr_matrix, start: np.ndarray, start_mm: np.ndarray, lattice: Lattice | None = None) -> Paths:
    """Return the shortest paths to all voxels.

    Parameters
    ----------
    graph : csr_matrix, shape (n, n)
        Distance of neighbours, mm, both ways.
    start : ndarray of int
        Where paths begin.
    start_mm : ndarray
        Length that they have there already.
    lattice : Lattice, optional
        Of the voxels.
    """
    return Paths(*_solved(graph, start, np.asarray(start_mm, float) + _SHIFT_MM), lattice)


def _solved(graph: sparse.csr_matrix, start: np.ndarray, entry_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lengths from a source that leads to some voxels, and what each path comes from."""
    count = graph.shape[0]
    with_source = sparse.csr_matrix(
        (
            np.concatenate([graph.data, entry_mm]),
            np.concatenate([graph.indices, np.asarray(start, graph.indices.dtype)]),
            np.append(graph.indptr, graph.indptr[-1] + len(start)),
        ),
        shape=(count + 1, count + 1),
    )
    length, before = csgraph.dijkstra(with_source, indices=count, return_predecessors=True)
    before = before[:count]
    before = np.where(before == count, _SOURCE, np.where(before < 0, _NOTHING, before)).astype(np.int32)
    return length[:count], before


def repaired(lattice: Lattice, start: np.ndarray, start_mm: np.ndarray, before: Paths) -> Paths | None:
    """Return the shortest paths to all voxels, those that nothing touches as they were; None where too many are not.

    Parameters
    ----------
    lattice : Lattice
    start, start_mm
        As in :func:`solved`.
    before : Paths
        Of voxels with indices of the same grid, some of which are among these.
    """
    if before.lattice is None or not np.array_equal(before.lattice.lengths_mm, lattice.lengths_mm):
        return None
    count = len(lattice)
    row = lattice.rows_at(before.lattice.kji)
    stays = np.flatnonzero(row >= 0)
    length, came = np.full(count, np.inf), np.full(count, _NOTHING, np.int32)
    length[row[stays]] = before.shifted_mm[stays]
    of = before.before[stays]
    gone = np.where(row < 0, np.int32(_NOTHING), row)
    came[row[stays]] = np.where(of >= 0, gone[of], of)
    entry = np.full(count, np.inf)
    entry[start] = np.asarray(start_mm, float) + _SHIFT_MM
    again = (came == _NOTHING) | ((came == _SOURCE) & (entry != length)) | (entry < length)
    repair = _Repair(lattice, entry, length, came)
    for _ in range(_MOST_ROUNDS):
        rows = np.flatnonzero(_with_those_behind(again, came))
        if len(rows) > _MOST_AGAIN * count:
            return None
        nearer = repair.look_again(rows)
        if not len(nearer):
            return Paths(length, came, lattice)
        again = np.zeros(count, bool)
        again[nearer] = True
    return None


def _with_those_behind(some: np.ndarray, came: np.ndarray) -> np.ndarray:
    """Return some voxels (bool) and all to which paths lead through them."""
    some, before = some.copy(), np.where(came >= 0, came, np.arange(len(came), dtype=np.int32))
    # Each round looks twice as far ahead; where none is found at some distance, none is farther away.
    while True:
        found = some[before] & ~some
        if not found.any():
            return some
        some |= found
        before = before[before]


class _Repair:
    """Paths in the making; `length` and `came` are written to."""

    def __init__(self, lattice: Lattice, entry: np.ndarray, length: np.ndarray, came: np.ndarray):
        self._lattice, self._entry, self._length, self._came = lattice, entry, length, came
        self._place = np.full(len(lattice), -1, np.int32)

    def look_again(self, rows: np.ndarray) -> np.ndarray:
        """Find the paths to some voxels, all others being known; return those of the others that are nearer now."""
        length, place, steps = self._length, self._place, self._lattice.lengths_mm
        if not len(rows):
            return rows
        place[rows] = np.arange(len(rows), dtype=np.int32)
        near = self._lattice.around(rows)
        there = near >= 0
        number = np.where(there, place[near], -1)
        place[rows] = -1
        known = there & (number < 0)
        beside = np.where(known, length[near], np.inf)
        through = beside + steps
        best = through.argmin(axis=1)
        least, entry = through[np.arange(len(rows)), best], self._entry[rows]
        origin = np.where(entry <= least, np.int32(_SOURCE), near[np.arange(len(rows)), best])
        entry = np.minimum(entry, least)
        among = number >= 0
        ends = np.zeros(len(rows) + 1, np.int32)
        np.cumsum(np.count_nonzero(among, axis=1), out=ends[1:])
        lengths = np.broadcast_to(steps, near.shape)[among]
        graph = sparse.csr_matrix((lengths, number[among], ends), shape=(len(rows), len(rows)))
        enters = np.flatnonzero(np.isfinite(entry))
        found, came = _solved(graph, enters, entry[enters])
        length[rows] = found
        self._came[rows] = np.where(came >= 0, rows[came], np.where(came == _SOURCE, origin, _NOTHING))
        return np.unique(near[known & (found[:, None] + steps < beside)])

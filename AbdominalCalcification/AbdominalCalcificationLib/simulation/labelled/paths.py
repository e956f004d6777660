"""The paths through the middle of a labelled vessel, from where it begins to each of its ends.

The way of Sato et al. 2000 (TEASAR, doi 10.1109/PCCGA.2000.883951): the cheapest way from the root to the place
that is farthest from it, where going near the surface is dear; what lies near that way is done with, and the farthest
of the rest comes next.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import ndimage
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from ...geometry.volume import Grid

# A branch within one label is one that reaches so far beyond the surface of what it leaves; the choice is ours.
SHORTEST_BRANCH_MM = 7.0
_MOST_BRANCHES = 40
_BEYOND = 25  # voxels


@dataclass(frozen=True, eq=False)
class Piece:
    """One connected piece of a labelled vessel.

    Attributes
    ----------
    kji : ndarray of int, shape (n, 3)
        Its voxels.
    points : ndarray, shape (n, 3)
        Their centres, RAS mm.
    depth_mm : ndarray, shape (n,)
        How far each lies from what is outside.
    lengths : sparse matrix, shape (n, n)
        Of the steps between neighbouring voxels, mm.
    """

    kji: np.ndarray
    points: np.ndarray
    depth_mm: np.ndarray
    lengths: csr_matrix

    @classmethod
    def of(cls, mask: np.ndarray, grid: Grid, start_kji: np.ndarray, shape) -> Piece:
        """Return the piece that is all of `mask`, a box of an array of `shape` whose first voxel is `start_kji`."""
        inside = np.pad(mask, 1)
        # A vessel that the field cuts off is no shallower there.
        beyond = inside.copy()
        for axis in range(3):
            for face, next_to, end in ((0, 1, 0), (-1, -2, shape[axis])):
                if start_kji[axis] + (0 if face == 0 else mask.shape[axis]) == end:
                    np.moveaxis(beyond, axis, 0)[face] = np.moveaxis(beyond, axis, 0)[next_to]
        # Nothing but such ends reaches the rim, and goes on beyond it.
        wide = np.pad(beyond, _BEYOND, mode="edge")
        inner = (slice(_BEYOND + 1, -_BEYOND - 1),) * 3
        depth = ndimage.distance_transform_edt(wide, sampling=grid.spacing_mm[::-1])[inner]
        kji = np.argwhere(mask)
        number = np.full(inside.shape, -1, np.int64)
        number[1:-1, 1:-1, 1:-1][mask] = np.arange(len(kji))
        steps = [step for step in product((-1, 0, 1), repeat=3) if step > (0, 0, 0)]
        ones, others, lengths = [], [], []
        at = tuple((kji + 1).T)
        for step in steps:
            neighbour = number[tuple(axis + move for axis, move in zip(at, step, strict=True))]
            one = np.flatnonzero(neighbour >= 0)
            ones.append(one)
            others.append(neighbour[one])
            length = np.linalg.norm(grid.ijk_to_ras[:3, :3] @ np.array(step[::-1], float))
            lengths.append(np.full(len(one), length))
        shape = (len(kji), len(kji))
        graph = coo_matrix((np.concatenate(lengths), (np.concatenate(ones), np.concatenate(others))), shape=shape)
        return cls(kji + start_kji, grid.ras_of_kji(kji + start_kji), depth[mask], graph.tocsr())

    def distances_mm(self, start: int | np.ndarray) -> np.ndarray:
        """Return how far every voxel lies from the nearest of those numbered `start`, within the vessel."""
        return dijkstra(self.lengths, directed=False, indices=np.atleast_1d(start), min_only=True)

    def farthest_from(self, start: int | np.ndarray) -> int:
        """Return the number of the voxel that is farthest, within the vessel, from those numbered `start`."""
        return int(np.argmax(self.distances_mm(start)))

    def end_from(self, start: int | np.ndarray) -> int:
        """Return the number of a voxel in the middle of the end that is farthest from those numbered `start`."""
        return self.middle_of_end(self.distances_mm(start))

    def middle_of_end(self, away_mm: np.ndarray) -> int:
        """Return the number of the deepest voxel near the one for which `away_mm`, of every voxel, is greatest.

        The very farthest voxel of a wide vessel lies in a corner of its end.
        """
        tip = int(np.argmax(away_mm))
        distance = np.linalg.norm(self.points - self.points[tip], axis=1)
        reach = 1.2 * float(self.depth_mm[distance <= 1.5 * float(self.depth_mm.max())].max())
        near = np.flatnonzero((distance <= 1.5 * reach) & (away_mm >= away_mm[tip] - 1.5 * reach))
        return int(near[np.lexsort((-away_mm[near], -np.round(self.depth_mm[near], 3)))[0]])


def paths_of(piece: Piece, root: int, tip: int | None = None) -> list[np.ndarray]:
    """Return the paths through a piece as numbers of voxels: first the longest, then branches that begin on another.

    Parameters
    ----------
    piece : Piece
    root : int
        Where the vessel begins.
    tip : int, optional
        Where its first path ends; by default at the end farthest from the root.
    """
    graph = piece.lengths.tocoo()
    # Half a voxel has no meaning less than any depth: at the surface the centre of a voxel is that deep at least.
    dear = 1.0 / np.maximum(piece.depth_mm, 1e-3) ** 2
    costs = coo_matrix((graph.data * (dear[graph.row] + dear[graph.col]), (graph.row, graph.col)), shape=graph.shape)
    _, before = dijkstra(costs.tocsr(), directed=False, indices=root, return_predecessors=True)
    away = piece.distances_mm(root)
    on_path = np.zeros(len(piece.points), bool)
    beyond = np.full(len(piece.points), np.inf)
    paths: list[np.ndarray] = []
    tip = piece.middle_of_end(away) if tip is None else tip
    while len(paths) < _MOST_BRANCHES:
        path = _back(before, tip, on_path)
        on_path[path] = True
        paths.append(path)
        # How far each voxel lies beyond the surface of the paths found so far.
        reach, nearest = cKDTree(piece.points[path]).query(piece.points)
        beyond = np.minimum(beyond, reach - 1.3 * piece.depth_mm[path][nearest])
        open_ended = np.where(beyond > SHORTEST_BRANCH_MM, away, -1.0)
        if open_ended.max() < 0:
            break
        tip = piece.middle_of_end(open_ended)
    return paths


def _back(before: np.ndarray, tip: int, on_path: np.ndarray) -> np.ndarray:
    """Return the way to `tip` from the root, or from the path that it leaves."""
    path = [tip]
    while not on_path[path[-1]] and before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return np.array(path[::-1])

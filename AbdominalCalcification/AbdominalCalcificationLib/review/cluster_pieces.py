"""Which piece of a calcification mask a cluster of a measurement is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..geometry import Volume
from .picking import pieces_of

# Centres are written with fewer digits than they were computed with.
_SAME_CENTRE_MM = 1e-3


class ClusterPieces:
    """The 26-connected pieces of a calcification mask, to be found by what a measurement says of its clusters.

    A piece can be larger than its cluster, which does not hold what lies beyond a kept length or near no artery.

    Parameters
    ----------
    calcification : Volume
        The mask that was measured; non-zero where calcified.

    Attributes
    ----------
    kji : ndarray of int, shape (n, 3)
        Its voxels.
    piece : ndarray of int, shape (n,)
        Of each voxel.
    """

    def __init__(self, calcification: Volume):
        self.kji, self._count, self.piece = pieces_of(calcification.array != 0)
        self._size = np.bincount(self.piece, minlength=self._count)
        self._points = calcification.grid.ras_of_kji(self.kji) if self._count else np.zeros((0, 3))
        sums = [np.bincount(self.piece, axis, self._count) for axis in self._points.T]
        self._middles = np.stack(sums, axis=1) / np.maximum(self._size, 1)[:, None]
        self._diagonal_mm = calcification.grid.voxel_diagonal_mm

    def number_of(self, centroid_ras: npt.ArrayLike, voxel_count: int, extent_mm: float) -> int | None:
        """Return the number of the piece that a cluster is, or is a part of; None where the mask holds none.

        Parameters as :class:`measurement.Cluster` has them: RAS and lengths in mm.
        """
        if self._count == 0:
            return None
        centre = np.asarray(centroid_ras, float)
        same = np.linalg.norm(self._middles - centre, axis=1) <= _SAME_CENTRE_MM
        same &= self._size == voxel_count
        if same.any():
            return int(np.flatnonzero(same)[0])
        near = cKDTree(self._points).query_ball_point(centre, extent_mm + self._diagonal_mm)
        rows = np.array([row for row in near if self._size[self.piece[row]] >= voxel_count], int)
        if len(rows) == 0:
            return None
        away = np.linalg.norm(self._points[rows] - centre, axis=1)
        return int(self.piece[rows[away.argmin()]])

    def voxels_of(self, number: int) -> np.ndarray:
        """Return the voxels of a piece, shape (n, 3)."""
        return self.kji[self.piece == number]


def grouped_pieces(calcification: Volume, clusters: Sequence[Mapping], group_of: Sequence[int]) -> np.ndarray:
    """Return a map of the groups that the clusters of a measurement are in.

    Parameters
    ----------
    calcification : Volume
        The mask that was measured.
    clusters : sequence of mapping
        Of a measurements document.
    group_of : sequence of int
        The group of each, from 1 to 254.

    Returns
    -------
    ndarray of uint8, shape (k, j, i)
        The group of each calcified voxel, 255 where it is in no cluster; 0 elsewhere.
    """
    pieces = ClusterPieces(calcification)
    groups = np.full(int(pieces.piece.max(initial=-1)) + 1, 255, np.uint8)
    for cluster, group in zip(clusters, group_of, strict=True):
        number = pieces.number_of(cluster["centroid_ras"], cluster["voxel_count"], cluster["extent_mm"])
        if number is not None:
            groups[number] = group
    result = np.zeros(calcification.array.shape, np.uint8)
    result[tuple(pieces.kji.T)] = groups[pieces.piece]
    return result

"""Sparse voxel sets: a mask of an artery holds a few voxels of a large volume.

Everything here works on the voxels that are set, never on full-size temporaries.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from .volume import Grid

# Rows of neighbouring voxels (int32, every pair once), and the distances of their centres in mm.
Pairs = tuple[np.ndarray, np.ndarray, np.ndarray]

# One of each pair of opposite neighbours, k, j, i.
HALF_NEIGHBOURS = tuple(offset for offset in product((-1, 0, 1), repeat=3) if offset > (0, 0, 0))
FACE_NEIGHBOURS = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))

# Lengths and coordinates that differ by less are equal: a flipped or permuted grid rounds
# the same position differently.
TOLERANCE_MM = 1e-6


def ranks(values) -> np.ndarray:
    """Return the order of numbers as integers from 0: equal where they differ by less than the tolerance.

    Rounding would not do: two numbers on either side of a half, however near, round apart.

    Examples
    --------
    >>> ranks([0.1875, 0.5, 0.1875 - 1e-16]).tolist()
    [0, 1, 0]
    """
    values = np.asarray(values, float)
    order = np.argsort(values)
    rising = values[order]
    rank = np.zeros(len(values), int)
    rank[order[1:]] = np.cumsum(rising[1:] > rising[:-1] + TOLERANCE_MM)
    return rank


def bounds_of(kji: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest and the highest index of voxels along each axis; there has to be one."""
    # Column by column: along the rows it takes twenty times as long.
    low, high = ([int(end(column)) for column in kji.T] for end in (np.min, np.max))
    return np.array(low), np.array(high)


def neighbour_length_mm(offset, grid: Grid) -> float:
    """Return the distance between the centres of a voxel and its neighbour at `offset` (k, j, i), in mm."""
    return float(np.linalg.norm(grid.ijk_to_ras[:3, :3] @ np.asarray(offset[::-1], float)))


def neighbour_pairs(kji: np.ndarray, grid: Grid) -> Pairs:
    """Return all pairs of 26-neighbours within a voxel set.

    Parameters
    ----------
    kji : ndarray of int, shape (n, 3)
        Distinct voxels.
    grid : Grid

    Returns
    -------
    first, second, length_mm : ndarray, shape (m,)
        Rows of `kji`, every pair once, and the distances of the centres.
    """
    if len(kji) == 0:
        return np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0)
    local = kji - kji.min(axis=0) + 1
    shape = local.max(axis=0) + 2
    strides = np.array([shape[1] * shape[2], shape[2], 1])
    flat = local @ strides
    row = np.zeros(int(np.prod(shape)), np.int32)
    row[flat] = np.arange(1, len(kji) + 1, dtype=np.int32)
    firsts, seconds, lengths = [], [], []
    for offset in HALF_NEIGHBOURS:
        neighbour = row[flat + int(strides @ offset)]
        first = np.flatnonzero(neighbour).astype(np.int32)
        firsts.append(first)
        seconds.append(neighbour[first] - 1)
        lengths.append(np.full(len(first), neighbour_length_mm(offset, grid)))
    return np.concatenate(firsts), np.concatenate(seconds), np.concatenate(lengths)


def components(count: int, first: np.ndarray, second: np.ndarray) -> tuple[int, np.ndarray]:
    """Return the number of connected components of `count` nodes and the component of each node."""
    graph = sparse.csr_matrix((np.ones(len(first), np.uint8), (first, second)), shape=(count, count))
    return csgraph.connected_components(graph, directed=False)

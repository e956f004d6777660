"""Left and right of labels that cover both sides."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import InputError
from .volume import Grid

_BIN_MM = 2.0


def split_left_right(mask: np.ndarray, aorta: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Split a mask of paired arteries into its left and its right part.

    A voxel is *left* where it lies to the patient's left of the aorta's centre at its level
    (interpolated along S, held constant above and below the aorta). The mask alone cannot tell:
    where one artery is missing, its middle would cut the other in two.

    Parameters
    ----------
    mask : ndarray of bool, shape (k, j, i)
    aorta : ndarray of bool, shape (k, j, i)
    grid : Grid

    Returns
    -------
    left, right : ndarray of bool, shape (k, j, i)
        Disjoint; together the mask.

    Raises
    ------
    InputError
        Where there is something to split, but no aorta.
    """
    left = np.zeros(mask.shape, bool)
    if mask.any():
        if not aorta.any():
            raise InputError("Without an aorta, left and right of a label of both sides cannot be told; add an aorta.")
        level, middle = _middle_of(aorta, grid)
        for k, indices, points in _planes(mask, grid):
            on_left = points[:, 0] < np.interp(points[:, 2], level, middle)
            left[k][tuple(indices[on_left].T)] = True
    return left, mask.astype(bool) & ~left


def _middle_of(aorta: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return levels (S, mm) and the R coordinate (mm, RAS: grows to the right) that divides the sides at each."""
    lowest = min(points[:, 2].min() for _, _, points in _planes(aorta, grid))
    # Bins are never thinner than a slice, so that each holds a whole cross-section.
    width = max(_BIN_MM, float(np.abs(grid.ijk_to_ras[2, :3]).max()))
    count, sums = np.zeros(0), np.zeros((2, 0))
    for _, _, points in _planes(aorta, grid):
        bins = np.floor((points[:, 2] - lowest) / width).astype(int)
        longer = max(0, int(bins.max()) + 1 - len(count))
        count, sums = np.pad(count, (0, longer)), np.pad(sums, ((0, 0), (0, longer)))
        count += np.bincount(bins, minlength=len(count))
        sums += [np.bincount(bins, points[:, axis], len(count)) for axis in (0, 2)]
    filled = np.flatnonzero(count)
    middle, level = sums[:, filled] / count[filled]
    return level, middle


def _planes(mask: np.ndarray, grid: Grid) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield the voxels of a mask plane by plane: k, indices (n, 2) in the plane, and points (n, 3), mm."""
    for k, plane in enumerate(mask):
        indices = np.argwhere(plane)
        if len(indices):
            yield k, indices, grid.ras_of_kji(np.column_stack([np.full(len(indices), k), indices]))

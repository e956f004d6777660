"""What lies near the voxels of a mask."""

from __future__ import annotations

from itertools import product

import numpy as np

from .volume import Grid


def dilated(mask: np.ndarray, grid: Grid, radius_mm: float) -> np.ndarray:
    """Return the voxels whose centre lies within `radius_mm` of the centre of a voxel of `mask`."""
    result = mask.copy()
    for offset in _ball(grid, radius_mm):
        if any(abs(d) >= n for d, n in zip(offset, mask.shape, strict=True)):
            continue  # leads out of an array that is thinner than the radius
        here = tuple(slice(max(0, d), n + min(0, d)) for d, n in zip(offset, mask.shape, strict=True))
        there = tuple(slice(max(0, -d), n + min(0, -d)) for d, n in zip(offset, mask.shape, strict=True))
        result[here] |= mask[there]
    return result


def eroded(mask: np.ndarray, grid: Grid, radius_mm: float) -> np.ndarray:
    """Return the voxels of `mask` farther than `radius_mm` from every voxel outside it.

    The edge of the array is not outside: a vessel that it cuts has no wall there.
    """
    return ~dilated(~mask, grid, radius_mm)


def _ball(grid: Grid, radius_mm: float) -> list[tuple[int, int, int]]:
    """Return the k, j, i steps of at most `radius_mm`, measured in physical space."""
    matrix = grid.ijk_to_ras[:3, :3]
    # Rows of the inverse bound each index of any vector of that length, also on sheared grids.
    reach = np.floor(radius_mm * np.linalg.norm(np.linalg.inv(matrix), axis=1) + 1e-9).astype(int)
    steps = product(*(range(-n, n + 1) for n in reach[::-1]))
    return [s for s in steps if any(s) and np.linalg.norm(matrix @ s[::-1]) <= radius_mm + 1e-9]

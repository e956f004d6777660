"""Grids beside each other: whether their voxels are the same, which is finer, and one that holds several."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from .volume import Grid

# Steps that differ by less, relative to the voxel, are the same: headers round them.
_SAME_SPACING = 1e-3


def index_map(source: Grid, target: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return matrix and offset that take array indices (k, j, i) of `source` to those of `target`."""
    affine = np.linalg.inv(target.ijk_to_ras) @ source.ijk_to_ras
    return affine[:3, :3][::-1, ::-1], affine[:3, 3][::-1]


def voxels_match(grid: Grid, other: Grid) -> bool:
    """Return whether the nearest voxel gives each voxel of one grid one partner in the other, where both reach.

    So it is for flips, permuted axes, crops and shifts: no label changes its number of voxels.
    """
    matrix, offset = index_map(grid, other)
    steps = np.rint(matrix)
    turned = np.abs(steps)
    if not all(np.array_equal(turned.sum(axis=axis), np.ones(3)) for axis in (0, 1)):
        return False
    if np.abs(matrix - steps).max() > _SAME_SPACING:
        return False
    # What rounded headers make of a grid must nowhere reach the next voxel.
    corners = np.array(list(product(*[(0, n - 1) for n in grid.shape])))
    shift = np.floor(np.round(corners @ (matrix - steps).T + offset, 6) + 0.5)
    return bool((shift == shift[0]).all())


def is_finer(grid: Grid, other: Grid) -> bool:
    """Return whether the voxels of `grid` are smaller, by more than rounding, than those of `other`."""
    return grid.voxel_volume_mm3 < other.voxel_volume_mm3 * (1 - 3 * _SAME_SPACING)


def covering(grid: Grid, others: Sequence[Grid]) -> Grid:
    """Return `grid` made larger by whole voxels until the voxels of `others` lie in it."""
    low, high = np.zeros(3), np.array(grid.shape) - 1.0
    for other in others:
        indices = _corners(other, grid, margin=0.0)
        low, high = np.minimum(low, indices.min(axis=0)), np.maximum(high, indices.max(axis=0))
    return resized(grid, np.floor(np.round(low, 3)), np.ceil(np.round(high, 3)))


def filling(grid: Grid, space: Grid) -> Grid:
    """Return the grid with the voxels of `grid` whose centres can lie in the box that `space` fills."""
    indices = _corners(space, grid, margin=0.5)
    return resized(grid, np.ceil(np.round(indices.min(axis=0), 3)), np.floor(np.round(indices.max(axis=0), 3)))


def resized(grid: Grid, low: npt.ArrayLike, high: npt.ArrayLike) -> Grid:
    """Return the grid of the voxels from `low` to `high`, both included (k, j, i; outside of `grid` too)."""
    matrix = np.array(grid.ijk_to_ras)
    matrix[:3, 3] = grid.ras_of_kji([low])[0]
    shape = np.maximum(np.array(high) - np.array(low) + 1, 1).astype(int)
    return Grid(tuple(shape), matrix)


def _corners(grid: Grid, seen_from: Grid, margin: float) -> np.ndarray:
    """Return the corners of a grid as indices of another, `margin` voxels beyond the outermost centres."""
    matrix, offset = index_map(grid, seen_from)
    return np.array(list(product(*[(-margin, n - 1 + margin) for n in grid.shape]))) @ matrix.T + offset

"""Left and right of labels that cover both sides."""

from __future__ import annotations

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
    indices = np.argwhere(mask)
    if len(indices):
        aorta_indices = np.argwhere(aorta)
        if not len(aorta_indices):
            raise InputError("Without an aorta, left and right of a label of both sides cannot be told; add an aorta.")
        points = grid.ras_of_kji(indices)
        middle = _middle_r(points, aorta_indices, grid)
        left[tuple(indices[points[:, 0] < middle].T)] = True
    return left, mask.astype(bool) & ~left


def _middle_r(points: np.ndarray, aorta_indices: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the R coordinate (mm, RAS: grows to the right) that divides the sides at each point."""
    aorta = grid.ras_of_kji(aorta_indices)
    lowest = aorta[:, 2].min()
    # Bins are never thinner than a slice, so that each holds a whole cross-section.
    width = max(_BIN_MM, float(np.abs(grid.ijk_to_ras[2, :3]).max()))
    bins = np.floor((aorta[:, 2] - lowest) / width).astype(int)
    count = np.bincount(bins)
    filled = np.flatnonzero(count)
    mean_r = np.bincount(bins, aorta[:, 0])[filled] / count[filled]
    mean_s = np.bincount(bins, aorta[:, 2])[filled] / count[filled]
    return np.interp(points[:, 2], mean_s, mean_r)

"""How far every voxel lies from a mask."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from .volume import Grid


def distances_mm(mask: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the distance of every voxel to the nearest voxel of a mask, from centre to centre.

    Parameters
    ----------
    mask : ndarray of bool, shape (k, j, i)
        Not empty.
    grid : Grid
        Its axes need not be at right angles.

    Returns
    -------
    ndarray, shape (k, j, i)
        mm; 0 in the mask.
    """
    if grid.is_rectangular:
        return ndimage.distance_transform_edt(~mask, sampling=grid.spacing_mm[::-1])
    return _searched(mask, grid)[0]


def nearest_voxels(mask: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return the distances of :func:`distances_mm`, and the indices of the voxels of the mask that are so near.

    Returns
    -------
    distance : ndarray, shape (k, j, i)
    indices : ndarray of int, shape (3, k, j, i)
    """
    if grid.is_rectangular:
        return ndimage.distance_transform_edt(~mask, sampling=grid.spacing_mm[::-1], return_indices=True)
    return _searched(mask, grid)


def _searched(mask: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Search for the nearest voxels: a distance transform goes along axes at right angles."""
    sources, others = np.argwhere(mask), np.argwhere(~mask)
    distance, indices = np.zeros(mask.shape), np.indices(mask.shape)
    found, row = cKDTree(grid.ras_of_kji(sources)).query(grid.ras_of_kji(others))
    distance[tuple(others.T)] = found
    for axis, nearest in enumerate(sources[row].T):
        np.place(indices[axis], ~mask, nearest)
    return distance, indices

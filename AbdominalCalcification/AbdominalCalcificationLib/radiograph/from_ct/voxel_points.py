"""Voxels of a mask as points dense enough that their projection has no gaps."""

from __future__ import annotations

from itertools import product

import numpy as np

from ...geometry import Grid
from ..projection import LateralGeometry

# Longest step between points within a voxel: a wall of 35 mm is then measured to a seventieth.
FINEST_MM = 0.5


def inner_points(kji: np.ndarray, grid: Grid) -> np.ndarray:
    """Return points that fill voxels evenly, at most 0.5 mm apart along each axis.

    Parameters
    ----------
    kji : ndarray, shape (n, 3)
    grid : Grid

    Returns
    -------
    ndarray, shape (n * m, 3)
        RAS, mm; m of them in each voxel.
    """
    counts = _counts(grid)
    shifts = [(np.arange(n) + 0.5) / n - 0.5 for n in counts]
    within = np.array(list(product(*shifts)))
    return grid.ras_of_kji((np.asarray(kji, float)[:, None] + within).reshape(-1, 3))


def point_volume_mm3(grid: Grid) -> float:
    """Return how much of a voxel each of its points stands for, mm³."""
    return grid.voxel_volume_mm3 / float(np.prod(_counts(grid)))


def half_step_mm(grid: Grid, geometry: LateralGeometry, way: np.ndarray) -> float:
    """Return how far the part of a voxel around one of its points reaches in the image along `way` (x, y), mm."""
    return half_voxel_mm(Grid(grid.shape, grid.ijk_to_ras / [*_counts(grid)[::-1], 1.0]), geometry, way)


def half_voxel_mm(grid: Grid, geometry: LateralGeometry, way: np.ndarray) -> float:
    """Return how far a voxel reaches from its middle in the image along the unit vector `way` (x, y), mm."""
    edges = geometry.rotation() @ grid.ijk_to_ras[:3, :3]
    # x of the image runs against A, y against S.
    return float(np.abs(way[0] * edges[1] + way[1] * edges[2]).sum() / 2)


def _counts(grid: Grid) -> np.ndarray:
    """Return how many points a voxel has along k, j and i."""
    return np.maximum(1, np.ceil(np.array(grid.spacing_mm[::-1]) / FINEST_MM - 1e-6)).astype(int)

"""Which territory a calcified voxel belongs to (``measurement.md#assignment-of-calcification``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.spatial import cKDTree

from ..geometry.voxels import TOLERANCE_MM
from ..progress import Progress, Steps
from .result import Part

STAGE = "Measuring: assigning calcification"

# Points whose distances are looked up in one go.
_CHUNK = 50_000


def nearest_part_steps(
    points_ras: np.ndarray, parts: Sequence[tuple[int, np.ndarray]], max_distance_mm: float
) -> Steps[np.ndarray]:
    """Find the part of an artery that is nearest to each calcified voxel outside all masks.

    Parameters
    ----------
    points_ras : ndarray, shape (n, 3)
        Voxel centres, mm.
    parts : sequence of (int, ndarray of shape (m, 3))
        Value of the part and its voxel centres; of equally near parts the first one wins.
    max_distance_mm : float
        From voxel centre to voxel centre, inclusive.

    Returns
    -------
    ndarray of uint8, shape (n,)
        Value of the part; ``Part.UNASSIGNED`` where all are farther away.
    """
    value = np.full(len(points_ras), Part.UNASSIGNED, np.uint8)
    best = np.full(len(points_ras), max_distance_mm + 2 * TOLERANCE_MM)
    for part, part_ras in parts:
        if len(part_ras) == 0:
            continue
        low, high = part_ras.min(axis=0) - best.max(initial=0), part_ras.max(axis=0) + best.max(initial=0)
        rows = np.flatnonzero(((points_ras >= low) & (points_ras <= high)).all(axis=1))
        if len(rows) == 0:
            continue
        tree = cKDTree(part_ras)
        for some in chunks(rows):
            distance, _ = tree.query(points_ras[some], distance_upper_bound=max_distance_mm + 2 * TOLERANCE_MM)
            nearer = distance < best[some] - TOLERANCE_MM
            best[some[nearer]] = distance[nearer]
            value[some[nearer]] = part
            yield Progress(STAGE, 0.5)
    return value


def chunks(rows: np.ndarray) -> Iterator[np.ndarray]:
    """Yield parts of an array that are quickly worked on."""
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]

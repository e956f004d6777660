"""Where an artery begins: at its parent, or at an end of its own (rule 3)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import cKDTree

from ..geometry import Grid
from .course import Course, Pairs, shortest_paths_mm
from .voxels import HALF_NEIGHBOURS, TOLERANCE_MM, components, neighbour_length_mm, ranks


def half_voxel_mm(grid: Grid) -> float:
    """Return how far the border of a mask lies from the centres of its outermost voxels, on average, in mm."""
    return 0.5 * grid.voxel_volume_mm3 ** (1 / 3)


def contact_mm(kji: np.ndarray, labels: np.ndarray, others: Sequence[int], grid: Grid) -> np.ndarray:
    """Return how far the voxels that touch other arteries lie from the common border.

    Parameters
    ----------
    kji : ndarray of int, shape (n, 3)
        Voxels, none at a face of `labels`.
    labels : ndarray of uint8, shape (k, j, i)
    others : sequence of int
        Labels of the arteries that count.
    grid : Grid

    Returns
    -------
    ndarray, shape (n,)
        Half the distance to the nearest of the 26 neighbours that belongs to the others, mm;
        ``inf`` where none does.
    """
    counts = np.isin(np.arange(256), others)
    result = np.full(len(kji), np.inf)
    for offset in HALF_NEIGHBOURS:
        half = 0.5 * neighbour_length_mm(offset, grid)
        for sign in (1, -1):
            touched = counts[labels[tuple((kji + sign * np.array(offset)).T)]]
            result[touched] = np.minimum(result[touched], half)
    return result


def lower_end_mm(points_ras: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the path lengths of the voxels at the lower end of a mask, mm; ``inf`` elsewhere."""
    height = points_ras[:, 2] - points_ras[:, 2].min()
    return np.where(height <= grid.voxel_diagonal_mm, height + half_voxel_mm(grid), np.inf)


def ostia(touching: np.ndarray, points_ras: np.ndarray, pairs: Pairs, grid: Grid) -> np.ndarray:
    """Return the voxels of a connected piece at which it leaves its parent.

    Of the patches where it touches the parent these are the ones at its ends, seen from its
    farthest voxel; where it only passes by, it goes on on both sides. An oblique ostium is long:
    at an angle of 30 degrees two diameters. What is longer passes by, too.

    Parameters
    ----------
    touching : ndarray of int
        Rows of the voxels that touch the parent.
    points_ras : ndarray, shape (n, 3)
        Voxel centres of the piece, mm.
    pairs : Pairs
        See ``voxels.neighbour_pairs``.
    grid : Grid

    Returns
    -------
    ndarray of int
        Some of `touching`, or all where no patch lies at an end.
    """
    far_end = _farthest(shortest_paths_mm(len(points_ras), pairs, touching, np.zeros(len(touching))))
    course = Course(points_ras, pairs, far_end, np.zeros(len(far_end)), grid)
    touches = np.zeros(len(points_ras), bool)
    touches[touching] = True
    both = touches[pairs[0]] & touches[pairs[1]]
    _, patch = components(len(points_ras), pairs[0][both], pairs[1][both])
    found = []
    for number in np.unique(patch[touching]):
        rows = touching[patch[touching] == number]
        remaining, diameter = course.remaining_mm(rows), 2 * course.radius_mm(rows).max()
        if remaining.min() <= diameter + grid.voxel_diagonal_mm:
            found.append(rows[remaining <= remaining.min() + 2 * diameter + grid.voxel_diagonal_mm])
    return np.sort(np.concatenate(found)) if found else touching


def own_end(
    points_ras: np.ndarray, pairs: Pairs, grid: Grid, reference_ras: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the end of a connected piece that lies nearest to the reference points.

    Parameters
    ----------
    points_ras, pairs, grid
        As in :func:`ostia`.
    reference_ras : ndarray, shape (m, 3)
        Voxel centres, mm; without any the upper end is returned.

    Returns
    -------
    rows, depth_mm : ndarray
        See ``Course.ends``.
    """
    away = cKDTree(reference_ras).query(points_ras)[0] if len(reference_ras) else -points_ras[:, 2]
    nearest = np.flatnonzero(away <= away.min() + TOLERANCE_MM)

    def course_from(rows):
        return Course(points_ras, pairs, rows, np.zeros(len(rows)), grid)

    # From the nearest voxel to the farthest end, from there to all other ends, and back to that one.
    far_end = _farthest(shortest_paths_mm(len(points_ras), pairs, nearest, np.zeros(len(nearest))))
    there = course_from(far_end)
    ends = there.ends() + course_from(_farthest(there.shortest_mm)).ends()
    near = ranks([away[rows].min() for rows, _ in ends])
    low = ranks([-points_ras[rows, 2].max() for rows, _ in ends])
    # Of ends as near and as high: by position, not by array order, which a flipped grid reverses.
    x, y, z = (ranks(axis) for axis in zip(*(points_ras[rows].mean(axis=0) for rows, _ in ends), strict=True))
    return ends[np.lexsort((x, y, z, low, near))[0]]


def _farthest(shortest_mm: np.ndarray) -> np.ndarray:
    return np.flatnonzero(shortest_mm >= shortest_mm.max() - TOLERANCE_MM)

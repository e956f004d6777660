"""Where an artery begins: at its parent, or at an end of its own (``measurement.md#shortening``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..geometry import Grid
from ..geometry.neighbours import Neighbours
from ..geometry.voxels import HALF_NEIGHBOURS, TOLERANCE_MM, neighbour_length_mm, ranks
from ..progress import Progress, Steps
from .assignment import chunks
from .constants import (
    APART_RADII,
    END_DIAMETERS,
    FAR_PART,
    LEVEL_SLOPE,
    LONGEST_OSTIUM_DIAMETERS,
    SLENDER_WIDTHS,
    STEEP_SLOPE,
)
from .course import Course

FOLLOWING = Progress("Measuring: following the arteries", 0.0)


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


def contact_steps(kji: np.ndarray, labels: np.ndarray, others: Sequence[int], grid: Grid) -> Steps[np.ndarray]:
    """Return what :func:`contact_mm` does, yielding in between."""
    parts = [np.zeros(0)]
    for some in chunks(kji):
        parts.append(contact_mm(some, labels, others, grid))
        yield FOLLOWING
    return np.concatenate(parts)


def lower_end_mm(points_ras: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the path lengths of the voxels at the lower end of a mask, mm; ``inf`` elsewhere."""
    height = points_ras[:, 2] - points_ras[:, 2].min()
    return np.where(height <= grid.voxel_diagonal_mm, height + half_voxel_mm(grid), np.inf)


@dataclass(frozen=True, eq=False)
class Start:
    """Where a connected piece of an artery begins.

    Attributes
    ----------
    rows : ndarray of int
        Voxels of the piece.
    depth_mm : ndarray
        How far before the very end along the course each of them lies; 0 at an ostium.
    own_end : bool
        The piece begins at an end of its own, wherever it touches its parent or comes near it.
    unclear : bool
        Another end of the piece lies about as near to the parent as this one.
    """

    rows: np.ndarray
    depth_mm: np.ndarray
    own_end: bool = False
    unclear: bool = False


def start_of(
    candidates: np.ndarray,
    points_ras: np.ndarray,
    neighbours: Neighbours,
    grid: Grid,
    away_mm: Callable[[], np.ndarray],
    attach_distance_mm: float,
    *,
    touching: bool,
) -> Start:
    """Return where a connected piece begins of which some voxels touch its parent, or lie nearest to it.

    It begins at those of them that lie at an end (see :func:`ostia`). Where none does, or where
    they stretch along the piece because it runs beside its parent, the part at the parent is
    missing, and the piece begins at its own end nearest to the parent. Not so where they lie
    between ends that lead away from the parent: there the vessel forks at once.

    Parameters
    ----------
    candidates : ndarray of int
        Rows of the voxels that touch the parent, or that lie nearest to it.
    points_ras, neighbours, grid
        As in :func:`ostia`.
    away_mm : callable
        Returns the distances of all voxels of the piece from the parent, shape (n,), mm; only called where needed.
    attach_distance_mm : float
        An end farther away than this is no beginning of a piece that is near its parent for a short stretch only.
    touching : bool
        The candidates touch the parent. An ostium may be oblique, and so long.
    """
    rows, beside = ostia(candidates, points_ras, neighbours, grid)
    if len(rows) and not beside:
        return Start(rows, np.zeros(len(rows)))
    away = away_mm()
    end = own_end(points_ras, neighbours, grid, away)
    known = rows if len(rows) else candidates
    path = neighbours.paths_from(known, np.zeros(len(known))).length_mm
    to_end = path[end.rows].min()
    if len(rows):
        # A long ostium stays one, unless the end nearest to the parent is the opposite one.
        stays = touching and to_end <= FAR_PART * path.max() + TOLERANCE_MM
    else:
        nearest = away[end.rows].min()
        steep = nearest - away[known].min() > STEEP_SLOPE * to_end + grid.voxel_diagonal_mm + TOLERANCE_MM
        stays = steep or (not beside and nearest > attach_distance_mm + TOLERANCE_MM)
    return Start(known, np.zeros(len(known))) if stays else end


def ostia(touching: np.ndarray, points_ras: np.ndarray, neighbours: Neighbours, grid: Grid) -> tuple[np.ndarray, bool]:
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
    neighbours : Neighbours
        Of these voxels.
    grid : Grid

    Returns
    -------
    rows : ndarray of int
        Some of `touching`; none where no patch lies at an end.
    beside : bool
        A patch is longer than an ostium.
    """
    from_touching = neighbours.paths_from(touching, np.zeros(len(touching))).length_mm
    if _is_spanned(from_touching.max(), points_ras, grid):
        return touching[:0], True
    far_end = _farthest(from_touching)
    course = Course(points_ras, neighbours, far_end, np.zeros(len(far_end)), grid)
    touches = np.zeros(len(points_ras), bool)
    touches[touching] = True
    patch = neighbours.pieces(touches)
    found, beside = [touching[:0]], False
    for number in np.unique(patch[touching]):
        rows = touching[patch[touching] == number]
        remaining, diameter = course.remaining_mm(rows), 2 * course.radius_mm(rows).max()
        longest = LONGEST_OSTIUM_DIAMETERS * diameter + grid.voxel_diagonal_mm
        beside |= bool(np.ptp(course.shortest_mm[rows]) > longest + TOLERANCE_MM)
        if remaining.min() <= END_DIAMETERS * diameter + grid.voxel_diagonal_mm:
            found.append(rows[remaining <= remaining.min() + longest])
    return np.sort(np.concatenate(found)), beside


def _is_spanned(farthest_mm: float, points_ras: np.ndarray, grid: Grid) -> bool:
    """Return whether a slender piece touches all along.

    No voxel of it then lies farther from those that touch, by `farthest_mm`, than it is wide.
    """
    if len(points_ras) < 2:
        return False
    # Of a cylinder: its diameter is 4, its length the root of 12 standard deviations of its points.
    _, across, along = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(points_ras.T)), 0))
    width = max(4 * across, grid.voxel_diagonal_mm)
    return (
        farthest_mm <= width + grid.voxel_diagonal_mm + TOLERANCE_MM
        and np.sqrt(12) * along > SLENDER_WIDTHS * width + TOLERANCE_MM
    )


def own_end(points_ras: np.ndarray, neighbours: Neighbours, grid: Grid, away_mm: np.ndarray) -> Start:
    """Return the end of a connected piece that lies nearest to a reference.

    A vessel that runs along its parent has two ends about as near. Those arteries run downwards
    (the mesenteric and the iliac ones): of such ends it is the upper one.

    Parameters
    ----------
    points_ras, neighbours, grid
        As in :func:`ostia`.
    away_mm : ndarray, shape (n,)
        Distances of the voxels from the reference.
    """
    height = ranks(points_ras[:, 2])

    def course_from(shortest_mm):
        # One voxel of equally far ones, else they might be two ends; by position, not by array order,
        # which a flipped grid reverses.
        rows = _farthest(shortest_mm)
        x, y = (ranks(axis) for axis in points_ras[rows, :2].T)
        first = rows[np.lexsort((x, y, -height[rows]))[:1]]
        return Course(points_ras, neighbours, first, np.zeros(1), grid)

    # From the nearest voxel to the farthest end, from there to all other ends, and back to that one.
    there = course_from(course_from(-away_mm).shortest_mm)
    back = course_from(there.shortest_mm)
    ends = [(course, *end) for course in (there, back) for end in course.ends()]
    near = np.array([away_mm[rows].min() for _, rows, _ in ends])
    low = ranks([-points_ras[rows, 2].max() for _, rows, _ in ends])
    centre = np.array([points_ras[rows].mean(axis=0) for _, rows, _ in ends])
    # Of ends as near and as high: by position.
    x, y, z = (ranks(axis) for axis in centre.T)
    best = np.lexsort((x, y, z, low, ranks(near)))[0]
    course, rows, _ = ends[best]
    apart = np.linalg.norm(centre - centre[best], axis=1)
    rival = (apart > APART_RADII * course.radius_mm(rows).max() + TOLERANCE_MM) & (
        near - near[best] <= LEVEL_SLOPE * apart + TOLERANCE_MM
    )
    unclear = bool(rival.any())
    rival[best] = True
    equal = np.flatnonzero(rival)
    chosen = equal[np.lexsort((x[equal], y[equal], z[equal], ranks(near)[equal], low[equal]))[0]]
    return Start(ends[chosen][1], ends[chosen][2], own_end=True, unclear=unclear)


def _farthest(shortest_mm: np.ndarray) -> np.ndarray:
    return np.flatnonzero(shortest_mm >= shortest_mm.max() - TOLERANCE_MM)

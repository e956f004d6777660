"""How far along its artery every voxel lies, and what of a branch is kept (rule 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..geometry import Grid
from .course import Course
from .voxels import HALF_NEIGHBOURS, TOLERANCE_MM, components, neighbour_length_mm, neighbour_pairs


@dataclass(frozen=True, eq=False)
class Piece:
    """A connected piece of an artery's mask.

    Attributes
    ----------
    rows : ndarray of int
        Its voxels, as rows of the artery.
    start : ndarray of int
        Rows of the piece where it begins.
    pairs : tuple of ndarray
        Neighbours within the piece.
    course : Course
    """

    rows: np.ndarray
    start: np.ndarray
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray]
    course: Course


@dataclass(frozen=True, eq=False)
class CoursedArtery:
    """An artery with its courses.

    Attributes
    ----------
    voxel_count : int
    pieces : tuple of Piece
        Every voxel lies in exactly one.
    over_gap_mm : tuple of float
        Gaps over which pieces were attached, from the nearest one on.
    detached : bool
        A piece lies farther away than the attachment distance.
    begins_at_parent : bool
        False where the artery begins at an end of its own.
    """

    voxel_count: int
    pieces: tuple[Piece, ...]
    over_gap_mm: tuple[float, ...]
    detached: bool
    begins_at_parent: bool

    def path_lengths_mm(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the path length of the voxels in `rows` (all by default), in mm."""
        wanted = np.arange(self.voxel_count) if rows is None else np.asarray(rows)
        piece_of = np.zeros(self.voxel_count, int)
        place = np.zeros(self.voxel_count, int)
        for number, piece in enumerate(self.pieces):
            piece_of[piece.rows] = number
            place[piece.rows] = np.arange(len(piece.rows))
        result = np.zeros(len(wanted))
        for number, piece in enumerate(self.pieces):
            here = piece_of[wanted] == number
            result[here] = piece.course.path_lengths_mm(place[wanted[here]])
        return result

    def kept(self, length_mm: float) -> np.ndarray:
        """Return which voxels are kept: up to `length_mm` along the course, in one piece with the start."""
        keep = np.zeros(self.voxel_count, bool)
        for piece in self.pieces:
            near = piece.course.path_lengths_mm() <= length_mm + TOLERANCE_MM
            first, second, _ = piece.pairs
            both = near[first] & near[second]
            _, label = components(len(near), first[both], second[both])
            keep[piece.rows] = near & np.isin(label, label[piece.start[near[piece.start]]])
        return keep


def half_voxel_mm(grid: Grid) -> float:
    """Return how far the border of a mask lies from the centres of its outermost voxels, on average, in mm."""
    return 0.5 * grid.voxel_volume_mm3 ** (1 / 3)


def contact_mm(kji: np.ndarray, labels: np.ndarray, others: Sequence[int], grid: Grid) -> np.ndarray:
    """Return how far each voxel's centre lies from the border to the nearest voxel of others it touches.

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


def follow(
    kji: np.ndarray,
    points: np.ndarray,
    contact: np.ndarray,
    parent_ras: np.ndarray,
    sibling_ras: np.ndarray,
    grid: Grid,
    attach_distance_mm: float,
) -> CoursedArtery:
    """Follow an artery from where it begins through all pieces of its mask.

    Pieces that touch the parent begin there. The others are attached one after the other, the
    nearest first, to the nearest voxel of the parent or of a piece that has its place already;
    the gap counts as path. Where nothing lies within `attach_distance_mm` and no piece has its
    place yet, the artery begins at its own end that is nearest to the parent, without a parent
    to its siblings, without those at its upper end.

    Parameters
    ----------
    kji, points : ndarray, shape (n, 3)
        The artery's voxels: indices, and centres in mm.
    contact : ndarray, shape (n,)
        Path length of the voxels that touch the parent, mm; ``inf`` elsewhere.
    parent_ras, sibling_ras : ndarray, shape (m, 3)
        Voxel centres of the parent, and of the other arteries that leave it, mm; may be empty.
    grid : Grid
    attach_distance_mm : float
    """
    pairs = neighbour_pairs(kji, grid)
    count, label = components(len(kji), pairs[0], pairs[1])
    rows_of = _grouped(label, count)
    pairs_of = _grouped(label[pairs[0]], count)
    rank = _rank_from_the_top(points, label, count)
    place = np.zeros(len(kji), np.int32)
    pieces: list[Piece] = []
    waiting = np.ones(count, bool)

    # Of every voxel without a place: how far the nearest one with a place is, and the path length
    # it would give.
    half_voxel = half_voxel_mm(grid)
    gap = np.full(len(kji), np.inf)
    path = np.full(len(kji), np.inf)
    width = np.full(count, np.inf)

    def draw_near(reference_ras, path_of):
        rows = np.flatnonzero(waiting[label])
        if len(rows) == 0 or len(reference_ras) == 0:
            return
        distance, nearest = cKDTree(reference_ras).query(points[rows])
        nearer = distance < gap[rows] - TOLERANCE_MM
        rows = rows[nearer]
        gap[rows] = distance[nearer]
        path[rows] = distance[nearer] + path_of(nearest[nearer])
        np.minimum.at(width, label[rows], gap[rows])

    def settle(each, start, start_path):
        waiting[each] = False
        rows = rows_of[each]
        place[rows] = np.arange(len(rows))
        first, second, length = (part[pairs_of[each]] for part in pairs)
        inner = (place[first], place[second], length)
        course = Course(points[rows], inner, start, start_path, grid.voxel_volume_mm3, grid.voxel_diagonal_mm)
        pieces.append(Piece(rows, start, inner, course))

    for each in np.unique(label[np.isfinite(contact)]):
        start = np.flatnonzero(np.isfinite(contact[rows_of[each]]))
        settle(each, start, contact[rows_of[each][start]])
    draw_near(parent_ras, lambda nearest: np.full(len(nearest), -half_voxel))
    for piece in pieces:
        draw_near(points[piece.rows], piece.course.path_lengths_mm)

    over_gap, detached, begins_at_parent = [], False, True
    while waiting.any():
        left = np.flatnonzero(waiting)
        near = width[left].min() <= attach_distance_mm + TOLERANCE_MM
        if near or pieces:
            each = left[np.lexsort((rank[left], np.round(width[left], 3)))[0]]
        else:  # the largest piece tells best where the artery is
            each = left[np.lexsort((rank[left], [-len(rows_of[one]) for one in left]))[0]]
        rows = rows_of[each]
        if near:
            over_gap.append(float(width[each]))
        else:
            detached = True
        if near or pieces:
            start = np.flatnonzero(gap[rows] <= width[each] + grid.voxel_diagonal_mm + TOLERANCE_MM)
            settle(each, start, np.maximum(path[rows[start]], 0))
        else:
            begins_at_parent = False
            start, depth = _own_end(kji[rows], points[rows], grid, parent_ras if len(parent_ras) else sibling_ras)
            settle(each, start, depth + half_voxel)
        draw_near(points[rows], pieces[-1].course.path_lengths_mm)
    return CoursedArtery(len(kji), tuple(pieces), tuple(over_gap), detached, begins_at_parent)


def _grouped(label: np.ndarray, count: int) -> list[np.ndarray]:
    """Return the positions of each of the labels 0 to `count` - 1."""
    order = np.argsort(label, kind="stable")
    return np.split(order, np.searchsorted(label[order], np.arange(1, count)))


def _rank_from_the_top(points: np.ndarray, label: np.ndarray, count: int) -> np.ndarray:
    """Return the order of the pieces by their highest voxel: it breaks ties alike on every grid."""
    x, y, z = np.round(points, 3).T
    order = np.lexsort((x, y, z))[::-1]
    _, first = np.unique(label[order], return_index=True)
    rank = np.empty(count, int)
    rank[np.argsort(first)] = np.arange(count)
    return rank


def _own_end(
    kji: np.ndarray, points: np.ndarray, grid: Grid, reference_ras: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return that end of a connected piece which lies nearest to the reference points, see ``Course.ends``."""
    if len(reference_ras):
        far = cKDTree(reference_ras).query(points)[0]
    else:
        far = -points[:, 2]
    pairs = neighbour_pairs(kji, grid)
    top = int(np.lexsort((*np.round(points, 3).T, -np.round(far, 3)))[-1])

    def course_from(start):
        return Course(points, pairs, start, np.zeros(len(start)), grid.voxel_volume_mm3, grid.voxel_diagonal_mm)

    def farthest(course):
        return np.flatnonzero(course.shortest_mm >= course.shortest_mm.max() - TOLERANCE_MM)

    # From the nearest voxel to the farthest end, from there to all other ends, and back to that one.
    there = course_from(farthest(course_from(np.array([top]))))
    ends = there.ends() + course_from(farthest(there)).ends()
    return min(ends, key=lambda end: (round(far[end[0]].min(), 3), -round(points[end[0], 2].max(), 3)))


def lower_end_mm(points_ras: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the path lengths of the voxels at the lower end of a mask, mm; ``inf`` elsewhere."""
    height = points_ras[:, 2] - points_ras[:, 2].min()
    return np.where(height <= grid.voxel_diagonal_mm, height + half_voxel_mm(grid), np.inf)


def path_lengths_at(points_ras: np.ndarray, artery_ras: np.ndarray, artery: CoursedArtery) -> np.ndarray:
    """Return the path length of the artery voxel nearest to each point, mm; of equally near ones their mean."""
    distance, row = cKDTree(artery_ras).query(points_ras, k=range(1, min(8, len(artery_ras)) + 1))
    nearest = distance <= distance[:, :1] + TOLERANCE_MM
    lengths = np.zeros(distance.shape)
    lengths[nearest] = artery.path_lengths_mm(row[nearest])
    return lengths.sum(axis=1) / nearest.sum(axis=1)

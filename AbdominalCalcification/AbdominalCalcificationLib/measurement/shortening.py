"""How far along its artery every voxel lies, and what of a branch is kept (``measurement.md#shortening``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.spatial import cKDTree

from ..geometry.neighbours import Lattice
from ..geometry.voxels import TOLERANCE_MM, ranks
from ..progress import Steps
from .beginning import FOLLOWING, Start, half_voxel_mm, own_end, start_of
from .constants import SPECK_DIAGONALS
from .course import Course, path_lengths_at
from .coursed import CoursedArtery, Piece
from .reference import Reference
from .touching import course_along_limbs_steps

# The paths through a piece with fewer voxels are found as quickly as repaired.
_FEWEST_REPAIRED = 5000


def follow_branch_steps(
    lattice: Lattice,
    contact: np.ndarray,
    parent: Reference,
    siblings: Reference,
    attach_distance_mm: float,
    kept_length_mm: float = np.inf,
    before: CoursedArtery | None = None,
) -> Steps[CoursedArtery]:
    """Follow an artery from where it leaves its parent through all pieces of its mask.

    Pieces that touch the parent begin there. The others are attached one after the other, the
    nearest first, to the nearest voxel of the parent or of a piece that has its place already;
    the gap counts as path. So are those that run beside the parent with the part at it missing,
    but from their own end, whether or not they touch it. Where nothing lies within
    `attach_distance_mm` and no piece has its place yet, the artery begins at its own end that is
    nearest to the parent, without a parent to its siblings, without those at its upper end.

    Parameters
    ----------
    lattice : Lattice
        The artery's voxels.
    contact : ndarray, shape (n,)
        Path length of the voxels that touch the parent, mm; ``inf`` elsewhere.
    parent, siblings : Reference
        Voxel centres of the parent, and of the other arteries that leave it; may be empty.
    attach_distance_mm : float
    kept_length_mm : float
        Limbs that touch are told apart where that changes lengths up to here.
    before : CoursedArtery, optional
        The artery as it was followed before it changed: paths that this does not touch are taken from there.
    """
    pieces = _Pieces(lattice, parent, before)
    yield FOLLOWING
    ostium = np.zeros(len(lattice), bool)
    own_ends = {}
    for number in pieces.touching(contact):
        rows = pieces.rows_of(number)
        start = pieces.start_at_parent(number, np.flatnonzero(np.isfinite(contact[rows])), attach_distance_mm)
        if start.own_end:
            own_ends[number] = start
        else:
            ostium[rows[start.rows]] = True
            yield FOLLOWING
            pieces.settle_where(number, ostium, contact)
            yield from pieces.part_limbs_steps(kept_length_mm)
        yield FOLLOWING
    touches_beside = bool((np.isfinite(contact) & ~ostium).any())
    pieces.draw_near_to_parent()

    over_gap, detached, begins_at_parent, unclear = [], False, True, False
    while pieces.waiting.any():
        yield FOLLOWING
        number, gap_mm = pieces.nearest()
        if gap_mm > attach_distance_mm + TOLERANCE_MM and not pieces.settled:
            detached, begins_at_parent = True, False
            number = pieces.largest()
            unclear |= pieces.settle_from_own_end(number, parent if len(parent) else siblings)
            yield from pieces.part_limbs_steps(kept_length_mm)
            continue
        start = own_ends.get(number) or pieces.start_over_gap(number, attach_distance_mm)
        gap_mm = pieces.attach(number, start, attach_distance_mm)
        yield from pieces.part_limbs_steps(kept_length_mm)
        unclear |= start.unclear
        if gap_mm > attach_distance_mm + TOLERANCE_MM:
            detached = True
        elif not np.isfinite(contact[pieces.rows_of(number)[start.rows]]).any():
            over_gap.append(gap_mm)
    return CoursedArtery(
        len(lattice),
        tuple(pieces.settled),
        tuple(over_gap),
        detached,
        begins_at_parent,
        touches_beside,
        unclear,
        pieces.depends_on_length,
    )


def follow_trunk_steps(
    lattice: Lattice, start_mm: np.ndarray, before: CoursedArtery | None = None
) -> Steps[CoursedArtery]:
    """Follow an artery without a parent from the voxels where `start_mm` is finite: their path length, mm.

    `before` is as in :func:`follow_branch_steps`.
    """
    pieces = _Pieces(lattice, Reference(np.zeros((0, 3))), before)
    for number in pieces.touching(start_mm):
        yield FOLLOWING
        pieces.settle_where(number, np.isfinite(start_mm), start_mm)
    while pieces.waiting.any():
        yield FOLLOWING
        number, _ = pieces.nearest()
        pieces.attach(number, pieces.facing(number))
    return CoursedArtery(len(lattice), tuple(pieces.settled), (), False, True, False)


class _Pieces:
    """The connected pieces of an artery's mask, waiting for their place along it."""

    def __init__(self, lattice: Lattice, parent: Reference, before: CoursedArtery | None = None):
        self._whole, self._parent = lattice, parent
        self._kji, self._points, self._grid = lattice.kji, lattice.points_ras, lattice.grid
        kji = lattice.kji
        self._before = None if before is None else before.longest_paths
        self._label = lattice.pieces(np.ones(len(kji), bool))
        count = int(self._label.max()) + 1
        self._rows = _grouped(self._label, count)
        self._lattice_of: dict[int, Lattice] = {}
        self._from_top = self._ranked_from_the_top(count)
        self.waiting = np.ones(count, bool)
        self.settled: list[Piece] = []
        self.depends_on_length = False
        # Of every voxel without a place: the nearest voxel with one, and to which reference it belongs.
        self._references: list[tuple[cKDTree | Reference, Callable[[np.ndarray], np.ndarray]]] = []
        self._gap = np.full(len(kji), np.inf)
        self._reference = np.full(len(kji), -1)
        self._piece_of_reference: list[int | None] = []
        self._parent_reference = -1
        self._width = np.full(count, np.inf)

    def _ranked_from_the_top(self, count: int) -> np.ndarray:
        """Return the order of the pieces by their highest voxel: it breaks ties alike on every grid."""
        if count == 1:
            return np.zeros(1, int)
        x, y, z = (ranks(axis) for axis in self._points.T)
        downwards = np.lexsort((x, y, z))[::-1]
        _, first = np.unique(self._label[downwards], return_index=True)
        rank = np.empty(count, int)
        rank[np.argsort(first)] = np.arange(count)
        return rank

    def nearest(self) -> tuple[int, float]:
        """Return the waiting piece that is nearest to what has its place, and its distance in mm."""
        waiting = np.flatnonzero(self.waiting)
        number = waiting[np.lexsort((self._from_top[waiting], ranks(self._width[waiting])))[0]]
        return int(number), float(self._width[number])

    def largest(self) -> int:
        """Return the waiting piece with most voxels: it tells best where the artery is."""
        waiting = np.flatnonzero(self.waiting)
        size = np.array([len(self._rows[number]) for number in waiting])
        return int(waiting[np.lexsort((self._from_top[waiting], -size))[0]])

    def rows_of(self, number: int) -> np.ndarray:
        """Return the voxels of a piece, as rows of the artery."""
        return self._rows[number]

    def draw_near_to_parent(self):
        """Let waiting pieces see the parent; a path begins at its border."""
        if len(self._parent) and self.waiting.any():
            border = half_voxel_mm(self._grid)
            self._parent_reference = len(self._references)
            self._draw_near(self._parent, lambda rows: np.full(len(rows), -border), None)

    def _draw_near(self, tree: cKDTree | Reference, path_of: Callable[[np.ndarray], np.ndarray], piece: int | None):
        """Let waiting pieces see voxels of a piece that has its place, with the function of their path lengths."""
        rows = np.flatnonzero(self.waiting[self._label])
        gap, _ = tree.query(self._points[rows])
        nearer = gap < self._gap[rows] - TOLERANCE_MM
        rows = rows[nearer]
        self._gap[rows] = gap[nearer]
        self._reference[rows] = len(self._references)
        np.minimum.at(self._width, self._label[rows], gap[nearer])
        self._references.append((tree, path_of))
        self._piece_of_reference.append(piece)

    def touching(self, contact: np.ndarray) -> np.ndarray:
        """Return the pieces with a voxel where `contact` is finite."""
        numbers = np.unique(self._label[np.isfinite(contact)])
        return numbers[np.argsort(self._from_top[numbers])]

    def start_at_parent(self, number: int, touching: np.ndarray, attach_distance_mm: float) -> Start:
        """Return where a piece begins whose voxels in `touching` (rows of the piece) touch the parent."""
        points = self._points[self._rows[number]]
        return start_of(
            touching,
            points,
            self._lattice(number),
            self._grid,
            lambda: self._parent.query(points)[0],
            attach_distance_mm,
            touching=True,
        )

    def facing(self, number: int) -> Start:
        """Return the voxels of a piece that are nearest to what has its place."""
        gap = self._gap[self._rows[number]]
        rows = np.flatnonzero(gap <= self._width[number] + self._grid.voxel_diagonal_mm + TOLERANCE_MM)
        return Start(rows, np.zeros(len(rows)))

    def start_over_gap(self, number: int, attach_distance_mm: float) -> Start:
        """Return where a piece begins that touches nothing that has its place."""
        rows, facing = self._rows[number], self.facing(number)
        points = self._points[rows]
        if np.linalg.norm(np.ptp(points, axis=0)) <= SPECK_DIAGONALS * self._grid.voxel_diagonal_mm:
            return facing

        def away_mm():
            # An end near the parent is the beginning, whatever other piece the middle comes near.
            away = self._parent.query(points)[0] if len(self._parent) else self._gap[rows]
            return away if away.min() <= attach_distance_mm + TOLERANCE_MM else self._gap[rows]

        return start_of(
            facing.rows,
            points,
            self._lattice(number),
            self._grid,
            away_mm,
            attach_distance_mm,
            touching=False,
        )

    def settle_where(self, number: int, starts: np.ndarray, start_mm: np.ndarray):
        """Settle a piece that begins at its voxels in `starts`, which have the path length `start_mm`."""
        start = np.flatnonzero(starts[self._rows[number]])
        self._settle(number, start, start_mm[self._rows[number][start]], None, 0.0)

    def attach(self, number: int, start: Start, attach_distance_mm: float = 0.0) -> float:
        """Settle a piece that begins at `start` after a gap, which counts as path; return the gap in mm.

        A piece that runs along the parent goes on from another piece of the artery within
        `attach_distance_mm` of its end, though the parent may be nearer.
        """
        rows = self._rows[number][start.rows]
        points = self._points[rows]
        if start.own_end:
            reference = np.full(len(rows), self._reference_of_end(points, attach_distance_mm if start.unclear else 0.0))
        else:
            reference = self._reference[rows]
        gap, length = np.zeros(len(rows)), np.zeros(len(rows))
        for each in np.unique(reference):
            tree, path_of = self._references[each]
            here = reference == each
            gap[here] = tree.query(points[here])[0]
            length[here] = path_lengths_at(points[here], tree, path_of)
        start_mm = np.maximum(length + gap, 0)
        start_mm = start.depth_mm + (start_mm.min() if start.own_end else start_mm)
        after = self._piece_of_reference[reference[ranks(gap).argmin()]]
        self._settle(number, start.rows, start_mm, after, float(gap.min()))
        return float(gap.min())

    def _reference_of_end(self, points_ras: np.ndarray, attach_distance_mm: float) -> int:
        """Return the reference from which an end goes on: another piece within the distance, else the nearest."""
        gaps = np.array([tree.query(points_ras)[0].min() for tree, _ in self._references])
        pieces = [
            each
            for each, gap in enumerate(gaps)
            if each != self._parent_reference and gap <= attach_distance_mm + TOLERANCE_MM
        ]
        possible = np.array(pieces or range(len(gaps)))
        return int(possible[ranks(gaps[possible]).argmin()])

    def settle_from_own_end(self, number: int, reference: Reference) -> bool:
        """Settle a piece as the artery's beginning, from its end nearest to the reference points.

        Without any, from its upper end. Return whether another end is about as near.
        """
        points = self._points[self._rows[number]]
        away = reference.query(points)[0] if len(reference) else -points[:, 2]
        start = own_end(points, self._lattice(number), self._grid, away)
        self._settle(number, start.rows, start.depth_mm + half_voxel_mm(self._grid), None, np.inf)
        return start.unclear and len(reference) > 0

    def part_limbs_steps(self, kept_length_mm: float) -> Steps[None]:
        """Measure the piece that was settled last along its limbs, where they touch."""
        piece = self.settled[-1]
        if not piece.may_fold:
            return
        open_ras = self._parent if len(self._parent) else None
        kji, points = self._kji[piece.rows], self._points[piece.rows]
        course, neighbours, touch, has_walls = yield from course_along_limbs_steps(
            kji, points, piece.neighbours, piece.start, piece.course, self._grid, open_ras, kept_length_mm, FOLLOWING
        )
        self.depends_on_length |= has_walls
        self.settled[-1] = replace(piece, course=course, neighbours=neighbours, touch=touch)

    def _lattice(self, number: int) -> Lattice:
        if number not in self._lattice_of:
            is_all = len(self._rows) == 1
            self._lattice_of[number] = self._whole if is_all else Lattice(self._kji[self._rows[number]], self._grid)
        return self._lattice_of[number]

    def _settle(self, number: int, start: np.ndarray, start_mm: np.ndarray, after: int | None, gap_mm: float):
        rows, lattice = self._rows[number], self._lattice(number)
        before = self._before if len(rows) >= _FEWEST_REPAIRED else None
        course = Course(self._points[rows], lattice, start, start_mm, self._grid, before)
        self.waiting[number] = False
        self.settled.append(Piece(rows, start, lattice, course, after, gap_mm))
        if self.waiting.any():
            place = len(self.settled) - 1
            self._draw_near(
                cKDTree(self._points[rows]), lambda rows: self.settled[place].course.path_lengths_mm(rows), place
            )


def _grouped(label: np.ndarray, count: int) -> list[np.ndarray]:
    """Return the positions of each of the labels 0 to `count` - 1."""
    order = np.argsort(label, kind="stable")
    return np.split(order, np.searchsorted(label[order], np.arange(1, count)))

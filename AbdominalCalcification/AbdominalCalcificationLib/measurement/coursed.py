"""An artery of which the courses are known: how far along it voxels lie, and what of it is kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry.neighbours import Neighbours
from ..geometry.shortest import Paths
from ..geometry.voxels import TOLERANCE_MM
from .course import Course
from .touching import Touch

# A piece with fewer voxels has no limbs that could touch: two of 4 voxels across and twice as long.
_FEWEST_FOLDED = 64


@dataclass(frozen=True, eq=False)
class Piece:
    """A connected piece of an artery's mask.

    Attributes
    ----------
    rows : ndarray of int
        Its voxels, as rows of the artery.
    start : ndarray of int
        Rows of the piece where it begins.
    neighbours : Neighbours
        Within the piece, without a wall between them.
    course : Course
    after : int or None
        The piece of the artery that it goes on from; None where it begins at the parent or at an end of its own.
    gap_mm : float
        How far it lies from what it begins at; ``inf`` where that is nothing but its own end.
    touch : Touch or None
        Limbs of the piece touch, which changes lengths.
    """

    rows: np.ndarray
    start: np.ndarray
    neighbours: Neighbours
    course: Course
    after: int | None
    gap_mm: float
    touch: Touch | None = None

    @property
    def may_fold(self) -> bool:
        """It is large enough for limbs of it to touch."""
        return len(self.rows) >= _FEWEST_FOLDED


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
    touches_beside : bool
        It touches the parent also where it only passes by.
    unclear_end : bool
        It begins at an end of its own, and another one lies about as near to the parent.
    depends_on_length : bool
        Limbs of it seem to touch, so that its courses may depend on the length up to which it was followed.
    """

    voxel_count: int
    pieces: tuple[Piece, ...]
    over_gap_mm: tuple[float, ...]
    detached: bool
    begins_at_parent: bool
    touches_beside: bool
    unclear_end: bool = False
    depends_on_length: bool = False

    @property
    def longest_paths(self) -> Paths | None:
        """The shortest paths through its largest piece."""
        largest = max(self.pieces, key=lambda piece: len(piece.rows), default=None)
        return None if largest is None else largest.course.paths

    @property
    def begins(self) -> np.ndarray:
        """Which voxels its pieces begin with."""
        result = np.zeros(self.voxel_count, bool)
        for piece in self.pieces:
            result[piece.rows[piece.start]] = True
        return result

    @property
    def piece_of(self) -> np.ndarray:
        """The number of the piece in which each voxel lies."""
        result = np.zeros(self.voxel_count, int)
        for number, piece in enumerate(self.pieces):
            result[piece.rows] = number
        return result

    def stem(self, fewest_voxels: float, most_gap_mm: float) -> list[int]:
        """Return the number of the largest piece and those of the pieces that it goes on from, the first one last.

        A piece after a gap wider than `most_gap_mm` is passed over for a smaller one, of `fewest_voxels` or more;
        where there is none the list is empty.
        """
        for number in sorted(range(len(self.pieces)), key=lambda each: -len(self.pieces[each].rows)):
            found = [number]
            while (after := self.pieces[found[-1]].after) is not None:
                found.append(after)
            is_whole = all(self.pieces[each].gap_mm <= most_gap_mm + TOLERANCE_MM for each in found)
            if is_whole and len(self.pieces[number].rows) >= fewest_voxels:
                return found
        return []

    def path_lengths_mm(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the path length of the voxels in `rows` (all by default), in mm."""
        wanted = np.arange(self.voxel_count) if rows is None else np.asarray(rows)
        piece_of = self.piece_of
        place = np.zeros(self.voxel_count, int)
        for piece in self.pieces:
            place[piece.rows] = np.arange(len(piece.rows))
        result = np.zeros(len(wanted))
        for number, piece in enumerate(self.pieces):
            here = piece_of[wanted] == number
            result[here] = piece.course.path_lengths_mm(place[wanted[here]])
        return result

    def kept(self, length_mm: float) -> np.ndarray:
        """Return which voxels are kept: up to `length_mm` along the course, in one piece with the start.

        However short the length, the voxels with which the artery begins stay: at its parent, or of its first piece.
        """
        keep = np.zeros(self.voxel_count, bool)
        for number, piece in enumerate(self.pieces):
            near = piece.course.within(length_mm)
            if number == 0 or (piece.after is None and piece.gap_mm == 0):
                near[piece.start] = True
            label = piece.neighbours.pieces(near)
            keep[piece.rows] = near & np.isin(label, label[piece.start[near[piece.start]]])
        return keep

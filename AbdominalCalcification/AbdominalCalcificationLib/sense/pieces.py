"""The pieces of an artery mask, label by label, and what happens to each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from ..anatomy import Territory, territory_of_label
from ..geometry import Grid, Volume
from ..geometry.pieces import Runs, pieces_steps
from ..progress import Progress, drain

# All arteries at 0.4 mm hold less, and are in fewer pieces. What is more is a network gone wrong: measuring tells so.
MOST_VOXELS = 4_000_000
MOST_PIECES = 10_000
_LOOKING = Progress("Looking for the tree of the arteries", 0.0)


@dataclass(eq=False)
class Piece:
    """A 26-connected piece of one label.

    Attributes
    ----------
    label : int
        What it counts as; 0 where it is left out.
    kji : ndarray of int, shape (n, 3)
    points : ndarray, shape (n, 3)
        RAS, mm.
    why : str
        Why it is left out.
    called : int
        What the model called it.
    """

    label: int
    kji: np.ndarray
    points: np.ndarray
    why: str = ""

    def __post_init__(self):
        self.called = self.label

    @property
    def territory(self) -> Territory:
        """What it counts as, or was called where it is left out."""
        return territory_of_label(self.label or self.called)

    @property
    def stays(self) -> bool:
        """Whether it is left in the mask."""
        return self.label > 0

    def leave_out(self, why: str) -> None:
        """Leave it out, for a reason that people read after the volume."""
        if self.stays:
            self.label, self.why = 0, why


@dataclass(eq=False)
class Pieces:
    """All pieces of a mask; the mask itself stays as it is.

    Attributes
    ----------
    all : list of Piece
    """

    volume: Volume
    all: list[Piece] = field(default_factory=list)

    @property
    def grid(self) -> Grid:
        return self.volume.grid

    def of(self, labels: int | Iterable[int]) -> list[Piece]:
        """Return the pieces that count as one of some labels, the largest first."""
        wanted = {labels} if isinstance(labels, int) else set(labels)
        return sorted((each for each in self.all if each.label in wanted), key=lambda each: -len(each.kji))

    def split(self, piece: Piece, inside: np.ndarray, why: str) -> None:
        """Leave a part of a piece out."""
        if inside.all():
            return
        if inside.any():
            out = Piece(piece.label, piece.kji[~inside], piece.points[~inside])
            piece.kji, piece.points = piece.kji[inside], piece.points[inside]
            self.all.append(out)
            piece = out
        piece.leave_out(why)

    def result(self) -> Volume:
        """Return the mask with what was left out or named anew; the mask itself where nothing was."""
        changed = [each for each in self.all if each.label != each.called]
        if not changed:
            return self.volume
        array = self.volume.array.copy()
        for each in changed:
            array[tuple(each.kji.T)] = each.label
        return self.volume.with_array(array)


def pieces_of(arteries: Volume) -> Pieces | None:
    """Return the pieces of a label map; None where it is empty, or too large or too shredded to be looked at."""
    if not 0 < np.count_nonzero(arteries.array) <= MOST_VOXELS:
        return None
    kji = np.argwhere(arteries.array)
    labels = arteries.array[tuple(kji.T)]
    box = tuple(slice(0, size) for size in arteries.array.shape)
    found = Pieces(arteries)
    for label in np.flatnonzero(np.bincount(labels)).tolist():
        own = kji[labels == label]
        count, piece = drain(pieces_steps(Runs(own, box), _LOOKING))
        if len(found.all) + count > MOST_PIECES:
            return None
        points = arteries.grid.ras_of_kji(own)
        order = np.argsort(piece, kind="stable")
        for rows in np.split(order, np.cumsum(np.bincount(piece, minlength=count))[:-1]):
            found.all.append(Piece(label, own[rows], points[rows]))
    return found


def attached(
    to: Iterable[Piece], others: Iterable[Piece], distance_mm: float, may: Callable[[Piece, Piece], bool] | None = None
) -> tuple[list[Piece], list[Piece]]:
    """Return which pieces hang on some, directly or over one another, within a distance each time; and which do not.

    Parameters
    ----------
    to, others : iterable of Piece
    distance_mm : float
    may : callable, optional
        Whether a piece may hang on another one; every piece may by default.
    """
    waiting, rest, found = list(to), list(others), list[Piece]()
    while waiting and rest:
        here = waiting.pop()
        able = [each for each in rest if may is None or may(each, here)]
        new = near(here.points, able, distance_mm) if able else []
        found += new
        waiting += new
        rest = [each for each in rest if not any(each is other for other in new)]
    return found, rest


def near(points: np.ndarray, pieces: Iterable[Piece], distance_mm: float) -> list[Piece]:
    """Return the pieces that come within a distance of some points."""
    tree = cKDTree(points)
    found = []
    for piece in pieces:
        distance, _ = tree.query(piece.points, distance_upper_bound=distance_mm * (1 + 1e-6))
        if np.isfinite(distance).any():
            found.append(piece)
    return found

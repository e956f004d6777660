"""How much of each wall of the aorta is calcified: the geometry of the Kauppila score.

Everything is seen from the side and faces left: points are (x, y) with x towards the patient's back and y towards the
feet. A deposit belongs to the wall on whose side of the aorta's middle line it is projected: one that lies on the side
of the aorta is counted for the nearer of both walls, as a reader sees it. The length that it covers is measured along
that wall.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..geometry.lines import evenly, path_lengths, points_at
from .kauppila import PARTS, KauppilaScore, Segment, part_score
from .spine import Border

# Steps at which walls are sampled, in the unit of the points.
_STEP = 0.25
# Of lengths, in the same unit.
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Walls:
    """Both walls of the aorta, from head to foot, points (n, 2); of as many points, those of a number lie opposite."""

    anterior: np.ndarray
    posterior: np.ndarray

    def of(self, wall: str) -> np.ndarray:
        """Return the line of one wall."""
        return self.anterior if wall == "anterior" else self.posterior


@dataclass(frozen=True)
class Coverage:
    """One wall in front of one vertebra.

    Attributes
    ----------
    fraction : float
        Share of the wall's length with deposits, 0 to 1.
    deposits : tuple of (float, float)
        Their beginnings and ends, as shares of the line's length.
    line : tuple of points
    wall_share : float
        Share of the vertebra's level along which there is a wall: below 1 where the aorta ends within it.
    """

    fraction: float
    deposits: tuple[tuple[float, float], ...]
    line: tuple[tuple[float, float], ...]
    wall_share: float


def is_anterior(points: np.ndarray, walls: Walls) -> np.ndarray:
    """Return for points (n, 2) whether they lie nearer to the front: before the middle line between both walls."""
    points = np.asarray(points, float)
    count = max(len(walls.anterior), len(walls.posterior), 200)
    if len(walls.anterior) == len(walls.posterior):
        # Point by point, since a wall that bulges is longer than the one opposite to it.
        middle = evenly((np.asarray(walls.anterior, float) + walls.posterior) / 2, count)[0]
    else:
        middle = (evenly(walls.anterior, count)[0] + evenly(walls.posterior, count)[0]) / 2
    at = _nearest(points, middle)
    ahead = middle[np.minimum(at + 1, count - 1)] - middle[np.maximum(at - 1, 0)]
    away = points - middle[at]
    # Towards the feet, the front is on the right-hand side: x to the right, y down.
    return ahead[:, 0] * away[:, 1] - ahead[:, 1] * away[:, 0] > 0


def coverage(
    points: np.ndarray, walls: Walls, borders: Mapping[str, tuple[Border, Border]], half_width: float
) -> dict[tuple[str, str], Coverage]:
    """Return how much of each wall is covered.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Calcified points of the aorta's wall, projected.
    walls : Walls
    borders : mapping of str to (Border, Border)
        Above and below each vertebra (:func:`.spine.borders_of`).
    half_width : float
        How far along the wall a point reaches to either side: half a pixel or voxel. Points closer than twice this are
        one deposit. A point counts for the level that it lies in, not for one into which it just reaches.

    Returns
    -------
    dict of (vertebra, wall) to Coverage
        Without those in front of which there is no wall.
    """
    points = np.asarray(points, float).reshape(-1, 2)
    front = is_anterior(points, walls) if len(points) else np.zeros(0, bool)
    found = {}
    for wall in ("anterior", "posterior"):
        line = np.asarray(walls.of(wall), float)
        bends = path_lengths(line)
        arc = np.linspace(0.0, bends[-1], max(2, int(np.ceil(bends[-1] / _STEP)) + 1))
        fine = points_at(line, bends, arc)
        own = points[front == (wall == "anterior")]
        along = _arc_of(own, fine, arc) if len(own) else np.zeros(0)
        for vertebra, (above, below) in borders.items():
            if (section := _section(fine, arc, above, below)) is not None:
                start, end, share = section
                found[vertebra, wall] = _covered(along, fine, arc, start, end, half_width, share)
    return found


def score_of(covered: Mapping[tuple[str, str], Coverage], origin: str = "geometry") -> KauppilaScore:
    """Return the score that coverage comes to; parts without a wall are not assessed."""
    segments = []
    for part in PARTS:
        own = covered.get(part)
        segments.append(
            Segment(*part, None, origin=origin)
            if own is None
            else Segment(*part, part_score(own.fraction), None, own.fraction, own.line, own.deposits, origin=origin)
        )
    return KauppilaScore(tuple(segments))


def deposits_on(line: np.ndarray, deposits) -> list[np.ndarray]:
    """Return each deposit, given as shares of the line's length, as a line of its own."""
    line = np.asarray(line, float)
    arc = path_lengths(line)
    pieces = []
    for start, end in deposits:
        inner = line[(arc > start * arc[-1]) & (arc < end * arc[-1])]
        ends = points_at(line, arc, arc[-1] * np.array([start, end]))
        pieces.append(np.vstack([ends[:1], inner, ends[1:]]))
    return pieces


def _covered(along, fine, arc, start, end, half_width, share) -> Coverage:
    # Else a deposit that ends at a border would affect the next vertebra too, by half a voxel.
    inside = np.sort(along[(along >= start - _ROUNDING) & (along < end - _ROUNDING)])
    pieces: list[list[float]] = []
    for at in inside:
        low, high = max(at - half_width, start), min(at + half_width, end)
        if pieces and low <= pieces[-1][1] + 1e-9:
            pieces[-1][1] = max(pieces[-1][1], high)
        elif high > low:
            pieces.append([low, high])
    length = end - start
    deposits = tuple((float((low - start) / length), float((high - start) / length)) for low, high in pieces)
    own = fine[(arc >= start) & (arc <= end)]
    line = tuple((float(x), float(y)) for x, y in own)
    return Coverage(min(1.0, sum((b - a for a, b in deposits), 0.0)), deposits, line, share)


def _section(fine: np.ndarray, arc: np.ndarray, above: Border, below: Border) -> tuple[float, float, float] | None:
    """Return the path lengths at which the wall enters and leaves a level, and the share of the level with a wall."""
    # Distances beyond each border towards the feet; facing left, that is (d_y, -d_x) for the way d to the front.
    past_upper, past_lower = _beyond(fine, above), _beyond(fine, below)
    inside = np.flatnonzero((past_upper >= 0) & (past_lower <= 0))
    if len(inside) < 2:
        return None
    # The longest stretch: a wall that bends back is not measured twice.
    stretch = max(np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1), key=len)
    start = _crossing(arc, past_upper, stretch[0], -1)
    end = _crossing(arc, past_lower, stretch[-1], 1)
    depth = past_upper - past_lower
    level = float(np.median(np.abs(depth[stretch])))
    seen = float(past_upper[stretch].max() - past_upper[stretch].min())
    return start, end, min(1.0, seen / level) if level > 0 else 1.0


def _crossing(arc: np.ndarray, beyond: np.ndarray, at: int, step: int) -> float:
    """Return where the border is crossed between the last sample within the level and the next one outside."""
    other = at + step
    if not 0 <= other < len(arc):
        return float(arc[at])
    gap = beyond[other] - beyond[at]
    share = 0.0 if gap == 0 else float(np.clip(-beyond[at] / gap, 0.0, 1.0))
    return float(arc[at] + share * (arc[other] - arc[at]))


def _beyond(points: np.ndarray, border: Border) -> np.ndarray:
    way = np.asarray(border.direction)
    return (points - np.asarray(border.point)) @ np.array([way[1], -way[0]])


def _arc_of(points: np.ndarray, fine: np.ndarray, arc: np.ndarray) -> np.ndarray:
    """Return the path length at the nearest place of a line for each point, beyond its samples too."""
    at = _nearest(points, fine)
    before, after = np.maximum(at - 1, 0), np.minimum(at + 1, len(fine) - 1)
    ahead = fine[after] - fine[before]
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    return arc[at] + np.einsum("na,na->n", points - fine[at], ahead)


def _nearest(points: np.ndarray, line: np.ndarray) -> np.ndarray:
    from scipy.spatial import cKDTree

    return cKDTree(line).query(points)[1]

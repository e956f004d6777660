"""Stents: cages of struts around the lumen, whose metal is no calcium."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from ..anatomy import TERRITORIES, Territory
from ..geometry import Grid, Volume, bounding_box, grown
from ..progress import Steps
from .constants import (
    BLOOMING_MM,
    CAGED,
    STENT_MM,
    STRUT_ARC_MM,
    STRUT_GAP_MM,
    STRUT_HU,
    STRUT_REACH_MM,
    STRUT_SHARE,
)
from .struts import LOOKING, bright_steps, listed_steps, thin_steps

_LEVEL_MM = 3.0
# Struts of one stent lie no farther from each other: the cells of grafts are 5 to 15 mm long, and half as wide.
_STRUT_LINK_MM = 6.0
# Struts on opposite sides of smaller stents blur into one spot.
_LEAST_STENT_RADIUS_MM = 3.0
_SECTORS = 16
# So far from the radius, as a part of it, struts lie; and no more than this part of what is bright lies farther in.
_AT_WALL, _MOST_WITHIN = 0.4, 0.1
# Voxels that are farther apart than this many pixels along the wall do not touch.
_APART = 1.6
# More bright voxels around arteries are bone, contrast medium or noise.
MOST_METAL = 300_000
# Levels between those that show a cage, where struts leave a gap.
_GAP_LEVELS = 2
# What is brighter than each of so many thresholds is looked at by itself, each higher than the last by a quarter:
# blooming joins the struts of a bright stent where the threshold is low, and of a dim one a high one leaves nothing.
_THRESHOLDS, _HIGHER = 7, 1.25


@dataclass(frozen=True, eq=False)
class Stent:
    """One stent.

    Attributes
    ----------
    territory : Territory
        That it lies in.
    start_mm : float
        Along S, of the lowest level; levels are 3 mm high.
    middle : ndarray, shape (n, 2)
        R and A of the middle of the struts at each level, mm.
    radius_mm : ndarray, shape (n,)
        Of the struts around it.
    """

    territory: Territory
    start_mm: float
    middle: np.ndarray
    radius_mm: np.ndarray

    @property
    def length_mm(self) -> float:
        """Along S."""
        return len(self.middle) * _LEVEL_MM

    @property
    def end_mm(self) -> float:
        """Along S, above the highest level."""
        return self.start_mm + self.length_mm

    def is_one_with(self, other: Stent) -> bool:
        """Return whether half of the shorter one lies beside the other, in the same artery."""
        shared = min(self.end_mm, other.end_mm) - max(self.start_mm, other.start_mm)
        return self.territory == other.territory and shared >= 0.5 * min(self.length_mm, other.length_mm)

    def holds(self, points_ras: np.ndarray) -> np.ndarray:
        """Return which points, shape (n, 3), lie in the stent or so near that its metal shines there."""
        level = np.floor((points_ras[:, 2] - self.start_mm) / _LEVEL_MM).astype(int)
        reach = int(np.ceil(BLOOMING_MM / _LEVEL_MM))
        near = (level >= -reach) & (level < len(self.middle) + reach)
        level = np.clip(level, 0, len(self.middle) - 1)
        away = np.linalg.norm(points_ras[:, :2] - self.middle[level], axis=1)
        return near & (away <= self.radius_mm[level] + BLOOMING_MM)


def find_stents_steps(ct: Volume, arteries: Volume) -> Steps[list[Stent]]:
    """Find stents in and around arteries, in short steps.

    At a level (3 mm along S) the thin and bright voxels near a territory are a cage where they lie in most directions
    around their own middle, in which blood is, at about one distance, and leave room between each other there. A stent
    is 15 mm of such levels, whether one or two are missing in between, in whose slices struts are cut across: short
    arcs with short gaps, where those of plaques are long. It is one at two thresholds of seven, 500 to 1907 HU,
    that follow each other: plaques, which fade towards their rims, look like one at a single threshold at most.

    Parameters
    ----------
    ct : Volume
        HU.
    arteries : Volume
        Territory labels.

    Returns
    -------
    list of Stent
        At each threshold: they overlap.
    """
    grid, box = ct.grid, bounding_box(arteries.array)
    if box is None or _height_mm(grid) > _LEVEL_MM * (1 + 1e-6):
        return []  # slices that are too thick to show struts
    inside = yield from listed_steps(arteries.array, lambda labels: labels > 0, box)
    kji, hu = yield from bright_steps(ct, inside, grown(box, STRUT_REACH_MM, grid))
    if not len(kji):
        return []
    lumens = yield from _lumens_steps(arteries, inside)
    points, found = grid.ras_of_kji(kji), []
    for number in range(_THRESHOLDS):
        bright = points[hu >= STRUT_HU * _HIGHER**number]
        own: list[Stent] = []
        if 0 < len(bright) <= MOST_METAL:
            thin = yield from thin_steps(bright, grid)
            for territory, lumen in lumens:
                near, _ = lumen.query(thin, distance_upper_bound=STRUT_REACH_MM)
                for linked in _linked(thin[np.isfinite(near)]):
                    own += _stents_of(territory, linked, grid, lumen)
                yield LOOKING
        found.append(own)
    return _confirmed(found)


def _lumens_steps(arteries: Volume, kji: np.ndarray) -> Steps[list[tuple[Territory, cKDTree]]]:
    """Return the places of each territory's voxels, of those of all arteries."""
    label = arteries.array[tuple(kji.T)]
    lumens = []
    for territory in TERRITORIES:
        own = kji[label == territory.label]
        if len(own):
            lumens.append((territory, cKDTree(arteries.grid.ras_of_kji(own))))
            yield LOOKING
    return lumens


def _confirmed(found: list[list[Stent]]) -> list[Stent]:
    """Return those of the stents at each threshold that the one before or after shows too."""
    kept = []
    for number, own in enumerate(found):
        others = [other for near in (number - 1, number + 1) if 0 <= near < len(found) for other in found[near]]
        kept += [each for each in own if any(each.is_one_with(other) for other in others)]
    return kept


def _height_mm(grid: Grid) -> float:
    """Return how high a voxel is along S."""
    return float(np.abs(grid.ijk_to_ras[2, :3]).max())


def _linked(points: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the points that hang together, those of what has enough of them for a stent."""
    if not len(points):
        return
    # Cells of half the distance stand for all that lies in them.
    cells, cell = np.unique(np.floor(points / (_STRUT_LINK_MM / 2)).astype(int), axis=0, return_inverse=True)
    pairs = cKDTree(cells).query_pairs(2.0, output_type="ndarray")
    graph = sparse.csr_matrix((np.ones(len(pairs)), pairs.T), shape=(len(cells),) * 2)
    count, part = csgraph.connected_components(graph, directed=False)
    part = part[cell.reshape(-1)]
    for number in np.flatnonzero(np.bincount(part, minlength=count) >= CAGED * _SECTORS):
        yield points[part == number]


class _Cage(NamedTuple):
    """The struts of one level: their middle (R, A) and radius; the longest arc and gap of its slices, all mm."""

    middle: np.ndarray
    radius_mm: float
    arc_mm: float
    gap_mm: float


def _stents_of(territory: Territory, points: np.ndarray, grid: Grid, lumen: cKDTree) -> list[Stent]:
    lowest = float(points[:, 2].min())
    level = np.floor((points[:, 2] - lowest) / _LEVEL_MM).astype(int)
    cages = [_cage(points[level == each], grid, lumen) for each in range(level.max() + 1)]
    found: list[Stent] = []
    run: list[tuple[int, _Cage]] = []
    for number, cage in enumerate([*cages, *[None] * (_GAP_LEVELS + 1)]):
        if cage is not None:
            run.append((number, cage))
        elif run and number - run[-1][0] > _GAP_LEVELS:
            if (run[-1][0] - run[0][0] + 1) * _LEVEL_MM >= STENT_MM and _is_cut_across([each for _, each in run]):
                found.append(_stent(territory, lowest, run))
            run = []
    return found


def _is_cut_across(cages: list[_Cage]) -> bool:
    """Return whether what most slices show of cages is short, and lies close together."""
    arc_mm, gap_mm = (float(np.median([getattr(each, name) for each in cages])) for name in ("arc_mm", "gap_mm"))
    return arc_mm <= STRUT_ARC_MM and gap_mm <= STRUT_GAP_MM


def _stent(territory: Territory, lowest: float, run: list[tuple[int, _Cage]]) -> Stent:
    numbers = np.array([number for number, _ in run])
    every = np.arange(numbers[0], numbers[-1] + 1)
    middle = np.stack([np.interp(every, numbers, [each.middle[axis] for _, each in run]) for axis in range(2)], axis=1)
    radius = np.interp(every, numbers, [each.radius_mm for _, each in run])
    return Stent(territory, lowest + float(numbers[0]) * _LEVEL_MM, middle, radius)


def _cage(points: np.ndarray, grid: Grid, lumen: cKDTree) -> _Cage | None:
    """Return the struts of one level; None where what is bright there is no cage of the lumen."""
    if len(points) < _SECTORS * CAGED:
        return None
    center = (points.min(axis=0) + points.max(axis=0)) / 2
    middle, voxel_mm3 = center[:2], grid.voxel_volume_mm3
    away = points[:, :2] - middle
    distance = np.linalg.norm(away, axis=1)
    radius = float(np.median(distance))
    if radius < _LEAST_STENT_RADIUS_MM or lumen.query(center)[0] > radius / 2:
        return None
    at_wall = np.abs(distance - radius) <= _AT_WALL * radius
    if np.mean(distance < (1 - _AT_WALL) * radius) > _MOST_WITHIN:
        return None  # as of a crescent, whose own middle lies in it
    angle = np.arctan2(away[at_wall, 1], away[at_wall, 0])
    sectors = len(np.unique(np.floor((angle / (2 * np.pi) + 0.5) * _SECTORS).astype(int) % _SECTORS))
    thickness = max(float(np.ptp(np.quantile(distance, (0.1, 0.9)))), voxel_mm3 ** (1 / 3))
    filled = np.count_nonzero(at_wall) * voxel_mm3 / (2 * np.pi * radius * thickness * _LEVEL_MM)
    if sectors < CAGED * _SECTORS or filled >= STRUT_SHARE:
        return None
    return _Cage(middle, radius, *_cut(angle, points[at_wall, 2], radius, grid))


def _cut(angle: np.ndarray, height_mm: np.ndarray, radius_mm: float, grid: Grid) -> tuple[float, float]:
    """Return the longest arc and the longest gap of slices, mm, in the median over the slices of a level."""
    thick_mm = _height_mm(grid)
    pixel_mm = float(np.sqrt(grid.voxel_volume_mm3 / thick_mm))
    number = np.floor((height_mm - height_mm.min()) / thick_mm + 0.5).astype(int)
    arcs, gaps = [], []
    for each in np.unique(number):
        turn = np.sort(angle[number == each])
        gap = np.diff(np.append(turn, turn[0] + 2 * np.pi)) * radius_mm
        apart = np.flatnonzero(gap > _APART * pixel_mm)
        if not len(apart):
            arcs.append(2 * np.pi * radius_mm)
            gaps.append(0.0)
            continue
        # From the voxel after each gap to that before the next.
        ends = np.roll(apart, -1)
        arcs.append(float(np.max((turn[ends] - turn[(apart + 1) % len(turn)]) % (2 * np.pi))) * radius_mm + pixel_mm)
        gaps.append(float(gap.max()))
    return float(np.median(arcs)), float(np.median(gaps))


def in_stents(kji: np.ndarray, grid: Grid, stents: Sequence[Stent]) -> np.ndarray:
    """Return which voxels lie in the region of a stent."""
    points = grid.ras_of_kji(kji)
    held = np.zeros(len(kji), bool)
    for stent in stents:
        held |= stent.holds(points)
    return held

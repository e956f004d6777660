"""Limbs of one vessel that touch: where the shortest path through its mask is a short cut.

A vessel that bends back on itself until its walls touch is one mask, through which the shortest path crosses the
walls. The way that keeps to the middle of the lumen does not (see :mod:`.lumen`): where voxels that are neighbours
lie far apart along it, they belong to limbs that touch, and there is a wall between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..geometry import Grid
from ..geometry.neighbours import Neighbours
from ..geometry.voxels import TOLERANCE_MM, Pairs, components
from ..progress import Progress, Steps
from .constants import CERTAIN_OPENING, CHANGED_MM, FAR_RADII, WALL_RADII
from .course import Course
from .lumen import Lumen, Way, lumen_steps, way_steps
from .reference import Reference

# So many voxels behind a wall are asked for the way round it: they tell the same.
_ASKED = 50
# Of a piece with more walls than this none is certain: it is no vessel whose course one could tell.
_MOST_WALLS = 20


@dataclass(frozen=True, eq=False)
class Walls:
    """The walls between limbs of a connected piece of a vessel that touch.

    Attributes
    ----------
    between : ndarray of bool
        Pairs of neighbouring voxels with a wall between them.
    certain : bool
        Every one is narrower than the way round it.
    """

    between: np.ndarray
    certain: bool


@dataclass(frozen=True)
class Touch:
    """What it means for lengths that limbs of a vessel touch.

    Attributes
    ----------
    short_mm, along_mm : float
        Length of a voxel that is typical for those it changes: by the shortest path, and along the vessel.
    followed : bool
        Lengths are those along the vessel; else the walls are uncertain and lengths those of the shortest path.
    """

    short_mm: float
    along_mm: float
    followed: bool


def course_along_limbs_steps(
    kji: np.ndarray,
    points_ras: np.ndarray,
    neighbours: Neighbours,
    start: np.ndarray,
    course: Course,
    grid: Grid,
    open_ras: cKDTree | Reference | None,
    kept_length_mm: float,
    progress: Progress,
) -> Steps[tuple[Course, Neighbours, Touch | None, bool]]:
    """Return the course of a connected piece of a vessel along its limbs, where they touch.

    Parameters
    ----------
    kji, points_ras, neighbours, start, grid, open_ras, progress
        As in :func:`.lumen.lumen_steps`.
    course : Course
        By the shortest path.
    kept_length_mm : float
        Beyond it no length matters.

    Returns
    -------
    course : Course
        `course` itself where no limbs touch, no length that matters changes, or the walls are uncertain.
    neighbours : Neighbours
        Without a wall between them.
    touch : Touch or None
    has_walls : bool
        Limbs seem to touch, so that what is returned may depend on `kept_length_mm`.
    """
    walls = yield from walls_steps(kji, points_ras, neighbours, start, grid, open_ras, progress)
    if walls is None:
        return course, neighbours, None, False
    parted = neighbours.without(walls.between)
    along = Course(points_ras, parted, start, course.shortest_mm[start], grid)
    yield progress
    short_mm = course.path_lengths_mm()
    yield progress
    kept = np.flatnonzero(short_mm <= kept_length_mm + TOLERANCE_MM)
    touch = _touch(short_mm[kept], along.path_lengths_mm(kept), walls.certain)
    return (along, parted, touch, True) if touch and walls.certain else (course, neighbours, touch, True)


def _touch(short_mm: np.ndarray, along_mm: np.ndarray, certain: bool) -> Touch | None:
    """Return what the walls mean for the lengths of what is kept; None where they change none."""
    gain = along_mm - short_mm
    if len(gain) == 0 or np.sqrt(np.mean(gain**2)) <= CHANGED_MM:
        return None
    # The middle one of those that change by half as much as any.
    changed = np.flatnonzero(gain >= 0.5 * gain.max())
    typical = changed[np.argsort(gain[changed], kind="stable")[len(changed) // 2]]
    return Touch(float(short_mm[typical]), float(along_mm[typical]), certain)


def walls_steps(
    kji: np.ndarray,
    points_ras: np.ndarray,
    neighbours: Neighbours,
    start: np.ndarray,
    grid: Grid,
    open_ras: cKDTree | Reference | None,
    progress: Progress,
) -> Steps[Walls | None]:
    """Find the walls between limbs that touch; None where no limbs seem to.

    Parameters are those of :func:`.lumen.lumen_steps`.
    """
    lumen = yield from lumen_steps(kji, points_ras, neighbours, start, grid, open_ras, progress)
    way = yield from way_steps(lumen, progress)
    jump = _jump_radii(lumen, way, *lumen.pairs[:2])
    wall = _wall_of(lumen.pairs, jump)
    if not wall.any():
        return None
    yield progress
    certain = wall.max() <= _MOST_WALLS
    tree = cKDTree(lumen.points_ras)
    for number in range(1, wall.max() + 1 if certain else 0):
        certain = certain and _opening(lumen, way, np.flatnonzero(wall == number), tree) <= CERTAIN_OPENING
        yield progress
    row = tree.query(points_ras)[1] if lumen.row is None else lumen.row
    yield progress
    pairs = neighbours.pairs
    jump = _jump_radii(lumen, way, row[pairs[0]], row[pairs[1]])
    between = _wall_of(pairs, jump) > 0
    return Walls(_without_crumbs(between, jump, pairs, start, len(kji)), certain) if between.any() else None


def _jump_radii(lumen: Lumen, way: Way, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return how far apart pairs of voxels lie along the way, in radii; 0 where it begins at different places."""
    apart = np.abs(way.length_mm[first] - way.length_mm[second]) / lumen.radius_mm
    return np.where(way.beginning[first] == way.beginning[second], apart, 0.0)


def _wall_of(pairs: Pairs, jump_radii: np.ndarray) -> np.ndarray:
    """Return the number of the wall between each pair of voxels, from 1; 0 where there is none."""
    result = np.zeros(len(jump_radii), np.int32)
    pair = np.flatnonzero(jump_radii > WALL_RADII)
    far = jump_radii[pair] > FAR_RADII
    if far.any():
        first, second = pairs[0][pair], pairs[1][pair]
        _, patch = components(int(max(first.max(), second.max())) + 1, first, second)
        found = np.unique(patch[first[far]])
        place = np.searchsorted(found, patch[first]).clip(max=len(found) - 1)
        result[pair] = np.where(found[place] == patch[first], place + 1, 0)
    return result


def _opening(lumen: Lumen, way: Way, pair: np.ndarray, tree: cKDTree) -> float:
    """Return how deep the deepest place between limbs is, as a part of the narrowest on the way round it."""
    first, second = lumen.pairs[0][pair], lumen.pairs[1][pair]
    deepest = np.minimum(lumen.depth_mm[first], lumen.depth_mm[second]).max()
    apart = np.abs(way.length_mm[first] - way.length_mm[second])
    behind = np.where(way.length_mm[first] > way.length_mm[second], first, second)
    behind = np.unique(behind[np.argsort(-apart, kind="stable")[:_ASKED]])
    round_it = 0.0
    near = tree.query_ball_point(lumen.points_ras[behind], 1.5 * lumen.radius_mm + TOLERANCE_MM)
    for voxel, around in zip(behind, near, strict=True):
        around = np.array(around)
        limb = np.abs(way.length_mm[around] - way.length_mm[voxel]) <= 2.5 * lumen.radius_mm
        round_it = max(round_it, way.least_depth_mm[around[limb]].max())
    return float(deepest / round_it)


def _without_crumbs(between: np.ndarray, jump: np.ndarray, pairs: Pairs, start: np.ndarray, count: int) -> np.ndarray:
    """Open the walls around what they cut off from every beginning, at the pair that lies least far apart."""
    while True:
        _, part = components(count, pairs[0][~between], pairs[1][~between])
        begins = np.zeros(part.max() + 1, bool)
        begins[part[start]] = True
        if begins.all():
            return between
        between = between.copy()
        wall = np.flatnonzero(between)
        first, second = part[pairs[0][wall]], part[pairs[1][wall]]
        wall, first, second = (each[first != second] for each in (wall, first, second))
        parts, sides = np.concatenate([first, second]), np.concatenate([wall, wall])
        order = np.lexsort((jump[sides], parts))
        found, index = np.unique(parts[order], return_index=True)
        between[sides[order][index[~begins[found]]]] = False

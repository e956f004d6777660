"""A tube over the gap between a piece of an artery and what it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage, sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from ..anatomy import Territory, territory
from ..comparison.thresholds import UNENHANCED_THRESHOLD_HU
from ..errors import InputError
from ..geometry import Box, Grid, Volume, grown
from ..geometry.neighbours import Lattice
from ..geometry.voxels import TOLERANCE_MM, neighbour_pairs, ranks
from ..measurement.assignment import chunks
from ..measurement.beginning import half_voxel_mm, own_end
from ..measurement.coarse import Blocks
from ..measurement.constants import MOST_OF_BRANCH, SPECK_DIAGONALS
from ..measurement.course import Course
from ..progress import Progress, Steps, drain, shown
from .change import ARTERIES, MaskChange, amount, change_of
from .constants import CALIBRE_WITHIN_MM, DARK_COST, LONGEST_WAY, WIDEST_GAP_MM
from .picking import picked_piece_steps, piece_around_steps, surface_of

_LOOKING = Progress("Looking for the ends of the gap", 0.1)
_FILLING = Progress("Looking for the way over the gap", 0.5)
# Points of the way over which its zigzag from voxel to voxel is evened out.
_SMOOTHED = 5
# Points of the axis of a tube for each voxel of its way.
_FINE = 4
# The calibre is known where it is larger by no more than this factor a diameter farther in, or after so many rounds.
_SAME_CALIBRE = 1.05
_MOST_ROUNDS = 6
# Slices whose radius differs from the median by no more than this part of it: their mean section is the calibre.
_TYPICAL = 0.4
# Cosine of the angle by which a piece may bend where a tube begins inside of it.
_STRAIGHT_ON = 0.8


def join_over_gap(ct: Volume | None, arteries: Volume, point_ras: npt.ArrayLike) -> MaskChange:
    """Do as :func:`join_over_gap_steps` in one go."""
    return drain(join_over_gap_steps(ct, arteries, point_ras))


def join_over_gap_steps(ct: Volume | None, arteries: Volume, point_ras: npt.ArrayLike) -> Steps[MaskChange]:
    """Join the piece of an artery at a place to another piece of that artery, or to the artery that it leaves.

    A tube leads from the end of the piece that is nearest to them to what is nearest to that end. Its radius is that of
    the piece (between two pieces it changes evenly from one to the other), so that it fills an end that is rounded off
    or cut askew, too; its way the cheapest through voxels that
    belong to no artery: one as dark as tissue costs ten times as much as one as bright as the lumen, so that it
    follows a vessel that is seen. Without a CT it is the shortest.

    Parameters
    ----------
    ct : Volume or None
        HU.
    arteries : Volume
        Territory labels, on the grid of the CT.
    point_ras : array_like, shape (3,)
        RAS, mm; the 26-connected piece of one label that lies there is meant.

    Raises
    ------
    InputError
        Where there is nothing to join, or it hangs together already, the gap is wider than 30 mm, or another artery
        lies in the way.
    """
    if ct is not None and not ct.grid.same_as(arteries.grid):
        raise InputError("The artery masks and the CT are on different grids; align them first.")
    picked = yield from shown(picked_piece_steps(arteries, point_ras), _LOOKING)
    artery, piece, near, grid = picked.artery, picked.kji, picked.near, picked.near.grid
    others = yield from _others_steps(near, artery, piece)
    joint = yield from _joint_steps(piece, others, grid)
    if joint.gap_mm <= grid.voxel_diagonal_mm + TOLERANCE_MM and np.abs(joint.end - joint.start).max() <= 1:
        raise InputError("This piece hangs together with its artery already; click on the piece that lies apart.")
    if joint.gap_mm > WIDEST_GAP_MM + TOLERANCE_MM:
        wide = f"The gap is {joint.gap_mm:.0f} mm wide, and no more than {WIDEST_GAP_MM:.0f} mm are joined"
        raise InputError(f"{wide}; draw what is missing.")
    to_piece = near.array[tuple(joint.start)] == artery.label
    yield _LOOKING
    own = _calibre(piece, joint.end_rows, grid)
    yield _LOOKING
    radius_mm, before, behind = np.full(2, own.radius_mm), joint.start[None], joint.start
    if to_piece:
        other = yield from shown(piece_around_steps(near.array == artery.label, joint.start), _LOOKING)
        rows = _facing(other, joint.start, own.axis, own.radius_mm, grid)
        others_own = _calibre(other, rows, grid)
        radius_mm[0], behind = others_own.radius_mm, others_own.axis
        before = _inside(other, others_own, own.axis, rows, grid)
    after = _inside(piece, own, behind, joint.end_rows, grid)[::-1]
    yield _FILLING
    # In the whole image: a way may lead around, where no artery is.
    low = np.array([part.start for part in picked.box])
    ends = (before[-1] + low, after[0] + low)
    hu = None if ct is None else float(np.median(ct.array[tuple((piece + low).T)]))
    yield _FILLING
    way = yield from _way_steps(ct, hu, arteries, ends)
    way = np.concatenate([before[:-1] + low, way, after[1:] + low])
    kji = _tube(way, radius_mm, arteries)
    where = "another piece of it" if to_piece else f"the {_parent(artery).title.lower()}"
    text = (
        f"{artery.title} joined to {where} over a gap of {joint.gap_mm:.1f} mm: {amount(len(kji), arteries)} added, "
        f"{_radii(radius_mm)}."
    )
    return change_of(ARTERIES, arteries, kji, artery.label, text)


def _radii(radius_mm: np.ndarray) -> str:
    other, own = (f"{each:.1f} mm" for each in radius_mm)
    return f"radius {own}" if own == other else f"radius {own} at this piece, {other} at the other"


def _parent(artery: Territory) -> Territory:
    return artery if artery.parent is None else territory(artery.parent)


def _others_steps(arteries: Volume, artery: Territory, piece: np.ndarray) -> Steps[np.ndarray]:
    """Return the outer voxels that the piece can be joined to: of its own artery, and of the one that this leaves."""
    possible = arteries.array == artery.label
    possible |= arteries.array == _parent(artery).label
    possible[tuple(piece.T)] = False
    yield _LOOKING
    found = surface_of(possible, arteries.grid)
    yield _LOOKING
    if len(found) == 0:
        raise InputError(
            f"There is nothing that this piece of the {artery.title.lower()} could be joined to: "
            f"no other piece of it, and no {_parent(artery).title.lower()}."
        )
    return found


@dataclass(frozen=True, eq=False)
class _Joint:
    """Two voxels that face each other over a gap.

    Attributes
    ----------
    end, start : ndarray of int, shape (3,)
        Of the piece, and of what it can be joined to.
    end_rows : ndarray of int
        Rows of the piece that lie at that end.
    gap_mm : float
        Between their centres.
    """

    end: np.ndarray
    start: np.ndarray
    end_rows: np.ndarray
    gap_mm: float


def _joint_steps(piece: np.ndarray, others: np.ndarray, grid: Grid) -> Steps[_Joint]:
    """Return the end of a piece that is nearest to the others, and which of these lies nearest to that end."""
    points = grid.ras_of_kji(piece)
    tree, found = cKDTree(grid.ras_of_kji(others)), []
    yield _LOOKING
    for some in chunks(points):
        found.append(tree.query(some))
        yield _LOOKING
    away, nearest = (np.concatenate(part) for part in zip(*found, strict=True))
    rows = np.arange(len(piece))
    is_speck = np.linalg.norm(np.ptp(points, axis=0)) <= SPECK_DIAGONALS * grid.voxel_diagonal_mm
    if not is_speck:
        blocks = Blocks(piece, grid, MOST_OF_BRANCH)
        lattice = Lattice(blocks.kji, blocks.grid)
        yield _LOOKING
        of_blocks = away
        if blocks.block is not None:
            of_blocks = np.full(len(blocks.kji), np.inf)
            np.minimum.at(of_blocks, blocks.block, away)
        ends = np.zeros(len(blocks.kji), bool)
        ends[own_end(blocks.points_ras, lattice, blocks.grid, of_blocks).rows] = True
        rows = np.flatnonzero(blocks.of_voxels(ends))
    x, y, z = (ranks(axis) for axis in points[rows].T)
    best = rows[np.lexsort((x, y, z, ranks(away[rows])))[0]]
    return _Joint(piece[best], others[nearest[best]], rows, float(away[best]))


def _middle(kji: np.ndarray, rows: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the voxel of a piece that is nearest to the middle of some of its voxels."""
    return _nearest(kji, grid.ras_of_kji(kji[rows]).mean(axis=0), grid)


def _nearest(kji: np.ndarray, point_ras: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the one of some voxels that is nearest to a point."""
    points = grid.ras_of_kji(kji)
    away = np.linalg.norm(points - point_ras, axis=1)
    nearest = np.flatnonzero(away <= away.min() + TOLERANCE_MM)
    x, y, z = (ranks(axis) for axis in points[nearest].T)
    return kji[nearest[np.lexsort((x, y, z))[0]]]


def _facing(kji: np.ndarray, voxel: np.ndarray, end: np.ndarray, radius_mm: float, grid: Grid) -> np.ndarray:
    """Return the rows of a piece, around one of its voxels, that face the end of another one."""
    points, (here, there) = grid.ras_of_kji(kji), grid.ras_of_kji([voxel, end])
    away = np.linalg.norm(points - there, axis=1)
    near = np.linalg.norm(points - here, axis=1) <= 2 * radius_mm + grid.voxel_diagonal_mm
    return np.flatnonzero(near & (away <= away[near].min() + grid.voxel_diagonal_mm))


@dataclass(frozen=True, eq=False)
class _Calibre:
    """A limb of a piece at one of its ends.

    Attributes
    ----------
    radius_mm : float
    axis : ndarray of int, shape (3,)
        The voxel on its axis from which a tube goes on.
    heading : ndarray, shape (3,)
        From there towards the end, RAS; 0 where that is not known.
    """

    radius_mm: float
    axis: np.ndarray
    heading: np.ndarray


def _calibre(kji: np.ndarray, end_rows: np.ndarray, grid: Grid) -> _Calibre:
    """Measure a piece over 6 mm of its course, from where its end no longer is rounded off or cut askew.

    So far in that a slice across the course is whole: a diameter, which is found step by step.
    """
    points = grid.ras_of_kji(kji)
    found = _calibre_from(0.0, kji, points, end_rows, grid)
    assert found is not None
    for _ in range(_MOST_ROUNDS):
        farther = _calibre_from(2 * found.radius_mm, kji, points, end_rows, grid)
        if farther is None:
            break
        before, found = found.radius_mm, farther
        if found.radius_mm <= _SAME_CALIBRE * before:
            break
    return found


def _calibre_from(
    begin_mm: float, kji: np.ndarray, points: np.ndarray, end_rows: np.ndarray, grid: Grid
) -> _Calibre | None:
    """Measure a piece over 6 mm of its course from some length on; None beyond its end."""
    reach = begin_mm + 3 * CALIBRE_WITHIN_MM
    low, high = points[end_rows].min(axis=0) - reach, points[end_rows].max(axis=0) + reach
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    away, _ = cKDTree(points[end_rows]).query(points[near], distance_upper_bound=reach + TOLERANCE_MM)
    near = near[away <= reach]
    limb = Lattice(kji[near], grid).pieces(np.ones(len(near), bool))
    near = near[np.isin(limb, limb[np.isin(near, end_rows)])]  # not another limb that comes near
    rows = np.flatnonzero(np.isin(near, end_rows))
    course = Course(points[near], Lattice(kji[near], grid), rows, np.zeros(len(rows)), grid)
    centres, lengths, radii = course.longest_limb()
    first = max(begin_mm, grid.voxel_diagonal_mm)  # the end itself is rounded off
    slices = np.flatnonzero((lengths > first) & (lengths <= begin_mm + CALIBRE_WITHIN_MM))
    if not len(slices):
        if begin_mm > 0:
            return None
        return _Calibre(max(float(np.median(radii)), half_voxel_mm(grid)), _middle(kji, end_rows, grid), np.zeros(3))
    typical = radii[slices][np.abs(radii[slices] / np.median(radii[slices]) - 1) <= _TYPICAL]
    radius_mm = max(float(np.sqrt(np.mean(typical**2))), half_voxel_mm(grid))
    axis = _nearest(kji[near], centres[slices[0]], grid)
    return _Calibre(radius_mm, axis, centres[slices[0]] - centres[slices[-1]])


def _inside(kji: np.ndarray, calibre: _Calibre, towards: np.ndarray, end_rows: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the voxels of a piece from its axis straight on towards another place, as far as they are its own.

    Just one, the middle of its end, where it bends so much that this would lead out of its side.
    """
    line = _straight(calibre.axis, towards)
    low, high = kji.min(axis=0), kji.max(axis=0) + 1
    there = np.zeros(high - low, bool)
    there[tuple((kji - low).T)] = True
    known = ((line >= low) & (line < high)).all(axis=1)
    own = np.zeros(len(line), bool)
    own[known] = there[tuple((line[known] - low).T)]
    ahead = np.subtract(*grid.ras_of_kji([towards, calibre.axis]))
    along = ahead @ calibre.heading
    if own.all() or along < _STRAIGHT_ON * np.linalg.norm(ahead) * np.linalg.norm(calibre.heading) or along <= 0:
        return _middle(kji, end_rows, grid)[None]
    return line[: int(np.argmin(own))]


def _straight(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Return the voxels on the straight line between two, both included, shape (n, 3)."""
    steps = max(int(np.abs(end - start).max()), 1)
    return np.rint(start + np.linspace(0, 1, steps + 1)[:, None] * (end - start)).astype(int)


def _way_steps(ct: Volume | None, lumen_hu: float | None, arteries: Volume, ends) -> Steps[np.ndarray]:
    """Return the voxels of the cheapest way between two voxels, in its order, shape (n, 3)."""
    grid, (start, end) = arteries.grid, ends
    ends_ras = grid.ras_of_kji(ends)
    straight_mm = float(np.linalg.norm(ends_ras[0] - ends_ras[1]))
    longest = LONGEST_WAY * straight_mm + 2 * grid.voxel_diagonal_mm
    # An ellipsoid with the ends in its foci, which is widest across.
    box = grown(_box_of(ends), np.sqrt(max(longest**2 - straight_mm**2, 0.0)) / 2, grid)
    low = np.array([part.start for part in box])
    free = np.isin(arteries.array[box], (0, arteries.array[tuple(end)]))
    free[tuple(start - low)] = True
    kji = np.argwhere(free) + low
    points = grid.ras_of_kji(kji)
    yield _FILLING
    kji = kji[np.linalg.norm(points[:, None] - ends_ras, axis=2).sum(axis=1) <= longest]
    yield _FILLING
    first, second, length = neighbour_pairs(kji, grid)
    cost = np.ones(len(kji)) if ct is None or lumen_hu is None else _costs(ct, kji, lumen_hu)
    weights = length * (cost[first] + cost[second]) / 2
    yield _FILLING
    graph = sparse.csr_matrix((weights, (first, second)), shape=(len(kji), len(kji)))
    rows = [int(np.flatnonzero((kji == each).all(axis=1))[0]) for each in (start, end)]
    cheapest, before = csgraph.dijkstra(graph, directed=False, indices=rows[0], return_predecessors=True)
    if not np.isfinite(cheapest[rows[1]]):
        raise InputError("Another artery lies between the two ends; erase or rename what lies in the gap first.")
    found = [rows[1]]
    while found[-1] != rows[0]:
        found.append(int(before[found[-1]]))
    return kji[found[::-1]]


def _costs(ct: Volume, kji: np.ndarray, lumen_hu: float) -> np.ndarray:
    """Return what each voxel costs the way: 1 where as bright as the piece, 10 where as dark as tissue."""
    if not lumen_hu > UNENHANCED_THRESHOLD_HU:
        return np.ones(len(kji))  # no vessel is seen that could be followed
    hu = np.nan_to_num(ct.array[tuple(kji.T)].astype(float), nan=-np.inf)
    return 1 + (DARK_COST - 1) * np.clip((lumen_hu - hu) / lumen_hu, 0, 1)


def _tube(way: np.ndarray, radius_mm: np.ndarray, arteries: Volume) -> np.ndarray:
    """Return the voxels, of no artery, of a way and within a radius of it that changes evenly, shape (n, 3)."""
    grid = arteries.grid
    axis = grid.ras_of_kji(way)
    smooth = ndimage.uniform_filter1d(axis, min(_SMOOTHED, len(axis)), axis=0, mode="nearest")
    smooth[[0, -1]] = axis[[0, -1]]
    fine = np.linspace(0, len(smooth) - 1, _FINE * len(smooth))
    centres = np.stack([np.interp(fine, np.arange(len(smooth)), part) for part in smooth.T], axis=1)
    between = np.flatnonzero(arteries.array[tuple(way.T)] == 0)
    ends = between[[0, -1]] if len(between) else np.array([0, len(way) - 1])
    radii = np.interp(fine, ends, radius_mm)
    box = grown(_box_of(way), float(radii.max()), grid)
    free = arteries.array[box] == 0
    kji = np.argwhere(np.ones(free.shape, bool)) + [part.start for part in box]
    away, nearest = cKDTree(centres).query(grid.ras_of_kji(kji), distance_upper_bound=radii.max() + TOLERANCE_MM)
    nearest, free = np.minimum(nearest, len(centres) - 1), free.ravel()
    inside = free & (away <= radii[nearest] + TOLERANCE_MM)
    # Around a piece that is whole nothing is added, though it may be a little narrower than the tube.
    gaps = free & (away <= np.maximum(radii[nearest] - grid.voxel_diagonal_mm, 0))
    lacks = np.bincount(nearest[gaps], minlength=len(centres)) > 0
    lacks |= (fine >= ends[0] - 1) & (fine <= ends[1] + 1)
    inside &= ndimage.binary_dilation(lacks, iterations=_FINE)[nearest]
    inner = way[arteries.array[tuple(way.T)] == 0]
    return np.unique(np.concatenate([kji[inside], inner]), axis=0)


def _box_of(voxels) -> Box:
    kji = np.asarray(voxels)
    return tuple(slice(int(a), int(b) + 1) for a, b in zip(kji.min(axis=0), kji.max(axis=0), strict=True))

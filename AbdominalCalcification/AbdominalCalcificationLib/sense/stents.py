"""Stents: cages of struts around the lumen, whose metal is no calcium."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from ..anatomy import TERRITORIES, Territory
from ..geometry import Box, Grid, Volume, bounding_box, grown
from ..measurement.assignment import chunks
from ..measurement.plausibility import slabs
from ..progress import Progress, Steps
from .constants import (
    BLOOMING_MM,
    CAGED,
    STENT_MM,
    STRUT_HU,
    STRUT_REACH_MM,
    STRUT_SHARE,
)

LOOKING = Progress("Looking for stents and dissections", 0.0)
_LEVEL_MM = 3.0
# Wires of 0.2 to 0.5 mm, blurred: what is thicker than twice this is bone, contrast medium or a thick plaque.
_STRUT_MM = 2.0
# Struts of one stent lie no farther from each other: the cells of grafts are 5 to 15 mm long, and half as wide.
_STRUT_LINK_MM = 6.0
# Struts on opposite sides of smaller stents blur into one spot.
_LEAST_STENT_RADIUS_MM = 3.0
_SECTORS = 16
# More bright voxels around arteries are bone, contrast medium or noise.
MOST_METAL = 300_000
# Levels between those that show a cage, where struts leave a gap.
_GAP_LEVELS = 2


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

    At a level (3 mm along S) the voxels of metal (at least 1000 HU) near a territory are a cage where they lie in most
    directions around their own middle, in which blood is, at about one distance, and leave room between each other
    there. A stent is 15 mm of such levels, whether one or two are missing in between.

    Parameters
    ----------
    ct : Volume
        HU.
    arteries : Volume
        Territory labels.
    """
    grid, box = ct.grid, bounding_box(arteries.array)
    if box is None:
        return []
    box = grown(box, STRUT_REACH_MM, grid)
    metal = yield from listed_steps(ct.array, lambda hu: hu >= STRUT_HU, box)
    if not 0 < len(metal) <= MOST_METAL:
        return []
    bright = grid.ras_of_kji(metal)
    thick = yield from _thick_steps(bright, grid)
    thin = bright[~thick]
    if not len(thin):
        return []
    kji = yield from listed_steps(arteries.array, lambda labels: labels > 0, box)
    label = arteries.array[tuple(kji.T)]
    found = []
    for territory in TERRITORIES:
        own = kji[label == territory.label]
        if len(own):
            tree = cKDTree(grid.ras_of_kji(own))
            distance, _ = tree.query(thin, distance_upper_bound=STRUT_REACH_MM)
            for linked in _linked(thin[np.isfinite(distance)]):
                found += _stents_of(territory, linked, grid, tree)
            yield LOOKING
    return found


def listed_steps(
    array: np.ndarray, wanted: Callable[[np.ndarray], np.ndarray], box: Box | None = None
) -> Steps[np.ndarray]:
    """Return the voxels (k, j, i) of an array, or of a box of it, for which something holds, a slab at a time."""
    found = []
    for start, slab in slabs(array if box is None else array[box]):
        found.append(np.argwhere(wanted(slab)))
        found[-1][:, 0] += start
        yield LOOKING
    return np.concatenate(found) + (0 if box is None else [part.start for part in box])


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


def _thick_steps(points: np.ndarray, grid: Grid) -> Steps[np.ndarray]:
    """Return which bright voxels belong to what is thicker than struts: an opening by a ball."""
    steps = [np.arange(-reach, reach + 1) for reach in np.ceil(_STRUT_MM / np.array(grid.plane_distances_mm))]
    offsets = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3) @ grid.ijk_to_ras[:3, :3].T
    whole = int(np.count_nonzero(np.linalg.norm(offsets, axis=1) <= _STRUT_MM * (1 + 1e-6)))
    tree = cKDTree(points)
    reach_mm, count = _STRUT_MM * (1 + 1e-6), []
    for some in chunks(points):
        count.append(tree.query_ball_point(some, reach_mm, return_length=True))
        yield LOOKING
    core = np.concatenate(count) >= whole
    if not core.any():
        return core
    distance, _ = cKDTree(points[core]).query(points, distance_upper_bound=reach_mm)
    return np.isfinite(distance)


def _stents_of(territory: Territory, points: np.ndarray, grid: Grid, lumen: cKDTree) -> list[Stent]:
    height_mm = max(_LEVEL_MM, float(np.abs(grid.ijk_to_ras[2, :3]).max()))
    if height_mm > _LEVEL_MM * (1 + 1e-6):
        return []  # slices are too thick to show struts
    lowest = float(points[:, 2].min())
    level = np.floor((points[:, 2] - lowest) / _LEVEL_MM).astype(int)
    cages = [_cage(points[level == each], grid.voxel_volume_mm3, lumen) for each in range(level.max() + 1)]
    found, run = [], []
    for number, cage in enumerate([*cages, *[None] * (_GAP_LEVELS + 1)]):
        if cage is not None:
            run.append((number, *cage))
        elif run and number - run[-1][0] > _GAP_LEVELS:
            if (run[-1][0] - run[0][0] + 1) * _LEVEL_MM >= STENT_MM:
                found.append(_stent(territory, lowest, run))
            run = []
    return found


def _stent(territory: Territory, lowest: float, run: list[tuple[int, np.ndarray, float]]) -> Stent:
    numbers = np.array([each[0] for each in run])
    every = np.arange(numbers[0], numbers[-1] + 1)
    middle = np.stack([np.interp(every, numbers, [each[1][axis] for each in run]) for axis in range(2)], axis=1)
    radius = np.interp(every, numbers, [each[2] for each in run])
    return Stent(territory, lowest + float(numbers[0]) * _LEVEL_MM, middle, radius)


def _cage(points: np.ndarray, voxel_mm3: float, lumen: cKDTree) -> tuple[np.ndarray, float] | None:
    """Return middle and radius of the struts of one level; None where what is bright there is no cage of the lumen."""
    if len(points) < _SECTORS * CAGED:
        return None
    center = (points.min(axis=0) + points.max(axis=0)) / 2
    middle = center[:2]
    away = points[:, :2] - middle
    distance = np.linalg.norm(away, axis=1)
    radius = float(np.median(distance))
    if radius < _LEAST_STENT_RADIUS_MM or lumen.query(center)[0] > radius / 2:
        return None
    at_wall = np.abs(distance - radius) <= 0.4 * radius
    angle = np.arctan2(away[at_wall, 1], away[at_wall, 0])
    sectors = len(np.unique(np.floor((angle / (2 * np.pi) + 0.5) * _SECTORS).astype(int) % _SECTORS))
    thickness = max(float(np.ptp(np.quantile(distance, (0.1, 0.9)))), voxel_mm3 ** (1 / 3))
    filled = np.count_nonzero(at_wall) * voxel_mm3 / (2 * np.pi * radius * thickness * _LEVEL_MM)
    return (middle, radius) if sectors >= CAGED * _SECTORS and filled < STRUT_SHARE else None


def in_stents(kji: np.ndarray, grid: Grid, stents: Sequence[Stent]) -> np.ndarray:
    """Return which voxels lie in the region of a stent."""
    points = grid.ras_of_kji(kji)
    held = np.zeros(len(kji), bool)
    for stent in stents:
        held |= stent.holds(points)
    return held

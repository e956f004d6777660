"""What a network is to say of the regions of a film: which rows have calcium on a wall, and where the wall is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...inference.kauppila_network import FINE_STEP, MAP_STEP
from ...radiograph.kauppila import PARTS, VERTEBRAE, WALLS
from ...radiograph.region import Region, RegionGeometry
from .films import UNKNOWN, Film

_EVERY = 4


@dataclass(frozen=True, eq=False)
class Targets:
    """Of one film; NaN, or -1, where not known.

    Attributes
    ----------
    scores : ndarray of int64, shape (4, 2)
    calcium : ndarray of float32, shape (4, 2, level rows)
        Share of each row's wall with calcium.
    walls : ndarray of float32, shape (4, 2, rows)
        Where the wall is in each row of the map, as a share of the row's width.
    contrast : ndarray of float32, shape (4, rows, columns)
        Mean contrast of the aorta's calcium in the pixels of the finer map.
    """

    scores: np.ndarray
    calcium: np.ndarray
    walls: np.ndarray
    contrast: np.ndarray

    def upside_down(self) -> Targets:
        """Return the targets of the same film upside down."""
        return Targets(
            self.scores[::-1], self.calcium[::-1, :, ::-1], self.walls[::-1, :, ::-1], self.contrast[::-1, ::-1]
        )

    def leave_out(self, level: int) -> None:
        """Make one level something of which nothing is known."""
        self.scores[level] = UNKNOWN
        for each in (self.calcium, self.walls, self.contrast):
            each[level] = np.nan


def targets_of(film: Film, regions: Mapping[str, Region], geometry: RegionGeometry) -> Targets:
    """Return the targets for the regions of a film."""
    rows, margin = geometry.rows // MAP_STEP, geometry.margin_rows // MAP_STEP
    level = rows - 2 * margin
    shape = (len(VERTEBRAE), len(WALLS))
    scores = np.full(shape, UNKNOWN, np.int64)
    calcium = np.full((*shape, level), np.nan, np.float32)
    walls = np.full((*shape, rows), np.nan, np.float32)
    contrast = np.full((len(VERTEBRAE), geometry.rows // FINE_STEP, geometry.columns // FINE_STEP), np.nan, np.float32)
    if film.contrast is not None:
        for name, region in regions.items():
            contrast[VERTEBRAE.index(name)] = film.contrast.at(region.points(every=FINE_STEP), 0.0)
    for n, (vertebra, wall) in enumerate(PARTS):
        if vertebra not in regions:
            continue
        at = VERTEBRAE.index(vertebra), WALLS.index(wall)
        scores[at] = film.scores[n]
        if film.walls is not None and film.calcium is not None:
            # Between every fourth of its points, a wall is straight.
            line, flags = film.walls[at[1], ::_EVERY], film.calcium[at[1]]
            walls[at] = crossings(regions[vertebra], line, (np.arange(rows) + 0.5 - margin) / level)[1]
            edges = _EVERY * crossings(regions[vertebra], line, np.arange(level + 1) / level)[0]
            calcium[at] = _shares(edges, flags)
    return Targets(scores, calcium, walls, contrast)


def crossings(region: Region, line: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where a line (m, 2), from head to foot, crosses rows at shares `at` (n,) of the level.

    Returns
    -------
    places : ndarray, shape (n,)
        Index of the line's point, between two of them a fraction; NaN where it does not cross the row.
    across : ndarray, shape (n,)
        Share of the row's width.
    """
    ends = region.row_ends(at)
    way = ends[:, 1] - ends[:, 0]
    away = line[None] - ends[:, None, 0]
    # Towards the feet: to the right of the row from front to back, x to the right, y down.
    beyond = way[:, None, 0] * away[:, :, 1] - way[:, None, 1] * away[:, :, 0]
    turns = (beyond[:, :-1] < 0) & (beyond[:, 1:] >= 0)
    has = turns.any(axis=1)
    first = np.argmax(turns, axis=1)
    n = np.arange(len(at))
    before, after = beyond[n, first], beyond[n, first + 1]
    places = np.where(has, first + before / np.where(has, before - after, 1.0), np.nan)
    index = np.clip(np.nan_to_num(places), 0, len(line) - 1)
    crossed = np.stack([np.interp(index, np.arange(len(line)), line[:, axis]) for axis in (0, 1)], axis=1)
    across = np.einsum("na,na->n", crossed - ends[:, 0], way) / np.einsum("na,na->n", way, way)
    return places, np.where(has, across, np.nan)


def _shares(edges: np.ndarray, flags: np.ndarray) -> np.ndarray:
    """Return the share of calcified points between each two edges (indices of points); NaN where one is not known."""
    total = np.concatenate([[0.0], np.cumsum(flags)])
    summed = np.interp(edges + 0.5, np.arange(len(total)), total)
    length = np.diff(edges)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(length > 0, np.clip(np.diff(summed) / length, 0, 1), np.nan).astype(np.float32)

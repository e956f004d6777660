"""The region in front of each of L1 to L4, aligned and scaled by the vertebrae: what the score's network sees.

Its rows run from the middle of the disc above to that of the disc below, each parallel to the discs between which it
lies; its columns from in front of the aorta to behind the anterior border of the vertebra, in depths of the vertebra.
So the rows of neighbours go on in each other, and a row's place is a share of the level. All faces left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .kauppila import VERTEBRAE
from .resampling import Raster
from .spine import ORDER, Border, Vertebra, borders_of

# Pixels of the film from which regions are cut, in depths of a vertebra: about 0.4 mm.
FILM_STEP_DEPTHS = 1 / 85
# Places of the film that are averaged for each pixel of a region, along its row.
_FINER = 2


@dataclass(frozen=True)
class RegionGeometry:
    """How regions are cut out.

    Attributes
    ----------
    rows, columns : int
        Pixels.
    margin_rows : int
        Of the rows, beyond either border.
    front, back : float
        Before and behind the anterior border of the vertebral body, in its depths.
    """

    rows: int = 128
    columns: int = 112
    margin_rows: int = 16
    front: float = 2.0
    back: float = 0.5

    @property
    def level_rows(self) -> int:
        """Rows from border to border."""
        return self.rows - 2 * self.margin_rows


@dataclass(frozen=True, eq=False)
class Region:
    """The region of one vertebra: a grid of points between four corners.

    Attributes
    ----------
    vertebra : Vertebra
    corners : ndarray, shape (2, 2, 2)
        Points at the border above and below, each at the front and the back end of its row.
    geometry : RegionGeometry
    """

    vertebra: Vertebra
    corners: np.ndarray
    geometry: RegionGeometry

    def row_ends(self, at: np.ndarray) -> np.ndarray:
        """Return front and back ends (n, 2, 2) of rows at shares `at` (n,) of the level; beyond 0 to 1 they go on."""
        at = np.asarray(at, float)[:, None, None]
        return (1 - at) * self.corners[0] + at * self.corners[1]

    def points(self, finer: int = 1, every: int = 1) -> np.ndarray:
        """Return the points of all pixels (rows, columns, 2), of as many times more in each row, or of larger ones."""
        g = self.geometry
        rows = every * (np.arange(g.rows // every) + 0.5)
        ends = self.row_ends((rows - g.margin_rows) / g.level_rows)
        count = g.columns * finer // every
        across = (np.arange(count) + 0.5) / count
        # Each axis for itself, so that its values lie beside each other.
        places = np.empty((2, len(ends), count))
        for axis in (0, 1):
            places[axis] = ends[:, 0, axis, None] * (1 - across) + ends[:, 1, axis, None] * across
        return np.moveaxis(places, 0, -1)

    def place(self, at: np.ndarray, across: np.ndarray) -> np.ndarray:
        """Return points (n, 2) at shares of the level and of the width of rows."""
        ends = self.row_ends(at)
        return (1 - np.asarray(across)[:, None]) * ends[:, 0] + np.asarray(across)[:, None] * ends[:, 1]


def regions_of(vertebrae: Mapping[str, Vertebra], geometry: RegionGeometry) -> dict[str, Region]:
    """Return the regions of those of L1 to L4 that are there, facing left."""
    borders = borders_of(vertebrae)
    return {name: _region(vertebrae[name], *borders[name], geometry) for name in VERTEBRAE if name in borders}


def _region(vertebra: Vertebra, above: Border, below: Border, geometry: RegionGeometry) -> Region:
    depth = vertebra.depth
    rows = []
    for border in (above, below):
        point, way = np.asarray(border.point), np.asarray(border.direction)
        rows.append([point + (0.5 + geometry.front) * depth * way, point + (0.5 - geometry.back) * depth * way])
    return Region(vertebra, np.array(rows), geometry)


def images_of(film: Raster, regions: Mapping[str, Region], vertebrae: Mapping[str, Vertebra]) -> np.ndarray:
    """Return what the network sees, float32 of shape (4, 2, rows, columns); zero where a vertebra is missing.

    The first channel is the film, normalised by median and quartiles of all regions together, the second one the
    bodies: 1 for the vertebra itself, 0.5 for others.
    """
    geometry = next(iter(regions.values())).geometry
    images = np.zeros((len(VERTEBRAE), 2, geometry.rows, geometry.columns), np.float32)
    for name, region in regions.items():
        # A pixel is wider than one of the film: the mean has less noise than one place has.
        seen = film.at(region.points(_FINER)).reshape(geometry.rows, geometry.columns, _FINER)
        images[VERTEBRAE.index(name), 0] = seen.mean(axis=-1)
        images[VERTEBRAE.index(name), 1] = _bodies(region.points(), region, vertebrae)
    there = [VERTEBRAE.index(name) for name in regions]
    images[there, 0] = _normalized(images[there, 0])
    return images


def film_step(vertebrae: Mapping[str, Vertebra]) -> float:
    """Return the step at which a film is looked at, in the unit of the points."""
    return FILM_STEP_DEPTHS * float(np.median([each.depth for each in vertebrae.values()]))


def _normalized(values: np.ndarray) -> np.ndarray:
    low, middle, high = np.percentile(values, (25, 50, 75))
    # A film that is black or white throughout stays nothing.
    return np.clip((values - middle) / max((high - low) / 1.35, 1e-6), -8.0, 8.0)


def _bodies(points: np.ndarray, region: Region, vertebrae: Mapping[str, Vertebra]) -> np.ndarray:
    shown = np.zeros(points.shape[:2], np.float32)
    points = points.astype(np.float32)
    width = float(np.linalg.norm(region.corners[0, 1] - region.corners[0, 0])) / region.geometry.columns
    for name, each in vertebrae.items():
        # Only the vertebra itself and its neighbours reach into its region.
        if abs(ORDER.index(name) - ORDER.index(region.vertebra.name)) > 1 and name != "S1":
            continue
        share = 1.0 if name == region.vertebra.name else 0.5
        np.maximum(shown, share * _inside(points, np.asarray(each.corners), 2 * width), out=shown)
    return shown


def _inside(points: np.ndarray, corners: np.ndarray, softness: float) -> np.ndarray:
    """Return 1 inside of a convex polygon, 0 outside, and between over the width `softness` of its rim."""
    x, y = points[..., 0], points[..., 1]
    center = corners.mean(axis=0)
    least = np.full(x.shape, np.inf, np.float32)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        normal = np.array([end[1] - start[1], start[0] - end[0]])
        normal /= max(float(np.linalg.norm(normal)), 1e-9) * (np.sign((center - start) @ normal) or 1.0)
        a, b = normal.astype(np.float32)
        np.minimum(least, a * x + (b * y - np.float32(start @ normal)), out=least)
    return np.clip(least / np.float32(softness) + 0.5, 0.0, 1.0)

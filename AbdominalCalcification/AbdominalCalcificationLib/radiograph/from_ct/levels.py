"""Levels of the lumbar spine set by hand: middles of discs, or of vertebrae, and the borders that they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ...errors import InputError
from ..kauppila import VERTEBRAE
from ..projection import LateralGeometry
from ..spine import Border

# From head to foot; those that bound L1 to L4.
DISCS = ("T12/L1", "L1/L2", "L2/L3", "L3/L4", "L4/L5")
CENTERS = ("T12", "L1", "L2", "L3", "L4", "L5")
# Neighbouring levels of a lumbar spine lie so far apart, from children to giants; ours.
_NEAREST_MM, _FARTHEST_MM = 15.0, 60.0


@dataclass(frozen=True)
class Levels:
    """Where somebody has set levels.

    Attributes
    ----------
    heights_mm : mapping of str to float
        S of each level (:data:`DISCS` or :data:`CENTERS`), RAS: where the level crosses the aorta.
    points_ras : mapping of str to three floats
        Middles of discs or vertebrae, where whole points were set; the same names. Their course tells how discs lie.

    Raises
    ------
    InputError
        For names that are no levels, fewer than two, and levels that do not follow each other.
    """

    heights_mm: Mapping[str, float]
    points_ras: Mapping[str, tuple[float, float, float]]

    def __post_init__(self):
        names = set(self.heights_mm)
        kinds = [kind for kind in (DISCS, CENTERS) if names <= set(kind)]
        if not names or not kinds:
            strange = sorted(names - {*DISCS, *CENTERS})
            what = f"'{strange[0]}' is no level" if strange else "discs and vertebrae are mixed"
            raise InputError(f"{what}; name discs ({', '.join(DISCS)}) or vertebrae ({', '.join(CENTERS)}).")
        if len(names) < 2:
            raise InputError("One level bounds nothing; give the middles of at least two neighbouring discs.")
        order = self.order
        for upper, lower in pairwise(order):
            steps = kinds[0].index(lower) - kinds[0].index(upper)
            gap = (self.heights_mm[upper] - self.heights_mm[lower]) / steps
            if not _NEAREST_MM <= gap <= _FARTHEST_MM:
                raise InputError(
                    f"{upper} lies at {self.heights_mm[upper]:g} mm and {lower} at {self.heights_mm[lower]:g} mm; "
                    f"levels of a spine lie {_NEAREST_MM:g} to {_FARTHEST_MM:g} mm apart, the upper with the larger S."
                )

    @property
    def are_discs(self) -> bool:
        """Whether discs were set, and not vertebrae."""
        return set(self.heights_mm) <= set(DISCS)

    @property
    def order(self) -> list[str]:
        """The names from head to foot."""
        return [name for name in (DISCS if self.are_discs else CENTERS) if name in self.heights_mm]


def disc_middles(levels: Levels) -> dict[str, np.ndarray]:
    """Return the middles of discs, RAS mm (R and A are NaN where only heights were set).

    Between the middles of neighbouring vertebrae lies that of a disc, and beyond the last one as far off.
    """
    points = {
        name: np.array(levels.points_ras.get(name, (np.nan, np.nan, levels.heights_mm[name]))) for name in levels.order
    }
    if levels.are_discs:
        return points
    middles = {}
    for name, (upper, lower) in zip(DISCS, pairwise(CENTERS), strict=True):
        if upper in points and lower in points:
            middles[name] = (points[upper] + points[lower]) / 2
    for end, inner, step in ((levels.order[0], levels.order[1], -1), (levels.order[-1], levels.order[-2], 0)):
        at = CENTERS.index(end) + step
        if abs(CENTERS.index(end) - CENTERS.index(inner)) == 1 and 0 <= at < len(DISCS):
            middles.setdefault(DISCS[at], points[end] + (points[end] - points[inner]) / 2)
    return {name: middles[name] for name in DISCS if name in middles}


def borders_by_hand(
    levels: Levels, geometry: LateralGeometry, aorta_ras: np.ndarray
) -> dict[str, tuple[Border, Border]]:
    """Return the borders above and below each of L1 to L4 that levels tell.

    A height is a level across the aorta. A point is the middle of a disc, which lies at right angles to the course of
    the spine, from the middle above to the one below.

    Parameters
    ----------
    levels : Levels
    geometry : LateralGeometry
    aorta_ras : ndarray, shape (n, 3)
        Points of the aorta, mm: where heights are looked up.
    """
    middles = disc_middles(levels)
    places = {name: geometry.project(_at_aorta(point, aorta_ras))[0] for name, point in middles.items()}
    whole = all(np.isfinite(point).all() for point in middles.values()) and len(middles) > 1
    names = [name for name in DISCS if name in middles]
    borders = {}
    for at, name in enumerate(names):
        way = np.array([-1.0, 0.0])
        if whole:
            down = places[names[min(at + 1, len(names) - 1)]] - places[names[max(at - 1, 0)]]
            way = np.array([-down[1], down[0]]) / np.linalg.norm(down)
        x, y = places[name]
        assumed = not levels.are_discs and not set(name.split("/")) <= set(levels.order)
        borders[name] = Border((float(x), float(y)), (float(way[0]), float(way[1])), assumed)
    found = {}
    for vertebra, pair in zip(VERTEBRAE, pairwise(DISCS), strict=True):
        if all(each in borders for each in pair):
            found[vertebra] = borders[pair[0]], borders[pair[1]]
    return found


def _at_aorta(point: np.ndarray, aorta_ras: np.ndarray) -> np.ndarray:
    """Return a whole point as it is, and a height at the middle of the aorta there."""
    if np.isfinite(point).all():
        return point
    nearest = np.argsort(np.abs(aorta_ras[:, 2] - point[2]), kind="stable")[:200]
    middle = aorta_ras[nearest].mean(axis=0)
    return np.array([middle[0], middle[1], point[2]])

"""Fat around the arteries of the gut: no artery of these runs through liver or pancreas, however lean the patient."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from .. import anatomy as territories
from .canvas import FAT_HU, Canvas, Field
from .person import Person
from .tubes import Tube

# Of a person's details.
_SLEEVES = 16
# What the trunk divides into, in the fat along the pancreas' upper border: so far, mm.
_DIVIDES, _ALONG_MM = ("hepatic", "splenic"), 25.0
# Thickness in mm: the middle of people, its spread (of the logarithm), least and most. A plane of fat between the
# coeliac and superior mesenteric arteries and the pancreas is what CT shows of the healthy (Loyer et al. 1996, Abdom
# Imaging 21:202); the numbers are ours.
_THICK_MM, _SPREAD, _RANGE_MM = 4.0, 0.6, (1.2, 10.0)
# How much it differs from place to place, as a part of the thickness: over centimetres, and over millimetres.
_WIDE, _FINE = (24.0, 0.55), (9.0, 0.35)
# Nerves, nodes and lymph vessels in it: up to so much denser than fat, HU.
_STRANDS_HU = 70.0


def paint_sleeves(canvas: Canvas, arteries: list[Tube], person: Person, within: np.ndarray) -> None:
    """Paint fat around the coeliac trunk and the mesenteric arteries, uneven, here thick and there hardly any.

    Parameters
    ----------
    canvas : Canvas
        With liver, pancreas and bowel, which were drawn without a thought for these arteries.
    arteries : list of Tube
        Of them those of the gut are used.
    person : Person
        How thick it is, and where, comes from the person's own random numbers.
    within : ndarray of float32, shape (k, j, i)
        Share of each voxel that may be painted: the belly's cavity.
    """
    rng = person.rng(_SLEEVES)
    thick = float(np.clip(_THICK_MM * np.exp(rng.normal(0.0, _SPREAD)), *_RANGE_MM))
    uneven = [Field(rng, pitch_mm, share * thick) for pitch_mm, share in (_WIDE, _FINE)]
    strands = Field(rng, 5.0, 1.0)
    dense = rng.uniform(0.0, _STRANDS_HU)

    def fat(x, y, z):
        return FAT_HU + dense * np.clip(0.5 + 0.5 * strands(x, y, z), 0.0, 2.0)

    def beyond(x, y, z):
        return np.maximum(thick + uneven[0](x, y, z) + uneven[1](x, y, z), 0.0)

    for tube in arteries:
        points, radius = _sleeved(tube)
        if not len(points):
            continue
        reach = float(radius.max()) + 3.0 * thick
        distance = _Distance(points, radius, reach)
        canvas.paint(
            lambda x, y, z, distance=distance: distance(x, y, z) - beyond(x, y, z),
            fat,
            points.min(axis=0) - reach,
            points.max(axis=0) + reach,
            within,
            part="sleeve",
        )


def _sleeved(tube: Tube) -> tuple[np.ndarray, np.ndarray]:
    """Return the points (RAS, mm) of the part of an artery that lies in fat, and its radii; none of other arteries."""
    if tube.label and territories.territory_of_label(tube.label).group == "mesenteric":
        return tube.centerline.points, tube.outer_mm
    part = slice(0, 0)
    if tube.name in _DIVIDES:
        part = slice(None, int(np.searchsorted(tube.centerline.arc_mm, _ALONG_MM)))
    return tube.centerline.points[part], tube.outer_mm[part]


class _Distance:
    """Signed distance to the surface of a tube, mm: far from it only that it is far."""

    def __init__(self, points: np.ndarray, radius: np.ndarray, reach_mm: float):
        self._tree, self._radius, self._reach_mm = cKDTree(points), radius, reach_mm

    def __call__(self, x, y, z) -> np.ndarray:
        """Return it on the open mesh of x, y, z, shape (k, j, i)."""
        places = np.stack(np.broadcast_arrays(x, y, z), axis=-1)
        away, nearest = self._tree.query(places, distance_upper_bound=self._reach_mm)
        radius = np.append(self._radius, 0.0)[nearest]
        return (np.where(np.isfinite(away), away, 2 * self._reach_mm) - radius).astype(np.float32)

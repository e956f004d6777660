"""The vessels of one measurement, with what lies along each; worked out when somebody looks at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..anatomy import territory
from ..measurement.coarse import Followed
from ..measurement.result import Measurement
from .centreline import Centreline, centreline_of
from .profile import Profile, local_burden, profile_of
from .straight import Straightened, straightened


@dataclass(frozen=True)
class PlaceAlong:
    """Where along a vessel a place lies.

    Attributes
    ----------
    territory : str
    length_mm : float
        Path length of the centreline's nearest point.
    away_mm : float
        How far the place is from it.
    """

    territory: str
    length_mm: float
    away_mm: float


class Vessels:
    """What lies along the vessels of a measurement.

    Parameters
    ----------
    measurement : Measurement
    courses : mapping of str to measurement.coarse.Followed
        By territory, as they were measured.

    Attributes
    ----------
    names : tuple of str
        The territories that were found and are long enough to have a centreline, in table order.
    """

    def __init__(self, measurement: Measurement, courses: Mapping[str, Followed]):
        self.measurement = measurement
        self._courses = courses
        self._lines = {
            each.name: centreline_of(courses[each.name])
            for each in measurement.territories
            if each.found and each.name in courses
        }
        self.names = tuple(name for name, line in self._lines.items() if len(line.points_ras) > 1)
        self._profiles: dict[str, Profile] = {}
        self._laid_out: dict[str, Straightened] = {}

    def centreline(self, name: str) -> Centreline:
        """Return the centreline of a territory."""
        return self._lines[name]

    def profile(self, name: str) -> Profile:
        """Return the profile of a territory."""
        if name not in self._profiles:
            line = self._lines[name]
            self._profiles[name] = profile_of(territory(name), self._courses[name], self.measurement, line)
        return self._profiles[name]

    def laid_out(self, name: str) -> Straightened:
        """Return a territory laid out straight."""
        if name not in self._laid_out:
            self._laid_out[name] = straightened(self._lines[name])
        return self._laid_out[name]

    def place_near(self, point_ras: npt.ArrayLike, names: tuple[str, ...] | None = None) -> PlaceAlong | None:
        """Return the place along the nearest of some vessels (all by default); None where there is no vessel."""
        found = []
        for name in self.names if names is None else names:
            (row,), (away,) = self._lines[name].rows_near(point_ras)
            found.append(PlaceAlong(name, float(self._lines[name].path_lengths_mm[row]), float(away)))
        return min(found, key=lambda place: place.away_mm, default=None)

    def local_burden_at(self, name: str, points_ras: np.ndarray) -> np.ndarray:
        """Return the local burden of a territory where it is nearest to some places, 0 to 1; NaN beyond what is kept.

        Parameters
        ----------
        name : str
        points_ras : ndarray, shape (n, 3)
            RAS, mm; of its surface, say.
        """
        rows, _ = self._lines[name].rows_near(points_ras)
        lengths, profile = self._lines[name].path_lengths_mm[rows], self.profile(name)
        # Where its ends lie depends on the voxels: half a slice more is still the vessel.
        reach = profile.width_mm / 2
        is_kept = (lengths >= profile.edges_mm[0] - reach) & (lengths <= profile.edges_mm[-1] + reach)
        return np.where(is_kept, local_burden(profile, lengths), np.nan)

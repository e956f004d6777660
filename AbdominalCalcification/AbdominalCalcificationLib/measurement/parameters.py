"""What the user can choose about a measurement."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..anatomy import KEPT_LENGTHS, TERRITORIES, Territory
from ..errors import InputError

_BY_NAME = {territory.name: territory for territory in TERRITORIES}


def default_kept_lengths_mm() -> dict[str, float]:
    """Return the default kept path length of each group of branches, in mm."""
    return {t.group: t.kept_length_mm for t in TERRITORIES if t.group and t.kept_length_mm is not None}


@dataclass(frozen=True)
class Reassignment:
    """Calcified voxels that somebody gave to a territory (``measurement.md#calcification-given-by-hand``).

    Attributes
    ----------
    territory : str
    points_ras : tuple of (float, float, float)
        RAS, mm; a calcified voxel in which one of them lies is given. Kept to a hundredth of a millimetre.

    Raises
    ------
    InputError
        For a territory that there is not, and points that are none.
    """

    territory: str
    points_ras: tuple[tuple[float, float, float], ...]

    def __post_init__(self):
        if self.territory not in _BY_NAME:
            raise InputError(f"There is no artery called '{self.territory}'; use one of {', '.join(_BY_NAME)}.")
        try:
            points = tuple(tuple(round(float(value), 2) for value in point) for point in self.points_ras)
        except (TypeError, ValueError):
            points = ((),)
        if any(len(point) != 3 or not all(map(math.isfinite, point)) for point in points):
            raise InputError("Calcification is given to an artery by points of three numbers (R, A, S in mm).")
        object.__setattr__(self, "points_ras", points)


@dataclass(frozen=True)
class MeasurementParameters:
    """Parameters of a measurement; all lengths in mm, volumes in mm³.

    Attributes
    ----------
    kept_length_mm : mapping of str to float
        Path length that is kept of each group of branches (``renal``, ``mesenteric``,
        ``common_iliac``); ``inf`` keeps all, and a length below a voxel, 0 included, the voxels with which a branch
        begins. Groups left out get their default. The name of a branch (``renal_left``) sets its length alone.
    max_distance_mm : float
        Calcification farther than this from every artery is *unassigned*.
    min_cluster_volume_mm3 : float
        Smaller clusters are left out of every number but reported as a sum.
    attach_distance_mm : float
        A branch that a gap of at most this separates from its parent is attached.
    reassigned : sequence of Reassignment
        Calcification that was given to territories by hand; of several that name a voxel the last counts.

    Raises
    ------
    InputError
        For unknown groups and branches, values that are negative or no numbers, and infinite ones other than kept
        lengths.
    """

    kept_length_mm: Mapping[str, float] = field(default_factory=default_kept_lengths_mm)
    max_distance_mm: float = 3.0
    min_cluster_volume_mm3: float = 0.0
    attach_distance_mm: float = 10.0
    reassigned: Sequence[Reassignment] = ()

    def __post_init__(self):
        lengths = default_kept_lengths_mm()
        for group, length in dict(self.kept_length_mm).items():
            if group not in KEPT_LENGTHS:
                raise InputError(f"There is no kept length called '{group}'; use {', '.join(KEPT_LENGTHS)}.")
            lengths[group] = float(length)
        object.__setattr__(self, "kept_length_mm", lengths)
        object.__setattr__(self, "reassigned", tuple(self.reassigned))
        for name, value in [*lengths.items(), *((n, getattr(self, n)) for n in _NUMBERS)]:
            if not float(value) >= 0:
                raise InputError(f"'{name}' must be a number of at least 0, not {value}.")
        for name in _NUMBERS:
            if not math.isfinite(float(getattr(self, name))):
                raise InputError(f"'{name}' cannot be infinite; give a number, a large one for no limit.")

    def kept_length_of(self, territory: Territory) -> float:
        """Return the path length kept of `territory`, in mm; ``inf`` where nothing is cut."""
        if territory.group is None:
            return float("inf")
        return self.kept_length_mm.get(territory.name, self.kept_length_mm[territory.group])


_NUMBERS = ("max_distance_mm", "min_cluster_volume_mm3", "attach_distance_mm")

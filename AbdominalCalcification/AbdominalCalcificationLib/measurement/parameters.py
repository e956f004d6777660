"""What the user can choose about a measurement."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..anatomy import KEPT_LENGTH_GROUPS, TERRITORIES, Territory
from ..errors import InputError


def default_kept_lengths_mm() -> dict[str, float]:
    """Return the default kept path length of each group of branches, in mm."""
    return {t.group: t.kept_length_mm for t in TERRITORIES if t.group and t.kept_length_mm is not None}


@dataclass(frozen=True)
class MeasurementParameters:
    """Parameters of a measurement; all lengths in mm, volumes in mm³.

    Attributes
    ----------
    kept_length_mm : mapping of str to float
        Path length that is kept of each group of branches (``renal``, ``mesenteric``,
        ``common_iliac``); ``inf`` keeps all, and a length below a voxel, 0 included, the voxels with which a branch
        begins. Groups left out get their default.
    max_distance_mm : float
        Calcification farther than this from every artery is *unassigned*.
    min_cluster_volume_mm3 : float
        Smaller clusters are left out of every number but reported as a sum.
    attach_distance_mm : float
        A branch that a gap of at most this separates from its parent is attached.

    Raises
    ------
    InputError
        For unknown groups, values that are negative or not numbers, and infinite ones other than kept lengths.
    """

    kept_length_mm: Mapping[str, float] = field(default_factory=default_kept_lengths_mm)
    max_distance_mm: float = 3.0
    min_cluster_volume_mm3: float = 0.0
    attach_distance_mm: float = 10.0

    def __post_init__(self):
        lengths = default_kept_lengths_mm()
        for group, length in dict(self.kept_length_mm).items():
            if group not in KEPT_LENGTH_GROUPS:
                raise InputError(f"There is no kept length called '{group}'; use {', '.join(KEPT_LENGTH_GROUPS)}.")
            lengths[group] = float(length)
        object.__setattr__(self, "kept_length_mm", lengths)
        for name, value in [*lengths.items(), *((n, getattr(self, n)) for n in _NUMBERS)]:
            if not float(value) >= 0:
                raise InputError(f"'{name}' must be a number of at least 0, not {value}.")
        for name in _NUMBERS:
            if not math.isfinite(float(getattr(self, name))):
                raise InputError(f"'{name}' cannot be infinite; give a number, a large one for no limit.")

    def kept_length_of(self, territory: Territory) -> float:
        """Return the path length kept of `territory`, in mm; ``inf`` where nothing is cut."""
        return float("inf") if territory.group is None else self.kept_length_mm[territory.group]


_NUMBERS = ("max_distance_mm", "min_cluster_volume_mm3", "attach_distance_mm")

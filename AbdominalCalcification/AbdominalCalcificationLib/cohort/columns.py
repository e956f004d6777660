"""The columns of the tables of a cohort."""

from __future__ import annotations

from ..anatomy import TERRITORIES
from ..reporting.tables import QUANTITIES

TOTAL = "total"
#: Calcification that is in no burden.
BESIDE = (
    "unassigned_calcified_volume_mm3",
    "beyond_kept_length_calcified_volume_mm3",
    "below_minimum_calcified_volume_mm3",
)
NAMES = (TOTAL, *(territory.name for territory in TERRITORIES))
_IDENTITY = ("id", "patient")
_JUDGED = ("trust", "look_at", "flags")
_MADE = ("version", "folder")
#: What no column of covariates may be called.
OF_RESULTS = frozenset(
    (
        *_IDENTITY,
        *_JUDGED,
        *_MADE,
        *BESIDE,
        "seconds",
        "territory",
        "found",
        *QUANTITIES,
        *(f"{name}_{quantity}" for name in NAMES for quantity in QUANTITIES),
    )
)


def cohort_columns(covariates: list[str]) -> list[str]:
    """Return the columns of cohort.csv."""
    numbers = [f"{name}_{quantity}" for name in NAMES for quantity in QUANTITIES]
    return [*_IDENTITY, *covariates, *_JUDGED, *numbers, *BESIDE, *_MADE]

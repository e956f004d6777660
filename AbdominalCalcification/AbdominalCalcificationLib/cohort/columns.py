"""The columns of the tables of a cohort."""

from __future__ import annotations

from ..anatomy import TERRITORIES

TOTAL = "total"
#: Of every artery and of all together; ``burden_percent`` is 100 times the burden.
QUANTITIES = (
    "artery_volume_mm3",
    "calcified_volume_mm3",
    "burden_percent",
    "cluster_count",
    "mean_cluster_volume_mm3",
    "median_cluster_volume_mm3",
    "largest_cluster_volume_mm3",
    "confidence",
)
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

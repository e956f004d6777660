"""In which unit differences of a quantity are told."""

from __future__ import annotations

# Name of the unit, and what a difference as it is recorded is multiplied by. A burden is a fraction; 100 times the
# difference of two are percentage points, not per cent of either.
_UNITS = {
    "burden": ("percentage points", 100.0),
    "calcified_volume_mm3": ("mm³", 1.0),
    "cluster_count": ("clusters", 1.0),
    "hausdorff95_mm": ("mm", 1.0),
}
# As statistics are recorded in evaluation.json.
RECORDED = {"burden": "fraction", "calcified_volume_mm3": "mm3", "cluster_count": "clusters"}
ERROR_OF = "absolute error of "


def unit_of_difference(quantity: str) -> tuple[str, float]:
    """Return the unit of differences of a quantity, metric or absolute error, and the factor to it; "" for ratios."""
    return _UNITS.get(quantity.removeprefix(ERROR_OF), ("", 1.0))

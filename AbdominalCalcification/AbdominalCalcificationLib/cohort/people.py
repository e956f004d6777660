"""Age and sex of the people of a cohort, from the columns that tell them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress

_SEXES = {"m": "men", "male": "men", "man": "men", "f": "women", "female": "women", "w": "women", "woman": "women"}
_OLDEST = 120
# Codes, and what else a column of sexes says.
_LONGEST_CODE, _OTHER_SEXES = 2, ("diverse", "other", "unknown")


def age_of(covariates: Mapping[str, str]) -> float | None:
    """Return the age in years of a column ``age``; None where there is none that can be one."""
    text = _covariate(covariates, "age")
    with suppress(ValueError):
        age = float(text.replace(",", "."))
        if math.isfinite(age) and 0 <= age <= _OLDEST:
            return age
    return None


def sex_of(covariates: Mapping[str, str]) -> str | None:
    """Return the group of a column ``sex``: men, women, or what stands there; None for an empty cell."""
    text = _covariate(covariates, "sex")
    return _SEXES.get(text.lower(), text[:12]) or None


def _covariate(covariates: Mapping[str, str], wanted: str) -> str:
    return next((value.strip() for name, value in covariates.items() if name.strip().lower() == wanted), "")


def plain_value(name: str, value: str) -> str:
    """Return a cell of the column ``age`` or ``sex`` where it is one; empty where it holds something else."""
    if name.strip().lower() == "age":
        return value if age_of({"age": value}) is not None else ""
    plain = value.strip().lower()
    return value if len(plain) <= _LONGEST_CODE or plain in _SEXES or plain in _OTHER_SEXES else ""

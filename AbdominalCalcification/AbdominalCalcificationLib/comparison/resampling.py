"""Statistics with their uncertainty: the bootstrap over patients.

Statistics are written for weighted rows, so that thousands of resamples (rows drawn several times = whole-number
weights) are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

# Fewer patients than this say nothing about spread.
LEAST_PATIENTS = 3
# A bootstrap interval needs a value in nearly every resample.
_LEAST_DEFINED = 0.95
# Resamples worked on at once: keeps the matrices small for cohorts of thousands.
_BATCH = 250


@dataclass(frozen=True)
class Estimate:
    """A statistic with its uncertainty.

    Attributes
    ----------
    value : float or None
        None where it is not defined (fewer than three pairs, or no spread to correlate).
    bootstrap : tuple of float or None
        Percentile interval over resampled patients.
    analytic : tuple of float or None
        Interval from a formula, where there is one (bias and limits of agreement) and every pair is another patient's.
    """

    value: float | None
    bootstrap: tuple[float, float] | None = None
    analytic: tuple[float, float] | None = None


def numbered_patients(patients: Sequence | None, count: int) -> np.ndarray:
    """Return who each of `count` rows is from as numbers from 0; each row is somebody else's where nobody says it."""
    return np.arange(count) if patients is None else np.unique(np.asarray(patients), return_inverse=True)[1]


def estimates(
    statistics: Callable[[np.ndarray], dict[str, np.ndarray]],
    patients: Sequence | None,
    count: int,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> dict[str, Estimate]:
    """Return statistics of `count` rows, each with its bootstrap interval; see :func:`bootstrap_intervals`."""
    values = {name: each[0] for name, each in statistics(np.ones((1, count))).items()}
    intervals = bootstrap_intervals(statistics, numbered_patients(patients, count), confidence, resamples, seed)
    return {
        name: Estimate(float(value), intervals.get(name)) if np.isfinite(value) else Estimate(None)
        for name, value in values.items()
    }


def bootstrap_intervals(
    statistics: Callable[[np.ndarray], dict[str, np.ndarray]],
    patients: np.ndarray,
    confidence: float,
    resamples: int,
    seed: int,
) -> dict[str, tuple[float, float]]:
    """Return percentile intervals over resampled patients (Efron & Tibshirani 1993, chapter 13).

    Parameters
    ----------
    statistics : callable
        Of weights, shape (resamples, n): for each statistic its values, shape (resamples,); NaN where not defined.
    patients : ndarray of int, length n
        Who each row is from, counted from 0 without gaps.
    confidence : float
    resamples, seed : int
    """
    count = int(patients.max()) + 1 if len(patients) else 0
    if resamples < 1 or count < LEAST_PATIENTS:
        return {}
    rng = np.random.Generator(np.random.PCG64(seed))
    batches = []
    for start in range(0, resamples, _BATCH):
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=min(_BATCH, resamples - start))
        batches.append(statistics(drawn[:, patients].astype(float)))
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    intervals = {}
    for name in batches[0]:
        values = np.concatenate([batch[name] for batch in batches])
        values = values[np.isfinite(values)]
        if len(values) >= _LEAST_DEFINED * resamples:
            low, high = np.quantile(values, tails)
            intervals[name] = (float(low), float(high))
    return intervals

"""Whether what a method says of its own uncertainty is true: coverage of intervals, calibration of probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .resampling import Estimate, estimates

_BINS = 10


@dataclass(frozen=True)
class Coverage:
    """How often intervals hold the reference.

    Attributes
    ----------
    level : float
        How often they are meant to.
    pairs : int
    covered : Estimate
        Share of the references within, ends included.
    width : Estimate
        Mean width.
    """

    level: float
    pairs: int
    covered: Estimate
    width: Estimate


@dataclass(frozen=True)
class Calibration:
    """How probabilities of grades compare with what the reference says.

    Attributes
    ----------
    pairs : int
    bins : tuple of dict
        Of the probability that the grade is at least 1, 2, … : ``from``, ``to``, ``count``, and the means
        ``predicted`` and ``observed`` (None in an empty bin).
    error : Estimate
        Expected calibration error: mean distance of observed from predicted over the bins, weighted by their counts
        (Naeini et al. 2015, AAAI).
    ranked_score : Estimate
        Ranked probability score (Epstein 1969, J Appl Meteorol 8:985) over the number of grades less one: 0 is
        certain and right.
    """

    pairs: int
    bins: tuple[dict, ...]
    error: Estimate
    ranked_score: Estimate


def coverage(
    level: float,
    reference: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    patients: Sequence | None = None,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Coverage:
    """Return how often `intervals`, meant to hold `level` of the references, do; ends are within.

    Scores are whole numbers, so that intervals of them hold somewhat more than their level even where the
    probabilities behind them are right.
    """
    values, ends = np.asarray(reference, float), np.asarray(intervals, float).reshape(-1, 2)
    if len(values) != len(ends):
        raise InputError("Every reference needs an interval.")
    inside = (ends[:, 0] <= values) & (values <= ends[:, 1])
    parts = {"covered": inside.astype(float), "width": ends[:, 1] - ends[:, 0]}

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {name: _mean(weights, each) for name, each in parts.items()}

    return Coverage(level, len(values), **estimates(statistics, patients, len(values), resamples=resamples, seed=seed))


def calibration(
    grades: Sequence[int],
    probabilities: Sequence[Sequence[float]],
    patients: Sequence | None = None,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Calibration:
    """Compare probabilities of grades, shape (n, number of grades), with the grades that the reference gives."""
    shares = np.asarray(probabilities, float)
    truth = np.asarray(grades, int)
    if shares.ndim != 2 or len(shares) != len(truth):
        if len(truth) or shares.size:
            raise InputError("Every grade needs a probability of each grade.")
        shares = shares.reshape(0, 2)
    steps = np.arange(1, shares.shape[1])
    # The probability of at least so much, and whether it is: one row for each of these events.
    predicted = 1 - np.cumsum(shares, axis=1)[:, :-1]
    happened = (truth[:, None] >= steps).astype(float)
    ranked = ((predicted - happened) ** 2).mean(axis=1) if len(steps) else np.zeros(len(truth))
    place = np.clip((predicted * _BINS).astype(int), 0, _BINS - 1)
    of_bin = np.stack([(place == each) for each in range(_BINS)], axis=0).astype(float)
    counts, sums, hits = (of_bin.sum(axis=2), (of_bin * predicted).sum(axis=2), (of_bin * happened).sum(axis=2))

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        gaps = np.abs(weights @ (hits - sums).T).sum(axis=1)
        total = (weights @ counts.T).sum(axis=1)
        return {"error": _divided(gaps, total), "ranked_score": _mean(weights, ranked)}

    found = estimates(statistics, patients, len(truth), resamples=resamples, seed=seed)
    bins = tuple(
        {
            "from": place / _BINS,
            "to": (place + 1) / _BINS,
            "count": int(count),
            "predicted": float(said / count) if count else None,
            "observed": float(seen / count) if count else None,
        }
        for place, (count, said, seen) in enumerate(
            zip(counts.sum(axis=1), sums.sum(axis=1), hits.sum(axis=1), strict=True)
        )
    )
    return Calibration(len(truth), bins, **found)


def _mean(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    return _divided(weights @ values, weights.sum(axis=1))


def _divided(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)

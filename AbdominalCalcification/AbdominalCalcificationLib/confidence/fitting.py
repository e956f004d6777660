"""Calibrating, and telling how well that went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from .calibration import Calibration, log_odds

# Weights are drawn to 0 as if so many outcomes spoke against each: a few patients separate perfectly.
_RIDGE = 0.1
_STEPS = 100


@dataclass(frozen=True)
class Bin:
    """One bar of a reliability diagram: how many had such a probability, its mean, and the share that was right."""

    count: int
    predicted: float
    observed: float


@dataclass(frozen=True)
class Reliability:
    """How good probabilities were.

    Attributes
    ----------
    brier : float
        Mean squared difference from what happened (Brier 1950); `brier_of_share` is that of telling of everything the
        share that was right in the other patients.
    brier_of_share : float
    ece : float
        Expected calibration error: mean distance of bins from the diagonal, by count (Naeini et al. 2015).
    bins : tuple of Bin
    """

    brier: float
    brier_of_share: float
    ece: float
    bins: tuple[Bin, ...]

    def document(self) -> dict:
        """Return this as JSON values."""
        bins = [
            {"count": b.count, "predicted": round(b.predicted, 3), "observed": round(b.observed, 3)} for b in self.bins
        ]
        numbers = {"brier": self.brier, "brier_of_share": self.brier_of_share, "ece": self.ece}
        return {**{name: round(value, 4) for name, value in numbers.items()}, "bins": bins}


def fit(signs: Sequence[Sequence[float]], right: Sequence[bool], predicts: str = "") -> Calibration:
    """Return the calibration that makes what happened most likely, with weights that are not negative.

    Parameters
    ----------
    signs : sequence of sequence of float, shape (n, signs)
        Probabilities and shares, 0 to 1.
    right : sequence of bool, shape (n,)
    predicts : str

    Raises
    ------
    ValueError
        Where there is nothing to learn from.
    """
    x = np.array([[log_odds(value) for value in row] for row in signs], float)
    y = np.asarray(right, float)
    if not len(y) or y.min() == y.max():
        raise ValueError("right and wrong ones are needed")
    chosen = list(range(x.shape[1]))
    while True:
        weights, intercept = _logistic(x[:, chosen], y)
        if not len(chosen) or weights.min(initial=0.0) >= 0:
            break
        del chosen[int(weights.argmin())]
    full = np.zeros(x.shape[1])
    full[chosen] = weights
    return Calibration(predicts, tuple(np.round(full, 4).tolist()), round(float(intercept), 4))


def _logistic(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Return weights and intercept of a logistic regression, by Newton's method."""
    design = np.column_stack([x, np.ones(len(x))])
    ridge = np.diag([*[_RIDGE] * x.shape[1], 1e-6])
    beta = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        p = expit(design @ beta)
        gradient = design.T @ (y - p) - ridge @ beta
        hessian = (design * (p * (1 - p))[:, None]).T @ design + ridge
        step = np.linalg.solve(hessian, gradient)
        length = np.abs(step).max()
        beta += step / max(length, 1.0)
        if length < 1e-9:
            break
    return beta[:-1], float(beta[-1])


def held_out(
    signs: Sequence[Sequence[float]], right: Sequence[bool], patient: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return what is said of each patient by all the others.

    Parameters
    ----------
    signs : sequence of sequence of float, shape (n, signs)
    right : sequence of bool, shape (n,)
    patient : sequence of int, shape (n,)

    Returns
    -------
    probability : ndarray, shape (n,)
        By a calibration of the others.
    share : ndarray, shape (n,)
        That was right in the others.
    """
    rows, outcome, of = list(signs), np.asarray(right, bool), np.asarray(patient)
    probability, share = np.zeros(len(outcome)), np.zeros(len(outcome))
    for each in np.unique(of):
        others = of != each
        calibration = fit([row for row, other in zip(rows, others, strict=True) if other], outcome[others])
        share[~others] = outcome[others].mean()
        for place in np.flatnonzero(~others):
            probability[place] = calibration.probability(rows[place])
    return probability, share


def reliability(
    probability: Sequence[float], right: Sequence[bool], share: Sequence[float], bins: int = 10
) -> Reliability:
    """Compare probabilities, and shares, with what happened, in bins of equal width; empty ones are left out."""
    p, y, s = np.asarray(probability, float), np.asarray(right, float), np.asarray(share, float)
    which = np.minimum((p * bins).astype(int), bins - 1)
    rows = []
    for number in range(bins):
        inside = which == number
        if inside.any():
            rows.append(Bin(int(inside.sum()), float(p[inside].mean()), float(y[inside].mean())))
    ece = sum(row.count * abs(row.predicted - row.observed) for row in rows) / len(p)
    return Reliability(float(np.mean((p - y) ** 2)), float(np.mean((s - y) ** 2)), float(ece), tuple(rows))

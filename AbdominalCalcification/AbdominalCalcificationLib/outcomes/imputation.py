"""Multiple imputation by chained equations, and Rubin's rules.

Our own, since statsmodels' ``MICEData`` took half a second for one column of 400 rows, thousands of which a cohort's
imputations need.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

# Rounds over all columns before an imputation is taken (van Buuren 2018, Flexible Imputation of Missing Data, 4.5.6).
_ROUNDS = 10
# Donors of predictive mean matching, as there (section 3.4.3).
_DONORS = 5
# Added to the variances of the predictors, as a part of them, where some are nearly collinear (as there, section
# 3.2.3).
_RIDGE = 1e-5


def imputed(x: np.ndarray, helpers: np.ndarray, count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Return `count` copies of `x` with what is missing drawn from its distribution given the rest.

    Predictive mean matching: a missing value is that of one of the five rows whose predictions are nearest,
    predictions for the missing being made with coefficients drawn from their posterior (van Buuren 2018, algorithm
    3.3). So values are real ones; a 0/1 column stays one.

    Parameters
    ----------
    x : float array, shape (n, p)
        NaN where missing. Every column has at least one value.
    helpers : float array, shape (n, q)
        What helps to predict and is known for everybody: for Cox's regression exposure, event and the cumulative hazard
        (White and Royston 2009, doi 10.1002/sim.3618).
    count : int
    rng : Generator
    """
    missing = np.isnan(x)
    columns = [column for column in np.argsort(missing.sum(axis=0), kind="stable") if missing[:, column].any()]
    copies = []
    for _ in range(count):
        filled = x.copy()
        for column in columns:
            known = x[~missing[:, column], column]
            filled[missing[:, column], column] = rng.choice(known, int(missing[:, column].sum()))
        for _ in range(_ROUNDS):
            for column in columns:
                others = np.column_stack([np.delete(filled, column, axis=1), helpers])
                filled[missing[:, column], column] = _drawn(filled[:, column], missing[:, column], others, rng)
        copies.append(filled)
    return copies


def _drawn(values: np.ndarray, missing: np.ndarray, others: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    spread = others.std(axis=0)
    standard = np.column_stack(
        [np.ones(len(others)), (others - others.mean(axis=0)) / np.where(spread > 0, spread, 1.0)]
    )
    known = ~missing
    a, y = standard[known], values[known]
    square = a.T @ a
    inverse = np.linalg.inv(square + _RIDGE * np.diag(np.diag(square) + 1e-12))
    mean = inverse @ (a.T @ y)
    residual = y - a @ mean
    degrees = max(len(y) - a.shape[1], 1)
    deviation = np.sqrt(residual @ residual / rng.chisquare(degrees))
    drawn = mean + deviation * np.linalg.cholesky(inverse) @ rng.standard_normal(len(mean))
    # Type 1 matching: the known are predicted by the estimate, the missing by the draw.
    order = np.argsort(a @ mean, kind="stable")
    predicted = (a @ mean)[order]
    wanted = standard[missing] @ drawn
    donors = min(_DONORS, len(y))
    # The nearest lie side by side in this order.
    begin = np.clip(np.searchsorted(predicted, wanted) - donors, 0, max(len(y) - 2 * donors, 0))
    places = begin[:, None] + np.arange(min(2 * donors, len(y)))
    distance = np.abs(predicted[places] - wanted[:, None])
    nearest = np.argsort(distance, axis=1, kind="stable")[:, :donors]
    chosen = nearest[np.arange(len(wanted)), rng.integers(0, donors, len(wanted))]
    return y[order[places[np.arange(len(wanted)), chosen]]]


def cumulative_hazard(time: np.ndarray, event: np.ndarray) -> np.ndarray:
    """Return Nelson and Aalen's cumulative hazard at each row's own time, shape (n,)."""
    times, place = np.unique(time, return_inverse=True)
    events = np.bincount(place, np.asarray(event, float))
    at_risk = len(time) - np.searchsorted(np.sort(time), times)
    return np.cumsum(events / at_risk)[place]


@dataclass(frozen=True)
class Pooled:
    """Coefficients over imputations.

    Attributes
    ----------
    coefficients : float array, shape (p,)
    covariance : float array, shape (p, p)
    degrees : float array, shape (p,)
        Of Student's t.
    missing_information : float array, shape (p,)
        The part of the variance that comes of what is missing.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    degrees: np.ndarray
    missing_information: np.ndarray


def pooled(coefficients: Sequence[np.ndarray], covariances: Sequence[np.ndarray], complete_degrees: float) -> Pooled:
    """Combine the models of at least two imputations by Rubin's rules.

    Rubin 1987, Multiple Imputation for Nonresponse in Surveys, section 3.1; degrees of freedom of Barnard and Rubin
    1999 (doi 10.1093/biomet/86.4.948), for `complete_degrees` with nothing missing.
    """
    estimates = np.array(coefficients)
    count = len(estimates)
    within = np.mean(covariances, axis=0)
    between = np.atleast_2d(np.cov(estimates, rowvar=False))
    total = within + (1 + 1 / count) * between
    share = (1 + 1 / count) * np.diag(between) / np.diag(total)
    observed = (complete_degrees + 1) / (complete_degrees + 3) * complete_degrees * (1 - share)
    with np.errstate(divide="ignore"):
        degrees = 1 / (share**2 / (count - 1) + 1 / observed)
    return Pooled(estimates.mean(axis=0), total, degrees, share)


def t_quantile(degrees: np.ndarray | float) -> np.ndarray:
    """Return how many standard errors a 95 % interval reaches."""
    return np.asarray(stats.t.ppf(0.975, degrees))

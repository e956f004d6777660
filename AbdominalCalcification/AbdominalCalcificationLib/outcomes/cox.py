"""Cox's regression: coefficients, robust variances, the test of proportional hazards, and predicted risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from .partial_likelihood import (
    Likelihood,
    Maximum,
    RiskSets,
    likelihood,
    maximum,
    risk_sets,
    row_sums,
    with_tied_share,
)


@dataclass(frozen=True)
class CoxModel:
    """A model that converged.

    Attributes
    ----------
    coefficients : float array, shape (p,)
        Logarithms of hazard ratios (of odds ratios in a conditional logistic regression).
    covariance : float array, shape (p, p)
        The robust one where clusters were given.
    log_likelihood, null_log_likelihood : float
    steps : int
        Of Newton's method.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    null_log_likelihood: float
    steps: int
    sets: RiskSets
    x: np.ndarray
    time: np.ndarray

    @property
    def at_maximum(self) -> Likelihood:
        """The likelihood at the coefficients; covariates about their means, in the order of the risk sets."""
        return likelihood(self.sets, self.x, self.coefficients)


def fit_cox(
    time: np.ndarray,
    event: np.ndarray,
    x: np.ndarray,
    *,
    stratum: np.ndarray | None = None,
    cluster: np.ndarray | None = None,
    start: np.ndarray | None = None,
) -> CoxModel:
    """Fit Cox's regression, with Efron's way of ties.

    Parameters
    ----------
    time : float array, shape (n,)
        From the CT to the event or the end of the follow-up.
    event : bool array, shape (n,)
    x : float array, shape (n, p)
    stratum : array, shape (n,), optional
        Each has a baseline hazard of its own.
    cluster : array, shape (n,), optional
        Rows that belong together: the variance is then the robust one of Lin and Wei (1989,
        doi 10.1080/01621459.1989.10478874), summed over clusters, as R's ``coxph(…, cluster=)`` has it.
    start : float array, shape (p,), optional

    Raises
    ------
    NoEstimate
        See :func:`partial_likelihood.maximum`.
    """
    sets = risk_sets(time, event, stratum)
    ordered = np.asarray(x, float)[sets.order]
    ordered = ordered - ordered.mean(axis=0)
    found: Maximum = maximum(sets, ordered, start)
    covariance = found.covariance
    if cluster is not None:
        scores = _score_residuals(sets, ordered, likelihood(sets, ordered, found.coefficients))
        codes = np.unique(np.asarray(cluster)[sets.order], return_inverse=True)[1]
        summed = np.zeros((codes.max() + 1, scores.shape[1]))
        np.add.at(summed, codes, scores)
        influence = summed @ found.covariance
        covariance = influence.T @ influence
    ordered_time = np.asarray(time, float)[sets.order]
    return CoxModel(
        found.coefficients,
        covariance,
        found.value,
        found.null_value,
        found.steps,
        sets,
        ordered,
        ordered_time,
    )


def _score_residuals(sets: RiskSets, x: np.ndarray, point: Likelihood) -> np.ndarray:
    """Return what each row adds to the gradient, shape (n, p), in the order of the risk sets."""
    weighted_mean = point.hazard[:, None] * point.mean
    hazard = row_sums(sets, point.hazard) - with_tied_share(sets, point.hazard)
    mean = row_sums(sets, weighted_mean) - with_tied_share(sets, weighted_mean)
    residuals = -point.weight[:, None] * (x * hazard[:, None] - mean)
    # Of events at one time, each has the average of the means that Efron takes.
    count = np.bincount(sets.tie)
    averaged = np.zeros((len(count), x.shape[1]))
    np.add.at(averaged, sets.tie, point.mean)
    residuals[sets.events] += x[sets.events] - (averaged / count[:, None])[sets.tie]
    return residuals


@dataclass(frozen=True)
class ChiSquared:
    """A test with a χ² distribution."""

    statistic: float
    degrees: int
    p_value: float


def wald(coefficients: np.ndarray, covariance: np.ndarray) -> ChiSquared:
    """Test that all `coefficients`, shape (p,), are 0."""
    statistic = float(coefficients @ np.linalg.solve(covariance, coefficients))
    return ChiSquared(statistic, len(coefficients), float(stats.chi2.sf(statistic, len(coefficients))))


def proportional_hazards(model: CoxModel, terms: Sequence[Sequence[int]]) -> tuple[list[ChiSquared], ChiSquared]:
    """Test whether hazards are proportional: of each term and of all together.

    The score test for a coefficient that goes along with g(t) = 1 − S(t), S being Kaplan and Meier's estimate just
    before t (Grambsch and Therneau 1994, doi 10.1093/biomet/81.3.515; exact as in ``cox.zph`` of R's survival 3, not
    by the average variance).

    Parameters
    ----------
    model : CoxModel
        Of one stratum.
    terms : sequence of sequence of int
        Columns of each term.
    """
    sets, point = model.sets, model.at_maximum
    moments = _variances(model, point)
    time = model.time
    # Kaplan and Meier just before each event.
    at_risk = sets.last + 1.0
    deaths = np.bincount(sets.tie)[sets.tie]
    first_of_tie = np.r_[True, sets.tie[1:] != sets.tie[:-1]]
    factors = np.log1p(-np.minimum(deaths / at_risk, 1 - 1e-16))[first_of_tie]
    earlier = np.r_[np.cumsum(factors[::-1])[::-1][1:], 0.0]  # ties are in order of falling time
    g = 1 - np.exp(earlier)[sets.tie]
    g = g - g.mean()
    assert len(time) == len(sets.order)
    residuals = model.x[sets.events] - point.mean
    score = g @ residuals
    plain = moments.sum(axis=0)
    crossed = np.tensordot(g, moments, axes=1)
    squared = np.tensordot(g**2, moments, axes=1)

    def tested(columns: Sequence[int]) -> ChiSquared:
        chosen = list(columns)
        # What the other block leaves of the information (Schur's complement).
        left = squared[np.ix_(chosen, chosen)] - crossed[chosen] @ np.linalg.solve(plain, crossed[:, chosen])
        statistic = float(score[chosen] @ np.linalg.solve(left, score[chosen]))
        return ChiSquared(statistic, len(chosen), float(stats.chi2.sf(statistic, len(chosen))))

    return [tested(columns) for columns in terms], tested(range(model.x.shape[1]))


def _variances(model: CoxModel, point: Likelihood) -> np.ndarray:
    """Return the variance of the covariates of those at risk at each event, shape (e, p, p)."""
    sets, x = model.sets, model.x
    width = x.shape[1]
    moments = np.empty((len(sets.events), width, width))
    begin = sets.stratum_begin[sets.events]
    for one in range(width):
        for other in range(one, width):
            product = point.weight * x[:, one] * x[:, other]
            total = np.r_[0.0, np.cumsum(product)]
            with_event = np.bincount(sets.tie, product[sets.events])[sets.tie]
            second = (total[sets.last + 1] - total[begin] - sets.share * with_event) * point.hazard
            moments[:, one, other] = moments[:, other, one] = second - point.mean[:, one] * point.mean[:, other]
    return moments


def predicted_risk(model: CoxModel, x: np.ndarray, mean: np.ndarray, horizon: float) -> np.ndarray:
    """Return the predicted risk of an event up to `horizon`, shape (m,).

    1 − exp(−H₀(t) exp(x β)), with the baseline hazard of Efron's likelihood, as R's ``survfit`` of a ``coxph`` has it.

    Parameters
    ----------
    model : CoxModel
        Of one stratum.
    x : float array, shape (m, p)
    mean : float array, shape (p,)
        Of the covariates that the model was fitted to.
    horizon : float
        In the unit of the times.
    """
    point = model.at_maximum
    shift = (model.x @ model.coefficients).max()  # by which the weights are divided
    until = model.time[model.sets.events] <= horizon
    hazard = point.hazard[until].sum() * np.exp((x - mean) @ model.coefficients - shift)
    return -np.expm1(-hazard)

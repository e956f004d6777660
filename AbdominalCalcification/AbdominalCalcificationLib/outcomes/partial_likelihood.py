"""The partial likelihood of Cox's regression, and its maximum.

Ties are handled as Efron proposed (1977, doi 10.1080/01621459.1977.10480613). Strata have baseline hazards of their
own; with strata that are matched sets of one case each, and equal times, it is the likelihood of the conditional
logistic regression (Breslow and Day 1980, IARC Sci Publ 32, chapter 7), in which there are no ties.

Our own, since the bootstrap fits a model a thousand times: ``PHReg`` and ``ConditionalLogit`` of statsmodels take
seconds where this takes milliseconds, and do not say whether they converged; lifelines refuses the present pandas.
The tests compare with R's ``survival`` to six digits and more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Newton's step, in standard deviations of the covariates, below which the maximum is found; the next would be its
# square.
_CONVERGED = 1e-8
_MAX_STEPS = 30
# A coefficient of a covariate's standard deviation among those at risk that no data support: a ratio above 20 000.
_INFINITE = 10.0
_HALVINGS = 12
# Eigenvalue of the information of standardised covariates, over the greatest, below which they are not told apart.
_SINGULAR = 1e-10


class NoEstimate(ValueError):
    """There is no maximum of the likelihood, or it was not found; the text is the reason, as a part of a sentence."""


@dataclass(frozen=True)
class RiskSets:
    """Rows in order of stratum and falling time, and the events among them; see :func:`risk_sets`.

    Attributes
    ----------
    order : int array, shape (n,)
        Rows as they were given, in this order.
    stratum_begin : int array, shape (n,)
        For each row in order, where its stratum begins.
    events : int array, shape (e,)
        Places in the order of rows with an event.
    last : int array, shape (e,)
        For each event, the place of the last row that is still at risk at its time.
    share : float array, shape (e,)
        Of each event, the part l/d of those who have the event at the same time that Efron takes away.
    tie : int array, shape (e,)
        Which events have stratum and time in common, from 0.
    first_tie : int array, shape (n,)
        For each row in order, how many events of its stratum come at its time or before, as a place from the end.
    """

    order: np.ndarray
    stratum_begin: np.ndarray
    events: np.ndarray
    last: np.ndarray
    share: np.ndarray
    tie: np.ndarray
    first_tie: np.ndarray


def risk_sets(time: np.ndarray, event: np.ndarray, stratum: np.ndarray | None = None) -> RiskSets:
    """Return who is at risk when; `time` and `event`, shape (n,), stratum likewise or None for one."""
    stratum = np.zeros(len(time), int) if stratum is None else np.unique(stratum, return_inverse=True)[1]
    order = np.lexsort((-np.asarray(time, float), stratum))
    time, event, stratum = np.asarray(time, float)[order], np.asarray(event, bool)[order], stratum[order]
    count = len(time)
    new_stratum = np.r_[True, stratum[1:] != stratum[:-1]] if count else np.zeros(0, bool)
    new_time = new_stratum | np.r_[True, time[1:] != time[:-1]] if count else new_stratum
    block = np.cumsum(new_time) - 1
    last_of_block = np.r_[np.flatnonzero(new_time)[1:], count] - 1
    events = np.flatnonzero(event)
    tie = np.unique(block[events], return_inverse=True)[1]
    size = np.bincount(tie)
    begin = np.r_[0, np.cumsum(size)[:-1]].astype(int)
    share = (np.arange(len(events)) - begin[tie]) / size[tie] if len(events) else np.zeros(0)
    stratum_begin = np.maximum.accumulate(np.where(new_stratum, np.arange(count), 0))
    # Events come in the same order: those at or before a row's time begin at the first of its block.
    first_tie = np.searchsorted(block[events], block)
    return RiskSets(order, stratum_begin, events, last_of_block[block[events]], share, tie, first_tie)


@dataclass(frozen=True)
class Likelihood:
    """The partial likelihood at one point.

    Attributes
    ----------
    value : float
        Logarithm of the likelihood.
    gradient : float array, shape (p,)
    information : float array, shape (p, p)
    weight : float array, shape (n,)
        exp(x β) of the rows, in the order of the risk sets, over the greatest of the stratum.
    hazard : float array, shape (e,)
        Of each event, the baseline hazard times the same.
    mean : float array, shape (e, p)
        Of each event, the weighted mean of the covariates of those at risk.
    """

    value: float
    gradient: np.ndarray
    information: np.ndarray
    weight: np.ndarray
    hazard: np.ndarray
    mean: np.ndarray


def likelihood(sets: RiskSets, x: np.ndarray, coefficients: np.ndarray) -> Likelihood:
    """Return the partial likelihood of covariates in the order of the risk sets, shape (n, p)."""
    linear = x @ coefficients
    greatest = np.maximum.reduceat(linear, np.unique(sets.stratum_begin))
    linear = linear - greatest[np.unique(sets.stratum_begin, return_inverse=True)[1]]
    weight = np.exp(linear)
    events, share = sets.events, sets.share
    begin = sets.stratum_begin[events]

    def at_risk(values: np.ndarray) -> np.ndarray:
        total = np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, axis=0)])
        return total[sets.last + 1] - total[begin]

    def with_event(values: np.ndarray) -> np.ndarray:
        summed = np.zeros((sets.tie[-1] + 1, *values.shape[1:]))
        np.add.at(summed, sets.tie, values[events])
        return summed[sets.tie]

    weighted = weight[:, None] * x
    # Where a step goes too far, sums vanish or overflow; `maximum` sees that the value is not finite.
    denominator = at_risk(weight) - share * with_event(weight)
    mean = (at_risk(weighted) - share[:, None] * with_event(weighted)) / denominator[:, None]
    hazard = 1 / denominator
    cumulative, own = row_sums(sets, hazard), with_tied_share(sets, hazard)
    second = (weighted * (cumulative - own)[:, None]).T @ x
    information = second - mean.T @ mean
    value = float(linear[events].sum() - np.log(denominator).sum())
    return Likelihood(value, (x[events] - mean).sum(axis=0), information, weight, hazard, mean)


def row_sums(sets: RiskSets, values: np.ndarray) -> np.ndarray:
    """Return, for each row, the sum of the values of the events of its stratum at or before its time.

    `values` has shape (e,) or (e, k).
    """
    # In this order, the events at or before a row's time follow it, up to the end of its stratum.
    total = np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, axis=0)])
    places = np.arange(len(sets.order))
    ends = np.r_[np.flatnonzero(np.diff(sets.stratum_begin)) + 1, len(places)]
    end_of_row = ends[np.searchsorted(ends, places, side="right")]
    return total[np.searchsorted(sets.events, end_of_row)] - total[sets.first_tie]


def with_tied_share(sets: RiskSets, values: np.ndarray) -> np.ndarray:
    """Return, for each row with an event, what Efron takes away of the sum at its own time; 0 for other rows."""
    share = sets.share if values.ndim == 1 else sets.share[:, None]
    summed = np.zeros((sets.tie[-1] + 1, *values.shape[1:]))
    np.add.at(summed, sets.tie, share * values)
    taken = np.zeros((len(sets.order), *values.shape[1:]))
    taken[sets.events] = summed[sets.tie]
    return taken


@dataclass(frozen=True)
class Maximum:
    """The maximum of the partial likelihood.

    Attributes
    ----------
    coefficients : float array, shape (p,)
    covariance : float array, shape (p, p)
        Inverse of the observed information.
    null_value, value : float
        Logarithm of the likelihood without covariates, and at the maximum.
    steps : int
        Of Newton's method.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    null_value: float
    value: float
    steps: int


def maximum(sets: RiskSets, x: np.ndarray, start: np.ndarray | None = None) -> Maximum:
    """Find the maximum with Newton's method on standardised covariates, with halved steps where one goes too far.

    Parameters
    ----------
    sets : RiskSets
    x : float array, shape (n, p)
        Covariates in the order of the risk sets.
    start : float array, shape (p,), optional
        Where to begin; 0 by default.

    Raises
    ------
    NoEstimate
        Without events, where covariates cannot be told apart, where the likelihood rises without end (separation), and
        where the maximum was not found.
    """
    if not len(sets.events):
        raise NoEstimate("there are no events")
    standard, scale = _standardised(sets, x)
    now = np.zeros(x.shape[1]) if start is None else start * scale
    null = likelihood(sets, standard, np.zeros(x.shape[1]))
    here = null if start is None else likelihood(sets, standard, now)
    for count in range(1, _MAX_STEPS + 1):
        step = np.linalg.solve(_regular(here.information), here.gradient)
        for _ in range(_HALVINGS):
            there = likelihood(sets, standard, now + step)
            if there.value >= here.value - 1e-10 * (1 + abs(here.value)):
                break
            step = step / 2
        else:
            raise NoEstimate("the fit did not converge")
        now, here = now + step, there
        if np.abs(now).max() > _INFINITE:
            raise NoEstimate("a coefficient grows without end (separation: one value of it has all events, or none)")
        if np.abs(step).max() < _CONVERGED:
            covariance = np.linalg.inv(_regular(here.information))
            return Maximum(now / scale, covariance / np.outer(scale, scale), null.value, here.value, count)
    raise NoEstimate("the fit did not converge")


def _standardised(sets: RiskSets, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return covariates of standard deviation 1 among those at risk at an event, on average, and their scale."""
    scale = x.std(axis=0)
    if not (scale > 0).all():
        raise NoEstimate("a covariate does not vary")
    standard = (x - x.mean(axis=0)) / scale
    variance = np.diag(likelihood(sets, standard, np.zeros(x.shape[1])).information) / len(sets.events)
    if not (variance > _SINGULAR).all():
        raise NoEstimate("a covariate does not vary among those who are compared")
    return standard / np.sqrt(variance), scale * np.sqrt(variance)


def _regular(information: np.ndarray) -> np.ndarray:
    if not np.isfinite(information).all():
        raise NoEstimate("the fit did not converge")
    values = np.linalg.eigvalsh(information)
    if not values[0] > _SINGULAR * max(values[-1], 1e-300):
        raise NoEstimate("its covariates cannot be told apart, or one does not vary among those at risk")
    return information

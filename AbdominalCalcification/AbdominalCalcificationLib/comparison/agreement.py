"""How well two ways of measuring the same quantity agree, and whether methods differ.

The statistics are written for weighted rows, so that thousands of bootstrap resamples (rows drawn
several times = whole-number weights) are one matrix product; the tests compare them with scipy
and statsmodels, and with published examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ..errors import InputError
from .resampling import Estimate, bootstrap_intervals, numbered_patients

# Fewer pairs than this say nothing about spread.
LEAST_PAIRS = 3
# Part of the greatest value below which a difference is rounding.
_NOISE = 1e-9
# Variance of standardised values below which there is none.
_ROUNDING = 1e-24


@dataclass(frozen=True)
class Agreement:
    """Agreement of paired values; see :func:`agreement`. Bias and errors in the unit of the values.

    Attributes
    ----------
    pairs, patients : int
    bias : Estimate
        Mean of prediction − reference.
    lower_limit, upper_limit : Estimate
        Limits of agreement.
    pearson, spearman, icc, concordance : Estimate
    mean_absolute_error : Estimate
    """

    pairs: int
    patients: int
    bias: Estimate
    lower_limit: Estimate
    upper_limit: Estimate
    pearson: Estimate
    spearman: Estimate
    icc: Estimate
    concordance: Estimate
    mean_absolute_error: Estimate


def agreement(
    reference: Sequence[float],
    prediction: Sequence[float],
    patients: Sequence | None = None,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Agreement:
    """Compare paired measurements.

    * Bias and limits of agreement, bias ± 1.96 s: Bland & Altman 1986
      (doi 10.1016/S0140-6736(86)90837-8). Where patients come more than once, s² is the variance of a single
      difference, between patients plus within them (Bland & Altman 1999, section 5.3, and 2007,
      doi 10.1080/10543400701329422, for a true value that varies; see :func:`_variance_of_difference`): the plain
      variance of all pairs would take them for independent. Their analytic intervals use Student's t with standard
      errors s/√n and √(1/n + 1.96²/(2(n−1))) s (Bland & Altman 1999, doi 10.1177/096228029900800204).
    * Pearson's r and Spearman's ρ.
    * ICC(2,1): two-way random effects, absolute agreement, single measurement (Shrout & Fleiss 1979,
      doi 10.1037/0033-2909.86.2.420).
    * Lin's concordance correlation coefficient, with variances over n (Lin 1989, doi 10.2307/2532051).
    * Mean absolute error.

    Parameters
    ----------
    reference, prediction : sequence of float, length n
        Finite numbers.
    patients : sequence, length n, optional
        Who each pair is from; whole patients are resampled. By default each pair is one patient.
    confidence : float
        Of every interval.
    resamples : int
        Of the bootstrap; 0 for none.
    seed : int
        Of the bootstrap: the same seed gives the same intervals.

    Raises
    ------
    InputError
        For sequences of different lengths and values that are not finite.
    """
    x, y = (np.asarray(values, float) for values in (reference, prediction))
    codes = numbered_patients(patients, len(x))
    if x.ndim != 1 or x.shape != y.shape or codes.shape != x.shape:
        raise InputError("Reference, prediction and patients must be lists of one length.")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError("Values to compare must be finite; leave out pairs that were not measured.")

    statistics = _statistics(x, y, codes, np.ones((1, len(x))))
    values = {name: _defined(value[0]) for name, value in statistics.items()}
    intervals = bootstrap_intervals(
        lambda weights: _statistics(x, y, codes, weights), codes, confidence, resamples, seed
    )
    # The formula takes the pairs for independent, which several of one patient are not.
    independent = LEAST_PAIRS <= len(x) == len(np.unique(codes))
    analytic = _bland_altman_intervals(y - x, confidence) if independent else {}
    estimates = {
        name: Estimate(value, intervals.get(name) if value is not None else None, analytic.get(name))
        for name, value in values.items()
    }
    return Agreement(len(x), len(np.unique(codes)), **estimates)


def icc_2_1(ratings: np.ndarray) -> float | None:
    """Return ICC(2,1) of a table of ratings, shape (targets, judges); None where nothing varies.

    Shrout & Fleiss 1979, doi 10.1037/0033-2909.86.2.420: 0.29 for their table of 6 targets and 4 judges.
    """
    ratings = np.asarray(ratings, float)
    if len(ratings) < 2:
        return None
    return _defined(_icc(ratings, np.ones((1, len(ratings))))[0])


@dataclass(frozen=True)
class PairedTest:
    """Wilcoxon's signed-rank test between two methods.

    Attributes
    ----------
    pairs : int
        Patients for whom both methods have a value.
    median_difference : float or None
        Of second − first.
    p_value : float or None
        Two-sided; None with fewer than three pairs. 1 where no pair differs.
    """

    pairs: int
    median_difference: float | None
    p_value: float | None


def paired_test(
    first: Sequence[float | None], second: Sequence[float | None], patients=None, *, magnitude: float = 0.0
) -> PairedTest:
    """Test whether two methods differ, with Wilcoxon's signed-rank test (``scipy.stats.wilcoxon``).

    Pairs with a value missing are left out. Several pairs of one patient are averaged first, since the
    test needs independent differences. Differences are compared in steps of 1e-9 of the greatest value: what is
    smaller is rounding of a computer, no difference, and what differs by less is tied. (One voxel of an artery of
    10⁷ is 1e-7 of its burden; the numbers have 16 digits.)

    Parameters
    ----------
    first, second : sequence of float or None, length n
    patients : sequence, length n, optional
    magnitude : float
        Greatest value that `first` and `second` were calculated from, where they are differences themselves: two
        methods that are both exact have errors that are rounding alone.
    """
    patients = range(len(first)) if patients is None else patients
    differences: dict[object, list[float]] = {}
    for a, b, patient in zip(first, second, patients, strict=True):
        if a is not None and b is not None:
            differences.setdefault(patient, []).append(b - a)
    means = np.array([np.mean(each) for each in differences.values()])
    if len(means) == 0:
        return PairedTest(0, None, None)
    known = [value for a, b in zip(first, second, strict=True) if a is not None and b is not None for value in (a, b)]
    step = _NOISE * max(magnitude, *np.abs(known)) or 1.0
    steps = np.rint(means / step)
    means = np.where(steps == 0, 0.0, means)
    if len(means) < LEAST_PAIRS:
        return PairedTest(len(means), float(np.median(means)), None)
    # Wilcoxon's own way with pairs that do not differ; left in, scipy takes few that differ for many.
    differing = steps[steps != 0]
    p_value = float(stats.wilcoxon(differing).pvalue) if len(differing) else 1.0
    return PairedTest(len(means), float(np.median(means)), p_value)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Correct p values for multiple testing (Holm 1979, Scand J Statist 6:65); None stays None and counts not."""
    known = {i: p for i, p in enumerate(p_values) if p is not None}
    corrected: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, i in enumerate(sorted(known, key=lambda i: known[i])):
        largest = max(largest, min(1.0, (len(known) - rank) * known[i]))
        corrected[i] = largest
    return corrected


def _statistics(x: np.ndarray, y: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return every statistic for each row of `weights`, shape (resamples, n); NaN where not defined.

    `codes` tells the patients apart, from 0; the pairs of one have one weight.
    """
    undefined = np.full(len(weights), np.nan)
    n = weights.sum(axis=1)
    if len(x) < LEAST_PAIRS:
        names = ("lower_limit", "upper_limit", "pearson", "spearman", "icc", "concordance")
        mean = weights @ (y - x) / n if len(x) else undefined
        absolute = weights @ np.abs(y - x) / n if len(x) else undefined
        return {"bias": mean, "mean_absolute_error": absolute, **dict.fromkeys(names, undefined)}
    bias = _moments(y - x, weights)[0]
    half = 1.96 * np.sqrt(_variance_of_difference(y - x, codes, weights))
    absolute = weights @ np.abs(y - x) / n
    x, y = _standardised(x, y)
    mean_x, variance_x = _moments(x, weights)
    mean_y, variance_y = _moments(y, weights)
    covariance = _covariance(x, y, weights)
    rank_x, rank_y = _ranks(x, weights), _ranks(y, weights)
    # Of standardised values, a spread this small is rounding: nothing goes along with what does not vary.
    vary = (variance_x > _ROUNDING) & (variance_y > _ROUNDING)
    return {
        "bias": bias,
        "lower_limit": bias - half,
        "upper_limit": bias + half,
        "pearson": np.where(vary, _correlation(covariance, variance_x, variance_y), np.nan),
        "spearman": _correlation(
            _covariance(rank_x, rank_y, weights), _moments(rank_x, weights)[1], _moments(rank_y, weights)[1]
        ),
        "icc": np.where(vary, _icc(np.stack([x, y], axis=1), weights), np.nan),
        "concordance": np.where(
            vary, _divide(2 * covariance, variance_x + variance_y + (mean_x - mean_y) ** 2), np.nan
        ),
        "mean_absolute_error": absolute,
    }


def _variance_of_difference(difference: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the variance of a single difference, for each row of `weights`, shape (resamples,).

    The sum of two components from a one-way analysis of variance of the differences by patient (Bland & Altman 2007,
    doi 10.1080/10543400701329422, "true value varies"): within patients the mean square W, between them (B − W) / m,
    but at least 0, where B is the mean square between patients and m = (N − Σ mᵢ² / N) / (n − 1) for n patients with
    mᵢ of N pairs. With one pair of each patient it is their plain variance. NaN with fewer than two patients.
    """
    first = np.unique(codes, return_index=True)[1]
    drawn = weights[:, first]  # how often each patient was drawn
    sizes = np.bincount(codes).astype(float)
    means = np.bincount(codes, difference) / sizes
    inside = np.bincount(codes, (difference - means[codes]) ** 2)
    patients, pairs = drawn.sum(axis=1), drawn @ sizes
    grand = (drawn * sizes) @ means / pairs
    squares = (drawn * sizes * (means - grand[:, None]) ** 2).sum(axis=1)
    undefined = np.full(len(weights), np.nan)
    between = np.divide(squares, patients - 1, out=undefined, where=patients > 1)
    repeated = pairs > patients
    within = np.divide(drawn @ inside, pairs - patients, out=np.zeros(len(weights)), where=repeated)
    typical = (pairs - drawn @ sizes**2 / pairs) / np.maximum(patients - 1, 1)
    added = np.maximum(between - within, 0.0) / np.where(repeated, typical, 1.0)
    return np.where(repeated, added + within, between)


def _standardised(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shift and scale both alike, which no correlation notices, so that rounding is small against 1."""
    middle = (x.mean() + y.mean()) / 2
    scale = max(np.abs(x - middle).max(), np.abs(y - middle).max())
    return ((x - middle) / scale, (y - middle) / scale) if scale > 0 else (x * 0, y * 0)


def _moments(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance (over n) of values, shape (n,) or (resamples, n)."""
    n = weights.sum(axis=1)
    mean = (weights * values).sum(axis=1) / n
    return mean, (weights * (values - mean[:, None]) ** 2).sum(axis=1) / n


def _covariance(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    centred_x = x - _moments(x, weights)[0][:, None]
    centred_y = y - _moments(y, weights)[0][:, None]
    return (weights * centred_x * centred_y).sum(axis=1) / weights.sum(axis=1)


def _correlation(covariance: np.ndarray, variance_x: np.ndarray, variance_y: np.ndarray) -> np.ndarray:
    return np.clip(_divide(covariance, np.sqrt(variance_x * variance_y)), -1.0, 1.0)


def _divide(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    defined = whole > _ROUNDING
    return np.where(defined, part / np.where(defined, whole, 1.0), np.nan)


def _ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the mean rank of each value in each resample, shape (resamples, n)."""
    distinct, first = np.unique(np.sort(values), return_index=True)
    inverse = np.searchsorted(distinct, values)
    counts = np.add.reduceat(weights[:, np.argsort(values)], first, axis=1)
    below = np.cumsum(counts, axis=1) - counts
    return (below + (counts + 1) / 2)[:, inverse]


def _icc(ratings: np.ndarray, weights: np.ndarray) -> np.ndarray:
    judges = ratings.shape[1]
    n = weights.sum(axis=1)
    by_target = ratings.mean(axis=1)
    by_judge = weights @ ratings / n[:, None]
    grand = by_judge.mean(axis=1)
    target_square = judges * (weights * (by_target - grand[:, None]) ** 2).sum(axis=1) / (n - 1)
    judge_square = n * ((by_judge - grand[:, None]) ** 2).sum(axis=1) / (judges - 1)
    residual = np.zeros(len(weights))
    for judge in range(judges):
        deviation = (ratings[:, judge] - by_target) - (by_judge[:, judge] - grand)[:, None]
        residual += (weights * deviation**2).sum(axis=1)
    error_square = residual / ((n - 1) * (judges - 1))
    whole = target_square + (judges - 1) * error_square + judges * (judge_square - error_square) / n
    return _divide(target_square - error_square, whole)


def _bland_altman_intervals(difference: np.ndarray, confidence: float) -> dict[str, tuple[float, float]]:
    n = len(difference)
    deviation = difference.std(ddof=1)
    t = stats.t.ppf((1 + confidence) / 2, n - 1)
    bias = difference.mean()
    error_of_limit = deviation * np.sqrt(1 / n + 1.96**2 / (2 * (n - 1)))
    return {
        name: (float(middle - t * error), float(middle + t * error))
        for name, middle, error in (
            ("bias", bias, deviation / np.sqrt(n)),
            ("lower_limit", bias - 1.96 * deviation, error_of_limit),
            ("upper_limit", bias + 1.96 * deviation, error_of_limit),
        )
    }


def _defined(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None

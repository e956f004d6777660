"""Matching: nearest neighbours on the propensity score, within groups that agree exactly, and the balance it makes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .partial_likelihood import NoEstimate

# A score of 0 or 1 to this many digits: the columns tell both sides apart, and no one is comparable.
_SEPARATED = 1e-8


@dataclass(frozen=True)
class Matched:
    """Who was matched with whom.

    Attributes
    ----------
    set_of : int array, shape (n,)
        The number of the set of each row, from 0; −1 for those in none.
    sizes : dict of int to int
        How many sets have how many controls.
    unmatched : int
        Rows to be matched for whom there was nobody.
    caliper_width : float or None
        In the unit of the score.
    """

    set_of: np.ndarray
    sizes: dict[int, int]
    unmatched: int
    caliper_width: float | None


def propensity(treated: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the propensity score, shape (n,): a logistic regression of `treated` on `x`, shape (n, p), by statsmodels.

    Rosenbaum and Rubin 1983, doi 10.1093/biomet/70.1.41.

    Raises
    ------
    NoEstimate
        Where the regression did not converge or separates the two sides.
    """
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    scale = x.std(axis=0)
    if not (scale > 0).all():
        raise NoEstimate("a column to match on does not vary")
    standard = np.column_stack([np.ones(len(x)), (x - x.mean(axis=0)) / scale])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = GLM(treated.astype(float), standard, family=Binomial()).fit(maxiter=100, tol=1e-12)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise NoEstimate(f"the propensity score was not found ({error})") from None
    score = np.asarray(fitted.fittedvalues)
    if not fitted.converged or not np.isfinite(score).all():
        raise NoEstimate("the regression of the propensity score did not converge")
    if score.min() < _SEPARATED or score.max() > 1 - _SEPARATED:
        raise NoEstimate("the columns to match on tell both sides apart (separation), so nobody is comparable")
    return score


def match(
    treated: np.ndarray,
    score: np.ndarray,
    *,
    exact: np.ndarray | None = None,
    ratio: int = 1,
    caliper: float | None = None,
) -> Matched:
    """Match each treated row with its `ratio` nearest untreated ones, greedily and without using one twice.

    As ``matchit(method = "nearest")`` of R's MatchIt (Ho et al. 2011, doi 10.18637/jss.v042.i08): those with the
    largest score choose first, everybody a first neighbour before anybody a second.

    Parameters
    ----------
    treated : bool array, shape (n,)
    score : float array, shape (n,)
    exact : array, shape (n,), optional
        Only rows with the same value are matched.
    ratio : int
        Controls for each treated row; fewer where there are no more.
    caliper : float, optional
        Greatest difference of the scores, in standard deviations of the score over all rows.
    """
    treated = np.asarray(treated, bool)
    group = np.zeros(len(treated), int) if exact is None else np.unique(exact, return_inverse=True)[1]
    width = None if caliper is None else float(caliper * score.std(ddof=1))
    set_of = np.full(len(treated), -1)
    number = {row: place for place, row in enumerate(np.flatnonzero(treated))}
    controls = dict.fromkeys(number, 0)
    for each in np.unique(group):
        inside = np.flatnonzero(group == each)
        choosing = inside[treated[inside]]
        choosing = choosing[np.argsort(-score[choosing], kind="stable")]
        free = _Free(inside[~treated[inside]], score)
        for _ in range(ratio):
            for row in choosing:
                nearest = free.take_nearest(score[row], np.inf if width is None else width)
                if nearest is not None:
                    set_of[nearest] = number[row]
                    controls[row] += 1
    matched = [row for row, count in controls.items() if count]
    for row in matched:
        set_of[row] = number[row]
    _number_from_0(set_of)
    counts = [controls[row] for row in matched]
    sizes = {size: counts.count(size) for size in sorted(set(counts))}
    return Matched(set_of, sizes, len(controls) - len(matched), width)


class _Free:
    """Controls in order of their scores; those that were taken are skipped by pointers that shorten (union-find)."""

    def __init__(self, rows: np.ndarray, score: np.ndarray):
        order = np.argsort(score[rows], kind="stable")
        self._rows, self._scores = rows[order], score[rows][order]
        self._up = list(range(len(rows) + 1))
        self._down = list(range(len(rows) + 1))

    def take_nearest(self, score: float, width: float) -> int | None:
        place = int(np.searchsorted(self._scores, score))
        above = _find(self._up, place)
        below = _find(self._down, place) - 1
        best, least = None, width
        # Below first: of two equally near ones the lower is taken.
        for candidate in (below, above):
            if 0 <= candidate < len(self._rows):
                distance = abs(self._scores[candidate] - score)
                if distance < least or (best is None and distance <= width):
                    best, least = candidate, distance
        if best is None:
            return None
        self._up[best] = best + 1
        self._down[best + 1] = best
        return int(self._rows[best])


def _find(pointers: list[int], place: int) -> int:
    while pointers[place] != place:
        pointers[place] = pointers[pointers[place]]
        place = pointers[place]
    return place


def _number_from_0(set_of: np.ndarray) -> None:
    used = np.unique(set_of[set_of >= 0])
    set_of[set_of >= 0] = np.searchsorted(used, set_of[set_of >= 0])


@dataclass(frozen=True)
class Balance:
    """Of one column: means on both sides, and their standardised difference, before and after matching."""

    name: str
    before: tuple[float, float]
    after: tuple[float, float] | None
    difference_before: float | None
    difference_after: float | None


def balance(treated: np.ndarray, x: np.ndarray, names: Sequence[str], set_of: np.ndarray) -> list[Balance]:
    """Return the balance of the columns of `x`, shape (n, p).

    The standardised mean difference is over √((s₁² + s₀²) / 2) of the rows before matching (Austin 2009,
    doi 10.1002/sim.3697), so that it changes by the means alone. Controls that share a set with others weigh less:
    those of a set weigh as much as its treated row.
    """
    treated = np.asarray(treated, bool)
    inside = set_of >= 0
    size = np.bincount(set_of[inside & ~treated], minlength=int(set_of.max(initial=-1)) + 1)
    rows = []
    for column, name in zip(np.asarray(x, float).T, names, strict=True):
        spread = np.sqrt((column[treated].var(ddof=1) + column[~treated].var(ddof=1)) / 2)
        before = float(column[treated].mean()), float(column[~treated].mean())
        after = None
        if inside.any():
            controls = inside & ~treated
            weights = 1 / size[set_of[controls]]
            after = float(column[inside & treated].mean()), float(np.average(column[controls], weights=weights))
        difference = [
            None if pair is None or not spread > 0 else float((pair[0] - pair[1]) / spread) for pair in (before, after)
        ]
        rows.append(Balance(name, before, after, difference[0], difference[1]))
    return rows

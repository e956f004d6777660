"""Kaplan and Meier's curves of groups, and whether they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from .cox import ChiSquared

_Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True)
class Curve:
    """The part of one group without an event.

    Attributes
    ----------
    group : str
    times : float array, shape (m,)
        Of events.
    survival, lower, upper : float array, shape (m,)
        From each time on; limits of the 95 % interval, by the logarithm of the cumulative hazard (Kalbfleisch and
        Prentice 2002, section 1.4), NaN where there is none.
    marks : float array, shape (c,)
        Times at which people left without an event.
    end : float
        Of the longest follow-up.
    """

    group: str
    times: np.ndarray
    survival: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    marks: np.ndarray
    end: float
    follow_up: np.ndarray

    def at(self, time: float) -> tuple[float | None, float | None, float | None]:
        """Return survival and its limits at a time, None where they are not defined.

        Nothing is known of survival after the last follow-up, unless everybody had the event.
        """
        if time > self.end and not (len(self.survival) and self.survival[-1] == 0):
            return None, None, None
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        if place < 0:
            return 1.0, None, None
        lower, upper = (float(each[place]) if np.isfinite(each[place]) else None for each in (self.lower, self.upper))
        return float(self.survival[place]), lower, upper

    def at_risk(self, time: float) -> int:
        """Return how many are under observation just before a time."""
        return int((self.follow_up >= time).sum())


def kaplan_meier(time: np.ndarray, event: np.ndarray, group: str = "") -> Curve:
    """Return the curve of one group, with statsmodels; `time` and `event`, shape (n,)."""
    from statsmodels.duration.survfunc import SurvfuncRight

    time, event = np.asarray(time, float), np.asarray(event, bool)
    marks = np.unique(time[~event])
    if not event.any():
        none = np.zeros(0)
        return Curve(group, none, none, none, none, marks, float(time.max(initial=0.0)), time)
    found = SurvfuncRight(time, event.astype(int))
    survival, error = np.asarray(found.surv_prob), np.asarray(found.surv_prob_se)
    with np.errstate(all="ignore"):
        log = np.log(survival)
        wide = _Z * error / (survival * -log)
        lower, upper = np.exp(log * np.exp(wide)), np.exp(log * np.exp(-wide))
    return Curve(group, np.asarray(found.surv_times, float), survival, lower, upper, marks, float(time.max()), time)


def log_rank(time: np.ndarray, event: np.ndarray, group: Sequence | np.ndarray) -> ChiSquared | None:
    """Test whether the curves of groups differ (log-rank; Mantel 1966), with statsmodels.

    Returns None where fewer than two groups, or no event with both at risk, leave nothing to compare.
    """
    from statsmodels.duration.survfunc import survdiff

    kinds = np.unique(np.asarray(group))
    if len(kinds) < 2 or not np.any(event):
        return None
    with np.errstate(all="ignore"):
        try:
            statistic, p_value = survdiff(np.asarray(time, float), np.asarray(event, int), np.asarray(group))
        except np.linalg.LinAlgError:
            return None
    return ChiSquared(float(statistic), len(kinds) - 1, float(p_value)) if np.isfinite(statistic) else None

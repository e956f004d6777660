"""How well a model tells who will have the event: Harrell's C with and without calcification, and calibration."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..progress import Progress, Steps
from .concordance import concordance
from .cox import CoxModel, fit_cox, predicted_risk
from .curves import kaplan_meier
from .models import Data
from .partial_likelihood import NoEstimate

# An interval needs a value in nearly every resample.
_LEAST_DEFINED = 0.95
# With fewer resamples not one lies beyond the limits of a 95 % interval.
_LEAST_RESAMPLES = 40
_FIFTHS = 5
# Events in each group of predicted risk; with fewer there are fewer groups.
_LEAST_EVENTS = 10


def discrimination_steps(
    data: Data, exposure: np.ndarray, covariates: np.ndarray | None, patient: np.ndarray, resamples: int, seed: int
) -> Steps[dict]:
    """Compare Harrell's C of models with and without the exposure.

    Patients are resampled, and both models fitted anew in each resample: percentile intervals of both C and of their
    difference (Efron and Tibshirani 1993, chapter 13), and the C that is expected in other patients, by the optimism of
    Harrell et al. 1996 (doi 10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4).

    Parameters
    ----------
    data : Data
        Of one stratum, n rows.
    exposure : float array, shape (n, k)
    covariates : float array, shape (n, p), or None
        Without, C is compared with 0.5.
    patient : int array, shape (n,)
    resamples, seed : int

    Returns
    -------
    dict
        ``without`` and ``with_exposure`` (value, interval, optimism_corrected), ``change``, ``slope`` (the
        calibration slope corrected for optimism), ``resamples`` that gave a value, ``refused``.
    """
    full = exposure if covariates is None else np.column_stack([exposure, covariates])
    try:
        here = _fits(data, full, covariates)
    except (NoEstimate, np.linalg.LinAlgError) as error:
        return {"refused": str(error)}
    found, slopes = [], []
    for number, rows in enumerate(_resampled(patient, resamples, seed)):
        if number % 20 == 0:
            yield Progress("Resampling patients", number / resamples)
        try:
            there = _fits(data.at(rows), full[rows], None if covariates is None else covariates[rows], here)
            found.append([*_c(there, data.at(rows), full[rows], covariates, rows), *_c(there, data, full, covariates)])
            slopes.append(_slope(data, full @ there[0].coefficients))
        except (NoEstimate, np.linalg.LinAlgError):
            continue
    apparent = _c(here, data, full, covariates)
    return {"refused": None, "asked": resamples, **_summary(apparent, np.array(found), np.array(slopes), resamples)}


def _fits(data: Data, full, covariates, start: tuple[CoxModel, CoxModel | None] | None = None):
    begin = start[0].coefficients if start else None
    model = fit_cox(data.time, data.event, full, start=begin)
    if covariates is None:
        return model, None
    begin = start[1].coefficients if start and start[1] else None
    return model, fit_cox(data.time, data.event, covariates, start=begin)


def _c(models, data: Data, full, covariates, rows=None) -> list[float]:
    """Return C without and with the exposure; 0.5 for no covariates at all."""
    with_exposure = concordance(data.time, data.event, full @ models[0].coefficients)
    without: float | None = 0.5
    if models[1] is not None:
        chosen = covariates if rows is None else covariates[rows]
        without = concordance(data.time, data.event, chosen @ models[1].coefficients)
    if with_exposure is None or without is None:
        raise NoEstimate("no two patients can be compared")
    return [without, with_exposure]


def _slope(data: Data, linear: np.ndarray) -> float:
    return float(fit_cox(data.time, data.event, linear[:, None]).coefficients[0])


def _summary(apparent: list[float], found: np.ndarray, slopes: np.ndarray, resamples: int) -> dict:
    enough = resamples > 0 and len(found) >= _LEAST_DEFINED * resamples

    def interval(values: np.ndarray) -> list[float] | None:
        if not enough or resamples < _LEAST_RESAMPLES:
            return None
        return [float(each) for each in np.quantile(values, [0.025, 0.975])]

    def one(place: int) -> dict:
        corrected = None
        if enough:
            corrected = apparent[place] - float((found[:, place] - found[:, 2 + place]).mean())
        return {
            "value": apparent[place],
            "interval": interval(found[:, place]) if enough else None,
            "optimism_corrected": corrected,
        }

    change = apparent[1] - apparent[0]
    return {
        "without": one(0),
        "with_exposure": one(1),
        "change": {"value": change, "interval": interval(found[:, 1] - found[:, 0]) if enough else None},
        "slope": float(slopes.mean()) if enough else None,
        "resamples": len(found),
    }


def _resampled(patient: np.ndarray, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """Yield rows of whole patients, drawn with replacement."""
    rng = np.random.Generator(np.random.PCG64(seed))
    order = np.argsort(patient, kind="stable")
    begin = np.r_[np.flatnonzero(np.r_[True, np.diff(patient[order]) != 0]), len(order)]
    count = len(begin) - 1
    for _ in range(resamples):
        drawn = rng.integers(0, count, count)
        if count == len(order):
            yield order[drawn]
        else:
            yield np.concatenate([order[begin[each] : begin[each + 1]] for each in drawn])


def calibration(model: CoxModel, data: Data, x: np.ndarray, horizon: float) -> dict:
    """Compare predicted with observed risk at a horizon, in groups of predicted risk, and in all.

    Observed is 1 − Kaplan and Meier's estimate. The same people made the model, so the means agree nearly by
    construction; what is to be seen is whether the groups do.

    Parameters
    ----------
    model : CoxModel
    data : Data
    x : float array, shape (n, p)
    horizon : float
        In the unit of the times.
    """
    risk = predicted_risk(model, x, x.mean(axis=0), horizon)
    events = int((data.event & (data.time <= horizon)).sum())
    count = int(np.clip(events // _LEAST_EVENTS, 1, _FIFTHS))
    bounds = np.quantile(risk, np.arange(1, count) / count)
    group = np.searchsorted(bounds, risk, side="right")
    rows = []
    for each in range(count):
        chosen = group == each
        if chosen.any():
            rows.append(_observed(data.at(chosen), risk[chosen], horizon))
    whole = _observed(data, risk, horizon)
    ratio = None
    if whole["observed"] is not None and whole["predicted"] > 0:
        ratio = whole["observed"] / whole["predicted"]
    return {"horizon": horizon, "groups": rows, "all": whole, "observed_over_predicted": ratio}


def _observed(data: Data, risk: np.ndarray, horizon: float) -> dict:
    survival, lower, upper = kaplan_meier(data.time, data.event).at(horizon)
    return {
        "rows": len(risk),
        "events": int((data.event & (data.time <= horizon)).sum()),
        "predicted": float(risk.mean()),
        "observed": None if survival is None else 1 - survival,
        "lower": None if upper is None else 1 - upper,
        "upper": None if lower is None else 1 - lower,
        "at_risk": int((data.time >= horizon).sum()),
    }

"""The whole analysis of a table as a document: who, what was fitted, what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from .. import __version__
from ..comparison.agreement import holm
from ..errors import InputError
from ..progress import Progress, Steps, scaled
from ..reporting.documents import json_safe
from .curves import Curve, kaplan_meier, log_rank
from .design import Groups, Term, covariate, groups_of, joined, per_deviation, refuse_collinear
from .matched import matched_document
from .models import Asked, Data, fitted, fitted_to_imputations
from .people import People, exposures_of, select_people
from .prediction import calibration, discrimination_steps
from .settings import Settings
from .table import Table

SCHEMA_VERSION = "1.0"
# In how many steps numbers at risk are told.
_TIMES_AT_RISK = 6


@dataclass(frozen=True)
class Exposure:
    """One measure of calcification: in standard deviations, and as groups where there are such."""

    name: str
    term: Term
    groups: Groups | None


@dataclass(frozen=True)
class Analysis:
    """A document, and the curves that its picture is drawn from.

    Attributes
    ----------
    document : dict
        The content of ``association.json``.
    curves : list of Curve
        Of the groups of the first exposure that has several.
    """

    document: dict
    curves: list[Curve]


def analysis_steps(table: Table, settings: Settings) -> Steps[Analysis]:
    """Associate calcification with the outcome.

    Raises
    ------
    InputError
        For whatever in the table or the settings makes an analysis impossible.
    """
    yield Progress("Looking at the table", 0.0)
    people = select_people(table, settings)
    # Which checks once more: the default exposure may be named as something else, too.
    settings = replace(settings, exposures=exposures_of(table, settings.exposures))
    exposures = [
        Exposure(name, per_deviation(people, name), groups_of(people, name, settings.groups))
        for name in settings.exposures
    ]
    covariates = [covariate(people, name, settings) for name in settings.covariates]
    for each in exposures:
        terms = [*covariates, each.term]
        refuse_collinear(terms, np.all([term.known for term in terms], axis=0))
    document = _described(table, people, settings, exposures, covariates)
    curves: list[Curve] = []
    if people.time is not None:
        yield Progress("Fitting models", 0.05)
        data = Data(people.time, people.event, None, people.patient if people.repeated else None)
        document["models"] += yield from _models_steps(exposures, covariates, data, settings)
        document["curves"], curves = _curves(people, exposures)
        steps = _prediction_steps(exposures[0], covariates, people, data, settings)
        document["prediction"] = yield from scaled(steps, 0.3, 0.9)
    if settings.matches:
        yield Progress("Matching", 0.92)
        matching, models, matched_curves = matched_document(people, exposures, covariates, settings)
        document["matching"] = matching
        if matching["unequal_controls_unweighted"]:
            document["notes"].append(
                "Matched exposed people have unequal numbers of controls, who all weigh the same in Cox's regression "
                "and the curves: controls are then not quite like the exposed, whatever the balance. Say --ratio 1."
            )
        document["models"] += models
        document["curves"] += matched_curves
    _correct(document["models"])
    return Analysis(json_safe(document), curves)


def _described(table: Table, people: People, settings: Settings, exposures, covariates) -> dict:
    return {
        "schema_version": SCHEMA_VERSION,
        "software": {"name": "AbdominalCalcification", "version": __version__},
        "table": {"name": table.name, "rows": len(table), "columns": list(table.columns)},
        "settings": asdict(settings),
        "flow": [{"reason": reason, "rows": count} for reason, count in people.flow],
        "analysed": {
            "rows": len(people),
            "patients": len(np.unique(people.patient)),
            "events": int(people.event.sum()),
            "clustered": people.repeated,
            "review": people.review,
        },
        "verdicts": people.verdicts,
        "follow_up": None if people.time is None else _follow_up(people),
        "missing": _missing(people, exposures, covariates),
        "exposures": [_exposure(people, each) for each in exposures],
        "covariates": [_covariate(each) for each in covariates],
        "models": [],
        "curves": [],
        "prediction": None,
        "matching": None,
        "notes": [*people.notes, *_notes(exposures, covariates, settings)],
    }


def _follow_up(people: People) -> dict:
    """Return the total time, and its median by the reverse Kaplan–Meier method (Schemper and Smith 1996)."""
    assert people.time is not None
    reverse = kaplan_meier(people.time, ~people.event)
    below = np.flatnonzero(reverse.survival <= 0.5)
    return {
        "total": float(people.time.sum()),
        "median": float(reverse.times[below[0]]) if len(below) else None,
        "longest": float(people.time.max()),
        "rate": float(people.event.sum() / people.time.sum()),
    }


def _missing(people: People, exposures: Sequence[Exposure], covariates: Sequence[Term]) -> list[dict]:
    terms = [*(each.term for each in exposures), *covariates]
    return [{"column": each.name, "missing": int((~each.known).sum()), "rows": len(people)} for each in terms]


def _exposure(people: People, exposure: Exposure) -> dict:
    known = exposure.term.known
    mean, spread = exposure.term.mean, exposure.term.spread
    assert mean is not None
    assert spread is not None
    values = exposure.term.x[known, 0] * spread + mean
    groups = []
    if exposure.groups is not None:
        for place, (name, bounds) in enumerate(zip(exposure.groups.names, exposure.groups.bounds, strict=True)):
            inside = exposure.groups.of == place
            groups.append(
                {"name": name, "bounds": bounds, "rows": int(inside.sum()), "events": int(people.event[inside].sum())}
            )
    quartiles = [float(each) for each in np.quantile(values, [0.25, 0.5, 0.75])]
    return {"name": exposure.name, "mean": mean, "sd": spread, "quartiles": quartiles, "groups": groups}


def _covariate(term: Term) -> dict:
    known = term.x[term.known]
    shares = [float(each) for each in known.mean(axis=0)] if term.reference is not None else []
    return {
        "name": term.name,
        "reference": term.reference,
        "levels": list(term.levels) if term.reference is not None else [],
        "shares": shares,
        "mean": term.mean,
        "sd": term.spread,
    }


def _notes(exposures: Sequence[Exposure], covariates: Sequence[Term], settings: Settings) -> list[str]:
    notes = []
    if settings.imputations and all(each.known.all() for each in covariates if each.x.shape[1] == 1):
        notes.append("Nothing was imputed: no covariate that can be imputed is missing.")
    for each in exposures:
        asked = settings.groups.removeprefix("quantiles:")
        if each.groups is not None and asked.isdecimal() and settings.groups.startswith("quantiles:"):
            found = len(each.groups.names)
            if found < int(asked):
                notes.append(f"{each.name}: many values are equal, so {settings.groups} makes {found} groups.")
        if each.groups is not None and each.groups.empty:
            notes.append(f"{each.name}: nobody is in the group {', '.join(each.groups.empty)}, which is left out.")
        if each.groups is not None and len(each.groups.names) < 2:
            notes.append(f"{each.name}: everybody is in the group {each.groups.names[0]}; groups are not compared.")
    return notes


def _models_steps(
    exposures: Sequence[Exposure], covariates: Sequence[Term], data: Data, settings: Settings
) -> Steps[list[dict]]:
    rows = []
    everybody = np.ones(len(data.event), bool)
    wanted = [
        (each.name, form, term)
        for each in exposures
        for form, term in (("per_sd", each.term), ("groups", _group_term(each)))
        if term is not None
    ]
    # Categories of more than two levels are not imputed.
    missing = any(not term.known.all() for term in covariates if term.x.shape[1] == 1)
    for place, (name, form, term) in enumerate(wanted):
        yield Progress("Fitting models", 0.05 + 0.25 * place / len(wanted))
        rows.append(fitted(Asked("cox", name, form, "complete", [term]), data, everybody)[0])
        if covariates:
            rows.append(fitted(Asked("cox", name, form, "complete", [term, *covariates]), data, everybody)[0])
        if covariates and settings.imputations and missing:
            asked = Asked("cox", name, form, "imputed", [term, *covariates])
            rows.append(fitted_to_imputations(asked, data, settings.imputations, settings.seed))
    return rows


def _group_term(exposure: Exposure) -> Term | None:
    if exposure.groups is None or len(exposure.groups.names) < 2:
        return None
    return exposure.groups.term(exposure.name)


def _curves(people: People, exposures: Sequence[Exposure]) -> tuple[list[dict], list[Curve]]:
    assert people.time is not None
    rows: list[dict] = []
    shown: list[Curve] = []
    for each in exposures:
        if each.groups is None or len(each.groups.names) < 2:
            continue
        document, curves = curves_document(people.time, people.event, each.groups.of, each.groups.names, each.name)
        rows.append(document)
        shown = shown or curves
    return rows, shown


def curves_document(
    time: np.ndarray, event: np.ndarray, group: np.ndarray, names: Sequence[str], exposure: str, data: str = "all"
) -> tuple[dict, list[Curve]]:
    """Return curves of groups, numbered from 0 (−1 for none), with numbers at risk and the log-rank test."""
    curves = [kaplan_meier(time[group == each], event[group == each], name) for each, name in enumerate(names)]
    end = max(curve.end for curve in curves)
    times = [*(end * step / (_TIMES_AT_RISK - 1) for step in range(_TIMES_AT_RISK - 1)), end]
    known = group >= 0
    test = log_rank(time[known], event[known], group[known])
    return {
        "exposure": exposure,
        "data": data,
        "log_rank": None if test is None else asdict(test),
        "times": times,
        "groups": [
            {
                "name": curve.group,
                "rows": len(curve.follow_up),
                "events": int(event[group == place].sum()),
                "at_risk": [curve.at_risk(time) for time in times],
                "survival": [dict(zip(("value", "lower", "upper"), curve.at(time), strict=True)) for time in times],
            }
            for place, curve in enumerate(curves)
        ],
    }, curves


def _prediction_steps(
    exposure: Exposure, covariates: Sequence[Term], people: People, data: Data, settings: Settings
) -> Steps[dict]:
    """Return discrimination and calibration of the model of the first exposure, per standard deviation."""
    terms = [exposure.term, *covariates]
    used = np.all([term.known for term in terms], axis=0)
    if not used.any():
        raise InputError(f"Nobody has '{exposure.name}' and all covariates; name fewer.")
    chosen = Data(data.time[used], data.event[used])
    horizon = settings.horizon if settings.horizon is not None else float(np.median(chosen.time))
    if horizon > chosen.time.max():
        raise InputError(
            f"--horizon {horizon:g} is beyond the longest follow-up ({chosen.time.max():g}); name an earlier time."
        )
    others = joined(covariates)[used] if covariates else None
    steps = discrimination_steps(
        chosen, exposure.term.x[used], others, people.patient[used], settings.resamples, settings.seed
    )
    found = yield from steps
    document = {"exposure": exposure.name, "rows": int(used.sum()), "discrimination": found, "calibration": None}
    # Predictions do not depend on clusters.
    asked = Asked("cox", exposure.name, "per_sd", "complete", terms)
    row, model = fitted(asked, Data(data.time, data.event, data.stratum), used)
    if model is None:
        return {**document, "refused": row["refused"]}
    document["calibration"] = calibration(model, chosen, joined(terms)[used], horizon)
    return document


def _correct(models: list[dict]) -> None:
    """Add the p values corrected over the exposures, for each kind of model (Holm)."""
    families: dict[tuple, list[dict]] = {}
    for row in models:
        families.setdefault((row["kind"], row["form"], row["data"], bool(row["covariates"])), []).append(row)
    for rows in families.values():
        for row, corrected in zip(
            rows, holm([each["test"]["p_value"] if each["test"] else None for each in rows]), strict=True
        ):
            row["tested_exposures"] = sum(each["test"] is not None for each in rows)
            if row["test"]:
                row["test"]["corrected_p_value"] = corrected

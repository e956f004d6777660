"""The part of an analysis that compares matched people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from .design import MOST_LEVELS, Term, covariate, joined
from .matching import Matched, balance, match, propensity
from .models import Asked, Data, fitted
from .partial_likelihood import NoEstimate
from .people import People
from .settings import Settings

if TYPE_CHECKING:
    from .analysis import Exposure


def matched_document(
    people: People, exposures: Sequence[Exposure], covariates: Sequence[Term], settings: Settings
) -> tuple[dict, list[dict], list[dict]]:
    """Match, and compare those who were matched.

    Cases and their controls by conditional logistic regression; exposed and unexposed people by Cox's regression with
    errors that are robust for matched sets (Austin 2014, doi 10.1002/sim.5984), and curves.

    Returns
    -------
    matching : dict
        Counts, and the balance.
    models, curves : list of dict

    Raises
    ------
    InputError
        Where patients have several rows, or nobody can be matched.
    """
    if people.repeated:
        raise InputError("Matching needs one row for each patient; say --repeated first, or keep one of each.")
    of_exposed = settings.matched == "exposed"
    focal, name, outside = _focal(people, exposures[0], settings)
    columns = _columns(people, settings)
    usable = ~outside & np.all([term.known for term in columns], axis=0)
    for each in [] if of_exposed else exposures:
        usable &= each.term.known  # a case without a measurement would take a control from another
    rows = np.flatnonzero(usable)
    chosen = focal[rows]
    if not chosen.any() or chosen.all():
        raise InputError(
            f"There is nobody to match: of {len(rows)} with all columns known, {int(chosen.sum())} are {name}."
        )
    found = _matched(people, settings, columns, rows, chosen)
    if not found.sizes:
        raise InputError("Nobody could be matched; widen --caliper, or match on less.")
    set_of = np.full(len(people), -1)
    set_of[rows] = found.set_of
    shown = [term for term in columns if len(term.levels) < MOST_LEVELS]
    names = [_label(term, level) for term in shown for level in term.levels]
    rows_of_balance = balance(chosen, joined(shown)[rows], names, found.set_of) if shown else []
    document = {
        "matched": name,
        "exact": list(settings.exact),
        "propensity": list(settings.propensity),
        "ratio": settings.ratio,
        "caliper": settings.caliper if settings.propensity else None,
        "caliper_width": found.caliper_width,
        "left_out": len(people) - len(rows),
        "available": {"matched": int(chosen.sum()), "controls": int((~chosen).sum())},
        "unmatched": found.unmatched,
        "sets": sum(found.sizes.values()),
        "unequal_controls_unweighted": of_exposed and len(found.sizes) > 1,
        "sizes": [{"controls": size, "sets": count} for size, count in found.sizes.items()],
        "balance": [asdict(each) for each in rows_of_balance],
    }
    if of_exposed:
        return document, *_of_exposed(people, exposures[0], set_of, focal)
    return document, _of_cases(people, exposures, covariates, settings, set_of), []


def _columns(people: People, settings: Settings) -> list[Term]:
    """Return what is matched on; those matched exactly may have as many categories as they like."""
    exact = [covariate(people, each, settings, "--match", len(people)) for each in settings.exact]
    return exact + [covariate(people, each, settings, "--match") for each in settings.propensity]


def _focal(people: People, exposure: Exposure, settings: Settings) -> tuple[np.ndarray, str, np.ndarray]:
    """Return who gets controls, what they are called, and who is neither."""
    if settings.matched == "cases":
        return people.event, "cases", np.zeros(len(people), bool)
    groups = exposure.groups
    if groups is None or len(groups.names) < 2:
        raise InputError(
            f"Matching the exposed needs two groups of '{exposure.name}'; say --groups 1, or other cut points."
        )
    return groups.of > 0, f"patients with {exposure.name} of {groups.least} or more", groups.of < 0


def _matched(
    people: People, settings: Settings, columns: Sequence[Term], rows: np.ndarray, chosen: np.ndarray
) -> Matched:
    exact = None
    if settings.exact:
        alike = joined([term for term in columns if term.name in settings.exact])
        exact = np.unique(alike[rows], axis=0, return_inverse=True)[1].ravel()
    if settings.propensity:
        terms = [term for term in columns if term.name in settings.propensity]
        try:
            score = propensity(chosen, joined(terms)[rows])
        except NoEstimate as error:
            raise InputError(f"Nobody can be matched: {error}; match on other columns.") from None
        return match(chosen, score, exact=exact, ratio=settings.ratio, caliper=settings.caliper)
    # Without a score, chance decides among equals, the same with every run.
    score = np.zeros(len(rows))
    order = np.random.Generator(np.random.PCG64(settings.seed)).permutation(len(rows))
    assert exact is not None
    found = match(chosen[order], score, exact=exact[order], ratio=settings.ratio)
    back = np.empty(len(rows), int)
    back[order] = found.set_of
    return Matched(back, found.sizes, found.unmatched, None)


def _of_cases(people, exposures, covariates, settings: Settings, set_of: np.ndarray) -> list[dict]:
    """Return conditional logistic regressions; covariates that were matched exactly are the same within sets."""
    data = Data(np.ones(len(people)), people.event, set_of)
    others = [term for term in covariates if term.name not in settings.exact]
    models = []
    for each in exposures:
        forms = [("per_sd", each.term)]
        if each.groups is not None and len(each.groups.names) > 1:
            forms.append(("groups", each.groups.term(each.name)))
        for form, term in forms:
            for terms in [[term], [term, *others]] if others else [[term]]:
                models.append(fitted(Asked("conditional", each.name, form, "matched", terms), data, set_of >= 0)[0])
    return models


def _of_exposed(people, exposure, set_of: np.ndarray, focal: np.ndarray) -> tuple[list[dict], list[dict]]:
    from .analysis import curves_document

    least = exposure.groups.least
    term = Term(exposure.name, (f"{least} or more",), f"below {least}", focal.astype(float)[:, None])
    data = Data(people.time, people.event, None, set_of)
    model = fitted(Asked("cox", exposure.name, "groups", "matched", [term]), data, set_of >= 0)[0]
    group = np.where(set_of < 0, -1, focal.astype(int))
    names = [f"below {least}", f"{least} or more"]
    return [model], [curves_document(people.time, people.event, group, names, exposure.name, "matched")[0]]


def _label(term: Term, level: str) -> str:
    return term.name if term.reference is None else f"{term.name}: {level}"

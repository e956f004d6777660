"""Regressions of the outcome as rows of a document: ratios with intervals, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

from .cox import CoxModel, fit_cox, proportional_hazards, wald
from .design import Term, joined
from .imputation import cumulative_hazard, imputed, pooled, t_quantile
from .partial_likelihood import NoEstimate

# Events for each coefficient below which estimates are biased and intervals too narrow (Peduzzi et al. 1995,
# doi 10.1016/0895-4356(95)00048-8); a rule of thumb.
EVENTS_PER_COEFFICIENT = 10
_Z = float(stats.norm.ppf(0.975))


@dataclass(frozen=True)
class Asked:
    """One model that is asked for.

    Attributes
    ----------
    kind : str
        ``cox`` or ``conditional``.
    exposure : str
    form : str
        ``per_sd`` or ``groups``.
    data : str
        ``complete``, ``imputed`` or ``matched``.
    terms : sequence of Term
        The exposure first.
    """

    kind: str
    exposure: str
    form: str
    data: str
    terms: Sequence[Term]


@dataclass(frozen=True)
class Data:
    """Whom a model is fitted to: time, event, and what divides or joins the rows, each of shape (n,)."""

    time: np.ndarray
    event: np.ndarray
    stratum: np.ndarray | None = None
    cluster: np.ndarray | None = None

    def at(self, rows: np.ndarray) -> Data:
        """Return the same of some rows."""
        parts = (None if each is None else each[rows] for each in (self.stratum, self.cluster))
        return Data(self.time[rows], self.event[rows], *parts)


def fitted(asked: Asked, data: Data, rows: np.ndarray) -> tuple[dict, CoxModel | None]:
    """Fit a model to the rows, of shape (n,), in which all its terms are known.

    Returns
    -------
    row : dict
        For the document: with ``refused``, the reason, and no numbers where there is no estimate.
    model : CoxModel or None
    """
    used = rows & np.all([term.known for term in asked.terms], axis=0)
    if asked.kind == "conditional" and data.stratum is not None:
        used = _whole_sets(used, data)
    row = _description(asked, data, used)
    try:
        _refuse_without_events(asked, data, used)
        chosen = data.at(used)
        model = fit_cox(
            chosen.time, chosen.event, joined(asked.terms)[used], stratum=chosen.stratum, cluster=chosen.cluster
        )
    except (NoEstimate, np.linalg.LinAlgError) as error:
        return {**row, "refused": str(error)}, None
    row["terms"] = term_rows(asked.terms, model.coefficients, model.covariance, None)
    row["test"] = _test_of_exposure(asked, model.coefficients, model.covariance)
    row["steps"] = model.steps
    if asked.kind == "cox":
        columns = _columns_of(asked.terms)
        try:
            each, together = proportional_hazards(model, columns)
            row["proportional_hazards"] = [
                {"term": name, **asdict(test)}
                for name, test in zip((*(term.name for term in asked.terms), "all"), (*each, together), strict=True)
            ]
        except np.linalg.LinAlgError:
            row["proportional_hazards"] = None
    return row, model


def fitted_to_imputations(asked: Asked, data: Data, count: int, seed: int) -> dict:
    """Fit a model of Cox to imputations of its covariates; the exposure is never imputed.

    Covariates that are categories of more than two levels are not either: rows without them are left out.
    """
    exposure, *others = asked.terms
    plain = [term for term in others if term.x.shape[1] == 1]
    used = np.all([term.known for term in asked.terms if term not in plain], axis=0)
    chosen = data.at(used)
    row = _description(asked, data, used)
    x = joined(plain)[used]
    row["imputed_values"] = int(np.isnan(x).sum())
    fixed = joined([exposure, *(term for term in others if term not in plain)])[used]
    hazard = cumulative_hazard(chosen.time, chosen.event)
    helpers = np.column_stack([fixed, chosen.event, hazard])
    rng = np.random.Generator(np.random.PCG64(seed))
    order = [exposure, *(term for term in others if term not in plain), *plain]
    models = []
    try:
        _refuse_without_events(asked, data, used)
        for copy in imputed(x, helpers, count, rng):
            models.append(fit_cox(chosen.time, chosen.event, np.column_stack([fixed, copy]), cluster=chosen.cluster))
    except (NoEstimate, np.linalg.LinAlgError) as error:
        return {**row, "refused": f"in imputation {len(models) + 1} {error}"}
    together = pooled(
        [each.coefficients for each in models],
        [each.covariance for each in models],
        max(int(chosen.event.sum()) - fixed.shape[1] - x.shape[1], 1),
    )
    row["terms"] = term_rows(order, together.coefficients, together.covariance, together.degrees)
    for each, share in zip(row["terms"], together.missing_information, strict=True):
        each["missing_information"] = float(share)
    row["test"] = _test_of_exposure(asked, together.coefficients, together.covariance, together.degrees)
    row["imputations"] = count
    return row


def term_rows(
    terms: Sequence[Term], coefficients: np.ndarray, covariance: np.ndarray, degrees: np.ndarray | None
) -> list[dict]:
    """Return coefficients with their ratios, 95 % intervals and p values: of Wald, or of Student's t."""
    errors = np.sqrt(np.diag(covariance))
    names = [(term, level) for term in terms for level in term.levels]
    rows = []
    for place, (term, level) in enumerate(names):
        value, error = float(coefficients[place]), float(errors[place])
        reach = _Z if degrees is None else float(t_quantile(degrees[place]))
        z = abs(value) / error
        p_value = 2 * (stats.norm.sf(z) if degrees is None else stats.t.sf(z, degrees[place]))
        rows.append(
            {
                "term": term.name,
                "level": level,
                "reference": term.reference,
                "coefficient": value,
                "standard_error": error,
                "ratio": float(np.exp(value)),
                "lower": float(np.exp(value - reach * error)),
                "upper": float(np.exp(value + reach * error)),
                "p_value": float(p_value),
            }
        )
    return rows


def _test_of_exposure(asked: Asked, coefficients, covariance, degrees=None) -> dict:
    width = asked.terms[0].x.shape[1]
    if degrees is not None and width == 1:
        z = abs(coefficients[0]) / np.sqrt(covariance[0, 0])
        return {"statistic": float(z), "degrees": float(degrees[0]), "p_value": float(2 * stats.t.sf(z, degrees[0]))}
    return asdict(wald(coefficients[:width], covariance[:width, :width]))


def _description(asked: Asked, data: Data, used: np.ndarray) -> dict:
    width = sum(term.x.shape[1] for term in asked.terms)
    events = int(data.event[used].sum())
    row: dict = {
        "kind": asked.kind,
        "exposure": asked.exposure,
        "form": asked.form,
        "data": asked.data,
        "covariates": [term.name for term in asked.terms[1:]],
        "rows": int(used.sum()),
        "events": events,
        "refused": None,
        "terms": [],
        "test": None,
        "events_per_coefficient": events / width,
        "few_events": events < EVENTS_PER_COEFFICIENT * width,
        "robust": data.cluster is not None,
    }
    if data.stratum is not None:
        row["sets"] = len(np.unique(data.stratum[used]))
    return row


def _refuse_without_events(asked: Asked, data: Data, used: np.ndarray) -> None:
    """Raise NoEstimate where a category has no event, or nobody."""
    if not data.event[used].any():
        raise NoEstimate("there are no events among those in whom everything is known")
    for term in asked.terms:
        if term.reference is None:
            continue
        inside = term.x[used]
        reference = inside.sum(axis=1) == 0
        for level, chosen in ((term.reference, reference), *zip(term.levels, inside.T == 1, strict=True)):
            if not chosen.any():
                raise NoEstimate(f"nobody in whom everything is known is '{level}' ({term.name}); unite groups")
            if not data.event[used][chosen].any():
                raise NoEstimate(f"nobody of '{level}' ({term.name}) had the event (separation); unite groups")
            if asked.kind == "conditional" and data.event[used][chosen].all():
                raise NoEstimate(f"everybody of '{level}' ({term.name}) had the event (separation); unite groups")


def _whole_sets(used: np.ndarray, data: Data) -> np.ndarray:
    """Return the rows of sets in which a case and a control are left."""
    assert data.stratum is not None
    codes = np.unique(data.stratum, return_inverse=True)[1]
    cases = np.bincount(codes, used & data.event)
    controls = np.bincount(codes, used & ~data.event)
    return used & (cases > 0)[codes] & (controls > 0)[codes]


def _columns_of(terms: Sequence[Term]) -> list[list[int]]:
    columns, begin = [], 0
    for term in terms:
        columns.append(list(range(begin, begin + term.x.shape[1])))
        begin += term.x.shape[1]
    return columns

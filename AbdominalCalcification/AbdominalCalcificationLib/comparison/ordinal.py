"""How well two ways of grading agree: grades that rise from 0, such as part scores or groups of severity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from .resampling import Estimate, estimates

# Fewer pairs than this say nothing about chance.
LEAST_PAIRS = 3


@dataclass(frozen=True)
class OrdinalAgreement:
    """Agreement of paired grades; see :func:`ordinal_agreement`.

    Attributes
    ----------
    pairs, patients : int
    confusion : tuple of tuple of int
        Counts, rows = grade by the reference, columns = grade by the prediction.
    exact, within_one : Estimate
        Share of pairs of one grade, and of those that differ by at most one.
    bias : Estimate
        Mean of prediction − reference, in grades.
    linear_kappa, quadratic_kappa : Estimate
    sensitivity, specificity : tuple of Estimate
        Of each grade against all others.
    """

    pairs: int
    patients: int
    confusion: tuple[tuple[int, ...], ...]
    exact: Estimate
    within_one: Estimate
    bias: Estimate
    linear_kappa: Estimate
    quadratic_kappa: Estimate
    sensitivity: tuple[Estimate, ...]
    specificity: tuple[Estimate, ...]


def ordinal_agreement(
    reference: Sequence[int],
    prediction: Sequence[int],
    grades: int,
    patients: Sequence | None = None,
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> OrdinalAgreement:
    """Compare paired grades.

    * Cohen's weighted kappa (Cohen 1968, doi 10.1037/h0026256), with weights that fall with the distance of the grades
      or its square; not defined where chance alone would agree completely, nor of fewer than three pairs.
    * Sensitivity of a grade: the share of those that the reference puts there which the prediction does too;
      specificity: of those that the reference puts elsewhere which the prediction does too.

    Parameters
    ----------
    reference, prediction : sequence of int, length n
        From 0 to `grades` − 1.
    grades : int
    patients : sequence, length n, optional
        Who each pair is from; whole patients are resampled.
    resamples, seed : int
        Of the bootstrap (95 %).

    Raises
    ------
    InputError
        For sequences of different lengths, and what is no grade.
    """
    x, y = (np.asarray(each, int).ravel() for each in (reference, prediction))
    if x.shape != y.shape or (patients is not None and len(patients) != len(x)):
        raise InputError("Reference, prediction and patients must be lists of one length.")
    if len(x) and not (min(x.min(), y.min()) >= 0 and max(x.max(), y.max()) < grades):
        raise InputError(f"Grades must lie between 0 and {grades - 1}.")
    cell = x * grades + y
    # Rows of one patient and one cell of the table count together: as many columns as there are cells.
    of_cell = np.zeros((len(x), grades * grades))
    of_cell[np.arange(len(x)), cell] = 1

    def statistics(weights: np.ndarray) -> dict[str, np.ndarray]:
        return _statistics((weights @ of_cell).reshape(-1, grades, grades))

    found = estimates(statistics, patients, len(x), resamples=resamples, seed=seed)
    table = np.bincount(cell, minlength=grades * grades).reshape(grades, grades)
    named = {name: found[name] for name in ("exact", "within_one", "bias", "linear_kappa", "quadratic_kappa")}
    if len(x) < LEAST_PAIRS:
        named |= dict.fromkeys(("linear_kappa", "quadratic_kappa"), Estimate(None))
    return OrdinalAgreement(
        len(x),
        len(x) if patients is None else len(set(patients)),
        tuple(tuple(int(count) for count in row) for row in table),
        **named,
        sensitivity=tuple(found[f"sensitivity {grade}"] for grade in range(grades)),
        specificity=tuple(found[f"specificity {grade}"] for grade in range(grades)),
    )


def _statistics(tables: np.ndarray) -> dict[str, np.ndarray]:
    """Return every statistic of tables of counts, shape (resamples, grades, grades)."""
    grades = tables.shape[1]
    step = np.subtract.outer(np.arange(grades), np.arange(grades))
    total = tables.sum(axis=(1, 2))
    of_reference, of_prediction = tables.sum(axis=2), tables.sum(axis=1)
    hits = np.diagonal(tables, axis1=1, axis2=2)
    outside = total[:, None] - of_reference - of_prediction + hits
    expected = _ratio(of_reference[:, :, None] * of_prediction[:, None, :], total[:, None, None])
    sensitivity = _ratio(hits, of_reference)
    specificity = _ratio(outside, total[:, None] - of_reference)
    kappas = {
        name: 1 - _ratio((weight * tables).sum(axis=(1, 2)), (weight * expected).sum(axis=(1, 2)))
        for name, weight in (("linear_kappa", np.abs(step)), ("quadratic_kappa", step**2))
    }
    return {
        "exact": _ratio(hits.sum(axis=1), total),
        "within_one": _ratio((tables * (np.abs(step) <= 1)).sum(axis=(1, 2)), total),
        "bias": _ratio((tables * -step).sum(axis=(1, 2)), total),
        **kappas,
        **{f"sensitivity {grade}": sensitivity[:, grade] for grade in range(grades)},
        **{f"specificity {grade}": specificity[:, grade] for grade in range(grades)},
    }


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide; NaN where there is nothing to divide by."""
    part, whole = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    return np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)

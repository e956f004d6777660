"""Groups of severity, and how often two methods put a patient into the same one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..errors import InputError


@dataclass(frozen=True)
class SeverityGroups:
    """Groups of the burden, divided at cut points.

    The default cut points are this project's own choice, for lack of published ones for the
    fraction of an artery's volume that is calcified: none (below 0.1 %), mild (below 1 %), moderate
    (below 5 %), severe. They have not been related to outcomes.

    Attributes
    ----------
    cut_points : tuple of float
        Rising burdens (fractions); a value at a cut point belongs to the group above it.
    names : tuple of str
        One more than there are cut points.
    """

    cut_points: tuple[float, ...] = (0.001, 0.01, 0.05)
    names: tuple[str, ...] = ("none", "mild", "moderate", "severe")

    def __post_init__(self):
        cuts = tuple(float(c) for c in self.cut_points)
        if not cuts or not np.isfinite(cuts).all() or any(a >= b for a, b in pairwise(cuts)):
            raise InputError(f"Cut points of severity must be rising numbers, not {self.cut_points}.")
        if len(self.names) != len(cuts) + 1:
            raise InputError(f"{len(cuts)} cut points make {len(cuts) + 1} groups; there are {len(self.names)} names.")
        object.__setattr__(self, "cut_points", cuts)

    def group_of(self, burden: float) -> int:
        """Return the index of the group of a burden."""
        return int(np.searchsorted(self.cut_points, burden, side="right"))

    @classmethod
    def from_cut_points(cls, cut_points: Sequence[float]) -> SeverityGroups:
        """Return groups at `cut_points`, named as by default where there are four, else numbered."""
        default = cls()
        if len(cut_points) == len(default.cut_points):
            return cls(tuple(cut_points))
        return cls(tuple(cut_points), tuple(f"group {i + 1}" for i in range(len(cut_points) + 1)))


@dataclass(frozen=True)
class GroupAgreement:
    """How often two methods agree on groups.

    Attributes
    ----------
    confusion : tuple of tuple of int
        Counts, rows = group by the reference, columns = group by the prediction.
    sensitivity, specificity : tuple of float or None
        Of each group against all others; None where no patient is (or all are) in the group by the
        reference.
    accuracy : float or None
    linear_kappa, quadratic_kappa : float or None
        Cohen's weighted kappa (Cohen 1968, doi 10.1037/h0026256), with weights that fall with the
        distance of the groups or its square; None where chance alone would agree completely.
    """

    confusion: tuple[tuple[int, ...], ...]
    sensitivity: tuple[float | None, ...]
    specificity: tuple[float | None, ...]
    accuracy: float | None
    linear_kappa: float | None
    quadratic_kappa: float | None


def group_agreement(reference: Sequence[int], prediction: Sequence[int], groups: int) -> GroupAgreement:
    """Compare paired group numbers, 0 to `groups` − 1."""
    table = np.zeros((groups, groups), int)
    np.add.at(table, (np.asarray(reference, int), np.asarray(prediction, int)), 1)
    total = int(table.sum())
    of_reference, of_prediction, hits = table.sum(axis=1), table.sum(axis=0), np.diag(table)
    right_outside = total - of_reference - of_prediction + hits
    return GroupAgreement(
        tuple(tuple(int(count) for count in row) for row in table),
        tuple(_ratio(h, n) for h, n in zip(hits, of_reference, strict=True)),
        tuple(_ratio(r, total - n) for r, n in zip(right_outside, of_reference, strict=True)),
        _ratio(hits.sum(), total),
        weighted_kappa(table, 1),
        weighted_kappa(table, 2),
    )


def weighted_kappa(confusion: np.ndarray, power: int = 2) -> float | None:
    """Return Cohen's kappa of a table of counts; disagreement weighs |i − j| to `power`, 0 for unweighted."""
    confusion = np.asarray(confusion, float)
    distance = np.abs(np.subtract.outer(np.arange(len(confusion)), np.arange(len(confusion))))
    weight = np.where(distance > 0, distance.astype(float) ** power, 0.0)
    total = confusion.sum()
    if total == 0:
        return None
    expected = np.outer(confusion.sum(axis=1), confusion.sum(axis=0)) / total
    by_chance = float((weight * expected).sum())
    return None if by_chance == 0 else 1 - float((weight * confusion).sum()) / by_chance


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 0 else None

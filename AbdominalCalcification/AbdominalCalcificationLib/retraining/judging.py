"""Whether a new model is better than the present one, on cases that neither has seen: a rule, and how certain it is.

All limits are this project's own choice; `training.md` states them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from ..anatomy import TERRITORIES
from ..comparison.territories import TOTAL
from ..reporting.text import counted

# Mean Dice over patients has to rise by this: less comes of another seed.
LEAST_GAIN = 0.01
# What is worse than this is no help to anybody, however bad the present model is.
LEAST_DICE = 0.5
# No artery may lose more than this in the mean.
MOST_LOSS = 0.05
# By so much, in percentage points or as a part of it, may the mean error of the total burden grow.
BURDEN_SLACK_POINTS, BURDEN_SLACK_PART = 0.5, 0.1
# Below this many patients a mean says hardly more than its cases.
FEW_PATIENTS = 6
# Beyond so many patients not every pattern of signs is tried.
_RESAMPLES = 10_000


@dataclass(frozen=True)
class Row:
    """One line of the table: Dice of one structure by both models, over the cases where both are defined."""

    name: str
    title: str
    cases: int
    present: float
    new: float


@dataclass(frozen=True)
class Judgement:
    """What came of comparing two models.

    Attributes
    ----------
    is_better : bool
        By the rule; only then the new model is offered.
    reasons : tuple of str
        Why not; empty where it is.
    present, new : float or None
        Mean over patients of the Dice that counts; None where there was nothing to compare.
    patients, cases : int
        That were compared.
    improved : int
        Patients whose Dice rose.
    chance : float or None
        How often as much would come of chance alone: of all ways to give the differences their signs, the share with as
        high a mean (exact one-sided permutation test of paired differences, Fisher 1935;
        ``scipy.stats.permutation_test``).
    rows : tuple of Row
    burden_error_points : tuple of float, or None
        Mean absolute error of the total burden by the present and by the new model, in percentage points.
    burden_cases : int
        Over how many cases.
    """

    is_better: bool
    reasons: tuple[str, ...]
    present: float | None
    new: float | None
    patients: int
    cases: int
    improved: int
    chance: float | None
    rows: tuple[Row, ...]
    burden_error_points: tuple[float, float] | None
    burden_cases: int

    @property
    def headline(self) -> str:
        """The verdict in one or two sentences."""
        if self.present is None or self.new is None:
            return "The new model could not be judged: " + " ".join(self.reasons)
        figures = (
            f"mean Dice {self.new:.2f}, the present one {self.present:.2f}, on "
            f"{counted(self.patients, 'held-out patient')} ({self.improved} of them better)"
        )
        if self.is_better:
            return f"The new model is better: {figures}. {self.certainty}"
        return f"The new model is not better and is not offered: {figures}. {' '.join(self.reasons)}"

    @property
    def certainty(self) -> str:
        """How much so few patients say."""
        if self.chance is None:
            return ""
        share = f"By chance alone this would come {_percent(self.chance)} of the time"
        few = (
            "; so few patients cannot tell more, look at its masks before you rely on it"
            if self.patients < FEW_PATIENTS
            else ""
        )
        return f"{share}{few}."


def judge(
    present: Sequence[Mapping], new: Sequence[Mapping], task_name: str, methods: tuple[str, str] = ("model", "model")
) -> Judgement:
    """Compare the records that an evaluation made of the same cases with two models.

    The Dice that counts is, of a case, the mean over the arteries that its reference or the model has (arteries), or
    that of all calcification in the kept arteries (calcification); of a patient, the mean over the cases. Where there
    is no calcification, it is 1 for a model that finds none and 0 for one that does; where both find none, nothing.

    Parameters
    ----------
    present, new : sequence of mapping
        Records of :func:`evaluation.case.evaluate_case`, in one order.
    task_name : {'arteries', 'calcification'}
    methods : tuple of str
        Names of the method in the records of either side.
    """
    reasons, pairs = [], []
    for old_record, new_record in zip(present, new, strict=True):
        why = _failure(new_record, methods[1])
        if why and not _failure(old_record, methods[0]):
            reasons.append(f"It failed on '{new_record['case']}': {why}")
        elif not why and not _failure(old_record, methods[0]):
            pairs.append((old_record, new_record))
    scored: dict[str, list[tuple[float, float]]] = {}
    for old, own in pairs:
        values = [_score(old, task_name, methods[0]), _score(own, task_name, methods[1])]
        if any(value is not None for value in values):
            # Nothing there and nothing found is right, where the other model finds something.
            before, after = (1.0 if value is None else value for value in values)
            scored.setdefault(old["patient"], []).append((before, after))
    rows = tuple(_rows(pairs, task_name, methods))
    errors = [e for old, own in pairs if (e := (_burden_error(old, methods[0]), _burden_error(own, methods[1])))]
    known = [(a, b) for a, b in errors if a is not None and b is not None]
    burden = (100 * mean(a for a, _ in known), 100 * mean(b for _, b in known)) if known else None
    if any(b is None and a is not None for a, b in errors):
        reasons.append("It leaves the burden of a case unmeasured that the present model measures.")
    if not scored:
        reasons.append("No held-out case has anything to compare.")
        return Judgement(False, tuple(reasons), None, None, 0, len(pairs), 0, None, rows, burden, len(known))
    by_patient = [(mean(a for a, _ in each), mean(b for _, b in each)) for each in scored.values()]
    before, after = mean(a for a, _ in by_patient), mean(b for _, b in by_patient)
    reasons += _against(before, after, rows, burden)
    return Judgement(
        not reasons,
        tuple(reasons),
        before,
        after,
        len(by_patient),
        sum(map(len, scored.values())),
        sum(b > a for a, b in by_patient),
        _chance([b - a for a, b in by_patient]),
        rows,
        burden,
        len(known),
    )


def _against(before: float, after: float, rows: Sequence[Row], burden: tuple[float, float] | None) -> list[str]:
    """Return what speaks against the new model."""
    reasons = []
    if after < LEAST_DICE:
        reasons.append(f"Its Dice of {after:.2f} is below {LEAST_DICE:g}: of no use yet.")
    if after - before < LEAST_GAIN:
        reasons.append(f"Its Dice has to be at least {LEAST_GAIN:g} higher; it is {after - before:+.3f}.")
    for row in rows:
        if row.present - row.new > MOST_LOSS:
            reasons.append(f"{row.title} fell from {row.present:.2f} to {row.new:.2f} ({counted(row.cases, 'case')}).")
    if burden is not None and burden[1] > burden[0] + max(BURDEN_SLACK_POINTS, BURDEN_SLACK_PART * burden[0]):
        reasons.append(f"The error of the total burden grew from {burden[0]:.2f} to {burden[1]:.2f} percentage points.")
    return reasons


def _chance(differences: Sequence[float]) -> float:
    if len(differences) < 2:  # scipy wants two; a single sign is a coin
        return 0.5 if differences[0] > 0 else 1.0
    import numpy as np
    from scipy import stats

    values = np.asarray(differences, float)
    test = stats.permutation_test(
        (values,),
        np.mean,
        permutation_type="samples",
        alternative="greater",
        n_resamples=_RESAMPLES,
        random_state=0,  # what SciPy before 1.15 knows
    )
    return float(test.pvalue)


def _failure(record: Mapping, method: str) -> str:
    return record.get("error") or record.get("failures", {}).get(method, "")


def _dice_by_place(record: Mapping, structure: str, method: str) -> dict[str, float]:
    return {
        row["territory"]: row["dice"]
        for row in record["overlap"]
        if row["structure"] == structure and row["method"] == method and row["dice"] is not None
    }


def _score(record: Mapping, task_name: str, method: str) -> float | None:
    found = _dice_by_place(record, task_name, method)
    if task_name == "calcification":
        return found.get(TOTAL)
    values = [found[each.name] for each in TERRITORIES if each.name in found]
    return mean(values) if values else None


def _rows(pairs: Sequence[tuple[Mapping, Mapping]], task_name: str, methods: tuple[str, str]):
    dice: Callable = lambda record, side: _dice_by_place(record, task_name, methods[side])  # noqa: E731
    both = [(dice(old, 0), dice(own, 1)) for old, own in pairs]
    for name, title in (*((each.name, each.title) for each in TERRITORIES), (TOTAL, "All arteries")):
        values = [(a[name], b[name]) for a, b in both if name in a and name in b]
        if values:
            yield Row(name, title, len(values), mean(a for a, _ in values), mean(b for _, b in values))


def _burden_error(record: Mapping, method: str) -> float | None:
    values = [record["measurements"][side].get(TOTAL, {}).get("burden") for side in ("reference", method)]
    return None if None in values else abs(values[1] - values[0])


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else "less than 1 %"

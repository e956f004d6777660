"""The card of a retrained model: what it learnt from, for how long, how good it is, and what nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .. import __version__
from ..inference import ModelFolder
from ..progress import duration_text
from .division import Division
from .judging import FEW_PATIENTS, Judgement
from .plan import Plan
from .work import TRAINING_FILE


@dataclass(frozen=True)
class TrainedFor:
    """How long a network was trained, in all runs."""

    steps: int
    seconds: float


def card_text(
    plan: Plan, division: Division, initial: ModelFolder, trained: TrainedFor, judgement: Judgement, checksum: str
) -> str:
    """Return the card as Markdown. It names no case, no reader and no file.

    Parameters
    ----------
    plan : Plan
    division : Division
    initial : ModelFolder
        That it started from and was compared with.
    trained : TrainedFor
    judgement : Judgement
    checksum : str
        Of the new model.
    """
    said = plan.settings and ", ".join(f"{key} {value}" for key, value in plan.settings.items())
    verdict = (
        "better than the model that it started from" if judgement.is_better else "NOT better than the model before"
    )
    lines = [
        f"# {plan.dataset}",
        "",
        f"A model of {plan.task_name}, retrained on corrected cases of one site. **{judgement.headline}**",
        "",
        "For research, not for diagnosis.",
        "",
        f"- **Verdict**: {verdict}, by the rule of `training.md`.",
        f"- **Data**: {len(division.learnt)} corrected cases of {division.learnt_patients} patients to learn from"
        f"{_empty(division)}; "
        f"{len(division.held_out)} cases of {division.held_out_patients} other patients to judge by. "
        f"{_unseen(plan, initial)}",
        f"- **Started from**: {initial.name} (sha256:{initial.checksum}).",
        f"- **Training**: {trained.steps} steps in {duration_text(trained.seconds)} on {plan.device}"
        f"{f', with {said}' if said else ''}; begun {plan.begun}.",
        f"- **This model**: sha256:{checksum}.",
        f"- **Made by**: `abdominal-calcification retrain`, version {__version__}.",
        "- **Confidence**: not calibrated; results of it have none.",
        "",
        "## Results on the cases that were held out",
        _method(plan.task_name),
        "",
        *_table(judgement),
        "",
        *_burden_lines(judgement),
        "",
        "## Limits",
        *_limits(judgement),
    ]
    return "\n".join(lines) + "\n"


def _empty(division: Division) -> str:
    without = len(division.learnt) - division.learnt_labelled
    return f", {without} of them without any" if without else ""


def _unseen(plan: Plan, initial: ModelFolder) -> str:
    """Return whether the cases that judge are new to both models: of a model from elsewhere nobody knows."""
    if plan.initial is None or (initial.path / TRAINING_FILE).is_file():
        return "Neither this model nor the one before has learnt from these."
    return "This model has not learnt from these; whether the one before has is not known here."


def history_of(division: Division, told: Mapping, before: Mapping) -> dict:
    """Return what the next retraining has to know: checksums of the CTs learnt from, and of those held out."""
    voxels = {name: case["voxels"] for name, case in told["cases"].items()}
    return {
        "learnt": sorted({*before["learnt"], *(voxels[name] for name in division.learnt)}),
        "held_out": sorted({*before["held_out"], *(voxels[name] for name in division.held_out)}),
    }


def _method(task_name: str) -> str:
    if task_name == "arteries":
        return "Dice of the arteries as `analyze` measures them, within the kept lengths; means over the cases."
    return "Dice of the calcification found in the corrected arteries, within the kept lengths; means over the cases."


def _table(judgement: Judgement) -> list[str]:
    rows = [f"| {row.title} | {row.cases} | {row.present:.2f} | {row.new:.2f} |" for row in judgement.rows]
    if judgement.present is not None and judgement.new is not None:
        means = f"{judgement.present:.2f} | {judgement.new:.2f}"
        rows.append(f"| **what counts, mean over patients** | {judgement.cases} | {means} |")
    return ["| | cases | model before | this model |", "| --- | --- | --- | --- |", *rows]


def _burden_lines(judgement: Judgement) -> list[str]:
    if judgement.burden_error_points is None:
        return ["The burden was measured in no held-out case by both."]
    before, after = judgement.burden_error_points
    return [
        f"Mean absolute error of the total burden: {before:.2f} percentage points before, {after:.2f} now "
        f"({judgement.burden_cases} cases)."
    ]


def _limits(judgement: Judgement) -> list[str]:
    lines = [f"- {judgement.certainty}"] if judgement.is_better else []
    if judgement.patients < FEW_PATIENTS:
        lines.append(f"- {judgement.patients} held-out patients say little: the next one can be far off these means.")
    lines += [
        "- It was judged on CTs of the site that it learnt from; what it was good at elsewhere may be lost.",
        "- Corrected masks are what one reader drew: the model learns the reader's habits too.",
        *(f"- {reason}" for reason in judgement.reasons),
    ]
    return lines

"""The corrected cases looked at and brought into datasets: what is wrong with one is told before any training."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from ..bounded import read_json
from ..durable import write_text
from ..errors import InputError
from ..evaluation import Case, Masks
from ..inference import ModelFolder
from ..progress import Progress, Steps, scaled
from ..training.cases import CorrectedCase, read_cases
from ..training.dataset import INDEX_FILE, canonical, export_steps, same_voxels_checksum
from ..training.tasks import TASKS
from .division import Division, SeenCase, divide
from .plan import Plan, PlannedCase
from .work import RAW_FOLDER, TRAINING_FILE

DIVISION_FILE = "division.json"
_COUNTS = ("learnt_patients", "held_out_patients", "learnt_labelled", "held_out_labelled")
# Of the other structure, for the cases that are held out: burden needs both.
_BESIDE = "Dataset799_beside"


def model_history(model: ModelFolder) -> dict[str, list[str]]:
    """Return the checksums of the CTs that a model, and those it came from, learnt from and were judged by."""
    path = model.path / TRAINING_FILE
    if not path.is_file():
        return {"learnt": [], "held_out": []}
    try:
        found = read_json(path)
        return {name: [str(each) for each in found[name]] for name in ("learnt", "held_out")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"'{path}' cannot be read ({reason}), so nobody knows which cases the model has seen; mend it or remove it."
        ) from None


def look_steps(plan: Plan) -> Steps[list[SeenCase]]:
    """Read every case once; InputError, naming the case, where one cannot be learnt from or judged by."""
    seen = []
    for number, planned in enumerate(plan.cases):
        yield Progress("Looking at the cases", number / len(plan.cases))
        try:
            (case,) = read_cases(planned.source)
        except InputError as error:
            raise InputError(f"The case '{planned.name}' cannot be used: {error}") from None
        seen.append(_seen(planned, case))
    return seen


def _seen(planned: PlannedCase, case: CorrectedCase) -> SeenCase:
    drawn = {name: bool(getattr(case, name) is not None and getattr(case, name).array.any()) for name in TASKS}
    if not drawn["arteries"]:
        raise InputError(
            f"The artery mask of the case '{planned.name}' is empty; draw it, or set the case to rejected: an artery "
            "that is not drawn is taught to be none."
        )
    return SeenCase(
        planned.name,
        planned.patient,
        same_voxels_checksum(canonical(case.ct.volume)),
        case.ct.identity.get("study_uid"),
        drawn["arteries"],
        drawn["calcification"],
    )


def export_cases_steps(plan: Plan, work: Path, model: ModelFolder) -> Steps[tuple[Division, list[str]]]:
    """Divide the cases and write them into datasets of the work folder, unless that was done; and what to say of it.

    From then on the work depends on nothing outside its folder but the model that it starts from.
    """
    path = work / DIVISION_FILE
    if path.is_file():
        division = read_division(work)[0]
        return division, _changed_since(plan, work)
    seen = yield from scaled(look_steps(plan), 0.0, 0.4)
    history = model_history(model)
    division = divide(seen, plan.task_name, plan.held_out, history["learnt"], history["held_out"])
    yield Progress("Dividing the cases", 0.4)
    sources = {case.name: case.source for case in plan.cases}
    learnt, held_out = ([sources[name] for name in names] for names in (division.learnt, division.held_out))
    stamps = {case.name: case.stamp for case in plan.cases}
    remarks: list[str] = []
    for name, task_name, training, start in (
        (plan.dataset, plan.task_name, learnt, 0.4),
        (_BESIDE, next(each for each in TASKS if each != plan.task_name), [], 0.8),
    ):
        # An earlier attempt may have exported what was corrected again since.
        folder = work / RAW_FOLDER / name
        steps = export_steps(training, held_out, folder, TASKS[task_name], update=True, allow_empty=True)
        exported = yield from scaled(steps, start, start + (0.4 if training else 0.2))
        remarks += exported.remarks if training else []
    told = {
        **asdict(division),
        "learnt_before": history["learnt"],
        "cases": {case.name: {"patient": case.patient, "voxels": case.voxels} for case in seen},
        "stamps": stamps,
    }
    write_text(path, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return division, remarks


def read_division(work: Path) -> tuple[Division, dict]:
    """Return how the cases were divided, and all that was written down of it; InputError."""
    path = work / DIVISION_FILE
    try:
        found = read_json(path)
        numbers = [int(found[name]) for name in _COUNTS]
        names = [tuple(map(str, found[name])) for name in ("learnt", "held_out")]
        if not all(found["cases"][name]["voxels"] for name in (*names[0], *names[1])):
            raise ValueError("a case has no checksum")
        return Division(names[0], names[1], *numbers), found
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"'{path}' cannot be read ({reason}); begin anew in another work folder.") from None


def _changed_since(plan: Plan, work: Path) -> list[str]:
    stamps = read_division(work)[1].get("stamps", {})
    changed = [case.name for case in plan.cases if case.stamp and case.stamp != stamps.get(case.name)]
    if not changed:
        return []
    return [f"Corrected again since this retraining began, and not in it: {', '.join(changed)}."]


def held_out_cases(plan: Plan, work: Path) -> list[Case]:
    """Return the cases that are held out, as the work folder holds them."""
    division, told = read_division(work)
    folders = {plan.task_name: work / RAW_FOLDER / plan.dataset}
    folders[next(each for each in TASKS if each != plan.task_name)] = work / RAW_FOLDER / _BESIDE
    index = read_json(folders[plan.task_name] / INDEX_FILE)["cases"]
    names = {entry["voxels"]: name for name, entry in index.items()}
    cases = []
    for name in division.held_out:
        case = told["cases"][name]
        file = names.get(case["voxels"])
        if file is None:
            raise InputError(f"'{folders[plan.task_name]}' lacks the case '{name}'; begin anew in another work folder.")
        masks = {task: folder / "labelsTs" / f"{file}.nii.gz" for task, folder in folders.items()}
        ct = folders[plan.task_name] / "imagesTs" / f"{file}_0000.nii.gz"
        cases.append(Case(name, case["patient"], ct, Masks(masks["calcification"], masks["arteries"])))
    return cases

"""A retraining from its cases to its verdict; what was done is not done again, whatever ended it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from ..bounded import read_json
from ..claiming import claimed
from ..durable import write_text
from ..errors import AbdominalCalcificationError
from ..evaluation import Settings, evaluate_steps
from ..evaluation.store import Store
from ..evaluation.study import CASES_FOLDER
from ..inference import ModelFolder
from ..progress import Progress, Steps, mapped, scaled
from ..training.run import train_steps
from .beginning import initial_model, job_of
from .card import TrainedFor, card_text, history_of
from .judging import Judgement, judge
from .looking import export_cases_steps, held_out_cases, model_history, read_division
from .offering import offer, place_of
from .plan import Plan
from .work import CANDIDATE, CARD_FILE, STOP_FILE, TRAINING_FILE, Recorder, State, Status, write_state

TRAINED_FILE, JUDGED_FOLDER = "trained.json", "judged"
# Judged in the reader's arteries: else the error of one network would hide that of the other.
METHODS = {"arteries": "model", "calcification": "model-calcification"}


@dataclass(frozen=True)
class Outcome:
    """What came of a retraining; `judgement` is None where it was stopped, `model` where nothing is offered."""

    judgement: Judgement | None = None
    model: ModelFolder | None = None


def run_steps(work: Path) -> Steps[Outcome]:
    """Do what the plan of a work folder says, from wherever it is, and write down what becomes of it.

    Closing the generator, or a file called ``stop`` in the work folder, ends it in order: a training after the step at
    hand, with a checkpoint.

    Raises
    ------
    AbdominalCalcificationError
        What is wrong, which the folder tells too. Where another process has the folder, nothing is written.
    """
    work = work.absolute()
    plan = Plan.read(work)
    recorder, stop = Recorder(work), work / STOP_FILE
    with claimed(work):
        write_state(work, State(Status.RUNNING))
        steps = _phases(plan, work)
        became = State(Status.STOPPED)
        try:
            while True:
                step = next(steps)
                recorder.record(step)
                yield step
                if stop.exists():
                    recorder.log("Asked to stop.")
                    steps.close()
                    return Outcome()
        except StopIteration as end:
            outcome: Outcome = end.value
            became = _finished(outcome, work)
            return outcome
        except AbdominalCalcificationError as error:
            became = State(Status.FAILED, str(error))
            raise
        except Exception as error:
            became = State(Status.FAILED, f"Internal error: {type(error).__name__}: {error}")
            raise
        finally:
            steps.close()
            recorder.log(became.text)
            if work.is_dir():
                with suppress(OSError):
                    stop.unlink(missing_ok=True)
                with suppress(AbdominalCalcificationError):
                    write_state(work, became)


def _finished(outcome: Outcome, work: Path) -> State:
    judgement, model = outcome.judgement, outcome.model
    told = "" if judgement is None else judgement.headline
    if model is None:
        return State(Status.FINISHED, f"{told} It is kept in '{work / CANDIDATE}'.")
    return State(Status.FINISHED, f"{told} It is in '{model.path}'.", model=str(model.path))


def _phases(plan: Plan, work: Path) -> Steps[Outcome]:
    model = initial_model(plan)
    division, remarks = yield from scaled(export_cases_steps(plan, work, model), 0.0, 0.06)
    for remark in (division.text, *remarks):
        yield Progress("Beginning the training", 0.06, message=remark)
    trained = yield from scaled(_train_steps(plan, work, model), 0.06, 0.8)
    candidate = ModelFolder.open(work / CANDIDATE)
    records = []
    for number, (name, each) in enumerate((("present", model), ("new", candidate))):
        start = 0.8 + 0.09 * number
        records.append((yield from scaled(_judged_steps(plan, work, name, each), start, start + 0.09)))
    judgement = judge(records[0], records[1], plan.task_name, (METHODS[plan.task_name],) * 2)
    yield Progress("Writing the card", 0.98)
    _, told = read_division(work)
    card = card_text(plan, division, model, trained, judgement, candidate.checksum)
    write_text(candidate.path / CARD_FILE, card)
    write_text(work / CARD_FILE, card)
    history = history_of(division, told, model_history(model))
    write_text(candidate.path / TRAINING_FILE, json.dumps(history, indent=1) + "\n")
    offered = None
    if judgement.is_better:
        yield Progress("Putting the model where models are kept", 0.99)
        offered = offer(candidate.path, place_of(plan.output, plan.dataset))
    yield Progress("Done", 1.0, message=judgement.headline)
    return Outcome(judgement, offered)


def _train_steps(plan: Plan, work: Path, model: ModelFolder) -> Steps[TrainedFor]:
    """Train for as long as the plan says, in all; a training that has come to its end is not begun again."""
    path, job = work / TRAINED_FILE, job_of(plan, work, model)
    with suppress(OSError, ValueError, KeyError, TypeError):
        said = read_json(path)
        if said["minutes"] == plan.minutes and (work / CANDIDATE).is_dir():
            return TrainedFor(int(said["steps"]), float(said["seconds"]))
    done = yield from mapped(train_steps(job, work / CANDIDATE, overwrite=True), _of_training)
    told = {"minutes": plan.minutes, "steps": done.steps, "seconds": done.seconds, "watched_dice": done.dice}
    write_text(path, json.dumps(told, indent=1) + "\n")
    return TrainedFor(done.steps, done.seconds)


def _of_training(step: Progress) -> Progress:
    """Return a step with the part of the training that is done: each stage before it has a part of its own."""
    return step if step.stage.startswith("Training") else replace(step, fraction=0.0)


def _judged_steps(plan: Plan, work: Path, name: str, model: ModelFolder) -> Steps[list[dict]]:
    """Evaluate one model on the held-out cases, and return what is known of each."""
    method, cases = METHODS[plan.task_name], held_out_cases(plan, work)
    chosen: dict = {"methods": (method,), "trust": plan.trust, "device": plan.device}
    if plan.task_name == "arteries":
        chosen["artery_models"] = (model.path,)
    else:
        chosen["calcification_model"] = model.path
    settings = Settings(**chosen)
    output = work / JUDGED_FOLDER / name
    yield from evaluate_steps(cases, output, settings)
    store = Store(output / CASES_FOLDER, settings)
    records = [store.read(case) for case in cases]
    return [record or _lost(case.name) for record, case in zip(records, cases, strict=True)]


def _lost(name: str) -> dict:
    return {"case": name, "patient": name, "error": "its files changed while it was judged", "failures": {}}

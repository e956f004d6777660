"""The command ``retrain``: from corrected cases to a model that is offered only where it is better."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..progress import drain
from ..signals import between_steps
from .options import DEVICES, TASKS, number

_STOPPED = "Stopped; go on with 'retrain --resume --work FOLDER', or with the same command."


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``retrain``."""
    parser = commands.add_parser(
        "retrain",
        help="make a better model from corrected cases, judged on cases that were held out",
        description="Divides the cases that are done in a case list by patient, trains a model further on one part, "
        "compares it with the present one on the other, and offers it only where it is better.",
    )
    parser.add_argument("list", metavar="LIST", type=Path, nargs="?", help="case list: a table, or a folder of cases")
    parser.add_argument("--task", choices=sorted(TASKS), help="which masks to learn")
    cases = parser.add_argument_group("which cases")
    cases.add_argument(
        "--reader", metavar="NAME", nargs="+", action="extend", default=[], help="whose cases that are done"
    )
    cases.add_argument(
        "--as-listed", action="store_true", help="all cases of the list with its own masks, not those marked as done"
    )
    cases.add_argument(
        "--held-out", metavar="N", type=int, help="patients held out to judge by (a fifth, at least two)"
    )
    training = parser.add_argument_group("how it is trained")
    training.add_argument(
        "--initial-weights", metavar="FOLDER", type=Path, help="model to start from and to beat; bundled by default"
    )
    training.add_argument("--minutes", metavar="M", type=number, help="of training, in all (40)")
    training.add_argument("--settings", metavar="FILE", type=Path, help="JSON with changes to the small configuration")
    training.add_argument("--device", choices=DEVICES)
    training.add_argument("--threads", metavar="N", type=int, help="of PyTorch; its own choice by default")
    training.add_argument("--processes", metavar="N", type=int, help="for preparing and feeding (1)")
    training.add_argument(
        "--trust-models", action="store_true", help="load models that hold more than weights; they can run any code"
    )
    places = parser.add_argument_group("where")
    places.add_argument(
        "--output", metavar="MODEL", type=Path, help="new folder for a better model; where models are kept by default"
    )
    places.add_argument("--work", metavar="FOLDER", type=Path, help="work folder; in 'retraining' beside the list")
    job = parser.add_argument_group("a retraining that is there")
    which = job.add_mutually_exclusive_group()
    which.add_argument("--status", action="store_true", help="say how far it is; without --work, all that are known")
    which.add_argument("--cancel", action="store_true", help="let it end after the step at hand, with a checkpoint")
    which.add_argument("--resume", action="store_true", help="go on where it stopped")
    job.add_argument("--background", action="store_true", help="as a process of its own, which outlives this terminal")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parser.set_defaults(run=run, cancelled=_STOPPED)
    return [parser]


def run(options: argparse.Namespace, report) -> None:
    """Begin, look at, stop or take up a retraining."""
    if options.status:
        _say_status(options, report)
    elif options.cancel:
        _cancel(_named_work(options), report)
    else:
        from ..retraining.launch import go_on

        work, is_new = (_named_work(options), False) if options.resume else _begun(options, report)
        if not is_new:
            go_on(work, **_changes(options))
        _do(work, options, report)


def _do(work: Path, options: argparse.Namespace, report) -> None:
    from ..retraining.launch import start
    from ..retraining.steps import run_steps

    report.say(f"Work folder: {work}")
    if options.background:
        start(work)
        report.say(f"It runs by itself now; look with: abdominal-calcification retrain --status --work '{work}'")
        return
    # An interrupt in the middle of talking to the training process would cost it its checkpoint.
    with between_steps(lambda: report.complain("Stopping; press Ctrl-C again to stop at once.")):
        outcome = drain(run_steps(work), report)
    if outcome.judgement is None:
        report.say(_STOPPED)
        return
    _say_state(work, report)
    report.say(f"Its card: {work / 'MODEL_CARD.md'}")


def _begun(options: argparse.Namespace, report) -> tuple[Path, bool]:
    """Return the work folder of a list, and whether it was begun now: one that did not come to its end goes on."""
    from ..retraining.corrected import corrected_cases
    from ..retraining.launch import begin
    from ..retraining.plan import PLAN_FILE

    if options.list is None or options.task is None:
        raise InputError("Name the case list and --task artery or calcification; or --status, --cancel or --resume.")
    task_name = TASKS[options.task]
    cases, remarks = corrected_cases(options.list, options.reader, as_listed=options.as_listed)
    for remark in remarks:
        report.say(remark)
    plan = _plan(options, task_name, cases)
    work = options.work or _next_work(options.list, plan, report)
    if (work / PLAN_FILE).exists():
        if what := _different(work, plan):
            raise InputError(
                f"'{work}' has begun with {what}: go on with it by --resume --work, or begin anew with another --work."
            )
        return work, False
    begin(plan, work, options.list.absolute().stem)
    return work, True


def _next_work(source: Path, plan, report) -> Path:
    """Return the last work folder of a list where its retraining is this one and not finished, else a new one."""
    from ..retraining.work import Status, list_folder, next_work, read_state, works_of

    there = works_of(list_folder(source), plan.task_name)
    status = read_state(there[-1]).status if there else Status.FINISHED
    if status is Status.FINISHED:
        return next_work(list_folder(source), plan.task_name)
    what = _different(there[-1], plan)
    if status is Status.RUNNING or not what:
        return there[-1]
    report.say(f"'{there[-1]}' is not finished, but began with {what}; this is a new one.")
    return next_work(list_folder(source), plan.task_name)


def _different(work: Path, plan) -> str:
    """Return what a work folder has begun with that is another thing now; empty where it is the same retraining."""
    from ..retraining.plan import Plan

    begun = Plan.read(work)
    texts = {
        "task_name": "another task",
        "cases": "other cases",
        "initial": "another model to start from",
        "held_out": "another number of patients held out",
        "settings": "other settings",
    }
    return next((text for name, text in texts.items() if getattr(begun, name) != getattr(plan, name)), "")


def _plan(options: argparse.Namespace, task_name: str, cases):
    from ..retraining.plan import Plan
    from ..training.small import read_settings

    settings = {}
    if options.settings is not None:
        settings = read_settings(options.settings)
        if not isinstance(settings, dict):
            raise InputError(f"The settings '{options.settings}' are no JSON object; see the manual of train.")
    initial = None if options.initial_weights is None else str(options.initial_weights.absolute())
    return Plan(
        task_name,
        tuple(cases),
        "",
        initial=initial,
        held_out=options.held_out,
        settings=settings,
        trust=options.trust_models,
        **_changes(options),
    )


def _changes(options: argparse.Namespace) -> dict:
    """Return what may be another each time that a retraining goes on, where it is said."""
    said = {name: getattr(options, name) for name in ("minutes", "device", "threads", "processes")}
    said["output"] = None if options.output is None else str(options.output.absolute())
    return {name: value for name, value in said.items() if value is not None}


def _named_work(options: argparse.Namespace) -> Path:
    """Return the work folder that is meant: the one that is named, else the last one of the list."""
    from ..retraining.work import list_folder, works_of

    if options.work is not None:
        return options.work
    if options.list is not None and options.task is not None:
        if there := works_of(list_folder(options.list), TASKS[options.task]):
            return there[-1]
        raise InputError(f"No retraining of {options.task} was begun beside '{options.list}'; name one with --work.")
    raise InputError("Name the work folder with --work, or the case list and --task; --status alone lists all.")


def _cancel(work: Path, report) -> None:
    from ..retraining.work import ask_to_stop

    ask_to_stop(work)
    report.say("It ends after the step at hand, with a checkpoint; --status tells when, --resume goes on.")


def _say_status(options: argparse.Namespace, report) -> None:
    from ..retraining.work import known_jobs

    if options.work is not None or options.list is not None:
        _say_state(_named_work(options), report)
        return
    works = list(known_jobs(forget=True))
    for work in works:
        report.say(f"{work}")
        try:
            _say_state(work, report)
        except InputError as error:
            report.say(f"  {error}")
    if not works:
        report.say("No retraining is known on this computer.")


def _say_state(work: Path, report) -> None:
    from ..retraining.work import read_state

    state = read_state(work)
    report.say(f"{state.status.value}: {state.text}")

"""Training from the side of whoever waits for it: checks before, progress during, a clean stop."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..claiming import claimed
from ..durable import write_text
from ..errors import InferenceError, InputError, WriteError
from ..inference import ModelFolder, Worker
from ..inference.devices import check_device_name
from ..inference.kauppila_model import KauppilaModel
from ..inference.model_folder import RADIOGRAPH
from ..inference.plans import network_of
from ..leftovers import sweep
from ..processes.interpreter import find_python
from ..progress import Steps, drain, duration_text
from .job import FOLDS, Job
from .kauppila.job import KauppilaJob
from .kauppila.readings import read_scored_images
from .kauppila.ship import check_destination as check_kauppila_destination
from .process import STOP_FILE
from .radiographs import radiograph_folders
from .ship import check_destination
from .simulated import raw_folders
from .tasks import VERTEBRAE_TASK, open_dataset

ERROR_FILE = "error.log"


class TrainingWorker(Worker):
    """The process that trains."""

    what = "training"
    remedy = "close other programs, or train with --small or fewer --processes"

    def __init__(self):
        super().__init__([find_python(), str(Path(__file__).resolve().parent)])


@dataclass(frozen=True)
class Trained:
    """How a training ended.

    Attributes
    ----------
    finished : bool
        False where it was stopped; the same job goes on from there.
    steps : int
        Steps in all, over all runs.
    seconds : float
        Time in all.
    dice : dict of str to float
        Of the watched patches of the last epoch, by label: nnU-Net's pseudo Dice, not that of whole cases.
    model : ModelFolder, KauppilaModel or None
        What was shipped.
    """

    finished: bool
    steps: int
    seconds: float
    dice: dict[str, float] = field(default_factory=dict)
    model: ModelFolder | KauppilaModel | None = None


def train_steps(job: Job, ship_to: Path | None = None, overwrite: bool = False) -> Steps[Trained]:
    """Train, from wherever the work folder is, and ship the model at the end where `ship_to` names a folder.

    Closing the generator stops the training after the step at hand and waits for its checkpoint; before the
    training itself has begun there is none, and everything ends at once.

    Raises
    ------
    InputError, ModelError, InferenceError
    """
    check_job(job)
    with ExitStack() as stack:
        if ship_to is not None:
            ship_to = Path(os.path.abspath(ship_to))
            stack.enter_context(claimed(ship_to))
            check_destination(ship_to, job.fold, overwrite)
        stack.enter_context(claimed(job.work, make=True, inner=_written_folders(job)))
        try:
            done = yield from _train_steps(job, ship_to, overwrite)
        finally:
            for folder in _written_folders(job):
                sweep(folder)  # what the process was writing where it was ended
            if ship_to is not None:
                sweep(ship_to.parent)
                sweep(ship_to)
    model = ModelFolder.open(ship_to, kind=job.task.kind) if done["finished"] and ship_to is not None else None
    return Trained(done["finished"], done["steps"], done["seconds"], done["dice"], model)


def _written_folders(job: Job) -> list[Path]:
    """Return the folders in which files are written under other names first."""
    simulated = radiograph_folders if job.task is VERTEBRAE_TASK else raw_folders
    return [*(simulated(Path(job.raw)) if job.seeds else ()), job.prepared, job.fold_folder]


def train_kauppila_steps(job: KauppilaJob, ship_to: Path | None = None, overwrite: bool = False) -> Steps[Trained]:
    """Train the network of the Kauppila score, as :func:`train_steps` does a network of nnU-Net."""
    check_device_name(job.device)
    if job.initial is not None:
        KauppilaModel.open(job.initial)
    if job.readings is not None and job.images is not None:
        ModelFolder.open(job.vertebra_model or "", kind=RADIOGRAPH)
        read_scored_images(Path(job.readings), Path(job.images))
    folders = [*radiograph_folders(job.raw), job.results]
    with ExitStack() as stack:
        if ship_to is not None:
            ship_to = Path(os.path.abspath(ship_to))
            stack.enter_context(claimed(ship_to))
            check_kauppila_destination(ship_to, overwrite)
        stack.enter_context(claimed(job.work, make=True, inner=folders))
        try:
            done = yield from _train_steps(job, ship_to, overwrite, "train_kauppila")
        finally:
            for folder in (*folders, *([] if ship_to is None else (ship_to.parent, ship_to))):
                sweep(folder)
    model = KauppilaModel.open(ship_to) if done["finished"] and ship_to is not None else None
    return Trained(done["finished"], done["steps"], done["seconds"], model=model)


def _train_steps(job: Job | KauppilaJob, ship_to: Path | None, overwrite: bool, do: str = "train") -> Steps[dict]:
    """Train in a process of its own, and return how that ended."""
    with TrainingWorker() as worker:
        stop = worker.folder / STOP_FILE
        command = {
            "do": do,
            "folder": str(worker.folder),
            "job": job.to_json(),
            "ship": None if ship_to is None else str(ship_to),
            "overwrite": overwrite,
        }
        steps = worker.steps(command)
        has_to_end_by_itself = False
        try:
            while True:
                step = next(steps)
                has_to_end_by_itself = step.stage.startswith("Training")
                yield step
        except StopIteration as end:
            return end.value
        except InferenceError as error:
            raise _with_details(error, Path(job.work) / ERROR_FILE) from None
        except GeneratorExit:
            if has_to_end_by_itself:
                stop.touch()
                drain(steps)
            raise
        finally:
            steps.close()


def _with_details(error: InferenceError, path: Path) -> InferenceError:
    """Keep what a bug report needs beside the training, and return the error that says so."""
    if not error.details:
        return error
    with suppress(WriteError):
        write_text(path, error.details + "\n")
        return type(error)(f"{error} The last lines of its log are in '{path}'.")
    return error


def estimate_steps(job: Job) -> Steps[dict]:
    """Find out how large the training is and how long it takes; nothing is left on the disk.

    Returns
    -------
    dict
        See :func:`estimate_text`.
    """
    check_job(job)
    with TrainingWorker() as worker:
        done = yield from worker.steps({"do": "estimate", "folder": str(worker.folder), "job": job.to_json()})
    return done["estimate"]


def check_job(job: Job) -> None:
    """Raise InputError or ModelError for what can be seen before any work is done."""
    check_device_name(job.device)
    if job.fold not in FOLDS:
        raise InputError(f"There is no fold '{job.fold}'; use {', '.join(FOLDS)}.")
    if job.small is not None and job.fold not in ("0", "all"):
        raise InputError(f"The small models have one division of the cases, no fold {job.fold}; use --fold 0 or all.")
    if job.minutes is not None and job.epochs is not None:
        raise InputError("--minutes and --epochs exclude each other; name one of them.")
    if not (job.minutes is None or job.minutes >= 0):
        raise InputError(f"--minutes must be 0 or more, not {job.minutes:g}.")
    for name, least in (("epochs", 1), ("processes", 1), ("threads", 0)):
        if (value := getattr(job, name)) is not None and value < least:
            raise InputError(f"--{name} must be at least {least}, not {value}.")
    if job.initial is not None:
        model = ModelFolder.open(job.initial, kind=job.task.kind)
        _, network, _ = network_of(model.settings)
        features = list(network.get("features_per_stage", ()))
        if job.small is not None and features != list(job.small.features):
            raise InputError(
                f"The network of {model.name} has other features ({features}) than the small configuration "
                f"({list(job.small.features)}); name them in --settings, or leave out --small."
            )
    if not job.seeds:
        cases = len(open_dataset(Path(job.raw) / job.dataset, job.task).cases)
        if job.fold != "all" and job.small is None and not int(job.fold) < max(1, min(cases, 5)):
            raise InputError(f"{cases} cases make no fold {job.fold}; use a lower one, or all.")


def estimate_text(estimate: dict) -> str:
    """Return an estimate for people, several lines."""
    seconds = estimate["seconds"]
    features = estimate["features"]
    before = [f"{duration_text(s)} of {what}" for what, s in seconds.items() if s and what != "training"]
    steps = estimate["steps"] or f"about {estimate['steps_in_time']}"
    lines = [
        f"Cases:   {estimate['cases']}, {estimate['learnt']} to learn from and {estimate['watched']} watched; "
        f"{estimate['test_cases']} for testing",
        f"Network: {estimate['network']}, {len(features)} stages of {features[0]} to {features[-1]} features, "
        f"{estimate['weights']:,} weights",
        f"Patch:   {_times(estimate['patch'])} voxels of {_times(round(s, 3) for s in estimate['spacing_mm'])} mm, "
        f"{estimate['batch']} in a step",
        f"Steps:   {steps}, {estimate['step_s']:.2f} s each on {estimate['device']}",
        f"Time:    {duration_text(sum(seconds.values()))} in all: {', '.join(before)}, "
        f"{duration_text(seconds['training'])} of training",
    ]
    return "\n".join(lines)


def _times(numbers) -> str:
    return " × ".join(f"{number:g}" for number in numbers)

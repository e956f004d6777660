"""The command ``train``: a model of a dataset, along nnU-Net's road."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..errors import InputError
from ..progress import drain, duration_text
from ..signals import between_steps
from .options import DEVICES, TASKS, add_anatomy, anatomy_mix, number

if TYPE_CHECKING:
    from ..inference.kauppila_model import KauppilaModel
    from ..inference.model_folder import ModelFolder

KAUPPILA = "kauppila"
_TASKS = {**TASKS, "vertebrae": "vertebrae", KAUPPILA: KAUPPILA}
# What makes no sense for the network of the Kauppila score, which is not nnU-Net's.
_NNUNET_ONLY = ("dataset", "small", "settings", "epochs", "dry_run", "trust_models")
_STOPPED = "Stopped; the same command goes on where it stopped."


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``train``."""
    train = commands.add_parser(
        "train",
        help="train a model along nnU-Net's road",
        description="Prepares a dataset and trains an nnU-Net model on it: nnU-Net's own default network, or with "
        "--small that of the models that ship; kauppila trains the network that scores lateral radiographs. "
        "Interrupted, the same command goes on where it stopped.",
    )
    train.add_argument("task", choices=sorted(_TASKS), metavar="artery|calcification|vertebrae|kauppila")
    data = train.add_argument_group("what to learn from").add_mutually_exclusive_group(required=True)
    data.add_argument("--dataset", metavar="FOLDER", type=Path, help="nnU-Net raw dataset, see export-dataset")
    data.add_argument("--simulated", metavar="N", type=int, help="N virtual patients, made first")
    data.add_argument("--seeds", metavar="A-B", help="virtual patients of these seeds, such as 1000-1199")
    data.add_argument(
        "--readings", metavar="TABLE.csv", type=Path, help="kauppila: part scores of radiographs, a row for each"
    )
    scored = train.add_argument_group("the score of radiographs (kauppila)")
    scored.add_argument("--images", metavar="DIR", type=Path, help="the radiographs that the table names")
    scored.add_argument(
        "--learning-rate",
        metavar="R",
        type=number,
        help="the highest one (0.002, and 0.0003 where it starts from a model)",
    )
    scored.add_argument(
        "--vertebra-model", metavar="FOLDER", type=Path, help="finds their vertebrae; the one that ships by default"
    )
    add_anatomy(train.add_argument_group("virtual patients from label maps"), share=0.5)
    network = train.add_argument_group("network and length")
    network.add_argument("--small", action="store_true", help="the small configuration of the models that ship")
    network.add_argument("--settings", metavar="FILE", type=Path, help="JSON with changes to the small configuration")
    network.add_argument(
        "--initial-weights", metavar="FOLDER", type=Path, help="start from a model: its network and its weights"
    )
    network.add_argument(
        "--trust-models",
        action="store_true",
        help="load initial weights, checkpoints and prepared cases that hold more than numbers; they can run any code "
        "on this computer",
    )
    network.add_argument("--fold", metavar="0..4|all", default="0", help="which cases are watched, not learnt (0)")
    length = network.add_mutually_exclusive_group()
    length.add_argument("--minutes", metavar="M", type=number, help="train for this time in all (small: 40)")
    length.add_argument("--epochs", metavar="N", type=int, help="train for so many epochs in all (1000)")
    running = train.add_argument_group("how it runs")
    running.add_argument("--work", metavar="FOLDER", type=Path, help="folder for all that is made on the way")
    running.add_argument("--device", choices=DEVICES, default="auto")
    running.add_argument("--processes", metavar="N", type=int, default=1, help="for preparing and feeding (1)")
    running.add_argument("--threads", metavar="N", type=int, default=0, help="of PyTorch; its own choice by default")
    running.add_argument(
        "--dry-run", action="store_true", help="say how large and long the training is, and leave nothing behind"
    )
    running.add_argument("--quiet", action="store_true", help="print nothing but errors")
    shipping = train.add_argument_group("what comes of it")
    shipping.add_argument("--ship", metavar="FOLDER", type=Path, help="write the trained model here: weights only")
    shipping.add_argument("--overwrite", action="store_true", help="replace the model that is there")
    train.set_defaults(run=run, cancelled=_STOPPED)
    return [train]


def run(options: argparse.Namespace, report) -> None:
    """Train, and write the model where it is to be shipped."""
    from ..training.run import estimate_steps, estimate_text, train_steps

    if options.task == KAUPPILA:
        _run_kauppila(options, report)
        return
    job = make_job(options)
    if options.dry_run:
        estimate = drain(estimate_steps(job), report)
        report.say(estimate_text(estimate))
        return
    # An interrupt in the middle of talking to the training process would cost it its checkpoint.
    with between_steps(lambda: report.complain("Stopping; press Ctrl-C again to stop at once.")):
        trained = drain(train_steps(job, options.ship, options.overwrite), report)
    report.say(f"Trained for {trained.steps} steps in {duration_text(trained.seconds)}.")
    for name, dice in trained.dice.items():
        report.say(f"  {name}: Dice {dice:.2f} in the watched patches")
    if trained.model is not None:
        from ..inference import describe

        report.say(describe(cast("ModelFolder", trained.model)))
    else:
        report.say("Add --ship FOLDER to write the model.")


def _run_kauppila(options: argparse.Namespace, report) -> None:
    from ..inference.kauppila_model import describe_kauppila
    from ..training.run import train_kauppila_steps

    job = make_kauppila_job(options)
    with between_steps(lambda: report.complain("Stopping; press Ctrl-C again to stop at once.")):
        trained = drain(train_kauppila_steps(job, options.ship, options.overwrite), report)
    report.say(f"Trained for {trained.steps} steps in {duration_text(trained.seconds)}.")
    report.say(
        "Add --ship FOLDER to write the model."
        if trained.model is None
        else describe_kauppila(cast("KauppilaModel", trained.model))
    )


def make_kauppila_job(options: argparse.Namespace):
    """Return the training of the Kauppila score that the options describe; InputError where they do not fit."""
    from ..evaluation import parse_seeds
    from ..resources import bundled_vertebra_model
    from ..training.kauppila.job import KauppilaJob
    from ..training.simulated import training_seeds

    for name in _NNUNET_ONLY:
        if getattr(options, name):
            raise InputError(f"--{name.replace('_', '-')} is for nnU-Net's models; leave it out to train kauppila.")
    if options.fold != "0":
        raise InputError("--fold is for nnU-Net's models; leave it out to train kauppila.")
    if options.work is None:
        raise InputError("Name a folder for all that is made on the way with --work.")
    if (options.readings is None) != (options.images is None):
        raise InputError("--readings TABLE.csv and --images DIR go together; name both.")
    if options.readings is not None and options.anatomy is not None:
        raise InputError("--anatomy makes virtual patients; it goes with --simulated or --seeds, not with --readings.")
    if options.minutes is not None and not options.minutes >= 0:
        raise InputError(f"--minutes must be 0 or more, not {options.minutes:g}.")
    if options.learning_rate is not None and not 0 < options.learning_rate <= 1:
        raise InputError(f"--learning-rate must be above 0 and at most 1, not {options.learning_rate:g}.")
    for name, least in (("processes", 1), ("threads", 0)):
        if (value := getattr(options, name)) < least:
            raise InputError(f"--{name} must be at least {least}, not {value}.")
    seeds: tuple[int, ...] = ()
    if options.readings is None:
        seeds = training_seeds(options.simulated, None if options.seeds is None else parse_seeds(options.seeds))
    model = options.vertebra_model or bundled_vertebra_model()

    def path(given: Path | None) -> str | None:
        return None if given is None else str(given.absolute())

    return KauppilaJob(
        work=str(options.work.absolute()),
        seeds=seeds,
        anatomy=anatomy_mix(options),
        readings=path(options.readings),
        images=path(options.images),
        vertebra_model=None if options.readings is None else path(model),
        initial=path(options.initial_weights),
        device=options.device,
        minutes=40.0 if options.minutes is None else options.minutes,
        learning_rate=options.learning_rate,
        processes=options.processes,
        threads=options.threads,
    )


def make_job(options: argparse.Namespace):
    """Return the training that the options describe; InputError where they do not fit together."""
    from ..evaluation import parse_seeds
    from ..training.job import Job
    from ..training.simulated import training_seeds
    from ..training.small import configuration_of, read_configuration
    from ..training.tasks import EVERY_TASK

    for name in ("readings", "images", "vertebra_model", "learning_rate"):
        if getattr(options, name) is not None:
            raise InputError(f"--{name.replace('_', '-')} is for train kauppila; leave it out.")
    if options.settings is not None and not options.small:
        raise InputError("--settings changes the small configuration; add --small.")
    if options.work is None and not options.dry_run:
        raise InputError("Name a folder for all that is made on the way with --work.")
    if options.dataset is not None and options.anatomy is not None:
        raise InputError("--anatomy makes virtual patients; it goes with --simulated or --seeds, not with --dataset.")
    if options.dry_run and options.ship is not None:
        raise InputError("--dry-run writes nothing; leave out --ship.")
    name = _TASKS[options.task]
    small = None
    if options.small:
        small = configuration_of(EVERY_TASK[name])
        if options.settings is not None:
            small = read_configuration(options.settings, small)
    work = Path(options.work or "work").absolute()
    seeds: tuple[int, ...] = ()
    if options.dataset is not None:
        raw, dataset = options.dataset.absolute().parent, options.dataset.absolute().name
    else:
        chosen = None if options.seeds is None else parse_seeds(options.seeds)
        seeds = training_seeds(options.simulated, chosen)
        raw, dataset = work / "raw", EVERY_TASK[name].dataset
    minutes = options.minutes
    if options.small and minutes is None and options.epochs is None:
        minutes = 40.0
    return Job(
        task_name=name,
        work=str(work),
        raw=str(raw),
        dataset=dataset,
        seeds=seeds,
        anatomy=anatomy_mix(options),
        small=small,
        fold=options.fold,
        device=options.device,
        minutes=minutes,
        epochs=options.epochs,
        initial=None if options.initial_weights is None else str(options.initial_weights.absolute()),
        trust=options.trust_models,
        processes=options.processes,
        threads=options.threads,
    )

"""The command ``cohort``: many CTs, each as ``analyze`` does it, or radiographs, as ``radiograph`` does it."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..progress import Progress, drain, duration_text
from .options import (
    add_anonymous,
    add_artery_models,
    add_calcification_source,
    add_confidence,
    add_dicom_kind,
    add_effort,
    add_measuring,
    add_models,
    add_reporting,
    add_severity_groups,
    choices_of,
    dicom_kind,
    keep_defaults,
    refuse_given,
    refuse_idle_reporting,
    report_choices,
)
from .radiograph import add_model_folders, add_reading

if TYPE_CHECKING:
    from ..cohort import CohortCase, CohortResult, Recipe
    from ..cohort.radiographs.cases import CohortRadiograph
    from ..engine.settings import Engine

_DASHBOARD = 8787
# Entries of a folder that are named.
_SHOWN = 5


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``cohort``."""
    cohort = commands.add_parser("cohort", help="segment and measure many CTs; tables and one overview")
    cohort.add_argument(
        "input",
        metavar="INPUT",
        type=Path,
        help="folder of DICOM folders or of image files, or a CSV with id, ct and, where there are any, patient, "
        "arteries, calcification and other columns, which are carried through",
    )
    cohort.add_argument("--output", metavar="DIR", type=Path, required=True, help="folder for the results")
    cohort.add_argument(
        "--radiographs",
        action="store_true",
        help="INPUT is a folder of lateral radiographs, or a CSV with id and image; their Kauppila scores are read",
    )
    sources = cohort.add_argument_group("where masks come from that the table does not name")
    add_artery_models(sources)
    add_calcification_source(sources.add_mutually_exclusive_group())
    add_measuring(cohort)
    _add_running(cohort.add_argument_group("how it runs"))
    _add_writing(cohort.add_argument_group("what is written of each case"))
    of_radiographs = cohort.add_argument_group("with --radiographs")
    add_model_folders(of_radiographs)
    add_reading(of_radiographs)
    add_severity_groups(of_radiographs)
    cohort.set_defaults(run=run, cancelled="Cancelled; the same command goes on where it stopped.")
    keep_defaults(cohort)
    return [cohort]


def _add_running(running) -> None:
    add_models(running)
    add_effort(running)
    add_confidence(running)
    running.add_argument(
        "--jobs",
        metavar="N",
        type=int,
        help="cases at a time on this computer: by default what cores and memory take, with networks one for each GPU, "
        "or one on the CPU",
    )
    running.add_argument(
        "--scheduler", metavar="ADDRESS", help="use the workers of this Dask scheduler, tcp://HOST:PORT"
    )
    running.add_argument(
        "--map",
        metavar="HERE=THERE",
        action="append",
        default=[],
        help="what a folder is called where those workers are; once for each",
    )
    running.add_argument(
        "--dashboard",
        metavar="PORT",
        type=int,
        nargs="?",
        const=_DASHBOARD,
        help=f"show what Dask does at http://127.0.0.1:PORT ({_DASHBOARD}), on this computer alone",
    )
    running.add_argument(
        "--overwrite",
        action="store_true",
        help="make cases again that were made from other files, with other settings or by another version",
    )
    running.add_argument("--quiet", action="store_true", help="print nothing but errors")


def _add_writing(writing) -> None:
    writing.add_argument(
        "--dicom", action="store_true", help="also as DICOM, in the study of the CT, which has to be DICOM"
    )
    add_dicom_kind(writing)
    writing.add_argument("--report", action="store_true", help="also report.pdf and report.html")
    add_reporting(writing)
    add_anonymous(writing)
    writing.add_argument(
        "--keep",
        metavar="COLUMN",
        nargs="+",
        action="extend",
        default=[],
        help="with --anonymous: columns to carry through beside age and sex",
    )


# What says something about CTs alone, and about radiographs alone.
_OF_CTS = (
    *("artery_model", "totalsegmentator", "calcification_model", "calcification_threshold", "kept_length"),
    *("max_distance", "min_cluster", "label_names", "reference", "tile_step", "mirroring", "folds", "no_confidence"),
    *("dicom", "dicom_labelmap", "severity"),
)
_OF_RADIOGRAPHS = ("model", "pixel_spacing", "faces", "flip", "invert", "severity_groups")


def run(options: argparse.Namespace, report) -> None:
    """Analyze the cases, and write tables and the overview."""
    if options.radiographs:
        from .cohort_radiographs import run as run_radiographs

        refuse_given(options, _OF_CTS, "is about CTs; leave it out with --radiographs")
        refuse_conflicts(options)
        run_radiographs(options, report)
        return
    refuse_given(options, _OF_RADIOGRAPHS, "is about radiographs; add --radiographs")
    _run_cts(options, report)


def _run_cts(options: argparse.Namespace, report) -> None:
    from ..cohort.cases import anonymous_cases, find_cases, left_out
    from ..cohort.run import cohort_steps
    from ..cohort.tables import check_packages

    refuse_conflicts(options)
    check_packages()
    recipe = _recipe(options)
    cases = find_cases(options.input, options.output)
    say_covariates(cases, options, report)
    say_left_out(left_out(options.input, cases, options.output), report)
    if options.anonymous:
        cases = anonymous_cases(cases, options.keep)
    engine = engine_of(options, any(any(recipe.needs_models(case.masks)) for case in cases))
    begin = time.monotonic()
    table = options.input if options.input.is_file() else None
    steps = cohort_steps(cases, options.output, recipe, engine, overwrite=options.overwrite, table=table)
    say_result(drain(steps, report), len(cases), options.output, begin, report)


def say_result(result: CohortResult, count: int, output: Path, begin: float, report) -> None:
    """Say what a cohort of so many cases, begun at a monotonic time, came to."""
    from ..reporting.text import counted

    verdicts = ", ".join(f"{number} {name}" for name, number in result.trust.items() if number)
    report.say(f"{counted(result.done, 'case')} of {count} measured{verdicts and f': {verdicts}'}.")
    if result.failed:
        report.say(f"{counted(len(result.failed), 'case')} failed; failed.csv says why, and what to do.")
    seconds = duration_text(time.monotonic() - begin)
    report.say(f"Results are in {output} ({seconds}); begin with {output / 'overview.html'}")


def refuse_conflicts(options: argparse.Namespace) -> None:
    """Refuse options that exclude each other, or say nothing together."""
    if options.totalsegmentator and options.artery_model:
        raise InputError("--artery-model and --totalsegmentator exclude each other; name one of them.")
    refuse_idle_reporting(options)
    if options.keep and not options.anonymous:
        raise InputError("--keep says what an anonymous cohort keeps; add --anonymous, or leave it out.")
    if options.jobs is not None and options.jobs < 1:
        raise InputError(f"--jobs must be at least 1, not {options.jobs}.")
    if options.scheduler is None and options.map:
        raise InputError("--map says what folders are called at the workers of a scheduler; add --scheduler.")
    if options.scheduler is not None and (options.jobs is not None or options.dashboard is not None):
        raise InputError("--jobs and --dashboard are about this computer; leave them out with --scheduler.")


def _recipe(options: argparse.Namespace) -> Recipe:
    from ..cohort.recipe import Recipe

    return Recipe(
        choices_of(options),
        dicom_kind(options) if options.dicom else None,
        report_choices(options) if options.report or options.dicom else None,
        options.anonymous,
    )


def say_covariates(cases: Sequence[CohortCase | CohortRadiograph], options: argparse.Namespace, report) -> None:
    """Say which columns are carried through: one that was to be a mask's would be among them."""
    names = list(cases[0].covariates)
    missing = [name for name in options.keep if name not in names]
    if missing:
        has = f"it has {', '.join(names)}" if names else "it has none to carry through"
        raise InputError(f"--keep names '{missing[0]}', which is no column of the table; {has}.")
    if names and not options.anonymous:
        report(Progress("Reading the table", 0.0, message=f"Columns carried through as they are: {', '.join(names)}."))


def say_left_out(others: list[str], report) -> None:
    """Say what of a folder is no case: a CT of a form that is not seen would be among it."""
    if others:
        shown = ", ".join(f"'{each}'" for each in others[:_SHOWN]) + (", …" if len(others) > _SHOWN else "")
        text = f"Left out, for no case is seen in it ({len(others)}): {shown}."
        report(Progress("Reading the folder", 0.0, message=text))


def engine_of(options: argparse.Namespace, networks: bool) -> Engine:
    """Return where the options say that cases are worked on; `networks` is whether any run."""
    from ..engine.places import Places
    from ..engine.settings import Engine, check_installed, default_jobs

    check_installed()
    if options.scheduler is not None:
        return Engine(scheduler=options.scheduler, places=Places.parse(options.map))
    jobs = options.jobs
    if jobs is None:
        jobs = default_jobs(networks, options.device)
    return Engine(jobs=jobs, dashboard=options.dashboard)

"""The command ``evaluate``: methods against references over a cohort, of CTs or of radiographs."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from ..errors import InputError
from ..progress import drain
from .options import (
    add_anonymous,
    add_measuring,
    add_models,
    add_severity_groups,
    keep_defaults,
    measurement_parameters,
    number,
    percentages,
    refuse_given,
    triple,
    whole_triple,
)
from .radiograph import add_model_folders


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``evaluate``."""
    evaluate = commands.add_parser("evaluate", help="compare methods with references over a cohort")
    evaluate.add_argument(
        "cohort",
        metavar="COHORT",
        type=Path,
        nargs="?",
        help="table of cases (see the manual), or folder of case folders",
    )
    evaluate.add_argument("--output", metavar="DIR", type=Path, required=True, help="folder for the results")
    evaluate.add_argument(
        "--radiographs",
        action="store_true",
        help="COHORT is of lateral radiographs, of which Kauppila scores are compared (see the manual)",
    )
    simulated = evaluate.add_argument_group("virtual patients instead of a table")
    simulated.add_argument("--simulated", metavar="SEEDS", help="seeds such as 1,5,91000-91039")
    simulated.add_argument("--phase", nargs="+", default=[], help="scan each in these contrast phases")
    simulated.add_argument("--spacing", metavar="I,J,K", type=triple, help="voxel spacing in mm")
    simulated.add_argument("--size", metavar="I,J,K", type=whole_triple, help="number of voxels")
    methods = evaluate.add_argument_group("methods that run now, beside the predictions of the table")
    methods.add_argument(
        "--method",
        metavar="NAME",
        nargs="+",
        action="extend",
        default=[],
        help="model (both networks), model-calcification (in the reference's arteries), idealised, realistic, "
        "realistic:FACTOR, adaptive, fixed:HU",
    )
    add_model_folders(methods)
    methods.add_argument("--artery-model", metavar="FOLDER", type=Path, nargs="+", action="extend", default=[])
    methods.add_argument("--calcification-model", metavar="FOLDER", type=Path)
    add_measuring(evaluate)
    comparing = evaluate.add_argument_group("how it is compared")
    comparing.add_argument("--tolerance", metavar="MM", type=number, default=1.0, help="of the surface Dice (1)")
    comparing.add_argument(
        "--lesion-coverage", metavar="PART", type=number, default=0.0, help="part of a lesion to be found (one voxel)"
    )
    comparing.add_argument(
        "--severity", metavar="%,...", help="cut points of the total burden in %%: 0.1,1,5 by default (own choice)"
    )
    add_severity_groups(comparing)
    comparing.add_argument(
        "--visible",
        action="store_true",
        help="of simulated radiographs: compare with what the image shows of the truth",
    )
    comparing.add_argument("--resamples", metavar="N", type=int, default=2000, help="of the bootstrap (2000)")
    comparing.add_argument("--seed", metavar="N", type=int, default=0, help="of the bootstrap (0)")
    running = evaluate.add_argument_group("how it runs")
    running.add_argument("--jobs", metavar="N", type=int, help="processes; all cores by default, 1 with networks")
    add_models(running)
    add_anonymous(running)
    running.add_argument("--quiet", action="store_true", help="print nothing but errors")
    evaluate.set_defaults(run=run, cancelled="Cancelled; the same command goes on where it stopped.")
    keep_defaults(evaluate)
    return [evaluate]


# What says something about CTs alone.
_OF_CTS = (
    *("simulated", "phase", "spacing", "size", "artery_model", "calcification_model", "kept_length", "max_distance"),
    *("min_cluster", "tolerance", "lesion_coverage", "severity", "label_names", "reference"),
)


def run(options: argparse.Namespace, report) -> None:
    """Compare, and write tables, plots and the report."""
    if options.jobs is not None and options.jobs < 1:
        raise InputError(f"--jobs must be at least 1, not {options.jobs}.")
    if options.radiographs:
        from .evaluate_radiographs import run as run_radiographs

        refuse_given(options, _OF_CTS, "is about CTs; leave it out with --radiographs")
        run_radiographs(options, report)
        return
    refuse_given(options, ("severity_groups", "visible", "model"), "is about radiographs; add --radiographs")
    _run_cts(options, report)


def _run_cts(options: argparse.Namespace, report) -> None:
    from ..casework import cohort_below
    from ..comparison.severity import SeverityGroups
    from ..evaluation import Settings, evaluate_steps, parse_seeds, read_cohort, simulated_cohort
    from ..evaluation.conclusions import plain_reading
    from ..reading import parse_label_names
    from ..reporting.text import counted

    if (options.cohort is None) == (options.simulated is None):
        raise InputError("Name either a table of cases or seeds with --simulated.")
    severity = SeverityGroups()
    if options.severity is not None:
        severity = SeverityGroups.from_cut_points(percentages(options.severity))
    settings = Settings(
        methods=tuple(options.method),
        artery_models=tuple(options.artery_model),
        calcification_model=options.calcification_model,
        label_names=parse_label_names(options.label_names) if options.label_names else {},
        trust=options.trust_models,
        device=options.device,
        plain_nnunet=options.reference,
        parameters=measurement_parameters(options),
        tolerance_mm=options.tolerance,
        coverage=options.lesion_coverage,
        severity=severity,
        resamples=options.resamples,
        seed=options.seed,
        anonymous=options.anonymous,
    )
    if options.cohort is not None:
        cases = cohort_below(options.cohort) if options.cohort.is_dir() else read_cohort(options.cohort)
    else:
        shape = options.size[::-1] if options.size else None
        cases = simulated_cohort(parse_seeds(options.simulated), options.phase, options.spacing, shape)
    begin = time.monotonic()
    table = options.cohort if options.cohort is not None and options.cohort.is_file() else None
    document = drain(evaluate_steps(cases, options.output, settings, jobs=options.jobs, table=table), report)
    for line in plain_reading(document):
        report.say(line)
    if document["failed"]:
        report.say(f"The report lists {counted(len(document['failed']), 'failure')}.")
    seconds = time.monotonic() - begin
    report.say(f"{counted(document['cases'], 'case')} in {seconds:.0f} s; see {options.output / 'report.html'}")

"""The command line: ``abdominal-calcification analyze | simulate | evaluate | export-dataset | train | models``.

Exit codes: 0 done, 1 internal error, 2 bad input or usage, 130 interrupted by the user.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from . import __version__
from .cli_training import add_export, add_train
from .errors import AbdominalCalcificationError, InferenceError, InputError
from .progress import Progress, drain, duration_text

PROGRAM = "abdominal-calcification"
DEVICES = ("auto", "cpu", "cuda", "mps")


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, like every other error of this program."""

    def error(self, message: str):
        raise InputError(f"{message}; see '{self.prog} --help'.")


def _mapping(what: str):
    from .reading import parse_kept_lengths, parse_label_mapping, parse_label_names

    return {"labels": parse_label_mapping, "lengths": parse_kept_lengths, "names": parse_label_names}[what]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from None


def _triple(text: str) -> tuple[float, float, float]:
    parts = [_number(part) for part in text.split(",")]
    if len(parts) == 1:
        parts *= 3
    if len(parts) != 3 or not all(part > 0 for part in parts):
        raise argparse.ArgumentTypeError(f"'{text}' is not one positive number or three, like 0.8,0.8,1")
    return tuple(parts)


def _whole_triple(text: str) -> tuple[int, int, int]:
    parts = _triple(text)
    if any(part != int(part) for part in parts):
        raise argparse.ArgumentTypeError(f"'{text}' is not three whole numbers, like 320,260,420")
    return tuple(int(part) for part in parts)


def _add_measuring(parser: argparse.ArgumentParser) -> None:
    measuring = parser.add_argument_group("how it is measured")
    measuring.add_argument(
        "--kept-length",
        metavar="GROUP=MM,...",
        help="path length kept of the branches: renal=30,mesenteric=50,common_iliac=40 by default (these "
        "lengths are this program's own choice); 'inf' keeps all",
    )
    measuring.add_argument(
        "--max-distance", metavar="MM", type=_number, default=3.0, help="farther from arteries: unassigned (3)"
    )
    measuring.add_argument(
        "--min-cluster", metavar="MM3", type=_number, default=0.0, help="smaller clusters are left out (0)"
    )


def _add_models(group) -> None:
    group.add_argument(
        "--label-names",
        metavar="NAME=ARTERY,...",
        help="what the labels of a model mean where their names are not understood, like infrarenal=aorta",
    )
    group.add_argument(
        "--trust-models",
        action="store_true",
        help="load checkpoints that hold more than weights; they can run any code on this computer",
    )
    group.add_argument("--device", choices=DEVICES, default="auto")
    group.add_argument(
        "--reference", action="store_true", help="run the networks just as nnU-Net does: slow, to check the quick way"
    )


def _measurement_parameters(options: argparse.Namespace):
    from .measurement import MeasurementParameters

    return MeasurementParameters(
        kept_length_mm=_mapping("lengths")(options.kept_length) if options.kept_length else {},
        max_distance_mm=options.max_distance,
        min_cluster_volume_mm3=options.min_cluster,
    )


def _add_evaluate(commands) -> None:
    evaluate = commands.add_parser("evaluate", help="compare methods with references over a cohort")
    evaluate.add_argument("cohort", metavar="COHORT.csv", type=Path, nargs="?", help="table of cases; see the manual")
    evaluate.add_argument("--output", metavar="DIR", type=Path, required=True, help="folder for the results")
    simulated = evaluate.add_argument_group("virtual patients instead of a table")
    simulated.add_argument("--simulated", metavar="SEEDS", help="seeds such as 1,5,90000-90039")
    simulated.add_argument("--phase", nargs="+", default=[], help="scan each in these contrast phases")
    simulated.add_argument("--spacing", metavar="I,J,K", type=_triple, help="voxel spacing in mm")
    simulated.add_argument("--size", metavar="I,J,K", type=_whole_triple, help="number of voxels")
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
    methods.add_argument("--artery-model", metavar="FOLDER", type=Path, nargs="+", action="extend", default=[])
    methods.add_argument("--calcification-model", metavar="FOLDER", type=Path)
    _add_measuring(evaluate)
    comparing = evaluate.add_argument_group("how it is compared")
    comparing.add_argument("--tolerance", metavar="MM", type=_number, default=1.0, help="of the surface Dice (1)")
    comparing.add_argument(
        "--lesion-coverage", metavar="PART", type=_number, default=0.0, help="part of a lesion to be found (one voxel)"
    )
    comparing.add_argument(
        "--severity", metavar="%,...", help="cut points of the total burden in %%: 0.1,1,5 by default (own choice)"
    )
    comparing.add_argument("--resamples", metavar="N", type=int, default=2000, help="of the bootstrap (2000)")
    comparing.add_argument("--seed", metavar="N", type=int, default=0, help="of the bootstrap (0)")
    running = evaluate.add_argument_group("how it runs")
    running.add_argument("--jobs", metavar="N", type=int, help="processes; all cores by default, 1 with networks")
    _add_models(running)
    running.add_argument("--quiet", action="store_true", help="print nothing but errors")
    evaluate.set_defaults(run=_evaluate, cancelled="Cancelled; the same command goes on where it stopped.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog=PROGRAM, description="Measures calcification of the abdominal arteries on CT angiograms.")
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=_Parser)

    analyze = commands.add_parser("analyze", help="segment and measure one CT")
    analyze.add_argument("input", metavar="INPUT", type=Path, help="CT: DICOM folder, NIfTI, NRRD or MetaImage")
    analyze.add_argument("--output", metavar="DIR", type=Path, required=True, help="folder for the results")
    sources = analyze.add_argument_group("where the masks come from")
    sources.add_argument(
        "--artery-model",
        metavar="FOLDER",
        type=Path,
        nargs="+",
        action="extend",
        help="nnU-Net v2 model folder(s), merged by label name; the bundled one by default",
    )
    sources.add_argument("--arteries", metavar="MASK", type=Path, help="artery mask to measure instead of a model")
    sources.add_argument(
        "--artery-labels",
        metavar="52=aorta,...",
        help="what the values of the artery mask mean; by default the names of its segments (.seg.nrrd), else "
        "territory labels",
    )
    calcification = sources.add_mutually_exclusive_group()
    calcification.add_argument("--calcification-model", metavar="FOLDER", type=Path, help="nnU-Net v2 model folder")
    calcification.add_argument(
        "--calcification-threshold",
        metavar="METHOD",
        help="'realistic', 'adaptive' or a fixed HU such as 'fixed:300', instead of a model",
    )
    calcification.add_argument(
        "--calcification",
        metavar="MASK",
        type=Path,
        help="calcification mask to measure; of a .seg.nrrd the segment 'calcification'",
    )
    _add_measuring(analyze)
    running = analyze.add_argument_group("how it runs")
    _add_models(running)
    running.add_argument("--series", metavar="UID", help="DICOM series; the largest CT series by default")
    running.add_argument("--overwrite", action="store_true", help="replace the results that DIR holds")
    running.add_argument("--quiet", action="store_true", help="print nothing but errors")
    analyze.set_defaults(run=_analyze)

    simulate = commands.add_parser("simulate", help="make virtual patients with exact truth")
    simulate.add_argument("--seed", metavar="N", type=int, required=True)
    simulate.add_argument(
        "--count", metavar="M", type=int, help="patients N to N+M-1, in a folder each; those that are there are kept"
    )
    simulate.add_argument("--processes", metavar="P", type=int, default=1, help="patients at a time (1)")
    simulate.add_argument("--output", metavar="DIR", type=Path, required=True)
    simulate.add_argument("--spacing", metavar="I,J,K", type=_triple, help="voxel spacing in mm")
    simulate.add_argument("--size", metavar="I,J,K", type=_whole_triple, help="number of voxels")
    simulate.add_argument("--overwrite", action="store_true", help="replace the patient that DIR holds")
    simulate.add_argument("--quiet", action="store_true", help="print nothing but errors")
    simulate.set_defaults(run=_simulate, cancelled="Cancelled; finished patients are kept, nothing else was written.")

    _add_evaluate(commands)
    add_export(commands)
    add_train(commands, DEVICES, _number)

    models = commands.add_parser("models", help="check a model folder, or import one from a zip or folder")
    actions = models.add_subparsers(dest="action", required=True, metavar="check|import", parser_class=_Parser)
    for name, text in (
        ("check", "say whether a model folder can be used, and what it finds"),
        ("import", "copy a model (zip or folder) to where the program keeps models"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("path", metavar="PATH", type=Path)
        action.set_defaults(run=_check_model if name == "check" else _import_model)
    return parser


def _analyze(options: argparse.Namespace, report) -> None:
    # Imported here so that --help and usage errors are instant.
    from .export import export_steps
    from .flags import Flag
    from .pipeline import Choices, Given, analyze_steps
    from .reading import aligned_mask, read_arteries, read_calcification, read_ct
    from .reporting import ResultFolder

    if options.artery_labels and options.arteries is None:
        raise InputError("--artery-labels says what an artery mask means; name the mask with --arteries.")
    if options.artery_model and options.arteries is not None:
        raise InputError("--arteries and --artery-model exclude each other; name one of them.")
    parameters = _measurement_parameters(options)
    mapping = _mapping("labels")(options.artery_labels) if options.artery_labels else None
    label_names = _mapping("names")(options.label_names) if options.label_names else None
    ResultFolder(options.output, overwrite=options.overwrite)  # refuses here, before any work is done

    report(Progress("Reading the CT", 0.0))
    image = read_ct(options.input, options.series)
    flags = list(image.flags)

    def aligned(mask, left_out, name):
        mask, outside = aligned_mask(mask, image.volume.grid, name)
        for code, note in (("segments_left_out", left_out), ("mask_outside_image", outside)):
            if note:
                flags.append(Flag(code, note))
        return mask

    arteries = calcification = None
    if options.arteries is not None:
        report(Progress("Reading the artery mask", 0.0))
        arteries = aligned(*read_arteries(options.arteries, mapping), "artery")
    if options.calcification is not None:
        report(Progress("Reading the calcification mask", 0.0))
        calcification = aligned(*read_calcification(options.calcification), "calcification")

    choices = Choices(
        artery_models=options.artery_model or (),
        calcification_model=options.calcification_model,
        calcification_threshold=options.calcification_threshold,
        label_names=label_names,
        trust=options.trust_models,
        device=options.device,
        plain_nnunet=options.reference,
        measurement=parameters,
    )
    given = Given(arteries, calcification, image.identity, flags, artery_labels=mapping)
    analysis = drain(analyze_steps(image.volume, choices, given), report)
    notes = drain(export_steps(analysis, image.volume, options.output, overwrite=options.overwrite), report)
    report.close()
    if not options.quiet:
        from .reporting.text import summary

        print(summary(analysis.measurement))
        for note in notes:
            print(note)
        print(f"Results are in {options.output}")


def _simulate(options: argparse.Namespace, report) -> None:
    from .simulation.files import simulate_steps

    given = {"spacing_mm": options.spacing, "shape": options.size[::-1] if options.size else None}
    given = {name: value for name, value in given.items() if value is not None}
    many = options.count is not None
    count = options.count if many else 1
    if count < 1 or options.processes < 1:
        raise InputError("--count and --processes must be at least 1.")
    seeds = range(options.seed, options.seed + count)
    folders = [options.output / f"seed_{seed:05d}" if many else options.output for seed in seeds]
    patients = list(zip(seeds, folders, strict=True))
    made = drain(
        simulate_steps(patients, given, processes=options.processes, overwrite=options.overwrite, keep=many), report
    )
    report.close()
    if not options.quiet:
        if many:
            kept = f", {count - made} were there already" if made < count else ""
            print(f"{made} virtual patients were made{kept}; they are in {options.output}")
        else:
            print(f"The virtual patient of seed {options.seed} is in {options.output}")


def _evaluate(options: argparse.Namespace, report) -> None:
    from .comparison.severity import SeverityGroups
    from .evaluation import Settings, evaluate_steps, parse_seeds, read_cohort, simulated_cohort

    if (options.cohort is None) == (options.simulated is None):
        raise InputError("Name either a table of cases or seeds with --simulated.")
    if options.jobs is not None and options.jobs < 1:
        raise InputError(f"--jobs must be at least 1, not {options.jobs}.")
    severity = SeverityGroups()
    if options.severity is not None:
        severity = SeverityGroups.from_cut_points(_percentages(options.severity))
    settings = Settings(
        methods=tuple(options.method),
        artery_models=tuple(options.artery_model),
        calcification_model=options.calcification_model,
        label_names=_mapping("names")(options.label_names) if options.label_names else {},
        trust=options.trust_models,
        device=options.device,
        plain_nnunet=options.reference,
        parameters=_measurement_parameters(options),
        tolerance_mm=options.tolerance,
        coverage=options.lesion_coverage,
        severity=severity,
        resamples=options.resamples,
        seed=options.seed,
    )
    if options.cohort is not None:
        cases = read_cohort(options.cohort)
    else:
        shape = options.size[::-1] if options.size else None
        cases = simulated_cohort(parse_seeds(options.simulated), options.phase, options.spacing, shape)
    begin = time.monotonic()
    document = drain(evaluate_steps(cases, options.output, settings, jobs=options.jobs), report)
    report.close()
    if not options.quiet:
        from .evaluation.conclusions import plain_reading
        from .reporting.text import counted

        for line in plain_reading(document):
            print(line)
        if document["failed"]:
            print(f"The report lists {counted(len(document['failed']), 'failure')}.")
        seconds = time.monotonic() - begin
        print(f"{counted(document['cases'], 'case')} in {seconds:.0f} s; see {options.output / 'report.html'}")


def _percentages(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) / 100 for part in text.split(","))
    except ValueError:
        raise InputError(f"'{text}' are no cut points; write per cents such as 0.1,1,5.") from None


def _check_model(options: argparse.Namespace, report) -> None:
    from .inference import ModelFolder, describe

    print(describe(ModelFolder.open(options.path)))


def _import_model(options: argparse.Namespace, report) -> None:
    from .inference import describe, import_model, models_folder

    print(describe(import_model(options.path, models_folder())))


class _Report:
    """Prints progress on standard error: one line that moves on a terminal, plain lines elsewhere."""

    def __init__(self, quiet: bool):
        self._quiet = quiet
        self._moving = sys.stderr.isatty()
        self._width = 0
        self._last = None

    def __call__(self, step: Progress) -> None:
        if self._quiet:
            return
        if step.message:
            self.close()
            print(step.message, file=sys.stderr, flush=True)
        if self._moving:
            share = "" if step.fraction is None else f"{100 * step.fraction:3.0f} %  "
            left = "" if step.seconds_left is None else f"  about {duration_text(step.seconds_left)} left"
            line = f"{share}{step.stage}{left}"
            print(f"\r{line:<{self._width}}", end="", file=sys.stderr, flush=True)
            self._width = len(line)
        elif step.stage != self._last:
            print(step.stage, file=sys.stderr, flush=True)
        self._last = step.stage

    def close(self) -> None:
        """End the moving line, so that what is printed next starts on a line of its own."""
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=sys.stderr, flush=True)
            self._width = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; never raises but for ``--help``."""
    options = report = None
    try:
        options = _parser().parse_args(arguments)
        report = _Report(getattr(options, "quiet", False))
        options.run(options, report)
        return 0
    except InferenceError as error:
        return _complain(report, error, 1)
    except AbdominalCalcificationError as error:
        return _complain(report, error, 2)
    except KeyboardInterrupt:
        return _complain(report, getattr(options, "cancelled", "Cancelled; nothing was written."), 130)
    except Exception:
        code = _complain(report, "Internal error; please report it with the lines below.", 1)
        traceback.print_exc()
        return code


def _complain(report: _Report | None, message: object, code: int) -> int:
    if report is not None:
        report.close()
    print(f"{PROGRAM}: {message}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main())

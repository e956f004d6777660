"""What several commands ask for in the same words: numbers, how to measure, how to run models."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from ..effort import TILE_STEP, Effort, parse_folds
from ..errors import InputError
from .terminal import Terminal

DEVICES = ("auto", "cpu", "cuda", "mps")
# What train and export-dataset call them, and what the models are called.
TASKS = {"artery": "arteries", "calcification": "calcification"}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line, like every other error of this program."""

    def error(self, message: str):
        raise InputError(f"{message}; see '{self.prog} --help'.")

    def _get_value(self, action, arg_string):
        # An empty path is the current folder to Python, and an unset variable to whoever wrote it.
        if action.type is Path and not arg_string.strip():
            raise argparse.ArgumentError(action, "an empty name stands for no file and no folder")
        return super()._get_value(action, arg_string)

    def _print_message(self, message: str, file=None) -> None:
        # What argparse prints itself: help and version. It would fail on a stream that lacks a character.
        with Terminal() as terminal:
            terminal.say(message.rstrip("\n"))
            if terminal.failure is not None:
                raise InputError(f"The help cannot be printed ({terminal.failure.strerror}).")


def number(text: str) -> float:
    """Return a number that an option gives."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from None


def triple(text: str) -> tuple[float, float, float]:
    """Return three positive numbers, along i, j and k; one stands for all three."""
    parts = [number(part) for part in text.split(",")]
    if len(parts) == 1:
        parts *= 3
    if len(parts) != 3 or not all(0 < part < math.inf for part in parts):
        raise argparse.ArgumentTypeError(f"'{text}' is not one positive number or three, like 0.8,0.8,1")
    return parts[0], parts[1], parts[2]


def whole_triple(text: str) -> tuple[int, int, int]:
    """Return three positive whole numbers, along i, j and k."""
    parts = triple(text)
    if not all(part.is_integer() for part in parts):
        raise argparse.ArgumentTypeError(f"'{text}' is not three whole numbers, like 320,260,420")
    return int(parts[0]), int(parts[1]), int(parts[2])


def keep_defaults(parser: argparse.ArgumentParser) -> None:
    """Keep what its options are where nobody gives them, for `refuse_given`; once all are added."""
    parser.set_defaults(_defaults={each.dest: each.default for each in parser._actions})


def refuse_given(options: argparse.Namespace, names: tuple[str, ...], why: str) -> None:
    """Refuse any of the options `names` that was given; `why` follows its name."""
    for name in names:
        if getattr(options, name) != options._defaults[name]:
            raise InputError(f"--{name.replace('_', '-')} {why}.")


def add_artery_models(group) -> None:
    """Add which models find arteries."""
    group.add_argument(
        "--artery-model",
        metavar="FOLDER",
        type=Path,
        nargs="+",
        action="extend",
        help="nnU-Net v2 model folder(s), merged by label name; the bundled one by default",
    )
    group.add_argument(
        "--totalsegmentator",
        action="store_true",
        help="arteries by TotalSegmentator's weights on this computer ('models list' says which it has)",
    )


def add_calcification_source(group) -> None:
    """Add what finds calcification, to a group of options that exclude each other."""
    group.add_argument("--calcification-model", metavar="FOLDER", type=Path, help="nnU-Net v2 model folder")
    group.add_argument(
        "--calcification-threshold",
        metavar="METHOD",
        help="'realistic', 'adaptive' or a fixed HU such as 'fixed:300', instead of a model",
    )


def choices_of(options: argparse.Namespace):
    """Return what the user chose about an analysis, apart from given masks; InputError where it is not said well."""
    from ..inference.totalsegmentator import usable_weights
    from ..pipeline import Choices
    from ..reading import parse_label_names

    artery_models = options.artery_model or ()
    if options.totalsegmentator:
        artery_models = tuple(model.path for model in usable_weights().models)
    return Choices(
        artery_models=artery_models,
        calcification_model=options.calcification_model,
        calcification_threshold=options.calcification_threshold,
        label_names=parse_label_names(options.label_names) if options.label_names else None,
        trust=options.trust_models,
        device=options.device,
        plain_nnunet=options.reference,
        effort=effort(options),
        confidence=not options.no_confidence,
        measurement=measurement_parameters(options),
    )


def add_measuring(parser: argparse.ArgumentParser) -> None:
    """Add what `measurement_parameters` reads."""
    measuring = parser.add_argument_group("how it is measured")
    measuring.add_argument(
        "--kept-length",
        metavar="GROUP=MM,...",
        help="path length kept of the branches: renal=30,mesenteric=50,common_iliac=40 by default (these "
        "lengths are this program's own choice); 'inf' keeps all; renal_left=25 sets one branch alone",
    )
    measuring.add_argument(
        "--max-distance", metavar="MM", type=number, default=3.0, help="farther from arteries: unassigned (3)"
    )
    measuring.add_argument(
        "--min-cluster", metavar="MM3", type=number, default=0.0, help="smaller clusters are left out (0)"
    )


def add_anatomy(group, share: float) -> None:
    """Add what `anatomy_mix` reads; `share` is what is taken where nobody says it."""
    group.add_argument(
        "--anatomy",
        metavar="LABELS",
        type=Path,
        nargs="+",
        help="make patients from label maps of bodies (an atlas, results of TotalSegmentator), not of invented anatomy",
    )
    group.add_argument(
        "--anatomy-labels",
        metavar="TABLE",
        type=Path,
        help="what their values are: a CSV with label and name, a dataset.json, or the word totalsegmentator; needless "
        "where the files say it",
    )
    group.add_argument(
        "--anatomy-share",
        metavar="PART",
        type=number,
        help=f"of the patients, so many from label maps ({share:g}), the others invented",
    )
    group.set_defaults(_anatomy_share=share)


def anatomy_mix(options: argparse.Namespace):
    """Return the label maps that the options name, or None; InputError where they do not say it well."""
    from ..simulation.labelled import AnatomyMix

    if options.anatomy is None:
        for name in ("anatomy_labels", "anatomy_share"):
            if getattr(options, name) is not None:
                raise InputError(f"--{name.replace('_', '-')} goes with --anatomy LABELS; name the label maps.")
        return None
    share = options._anatomy_share if options.anatomy_share is None else options.anatomy_share
    table = None if options.anatomy_labels is None else str(options.anatomy_labels.absolute())
    return AnatomyMix(tuple(str(each.absolute()) for each in options.anatomy), table, share)


def add_models(group) -> None:
    """Add how networks are run."""
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


def add_effort(group) -> None:
    """Add what `effort` reads."""
    group.add_argument(
        "--tile-step",
        metavar="PART",
        type=number,
        default=TILE_STEP,
        help=f"distance of neighbouring tiles as a part of their width ({TILE_STEP:g}): less takes longer",
    )
    group.add_argument(
        "--mirroring",
        action="store_true",
        help="average over mirrored images, where the model was trained with them: up to eight times the work",
    )
    group.add_argument("--folds", metavar="0,1,...", default="", help="folds of the named models (all that are there)")


def add_confidence(group) -> None:
    """Add whether models tell how certain they are."""
    group.add_argument(
        "--no-confidence",
        action="store_true",
        help="do not look a second time at what was found: how certain the models are is not told then",
    )


def effort(options: argparse.Namespace) -> Effort:
    """Return how much work the options say that networks do; InputError where they do not say it well."""
    return Effort(options.tile_step, options.mirroring, parse_folds(options.folds))


def add_anonymous(group) -> None:
    """Add whether the files that are written name anybody."""
    group.add_argument(
        "--anonymous",
        action="store_true",
        help="write no names of files, folders, models and persons, no UIDs and no descriptions",
    )


def refuse_names_beside(options: argparse.Namespace, is_anonymous: bool) -> None:
    """Refuse an anonymous report in the folder of a result that names somebody."""
    if options.anonymous and options.output is None and not is_anonymous:
        raise InputError("This result names what it was made of, so an anonymous report goes elsewhere; add --output.")


def add_source_choice(group) -> None:
    """Add which volume of a DICOM folder a result was made of."""
    group.add_argument("--series", metavar="UID", help="DICOM series; the one that the result names by default")
    group.add_argument("--acquisition", metavar="NAME", help="which volume of a series that holds several, likewise")


def add_dicom_kind(group) -> None:
    """Add how segmentations are stored."""
    group.add_argument(
        "--dicom-labelmap",
        action="store_true",
        help="DICOM segmentations as label maps (LABELMAP), which few viewers read yet; BINARY by default",
    )


def dicom_kind(options: argparse.Namespace) -> str:
    """Return the Segmentation Type that the options ask for."""
    return "LABELMAP" if options.dicom_labelmap else "BINARY"


def add_reporting(group) -> None:
    """Add what `report_choices` reads."""
    group.add_argument(
        "--template", metavar="FOLDER", type=Path, help="take templates of the report from here where there are any"
    )
    group.add_argument(
        "--severity", metavar="%,...", help="name groups of burden in the report, with these cut points in %%"
    )


def add_severity_groups(group) -> None:
    """Add which groups a Kauppila score is put into; `severity_groups` reads it."""
    group.add_argument(
        "--severity-groups",
        metavar="TABLE",
        help="groups of the score: ml-aac24 (the default), dialysis, none-to-severe, or a JSON or CSV file of your own",
    )


def severity_groups(options: argparse.Namespace):
    """Return the table of groups that the options name; InputError where there is none of that name."""
    from ..radiograph.severity import DEFAULT
    from ..radiograph.severity_files import score_groups

    return DEFAULT if options.severity_groups is None else score_groups(options.severity_groups)


def refuse_idle_reporting(options: argparse.Namespace) -> None:
    """Refuse options that say how something is written that is not asked for."""
    if options.dicom_labelmap and not options.dicom:
        raise InputError("--dicom-labelmap says how DICOM is written; add --dicom.")
    if not (options.report or options.dicom) and (options.template or options.severity):
        raise InputError("--template and --severity say how the report is made; add --report.")


def report_choices(options: argparse.Namespace):
    """Return how the options say that a report is made; InputError where they do not say it well."""
    from ..comparison.severity import SeverityGroups
    from ..reporting.report import ReportChoices
    from ..reporting.report.templating import check_packages, check_template

    check_packages()
    check_template(options.template)
    severity = None if options.severity is None else SeverityGroups.from_cut_points(percentages(options.severity))
    return ReportChoices(options.template, severity)


def percentages(text: str) -> tuple[float, ...]:
    """Return numbers of per cents as fractions; InputError where they are none."""
    try:
        return tuple(float(part) / 100 for part in text.split(","))
    except ValueError:
        raise InputError(f"'{text}' are no cut points; write per cents such as 0.1,1,5.") from None


def measurement_parameters(options: argparse.Namespace):
    """Return how the options say it is measured; InputError where they do not say it well."""
    from ..measurement import MeasurementParameters
    from ..reading import parse_kept_lengths
    from ..reporting.documents import read_reassignments

    reassigned = getattr(options, "reassigned", None)  # of one case: there is no such option for a cohort
    return MeasurementParameters(
        kept_length_mm=parse_kept_lengths(options.kept_length) if options.kept_length else {},
        max_distance_mm=options.max_distance,
        min_cluster_volume_mm3=options.min_cluster,
        reassigned=read_reassignments(reassigned) if reassigned is not None else (),
    )

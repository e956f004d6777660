"""The command ``radiograph``: the Kauppila score of one lateral radiograph."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..progress import Steps, drain, scaled
from .options import DEVICES, add_anonymous, add_severity_groups, severity_groups


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``radiograph``."""
    radiograph = commands.add_parser("radiograph", help="score calcification of the aorta on one lateral radiograph")
    radiograph.add_argument("input", metavar="INPUT", type=Path, help="radiograph: DICOM, PNG, TIFF, JPEG or NIfTI")
    radiograph.add_argument("--output", metavar="DIR", type=Path, required=True, help="folder for the results")
    add_reading(radiograph.add_argument_group("what the file does not say, or not rightly"))
    running = radiograph.add_argument_group("how it runs")
    add_radiograph_models(running)
    running.add_argument("--report", action="store_true", help="also report.pdf and report.html, for people to read")
    running.add_argument(
        "--template", metavar="FOLDER", type=Path, help="take templates of the report from here where there are any"
    )
    add_severity_groups(running)
    add_anonymous(running)
    running.add_argument("--overwrite", action="store_true", help="replace the results that DIR holds")
    running.add_argument("--quiet", action="store_true", help="print nothing but errors")
    radiograph.set_defaults(run=run)
    return [radiograph]


def add_reading(group) -> None:
    """Add what `reading_choices` reads."""
    group.add_argument(
        "--pixel-spacing",
        metavar="ROWS,COLUMNS",
        type=spacing,
        help="distance of rows and of columns in the patient's plane in mm, or one number for both",
    )
    group.add_argument("--faces", choices=("left", "right"), help="where in the image the patient's front is")
    group.add_argument(
        "--flip", action="store_true", help="the patient's front is on the other side than the file says"
    )
    group.add_argument("--invert", action="store_true", help="dense is dark where the file says bright, or the reverse")


def add_model_folders(group) -> None:
    """Add which networks read radiographs."""
    group.add_argument(
        "--model",
        metavar="FOLDER",
        type=Path,
        nargs="+",
        action="extend",
        help="model folder of vertebrae (nnU-Net v2, 2D), of the Kauppila score, or both; the bundled ones by default",
    )


def add_radiograph_models(group) -> None:
    """Add which networks read radiographs, and how they run."""
    add_model_folders(group)
    group.add_argument(
        "--trust-models",
        action="store_true",
        help="load checkpoints that hold more than weights; they can run any code on this computer",
    )
    group.add_argument("--device", choices=DEVICES, default="auto")


def spacing(text: str) -> tuple[float, float]:
    """Return the spacing of rows and of columns in mm."""
    from ..radiograph.reading import parse_spacing

    try:
        return parse_spacing(text)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def reading_choices(options: argparse.Namespace):
    """Return what the options say of the file; InputError where they cannot be."""
    from ..radiograph.reading import ReadingChoices

    return ReadingChoices(options.pixel_spacing, options.faces, options.flip, options.invert)


def run(options: argparse.Namespace, report) -> None:
    """Read, segment and score the radiograph, and write the result folder, which nobody else writes meanwhile."""
    from ..claiming import claimed

    with claimed(options.output):
        _score(options, report)


def _score(options: argparse.Namespace, report) -> None:
    # Imported here so that --help and usage errors are instant.
    from ..radiograph.files import RADIOGRAPH_FILES, radiograph_folder
    from ..radiograph.text import summary
    from ..reporting.result_folder import keep_inputs

    if options.template and not options.report:
        raise InputError("--template says how the report is made; add --report.")
    choices = reading_choices(options)
    groups = severity_groups(options)
    keep_inputs(options.output, [options.input], RADIOGRAPH_FILES)
    radiograph_folder(options.output, options.overwrite)  # refuses here, before any work is done
    result = drain(_steps(options, choices, groups), report)
    for line in (summary(result, groups), f"Results are in {options.output}"):
        report.say(line)


def _steps(options: argparse.Namespace, choices, groups) -> Steps:
    from ..radiograph.case import CaseChoices, case_steps
    from ..radiograph.files import export_steps

    wanted = None
    if options.report:
        from ..radiograph.report import RadiographReportChoices
        from ..reporting.report.templating import check_packages, check_template

        check_packages()
        check_template(options.template)
        wanted = RadiographReportChoices(options.template)
    models = tuple(options.model or ())
    case = CaseChoices(choices, models, options.device, options.trust_models)
    result, image = yield from scaled(case_steps(options.input, case), 0.0, 0.8)
    writing = export_steps(
        *(result, image, options.output),
        overwrite=options.overwrite,
        anonymous=options.anonymous,
        groups=groups,
        report=wanted,
    )
    yield from scaled(writing, 0.8, 1.0)
    return result

"""The command ``dicom``: DICOM objects of a result that is there already."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..progress import Progress, Steps, drain, mapped, scaled
from .options import add_anonymous, add_dicom_kind, add_source_choice, dicom_kind


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``dicom``."""
    dicom = commands.add_parser("dicom", help="write a result as DICOM objects in the study of its CT")
    dicom.add_argument("result", metavar="RESULT", type=Path, help="folder with a result")
    dicom.add_argument("--source", metavar="FOLDER", type=Path, required=True, help="DICOM folder of its CT")
    dicom.add_argument("--output", metavar="DIR", type=Path, help="folder for the objects; RESULT by default")
    add_source_choice(dicom)
    add_dicom_kind(dicom)
    add_anonymous(dicom)
    dicom.add_argument("--overwrite", action="store_true", help="replace the DICOM objects that DIR holds")
    dicom.add_argument("--quiet", action="store_true", help="print nothing but errors")
    dicom.set_defaults(run=run)
    return [dicom]


def run(options: argparse.Namespace, report) -> None:
    """Read result and source, and write the objects, all or none."""
    from ..reporting import ResultFolder
    from ..reporting.dicom.names import DICOM_FILES, REPORT_OBJECTS

    output = options.result if options.output is None else options.output
    # A report of what is replaced must not stay beside what replaces it.
    names = (*REPORT_OBJECTS, *DICOM_FILES) if options.overwrite else DICOM_FILES
    unfinished = ResultFolder(output, overwrite=options.overwrite, names=names)
    reports = ResultFolder(output, overwrite=True, names=REPORT_OBJECTS).existing_files()
    with unfinished as folder:
        notes = drain(_steps(options, folder, output), report)
    if reports:
        became = (
            "were removed, since they were of what was replaced" if options.overwrite else "were there and are kept"
        )
        notes = (*notes, f"{' and '.join(reports)} {became}; 'report --dicom' makes them again.")
    for line in (*notes, f"DICOM objects are in {output / 'dicom'}"):
        report.say(line)


def _steps(options: argparse.Namespace, folder: Path, output: Path) -> Steps[tuple[str, ...]]:
    from ..reporting.dicom import Result, wish_for, write_dicom_steps
    from ..reporting.dicom.beside import check_beside
    from ..reporting.dicom.names import REPORT_OBJECTS
    from ..reporting.measured_again import measured_again_steps
    from ..reporting.stored_result import check_no_other, read_result

    yield Progress("Reading the result", 0.0)
    stored = read_result(options.result, options.source, options.series, options.acquisition)
    check_no_other(output, stored.document)
    wish = wish_for(stored.image.source, dicom_kind(options))
    measuring = measured_again_steps(stored.document, stored.ct, stored.arteries, stored.calcification)
    yield from scaled(measuring, 0.1, 0.6)
    # A result that names nobody has objects that name nobody.
    stored = stored.anonymous() if options.anonymous else stored
    headers = wish.headers(stored.document, stored.is_anonymous)
    if not options.overwrite:
        check_beside(output, REPORT_OBJECTS, headers)
    result = Result(stored.document, stored.arteries, stored.calcification)
    parts = write_dicom_steps(folder, result, headers, wish.kind)
    notes = yield from scaled(mapped(parts, lambda done: Progress("Writing DICOM", done)), 0.6, 1.0)
    return (*stored.notes, *notes)

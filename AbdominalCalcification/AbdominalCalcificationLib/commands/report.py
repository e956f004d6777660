"""The command ``report``: the report of a result, made again from its folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..progress import Steps, drain
from .options import add_anonymous, add_reporting, add_source_choice, refuse_names_beside, report_choices
from .report_radiograph import is_of_radiograph, run_radiograph

if TYPE_CHECKING:
    from ..reporting.report import Report, ReportChoices
    from ..reporting.stored_result import StoredResult


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``report``."""
    report = commands.add_parser("report", help="make the report of a result folder, as PDF and HTML")
    report.add_argument(
        "folder", metavar="RESULT_FOLDER", type=Path, help="what analyze, radiograph or Export has written"
    )
    report.add_argument(
        "--ct",
        metavar="CT",
        type=Path,
        help="the CT that was measured: its headers tell patient and study; by default that in scene.mrb, without them",
    )
    add_source_choice(report)
    report.add_argument(
        "--radiograph", metavar="IMAGE", type=Path, help="the radiograph that was scored, where the result is of one"
    )
    report.add_argument("--output", metavar="DIR", type=Path, help="folder for the report; the result's by default")
    report.add_argument(
        "--dicom",
        action="store_true",
        help="also as Encapsulated PDF and Secondary Capture in the study of the CT",
    )
    add_reporting(report)
    add_anonymous(report)
    report.add_argument("--quiet", action="store_true", help="print nothing but errors")
    report.set_defaults(run=run)
    return [report]


def run(options: argparse.Namespace, report) -> None:
    """Read the result, of a CT or of a radiograph, and write ``report.pdf`` and ``report.html``."""
    if is_of_radiograph(options.folder):
        run_radiograph(options, report)
        return
    if options.radiograph is not None:
        raise InputError(f"'{options.folder}' holds no result of a radiograph; leave out --radiograph.")
    _run_ct(options, report)


def _run_ct(options: argparse.Namespace, report) -> None:
    from ..reporting import ResultFolder
    from ..reporting.dicom import DicomWish, from_dicom
    from ..reporting.dicom.beside import check_beside
    from ..reporting.dicom.names import DICOM_FILES, REPORT_OBJECTS
    from ..reporting.dicom.report import capture_of, write_report_objects
    from ..reporting.report_files import REPORT_FILES, write_report
    from ..reporting.stored_result import check_no_other, is_anonymous, read_document

    if options.dicom and options.ct is None:
        raise InputError("--dicom writes into the study of the CT; name its DICOM folder with --ct.")
    choices = report_choices(options)
    folder = options.output or options.folder
    document = read_document(options.folder)
    refuse_names_beside(options, is_anonymous(document))
    check_no_other(folder, document)
    names = (*REPORT_FILES, *(REPORT_OBJECTS if options.dicom else ()))
    with ResultFolder(folder, overwrite=True, names=names) as unfinished:
        made, stored = drain(_report_steps(options, choices), report)
        write_report(unfinished, made)
        if options.dicom:
            headers = DicomWish(from_dicom(stored.image.source)).headers(stored.document, stored.is_anonymous)
            check_beside(folder, DICOM_FILES, headers)
            write_report_objects(unfinished, headers, made.pdf, capture_of(made.views, stored.document))
    for line in stored.notes:
        report.say(line)
    report.say(f"The report is in {folder / 'report.pdf'} and report.html")


def _report_steps(options: argparse.Namespace, choices: ReportChoices) -> Steps[tuple[Report, StoredResult]]:
    from ..progress import Progress, scaled
    from ..reporting.report.making import report_steps
    from ..reporting.report.patients import patient_for
    from ..reporting.stored_result import read_result

    yield Progress("Reading the result", 0.0)
    stored = read_result(options.folder, options.ct, options.series, options.acquisition)
    stored = stored.anonymous() if options.anonymous else stored
    steps = report_steps(
        stored.document,
        stored.ct,
        stored.arteries,
        stored.calcification,
        views=stored.views,
        patient=patient_for(stored.document, stored.image.source),
        choices=choices,
    )
    return (yield from scaled(steps, 0.2, 1.0)), stored

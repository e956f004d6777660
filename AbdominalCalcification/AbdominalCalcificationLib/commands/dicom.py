"""The command ``dicom``: DICOM objects of a result that is there already."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..progress import Progress, drain, mapped
from .options import add_anonymous, add_dicom_kind, dicom_kind


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``dicom``."""
    dicom = commands.add_parser("dicom", help="write a result as DICOM objects in the study of its CT")
    dicom.add_argument("result", metavar="RESULT", type=Path, help="folder with a result")
    dicom.add_argument("--source", metavar="FOLDER", type=Path, required=True, help="DICOM folder of its CT")
    dicom.add_argument("--output", metavar="DIR", type=Path, help="folder for the objects; RESULT by default")
    dicom.add_argument("--series", metavar="UID", help="DICOM series; the one that the result names by default")
    dicom.add_argument("--acquisition", metavar="NAME", help="which volume of a series that holds several, likewise")
    add_dicom_kind(dicom)
    add_anonymous(dicom)
    dicom.add_argument("--overwrite", action="store_true", help="replace the DICOM objects that DIR holds")
    dicom.add_argument("--quiet", action="store_true", help="print nothing but errors")
    dicom.set_defaults(run=run)
    return [dicom]


def run(options: argparse.Namespace, report) -> None:
    """Read result and source, and write the objects, all or none."""
    from ..reporting import ResultFolder
    from ..reporting.dicom import write_dicom_steps
    from ..reporting.dicom.names import DICOM_FILES
    from ..reporting.dicom.stored import source_of_result, stored_result

    output = options.result if options.output is None else options.output
    unfinished = ResultFolder(output, overwrite=options.overwrite, names=DICOM_FILES)
    result = stored_result(options.result, options.anonymous)
    wish = source_of_result(result, options.source, options.series, options.acquisition, dicom_kind(options))
    headers = wish.headers(result.document, options.anonymous)
    with unfinished as folder:
        parts = write_dicom_steps(folder, result, headers, wish.kind)
        notes = drain(mapped(parts, lambda done: Progress("Writing DICOM", done)), report)
    for line in (*notes, f"DICOM objects are in {output / 'dicom'}"):
        report.say(line)

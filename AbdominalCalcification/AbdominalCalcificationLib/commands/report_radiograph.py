"""The report of a radiograph's result, made again from its folder and the image."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from .options import refuse_names_beside

# What says something about CTs alone.
_OF_CT = {"ct": "--ct", "series": "--series", "acquisition": "--acquisition", "dicom": "--dicom"}


def is_of_radiograph(folder: Path) -> bool:
    """Return whether a folder holds the result of a radiograph."""
    from ..radiograph.files import DOCUMENT_FILE

    return (folder / DOCUMENT_FILE).is_file()


def run_radiograph(options: argparse.Namespace, report) -> None:
    """Read result and image, and write ``report.pdf`` and ``report.html``.

    The picture is drawn anew from what the document says, so that it cannot show other numbers.
    """
    from ..radiograph.anonymous import anonymous_result
    from ..radiograph.document import radiograph_document
    from ..radiograph.files import DOCUMENT_FILE
    from ..radiograph.overlay import overlay_picture
    from ..radiograph.reading import ReadingChoices, read_radiograph
    from ..radiograph.report import RadiographReportChoices, radiograph_report
    from ..radiograph.stored import read_radiograph_document, read_stored
    from ..reporting import ResultFolder
    from ..reporting.drawing import png_bytes
    from ..reporting.report.templating import check_packages, check_template
    from ..reporting.report_files import REPORT_FILES, write_report
    from ..reporting.result_folder import keep_inputs
    from ..reporting.stored_result import check_no_other

    _refuse_other_options(options)
    check_packages()
    check_template(options.template)
    stored = read_stored(options.folder)
    folder = options.output or options.folder
    refuse_names_beside(options, stored.is_anonymous)
    check_no_other(folder, stored.document, DOCUMENT_FILE, read_radiograph_document)
    keep_inputs(folder, [options.radiograph], REPORT_FILES)
    with ResultFolder(folder, overwrite=True, names=REPORT_FILES) as unfinished:
        image = read_radiograph(options.radiograph, ReadingChoices.of_document(stored.document["parameters"] or {}))
        result, document = stored.result(image.radiograph), stored.document
        if options.anonymous and not stored.is_anonymous:
            result = anonymous_result(result)
            document = radiograph_document(result, stored.groups)
        picture = png_bytes(overlay_picture(result, stored.groups))
        choices = RadiographReportChoices(options.template)
        write_report(unfinished, radiograph_report(document, picture, options.radiograph, choices))
    report.say(f"The report is in {folder / 'report.pdf'} and report.html")


def _refuse_other_options(options: argparse.Namespace) -> None:
    if options.radiograph is None:
        raise InputError("This is the result of a radiograph; name the image that was scored with --radiograph.")
    for name, option in _OF_CT.items():
        if getattr(options, name, None):
            raise InputError(f"{option} is about CTs, and this is the result of a radiograph; leave it out.")
    if options.severity:
        raise InputError("--severity groups burdens; the severity of a radiograph is in its result; leave it out.")

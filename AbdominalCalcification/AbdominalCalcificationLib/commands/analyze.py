"""The command ``analyze``: one CT, its masks and its numbers."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..progress import drain
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
    choices_of,
    dicom_kind,
    refuse_idle_reporting,
    report_choices,
)


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``analyze``."""
    analyze = commands.add_parser("analyze", help="segment and measure one CT")
    analyze.add_argument("input", metavar="INPUT", type=Path, help="CT: DICOM folder, NIfTI, NRRD or MetaImage")
    analyze.add_argument("--output", metavar="DIR", type=Path, required=True, help="folder for the results")
    _add_sources(analyze.add_argument_group("where the masks come from"))
    add_measuring(analyze)
    analyze.add_argument(
        "--reassigned",
        metavar="FILE",
        type=Path,
        help="measurements.json with calcification that was given to arteries by hand, to be given to them again",
    )
    running = analyze.add_argument_group("how it runs")
    add_models(running)
    add_effort(running)
    add_confidence(running)
    running.add_argument("--series", metavar="UID", help="DICOM series; the largest original CT series by default")
    running.add_argument(
        "--acquisition",
        metavar="NAME",
        help="which volume of a DICOM series that holds several, as the message names it",
    )
    running.add_argument(
        "--dicom",
        action="store_true",
        help="also as DICOM (segmentations, structured report, report) in the study of the CT, which has to be DICOM",
    )
    add_dicom_kind(running)
    running.add_argument("--report", action="store_true", help="also report.pdf and report.html, for people to read")
    add_reporting(running)
    add_anonymous(running)
    running.add_argument("--overwrite", action="store_true", help="replace the results that DIR holds")
    running.add_argument("--quiet", action="store_true", help="print nothing but errors")
    analyze.set_defaults(run=run)
    return [analyze]


def _add_sources(sources) -> None:
    add_artery_models(sources)
    sources.add_argument(
        "--arteries",
        metavar="MASK",
        type=Path,
        nargs="+",
        action="extend",
        help="artery mask(s) to measure instead of a model: NIfTI, NRRD, MetaImage, .seg.nrrd, DICOM SEG, or a folder "
        "with a file for each artery; several are merged by name",
    )
    sources.add_argument(
        "--artery-labels",
        metavar="52=aorta,...",
        help="what the values, segments or files (by name) of the artery mask are; by default what the file itself "
        "says, else territory labels",
    )
    sources.add_argument(
        "--calcification-labels",
        metavar="2,NAME,...",
        help="which values or segments of the calcification mask are calcification; by default what the file itself "
        "says, else all",
    )
    calcification = sources.add_mutually_exclusive_group()
    add_calcification_source(calcification)
    calcification.add_argument(
        "--calcification",
        metavar="MASK",
        type=Path,
        help="calcification mask to measure, in the same formats; of segments the one called calcification",
    )


def run(options: argparse.Namespace, report) -> None:
    """Segment and measure the CT, and write the result folder, which nobody else writes meanwhile."""
    from ..claiming import claimed

    with claimed(options.output):
        _analyze(options, report)


def _analyze(options: argparse.Namespace, report) -> None:
    # Imported here so that --help and usage errors are instant.
    from ..api import read_case_steps
    from ..export import export_steps
    from ..exporting.documents import Documents
    from ..pipeline import analyze_steps
    from ..reading import parse_calcification_labels, parse_label_mapping
    from ..reporting import ResultFolder
    from ..reporting.text import summary

    _refuse_conflicts(options)
    wanted = report_choices(options) if options.report or options.dicom else None
    choices = choices_of(options)
    mapping = parse_label_mapping(options.artery_labels) if options.artery_labels else None
    of_calcification = (
        parse_calcification_labels(options.calcification_labels) if options.calcification_labels else None
    )
    _keep_inputs(options)
    ResultFolder(options.output, overwrite=options.overwrite)  # refuses here, before any work is done

    reading = read_case_steps(
        options.input,
        options.arteries,
        options.calcification,
        artery_labels=mapping,
        calcification_labels=of_calcification,
        series=options.series,
        acquisition=options.acquisition,
    )
    ct, given = drain(reading, report)
    wish = None
    if options.dicom:
        from ..reporting.dicom import wish_for

        wish = wish_for(given.source, dicom_kind(options))
    analysis = drain(analyze_steps(ct, choices, given), report)
    written = export_steps(
        analysis,
        analysis.ct,
        options.output,
        overwrite=options.overwrite,
        anonymous=options.anonymous,
        documents=Documents(wish, wanted, given.source),
    )
    notes = drain(written, report)
    for line in (summary(analysis.measurement), *notes, f"Results are in {options.output}"):
        report.say(line)


def _refuse_conflicts(options: argparse.Namespace) -> None:
    """Refuse options that exclude each other, or that say something about what is not asked for."""
    if options.artery_labels and options.arteries is None:
        raise InputError("--artery-labels says what an artery mask means; name the mask with --arteries.")
    if options.calcification_labels and options.calcification is None:
        raise InputError("--calcification-labels says what a mask means; name the mask with --calcification.")
    sources = {
        "--arteries": options.arteries is not None,
        "--artery-model": bool(options.artery_model),
        "--totalsegmentator": options.totalsegmentator,
    }
    if sum(sources.values()) > 1:
        named = " and ".join(name for name, chosen in sources.items() if chosen)
        raise InputError(f"{named} exclude each other; name one of them.")
    refuse_idle_reporting(options)


def _keep_inputs(options: argparse.Namespace) -> None:
    """Refuse to put a result in the place of the CT, or of a mask that the written one is not the same as."""
    from ..reporting import keep_inputs

    inputs = [options.input]
    inputs += options.arteries if options.arteries and options.artery_labels else []
    inputs += [options.calcification] if options.calcification and options.calcification_labels else []
    keep_inputs(options.output, inputs)

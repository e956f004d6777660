"""The result folder of one case: what the command line and the Export button write."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import AbdominalCalcificationError, WriteError
from .geometry import Volume
from .paths import shown_path
from .pipeline import Analysis
from .progress import Progress, Steps, mapped, scaled
from .reporting import ResultFolder, measurement_document, write_results_steps
from .reporting.anonymous import anonymous_analysis
from .reporting.dicom.result import Result
from .reporting.report_files import write_report
from .reporting.severity import severity_parameters

if TYPE_CHECKING:
    from .comparison.severity import SeverityGroups
    from .reading.dicom import SourceSeries
    from .reporting.dicom import DicomWish
    from .reporting.report import Report, ReportChoices
    from .scene.look import Look

Made = TypeVar("Made")
# What is done once the scene is written, where DICOM objects come after it.
_SCENE_BEFORE_DICOM = 0.8
_ENDING = re.compile(r"\.(nii(\.gz)?|nrrd|nhdr|mha|mhd|hdr|img|mrb)$", re.IGNORECASE)


def export_steps(
    analysis: Analysis,
    ct: Volume,
    folder: Path | str,
    *,
    overwrite: bool = False,
    histories: Mapping[str, Mapping[str, str]] | None = None,
    look: Look | None = None,
    anonymous: bool = False,
    dicom: DicomWish | None = None,
    report: ReportChoices | None = None,
    source: SourceSeries | None = None,
) -> Steps[tuple]:
    """Write everything about `analysis` into `folder`, all of it or nothing.

    ``arteries.nii.gz`` and ``calcification.nii.gz`` are the masks before shortening, so that
    measuring them again gives the same numbers. `histories` and `look` go into the scene, see
    :func:`scene.bundle.write_bundle_steps`. An `anonymous` result names no file, series, model or person
    (:mod:`reporting.anonymous`), and has no `histories`, which do. `dicom` says of which images objects are written
    into the folder ``dicom``, and how (:mod:`reporting.dicom`). A `report` that is wanted has patient and study of the
    `source` of the CT, and is among those objects.

    Returns
    -------
    tuple of str
        What could not be written on this machine, and why (no OpenGL, no slicer-core).

    Raises
    ------
    InputError
        Where `folder` holds a result and `overwrite` is False, or cannot be written to.
    """
    notes: list[str] = []
    if anonymous:
        analysis, histories = anonymous_analysis(analysis), None
    if report is not None and report.severity is not None:
        analysis = _with_severity(analysis, report.severity)
    measurement = analysis.measurement
    with ResultFolder(folder, overwrite=overwrite) as unfinished:
        document = measurement_document(measurement)
        result = Result(document, analysis.arteries, analysis.calcification)
        parts = write_results_steps(unfinished, measurement, result.arteries, result.calcification, document)
        yield from _shown("Writing masks and tables", parts, 0.0, 0.2)
        notes += yield from _views_steps(analysis, ct, unfinished / "views.png")
        made = None
        if report is not None:
            made = yield from _report_steps(result, ct, unfinished, report, source)
        scene = _scene_steps(analysis, ct, unfinished / "scene.mrb", histories, look)
        notes += yield from (scene if dicom is None else scaled(scene, 0.0, _SCENE_BEFORE_DICOM))
        if dicom is not None:
            notes += yield from _dicom_steps(result, unfinished, dicom, anonymous, made)
        yield Progress("Writing results", 1.0)
    return tuple(notes)


def _with_severity(analysis: Analysis, severity: SeverityGroups) -> Analysis:
    """Return an analysis whose document says at which burdens groups are divided, so that they can be named again."""
    provenance = dict(analysis.measurement.provenance)
    provenance["parameters"] = {**(provenance.get("parameters") or {}), **severity_parameters(severity)}
    return replace(analysis, measurement=replace(analysis.measurement, provenance=provenance))


def _views_steps(analysis: Analysis, ct: Volume, path: Path) -> Steps[list[str]]:
    from .reporting.views import render_views_steps

    measurement = analysis.measurement
    masks = measurement.kept_arteries, measurement.cut_arteries, measurement.parts_map
    try:
        picture = yield from _shown(
            "Rendering views", render_views_steps(ct, *masks, path, trust=measurement.trust), 0.2, 0.2
        )
    except WriteError:
        raise
    except AbdominalCalcificationError as error:
        return [f"views.png was not written: {error}"]
    return list(picture.notes)


def _scene_steps(analysis: Analysis, ct: Volume, path: Path, histories, look) -> Steps[list[str]]:
    from .scene.bundle import write_bundle_steps

    try:
        parts = write_bundle_steps(analysis, ct, path, _case_name(analysis), histories, look)
        yield from _shown("Writing the scene", parts, 0.3, 1.0)
    except WriteError:
        raise
    except AbdominalCalcificationError as error:  # no slicer-core: everything else is still there
        return [f"scene.mrb was not written: {error}"]
    return []


def _dicom_steps(
    result: Result, folder: Path, dicom: DicomWish, anonymous: bool, report: Report | None
) -> Steps[list[str]]:
    from .reporting.dicom import write_dicom_steps
    from .reporting.dicom.report import capture_of, write_report_objects

    headers = dicom.headers(result.document, anonymous)
    parts = write_dicom_steps(folder, result, headers, dicom.kind)
    notes = yield from _shown("Writing DICOM", parts, _SCENE_BEFORE_DICOM, 1.0)
    if report is not None:
        write_report_objects(folder, headers, report.pdf, capture_of(report.views, result.document))
    return list(notes)


def _report_steps(
    result: Result, ct: Volume, folder: Path, choices: ReportChoices, source: SourceSeries | None
) -> Steps[Report]:
    from .reporting.report.making import report_steps
    from .reporting.report.patients import patient_for

    views = folder / "views.png"
    steps = report_steps(
        result.document,
        ct,
        result.arteries,
        result.calcification,
        views=views.read_bytes() if views.is_file() else None,
        patient=patient_for(result.document, source),
        choices=choices,
    )
    made = yield from _shown("Making the report", steps, 0.2, 0.3)
    write_report(folder, made)
    return made


def _case_name(analysis: Analysis) -> str:
    """Return what the CT is called in the scene: as it was where it came from, unless that is nobody's business."""
    provenance = analysis.measurement.provenance
    name = (provenance.get("input") or {}).get("name")
    if not name or provenance.get("anonymous"):
        return "CT"
    return shown_path(_ENDING.sub("", str(name)))


def _shown(stage: str, parts: Generator[Any, None, Made], start: float, stop: float) -> Steps[Made]:
    """Show the parts of a work, which tell how much of it is done or nothing, as progress from `start` to `stop`."""

    def part(done) -> Progress:
        fraction = done.fraction if isinstance(done, Progress) else done
        return Progress(stage, start + (stop - start) * (fraction or 0.0))

    return mapped(parts, part)

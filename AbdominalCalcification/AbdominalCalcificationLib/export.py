"""The result folder of one case: what the command line and the Export button write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import AbdominalCalcificationError, WriteError
from .exporting.documents import Documents
from .geometry import Volume
from .paths import shown_path
from .pipeline import Analysis
from .progress import Progress, Steps, scaled, staged
from .reporting import ResultFolder, measurement_document, write_results_steps
from .reporting.anonymous import anonymous_analysis
from .reporting.dicom.result import Result
from .reporting.severity import severity_parameters

if TYPE_CHECKING:
    from .comparison.severity import SeverityGroups
    from .exporting.apart import DocumentsApart
    from .scene.look import Look

# What is done when the scene is still to be written.
_BEFORE_SCENE = 0.6
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
    documents: Documents | DocumentsApart | None = None,
) -> Steps[tuple]:
    """Write everything about `analysis` into `folder`, all of it or nothing.

    ``arteries.nii.gz`` and ``calcification.nii.gz`` are the masks before shortening, so that
    measuring them again gives the same numbers. `histories` and `look` go into the scene, see
    :func:`scene.bundle.write_bundle_steps`. An `anonymous` result names no file, series, model or person
    (:mod:`reporting.anonymous`), and has no `histories`, which do. `documents` are what is wanted beside masks, tables
    and scene, and make it; by default the picture alone.

    Returns
    -------
    tuple of str
        What could not be written on this machine, and why (no OpenGL, no slicer-core).

    Raises
    ------
    InputError
        Where `folder` holds a result and `overwrite` is False, or cannot be written to.
    """
    with ResultFolder(folder, overwrite=overwrite) as unfinished:
        return (
            yield from result_files_steps(
                analysis,
                ct,
                unfinished,
                histories=histories,
                look=look,
                anonymous=anonymous,
                documents=documents,
            )
        )


def result_files_steps(
    analysis: Analysis,
    ct: Volume,
    unfinished: Path,
    *,
    histories: Mapping[str, Mapping[str, str]] | None = None,
    look: Look | None = None,
    anonymous: bool = False,
    documents: Documents | DocumentsApart | None = None,
) -> Steps[tuple]:
    """Write the files of :func:`export_steps` into an empty folder that becomes the result, or a part of it."""
    notes: list[str] = []
    if anonymous:
        analysis, histories = anonymous_analysis(analysis), None
    documents = documents or Documents()
    if documents.severity is not None:
        analysis = _with_severity(analysis, documents.severity)
    measurement = analysis.measurement
    document = measurement_document(measurement)
    result = Result(document, analysis.arteries, analysis.calcification)
    parts = write_results_steps(unfinished, measurement, result.arteries, result.calcification, document)
    yield from staged("Writing masks and tables", parts, 0.0, 0.2)
    made = documents.steps(unfinished, result, ct, analysis, anonymous)
    notes += yield from scaled(made, 0.2, _BEFORE_SCENE)
    notes += yield from _scene_steps(analysis, ct, unfinished / "scene.mrb", histories, look)
    yield Progress("Writing results", 1.0)
    return tuple(notes)


def _with_severity(analysis: Analysis, severity: SeverityGroups) -> Analysis:
    """Return an analysis whose document says at which burdens groups are divided, so that they can be named again."""
    provenance = dict(analysis.measurement.provenance)
    provenance["parameters"] = {**(provenance.get("parameters") or {}), **severity_parameters(severity)}
    return replace(analysis, measurement=replace(analysis.measurement, provenance=provenance))


def _scene_steps(analysis: Analysis, ct: Volume, path: Path, histories, look) -> Steps[list[str]]:
    from .scene.bundle import write_bundle_steps

    try:
        parts = write_bundle_steps(analysis, ct, path, _case_name(analysis), histories, look)
        yield from staged("Writing the scene", parts, _BEFORE_SCENE, 1.0)
    except WriteError:
        raise
    except AbdominalCalcificationError as error:  # no slicer-core: everything else is still there
        return [f"scene.mrb was not written: {error}"]
    return []


def _case_name(analysis: Analysis) -> str:
    """Return what the CT is called in the scene: as it was where it came from, unless that is nobody's business."""
    provenance = analysis.measurement.provenance
    name = (provenance.get("input") or {}).get("name")
    if not name or provenance.get("anonymous"):
        return "CT"
    return shown_path(_ENDING.sub("", str(name)))

"""The result folder of one case: what the command line and the Export button write."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .errors import AbdominalCalcificationError, WriteError
from .geometry import Volume
from .paths import shown_path
from .pipeline import Analysis
from .progress import Progress, Steps, mapped
from .reporting import ResultFolder, measurement_document, write_results_steps
from .reporting.anonymous import anonymous_analysis

if TYPE_CHECKING:
    from .reporting.dicom import DicomWish
    from .scene.look import Look

Result = TypeVar("Result")
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
) -> Steps[tuple]:
    """Write everything about `analysis` into `folder`, all of it or nothing.

    ``arteries.nii.gz`` and ``calcification.nii.gz`` are the masks before shortening, so that
    measuring them again gives the same numbers. `histories` and `look` go into the scene, see
    :func:`scene.bundle.write_bundle_steps`. An `anonymous` result names no file, series, model or person
    (:mod:`reporting.anonymous`), and has no `histories`, which do. `dicom` says of which images objects are written
    into the folder ``dicom``, and how (:mod:`reporting.dicom`).

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
    measurement = analysis.measurement
    with ResultFolder(folder, overwrite=overwrite) as unfinished:
        parts = write_results_steps(unfinished, measurement, analysis.arteries, analysis.calcification)
        yield from _shown("Writing masks and tables", parts, 0.0, 0.2)
        notes += yield from _views_steps(analysis, ct, unfinished / "views.png")
        notes += yield from _scene_steps(analysis, ct, unfinished / "scene.mrb", histories, look)
        if dicom is not None:
            notes += yield from _dicom_steps(analysis, unfinished, dicom, anonymous)
        yield Progress("Writing results", 1.0)
    return tuple(notes)


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


def _dicom_steps(analysis: Analysis, folder: Path, dicom: DicomWish, anonymous: bool) -> Steps[list[str]]:
    from .reporting.dicom import Result, write_dicom_steps

    result = Result(measurement_document(analysis.measurement), analysis.arteries, analysis.calcification)
    parts = write_dicom_steps(folder, result, dicom.headers(result.document, anonymous), dicom.kind)
    return list((yield from _shown("Writing DICOM", parts, 0.0, 1.0)))


def _case_name(analysis: Analysis) -> str:
    """Return what the CT is called in the scene: as it was where it came from, unless that is nobody's business."""
    provenance = analysis.measurement.provenance
    name = (provenance.get("input") or {}).get("name")
    if not name or provenance.get("anonymous"):
        return "CT"
    return shown_path(_ENDING.sub("", str(name)))


def _shown(
    stage: str, parts: Generator[float, None, Result] | Generator[None, None, Result], start: float, stop: float
) -> Steps[Result]:
    """Show the parts of a work, which tell how much of it is done or nothing, as progress from `start` to `stop`."""
    return mapped(parts, lambda done: Progress(stage, start + (stop - start) * (done or 0.0)))

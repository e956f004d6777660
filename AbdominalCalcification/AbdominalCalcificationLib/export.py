"""The result folder of one case: what the command line and the Export button write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from .errors import AbdominalCalcificationError, WriteError
from .geometry import Volume
from .pipeline import Analysis
from .progress import Progress, Steps
from .reporting import ResultFolder, write_results
from .reporting.anonymous import anonymous_analysis


def export_steps(
    analysis: Analysis,
    ct: Volume,
    folder: Path | str,
    *,
    overwrite: bool = False,
    histories: Mapping[str, Mapping[str, str]] | None = None,
    anonymous: bool = False,
) -> Steps[tuple]:
    """Write everything about `analysis` into `folder`, all of it or nothing.

    ``arteries.nii.gz`` and ``calcification.nii.gz`` are the masks before shortening, so that
    measuring them again gives the same numbers. `histories` goes into the scene, see
    :func:`scene.bundle.write_bundle`. An `anonymous` result names no file, series, model or person
    (:mod:`reporting.anonymous`), and has no `histories`, which do.

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
    with ResultFolder(folder, overwrite=overwrite) as unfinished:
        yield Progress("Writing masks and tables", 0.0)
        write_results(unfinished, analysis.measurement, analysis.arteries, analysis.calcification)
        yield Progress("Rendering views", 0.4)
        notes.extend(_write_views(analysis, ct, unfinished / "views.png"))
        yield Progress("Writing the scene", 0.7)
        notes.extend(_write_scene(analysis, ct, unfinished / "scene.mrb", histories))
        yield Progress("Writing results", 1.0)
    return tuple(notes)


def _write_views(analysis: Analysis, ct: Volume, path: Path) -> list[str]:
    from .reporting.views import render_views

    measurement = analysis.measurement
    try:
        picture = render_views(ct, measurement.kept_arteries, measurement.cut_arteries, measurement.parts_map, path)
    except WriteError:
        raise
    except AbdominalCalcificationError as error:
        return [f"views.png was not written: {error}"]
    return list(picture.notes)


def _write_scene(analysis: Analysis, ct: Volume, path: Path, histories) -> list[str]:
    from .scene.bundle import write_bundle

    try:
        write_bundle(analysis, ct, path, histories=histories)
    except WriteError:
        raise
    except AbdominalCalcificationError as error:  # no slicer-core: everything else is still there
        return [f"scene.mrb was not written: {error}"]
    return []

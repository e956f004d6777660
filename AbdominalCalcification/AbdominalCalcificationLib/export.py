"""The result folder of one case: what the command line and the Export button write."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from .errors import AbdominalCalcificationError
from .geometry import Volume
from .pipeline import Analysis
from .progress import Progress, Steps
from .reporting.documents import measurement_document, write_json
from .reporting.images import write_volume
from .reporting.result_folder import ResultFolder
from .reporting.tables import write_clusters_csv, write_territories_csv

RESULT_FILES = (
    "arteries.nii.gz",
    "calcification.nii.gz",
    "measurements.json",
    "territories.csv",
    "clusters.csv",
    "views.png",
    "scene.mrb",
)


def export_steps(analysis: Analysis, ct: Volume, folder: Path, *, overwrite: bool = False) -> Steps[tuple[str, ...]]:
    """Write everything about `analysis` into `folder`, all of it or nothing.

    ``arteries.nii.gz`` and ``calcification.nii.gz`` are the masks before shortening, so that
    measuring them again gives the same numbers.

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
    with ResultFolder(folder, RESULT_FILES, overwrite=overwrite) as results:
        yield Progress("Writing masks", 0.0)
        write_volume(analysis.arteries, results.path("arteries.nii.gz"))
        write_volume(analysis.calcification, results.path("calcification.nii.gz"))
        yield Progress("Writing tables", 0.3)
        write_json(measurement_document(analysis.measurement), results.path("measurements.json"))
        write_territories_csv(analysis.measurement, results.path("territories.csv"))
        write_clusters_csv(analysis.measurement, results.path("clusters.csv"))
        yield Progress("Rendering views", 0.4)
        notes.extend(_views(analysis, ct, results.path("views.png")))
        yield Progress("Writing the scene", 0.7)
        notes.extend(_scene(analysis, ct, results.path("scene.mrb")))
        yield Progress("Done", 1.0)
    return tuple(notes)


def _views(analysis: Analysis, ct: Volume, path: Path) -> list[str]:
    from .reporting.views import render_views

    measurement = analysis.measurement
    try:
        render_views(ct, measurement.kept_arteries, measurement.cut_arteries, measurement.parts_map, path)
    except AbdominalCalcificationError as error:
        return [f"views.png was not written: {error}"]
    return []


def _scene(analysis: Analysis, ct: Volume, path: Path) -> list[str]:
    if importlib.util.find_spec("slicer") is None:
        return ["scene.mrb was not written: it needs Slicer, or slicer-core from PyPI."]
    from .scene.bundle import write_bundle

    write_bundle(analysis, ct, path)
    return []

"""Scenes as .mrb files."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Generator, Mapping
from pathlib import Path

from ..errors import InputError
from ..geometry import Volume
from ..progress import drained, mapped
from . import edits
from .application import ensure_application
from .bundle_writer import write_scene_steps
from .look import Look, give_look
from .ready_segments import Surfaces
from .results import store_measurement
from .segmentations import ARTERIES, CALCIFICATIONS, CUT_OFF, put, ready_steps
from .volumes import volume_node_from

# A part of the work that is done when the scene is made: then it is written.
_MADE = 0.1


def write_bundle(analysis, ct: Volume, path: Path | str, **options) -> None:
    """Write a CT with its masks and results as a .mrb in one go, see :func:`write_bundle_steps`."""
    drained(write_bundle_steps(analysis, ct, path, **options))


def write_bundle_steps(
    analysis,
    ct: Volume,
    path: Path | str,
    name: str = "CT",
    histories: Mapping[str, Mapping[str, str]] | None = None,
    look: Look | None = None,
) -> Generator[float, None, None]:
    """Write a CT with its masks and results as a .mrb that Slicer opens; the scene at hand is left alone.

    Parameters
    ----------
    analysis : pipeline.Analysis
        Has `measurement`, `arteries`, `calcification` and `origins`.
    ct : Volume
    path : path
        Written whole or not at all.
    name : str
        Name of the volume node; those of the masks and tables begin with it.
    histories : mapping, optional
        ``arteries`` and ``calcification`` to what :func:`edits.history_of` tells of masks that were
        given; masks that this analysis made are taken as they are. Of others nothing is known.
    look : Look, optional
        What the views show; by default the CT, the largest cluster and all surfaces.

    Yields
    ------
    float
        Which part of it is done, 0 to 1.

    Raises
    ------
    InputError
        Without slicer-core, and where the file cannot be written.
    """
    ensure_application()
    scene = yield from _scene_steps(analysis, ct, name, histories or {}, look or Look())
    yield from mapped(write_scene_steps(scene, path), lambda done: _MADE + (1 - _MADE) * done)


def _scene_steps(analysis, ct: Volume, name: str, histories: Mapping, look: Look) -> Generator[float, None, object]:
    """Make the scene; `ct` has to outlive it, since its voxels are not copied."""
    import slicer

    scene = slicer.vtkMRMLScene()
    # The logic makes the scene know the node classes of segmentations.
    logic = slicer.vtkSlicerSegmentationsModuleLogic()
    logic.SetMRMLScene(scene)
    volume_node = volume_node_from(ct, name, scene, copy=False)
    yield 0.0
    masks = {}
    for role, kind, mask in (
        ("arteries", ARTERIES, analysis.arteries),
        ("calcification", CALCIFICATIONS, analysis.calcification),
        ("cut_off", CUT_OFF, analysis.measurement.cut_arteries),
    ):
        # Surfaces are made again wherever the scene is opened.
        parts = ready_steps(kind, volume_node, mask, surfaces=Surfaces.PROMISED)
        ready = yield from mapped(parts, lambda _: 0.0)
        if role == "cut_off" and not ready.segments:
            continue
        masks[role] = node = put(kind, volume_node, ready)
        # A mask that somebody drew must not pass for one that can be made again.
        if role in analysis.origins:
            steps = edits.origin_steps(mask, analysis.origins[role], role)
            edits.take_over(node, (yield from mapped(steps, lambda _: 0.0)))
        edits.take_over(node, histories.get(role, {}))
        yield 0.0
    results = store_measurement(analysis.measurement, volume_node, masks)
    give_look(look, volume_node, masks, results.document)
    yield _MADE
    return scene


def load_scene(path: Path | str) -> None:
    """Replace the application's scene by one from a .mrb.

    Raises
    ------
    InputError
        Where the file cannot be read.
    """
    path = Path(path).resolve()
    if not path.is_file():
        raise InputError(f"There is no scene '{path}'; choose a .mrb file.")
    scene = ensure_application().scene
    # Slicer's unzipping changes the working directory and, where it fails, does not change back.
    here = os.getcwd()
    try:
        done = zipfile.is_zipfile(path) and scene.ReadFromMRB(str(path), True)
    finally:
        os.chdir(here)
    if not done:
        raise InputError(f"The scene '{path}' cannot be read; it is damaged or no .mrb file.")

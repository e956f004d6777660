"""Scenes as .mrb files."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path

from vtkmodules.vtkCommonCore import vtkOutputWindow, vtkStringOutputWindow

from ..durable import CutShort, cannot_write, settle
from ..errors import InputError
from ..geometry import Volume
from ..leftovers import unfinished_folder
from ..paths import native_path
from . import edits
from .application import ensure_application
from .bundle_check import check_bundle
from .results import store_measurement
from .segmentations import show_arteries, show_calcification, show_cut_off
from .volumes import volume_node_from


def write_bundle(
    analysis, ct: Volume, path: Path | str, name: str = "CT", histories: Mapping[str, Mapping[str, str]] | None = None
) -> None:
    """Write a CT with its masks and results as a .mrb that Slicer opens; the scene at hand is left alone.

    Parameters
    ----------
    analysis : pipeline.Analysis
        Has `measurement`, `arteries`, `calcification` and `origins`.
    ct : Volume
    path : path
        Written whole or not at all.
    name : str
        Name of the volume node.
    histories : mapping, optional
        ``arteries`` and ``calcification`` to what :func:`edits.history_of` tells of masks that were
        given; masks that this analysis made are taken as they are. Of others nothing is known.

    Raises
    ------
    InputError
        Without slicer-core, and where the file cannot be written.
    """
    ensure_application()
    import slicer

    scene = slicer.vtkMRMLScene()
    # The logic makes the scene know the node classes of segmentations.
    logic = slicer.vtkSlicerSegmentationsModuleLogic()
    logic.SetMRMLScene(scene)
    volume_node = volume_node_from(ct, name, scene)
    masks = {}
    for role, show, mask in (
        ("arteries", show_arteries, analysis.arteries),
        ("calcification", show_calcification, analysis.calcification),
    ):
        masks[role] = node = show(volume_node, mask)
        # A mask that somebody drew must not pass for one that can be made again.
        if role in analysis.origins:
            edits.remember_origin(node, mask, analysis.origins[role])
        edits.take_over(node, (histories or {}).get(role, {}))
    if analysis.measurement.cut_arteries.array.any():
        masks["cut_off"] = show_cut_off(volume_node, analysis.measurement.cut_arteries)
    store_measurement(analysis.measurement, volume_node, masks)
    save_scene(path, scene)


def save_scene(path: Path | str, scene=None) -> None:
    """Save a scene as a .mrb, whole or not at all.

    Parameters
    ----------
    path : path
    scene : vtkMRMLScene, optional
        The application's by default.

    Raises
    ------
    WriteError
        Where the file cannot be written, or does not hold what it is to hold.
    """
    path = Path(path).resolve()
    scene = ensure_application().scene if scene is None else scene
    try:
        with unfinished_folder(path.parent, path.name) as folder:
            # The folder inside a .mrb has the name of the file.
            written = folder / path.name
            with _quiet_vtk():
                done = scene.WriteToMRB(native_path(written))

            def check(file: Path) -> None:
                if not done:
                    raise CutShort("a part of the scene could not be saved")
                check_bundle(file, scene)

            settle(written, path, check)
    except OSError as error:
        raise cannot_write(path, error) from None


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


@contextmanager
def _quiet_vtk():
    """Keep off the terminal that the zip writer reports every file that it adds; errors are passed on."""
    shown, said = vtkOutputWindow.GetInstance(), vtkStringOutputWindow()
    vtkOutputWindow.SetInstance(said)
    try:
        yield
    finally:
        vtkOutputWindow.SetInstance(shown)
        if "ERROR" in (text := said.GetOutput()):
            shown.DisplayErrorText(text)

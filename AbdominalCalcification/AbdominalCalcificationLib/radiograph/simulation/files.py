"""Simulated radiographs written as files."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...bounded import read_json
from ...durable import write_text
from ...errors import InputError
from ...geometry.volume import Grid, Volume
from ...processes.spread import results_of
from ...progress import Progress, Steps
from ...reporting import ResultFolder, write_volume
from ...reporting.dicom.objects import write_object
from ...simulation.labelled import AnatomyMix
from .dicom import radiograph_object
from .virtual import VirtualRadiograph, simulate_radiograph

RADIOGRAPH_FILES = ("radiograph.dcm", "vertebrae.nii.gz", "truth.json")


def write_radiograph(virtual: VirtualRadiograph, folder: Path | str, *, overwrite: bool = False) -> None:
    """Write ``radiograph.dcm``, ``vertebrae.nii.gz`` and ``truth.json`` into `folder`; all appear or none.

    Raises
    ------
    InputError
        Where the folder holds a radiograph already and `overwrite` is not set, or cannot be written.
    """
    with ResultFolder(folder, overwrite, RADIOGRAPH_FILES) as temporary:
        write_object(temporary / "radiograph.dcm", radiograph_object(virtual))
        write_volume(temporary / "vertebrae.nii.gz", label_volume(virtual))
        write_text(temporary / "truth.json", json.dumps(virtual.truth, indent=1) + "\n")


def label_volume(virtual: VirtualRadiograph) -> Volume:
    """Return the label map as one slice that lies where ITK, and so Slicer, shows the radiograph."""
    rows_mm, columns_mm = virtual.truth["imager_spacing_mm"]
    grid = Grid.from_spacing(
        (1, *virtual.labels.shape), (columns_mm, rows_mm, 1.0), directions_ras=np.diag([-1.0, -1.0, 1.0])
    )
    return Volume(virtual.labels[None], grid)


def radiograph_steps(
    patients: Sequence[tuple[int, Path]],
    arguments: Mapping | None = None,
    *,
    processes: int = 1,
    overwrite: bool = False,
    keep: bool = False,
) -> Steps[int]:
    """Simulate radiographs and write each into its folder; return how many were made.

    Parameters
    ----------
    patients : sequence of (int, Path)
        Seed and folder.
    arguments : mapping, optional
        Of :func:`.virtual.simulate_radiograph`, the same for all; `anatomy` is an :class:`labelled.AnatomyMix` here.
    processes : int
        Radiographs at a time.
    overwrite : bool
        Replace radiographs that are there.
    keep : bool
        Leave radiographs alone that are there already and were made alike, instead of refusing them.

    Raises
    ------
    InputError
        Before anything is simulated where a folder holds another radiograph or cannot be written, or a label map cannot
        be used.
    """
    arguments = dict(arguments or {})
    mix: AnatomyMix | None = arguments.get("anatomy")
    checked = {} if mix is None else mix.check(seed for seed, _ in patients)
    todo = []
    for seed, folder in patients:
        if keep and not overwrite and (folder / "truth.json").is_file():
            labels = None if mix is None else mix.labels_of(seed)
            _check_alike(folder, seed, arguments, None if labels is None else checked[labels].checksum)
        else:
            ResultFolder(folder, overwrite, RADIOGRAPH_FILES)
            todo.append((seed, folder))
    begin, done = time.monotonic(), 0
    stage = "Simulating" if len(patients) == 1 else "Simulating radiographs"
    yield Progress(stage, 0.0)
    for result in results_of(_simulated, [(seed, arguments) for seed, _ in todo], processes):
        if result is not None:
            # Written here, so that a process that is ended leaves nothing half-written.
            index, virtual = result
            write_radiograph(virtual, todo[index][1], overwrite=overwrite)
            done += 1
        left = (time.monotonic() - begin) / done * (len(todo) - done) if done else None
        yield Progress(stage, done / len(todo), left, waiting=result is None)
    return done


def _simulated(seed: int, arguments: Mapping) -> VirtualRadiograph:
    mix = arguments.get("anatomy")
    return simulate_radiograph(seed, **{**arguments, "anatomy": None if mix is None else mix.anatomy_of(seed)})


def _check_alike(folder: Path, seed: int, arguments: Mapping, labels_sha256: str | None) -> None:
    """Refuse a folder whose radiograph was made from another seed or label map, or by another device."""
    try:
        truth = read_json(folder / "truth.json")
        name = arguments.get("device")
        made = truth["seed"], truth.get("labels_sha256")
        alike = made == (seed, labels_sha256) and name in (None, truth["device"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        alike = False
    if not alike:
        raise InputError(
            f"'{folder}' holds something else than this radiograph of seed {seed} (another seed, device or label map); "
            "name another folder, the same options, or add --overwrite."
        )

"""Simulated radiographs written as files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ...bounded import read_json
from ...durable import write_text
from ...errors import InputError
from ...geometry.volume import Grid, Volume
from ...progress import Steps
from ...reporting import ResultFolder, write_volume
from ...reporting.dicom.objects import write_object
from ...simulation.files import Simulated, kept_steps, with_anatomy
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

    Parameters and errors are those of :func:`..simulation.files.simulate_steps`; `arguments` are those of
    :func:`.virtual.simulate_radiograph`.
    """
    return (yield from kept_steps(RADIOGRAPHS, patients, arguments, processes, overwrite, keep))


def _simulated(seed: int, arguments: Mapping) -> VirtualRadiograph:
    return simulate_radiograph(seed, **with_anatomy(seed, arguments))


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


RADIOGRAPHS = Simulated("Simulating radiographs", RADIOGRAPH_FILES, _simulated, write_radiograph, _check_alike)

"""Virtual patients written as files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..bounded import read_json
from ..durable import write_text
from ..errors import InputError
from ..processes.spread import results_of
from ..progress import Progress, Steps
from ..reporting import ResultFolder, write_volume
from .fields import DEFAULT_SHAPE, DEFAULT_SPACING_MM
from .labelled import AnatomyMix
from .patient import VirtualPatient, simulate

PATIENT_FILES = ("ct.nii.gz", "arteries.nii.gz", "calcification.nii.gz", "truth.json")


def write_patient(patient: VirtualPatient, folder: Path | str, *, overwrite: bool = False) -> None:
    """Write ``ct.nii.gz``, ``arteries.nii.gz``, ``calcification.nii.gz`` and ``truth.json`` into `folder`.

    All four appear or none; other files in the folder stay.

    Raises
    ------
    InputError
        Where the folder holds a patient already and `overwrite` is not set, or cannot be written.
    """
    with ResultFolder(folder, overwrite, PATIENT_FILES) as temporary:
        for name in ("ct", "arteries", "calcification"):
            write_volume(temporary / f"{name}.nii.gz", getattr(patient, name))
        write_text(temporary / "truth.json", truth_text(patient))


def truth_text(patient: VirtualPatient) -> str:
    """Return the truth of a patient as JSON."""
    return json.dumps(patient.truth, indent=1) + "\n"


def simulate_steps(
    patients: Sequence[tuple[int, Path]],
    arguments: Mapping | None = None,
    *,
    processes: int = 1,
    overwrite: bool = False,
    keep: bool = False,
) -> Steps[int]:
    """Simulate patients and write each into its folder.

    Parameters
    ----------
    patients : sequence of (int, Path)
        Seed and folder.
    arguments : mapping, optional
        Of :func:`simulation.simulate`, the same for all; `anatomy` is an :class:`labelled.AnatomyMix` here.
    processes : int
        Patients at a time.
    overwrite : bool
        Replace patients that are there.
    keep : bool
        Leave patients alone that are there already and were made alike, instead of refusing them.

    Returns
    -------
    int
        How many were made.

    Raises
    ------
    InputError
        Before anything is simulated where a folder holds another patient or cannot be written, or a label map cannot
        be used.
    """
    return (yield from kept_steps(PATIENTS, patients, arguments, processes, overwrite, keep))


@dataclass(frozen=True)
class Simulated:
    """What is simulated from seeds, a folder each.

    Attributes
    ----------
    stage : str
        Of the progress, where there are several.
    files : tuple of str
        What a folder gets; the last one, ``truth.json``, tells that it is there.
    make : callable
        Given a seed and arguments, in any process.
    write : callable
        Given what was made, its folder, and `overwrite`.
    check_alike : callable
        Given folder, seed, arguments and the checksum of the label map, refuses what was made otherwise.
    """

    stage: str
    files: tuple[str, ...]
    make: Callable[[int, Mapping], Any]
    write: Callable[..., None]
    check_alike: Callable[[Path, int, Mapping, str | None], None]


def kept_steps(
    kind: Simulated,
    patients: Sequence[tuple[int, Path]],
    arguments: Mapping | None,
    processes: int,
    overwrite: bool,
    keep: bool,
) -> Steps[int]:
    """Simulate what is not there yet, each into its folder; parameters and errors as of :func:`simulate_steps`."""
    arguments = dict(arguments or {})
    mix: AnatomyMix | None = arguments.get("anatomy")
    checked = {} if mix is None else mix.check(seed for seed, _ in patients)
    todo = []
    for seed, folder in patients:
        if keep and not overwrite and (folder / kind.files[-1]).is_file():
            labels = None if mix is None else mix.labels_of(seed)
            kind.check_alike(folder, seed, arguments, None if labels is None else checked[labels].checksum)
        else:
            ResultFolder(folder, overwrite, kind.files)
            todo.append((seed, folder))
    begin, done = time.monotonic(), 0
    stage = "Simulating" if len(patients) == 1 else kind.stage
    yield Progress(stage, 0.0)
    for result in results_of(kind.make, [(seed, arguments) for seed, _ in todo], processes):
        if result is not None:
            # Written here, so that a process that is ended leaves nothing half-written.
            index, made = result
            kind.write(made, todo[index][1], overwrite=overwrite)
            done += 1
        left = (time.monotonic() - begin) / done * (len(todo) - done) if done else None
        yield Progress(stage, done / len(todo), left, waiting=result is None)
    return done


def with_anatomy(seed: int, arguments: Mapping) -> dict:
    """Return the arguments of one patient: the label map in place of the mix that it is drawn from."""
    mix = arguments.get("anatomy")
    return {**arguments, "anatomy": None if mix is None else mix.anatomy_of(seed)}


def _simulated(seed: int, arguments: Mapping) -> VirtualPatient:
    return simulate(seed, **with_anatomy(seed, arguments))


def _check_alike(folder: Path, seed: int, arguments: Mapping, labels_sha256: str | None) -> None:
    """Refuse a folder whose patient was made from another seed or label map, or scanned on another grid."""
    spacing_mm, shape = arguments.get("spacing_mm", DEFAULT_SPACING_MM), arguments.get("shape")
    try:
        truth = read_json(folder / "truth.json")
        made = truth["seed"], truth["spacing_mm"], truth.get("labels_sha256")
        alike = made == (seed, list(spacing_mm), labels_sha256)
        if labels_sha256 is None:
            alike &= truth["shape_kji"] == list(DEFAULT_SHAPE if shape is None else shape)
        else:
            alike &= truth["asked_shape_kji"] == (None if shape is None else list(shape))
    except (OSError, ValueError, KeyError, TypeError):
        alike = False
    if not alike:
        raise InputError(
            f"'{folder}' holds a patient that was made otherwise (another seed, spacing, size or label map); "
            "name another folder, the same options, or add --overwrite."
        )


PATIENTS = Simulated("Simulating patients", PATIENT_FILES, _simulated, write_patient, _check_alike)

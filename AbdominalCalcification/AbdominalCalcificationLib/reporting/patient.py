"""Virtual patients written as files."""

from __future__ import annotations

import json
from pathlib import Path

from ..simulation import VirtualPatient
from .images import write_volume
from .result_folder import ResultFolder

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
        (temporary / "truth.json").write_text(truth_text(patient), encoding="utf-8")


def truth_text(patient: VirtualPatient) -> str:
    """Return the truth of a patient as JSON."""
    return json.dumps(patient.truth, indent=1) + "\n"

"""The simulated CT angiogram that ships as sample case: made by `simulate` with the arguments below.

``python -m AbdominalCalcificationLib.simulation.sample_case FOLDER`` writes it anew.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .patient import VirtualPatient, simulate, write_volume

NAME = "simulated_cta"
ARGUMENTS = {"seed": 12, "spacing_mm": (1.25, 1.25, 1.25), "shape": (180, 140, 160), "phase": "arterial"}


def make_sample_case() -> VirtualPatient:
    """Return the sample case."""
    return simulate(**ARGUMENTS)


def write_sample_case(folder: Path | str) -> None:
    """Write the CT, its two truth masks (NRRD) and ``simulated_cta_truth.json`` into `folder`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    patient = make_sample_case()
    write_volume(patient.ct, folder / f"{NAME}.nrrd")
    write_volume(patient.arteries, folder / f"{NAME}_arteries.nrrd")
    write_volume(patient.calcification, folder / f"{NAME}_calcification.nrrd")
    (folder / f"{NAME}_truth.json").write_text(json.dumps(patient.truth, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_sample_case(sys.argv[1])

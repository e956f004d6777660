"""Write the sample case anew: ``python Testing/training/write_sample_case.py [FOLDER]``.

Seed 12 is among neither the training nor the test seeds.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

from AbdominalCalcificationLib import resources
from AbdominalCalcificationLib.reporting import write_volume
from AbdominalCalcificationLib.simulation import simulate
from AbdominalCalcificationLib.simulation.files import truth_text

ARGUMENTS = {"seed": 12, "spacing_mm": (1.25, 1.25, 1.25), "shape": (180, 140, 160), "phase": "arterial"}


def main(folder: Path) -> None:
    name = resources.sample_case().stem
    patient = simulate(**ARGUMENTS)
    folder.mkdir(parents=True, exist_ok=True)
    write_volume(folder / f"{name}.nrrd", patient.ct)
    write_volume(folder / f"{name}_arteries.nrrd", patient.arteries)
    write_volume(folder / f"{name}_calcification.nrrd", patient.calcification)
    (folder / f"{name}_truth.json").write_text(truth_text(patient), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else resources.sample_case().parent)

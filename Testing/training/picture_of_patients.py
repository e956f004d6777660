"""Draw ten virtual patients from the groin to the neck: the picture of ``virtual-patients.md``.

    python Testing/training/picture_of_patients.py [--seeds 8100-8109] [--output PNG]

Of each: the greatest values from front to back (-100 to 1000 HU), and slices of the chest, the belly and the pelvis
(-400 to 500 HU).
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

import numpy as np
from PIL import Image

from AbdominalCalcificationLib.evaluation import parse_seeds
from AbdominalCalcificationLib.processes.spread import results_of
from AbdominalCalcificationLib.simulation import simulate

OUTPUT = Path(__file__).resolve().parents[2] / "Resources" / "Screenshots" / "virtual-patients.png"
FIELD = {"spacing_mm": (2.8, 2.8, 4.2), "shape": (160, 118, 160), "center_ras": (0.0, 0.0, 110.0)}
LEVELS_MM = (300.0, 110.0, -140.0)
COLUMNS, GRAYS = 5, 24


def gray(hu: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return HU as a few levels of gray, which keeps the file small."""
    return (np.rint(np.clip((hu - low) / (high - low), 0, 1) * (GRAYS - 1)) * (255 / (GRAYS - 1))).astype(np.uint8)


def views(seed: int) -> np.ndarray:
    """Return the pictures of one patient, one below the other."""
    patient = simulate(seed, **FIELD)
    ct, grid = patient.ct.array.astype(float), patient.ct.grid
    tall = np.repeat(ct.max(axis=1)[::-1], 3, axis=0)[::2]  # as high as it is
    planes = [round(grid.kji_of_ras([[0.0, 0.0, level]])[0][0]) for level in LEVELS_MM]
    return np.vstack([gray(tall, -100, 1000), *(gray(ct[k], -400, 500) for k in planes)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="8100-8109")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    seeds = parse_seeds(options.seeds)
    found = dict(each for each in results_of(views, [(seed,) for seed in seeds], options.processes) if each is not None)
    pictures = [found[n] for n in range(len(seeds))]
    rows = [np.hstack(pictures[n : n + COLUMNS]) for n in range(0, len(pictures), COLUMNS)]
    Image.fromarray(np.vstack(rows)).quantize(GRAYS).save(options.output, optimize=True)


if __name__ == "__main__":
    main()

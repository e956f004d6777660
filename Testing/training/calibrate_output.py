"""Shift the output of a small calcification model so that it finds as much as there is.

    python Testing/training/calibrate_output.py MODEL_FOLDER NEW_FOLDER [--seeds 6000-6011]

A network that is not sure calls less than half of what is uncertain calcification: it finds too little, above all in
thick slices. This adds a constant to the foreground's logit (the bias of the last layer), chosen on virtual patients
that are used for nothing else so that the median of found / true volume is 1. All other weights stay.
"""

import argparse
import shutil
import sys
from pathlib import Path
from statistics import mean, median

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

import numpy as np
import torch

from AbdominalCalcificationLib import resources
from AbdominalCalcificationLib.comparison.overlap import volume_overlap
from AbdominalCalcificationLib.evaluation import parse_seeds
from AbdominalCalcificationLib.inference import ModelFolder, Worker, segment_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.simulation import simulate

PHASES = ("arterial", "portal_venous")
# Fields of the lower aorta and the iliac arteries, in thin and in thick slices.
GRIDS = (((1.0, 1.0, 1.0), (140, 140, 160)), ((0.8, 0.8, 2.0), (70, 175, 200)))
MOST = 4.0  # how far it is shifted, up or down
LEAST_MM3 = 50.0


def shifted(model: Path, folder: Path, shift: float) -> ModelFolder:
    """Write a copy of a model whose foreground logit is greater by `shift`, and open it."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(model, folder)
    path = folder / "fold_0" / "checkpoint_final.pth"
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    weights = checkpoint["network_weights"]
    last = max(int(name.split(".")[2]) for name in weights if name.startswith("decoder.seg_layers."))
    bias = weights[f"decoder.seg_layers.{last}.bias"]
    if bias.shape != (2,):
        raise SystemExit(f"'{model}' tells {len(bias)} classes apart, not calcification from the rest.")
    bias[1] += shift
    torch.save(checkpoint, path)
    return ModelFolder.open(folder)


def compared(cases: list, model: ModelFolder, worker: Worker) -> tuple[list[float], list[float]]:
    """Return found / true volume, and Dice, of every case: a patient and the arteries that a model found."""
    shares, dice = [], []
    for patient, arteries in cases:
        found = drain(segment_steps(patient.ct, [], model, arteries=arteries, worker=worker)).calcification
        overlap = volume_overlap(patient.calcification, found)
        shares.append(overlap.prediction_mm3 / overlap.reference_mm3)
        dice.append(overlap.dice)
    return shares, dice


def main() -> None:
    parser = argparse.ArgumentParser(description="Shift the output of a small calcification model.")
    parser.add_argument("model", type=Path, metavar="MODEL_FOLDER")
    parser.add_argument("new", type=Path, metavar="NEW_FOLDER")
    parser.add_argument("--seeds", default="6000-6011", type=parse_seeds)
    options = parser.parse_args()
    of_arteries = ModelFolder.open(resources.bundled_artery_model())
    with Worker() as worker:
        cases = []
        for number, seed in enumerate(options.seeds):
            spacing_mm, shape = GRIDS[number % 2]
            phase = PHASES[number // 2 % 2]
            patient = simulate(seed, spacing_mm=spacing_mm, shape=shape, phase=phase)
            if np.count_nonzero(patient.calcification.array) * np.prod(spacing_mm) > LEAST_MM3:
                found = drain(segment_steps(patient.ct, [of_arteries], None, worker=worker))
                cases.append((patient, found.arteries))
        logs: dict[float, float] = {}
        shift = 0.0
        while abs(shift) <= MOST:
            shares, dice = compared(cases, shifted(options.model, options.new, shift), worker)
            logs[shift] = float(np.log(max(median(shares), 1e-6)))
            print(f"shift {shift}: found / true {median(shares):.3f} (median), Dice {mean(dice):.3f} (mean); each:")
            print("  ", *(f"{share:.2f}" for share in shares), flush=True)
            if min(logs.values()) <= 0 <= max(logs.values()):
                break
            shift += 1.0 if logs[shift] < 0 else -1.0
        else:
            raise SystemExit("No shift within the range makes the median 1.")
    tried = sorted(logs)
    chosen = round(float(np.interp(0.0, [logs[each] for each in tried], tried)), 2)
    shifted(options.model, options.new, chosen)
    print(f"chosen: {chosen}")


if __name__ == "__main__":
    main()

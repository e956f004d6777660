"""Shift the output of a small calcification model so that it finds as much as there is.

    python Testing/training/calibrate_output.py MODEL_FOLDER NEW_FOLDER [--seeds 6000-6079]

A network that is not sure calls less than half of what is uncertain calcification: it finds too little, above all in
thick slices. This adds a constant to the foreground's logit, chosen for each distance of slices on virtual patients
that are used for nothing else, in their true arteries, so that the median of found / true volume is 1. The true volume
is that of the patient (truth.json), not of a mask: thick voxels that thin plaques do not fill by half hold some, too.
For the thinnest slices it is added to the bias of the last layer; what thicker ones need besides is in dataset.json
(``inference/output_shifts.py``). All other weights stay.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from statistics import mean, median

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

import numpy as np
import torch

from AbdominalCalcificationLib.comparison.overlap import volume_overlap
from AbdominalCalcificationLib.evaluation import parse_seeds
from AbdominalCalcificationLib.inference import ModelFolder, Worker, segment_steps
from AbdominalCalcificationLib.inference.output_shifts import KEY
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.simulation import simulate

PHASES = ("arterial", "portal_venous")
# Fields of the lower aorta and the iliac arteries by the distance of their slices: spacing, shape.
GRIDS = {
    1.0: ((1.0, 1.0, 1.0), (140, 140, 160)),
    2.0: ((0.8, 0.8, 2.0), (70, 175, 200)),
    3.0: ((0.8, 0.8, 3.0), (47, 175, 200)),
    5.0: ((0.8, 0.8, 5.0), (28, 175, 200)),
}
MOST = 6.0  # how far it is shifted, up or down
LEAST_MM3 = 50.0


def shifted(model: Path, folder: Path, shift: float, by_slices: dict[float, float] | None = None) -> ModelFolder:
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
    file = folder / "dataset.json"
    dataset = json.loads(file.read_text(encoding="utf-8"))
    dataset.pop(KEY, None)
    if by_slices:
        (name,) = (each for each in dataset["labels"] if each != "background")
        dataset[KEY] = {name: [[mm, round(logit, 2)] for mm, logit in sorted(by_slices.items())]}
    file.write_text(json.dumps(dataset, indent=1) + "\n", encoding="utf-8")
    return ModelFolder.open(folder)


def compared(patients: list, model: ModelFolder, worker: Worker) -> tuple[list[float], list[float]]:
    """Return found / true volume, and Dice with the exact mask, of every patient."""
    shares, dice = [], []
    for patient in patients:
        found = drain(segment_steps(patient.ct, [], model, arteries=patient.arteries, worker=worker)).calcification
        overlap = volume_overlap(patient.calcification, found)
        shares.append(overlap.prediction_mm3 / true_mm3(patient))
        dice.append(overlap.dice)
    return shares, dice


def true_mm3(patient) -> float:
    return patient.truth["total"]["calcified_volume_mm3"]


def patients_of(seeds, slice_mm: float) -> list:
    """Return those of the patients who have calcification to speak of, in two phases by turns."""
    spacing_mm, shape = GRIDS[slice_mm]
    made = (
        simulate(seed, spacing_mm=spacing_mm, shape=shape, phase=PHASES[n // 2 % 2]) for n, seed in enumerate(seeds)
    )
    return [each for each in made if true_mm3(each) > LEAST_MM3]


def shift_for(patients: list, options: argparse.Namespace, worker: Worker, first: float) -> float:
    """Return the shift at which the median of found / true volume is 1, looked for from `first` on."""
    logs: dict[float, float] = {}
    shift = first
    while abs(shift) <= MOST:
        shares, dice = compared(patients, shifted(options.model, options.new, shift), worker)
        logs[shift] = float(np.log(max(median(shares), 1e-6)))
        print(f"shift {shift}: found / true {median(shares):.3f} (median), Dice {mean(dice):.3f} (mean); each:")
        print("  ", *(f"{share:.2f}" for share in shares), flush=True)
        if min(logs.values()) <= 0 <= max(logs.values()):
            tried = sorted(logs)
            return round(float(np.interp(0.0, [logs[each] for each in tried], tried)), 2)
        shift += 1.0 if logs[shift] < 0 else -1.0
    raise SystemExit("No shift within the range makes the median 1.")


def main() -> None:
    parser = argparse.ArgumentParser(description="Shift the output of a small calcification model.")
    parser.add_argument("model", type=Path, metavar="MODEL_FOLDER")
    parser.add_argument("new", type=Path, metavar="NEW_FOLDER")
    parser.add_argument("--seeds", default="6000-6079", type=parse_seeds)
    options = parser.parse_args()
    chosen: dict[float, float] = {}
    with Worker() as worker:
        for slice_mm in GRIDS:
            print(f"slices of {slice_mm:g} mm", flush=True)
            patients = patients_of(options.seeds, slice_mm)
            chosen[slice_mm] = shift_for(patients, options, worker, round(max(chosen.values(), default=0.0)))
            print(f"chosen: {chosen[slice_mm]}", flush=True)
    base = chosen[min(GRIDS)]
    shifted(options.model, options.new, base, {mm: shift - base for mm, shift in chosen.items()})


if __name__ == "__main__":
    main()

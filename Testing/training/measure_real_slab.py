"""Measure two models on the real CT slab, on which nothing is trained or tuned, and on virtual slabs like it.

    python Testing/training/measure_real_slab.py REAL_CT [--arteries FOLDER] [--calcification FOLDER] [--output FILE]
    python Testing/training/measure_real_slab.py --virtual 5001-5008

REAL_CT holds ``dicom/`` and ``totalsegmentator_labels.nii.gz``. Prints the Dice of the aorta against label 52, and of
calcification against HU > 300 within 2 mm of that label and outside bone. That is no true mask: on virtual slabs
of the same spacing and phase the second command prints what exact masks score against it, and what the models
score against it and against the exact masks. Whole virtual patients: see ``evaluate --simulated``.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

import numpy as np
from scipy import ndimage

from AbdominalCalcificationLib import resources
from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.comparison.overlap import volume_overlap
from AbdominalCalcificationLib.evaluation import parse_seeds
from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.inference import ModelFolder, segment_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.simulation import BYSTANDERS, simulate

AORTA = territory("aorta").label
# Spacing and phase are those of the real slab; a narrower field and a longer piece of the aorta.
SPACING_MM, SHAPE, CENTER_RAS = (0.977, 0.977, 2.0), (40, 160, 200), (0.0, 5.0, 60.0)


def bright(ct: Volume, aorta: np.ndarray, bone: np.ndarray) -> Volume:
    """Return where HU > 300 within 2 mm of the aorta and outside bone, all of shape (k, j, i)."""
    near = ndimage.distance_transform_edt(~aorta, sampling=ct.grid.spacing_mm[::-1]) <= 2.0
    return ct.with_array(near & ~bone & (ct.array > 300))


def compared(true: Volume, own: Volume) -> dict:
    overlap = volume_overlap(true, own)
    names = ("dice", "sensitivity", "precision", "reference_mm3", "prediction_mm3")
    return {each: None if (value := getattr(overlap, each)) is None else round(value, 4) for each in names}


def real_slab(folder: Path, arteries: ModelFolder, calcification: ModelFolder) -> dict:
    """Return overlap and volumes of both structures."""
    ct = read_ct(folder / "dicom").volume
    labels = align_labels(read_mask(folder / "totalsegmentator_labels.nii.gz"), ct.grid).array
    aorta, bone = labels == 52, (labels >= 25) & (labels <= 50)
    found = drain(segment_steps(ct, [arteries], calcification))
    return {
        "aorta": compared(ct.with_array(aorta), ct.with_array(found.arteries.array == AORTA)),
        "calcification": compared(bright(ct, aorta, bone), ct.with_array(found.calcification.array > 0)),
    }


def virtual_slab(seed: int, arteries: ModelFolder, calcification: ModelFolder) -> dict:
    """Return overlap of exact masks and of models with what is bright, and of models with exact masks."""
    patient = simulate(seed, spacing_mm=SPACING_MM, shape=SHAPE, phase="portal_venous", center_ras=CENTER_RAS)
    ct, aorta = patient.ct, patient.arteries.array == AORTA
    near = ndimage.distance_transform_edt(~aorta, sampling=ct.grid.spacing_mm[::-1]) <= 2.0
    exact = ct.with_array((patient.calcification.array > 0) & near)
    reference = bright(ct, aorta, patient.bystanders.array == BYSTANDERS["bone"])
    found = drain(segment_steps(ct, [arteries], calcification))
    own = ct.with_array((found.calcification.array > 0) & near)
    return {
        "seed": seed,
        "exact with HU > 300": compared(reference, exact),
        "model with HU > 300": compared(reference, own),
        "model with exact": compared(exact, own),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure two models on the real CT slab.")
    parser.add_argument("real_ct", type=Path, nargs="?")
    parser.add_argument("--virtual", metavar="A-B", help="seeds of virtual slabs")
    parser.add_argument("--arteries", type=Path, default=resources.bundled_artery_model())
    parser.add_argument("--calcification", type=Path, default=resources.bundled_calcification_model())
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    models = ModelFolder.open(options.arteries), ModelFolder.open(options.calcification)
    if (options.real_ct is None) == (options.virtual is None):
        parser.error("name the folder of the real slab, or --virtual seeds")
    if options.virtual:
        result = [virtual_slab(seed, *models) for seed in parse_seeds(options.virtual)]
    else:
        result = real_slab(options.real_ct, *models)
    text = json.dumps(result, indent=1)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Measure two models on the real CT slab, on which nothing is trained or tuned.

    python Testing/training/measure_real_slab.py REAL_CT [--arteries FOLDER] [--calcification FOLDER] [--output FILE]

REAL_CT holds ``dicom/`` and ``totalsegmentator_labels.nii.gz``. Prints the Dice of the aorta against label 52, and of
calcification against HU > 300 within 2 mm of that label and outside bone. Virtual patients: see ``evaluate
--simulated``.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

from scipy import ndimage

from AbdominalCalcificationLib import resources
from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.comparison.overlap import volume_overlap
from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.inference import ModelFolder, segment_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reading import read_ct, read_mask


def real_slab(folder: Path, arteries: ModelFolder, calcification: ModelFolder) -> dict:
    """Return overlap and volumes of both structures."""
    ct = read_ct(folder / "dicom").volume
    labels = align_labels(read_mask(folder / "totalsegmentator_labels.nii.gz"), ct.grid).array
    aorta, bone = labels == 52, (labels >= 25) & (labels <= 50)
    sampling = ct.grid.spacing_mm[::-1]
    near = ndimage.distance_transform_edt(~aorta, sampling=sampling) <= 2.0
    reference = near & ~bone & (ct.array > 300)
    found = drain(segment_steps(ct, [arteries], calcification))
    pairs = {
        "aorta": (aorta, found.arteries.array == territory("aorta").label),
        "calcification": (reference, found.calcification.array > 0),
    }
    result = {}
    for name, (true, own) in pairs.items():
        overlap = volume_overlap(ct.with_array(true), ct.with_array(own))
        result[name] = {
            each: round(getattr(overlap, each), 4)
            for each in ("dice", "sensitivity", "precision", "reference_mm3", "prediction_mm3")
        }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure two models on the real CT slab.")
    parser.add_argument("real_ct", type=Path)
    parser.add_argument("--arteries", type=Path, default=resources.bundled_artery_model())
    parser.add_argument("--calcification", type=Path, default=resources.bundled_calcification_model())
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    models = ModelFolder.open(options.arteries), ModelFolder.open(options.calcification)
    text = json.dumps(real_slab(options.real_ct, *models), indent=1)
    print(text)
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

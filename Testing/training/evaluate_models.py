"""Measure two models on virtual patients they never saw, and on the real CT slab where there is one.

    python Testing/training/evaluate_models.py [--arteries FOLDER] [--calcification FOLDER] [--seeds 5000 5006]
        [--real-ct FOLDER] [--output results.json]

Prints Dice per territory and of calcification, calcified volumes and the false positives in patients without
calcium. Volumes under 50 mm³ have no Dice worth the name and are left out of its mean.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

import numpy as np
from scipy import ndimage

from AbdominalCalcificationLib import anatomy, resources
from AbdominalCalcificationLib.inference import ModelFolder, segment_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.simulation import simulate


def dice(one: np.ndarray, two: np.ndarray) -> float | None:
    total = np.count_nonzero(one) + np.count_nonzero(two)
    return None if not total else round(2.0 * np.count_nonzero(one & two) / total, 4)


def virtual_patient(seed: int, arteries: ModelFolder, calcification: ModelFolder) -> dict:
    phase = ("arterial", "portal_venous")[seed % 2]
    patient = simulate(seed, spacing_mm=(1.25, 1.25, 1.25), shape=(180, 140, 160), phase=phase)
    found = drain(segment_steps(patient.ct, [arteries], calcification))
    voxel = patient.ct.grid.voxel_volume_mm3
    result = {"seed": seed, "phase": phase, "severity": patient.truth["severity"]}
    for territory in anatomy.TERRITORIES:
        result[territory.name] = dice(
            found.arteries.array == territory.label, patient.arteries.array == territory.label
        )
    true_mm3 = np.count_nonzero(patient.calcification.array) * voxel
    result["calcified_true_mm3"] = round(float(true_mm3), 1)
    result["calcified_found_mm3"] = round(float(np.count_nonzero(found.calcification.array) * voxel), 1)
    result["calcification"] = (
        dice(found.calcification.array > 0, patient.calcification.array > 0) if true_mm3 > 50 else None
    )
    return result


def real_slab(folder: Path, arteries: ModelFolder, calcification: ModelFolder) -> dict:
    from AbdominalCalcificationLib.geometry.resample import align_labels
    from AbdominalCalcificationLib.reading import read_ct, read_mask

    ct = read_ct(folder / "dicom").volume
    labels = align_labels(read_mask(folder / "totalsegmentator_labels.nii.gz"), ct.grid).array
    aorta, bone = labels == 52, (labels >= 25) & (labels <= 50)
    sampling = ct.grid.spacing_mm[::-1]
    near = ndimage.distance_transform_edt(~aorta, sampling=sampling) <= 2.0
    reference = near & ~bone & (ct.array > 300)
    found = drain(segment_steps(ct, [arteries], calcification))
    voxel = ct.grid.voxel_volume_mm3
    return {
        "aorta": dice(found.arteries.array == 1, aorta),
        "calcification": dice(found.calcification.array > 0, reference),
        "calcified_reference_mm3": round(float(np.count_nonzero(reference) * voxel), 1),
        "calcified_found_mm3": round(float(np.count_nonzero(found.calcification.array) * voxel), 1),
        "voxels_by_label": np.bincount(found.arteries.array.ravel(), minlength=9).tolist(),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--arteries", type=Path, default=resources.bundled_artery_model())
    parser.add_argument("--calcification", type=Path, default=resources.bundled_calcification_model())
    parser.add_argument("--seeds", type=int, nargs=2, default=(5000, 5006), metavar=("FIRST", "STOP"))
    parser.add_argument("--real-ct", type=Path)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    models = ModelFolder.open(options.arteries), ModelFolder.open(options.calcification)
    results = {"virtual": []}
    for seed in range(*options.seeds):
        results["virtual"].append(virtual_patient(seed, *models))
        print(json.dumps(results["virtual"][-1]), flush=True)
    results["mean_dice"] = {}
    for name in [t.name for t in anatomy.TERRITORIES] + ["calcification"]:
        values = [entry[name] for entry in results["virtual"] if entry[name] is not None]
        results["mean_dice"][name] = round(float(np.mean(values)), 3) if values else None
    print(json.dumps(results["mean_dice"]))
    if options.real_ct:
        results["real_slab"] = real_slab(options.real_ct, *models)
        print(json.dumps(results["real_slab"]))
    if options.output:
        options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Compare the HU of virtual patients with those of the real CT slab; prints the table of ``virtual-patients.md``.

    python Testing/training/compare_hu.py REAL_CT [--seeds 5001,5003]

REAL_CT holds ``dicom/`` and ``totalsegmentator_labels.nii.gz``. The virtual patients show the same field, in the same
phase, at the same level and spacing. Medians and robust standard deviations (1.48 × median absolute deviation).
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

import numpy as np
from scipy import ndimage

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.evaluation import parse_seeds
from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.simulation import BYSTANDERS, simulate

# Field of the real slab; the coeliac trunk leaves 90 to 150 mm above the bifurcation.
SPACING_MM, SHAPE, CENTER_RAS = (0.9765625, 0.9765625, 2.0), (20, 512, 512), (0.0, 5.0, 125.0)
VERTEBRAE, RIBS, AORTA = range(25, 51), range(92, 116), 52


def spread(values: np.ndarray) -> str:
    if not len(values):
        return "–"
    middle = np.median(values)
    return f"{middle:.0f} ± {1.48 * np.median(np.abs(values - middle)):.0f}".replace("-", "−")


def rows(hu: np.ndarray, aorta: np.ndarray, bone: np.ndarray) -> dict[str, str]:
    """Return the cells of one scan; all arrays of shape (k, j, i)."""
    spacing = SPACING_MM[::-1]
    lumen = (ndimage.distance_transform_edt(aorta, sampling=spacing) > 3.0) & (hu < 250)
    parts, _ = ndimage.label(hu > -300)
    body = parts == np.bincount(parts.ravel())[1:].argmax() + 1
    body = np.stack([ndimage.binary_fill_holes(each) for each in body])
    fat = body & (hu >= -200) & (hu <= -30)
    return {
        "aortic lumen": spread(hu[lumen]),
        "noise in the lumen (standard deviation)": f"{hu[lumen].std():.0f}",
        "fat (−200 to −30 HU)": spread(hu[fat]),
        "fat, share of the body": f"{fat.sum() / body.sum():.2f}",
        "soft tissue (0 to 130 HU)": spread(hu[body & (hu >= 0) & (hu <= 130)]),
        "all of a vertebra and ribs": spread(hu[bone]),
        "voxels above 250 HU": spread(hu[body & (hu > 250)]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare HU of virtual patients with the real CT slab.")
    parser.add_argument("real_ct", type=Path)
    parser.add_argument("--seeds", default="5001,5003,5005,5007,5009")
    options = parser.parse_args()
    ct = read_ct(options.real_ct / "dicom").volume
    labels = align_labels(read_mask(options.real_ct / "totalsegmentator_labels.nii.gz"), ct.grid).array
    columns = {"real slab": rows(ct.array, labels == AORTA, np.isin(labels, [*VERTEBRAE, *RIBS]))}
    for seed in parse_seeds(options.seeds):
        patient = simulate(seed, spacing_mm=SPACING_MM, shape=SHAPE, phase="portal_venous", center_ras=CENTER_RAS)
        bone = patient.bystanders.array == BYSTANDERS["bone"]
        columns[f"seed {seed}"] = rows(patient.ct.array, patient.arteries.array == territory("aorta").label, bone)
    print("| |", " | ".join(columns), "|")
    print("|", " | ".join(["---"] * (1 + len(columns))), "|")
    for name in columns["real slab"]:
        print("|", name, "|", " | ".join(column[name] for column in columns.values()), "|")


if __name__ == "__main__":
    main()

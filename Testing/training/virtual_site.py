"""Make the patients of a virtual site, whose CTs look other than those that the bundled models were trained on.

    python Testing/training/virtual_site.py FOLDER --seeds 7100-7109

Each becomes a case folder (``ct``, ``arteries``, ``calcification``), and ``list.csv`` lists them. The scanner of the
site: slices of 3 mm, portal venous contrast, a blurring kernel, coarse noise, and HU that come out too low and too
close together, as those of angiography systems with a rotating arm do. All of it is this project's own choice.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

import numpy as np
from scipy import ndimage

from AbdominalCalcificationLib.durable import write_text
from AbdominalCalcificationLib.evaluation import parse_seeds
from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.reporting import write_volume
from AbdominalCalcificationLib.simulation import simulate

SPACING_MM = (1.0, 1.0, 3.0)  # i, j, k
SHAPE = (74, 200, 220)  # k, j, i
GAIN, OFFSET_HU = 0.7, -60.0
BLUR_MM = 0.7
NOISE_HU, GRAIN_MM = 28.0, 1.6


def as_scanned_there(ct: Volume, seed: int) -> Volume:
    """Return a CT as the scanner of the site would have made it, int16."""
    rng = np.random.Generator(np.random.PCG64([seed, 7]))
    si, sj, _ = SPACING_MM
    image = ndimage.gaussian_filter(ct.array.astype(np.float32), (0.0, BLUR_MM / sj, BLUR_MM / si))
    body = image > -900
    image = np.where(body, GAIN * image + OFFSET_HU, image)
    noise = ndimage.gaussian_filter(rng.standard_normal(image.shape), (0.0, GRAIN_MM / sj, GRAIN_MM / si))
    image += np.where(body, NOISE_HU, 0.3 * NOISE_HU) * noise / noise.std()
    return ct.with_array(np.clip(np.rint(image), -1024, 3071).astype(np.int16))


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the patients of a virtual site.")
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("--seeds", type=parse_seeds, default=parse_seeds("7100-7109"))
    options = parser.parse_args()
    rows = ["id,ct,arteries,calcification"]
    for seed in options.seeds:
        name = f"patient_{seed}"
        place = options.folder / name
        if not (place / "calcification.nii.gz").is_file():
            patient = simulate(seed, spacing_mm=SPACING_MM, shape=SHAPE, phase="portal_venous")
            place.mkdir(parents=True, exist_ok=True)
            write_volume(place / "ct.nii.gz", as_scanned_there(patient.ct, seed))
            write_volume(place / "arteries.nii.gz", patient.arteries)
            write_volume(place / "calcification.nii.gz", patient.calcification)
            print(name, flush=True)
        rows.append(",".join([name, *(f"{name}/{each}.nii.gz" for each in ("ct", "arteries", "calcification"))]))
    write_text(options.folder / "list.csv", "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()

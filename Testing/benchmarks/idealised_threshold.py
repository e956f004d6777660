"""The idealised threshold in one pass against exhaustive search over every HU, at 512 × 512 × 400.

    python Testing/benchmarks/idealised_threshold.py [--every N]

The search tries each whole HU that occurs near the arteries: a mask of the whole volume, then its
Dice, in plain numpy. It is handed the neighbourhood of the arteries for nothing; the one pass finds
it itself. `--every N` tries one HU of N and multiplies the time. Times are CPU times, so that other work on the machine
does not count.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "AbdominalCalcification"))

from AbdominalCalcificationLib.comparison.thresholds import best_threshold, idealised
from AbdominalCalcificationLib.geometry import Grid, Volume

SHAPE = (400, 512, 512)
SPACING_MM = (0.8, 0.8, 1.0)


def a_case(seed: int = 1) -> tuple[Volume, Volume, Volume]:
    """Return CT, arteries and reference: a winding aorta, plaques in its wall, a spine beside it, noise."""
    rng = np.random.default_rng(seed)
    grid = Grid.from_spacing(SHAPE, SPACING_MM)
    ct = np.empty(SHAPE, np.int16)
    arteries = np.zeros(SHAPE, np.uint8)
    reference = np.zeros(SHAPE, bool)
    j, i = np.indices(SHAPE[1:]) * 0.8
    for k in range(SHAPE[0]):
        x, y = 205 + 12 * np.sin(k / 70), 205 + 6 * np.cos(k / 50)
        radius, angle = np.hypot(i - x, j - y), np.arctan2(j - y, i - x)
        lumen = radius <= 10
        plaque = (radius > 8.5) & (radius <= 11) & (np.cos(angle - k / 40) > 0.8) & (k % 60 < 25)
        plane = np.where(lumen, 330.0, 40.0)
        plane[np.hypot(i - x, j - y - 34) < 20] = 450
        plane[plaque] = 650
        ct[k] = plane + rng.normal(0, 60, plane.shape)
        arteries[k] = lumen
        reference[k] = plaque
    return Volume(ct, grid), Volume(arteries, grid), Volume(reference, grid)


def exhaustive(ct: np.ndarray, region: np.ndarray, reference: np.ndarray, every: int) -> tuple[float, int, float]:
    """Return the best Dice, its HU and the CPU seconds that trying every HU takes."""
    values = ct[region]
    total = np.count_nonzero(reference)
    tried = range(int(values.min()) - 1, int(values.max()) + 1)
    best, best_hu = -1.0, 0
    begin = time.process_time()
    for hu in tried[::every]:
        mask = region & (ct > hu)
        dice = 2 * np.count_nonzero(mask & reference) / (np.count_nonzero(mask) + total)
        if dice >= best:
            best, best_hu = dice, hu
    seconds = time.process_time() - begin
    return best, best_hu, seconds * len(tried) / len(tried[::every])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, metavar="N")
    every = parser.parse_args().every
    ct, arteries, reference = a_case()
    region = idealised(ct, arteries, ct.with_array(np.ones(SHAPE, bool))).mask.array

    begin = time.process_time()
    found = idealised(ct, arteries, reference)
    one_pass = time.process_time() - begin
    mask = found.mask.array
    dice = 2 * np.count_nonzero(mask & reference.array) / (np.count_nonzero(mask) + np.count_nonzero(reference.array))
    best, best_hu, search = exhaustive(ct.array, region, reference.array, every)
    values, inside = ct.array[region], reference.array[region]
    begin = time.process_time()
    best_threshold(values, inside, np.count_nonzero(reference.array))
    one_pass_alone = time.process_time() - begin
    alone = exhaustive(values, np.ones(len(values), bool), inside, every)[2]
    part = f" (one of {every} tried)" if every > 1 else ""
    print(f"one pass, neighbourhood included: {one_pass:.2f} s, {found.threshold_hu:g} HU, Dice {dice:.6f}")
    print(f"every HU over the volume: {search:.1f} s, {best_hu} HU, Dice {best:.6f}{part}")
    print(f"ratio: {search / one_pass:.0f}")
    print(f"search alone, on the {len(values)} voxels near the arteries: {one_pass_alone:.3f} s and {alone:.1f} s")
    print(f"ratio: {alone / one_pass_alone:.0f}")
    if every == 1 and dice != best:
        raise SystemExit("The two differ.")


if __name__ == "__main__":
    main()

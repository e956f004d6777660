"""Times the measurement of a 512 x 512 x 600 case against plain scipy.ndimage, side by side.

Run it from the repository root: ``python Testing/benchmarks/measure_large_case.py``.
Both sides run one after the other in processes of their own, with the masks in memory before the
clock starts. They measure the same case; the measurement proper also shortens the branches and
follows every artery for its path distances, which plain scipy.ndimage does not. With nothing
cut off, all numbers that both know must agree.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "AbdominalCalcification"), str(REPOSITORY / "Testing")]

from AbdominalCalcificationLib.anatomy import TERRITORIES  # noqa: E402
from AbdominalCalcificationLib.geometry import Grid, Volume  # noqa: E402
from AbdominalCalcificationLib.measurement import MeasurementParameters, measure  # noqa: E402
from peak_memory import peak_mib  # noqa: E402
from phantoms import BACKGROUND_HU, LUMEN_HU, PLAQUE_HU, Phantom, Tube, branch  # noqa: E402

SHAPE, SPACING_MM = (600, 512, 512), (0.75, 0.75, 0.8)
EVERYTHING = {"renal": np.inf, "mesenteric": np.inf, "common_iliac": np.inf}
MAX_DISTANCE_MM = 3.0


def grid_of_the_case(shape) -> Grid:
    """Return a grid with the patient in its middle."""
    centre = np.array(shape[::-1]) * SPACING_MM / 2
    return Grid.from_spacing(shape, SPACING_MM, -centre)


def painted_case(grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return CT, artery labels and calcification: a whole aorta with its branches, and bone."""
    shape = grid.shape
    length = shape[0] * grid.spacing_mm[2]
    trunk = Tube((0, 0, -0.25 * length), (0, 0, 1), 0.7 * length, 12, towards=(1, 0, 0))
    ostium = {"aorta_radius_mm": 12.0}
    arteries = {
        "aorta": (trunk,),
        "celiac_trunk": branch((0, 1, 0.2), 4, (10,), (35, 25, (1, 0, 0)), height_mm=60, **ostium),
        "superior_mesenteric": branch((0, 1, -0.3), 4.5, (5,), (50, 40, (0, 0, -1)), (70,), height_mm=40, **ostium),
        "inferior_mesenteric": branch((0.4, 1, -0.5), 2, (8,), (70, 60, (0, 0, -1)), height_mm=-60, **ostium),
        "renal_left": branch((1, 0.2, 0), 3, (10,), (45, 30, (0, -1, 0)), height_mm=25, **ostium),
        "renal_right": branch((-1, 0.2, 0), 3, (10,), (45, 30, (0, -1, 0)), height_mm=22, **ostium),
        "common_iliac_left": _iliac(trunk, 1),
        "common_iliac_right": _iliac(trunk, -1),
    }
    labels = np.zeros(shape, np.uint8)
    for each in reversed(TERRITORIES):
        for tube in arteries[each.name]:
            axis = np.array([tube.point(along) for along in np.linspace(0, tube.length_mm, 50)])
            corners = grid.kji_of_ras(np.concatenate([axis - tube.radius_mm - 1, axis + tube.radius_mm + 1]))
            low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0)) + 1
            box = tuple(slice(max(int(a), 0), min(int(b), n)) for a, b, n in zip(low, high, shape, strict=True))
            _, painted, _ = Phantom({each.name: (tube,)}).painted(grid.cropped(box))
            labels[box][painted.array > 0] = each.label
    rng = np.random.default_rng(1)
    calcified = np.zeros(shape, bool)
    where = np.argwhere(labels)
    for k, j, i in where[rng.choice(len(where), 600, replace=False)]:
        a, b, c = rng.integers(1, 5, 3)
        calcified[k : k + a, j : j + b, i : i + c] = True  # plaques, some of them beside the mask
    spine = np.s_[:, 310:370, 230:285]
    calcified[spine] |= rng.random(calcified[spine].shape) > 0.9
    hu = np.full(shape, BACKGROUND_HU, np.int16)
    hu[labels > 0] = LUMEN_HU
    hu[calcified] = PLAQUE_HU
    return hu, labels, calcified


def _iliac(trunk: Tube, side: int) -> tuple[Tube, ...]:
    start = Tube((side * 5.0, 0, trunk.origin[2] + 2), (side * 0.35, 0.05, -1), 55, 6, 120, (0, -1, 0))
    return start, start.continued(60, 70, (0, 1, -1))


def plainly_measured(ct: np.ndarray, arteries: np.ndarray, calcification: np.ndarray, grid: Grid) -> dict:
    """Measure as one would with scipy.ndimage on whole arrays, without shortening and path distances."""
    from scipy import ndimage

    voxel = grid.voxel_volume_mm3
    labels = np.array([territory.label for territory in TERRITORIES])
    distance, nearest = ndimage.distance_transform_edt(
        arteries == 0, sampling=grid.spacing_mm[::-1], return_indices=True
    )
    assigned = np.where(calcification & (distance <= MAX_DISTANCE_MM), arteries[tuple(nearest)], 0)
    del distance, nearest
    artery = np.where(assigned > 0, assigned, arteries)
    artery_count = ndimage.sum_labels(np.ones_like(artery), artery, labels)
    calcified_count = ndimage.sum_labels(np.ones_like(artery), assigned, labels)
    clusters, count = ndimage.label(assigned > 0, np.ones((3, 3, 3)))
    numbers = np.arange(1, count + 1)
    sizes = ndimage.sum_labels(np.ones_like(artery), clusters, numbers)
    centroids = grid.ras_of_kji(ndimage.center_of_mass(clusters > 0, clusters, numbers))
    means = ndimage.mean(ct, clusters, numbers)
    maxima = ndimage.maximum(ct, clusters, numbers)
    lumen = ndimage.binary_erosion(arteries > 0) & ~calcification
    return _comparable(
        artery_count * voxel,
        calcified_count * voxel,
        (np.count_nonzero(calcification) - np.count_nonzero(assigned)) * voxel,
        zip(sizes * voxel, centroids.tolist(), means, maxima, strict=True),
        bool(np.median(ct[lumen]) >= 150),
    )


def properly_measured(ct, arteries, calcification, grid, parameters=None) -> dict:
    """Measure with the library."""
    result = measure(Volume(ct, grid), Volume(arteries, grid), Volume(calcification, grid), parameters)
    return _comparable(
        [territory.artery_volume_mm3 for territory in result.territories],
        [territory.calcified_volume_mm3 for territory in result.territories],
        result.unassigned_calcified_volume_mm3,
        [(each.volume_mm3, each.centroid_ras, each.mean_hu, each.max_hu) for each in result.clusters],
        not any(flag.code == "no_arterial_enhancement" for flag in result.flags),
    )


def _comparable(artery, calcified, unassigned, clusters, enhanced) -> dict:
    rows = sorted(
        [round(float(c), 4) for c in centroid] + [float(volume), float(mean), float(peak)]
        for volume, centroid, mean, peak in clusters
    )
    return {
        "artery_volumes_mm3": [float(v) for v in artery],
        "calcified_volumes_mm3": [float(v) for v in calcified],
        "unassigned_mm3": float(unassigned),
        "enhanced": enhanced,
        "clusters": rows,
    }


def run_side(side: str, folder: Path):
    """Measure in this process and print numbers, seconds and peak memory as JSON."""
    ct, arteries, calcification = (np.load(folder / f"{name}.npy") for name in ("ct", "arteries", "calcification"))
    grid = grid_of_the_case(ct.shape)
    begun, worked = time.perf_counter(), time.process_time()
    if side == "plain":
        numbers = plainly_measured(ct, arteries, calcification, grid)
    else:
        lengths = EVERYTHING if side == "uncut" else {}
        numbers = properly_measured(ct, arteries, calcification, grid, MeasurementParameters(lengths))
    times = {"seconds": time.perf_counter() - begun, "cpu_seconds": time.process_time() - worked}
    print(json.dumps({**times, "peak_gib": peak_mib() / 1024, "numbers": numbers}))


def differences(first: dict, second: dict) -> list[str]:
    """Return the names of the numbers that differ by more than rounding."""
    different = []
    for key, value in first.items():
        ours, theirs = np.asarray(value, float), np.asarray(second[key], float)
        if ours.shape != theirs.shape or not np.allclose(ours, theirs, rtol=1e-6, atol=1e-3):
            different.append(key)
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slices", type=int, default=SHAPE[0])
    parser.add_argument("--side", choices=("plain", "library", "uncut"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        return run_side(arguments.side, arguments.folder)
    with tempfile.TemporaryDirectory() as folder:
        case = painted_case(grid_of_the_case((arguments.slices, *SHAPE[1:])))
        for name, array in zip(("ct", "arteries", "calcification"), case, strict=True):
            np.save(Path(folder) / f"{name}.npy", array)
        del case
        results = {}
        for side in ("library", "uncut", "plain"):
            command = [sys.executable, __file__, "--side", side, "--folder", folder]
            results[side] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    case_gib = arguments.slices * SHAPE[1] * SHAPE[2] * 4 / 2**30
    print(f"{SHAPE[2]} x {SHAPE[1]} x {arguments.slices} voxels; CT and masks take {case_gib:.2f} GiB of each peak")
    for side, title in (("library", "measure"), ("uncut", "measure, nothing cut"), ("plain", "scipy.ndimage")):
        one = results[side]
        times = f"{one['seconds']:8.2f} s   {one['cpu_seconds']:8.2f} s of CPU"
        print(f"{title:22s} {times}   peak {one['peak_gib']:5.2f} GiB")
    ratios = [results["plain"][key] / results["library"][key] for key in ("seconds", "cpu_seconds")]
    print(f"ratio scipy.ndimage / measure: {ratios[0]:.1f} (CPU {ratios[1]:.1f})")
    different = differences(results["uncut"]["numbers"], results["plain"]["numbers"])
    clusters = len(results["plain"]["numbers"]["clusters"])
    print(f"numbers that differ ({clusters} clusters compared): {', '.join(different) or 'none'}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

"""Times how long numbers take to follow an edit of a 512 x 512 x 600 case, against measuring it all again.

Run it from the repository root: ``python Testing/benchmarks/live_numbers.py``.
Edits are as large as a brush: calcification painted and erased, a branch or the aorta painted and eroded at its wall.
Each edit is timed from the changed voxels to a complete result; after the last one the result must equal that of a
full measurement exactly. Then all of the aorta's surface is changed and changed back, as Margin, Smoothing and undo
do, and the longest step of that is told: so long a window stands still at most.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from scipy import ndimage

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [
    str(REPOSITORY / "AbdominalCalcification"),
    str(REPOSITORY / "Testing"),
    str(Path(__file__).resolve().parent),
]

from measure_large_case import SHAPE, grid_of_the_case, painted_case  # noqa: E402

from AbdominalCalcificationLib.geometry import Grid, Volume  # noqa: E402
from AbdominalCalcificationLib.measurement import measure  # noqa: E402
from AbdominalCalcificationLib.measurement.live import LiveMeasurement  # noqa: E402
from AbdominalCalcificationLib.progress import drain  # noqa: E402
from live_cases import differences  # noqa: E402

BRUSH_MM = 3.0
# What people correct: mostly plaques, then branches, and now and then the aorta.
MIX = {"calcification": 0.6, "branch": 0.3, "aorta": 0.1}
KINDS = {"calcification": (), "branch": (2, 3, 4, 5, 6, 7, 8), "aorta": (1,)}


def ball(grid: Grid, centre: np.ndarray) -> tuple[tuple[slice, ...], np.ndarray]:
    """Return the box of a ball as large as the brush, and which of its voxels it holds."""
    reach = np.ceil(BRUSH_MM / np.array(grid.spacing_mm[::-1])).astype(int)
    low = np.maximum(centre - reach, 0)
    high = np.minimum(centre + reach + 1, grid.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    around = np.stack(np.meshgrid(*(np.arange(p.start, p.stop) for p in box), indexing="ij"), axis=-1) - centre
    return box, np.linalg.norm(around * np.array(grid.spacing_mm[::-1]), axis=-1) <= BRUSH_MM


def edit_of(kind: str, rng: np.random.Generator, labels, calcified, grid, voxels) -> tuple[str, tuple, np.ndarray]:
    """Return one random edit: role, box and values."""
    adds = rng.random() < 0.5
    if kind == "calcification":
        where = voxels["artery"] if adds else voxels["calcified"]
        box, inside = ball(grid, where[rng.integers(len(where))])
        values = calcified[box].copy()
        values[inside] = adds
        return "calcification", box, values
    label = int(rng.choice(KINDS[kind]))
    where = voxels[label]
    box, inside = ball(grid, where[rng.integers(len(where))])
    values = labels[box].copy()
    values[inside & (values == (0 if adds else label))] = label if adds else 0
    return "arteries", box, values


def wall_of(labels: np.ndarray, label: int) -> np.ndarray:
    """Return the voxels of an artery that have not all their neighbours."""
    kji = np.argwhere(labels == label)
    inner = np.ones(len(kji), bool)
    for axis in range(3):
        for step in (-1, 1):
            moved = kji.copy()
            moved[:, axis] = np.clip(moved[:, axis] + step, 0, labels.shape[axis] - 1)
            inner &= labels[tuple(moved.T)] == label
    return kji[~inner]


def clocks() -> np.ndarray:
    """Return seconds on the wall, and of processor time: on a machine that others use they differ."""
    return np.array([time.perf_counter(), time.process_time()])


def timed_edits(live: LiveMeasurement, labels, calcified, grid, count: int, seed: int):
    """Edit and update; return the seconds of every update by kind of edit, and the last result."""
    rng = np.random.default_rng(seed)
    voxels = {label: wall_of(labels, label) for labels_of in KINDS.values() for label in labels_of}
    voxels["artery"] = np.argwhere(labels)
    near = np.zeros(labels.shape, bool)
    near[tuple(voxels["artery"].T)] = True
    voxels["calcified"] = np.argwhere((calcified != 0) & near)
    seconds: dict[str, list[np.ndarray]] = {kind: [] for kind in MIX}
    for number in range(count):
        kind = str(rng.choice(list(MIX), p=list(MIX.values())))
        role, box, values = edit_of(kind, rng, labels, calcified, grid, voxels)
        begun = clocks()
        changed = live.edit(role, box, values)
        result = drain(live.update_steps())
        if changed and number:  # the first one finds memory that was never used
            seconds[kind].append(clocks() - begun)
    return seconds, result


def large_change(live: LiveMeasurement, labels) -> dict[str, tuple[float, float, float]]:
    """Erode the aorta, and undo that; return seconds of processor, the longest step's, and on the wall, of each."""
    (box,) = ndimage.find_objects(labels == 1)
    before = labels[box].copy()
    after = np.where((before == 1) & ~ndimage.binary_erosion(before == 1), np.uint8(0), before)
    seconds = {}
    for what, values in (("aorta eroded", after), ("that undone", before)):
        begun, steps = clocks(), []
        live.edit("arteries", box, values)
        updating = live.update_steps()
        while True:
            step = time.thread_time()
            try:
                next(updating)
            except StopIteration:
                break
            finally:
                steps.append(time.thread_time() - step)
        wall, processor = clocks() - begun
        seconds[what] = processor, max(steps), wall
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slices", type=int, default=SHAPE[0])
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    grid = grid_of_the_case((arguments.slices, *SHAPE[1:]))
    hu, labels, calcified = painted_case(grid)
    ct, calcified = Volume(hu, grid), calcified.astype(np.uint8)
    full = []
    for _ in range(3):
        begun = clocks()
        measure(ct, Volume(labels, grid), Volume(calcified, grid))
        full.append(clocks() - begun)
    live = LiveMeasurement(ct, Volume(labels, grid), Volume(calcified, grid))
    drain(live.update_steps())
    seconds, result = timed_edits(live, labels, calcified, grid, arguments.edits, arguments.seed)
    whole = np.median(full, axis=0)
    print(f"{SHAPE[2]} x {SHAPE[1]} x {arguments.slices} voxels")
    print(f"everything again: {whole[0]:.2f} s on the wall, {whole[1]:.2f} s of processor time")
    for kind, times in [*seconds.items(), ("all", [each for some in seconds.values() for each in some])]:
        for clock, name in enumerate(("wall", "processor")):
            if times:
                median, late = np.percentile(np.array(times)[:, clock], [50, 95])
                print(
                    f"{kind:14s} {name:10s} {len(times):4d} edits: median {1000 * median:6.0f} ms, 95 % within "
                    f"{1000 * late:6.0f} ms, {whole[clock] / median:5.0f} times faster"
                )
    for what, (processor, step, wall_s) in large_change(live, labels).items():
        print(f"{what}: {processor:.1f} s of processor time ({wall_s:.1f} s on the wall), longest step {step:.2f} s")
    different = differences(result, measure(ct, Volume(labels, grid), Volume(calcified, grid)))
    print(f"what differs from measuring everything again: {', '.join(different) or 'nothing'}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())

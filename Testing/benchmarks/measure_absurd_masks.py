"""Times the measurement on masks that are no arteries: seconds, memory, and the longest gap between two yields.

Run it from the repository root: ``python Testing/benchmarks/measure_absurd_masks.py [case ...]``.
Each case is a 512 x 512 x 500 volume in a process of its own, made there before the clock starts. A gap between two
yields is what a window stands still for.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "AbdominalCalcification"), str(REPOSITORY / "Testing")]

from measure_large_case import painted_case  # noqa: E402

from AbdominalCalcificationLib.geometry import Grid, Volume  # noqa: E402
from AbdominalCalcificationLib.measurement import measure_steps  # noqa: E402
from peak_memory import peak_mib  # noqa: E402
from phantoms import label_of  # noqa: E402

SHAPE, SPACING_MM = (500, 512, 512), (0.75, 0.75, 0.8)
GRID = Grid.from_spacing(SHAPE, SPACING_MM, -np.array(SHAPE[::-1]) * SPACING_MM / 2)
LONGEST_S, MOST_GIB = 200, 6


def ellipsoid(centre_mm, radii_mm) -> np.ndarray:
    """Return the voxels of an ellipsoid (RAS, mm)."""
    inverse = np.linalg.inv(GRID.ijk_to_ras)
    centre = (inverse[:3, :3] @ centre_mm + inverse[:3, 3])[::-1]
    axes = [
        ((np.arange(n) - c) * step / r) ** 2
        for n, c, step, r in zip(SHAPE, centre, SPACING_MM[::-1], radii_mm[::-1], strict=True)
    ]
    return axes[0][:, None, None] + axes[1][:, None] + axes[2] <= 1


def specks(number: int, inside: np.ndarray | None, rng) -> np.ndarray:
    """Return about `number` single voxels, no two of which touch."""
    even = np.zeros(SHAPE, bool)
    even[::2, ::2, ::2] = True
    where = np.flatnonzero(even if inside is None else even & inside)
    mask = np.zeros(SHAPE, bool)
    mask.ravel()[rng.choice(where, min(number, len(where)), replace=False)] = True
    return mask


def tube(points_mm, radius_mm) -> np.ndarray:
    """Return balls along a line of points (RAS, mm)."""
    mask = np.zeros(SHAPE, bool)
    for point in points_mm:
        mask |= ellipsoid(np.asarray(point, float), (radius_mm,) * 3)
    return mask


def make(case: str):
    """Return CT, labels and calcification of a case."""
    rng = np.random.default_rng(0)
    hu, labels, calcified = painted_case(GRID)
    body = ellipsoid((0, 0, 0), (180, 120, 900))
    if case == "normal":
        pass
    elif case == "aneurysm of 10 cm":
        labels[ellipsoid((0, 0, -20), (50, 50, 70))] = 1
    elif case == "iliac aneurysm of 4 cm":
        labels[ellipsoid((28, 3, -130), (20, 20, 30)) & (labels != 1)] = 7
    elif case == "kidney as renal artery":
        labels[ellipsoid((70, 0, 25), (32, 28, 58)) & (labels == 0)] = label_of("renal_left")
    elif case == "spine as aorta":
        labels[:, 300:380, 220:292] = 1
    elif case == "bone as aorta":
        labels[ellipsoid((0, -60, 0), (140, 40, 900)) & (labels == 0)] = 1
    elif case == "body as aorta":
        labels[body & (labels == 0)] = 1
    elif case == "body as renal artery":
        labels[body & (labels == 0)] = label_of("renal_left")
    elif case == "inverted":
        labels = (labels == 0).astype(np.uint8)
    elif case == "whole image":
        labels[:] = 1
    elif case == "noise of all labels, all voxels":
        labels = rng.integers(0, 9, SHAPE, dtype=np.uint8)
    elif case == "noise of all labels, 2 %":
        labels = np.where(rng.random(SHAPE, np.float32) < 0.02, rng.integers(1, 9, SHAPE, dtype=np.uint8), 0)
    elif case == "salt and pepper 1 % on arteries":
        salt = rng.random(SHAPE, np.float32)
        labels[salt < 0.01] = rng.integers(1, 9, SHAPE, dtype=np.uint8)[salt < 0.01]
        labels[salt > 0.99] = 0
    elif case == "checkerboard":
        labels = (sum(np.indices(SHAPE, np.int16, sparse=True)) % 2).astype(np.uint8)
    elif case == "blocks of 4":
        k, j, i = np.indices(SHAPE, np.int16, sparse=True)
        labels = ((k % 8 < 4) & (j % 8 < 4) & (i % 8 < 4)).astype(np.uint8)
    elif case == "1e5 specks as renal artery":
        labels[specks(100_000, body & (labels == 0), rng)] = label_of("renal_left")
    elif case == "5000 specks as inferior mesenteric":
        labels[labels == 4] = 0
        labels[specks(5_000, ellipsoid((0, 40, -60), (40, 40, 60)) & (labels == 0), rng)] = 4
    elif case == "3000 specks around the aorta":
        labels[specks(3_000, ellipsoid((0, 0, 0), (60, 60, 180)) & (labels == 0), rng)] = 1
    elif case == "maze":
        labels = ((rng.random(SHAPE, np.float32) < 0.12) & ellipsoid((0, 0, 0), (80, 80, 180))).astype(np.uint8)
    elif case == "calcification: whole image":
        calcified[:] = True
    elif case == "calcification: noise 5 %":
        calcified |= rng.random(SHAPE, np.float32) < 0.05
    elif case == "calcification: 1e6 specks":
        calcified |= specks(1_000_000, ellipsoid((0, 0, 0), (90, 90, 250)), rng)
    elif case == "calcification: specks in all arteries":
        calcified |= specks(10**9, labels > 0, rng)
    elif case == "calcification: specks in a large aneurysm":
        labels[ellipsoid((0, 0, -20), (50, 50, 100))] = 1
        calcified |= specks(10**9, labels > 0, rng)
    else:
        raise SystemExit(f"There is no case '{case}'.")
    return hu, labels, calcified


CASES = (
    "normal",
    "aneurysm of 10 cm",
    "iliac aneurysm of 4 cm",
    "kidney as renal artery",
    "spine as aorta",
    "bone as aorta",
    "body as aorta",
    "body as renal artery",
    "inverted",
    "whole image",
    "noise of all labels, all voxels",
    "noise of all labels, 2 %",
    "salt and pepper 1 % on arteries",
    "checkerboard",
    "blocks of 4",
    "1e5 specks as renal artery",
    "5000 specks as inferior mesenteric",
    "3000 specks around the aorta",
    "maze",
    "calcification: whole image",
    "calcification: noise 5 %",
    "calcification: 1e6 specks",
    "calcification: specks in all arteries",
    "calcification: specks in a large aneurysm",
)


class LongestGap:
    """Drains steps and keeps the longest time between two of them, in seconds of CPU: a busy computer adds none."""

    def __init__(self):
        self.seconds = self.longest_s = 0.0
        self.stage = ""

    def drain(self, steps, at_most_s: float):
        begun = last = time.process_time()
        stage = ""
        while True:
            try:
                step, result = next(steps), None
            except StopIteration as stop:
                step, result = None, stop.value
            now = time.process_time()
            if now - last > self.longest_s:
                self.longest_s, self.stage = now - last, stage
            self.seconds = now - begun
            if step is None:
                return result
            if self.seconds > at_most_s:
                raise SystemExit(f"no result in {at_most_s} s")
            last, stage = now, step.stage


def run(case: str):
    """Measure one case in this process and print what it took as JSON."""
    volumes = [Volume(array, GRID) for array in make(case)]
    # The memory that making the case took does not count.
    Path("/proc/self/clear_refs").write_text("5")
    before = _now_mib()
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_GIB * 2**30,) * 2)
    gaps = LongestGap()
    result = gaps.drain(measure_steps(*volumes), LONGEST_S)
    flags = {}
    for flag in result.flags:
        flags[flag.code] = flags.get(flag.code, 0) + 1
    print(
        json.dumps(
            {
                "seconds": gaps.seconds,
                "mib": peak_mib() - before,
                "longest_gap_s": gaps.longest_s,
                "in": gaps.stage,
                "verdict": result.trust.verdict.value,
                "flags": flags,
                "clusters": len(result.clusters),
                "burden": result.total.burden,
                "messages": [f.message for f in result.flags],
            }
        )
    )


def _status(key: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    return float("nan")


def _now_mib() -> float:
    return _status("VmRSS")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", default=CASES)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--messages", action="store_true", help="print the flags' messages")
    options = parser.parse_args()
    if options.here:
        return run(options.cases[0])
    print(f"{'case':44s} {'s':>7s} {'MiB':>6s} {'gap s':>6s}  {'verdict':8s} clusters  where the gap is; flags")
    for case in options.cases:
        command = [sys.executable, __file__, "--here", case]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_S + 60)
        except subprocess.TimeoutExpired:
            print(f"{case:44s} no result in {LONGEST_S} s", flush=True)
            continue
        lines = done.stdout.splitlines()
        if done.returncode or not lines:
            why = (done.stderr.splitlines() or ["killed"])[-1]
            print(f"{case:44s} failed: {why[:110]}", flush=True)
            continue
        one = json.loads(lines[-1])
        flags = ", ".join(f"{code} {count}" if count > 1 else code for code, count in one["flags"].items())
        print(
            f"{case:44s} {one['seconds']:7.1f} {one['mib']:6.0f} {one['longest_gap_s']:6.2f}  {one['verdict']:8s} "
            f"{one['clusters']:8d}  {one['in']}; {flags}",
            flush=True,
        )
        if options.messages:
            for message in one["messages"]:
                print(f"    {message}")


if __name__ == "__main__":
    sys.exit(main())

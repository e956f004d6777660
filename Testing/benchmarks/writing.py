"""What it costs that every file of a result is looked at and handed to the disk: a 512 x 512 x 600 case.

Run it from the repository root: ``python Testing/benchmarks/writing.py [FOLDER]``. The files of one result are written
into a folder, on the disk that is to be measured. *check* and *sync* are parts of *all*.
"""

from __future__ import annotations

import inspect
import os
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "AbdominalCalcification"), str(REPOSITORY / "Testing" / "benchmarks")]

from measure_large_case import grid_of_the_case, painted_case  # noqa: E402

from AbdominalCalcificationLib.export import export_steps  # noqa: E402
from AbdominalCalcificationLib.geometry import Volume  # noqa: E402
from AbdominalCalcificationLib.pipeline import Choices, Given, analyze_steps  # noqa: E402
from AbdominalCalcificationLib.progress import drain  # noqa: E402
from AbdominalCalcificationLib.reporting import images, write_volume  # noqa: E402

SLICES = 600
NOISE_HU = 12.0


def main() -> int:
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        ct, arteries, calcification = large_case()
        analysis = drain(analyze_steps(ct, Choices(), Given(arteries, calcification)))
        print("| written | all, s | check, s | sync, s | MB |\n| --- | --- | --- | --- | --- |", flush=True)
        with watched() as spent:
            row("artery mask", spent, Path(folder) / "m.nii.gz", lambda path: write_volume(path, arteries))
            row("CT as .nii.gz", spent, Path(folder) / "ct.nii.gz", lambda path: write_volume(path, ct))
            row("whole result", spent, Path(folder) / "out", lambda path: drain(export_steps(analysis, ct, path)))
    return 0


def large_case() -> tuple[Volume, Volume, Volume]:
    """Return CT, arteries and calcification; the CT noisy, since one without noise shrinks to nothing."""
    grid = grid_of_the_case((SLICES, 512, 512))
    ct, arteries, calcification = painted_case(grid)
    rng = np.random.default_rng(0)
    for slab in ct:
        slab += rng.normal(0, NOISE_HU, slab.shape).astype(np.int16)
    return Volume(ct, grid), Volume(arteries, grid), Volume(calcification, grid)


@contextmanager
def watched():
    """Count the seconds that go into checks and into syncing; yield them by name."""
    from AbdominalCalcificationLib.scene import bundle_writer

    spent: Counter = Counter()

    def timed(name, function):
        def run(*arguments):
            began = time.perf_counter()
            try:
                result = function(*arguments)
                return list(result) if inspect.isgenerator(result) else result
            finally:
                spent[name] += time.perf_counter() - began

        return run

    places = [(images, "_check", "check"), (bundle_writer, "check_bundle_steps", "check"), (os, "fsync", "sync")]
    before = [getattr(module, name) for module, name, _ in places]
    for module, name, kind in places:
        setattr(module, name, timed(kind, getattr(module, name)))
    try:
        yield spent
    finally:
        for (module, name, _), own in zip(places, before, strict=True):
            setattr(module, name, own)


def row(title: str, spent: Counter, path: Path, write) -> None:
    spent.clear()
    began = time.perf_counter()
    write(path)
    seconds = time.perf_counter() - began
    size = sum(each.stat().st_size for each in ([path] if path.is_file() else path.iterdir()))
    print(f"| {title} | {seconds:.1f} | {spent['check']:.2f} | {spent['sync']:.2f} | {size / 1e6:.1f} |", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

"""A folder of radiographs through ``cohort --radiographs``: throughput, memory, broken ones, and going on after a kill.

    python Testing/benchmarks/radiograph_cohort.py [--count 1000] [--jobs 1] [--broken 20] [--model FOLDER ...]

A few simulated radiographs, written again and again with other noise, and broken files among them. The folder is read
at one go, and killed half-way and started again: both must give the same tables. Memory is that of all processes,
sampled (needs psutil).
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import pydicom

LIBRARY = Path(__file__).resolve().parents[2] / "AbdominalCalcification"
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(LIBRARY)}
# Simulating takes longer than reading: each is written many times.
SEEDS = range(95000, 95008)


def command(*parts) -> list[str]:
    return [sys.executable, "-m", "AbdominalCalcificationLib", *map(str, parts)]


def write_folder(folder: Path, count: int, broken: int) -> None:
    """Write `count` radiographs, and `broken` files beside them that are none."""
    first, own = SEEDS[0], folder.parent / "simulated"
    told = command("simulate", "--radiograph", "--seed", first, "--count", len(SEEDS), "--output", own, "--quiet")
    subprocess.run(told, check=True, env=ENVIRONMENT)
    sources = [pydicom.dcmread(path) for path in sorted(own.glob("*/radiograph.dcm"))]
    rng = np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        image = sources[number % len(sources)]
        pixels = image.pixel_array.astype(np.int32) + np.rint(rng.normal(0, 4, image.pixel_array.shape)).astype(
            np.int32
        )
        most = (1 << image.BitsStored) - 1
        copy = pydicom.dcmread(image.filename)
        copy.PixelData = np.clip(pixels, 0, most).astype(image.pixel_array.dtype).tobytes()
        copy.SOPInstanceUID = copy.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
        copy.save_as(folder / f"film {number:05d}.dcm", enforce_file_format=True)
    whole = (folder / "film 00000.dcm").read_bytes()
    kinds = (b"", b"no radiograph", whole[: len(whole) // 2], whole[:200])
    for number in range(broken):
        (folder / f"broken {number:05d}.dcm").write_bytes(kinds[number % len(kinds)])


def run(source: Path, output: Path, options: list, kill_at: int | None = None) -> tuple[float, float]:
    """Read the folder; return seconds and peak memory in MiB. Kill it when `kill_at` radiographs are done."""
    told = command("cohort", "--radiographs", source, "--output", output, "--quiet", *options)
    begin, peak = time.perf_counter(), 0
    process = subprocess.Popen(told, env=ENVIRONMENT)
    root = psutil.Process(process.pid)
    while process.poll() is None:
        total = 0
        try:
            for each in [root, *root.children(recursive=True)]:
                total += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        peak = max(peak, total)
        if kill_at is not None and len(list(output.glob("cases/*/case.json"))) >= kill_at:
            for each in [*root.children(recursive=True), root]:
                each.kill()
            process.wait()
            break
        time.sleep(0.2)
    else:
        if process.returncode:
            raise SystemExit("The cohort failed.")
    return time.perf_counter() - begin, peak / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--broken", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--model", nargs="+", default=[])
    chosen = parser.parse_args()
    options = ["--jobs", chosen.jobs, *(["--model", *chosen.model] if chosen.model else [])]
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        write_folder(place / "films", chosen.count, chosen.broken)
        seconds, memory = run(place / "films", place / "whole", options)
        print(f"{chosen.count} radiographs and {chosen.broken} broken files: {seconds:.0f} s, {memory:.0f} MiB")
        print(f"{seconds / chosen.count:.2f} s a radiograph, start and tables included")
        with open(place / "whole" / "seconds.csv", encoding="utf-8", newline="") as file:
            each = [float(row["seconds"]) for row in csv.DictReader(file)]
        print(f"of one radiograph: median {np.median(each):.2f} s, 95th percentile {np.percentile(each, 95):.2f} s")
        with open(place / "whole" / "failed.csv", encoding="utf-8", newline="") as file:
            print(f"listed as failed: {len(list(csv.DictReader(file)))}")
        run(place / "films", place / "killed", options, kill_at=chosen.count // 2)
        run(place / "films", place / "killed", options)
        for table in ("radiographs.csv", "failed.csv", "overview.html"):
            same = (place / "whole" / table).read_bytes() == (place / "killed" / table).read_bytes()
            print(f"{table} after a kill and going on: {'the same bytes' if same else 'OTHER BYTES'}")


if __name__ == "__main__":
    main()

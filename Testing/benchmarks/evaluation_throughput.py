"""A cohort of small masks through ``evaluate``: throughput, peak memory, and resuming after a kill.

    python Testing/benchmarks/evaluation_throughput.py [--cases 1000] [--jobs 2]

Memory is that of all processes together, sampled (needs psutil). The cohort is evaluated twice:
at one go, and killed half-way and resumed; both must give the same files.
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
import SimpleITK as sitk

LIBRARY = Path(__file__).resolve().parents[2] / "AbdominalCalcification"
SHAPE = (48, 48, 48)


def write_cohort(folder: Path, count: int) -> Path:
    """Write masks of an aorta with two branches and plaques, and of two readers who differ; return the table."""
    rng = np.random.default_rng(0)
    k, j, i = np.indices(SHAPE)
    rows = []
    for number in range(count):
        x, y, radius = rng.uniform(20, 27), rng.uniform(20, 27), rng.uniform(6, 8)
        arteries = np.zeros(SHAPE, np.uint8)
        arteries[(np.abs(k - 30) < 3) & (np.abs(j - y) < 3)] = 5
        arteries[(np.abs(k - 30) < 3) & (np.abs(j - y) < 3) & (i < x)] = 6
        arteries[np.hypot(i - x, j - y) <= radius] = 1
        noise = rng.random(SHAPE)
        wall = (arteries > 0) & (np.abs(np.hypot(i - x, j - y) - radius) < 2)
        plaques = wall & (np.sin(k / 5 + number) + np.cos(np.arctan2(j - y, i - x) - number) > 1.3)
        masks = {"arteries": arteries, "calcification": plaques}
        masks |= {"sure": plaques & (noise > 0.1), "bold": plaques | (wall & (noise > 0.97))}
        row = {"case": number, "patient": number // 2, "group:scanner": f"scanner {number % 3}"}
        for name, mask in masks.items():
            column = name if name in ("arteries", "calcification") else f"calcification:{name}"
            row[column] = f"{name}{number}.nrrd"
            sitk.WriteImage(sitk.GetImageFromArray(mask.astype(np.uint8)), str(folder / row[column]), True)
        rows.append(row)
    table = folder / "cohort.csv"
    with open(table, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return table


def run(table: Path, output: Path, jobs: int, kill_at: int | None = None) -> tuple[float, float]:
    """Evaluate; return seconds and peak memory in MiB. Kill it when `kill_at` cases are done."""
    command = [sys.executable, "-m", "AbdominalCalcificationLib", "evaluate", table, "--output", output]
    command += ["--jobs", jobs, "--quiet"]
    begin, peak = time.perf_counter(), 0
    process = subprocess.Popen([str(part) for part in command], env={**os.environ, "PYTHONPATH": str(LIBRARY)})
    root = psutil.Process(process.pid)
    while process.poll() is None:
        total = 0
        try:
            for each in [root, *root.children(recursive=True)]:
                total += each.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        peak = max(peak, total)
        if kill_at is not None and len(list((output / "cases").glob("[!.]*.json"))) >= kill_at:
            process.kill()
            process.wait()
            break
        time.sleep(0.2)
    else:
        if process.returncode:
            raise SystemExit("The evaluation failed.")
    return time.perf_counter() - begin, peak / 2**20


def files_of(output: Path) -> dict[str, bytes]:
    return {str(path.relative_to(output)): path.read_bytes() for path in output.rglob("*") if path.is_file()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "masks").mkdir()
        table = write_cohort(folder / "masks", options.cases)
        seconds, memory = run(table, folder / "whole", options.jobs)
        rate = options.cases / seconds
        print(f"{options.cases} cases, {options.jobs} processes: {seconds:.0f} s, {rate:.1f} cases/s, {memory:.0f} MiB")
        small = min(50, options.cases)
        few = table.with_name("few.csv")
        few.write_text("".join(table.read_text().splitlines(keepends=True)[: small + 1]))
        seconds, memory = run(few, folder / "few", options.jobs)
        print(f"{small} cases for comparison: {seconds:.0f} s, {memory:.0f} MiB")
        first, _ = run(table, folder / "resumed", options.jobs, kill_at=options.cases // 2)
        second, _ = run(table, folder / "resumed", options.jobs)
        same = files_of(folder / "whole") == files_of(folder / "resumed")
        print(f"killed after {first:.0f} s, resumed for {second:.0f} s: identical files: {'yes' if same else 'NO'}")
        if not same:
            raise SystemExit(1)


if __name__ == "__main__":
    main()

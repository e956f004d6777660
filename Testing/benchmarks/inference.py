"""The quick road against stock nnU-Net: time, memory and agreement, side by side on this machine.

    python Testing/benchmarks/inference.py [--work FOLDER] [--threads 2] [--parts bundled large ...]

Needs psutil. Both are measured from process start to masks on disk; memory is that of all processes together
(shared pages once), sampled. The peer is ``nnUNetv2_predict_from_modelfolder --disable_tta``, once
per model. Simulated cases are kept in the folder and used again. Parts:

bundled  both bundled models, 512 × 512 × 400 at 0.8 × 0.8 × 1.0 mm
large    calcification with nnU-Net's default-size network (random weights, arteries given), 128 slices of it
tiles    the same network on 64 to 400 slices: how its time follows the tiles that touch arteries
slices   both bundled models on 100 to 1200 slices
labels   the bundled artery model with its labels divided into 2 to 24
second   how soon the second case starts in the warm worker
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

REPOSITORY = Path(__file__).resolve().parents[2]
LIBRARY = REPOSITORY / "AbdominalCalcification"
sys.path[:0] = [str(LIBRARY), str(REPOSITORY / "Testing")]

from AbdominalCalcificationLib.geometry import Volume  # noqa: E402
from AbdominalCalcificationLib.inference.job import REACH_MM, near  # noqa: E402
from AbdominalCalcificationLib.inference.predictor import tiles_that_matter  # noqa: E402
from AbdominalCalcificationLib.reading import read_ct, read_mask  # noqa: E402
from AbdominalCalcificationLib.reporting.images import write_volume  # noqa: E402
from AbdominalCalcificationLib.resources import bundled_artery_model, bundled_calcification_model  # noqa: E402
from AbdominalCalcificationLib.sense.arteries import sensible_arteries  # noqa: E402
from tiny_models import a_tiny_model_folder  # noqa: E402

SEED, SHAPE, SPACING_MM = 4242, (512, 512, 400), (0.8, 0.8, 1.0)
DEFAULT_FEATURES, PATCH = (32, 64, 128, 256, 320, 320), (128, 128, 128)
# Nobody minds a fifth of the last seconds.
TIME_LEFT_S = 1.5
LARGE_SLICES = slice(136, 264)


@dataclass
class Run:
    """What a command took."""

    seconds: float
    cpu_seconds: float
    peak_gib: float

    def __str__(self) -> str:
        return f"{self.seconds:7.1f} s  ({self.cpu_seconds:6.1f} s of CPU)  {self.peak_gib:5.2f} GiB"

    def __add__(self, other: Run) -> Run:
        """One after the other."""
        cpu_seconds = self.cpu_seconds + other.cpu_seconds
        return Run(self.seconds + other.seconds, cpu_seconds, max(self.peak_gib, other.peak_gib))


def measured(command: list, threads: int) -> Run:
    """Run `command` and measure it with the processes that it starts."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(threads),
        "PYTHONPATH": os.pathsep.join([str(LIBRARY), os.environ.get("PYTHONPATH", "")]),
        **dict.fromkeys(("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"), tempfile.gettempdir()),
    }
    peak = 0
    before = os.times()
    begin = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = psutil.Popen([str(part) for part in command], env=environment, stdout=log, stderr=subprocess.STDOUT)
        while process.poll() is None:
            asked = time.perf_counter()
            peak = max(peak, _memory(process))
            # Asking takes time from those who are asked: a twentieth of a core at most.
            time.sleep(max(0.1, 20 * (time.perf_counter() - asked)))
        seconds = time.perf_counter() - begin
        if process.returncode:
            log.seek(0)
            raise SystemExit(log.read().decode(errors="replace")[-3000:])
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(seconds, cpu, peak / 2**30)


def _memory(process: psutil.Process) -> int:
    """Return the memory of `process` and its descendants: proportional shares where the system tells them."""
    total = 0
    try:
        for each in (process, *process.children(recursive=True)):
            if sys.platform == "linux":
                rows = Path(f"/proc/{each.pid}/smaps_rollup").read_text().splitlines()
                total += next(int(row.split()[1]) for row in rows if row.startswith("Pss:")) * 1024
            else:
                total += each.memory_info().rss
    except (psutil.Error, OSError, StopIteration):
        return 0  # a process ended meanwhile
    return total


def ours(threads: int, output: Path, **arguments) -> tuple[Run, list]:
    """Measure the quick road; return also its log."""
    values = {"output": str(output), **arguments}
    script = Path(__file__).with_name("inference_case.py")
    run = measured([sys.executable, script, json.dumps(values, default=str)], threads)
    return run, json.loads((output / "log.json").read_text())


def stock(threads: int, ct: Path, model: Path, output: Path, device: str) -> Run:
    """Measure stock nnU-Net."""
    given = output.with_name(output.name + "-input")
    given.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ct, given / "case_0000.nii.gz")
    program = Path(sys.executable).with_name("nnUNetv2_predict_from_modelfolder")
    command = [program, "-i", given, "-o", output, "-m", model, "-f", "0", "--disable_tta", "-device", device]
    return measured(command, threads)


def time_left_text(steps: list) -> str:
    """Return how wrong the time left was that a run told after the first tenth of each network's work."""
    told = [(at, stage, left) for at, stage, _, left in steps if left is not None]
    lines = []
    for name in dict.fromkeys(stage for _, stage, _ in told):
        begin = next(at for at, stage, _, _ in steps if stage == name)
        end = max(at for at, stage, _ in told if stage == name)
        rest = [(end - at, left) for at, stage, left in told if stage == name and at - begin > (end - begin) / 10]
        right = [abs(left - true) <= max(0.2 * true, TIME_LEFT_S) for true, left in rest]
        if right:
            worst = max(abs(left - true) for true, left in rest)
            share = (
                f"right within a fifth or {TIME_LEFT_S:g} s {100 * sum(right) / len(right):.0f} % of {len(right)} times"
            )
            lines.append(f"{name}: {share}, at worst {worst:.1f} s off")
    return "; ".join(lines)


def dice(one: np.ndarray, other: np.ndarray) -> float:
    """Overlap of all labels but the background."""
    both = np.count_nonzero((one == other) & (one != 0))
    return 2 * both / max(np.count_nonzero(one) + np.count_nonzero(other), 1)


def the_case(work: Path) -> Path:
    """Return the folder of the simulated case, made where it is not there."""
    folder = work / f"case-{SEED}"
    if not (folder / "ct.nii.gz").is_file():
        size, spacing = (",".join(map(str, each)) for each in (SHAPE, SPACING_MM))
        command = [sys.executable, "-m", "AbdominalCalcificationLib", "simulate", "--seed", SEED]
        measured([*command, "--size", size, "--spacing", spacing, "--output", folder], 2)
    return folder


def bundled(options) -> None:
    case, work = the_case(options.work), options.work
    models = {"arteries": bundled_artery_model(), "calcification": bundled_calcification_model()}
    truth = {name: read_mask(case / f"{name}.nii.gz").array for name in models}
    alone = {}
    for name, model in models.items():
        alone[name] = stock(options.threads, case / "ct.nii.gz", model, work / f"stock-{name}", options.device)
        print(f"stock nnU-Net, {name:14}{alone[name]}", flush=True)
    peer = alone["arteries"] + alone["calcification"]
    print(f"stock nnU-Net, both          {peer}")
    found = {name: read_mask(work / f"stock-{name}" / "case.nii.gz") for name in models}
    arteries = sensible_arteries(read_ct(case / "ct.nii.gz").volume, found["arteries"]).arteries
    both = {
        "arteries": arteries.array,
        "calcification": found["calcification"].array * near(arteries.array != 0, arteries, REACH_MM),
    }
    for precision in ("float32", "auto"):
        output = work / f"ours-{precision}"
        run, log = ours(
            options.threads,
            output,
            ct=case / "ct.nii.gz",
            artery_models=[models["arteries"]],
            calcification_model=models["calcification"],
            device=options.device,
            precision=precision,
        )
        print(f"quick road, {precision:8}         {run}", flush=True)
        print(
            f"   {peer.seconds / run.seconds:.1f} times faster ({peer.cpu_seconds / run.cpu_seconds:.1f} in CPU time),"
        )
        print(f"   {run.peak_gib / peer.peak_gib:.2f} of the memory")
        print(f"   time left, {time_left_text(log[0]['steps'])}")
        for name in models:
            labels = read_mask(output / f"{name}.nii.gz").array
            print(
                f"   {name}: Dice with stock {dice(labels, both[name]):.4f}; "
                f"with the truth {dice(labels, truth[name]):.4f}, stock {dice(both[name], truth[name]):.4f}",
                flush=True,
            )


def large_model(work: Path) -> Path:
    """Return a model folder with nnU-Net's default-size network and random weights, at the spacing of the case."""
    folder = work / "large-model"
    if not folder.is_dir():
        spacing = SPACING_MM[::-1]
        a_tiny_model_folder(folder, ["calcification"], features=DEFAULT_FEATURES, patch_size=PATCH, spacing_mm=spacing)
    return next(folder.rglob("plans.json")).parent


def part_of_case(work: Path, part: slice) -> list[Path]:
    """Return files of CT and true arteries with some slices of the case, made where they are not there."""
    case = the_case(work)
    files = [work / f"large-{part.start}-{part.stop}-{name}.nii.gz" for name in ("ct", "arteries")]
    if not files[1].is_file():
        for file, volume in zip(
            files, (read_ct(case / "ct.nii.gz").volume, read_mask(case / "arteries.nii.gz")), strict=True
        ):
            write_volume(file, volume.cropped(np.s_[part, :, :]))
    return files


def large(options) -> None:
    work, model = options.work, large_model(options.work)
    ct, arteries = part_of_case(work, LARGE_SLICES)
    peer = stock(options.threads, ct, model, work / "stock-large", options.device)
    print(f"default-size network, stock  {peer}", flush=True)
    mask = read_mask(arteries)
    region = near(mask.array != 0, mask, REACH_MM)
    expected = read_mask(work / "stock-large" / "case.nii.gz").array[region] == 1
    for precision in ("float32", "auto"):
        arguments = {"ct": ct, "arteries": arteries, "calcification_model": model, "device": options.device}
        run, _ = ours(options.threads, work / f"ours-large-{precision}", precision=precision, **arguments)
        found = read_mask(work / f"ours-large-{precision}" / "calcification.nii.gz").array[region] == 1
        print(f"default-size network, {precision:7}{run}", flush=True)
        print(
            f"   {peer.seconds / run.seconds:.1f} times faster ({peer.cpu_seconds / run.cpu_seconds:.1f} in CPU time)"
        )
        agree = (found == expected).mean()
        print(f"   {100 * agree:.2f} % of {region.sum()} voxels agree ({100 * expected.mean():.0f} % are foreground)")


def tiles(options) -> None:
    work, model = options.work, large_model(options.work)
    print("slices   tiles: all, run      default-size network, arteries given")
    for count in (64, 128, 256, 400):
        ct, arteries = part_of_case(work, slice(200 - count // 2, 200 + count // 2))
        mask = read_mask(arteries)
        region = near(mask.array != 0, mask, REACH_MM + 2 * max(SPACING_MM))
        run_tiles = tiles_that_matter(region, region.shape, PATCH)
        every = tiles_that_matter(np.ones_like(region), region.shape, PATCH)
        arguments = {"ct": ct, "arteries": arteries, "calcification_model": model, "device": options.device}
        run, log = ours(options.threads, work / "ours-tiles", **arguments)
        network = sum(each["seconds"] for each in log)
        print(
            f"{count:6}   {len(every):10}, {len(run_tiles):3}      {run}  ({network:.1f} s after the start)", flush=True
        )


def slices(options) -> None:
    case, work = the_case(options.work), options.work
    ct = read_ct(case / "ct.nii.gz").volume
    print("slices                       both bundled models")
    for count in (100, 200, 400, 800, 1200):
        # The patient again and again, every second time head over heels: no steps between them.
        order = (
            np.abs((np.arange(count) + 400) % 800 - 399.5).astype(int)
            if count > 400
            else np.arange(count) + 200 - count // 2
        )
        array = ct.array[order]
        file = work / "slices.nii.gz"
        grid = type(ct.grid)(array.shape, ct.grid.ijk_to_ras)
        write_volume(file, Volume(array, grid))
        del array
        run, _ = ours(
            options.threads,
            work / "ours-slices",
            ct=file,
            artery_models=[bundled_artery_model()],
            calcification_model=bundled_calcification_model(),
            device=options.device,
        )
        print(f"{count:6}                       {run}", flush=True)


def with_labels(model: Path, count: int, folder: Path) -> Path:
    """Write `model` with `count` labels: its own, then some that share their places with these by chance."""
    import torch

    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(model, folder)
    document = json.loads((folder / "dataset.json").read_text())
    own = [name for name in document["labels"] if name != "background"]
    names = [*own, *(f"part_{number}" for number in range(len(own) + 1, count + 1))][:count]
    document["labels"] = {"background": 0, **{name: number for number, name in enumerate(names, 1)}}
    (folder / "dataset.json").write_text(json.dumps(document))
    file = next(folder.glob("fold_*/checkpoint_final.pth"))
    checkpoint = torch.load(file, weights_only=True)
    weights = checkpoint["network_weights"]
    random = torch.Generator().manual_seed(0)
    for key in [key for key in weights if ".seg_layers." in key]:
        rows = [weights[key][0]]
        for number in range(count):
            row = weights[key][1 + number % len(own)]
            shaken = torch.randn(row.shape, generator=random).to(row.dtype) * row.abs() * 0.05
            rows.append(row if number < len(own) else row + shaken)
        weights[key] = torch.stack(rows)
    torch.save(checkpoint, file)
    return folder


def labels(options) -> None:
    case, work = the_case(options.work), options.work
    print("labels                       bundled artery model, with so many")
    for count in (2, 4, 8, 16, 24):
        model = with_labels(bundled_artery_model(), count, work / "labels-model")
        run, _ = ours(
            options.threads,
            work / "ours-labels",
            ct=case / "ct.nii.gz",
            artery_models=[model],
            device=options.device,
        )
        found = np.unique(read_mask(work / "ours-labels" / "arteries.nii.gz").array)
        print(f"{count:6}                       {run}  ({np.count_nonzero(found)} territories found)", flush=True)


def second(options) -> None:
    case, work = the_case(options.work), options.work
    _, log = ours(
        options.threads,
        work / "ours-second",
        ct=case / "ct.nii.gz",
        artery_models=[bundled_artery_model()],
        calcification_model=bundled_calcification_model(),
        device=options.device,
        times=2,
    )
    for number, run in enumerate(log, 1):
        started = next(at for at, stage, _, _ in run["steps"] if stage == "Segmenting arteries")
        first = next(at for at, _, fraction, left in run["steps"] if left is not None)
        print(f"case {number}: predicting after {started:.2f} s, first tiles done after {first:.2f} s")


def main() -> None:
    parts = {each.__name__: each for each in (bundled, large, tiles, slices, labels, second)}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", metavar="FOLDER", type=Path, help="where cases and masks are kept")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--parts", nargs="+", choices=parts, default=list(parts))
    options = parser.parse_args()
    import torch

    from AbdominalCalcificationLib.inference.devices import has_bfloat16

    precision = "bfloat16" if has_bfloat16() else "no bfloat16"
    print(f"{platform.machine()}, {psutil.cpu_count(logical=False)} cores, {options.threads} threads, {precision},")
    print(f"Python {platform.python_version()}, torch {torch.__version__}; load {os.getloadavg()[0]:.1f}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        options.work = options.work or Path(scratch)
        options.work.mkdir(parents=True, exist_ok=True)
        for options.device in ("cpu", "cuda"):
            if options.device == "cuda" and not torch.cuda.is_available():
                print("CUDA: there is no GPU here, so nothing was measured on one.")
                continue
            for name in options.parts:
                print(f"--- {name}, {options.device}", flush=True)
                parts[name](options)


if __name__ == "__main__":
    main()

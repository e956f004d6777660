"""A cohort of many small virtual patients: throughput, memory, killed at random, and what the engine costs.

    python Testing/benchmarks/cohort_at_scale.py make FOLDER --cases 1000
    python Testing/benchmarks/cohort_at_scale.py run FOLDER OUT [--first N] [--jobs 2] [--kills 10]
    python Testing/benchmarks/cohort_at_scale.py overhead FOLDER OUT [--first N]
    python Testing/benchmarks/cohort_at_scale.py same OUT OTHER

`make` writes few simulated patients of coarse voxels with their exact masks, each many times with other noise. `run` is
the command; with kills, workers and the command itself (whose process holds the scheduler) are ended by SIGKILL at
random moments, and the command is started again. `same` compares two results byte for byte, times apart. `overhead` is
the part of the time in which no case is worked on, in a plain loop and with one worker of the engine. Pictures are
drawn small (`small_pictures`). Linux only; needs psutil.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import psutil

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parents[1] / "AbdominalCalcification"
PATIENTS, SPACING_MM, SHAPE = 4, (4.0, 4.0, 4.0), (64, 48, 64)
# In a scene also a number that counts what the process has made.
TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|(?<=<SubjectHierarchyItem id=)\"\d+\"")
# Times are told in these: seconds.csv and case.json hold nothing else that is compared.
OF_TIME = {"seconds.csv", "case.json"}


def make(folder: Path, count: int) -> None:
    sys.path.insert(0, str(LIBRARY))
    from AbdominalCalcificationLib.reporting import write_volume
    from AbdominalCalcificationLib.simulation import simulate

    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    patients = [simulate(1000 + seed, spacing_mm=SPACING_MM, shape=SHAPE) for seed in range(min(PATIENTS, count))]
    for number, patient in enumerate(patients):
        for name in ("arteries", "calcification"):
            write_volume(folder / f"{name}{number}.nii.gz", getattr(patient, name))
    for number in range(count):
        rng, which = np.random.default_rng(number), number % len(patients)
        ct = patients[which].ct
        noisy = np.rint(ct.array + rng.normal(0, 8, ct.array.shape)).astype(np.int16)
        write_volume(folder / f"ct{number}.nii.gz", ct.with_array(noisy))
        row = {"id": f"case_{number:06d}", "patient": f"patient {number}", "ct": f"ct{number}.nii.gz"}
        row |= {name: f"{name}{which}.nii.gz" for name in ("arteries", "calcification")}
        rows.append(row | {"age": int(rng.integers(45, 90)), "sex": "MF"[int(rng.integers(2))]})
    with open(folder / "cohort.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def first_of(folder: Path, count: int | None) -> Path:
    """Return the table of the first cases."""
    if count is None:
        return folder / "cohort.csv"
    lines = (folder / "cohort.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    table = folder / f"first{count}.csv"
    table.write_text("".join(lines[: count + 1]), encoding="utf-8")
    return table


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": f"{HERE / 'small_pictures'}{os.pathsep}{LIBRARY}", "OPENBLAS_NUM_THREADS": "1"}


def start(table: Path, output: Path, jobs: int) -> subprocess.Popen:
    command = [sys.executable, "-m", "AbdominalCalcificationLib", "cohort", table, "--output", output, "--jobs", jobs]
    return subprocess.Popen([*map(str, command), "--quiet"], env=environment())


def done_in(output: Path) -> int:
    try:
        return sum(not each.name.startswith(".") for each in os.scandir(output / "cases"))
    except OSError:
        return 0


def workers_of(root: psutil.Process) -> list[psutil.Process]:
    """Return the processes that work on cases: the largest children."""
    found = []
    for each in root.children(recursive=True):
        try:
            if "multiprocessing.spawn" in " ".join(each.cmdline()):
                found.append(each)
        except psutil.Error:
            continue
    return found


def rss_mib(process: psutil.Process) -> float:
    try:
        return process.memory_info().rss / 2**20
    except psutil.Error:
        return 0.0


def run(table: Path, output: Path, jobs: int, kills: int, seed: int) -> dict:
    """Run the command to its end; return what was seen."""
    chance, count = random.Random(seed), len(table.read_text(encoding="utf-8").splitlines()) - 1
    moments = sorted(chance.sample(range(5, max(6, count - 5)), kills)) if kills else []
    seen: dict = {"cases": count, "jobs": jobs, "kills": [], "memory": []}
    begin, process = time.monotonic(), start(table, output, jobs)
    root, shown = psutil.Process(process.pid), -1
    while True:
        if process.poll() is not None:
            if process.returncode != 0:
                raise SystemExit(f"The command ended with {process.returncode}.")
            break
        done = done_in(output)
        if done // 20 != shown // 20:
            shown = done
            working = [rss_mib(each) for each in workers_of(root)]
            seen["memory"].append([done, round(rss_mib(root)), round(max(working, default=0))])
            print(f"{time.monotonic() - begin:6.0f} s  {done} done  MiB: {seen['memory'][-1][1:]}", flush=True)
        if moments and done >= moments[0]:
            time.sleep(chance.random())
            if kill(root, process, chance, seen, done):
                moments.pop(0)
                if process.poll() is not None:
                    process = start(table, output, jobs)
                    root = psutil.Process(process.pid)
        time.sleep(0.2)
    seen["seconds"] = round(time.monotonic() - begin, 1)
    return seen


def kill(root: psutil.Process, process: subprocess.Popen, chance: random.Random, seen: dict, done: int) -> bool:
    """End the command, or one worker where there is any."""
    workers = workers_of(root)
    if not workers:
        return False
    if len(seen["kills"]) % 2 == 0:
        chance.choice(workers).kill()
        seen["kills"].append(["worker", done])
    else:
        process.kill()
        process.wait()
        psutil.wait_procs(workers, timeout=60)
        seen["kills"].append(["command", done])
        seen.setdefault("survivors", 0)
        seen["survivors"] += sum(each.is_running() for each in workers)
    return True


def overhead(table: Path, output: Path) -> dict:
    """Compare one worker of the engine with a plain loop in one process."""
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from AbdominalCalcificationLib.cohort import cohort_steps, find_cases\n"
        "from AbdominalCalcificationLib.engine import work\n"
        "from AbdominalCalcificationLib.engine.settings import Engine\n"
        "from AbdominalCalcificationLib.engine.work import Answer\n"
        "from AbdominalCalcificationLib.progress import drain\n"
        "if __name__ == '__main__':\n"
        "    table, output = map(Path, sys.argv[1:3])\n"
        "    own, times = work.answers_of, []\n"
        "    def watched(*given, **named):\n"
        "        for each in own(*given, **named):\n"
        "            if isinstance(each, Answer): times.append(time.monotonic())\n"
        "            yield each\n"
        "    work.answers_of = watched\n"
        "    drain(cohort_steps(find_cases(table, output), output, engine=Engine(jobs=int(sys.argv[3]))))\n"
        "    print(times[-1] - times[0])\n"
    )
    driver = output.with_suffix(".py")
    output.mkdir(parents=True)
    driver.write_text(script, encoding="utf-8")
    found = {}
    for name, jobs in (("loop", 0), ("engine", 1)):
        place = output / name
        command = [sys.executable, str(driver), str(table), str(place), str(jobs)]
        took = float(subprocess.run(command, env=environment(), check=True, capture_output=True, text=True).stdout)
        with open(place / "seconds.csv", encoding="utf-8") as file:
            worked = sum(float(row["seconds"]) for row in list(csv.DictReader(file))[1:])
        found[name] = {"seconds": round(took, 1), "worked": round(worked, 1), "idle": round(1 - worked / took, 4)}
    return found


def told(path: Path) -> object:
    """Return what a file holds, times apart."""
    if path.suffix == ".mrb":
        with zipfile.ZipFile(path) as scene:
            return {name.split("/", 1)[-1]: TIME.sub(b"", scene.read(name)) for name in scene.namelist()}
    content = path.read_bytes()
    return TIME.sub(b"", content) if path.name == "measurements.json" else content


def same(one: Path, other: Path) -> list[str]:
    """Return the files in which two results differ."""
    files = [
        {
            path.relative_to(output).as_posix()
            for path in output.rglob("*")
            if path.is_file() and path.name not in OF_TIME
        }
        for output in (one, other)
    ]
    differing = sorted(files[0] ^ files[1])
    return differing + [name for name in sorted(files[0] & files[1]) if told(one / name) != told(other / name)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "run", "overhead", "same"))
    parser.add_argument("places", type=Path, nargs="+")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--first", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    places = [each.absolute() for each in options.places]
    if options.what == "make":
        make(places[0], options.cases)
    elif options.what == "run":
        seen = run(first_of(places[0], options.first), places[1], options.jobs, options.kills, options.seed)
        places[1].with_suffix(".json").write_text(json.dumps(seen), encoding="utf-8")
        print(json.dumps({name: value for name, value in seen.items() if name != "memory"}))
    elif options.what == "overhead":
        print(json.dumps(overhead(first_of(places[0], options.first), places[1])))
    else:
        differing = same(*places)
        print(f"{len(differing)} files differ" + "".join(f"\n{name}" for name in differing[:20]))
        raise SystemExit(bool(differing))


if __name__ == "__main__":
    main()

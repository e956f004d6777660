"""Interrupt every command at random moments, and look at what is left: exit codes, files, processes, earlier results.

    python Testing/stress/interrupts.py --runs 100                  SIGINT, SIGTERM and SIGHUP in turn
    python Testing/stress/interrupts.py --runs 100 --signal KILL

After SIGKILL nothing can be tidied up by the process itself: the same command is run again, to its end, and must
leave what it leaves where nothing had happened. Linux only (processes are found in /proc).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from stress.scenarios import SCENARIOS, Scenario

MARK = "ABDOMINAL_CALCIFICATION_STRESS"
# How long a process may take to end after a signal, and its children after it.
ENDS_WITHIN_S, CHILDREN_END_WITHIN_S = 300, 60


@dataclass
class Outcome:
    """What runs of one scenario with one signal came to."""

    runs: int = 0
    codes: Counter = field(default_factory=Counter)
    crashes: int = 0
    tracebacks: int = 0
    with_leftovers: int = 0
    with_processes: int = 0
    earlier_lost: int = 0
    slowest_s: float = 0.0
    examples: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.crashes or self.tracebacks or self.with_leftovers or self.with_processes or self.earlier_lost)


class Stress:
    """Runs scenarios in a folder of its own."""

    def __init__(self, folder: Path, seed: int = 0):
        self._inputs, self._earlier = folder / "inputs", folder / "earlier"
        self._place, self._scratch = folder / "place", folder / "scratch"
        self._random = random.Random(seed)
        self._known: dict[str, tuple[dict, dict, float]] = {}
        self._mark = secrets.token_hex(8)  # of these runs alone: others may go on beside them
        self._inputs.mkdir()
        self._made: set = set()

    def interrupt(self, scenario: Scenario, signals: Sequence[signal.Signals], runs: int) -> Outcome:
        """Run `scenario` `runs` times, and send one of `signals` at a moment drawn evenly over the time it takes."""
        earlier, finished, takes_s = self._undisturbed(scenario)
        outcome = Outcome()
        for run in range(runs):
            self._reset(scenario)
            self._trial(
                scenario, signals[run % len(signals)], self._random.uniform(0, takes_s), earlier, finished, outcome
            )
        return outcome

    def _undisturbed(self, scenario: Scenario) -> tuple[dict, dict, float]:
        """Return what is there before `scenario` runs, after it, and how long it takes; found once."""
        if scenario.name not in self._known:
            for make in scenario.inputs:
                if make not in self._made:
                    make(self._inputs)
                    self._made.add(make)
            (self._earlier / scenario.name).mkdir(parents=True)
            scenario.earlier(self._inputs, self._earlier / scenario.name)
            self._reset(scenario)
            began = time.monotonic()
            code, said, _ = self._run(scenario)
            takes_s = time.monotonic() - began
            if code != 0:
                raise SystemExit(f"{scenario.name} fails by itself with {code}: {said}")
            known = contents(self._earlier / scenario.name), contents(self._place), takes_s
            self._known[scenario.name] = known
        return self._known[scenario.name]

    def _reset(self, scenario: Scenario) -> None:
        for folder in (self._place, self._scratch):
            shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._earlier / scenario.name, self._place)
        self._scratch.mkdir()

    def _run(self, scenario: Scenario, after_s: float | None = None, number: int = 0) -> tuple[int, str, float]:
        """Run the command; return its exit code, what it said, and how long it took to end after the signal."""
        command = [sys.executable, "-m", "AbdominalCalcificationLib"]
        command += [str(each) for each in scenario.arguments(self._inputs, self._place)]
        models = str(self._place / "models")
        environment = {
            **os.environ,
            "TMPDIR": str(self._scratch),
            "ABDOMINAL_CALCIFICATION_MODELS": models,
            MARK: self._mark,
        }
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment, cwd=self._scratch
        )
        sent = time.monotonic()
        if after_s is not None:
            try:
                process.wait(after_s)
            except subprocess.TimeoutExpired:
                process.send_signal(number)
            sent = time.monotonic()
        try:
            _, said = process.communicate(timeout=None if after_s is None else ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            _, said = process.communicate()
            said = f"did not end within {ENDS_WITHIN_S} s\n{said}"
        return process.returncode, said, time.monotonic() - sent

    def _trial(self, scenario, number, after_s, earlier, finished, outcome: Outcome) -> None:
        code, said, took_s = self._run(scenario, after_s, number)
        processes = survivors(self._mark)
        problems = []
        if processes:
            outcome.with_processes += 1
            problems.append(f"processes {processes}")
        if number == signal.SIGKILL:
            # What was there in time may be refused as there already.
            was_done = contents(self._place) == finished
            again, said_again, _ = self._run(scenario)
            if again != 0 and not was_done:
                outcome.crashes += 1
                problems.append(f"the next run fails with {again}: {said_again[-500:]}")
        now = contents(self._place)
        is_finished = number == signal.SIGKILL or code == 0
        expected = finished if is_finished else earlier
        free = scenario.is_dated if is_finished else scenario.may_stay
        left = sorted(path for path in now.keys() - expected.keys() if not free(path))
        left += [each.name for each in self._scratch.iterdir()]
        lost = sorted(path for path in expected if path not in now and not scenario.is_dated(path))
        if not is_finished:
            lost += sorted(p for p in expected if p in now and now[p] != expected[p] and not free(p))
        outcome.runs += 1
        outcome.codes[code] += 1
        outcome.slowest_s = max(outcome.slowest_s, took_s)
        # Before Python itself has started, a signal ends the process as it ends any.
        wanted = (0, 128 + number, -number)
        if code not in wanted:
            outcome.crashes += 1
            problems.append(f"exit code {code}")
        if "Traceback" in said and code != -number:
            outcome.tracebacks += 1
            problems.append("traceback")
        if left:
            outcome.with_leftovers += 1
            problems.append(f"left {left[:5]}")
        if lost:
            outcome.earlier_lost += 1
            problems.append(f"lost or changed {lost[:5]}")
        if problems:
            outcome.examples.append(f"after {after_s:.2f} s (code {code}): {'; '.join(problems)}\n{said[-1500:]}")


def contents(folder: Path) -> dict[str, str]:
    """Return what a folder holds: files with their checksums, folders with an empty text."""
    found = {}
    for each in folder.rglob("*"):
        relative = each.relative_to(folder).as_posix()
        found[relative] = "" if each.is_dir() else hashlib.sha256(each.read_bytes()).hexdigest()
    return found


def survivors(mark: str) -> list[str]:
    """Return the command lines of processes that a run started and that do not end."""
    end = time.monotonic() + CHILDREN_END_WITHIN_S
    while found := _marked(mark):
        if time.monotonic() > end:
            for pid in found:
                os.kill(pid, signal.SIGKILL)
            return list(found.values())
        time.sleep(0.05)
    return []


def _marked(mark: str) -> dict[int, str]:
    found = {}
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (each / "environ").read_bytes() and int(each.name) != os.getpid():
                found[int(each.name)] = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100, help="of each command with each signal (100)")
    parser.add_argument(
        "--signal", action="append", choices=["INT", "TERM", "HUP", "KILL"], help="INT, TERM and HUP in turn"
    )
    parser.add_argument("--only", action="append", help="name of a command", metavar="NAME")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chosen = [each for each in SCENARIOS if not options.only or each.name in options.only]
    print("| command | runs | exit codes | crashes | tracebacks | leftovers | processes | lost | slowest end |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    # In the background of a script they are ignored, and would be by the commands too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signals = [signal.Signals[f"SIG{name}"] for name in options.signal or ("INT", "TERM", "HUP")]
    clean = True
    with tempfile.TemporaryDirectory(prefix="stress-") as folder:
        stress = Stress(Path(folder), options.seed)
        for scenario in chosen:
            outcome = stress.interrupt(scenario, signals, options.runs)
            codes = ", ".join(f"{code}: {count}" for code, count in sorted(outcome.codes.items()))
            numbers = [outcome.crashes, outcome.tracebacks, outcome.with_leftovers, outcome.with_processes]
            cells = [scenario.name, outcome.runs, codes, *numbers, outcome.earlier_lost, f"{outcome.slowest_s:.1f} s"]
            print(f"| {' | '.join(map(str, cells))} |", flush=True)
            for example in outcome.examples:
                print(f"{scenario.name}, {example}", file=sys.stderr, flush=True)
            clean = clean and outcome.is_clean
    return 0 if clean else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""Processes that die, evaluations that are ended and resumed, and records that do not hold any more."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.engine import work
from AbdominalCalcificationLib.engine.dealing import LOST
from AbdominalCalcificationLib.engine.work import Answer, answers_of
from AbdominalCalcificationLib.evaluation import Settings, evaluate_steps, read_cohort
from AbdominalCalcificationLib.evaluation.store import Store
from AbdominalCalcificationLib.progress import drain
from cohorts import SHAPE, a_cohort, evaluate, rows_in, write, write_table

RESULT_FILES = ("agreement.csv", "cases.csv", "evaluation.json", "overlap.csv", "report.html")


@pytest.fixture
def processes_die(monkeypatch):
    """Lets the process of as many cases as one says die each time they are tried; the others are evaluated here."""

    def let(count):
        def answers(function, works, engine, witness=None):
            for index in range(min(count, len(works))):
                yield Answer(index, lost=LOST)
            for answer in answers_of(function, works[count:], engine):
                yield Answer(answer.index + count, answer.value)

        monkeypatch.setattr(work, "answers_of", answers)

    return let


def test_a_process_that_dies_costs_one_case_and_the_next_run_makes_up_for_it(
    cohort, tmp_path, processes_die, monkeypatch
):
    processes_die(1)
    messages = []
    steps = evaluate_steps(read_cohort(cohort), tmp_path / "out", Settings(resamples=10), jobs=1)
    document = drain(steps, lambda step: messages.append(step.message))
    assert len(document["failed"]) == 1
    assert "out of memory, or killed?" in document["failed"][0]["reason"]
    assert any("out of memory, or killed?" in message for message in messages)
    monkeypatch.undo()
    assert evaluate(cohort, tmp_path / "out")["failed"] == []


def test_a_case_that_failed_in_part_keeps_its_results_where_its_process_dies_when_tried_again(tmp_path, processes_die):
    rows = rows_in(a_cohort(tmp_path / "cases"))[1:2]
    rows[0]["calcification:careless"] = "gone.nrrd"
    table = write_table(tmp_path / "cases" / "cohort.csv", rows)
    first = evaluate(table, tmp_path / "out")
    assert [each["method"] for each in first["failed"]] == ["careless"]
    before = contents(tmp_path / "out")

    processes_die(1)
    messages = []
    steps = evaluate_steps(read_cohort(table), tmp_path / "out", Settings(resamples=100), jobs=1)
    drain(steps, lambda step: messages.append(step.message))
    assert any("out of memory, or killed?" in message for message in messages)
    assert contents(tmp_path / "out") == before


def test_a_result_is_replaced_by_a_failure_only_where_it_does_not_hold_any_more(tmp_path):
    table = a_cohort(tmp_path / "cases")
    case = read_cohort(table)[1]
    store = Store(tmp_path / "records", Settings())
    part = {"patient": case.patient, "groups": {}, "failures": {"careless": "no room"}, "measurements": {}}
    store.write(case, None, "broken")
    store.write(case, part)
    store.write(case, None, "broken")
    assert store.read(case)["failures"] == part["failures"]
    assert not store.is_done(case)
    write(case.predictions["careless"].calcification, np.zeros(SHAPE, np.uint8))
    store.write(case, None, "broken")
    assert store.read(case)["error"] == "broken"


def test_cancelling_ends_the_processes_and_writes_no_report(cohort, tmp_path):
    steps = evaluate_steps(read_cohort(cohort), tmp_path / "out", Settings(), jobs=2)
    while not next(steps).waiting:
        pass
    assert multiprocessing.active_children()
    steps.close()
    assert multiprocessing.active_children() == []
    # A process that was ended before it had begun has not even made the folder.
    assert {path.name for path in (tmp_path / "out").glob("*")} <= {"cases"}


def contents(folder):
    plots = sorted((folder / "plots").iterdir())
    return {path.name: path.read_bytes() for path in [*(folder / name for name in RESULT_FILES), *plots]}


# The command line, which kills itself once so many cases are finished.
KILLED_HALF_WAY = """
import os, signal, sys
from pathlib import Path
from AbdominalCalcificationLib import cli, evaluation

def evaluate_steps(cases, output, *given, **more):
    steps = own(cases, output, *given, **more)
    while True:
        try:
            yield next(steps)
        except StopIteration as stop:
            return stop.value
        if len(list(Path(output, "cases").glob("case*.json"))) >= 2:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

own, evaluation.evaluate_steps = evaluation.evaluate_steps, evaluate_steps
if __name__ == "__main__":
    sys.exit(cli.main(sys.argv[1:]))
"""


def test_killed_half_way_and_resumed_gives_the_identical_report(tmp_path):
    table = a_cohort(tmp_path / "cases", count=7)
    options = ["evaluate", str(table), "--method", "idealised", "--resamples", "50", "--quiet", "--jobs", "1"]
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).resolve().parents[1])}
    (tmp_path / "killed.py").write_text(KILLED_HALF_WAY, encoding="utf-8")

    halfway = tmp_path / "halfway"
    killed = [sys.executable, str(tmp_path / "killed.py"), *options, "--output", str(halfway)]
    assert subprocess.run(killed, env=environment).returncode != 0
    records = halfway / "cases"
    finished = {path.name: path.stat().st_mtime_ns for path in records.glob("case*.json")}
    assert 2 <= len(finished) < 7
    assert not (halfway / "report.html").exists()

    for output in (halfway, tmp_path / "whole"):
        assert cli.main([*options, "--output", str(output)]) == 0
    assert contents(halfway) == contents(tmp_path / "whole")
    assert {path.name: path.stat().st_mtime_ns for path in records.glob("case*.json")}.items() >= finished.items()


def test_records_of_other_settings_or_changed_files_are_not_used_again(tmp_path):
    table = a_cohort(tmp_path / "cases", count=2)
    output = tmp_path / "out"

    def made_anew(**settings):
        before = {path.name: path.stat().st_mtime_ns for path in (output / "cases").iterdir()}
        evaluate(table, output, **settings)
        after = {path.name: path.stat().st_mtime_ns for path in (output / "cases").iterdir()}
        return sum(after[name] != stamp for name, stamp in before.items())

    evaluate(table, output)
    assert made_anew() == 0
    assert made_anew(tolerance_mm=2.0) == 2
    write(tmp_path / "cases" / "exact1.nrrd", np.zeros(SHAPE, bool))
    assert made_anew(tolerance_mm=2.0) == 1

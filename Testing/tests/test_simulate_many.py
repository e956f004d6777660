"""``simulate --count``: a folder each, resumable, with one process or several."""

from __future__ import annotations

import json
import multiprocessing
import os

import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InferenceError
from AbdominalCalcificationLib.processes.spread import results_of
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.simulation.files import PATIENT_FILES, simulate_steps
from AbdominalCalcificationLib.simulation.patient import DEFAULT_SHAPE, DEFAULT_SPACING_MM

TINY = ["--spacing", "2.8", "--size", "20,16,20"]


def simulate(*arguments) -> int:
    return cli.main([str(each) for each in ("simulate", "--seed", 5, *arguments)])


def contents(folder):
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_each_patient_has_a_folder_and_is_the_one_of_its_seed(tmp_path, capsys):
    assert simulate("--count", 2, "--output", tmp_path / "many", *TINY) == 0
    assert "2 virtual patients" in capsys.readouterr().out
    many = contents(tmp_path / "many")
    assert set(many) == {f"seed_{seed:05d}/{name}" for seed in (5, 6) for name in PATIENT_FILES}
    assert simulate("--output", tmp_path / "one", *TINY) == 0
    assert contents(tmp_path / "one")["arteries.nii.gz"] == many["seed_00005/arteries.nii.gz"]
    assert json.loads(many["seed_00006/truth.json"])["seed"] == 6


def test_patients_that_are_there_are_kept_and_the_missing_ones_made(tmp_path, capsys):
    output = tmp_path / "many"
    assert simulate("--count", 1, "--output", output, *TINY) == 0
    before = {each: each.stat().st_mtime_ns for each in (output / "seed_00005").iterdir()}
    assert simulate("--count", 2, "--output", output, *TINY) == 0
    assert "1 virtual patients were made, 1 were there already" in capsys.readouterr().out
    assert {each: each.stat().st_mtime_ns for each in (output / "seed_00005").iterdir()} == before
    assert (output / "seed_00006" / "truth.json").is_file()


def test_patients_that_were_made_otherwise_are_neither_kept_nor_lost(tmp_path, capsys):
    output = tmp_path / "many"
    assert simulate("--count", 1, "--output", output, *TINY) == 0
    before = contents(output)
    assert simulate("--count", 2, "--output", output, "--spacing", "3.6", "--size", "20,16,20") == 2
    assert "made otherwise" in capsys.readouterr().err
    assert contents(output) == before
    assert simulate("--count", 1, "--output", output, "--spacing", "3.6", "--size", "20,16,20", "--overwrite") == 0
    assert json.loads(contents(output)["seed_00005/truth.json"])["spacing_mm"] == [3.6, 3.6, 3.6]


@pytest.mark.parametrize("options", [[], TINY[:2], TINY[2:]], ids=["none", "spacing alone", "size alone"])
def test_options_that_are_left_out_mean_their_defaults_for_patients_that_are_there_too(tmp_path, capsys, options):
    output = tmp_path / "many"
    assert simulate("--count", 1, "--output", output, *TINY) == 0
    before = contents(output)
    assert simulate("--count", 1, "--output", output, *options) == 2
    assert "made otherwise" in capsys.readouterr().err
    assert contents(output) == before


def test_patients_on_the_default_grid_are_kept_without_naming_it(tmp_path):
    truth = {"seed": 5, "spacing_mm": list(DEFAULT_SPACING_MM), "shape_kji": list(DEFAULT_SHAPE)}
    (tmp_path / "truth.json").write_text(json.dumps(truth))
    assert drain(simulate_steps([(5, tmp_path)], keep=True)) == 0


def test_several_processes_make_the_same_patients(tmp_path):
    for name, processes in (("one", 1), ("two", 2)):
        assert simulate("--count", 2, "--output", tmp_path / name, *TINY, "--processes", processes, "--quiet") == 0
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_an_interrupt_keeps_what_is_finished_and_nothing_half_written(tmp_path):
    patients = [(seed, tmp_path / f"seed_{seed}") for seed in (5, 6, 7)]
    steps = simulate_steps(patients, {"spacing_mm": (2.8,) * 3, "shape": (20, 16, 20)}, keep=True)
    next(step for step in steps if (step.fraction or 0) > 0)
    steps.close()
    assert [each.name for each in tmp_path.iterdir()] == ["seed_5"]
    assert set(contents(tmp_path / "seed_5")) == set(PATIENT_FILES)
    assert drain(simulate_steps(patients, {"spacing_mm": (2.8,) * 3, "shape": (20, 16, 20)}, keep=True)) == 2


@pytest.mark.parametrize("options", [["--count", "0"], ["--count", "2", "--processes", "0"]])
def test_nonsense_is_refused(tmp_path, capsys, options):
    assert simulate("--output", tmp_path / "many", *options) == 2
    assert "at least 1" in capsys.readouterr().err


def double(number: int) -> int:
    return 2 * number


def die(number: int) -> int:
    os._exit(9)


@pytest.mark.parametrize("processes", [1, 2])
def test_every_result_comes_once_with_its_index(processes):
    results = [each for each in results_of(double, [(n,) for n in range(5)], processes) if each is not None]
    assert sorted(results) == [(n, 2 * n) for n in range(5)]


def test_closing_ends_the_processes():
    results = results_of(double, [(n,) for n in range(50)], 2)
    next(each for each in results if each is not None)
    results.close()
    assert not [each for each in multiprocessing.active_children() if "SpawnProcess" in each.name]


def test_a_process_that_is_killed_is_explained():
    with pytest.raises(InferenceError, match="memory"):
        list(results_of(die, [(1,), (2,)], 2))

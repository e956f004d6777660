"""The command evaluate: bad usage, what it prints, models run on the fly."""

from __future__ import annotations

import json

import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.evaluation import Settings, evaluate_steps, read_cohort, simulated_cohort
from AbdominalCalcificationLib.inference import ModelFolder
from cohorts import evaluate, write_table


def test_nothing_to_compare_is_refused(cohort, tmp_path):
    with pytest.raises(InputError, match="nothing to compare"):
        next(evaluate_steps(simulated_cohort([1]), tmp_path / "out"))
    row = {"case": 1, "arteries": "a", "calcification": "c", "calcification:idealised": "x"}
    cases = read_cohort(write_table(tmp_path / "cohort.csv", [row]))
    with pytest.raises(InputError, match="name of its own"):
        next(evaluate_steps(cases, tmp_path / "out", Settings(methods=("idealised",))))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Name either"),
        (["c.csv", "--simulated", "1"], "Name either"),
        (["no-such.csv"], "no-such.csv"),
        (["--simulated", "1-x"], "1-x"),
        (["--simulated", "1", "--method", "magic"], "magic"),
        (["--simulated", "1", "--method", "realistic", "--jobs", "0"], "--jobs"),
        (["--simulated", "1", "--method", "realistic", "--severity", "5,1"], "rising"),
        (["--simulated", "1", "--method", "realistic", "--severity", "x"], "cut points"),
        (["--simulated", "1", "--method", "realistic", "--lesion-coverage", "2"], "coverage"),
        (["--simulated", "1", "--method", "model", "--artery-model", "nowhere"], "nowhere"),
        (["--simulated", "1"], "nothing to compare"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["evaluate", *arguments, "--output", "out"]) == 2
    complaint = capsys.readouterr().err.strip()
    assert words in complaint.splitlines()[-1]
    assert not (tmp_path / "out" / "report.html").exists()


def test_the_command_prints_a_reading_and_where_the_report_is(cohort, tmp_path, capsys):
    arguments = ["evaluate", cohort, "--output", tmp_path / "out", "--jobs", "2", "--resamples", "20"]
    assert cli.main([str(each) for each in arguments]) == 0
    printed = capsys.readouterr().out
    assert "exact 1.000 (3 cases), careless" in printed
    assert "report.html" in printed
    document = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))
    assert document["methods"] == ["exact", "careless"]


@pytest.mark.nnunet
def test_models_run_on_the_fly_and_one_that_fails_leaves_the_others(cohort, tmp_path):
    pytest.importorskip("nnunetv2")
    from tiny_models import a_tiny_model_folder

    arteries = a_tiny_model_folder(tmp_path / "a", ["aorta"])
    calcification = a_tiny_model_folder(tmp_path / "c", ["calcification"])
    row = {"case": "one", "ct": "ct3", "arteries": "aorta3", "calcification": "plaques3"}
    row = {name: text if name == "case" else str(cohort.parent / f"{text}.nrrd") for name, text in row.items()}
    table = write_table(tmp_path / "cohort.csv", [row])
    settings = {"artery_models": (arteries,), "calcification_model": calcification, "device": "cpu"}
    document = evaluate(table, tmp_path / "out", methods=("model", "model-calcification", "idealised"), **settings)
    assert document["failed"] == []
    used = [(each["role"], each["name"], each["checksum"]) for each in document["settings"]["models"]]
    folders = (
        (role, ModelFolder.open(each)) for role, each in (("arteries", arteries), ("calcification", calcification))
    )
    assert used == [(role, model.name, model.checksum) for role, model in folders]
    assert document["settings"]["device"] == "cpu"
    structures = {(row["method"], row["structure"]) for row in document["overlap"]}
    assert ("model", "arteries") in structures
    assert ("model-calcification", "arteries") not in structures
    without = evaluate(table, tmp_path / "without", methods=("idealised",))["settings"]
    assert (without["models"], without["device"]) == ([], None)

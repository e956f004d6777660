"""The commands of the page about training, one after the other as they stand there, on tiny virtual patients."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from test_docs import DOCS, commands_of

from AbdominalCalcificationLib import cli
from retraining_cases import quick_nnunet, retraining_here

pytestmark = pytest.mark.nnunet

PAGE = DOCS / "training.md"
# What makes each command quick, and nothing of what it does.
QUICK = {
    "simulate": ["--spacing", "3", "--size", "36,32,36"],
    "train": ["--settings", "tiny.json", "--minutes", "0", "--device", "cpu", "--threads", "1"],
    "evaluate": ["--device", "cpu", "--resamples", "10"],
}


def step_by_step() -> list[list[str]]:
    """The commands of the section, those that make virtual patients first, as it says."""
    section = PAGE.read_text(encoding="utf-8").partition("\n## Step by step\n")[2].partition("\n## ")[0]
    return sorted(commands_of(section), key=lambda command: command[0] != "simulate")


def test_the_section_makes_judges_and_checks_both_models():
    names = [command[0] for command in step_by_step()]
    assert names[:2] == ["simulate", "simulate"]
    assert names.count("export-dataset") == 2
    assert names.count("train") == 3
    assert names[-2:] == ["models", "evaluate"]


@pytest.mark.usefixtures("warm_worker")
def test_from_corrected_cases_to_a_table_step_by_step(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("tiny.json").write_text(json.dumps({"features": [4, 8, 8], "patch": [24, 24, 24], "steps_per_epoch": 1}))
    with quick_nnunet(), retraining_here():
        for command in step_by_step():
            assert cli.main([*command, *QUICK.get(command[0], [])]) == 0, (command, capsys.readouterr().err)
    for model in ("arteries", "calcification"):
        assert (Path("models") / model / "plans.json").is_file()
    assert Path("judged/report.html").is_file()
    with open("judged/cases.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["case"] for row in rows} == {"seed_00011", "seed_00012"}
    assert {row["method"] for row in rows} == {"model"}

"""What ``train`` refuses before any work is done, and the decisions behind it that need no network."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.inference import ModelFolder
from AbdominalCalcificationLib.progress import duration_text
from AbdominalCalcificationLib.training import process
from AbdominalCalcificationLib.training.job import Job
from AbdominalCalcificationLib.training.prepare import plans_of_model, split
from AbdominalCalcificationLib.training.process import TrainingSession
from AbdominalCalcificationLib.training.run import estimate_text
from AbdominalCalcificationLib.training.simulated import raw_dataset_steps, training_seeds
from AbdominalCalcificationLib.training.small import SmallConfiguration
from AbdominalCalcificationLib.training.tasks import TASKS, dataset_document
from tiny_models import a_model_folder_without_weights, tiny_plans


@pytest.fixture
def dataset(tmp_path):
    """An artery dataset of three cases, as far as it is looked at before nnU-Net reads it."""
    folder = tmp_path / "raw" / "Dataset101_Arteries"
    for name in ("a", "b", "c"):
        for part, file in (("imagesTr", f"{name}_0000.nii.gz"), ("labelsTr", f"{name}.nii.gz")):
            (folder / part).mkdir(parents=True, exist_ok=True)
            (folder / part / file).write_bytes(b"not read here")
    (folder / "dataset.json").write_text(json.dumps(dataset_document(folder.name, TASKS["arteries"], 3)))
    return folder


@pytest.fixture
def complaint(capsys, tmp_path):
    """Runs ``train`` and returns its one line of complaint; nothing may have been made."""

    def complain(*arguments):
        work = [] if "--work" in arguments or "--dry-run" in arguments else ["--work", tmp_path / "work"]
        before = sorted(tmp_path.iterdir())
        assert cli.main([str(each) for each in ("train", *arguments, *work)]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert sorted(tmp_path.iterdir()) == before
        (line,) = said.err.splitlines()
        return line

    return complain


def test_it_is_said_what_is_wrong_with_the_dataset(complaint, dataset, tmp_path):
    assert "export-dataset" in complaint("artery", "--dataset", tmp_path / "none")
    assert "learns 'calcification' alone" in complaint("calcification", "--dataset", dataset)
    assert "Dataset101_Arteries" in complaint("artery", "--dataset", dataset.parent)
    for each in (dataset / "imagesTr").iterdir():
        each.unlink()
    assert "no training cases" in complaint("artery", "--dataset", dataset)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fold", "7"], "no fold '7'"),
        (["--fold", "3"], "3 cases make no fold 3"),
        (["--fold", "1", "--small"], "one division"),
        (["--minutes", "-1"], "--minutes"),
        (["--epochs", "0"], "--epochs"),
        (["--processes", "0"], "--processes"),
        (["--settings", "x.json"], "--small"),
        (["--small", "--settings", "x.json"], "cannot be read"),
        (["--initial-weights", "nowhere"], "no model folder"),
        (["--minutes", "1", "--epochs", "1"], "not allowed with"),
        (["--dry-run", "--ship", "model"], "--ship"),
    ],
)
def test_options_that_make_no_sense_are_refused(complaint, dataset, options, said):
    assert said in complaint("artery", "--dataset", dataset, *options)


def test_a_work_folder_is_needed_and_must_be_writable(complaint, dataset, tmp_path, capsys):
    assert cli.main(["train", "artery", "--dataset", str(dataset)]) == 2
    assert "--work" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert "cannot be written" in complaint("artery", "--dataset", dataset, "--work", tmp_path / "file" / "work")


def test_a_place_for_the_model_that_is_taken_is_refused_before_the_training(complaint, dataset, tmp_path):
    model = a_model_folder_without_weights(tmp_path / "models", ["aorta"])
    assert "--overwrite" in complaint("artery", "--dataset", dataset, "--ship", model)
    assert "other things" in complaint("artery", "--dataset", dataset, "--ship", dataset)


def test_virtual_test_patients_are_never_trained_on(complaint):
    assert "90000" in complaint("artery", "--seeds", "89990-90010")
    with pytest.raises(InputError, match="90000"):
        training_seeds(count=90_000)
    with pytest.raises(InputError, match="91039"):
        training_seeds(seeds=[5, 91039])
    assert training_seeds(count=3) == (1000, 1001, 1002)
    assert training_seeds(seeds=[5, 90040]) == (5, 90040)


def test_virtual_patients_of_other_seeds_do_not_slip_into_a_training(tmp_path):
    labels = tmp_path / "Dataset901_SimulatedArteries" / "labelsTr"
    labels.mkdir(parents=True)
    (labels / "sim_00007.nii.gz").touch()
    with pytest.raises(InputError, match="sim_00007"):
        next(raw_dataset_steps(tmp_path, [1000]))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"patch": [16, 16]}, "multiples"),
        ({"patch": [16, 16, 18], "features": [4, 8, 8]}, "multiples of 4"),
        ({"features": [4, 8]}, "three stages"),
        ({"colour": 1}, "colour|may hold"),
        ([1], "may hold"),
    ],
)
def test_settings_that_make_no_network_are_refused(complaint, dataset, tmp_path, settings, said):
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(settings))
    line = complaint("artery", "--dataset", dataset, "--small", "--settings", path)
    assert any(each in line for each in said.split("|"))


def test_small_models_watch_every_eleventh_case_and_few_cases_are_watched_in_turn():
    cases = tuple(f"case_{number:02d}" for number in range(25))
    ((fold),) = split(cases, small=True)
    assert fold["val"] == ["case_09", "case_20"]
    assert sorted(fold["train"] + fold["val"]) == list(cases)
    assert split(cases, small=False) is None
    folds = split(cases[:3], small=False)
    assert [fold["val"] for fold in folds] == [["case_00"], ["case_01"], ["case_02"]]
    assert all(not set(fold["train"]) & set(fold["val"]) for fold in folds)
    assert split(cases[:1], small=False) == [{"train": ["case_00"], "val": ["case_00"]}]


def test_training_on_from_a_model_takes_over_its_network_and_how_it_sees_images(tmp_path):
    theirs = ModelFolder.open(
        a_model_folder_without_weights(
            tmp_path, ["aorta"], patch_size=(16, 24, 32), transpose=(2, 0, 1), reader="NibabelIOWithReorient"
        )
    )
    own = tiny_plans(name="Dataset101_Arteries", patch_size=(64, 64, 64), features=(32, 64, 128))
    own["foreground_intensity_properties_per_channel"] = {"0": {"mean": 1.0}}
    own["configurations"]["3d_lowres"] = {}
    plans = plans_of_model(own, theirs)
    assert plans["dataset_name"] == "Dataset101_Arteries"
    assert list(plans["configurations"]) == ["3d_fullres"]
    chosen = plans["configurations"]["3d_fullres"]
    assert chosen["patch_size"] == [16, 24, 32]
    assert chosen["architecture"] == theirs.settings["architecture"]
    assert chosen["data_identifier"] == own["configurations"]["3d_fullres"]["data_identifier"]
    assert plans["transpose_forward"] == [2, 0, 1]
    assert plans["image_reader_writer"] == "NibabelIOWithReorient"
    properties = theirs.plans["foreground_intensity_properties_per_channel"]
    assert plans["foreground_intensity_properties_per_channel"] == properties
    # Older plans have another name for it.
    theirs.plans["foreground_intensity_properties_by_modality"] = theirs.plans.pop(
        "foreground_intensity_properties_per_channel"
    )
    assert plans_of_model(own, theirs)["foreground_intensity_properties_per_channel"] == properties


def test_a_job_survives_the_way_to_the_other_process():
    small = replace(SmallConfiguration(), features=(4, 8, 8), patch=(16, 16, 16))
    job = Job("arteries", "/w", "/r", "Dataset901_SimulatedArteries", seeds=(1, 2), small=small, minutes=1.5)
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job
    assert job.fold_folder == Path(
        "/w/results/Dataset901_SimulatedArteries/SmallTrainer__nnUNetPlans__3d_fullres/fold_0"
    )
    default = replace(job, small=None)
    assert Job.from_json(json.loads(json.dumps(default.to_json()))) == default
    assert default.trained.name == "nnUNetTrainer__nnUNetPlans__3d_fullres"


def test_an_estimate_says_what_and_how_long():
    text = estimate_text(
        {
            "cases": 40,
            "learnt": 36,
            "watched": 4,
            "test_cases": 2,
            "network": "PlainConvUNet",
            "features": [8, 16],
            "weights": 1234567,
            "patch": [48, 48, 48],
            "spacing_mm": [2.0, 2.0, 2.0],
            "batch": 2,
            "device": "cpu",
            "steps": 500,
            "steps_in_time": 500,
            "step_s": 1.25,
            "seconds": {"simulating": 1200.0, "preparing": 60.0, "training": 36000.0},
        }
    )
    assert "40, 36 to learn from and 4 watched; 2 for testing" in text
    assert "1,234,567 weights" in text
    assert "500, 1.25 s each on cpu" in text
    assert "10 h in all: 20 min of simulating, 60 s of preparing, 10 h of training" in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5 s"), (89, "89 s"), (120, "2 min"), (7000, "117 min"), (7200, "2 h"), (500_000, "6 d")]
)
def test_durations_are_told_in_the_unit_people_would_use(seconds, text):
    assert duration_text(seconds) == text


def answer_of(tmp_path, command) -> dict:
    """Let the training process's session answer a command in this process, and return its last event."""
    session = TrainingSession(tmp_path / "events.jsonl")
    session.answer(command)
    return json.loads((tmp_path / "events.jsonl").read_text().splitlines()[-1])


def test_a_missing_package_is_named_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "find_spec", lambda name: None if name == "nnunetv2" else object())
    job = Job("arteries", str(tmp_path), str(tmp_path), "Dataset101_Arteries")
    command = {"do": "train", "folder": str(tmp_path), "job": job.to_json(), "ship": None, "overwrite": False}
    event = answer_of(tmp_path, command)
    assert event["kind"] == "inference"
    assert "'nnunetv2' is missing" in event["message"]
    assert "pip install torch nnunetv2" in event["message"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "--small"),
        (RuntimeError("CUDA out of memory. Tried to allocate 9 GiB"), "--device cpu"),
        (OSError(28, "No space left on device"), "disk is full"),
        (RuntimeError("PytorchStreamWriter failed writing file data/3"), "disk is full"),
        (RuntimeError("shapes differ"), "Training failed: RuntimeError: shapes differ"),
        (InputError("Do this."), "Do this."),
    ],
)
def test_what_fails_in_the_process_is_one_line_that_helps(error, said):
    kind, message = process.explain_training(error)
    assert said in message
    assert "\n" not in message
    assert kind == ("input" if isinstance(error, InputError) else "unexpected" if "shapes" in said else "inference")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a script with a first line of its own")
def test_when_the_process_dies_it_is_said_where_its_last_words_are(dataset, tmp_path, monkeypatch, capsys):
    (tmp_path / "python").write_text(f"#!{sys.executable}\nprint('last words')\nraise SystemExit(3)\n")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setenv("ABDOMINAL_CALCIFICATION_PYTHON", str(tmp_path / "python"))
    command = ["train", "artery", "--dataset", dataset, "--work", tmp_path / "work", "--quiet"]
    assert cli.main([str(each) for each in command]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "training process ended unexpectedly" in line
    assert "last words" in (tmp_path / "work" / "error.log").read_text()
    assert str(tmp_path / "work" / "error.log") in line

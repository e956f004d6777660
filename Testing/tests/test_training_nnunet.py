"""Both models trained from scratch in miniature: interrupted, resumed, shipped, and used."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from AbdominalCalcificationLib import cli, resources
from AbdominalCalcificationLib.commands.train import make_job
from AbdominalCalcificationLib.inference import ModelFolder
from AbdominalCalcificationLib.inference.predictor import Predictor
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.reporting import write_volume
from AbdominalCalcificationLib.training import prepare, small
from retraining_cases import quick_nnunet
from weapons import CallingWeapon
from workers_here import training_here

pytestmark = pytest.mark.nnunet

PACKAGE_FOLDER = Path(cli.__file__).resolve().parents[1]


def run(*arguments) -> int:
    return cli.main([str(each) for each in arguments])


def files_below(folder):
    return {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}


@pytest.fixture(scope="module", autouse=True)
def few_samples():
    """Tiny datasets take no longer than they have to."""
    with quick_nnunet():
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with three tiny virtual patients, raw datasets of both tasks, and settings for a tiny network."""
    place = tmp_path_factory.mktemp("training")
    size = ["--spacing", "3", "--size", "36,32,36"]
    assert run("simulate", "--seed", 3, "--count", 3, "--output", place / "patients", *size, "--quiet") == 0
    for task, name in (("artery", "Dataset101_Arteries"), ("calcification", "Dataset102_Calcification")):
        options = ["--task", task, "--output", place / "raw" / name, "--allow-empty", "--quiet"]
        assert run("export-dataset", place / "patients", *options) == 0
    # One case also names places that are to be looked at.
    raw = place / "raw" / "Dataset102_Calcification"
    label = min((raw / "labelsTr").iterdir())
    (raw / "placesTr").mkdir()
    places = read_mask(label)
    array = np.zeros_like(places.array)
    array[3:6, 4:6, 5] = 1
    write_volume(raw / "placesTr" / label.name, places.with_array(array))
    (place / "tiny.json").write_text(json.dumps({"features": [4, 8, 8], "patch": [24, 24, 24], "steps_per_epoch": 3}))
    return place


def train(place, task, *options):
    """Return the arguments that train a tiny network."""
    name = {"artery": "Dataset101_Arteries", "calcification": "Dataset102_Calcification"}[task]
    tiny = ["--small", "--settings", place / "tiny.json", "--device", "cpu", "--threads", "1"]
    return ["train", task, "--dataset", place / "raw" / name, "--work", place / f"work-{task}", *tiny, *options]


def prepare_here(command):
    """Do in this process what a process that trains would do first; another one of this file does it itself."""
    job = make_job(cli._parser().parse_args([str(each) for each in command]))
    with training_here():
        prepare.point_nnunet(job)
        prepare.prepare(job, lambda *_: None)


def weights(model: Path) -> dict:
    import torch

    return torch.load(model / "fold_0" / "checkpoint_final.pth", weights_only=True)["network_weights"]


def interrupt_after_an_epoch(command, scratch):
    """Begin a training of prepared cases, and interrupt it: it says how to go on, and leaves no temporary files."""
    scratch.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE_FOLDER), "TMPDIR": str(scratch)}
    command = [str(each) for each in (sys.executable, "-m", "AbdominalCalcificationLib", *command)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as training:
        for line in training.stderr:
            assert not line.startswith("Preprocessing")
            if line.startswith("Training, epoch 2"):
                break
        training.send_signal(signal.SIGINT)
        rest = training.stderr.read()
        assert training.wait(timeout=500) == 130
    assert "the same command goes on" in rest
    assert list(scratch.iterdir()) == []


def check_shipped(model, place):
    """A model that was shipped is whole, holds nothing else, names no place, and stock nnU-Net can use it."""
    import torch

    assert run("models", "check", model) == 0
    assert files_below(model) == {"dataset.json", "plans.json", "fold_0/checkpoint_final.pth"}
    assert set(torch.load(model / "fold_0" / "checkpoint_final.pth", weights_only=True)) == {
        "network_weights",
        "init_args",
        "trainer_name",
        "inference_allowed_mirroring_axes",
    }
    assert all(bool(tensor.isfinite().all()) for tensor in weights(model).values())
    assert str(place) not in (model / "plans.json").read_text() + (model / "dataset.json").read_text()
    check_with_stock_nnunet(model, place / "patients" / "seed_00003" / "ct.nii.gz")


@pytest.mark.skipif(os.name == "nt", reason="interrupts are sent by signal here")
@pytest.mark.usefixtures("signals_of_a_terminal", "warm_worker")
def test_both_models_are_trained_interrupted_resumed_shipped_and_used(place, capsys, tmp_path):
    import torch

    prepare_here(train(place, "artery", "--epochs", 10_000))
    interrupt_after_an_epoch(train(place, "artery", "--epochs", 10_000), tmp_path / "scratch")
    (clock,) = (place / "work-artery" / "results").rglob("seconds.json")
    steps = json.loads(clock.read_text())["steps"]
    done = torch.load(clock.with_name("checkpoint_latest.pth"), weights_only=False)["current_epoch"]
    assert steps >= 3 * done >= 3

    artery, calcification = place / "models" / "arteries", place / "models" / "calcification"
    with training_here():
        # As long as it has been trained: what there is becomes a model.
        assert run(*train(place, "artery", "--epochs", done, "--ship", artery)) == 0
        assert json.loads(clock.read_text())["steps"] == steps
        early = ModelFolder.open(artery).checksum
        capsys.readouterr()
        assert run(*train(place, "artery", "--epochs", done + 2, "--ship", artery, "--overwrite")) == 0
        assert ModelFolder.open(artery).checksum != early
        assert json.loads(clock.read_text())["steps"] == steps + 6
        said = capsys.readouterr()
        assert f"Going on after {steps} steps." in said.err
        assert "Preprocessing" not in said.err
        assert "aorta -> aorta" in said.out

        # A checkpoint of nnU-Net's own has no clock.
        trained = ModelFolder.open(artery).checksum
        clock.unlink()
        assert run(*train(place, "artery", "--epochs", done + 2, "--ship", artery, "--overwrite")) == 0
        assert ModelFolder.open(artery).checksum == trained

    assert run(*train(place, "calcification", "--minutes", "0.02", "--ship", calcification)) == 0
    kept = [pickle.loads(each.read_bytes()) for each in sorted((place / "work-calcification").rglob("*_fullres/*.pkl"))]
    assert [2 in properties["class_locations"] for properties in kept] == [True, False, False]
    for model in (artery, calcification):
        check_shipped(model, place)

    models = ["--artery-model", artery, "--calcification-model", calcification]
    ct = place / "patients" / "seed_00003" / "ct.nii.gz"
    assert run("analyze", ct, "--output", tmp_path / "result", *models, "--device", "cpu", "--quiet") == 0
    used = json.loads((tmp_path / "result" / "measurements.json").read_text())["provenance"]["models"]
    assert [model["name"] for model in used] == ["Dataset101_Arteries", "Dataset102_Calcification"]

    # What was trained on one dataset does not go on with another.
    label = next((place / "raw" / "Dataset101_Arteries" / "labelsTr").iterdir())
    content = label.read_bytes()
    try:
        label.write_bytes(content + b" ")
        capsys.readouterr()
        with training_here():
            assert run(*train(place, "artery", "--epochs", done + 3)) == 2
        assert "another work folder" in capsys.readouterr().err
    finally:
        label.write_bytes(content)


def test_an_interrupted_second_preparation_does_not_pass_as_the_first(place, tmp_path, monkeypatch):
    from dataclasses import replace

    from AbdominalCalcificationLib.training import prepare as preparing
    from AbdominalCalcificationLib.training.job import Job
    from AbdominalCalcificationLib.training.small import SmallConfiguration

    def interrupted(*_):
        raise KeyboardInterrupt

    small = SmallConfiguration((4, 8, 8), (24, 24, 24))
    job = Job("calcification", str(tmp_path), str(place / "raw"), "Dataset102_Calcification", small=small, device="cpu")
    preparing.point_nnunet(job)
    preparing.prepare(job, lambda *_: None)
    plans = (job.prepared / "nnUNetPlans.json").read_text()
    other = replace(job, small=replace(small, patch=(16, 16, 16)))
    with monkeypatch.context() as patched:
        patched.setattr(preparing, "_check_space", interrupted)
        with pytest.raises(KeyboardInterrupt):
            preparing.prepare(other, lambda *_: None)
    assert (job.prepared / "nnUNetPlans.json").read_text() != plans
    preparing.prepare(job, lambda *_: None)
    assert (job.prepared / "nnUNetPlans.json").read_text() == plans


@pytest.fixture(scope="module")
def a_begun_training(place, tmp_path_factory):
    """A work folder with prepared cases and a first checkpoint."""
    from AbdominalCalcificationLib.training import prepare as preparing
    from AbdominalCalcificationLib.training import trainer as training
    from AbdominalCalcificationLib.training.job import Job

    work = tmp_path_factory.mktemp("begun") / "work"
    settings = small.SmallConfiguration((4, 8, 8), (24, 24, 24))
    job = Job("arteries", str(work), str(place / "raw"), "Dataset101_Arteries", small=settings, device="cpu", epochs=1)
    preparing.point_nnunet(job)
    preparing.prepare(job, lambda *_: None)
    trainer = training.make_trainer(job)
    trainer.initialize()
    trainer.save_checkpoint(str(job.fold_folder / training.LATEST))
    return job


@pytest.fixture
def begun(a_begun_training, tmp_path):
    """A copy of it for one test."""
    from dataclasses import replace

    shutil.copytree(a_begun_training.work, tmp_path / "work")
    return replace(a_begun_training, work=str(tmp_path / "work"))


def test_resuming_reads_its_own_checkpoint_without_trust(begun):
    import torch

    from AbdominalCalcificationLib.training import trainer as training

    trainer = training.make_trainer(begun)
    own = torch.load
    assert training.resume(trainer, begun)
    assert torch.load is own


def test_resuming_does_not_run_what_a_checkpoint_holds(begun, tmp_path):
    from dataclasses import replace

    import torch

    from AbdominalCalcificationLib.errors import ModelError
    from AbdominalCalcificationLib.training import trainer as training

    checkpoint = begun.fold_folder / training.LATEST
    content = torch.load(checkpoint, weights_only=False)
    torch.save({**content, "logging_more": CallingWeapon(tmp_path / "evil")}, checkpoint)
    with pytest.raises(ModelError, match="could run code") as caught:
        training.resume(training.make_trainer(begun), begun)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "evil").exists()
    trusting = replace(begun, trust=True)
    assert training.resume(training.make_trainer(trusting), trusting)
    assert (tmp_path / "evil").exists(), "the weapon is a real one"


@pytest.mark.parametrize("content", [b"", b"nonsense", None], ids=["empty", "text", "cut short"])
def test_a_damaged_checkpoint_is_said_with_what_to_do(begun, content):
    from AbdominalCalcificationLib.errors import ModelError
    from AbdominalCalcificationLib.training import trainer as training

    checkpoint = begun.fold_folder / training.LATEST
    checkpoint.write_bytes(checkpoint.read_bytes()[:2000] if content is None else content)
    with pytest.raises(ModelError, match="begins anew: remove it"):
        training.resume(training.make_trainer(begun), begun)


def test_shipping_does_not_run_what_a_checkpoint_holds(begun, tmp_path):
    import torch

    from AbdominalCalcificationLib.errors import ModelError
    from AbdominalCalcificationLib.training import ship, trainer

    content = torch.load(begun.fold_folder / trainer.LATEST, weights_only=False)
    torch.save({**content, "more": CallingWeapon(tmp_path / "evil")}, begun.fold_folder / trainer.FINAL)
    with pytest.raises(ModelError, match="could run code"):
        ship.ship(begun, tmp_path / "model")
    assert not (tmp_path / "evil").exists()
    assert not (tmp_path / "model").exists()


def test_prepared_cases_are_looked_at_before_nnunet_reads_them(begun, tmp_path):
    from AbdominalCalcificationLib.errors import ModelError
    from AbdominalCalcificationLib.training.pickles import check_properties, read_properties

    check_properties(begun.prepared)
    kept = min(begun.prepared.rglob("*.pkl"))
    assert "class_locations" in read_properties(kept)
    kept.write_bytes(pickle.dumps({**read_properties(kept), "more": CallingWeapon(tmp_path / "evil")}))
    with pytest.raises(ModelError, match="could run code"):
        check_properties(begun.prepared)
    assert not (tmp_path / "evil").exists()
    kept.write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="damaged"):
        check_properties(begun.prepared)
    check_properties(begun.prepared, trust=True)


def test_places_are_read_with_the_axes_that_nnunet_reads_cases_with(place, tmp_path):
    """A reader that turns images to other axes turns places alike."""
    from types import SimpleNamespace

    from nnunetv2.imageio.nibabel_reader_writer import NibabelIOWithReorient

    from AbdominalCalcificationLib.training.places import add_places_of
    from AbdominalCalcificationLib.training.tasks import TASKS, open_dataset

    raw = open_dataset(place / "raw" / "Dataset102_Calcification", TASKS["calcification"])
    ((case, file),) = raw.places().items()
    array = NibabelIOWithReorient().read_seg(str(file))[0][0]
    assert not np.array_equal(array, read_mask(file).array)
    (prepared,) = (place / "work-calcification" / "preprocessed").rglob("*_fullres")
    for each in prepared.glob(f"{case}*"):
        shutil.copy(each, tmp_path)
    kept = tmp_path / f"{case}.pkl"
    properties = pickle.loads(kept.read_bytes())
    properties["shape_before_cropping"] = array.shape
    properties["bbox_used_for_cropping"] = [[0, n] for n in array.shape]
    properties["class_locations"].pop(2)
    kept.write_bytes(pickle.dumps(properties))
    manager = SimpleNamespace(image_reader_writer_class=NibabelIOWithReorient, transpose_forward=[0, 1, 2])
    add_places_of(raw, tmp_path, 2, manager)
    found = pickle.loads(kept.read_bytes())["class_locations"][2][:, 1:]
    # From 3 mm to 1 mm.
    assert sorted((found // 3).tolist()) == np.argwhere(array).tolist()


def check_with_stock_nnunet(model, image):
    """nnunetv2's own predictor reads the model and finds what our reference finds."""

    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    ct = read_ct(image).volume
    stock = nnUNetPredictor(use_mirroring=False, device=torch.device("cpu"), allow_tqdm=False)
    stock.initialize_from_trained_model_folder(str(model), ("0",), "checkpoint_final.pth")
    array, spacing = ct.array[:20, 4:24, 4:24], ct.grid.spacing_mm[::-1]
    labels = stock.predict_single_npy_array(array[None].astype(np.float32), {"spacing": list(spacing)})
    assert np.array_equal(
        Predictor(ModelFolder.open(model), plain_nnunet=True).predict(array, spacing, "cpu")[0], labels
    )


def test_training_starts_from_the_weights_of_a_model(place, tmp_path, capsys):
    import torch

    bundled = resources.bundled_artery_model()
    options = ["--initial-weights", bundled, "--minutes", "0", "--ship", tmp_path / "model"]
    command = train(place, "artery", *options)
    command[command.index("--work") + 1] = tmp_path / "work"
    assert run(*command, "--quiet") == 2
    assert "other features ([8, 16, 32, 64, 96])" in capsys.readouterr().err

    (tmp_path / "settings.json").write_text('{"patch": [32, 32, 32]}')
    command[command.index("--settings") + 1] = tmp_path / "settings.json"
    with training_here():
        assert run(*command, "--quiet") == 0
    before, after = weights(bundled), weights(tmp_path / "model")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)
    ours, theirs = (ModelFolder.open(each) for each in (tmp_path / "model", bundled))
    assert ours.settings["architecture"] == theirs.settings["architecture"]
    assert ours.settings["patch_size"] == [32, 32, 32]
    assert ours.edges == theirs.edges != {}
    assert ours.name == "Dataset101_Arteries"


def test_a_dry_run_estimates_and_leaves_nothing(place, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = train(place, "artery", "--dry-run", "--epochs", "10")
    del command[command.index("--work") : command.index("--work") + 2]
    before = files_below(place)
    with training_here():
        assert run(*command) == 0
    said = capsys.readouterr().out
    assert "3, 2 to learn from and 1 watched" in said
    assert "24 × 24 × 24 voxels of 1.5 × 1.5 × 1.5 mm" in said
    assert "Steps:   30," in said
    assert list(tmp_path.iterdir()) == []
    assert files_below(place) == before

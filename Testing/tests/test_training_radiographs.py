"""Training of the networks for radiographs: what is refused, what virtual radiographs become, and one in miniature."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.commands.train import make_job, make_kauppila_job
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.radiograph.document import segment_document
from AbdominalCalcificationLib.radiograph.kauppila import KauppilaScore
from AbdominalCalcificationLib.radiograph.simulation.virtual import TEST_SEEDS, VirtualRadiograph
from AbdominalCalcificationLib.radiograph.spine import LABELS
from AbdominalCalcificationLib.reading import read_mask
from AbdominalCalcificationLib.simulation.labelled import AnatomyMix, load_anatomy
from AbdominalCalcificationLib.training.job import Job
from AbdominalCalcificationLib.training.kauppila.films import read_film
from AbdominalCalcificationLib.training.kauppila.job import KauppilaJob
from AbdominalCalcificationLib.training.kauppila.readings import read_scored_images, reading_steps
from AbdominalCalcificationLib.training.radiographs import coarse_labels, radiograph_steps
from AbdominalCalcificationLib.training.simulated import training_seeds
from AbdominalCalcificationLib.training.small import configuration_from, configuration_of, small_plans
from AbdominalCalcificationLib.training.tasks import VERTEBRAE_TASK, check_cases, open_dataset
from kauppila_models import SeesLabels, radiograph_plans
from label_maps import write_label_map
from radiograph_cases import (
    EXTENTS,
    PIXEL_MM,
    a_radiograph,
    drawn_labels,
    is_deposit,
    measured,
    of_extents,
    write_dicom,
)

PARTS = [f"L{n}_{wall}" for n in (1, 2, 3, 4) for wall in ("anterior", "posterior")]


@pytest.fixture
def complaint(capsys, tmp_path):
    """Runs ``train`` and returns its one line of complaint."""

    def complain(*arguments):
        assert cli.main(["train", *(str(each) for each in arguments), "--work", str(tmp_path / "work")]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert not (tmp_path / "work").exists()
        return line

    return complain


def test_virtual_radiographs_kept_for_testing_are_never_trained_on(complaint):
    assert range(95000, 95200) == TEST_SEEDS
    assert "95000 to 95199" in complaint("kauppila", "--seeds", "94999-95001")
    assert "95199" in complaint("vertebrae", "--small", "--seeds", "95199-95199")
    with pytest.raises(InputError, match="95100"):
        training_seeds(seeds=[1, 95100])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--simulated", "3", "--small"], "--small is for nnU-Net"),
        (["--simulated", "3", "--epochs", "2"], "--epochs is for nnU-Net"),
        (["--simulated", "3", "--fold", "1"], "--fold is for nnU-Net"),
        (["--simulated", "3", "--minutes", "-1"], "0 or more"),
        (["--simulated", "3", "--threads", "-1"], "at least 0"),
        (["--simulated", "3", "--learning-rate", "0"], "above 0"),
        (["--simulated", "3", "--learning-rate", "nan"], "learning-rate"),
        (["--simulated", "3", "--learning-rate", "2"], "at most 1"),
        (["--simulated", "0"], "at least 1"),
        (["--readings", "t.csv"], "--images"),
        (["--readings", "t.csv", "--images", "films", "--anatomy", "a.nrrd"], "not with --readings"),
        (["--simulated", "3", "--anatomy-share", "0.2"], "--anatomy LABELS"),
        (["--dataset", "raw"], "--dataset is for nnU-Net"),
        (["--simulated", "3", "--initial-weights", "none"], "no model folder"),
    ],
)
def test_options_that_make_no_sense_for_the_score_are_refused(complaint, options, said):
    assert said in complaint("kauppila", *options)


def test_options_of_the_score_are_refused_for_others(complaint):
    assert "train kauppila" in complaint("vertebrae", "--simulated", "3", "--small", "--vertebra-model", "m")
    assert "train kauppila" in complaint("vertebrae", "--simulated", "3", "--small", "--learning-rate", "0.001")


def table(tmp_path, rows, columns=("case", *PARTS)):
    path = tmp_path / "readings.csv"
    path.write_text("\n".join(",".join(map(str, each)) for each in (columns, *rows)) + "\n")
    return path


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("a", "b"):
        write_dicom(folder / f"{name}.dcm", a_radiograph(seed=ord(name)))
    return folder


def test_readings_are_matched_with_images(tmp_path, images):
    scores = of_extents(EXTENTS)
    read = read_scored_images(table(tmp_path, [("a", *scores), ("b", *["" if n else 3 for n in range(8)])]), images)
    assert [each.image.name for each in read] == ["a.dcm", "b.dcm"]
    assert [each.score for each in read[0].score.segments] == scores
    assert [each.score for each in read[1].score.segments] == [3] + [None] * 7


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("c", *[0] * 8)], "no file for the case 'c'"),
        ([("a", *[4] * 8)], "0 to 3|0, 1, 2 or 3"),
        ([("a", *["x"] * 8)], "'x'"),
        ([("a", *[""] * 8)], "no part score"),
        ([("a", *[0] * 8), ("a", *[1] * 8)], "twice"),
        ([("", *[0] * 8)], "names no case"),
        ([("a", *[0] * 7)], "cells"),
        ([], "no|row|case"),
    ],
)
def test_what_is_wrong_with_readings_is_told(tmp_path, images, rows, said):
    with pytest.raises(InputError, match=said) as told:
        read_scored_images(table(tmp_path, rows), images)
    assert "\n" not in str(told.value)


def test_columns_and_images_of_readings_are_checked(tmp_path, images):
    with pytest.raises(InputError, match="column 'L5_anterior'"):
        read_scored_images(table(tmp_path, [("a", 1)], ("case", "L5_anterior")), images)
    rows = [("x", "a.dcm", 1), ("y", "a.dcm", 1)]
    with pytest.raises(InputError, match="same image"):
        read_scored_images(table(tmp_path, rows, ("case", "image", "L1_anterior")), images)
    with pytest.raises(InputError, match="left or right"):
        read_scored_images(table(tmp_path, [("a", "up", 1)], ("case", "faces", "L1_anterior")), images)
    with pytest.raises(InputError, match="no folder"):
        read_scored_images(table(tmp_path, [("a", *[0] * 8)]), tmp_path / "none")


def test_readings_become_films_and_what_cannot_be_learnt_from_is_told(tmp_path, images, monkeypatch):
    from AbdominalCalcificationLib.training.kauppila import readings

    seen = iter([drawn_labels(), np.zeros_like(drawn_labels())])

    class Sees(SeesLabels):
        def __init__(self, model, device):
            super().__init__(None)

        def shares(self, pixels, step):
            self.labels = next(seen)
            return super().shares(pixels, step)

    monkeypatch.setattr(readings, "VertebraPredictor", Sees)
    monkeypatch.setattr(readings.ModelFolder, "open", lambda *_, **__: None)
    scored = read_scored_images(table(tmp_path, [("a", *[1] * 8), ("b", *[2] * 8)]), images)
    left_out = drain(reading_steps(scored, tmp_path / "made", tmp_path, "cpu"))
    assert len(left_out) == 1
    assert "b is left out" in left_out[0]
    (file,) = (tmp_path / "made").iterdir()
    film = read_film(file)
    assert film.scores.tolist() == [1] * 8
    assert film.walls is None
    # What is there is kept, and goes where its reading has changed.
    assert drain(reading_steps(scored[:1], tmp_path / "made", tmp_path, "cpu")) == ()
    other = [replace(scored[0], score=KauppilaScore.of([3] * 8))]
    seen = iter([drawn_labels()])
    drain(reading_steps(other, tmp_path / "made", tmp_path, "cpu"))
    assert [read_film(each).scores.tolist() for each in (tmp_path / "made").iterdir()] == [[3] * 8]


def drawn(seed: int) -> VirtualRadiograph:
    """What stands in for the simulator: every other one faces right."""
    faces = "right" if seed % 2 else "left"
    radiograph = a_radiograph(faces, seed=seed)
    score, _ = measured(EXTENTS)
    labels, contrast = drawn_labels(), 0.05 * is_deposit(EXTENTS).astype(np.float32)
    if faces == "right":
        labels, contrast = labels[:, ::-1], contrast[:, ::-1]
        width = radiograph.width
        mirrored = [replace(e, line=tuple((width - x, y) for x, y in e.line)) for e in score.segments]
        score = KauppilaScore(tuple(mirrored))
    said = {"segments": [segment_document(each) for each in score.segments]}
    return VirtualRadiograph(radiograph, labels, contrast, said)


@pytest.fixture
def simulator(monkeypatch):
    from AbdominalCalcificationLib.radiograph import simulation

    made = []
    monkeypatch.setattr(
        simulation, "simulate_radiograph", lambda seed, **_: made.append(seed) or drawn(seed), raising=False
    )
    return made


def test_virtual_radiographs_become_a_dataset_and_films_that_face_left(simulator, tmp_path):
    drain(radiograph_steps(tmp_path, [4, 5]))
    raw = open_dataset(tmp_path / VERTEBRAE_TASK.dataset, VERTEBRAE_TASK)
    assert raw.cases == ("sim_00004", "sim_00005")
    assert list(check_cases(raw)) == [1, 2]
    labels = [read_mask(raw.label(case)).array[0] for case in raw.cases]
    assert np.array_equal(*labels)  # the one that faced right lies as the other one
    assert np.array_equal(labels[0], coarse_labels(drawn_labels(), (PIXEL_MM, PIXEL_MM)))
    assert set(np.unique(labels[0])) == {0, *(LABELS[name] for name in ("T12", "L1", "L2", "L3", "L4", "L5", "S1"))}
    one, other = (read_film(tmp_path / "films" / f"{case}.npz") for case in raw.cases)
    assert one.scores.tolist() == other.scores.tolist() == of_extents(EXTENTS)
    assert other.walls == pytest.approx(one.walls, abs=0.2)
    assert one.contrast.pixels.max() == pytest.approx(0.05, abs=0.02)
    assert other.contrast.pixels == pytest.approx(one.contrast.pixels, abs=0.01)
    deep = [each.contrast.at(each.walls[1][each.calcium[1]]).mean() for each in (one, other)]
    assert min(deep) > 0.02  # calcium lies where the wall is said to have some
    assert other.vertebrae["L2"].center == pytest.approx(one.vertebrae["L2"].center, abs=PIXEL_MM)
    # Nothing is made twice, nor mixed with what is there.
    drain(radiograph_steps(tmp_path, [4, 5]))
    assert simulator == [4, 5]
    with pytest.raises(InputError, match="other seeds"):
        drain(radiograph_steps(tmp_path, [4]))
    (tmp_path / "films" / "sim_00005.npz").write_bytes(b"PK")
    drain(radiograph_steps(tmp_path, [4, 5]))
    assert simulator == [4, 5, 5]


@pytest.mark.parametrize("task", ["vertebrae", "kauppila"])
def test_label_maps_that_a_training_names_are_what_its_radiographs_are_made_of(task, tmp_path, monkeypatch):
    from AbdominalCalcificationLib.radiograph import simulation
    from AbdominalCalcificationLib.training.kauppila import work
    from AbdominalCalcificationLib.training.process import TrainingSession

    labels, table = write_label_map(tmp_path)
    options = ["--seeds", "4-11", "--anatomy", labels, "--anatomy-labels", table, "--anatomy-share", "0.7"]
    arguments = ["train", task, *options, "--work", tmp_path / "work", *(["--small"] if task == "vertebrae" else [])]
    parsed = cli._parser().parse_args([str(each) for each in arguments])
    made, said = {}, []
    monkeypatch.setattr(
        simulation,
        "simulate_radiograph",
        lambda seed, anatomy=None, **_: made.update({seed: anatomy}) or drawn(seed),
        raising=False,
    )
    if task == "vertebrae":
        job = make_job(parsed)
        session = SimpleNamespace(_report_work=lambda step: None, _send=lambda kind, message: said.append(message))
        TrainingSession._simulate(session, Job.from_json(json.loads(json.dumps(job.to_json()))))
    else:
        job = make_kauppila_job(parsed)
        work._make_films(KauppilaJob.from_json(json.loads(json.dumps(job.to_json()))), lambda *_: None, said.append)
    mix = AnatomyMix((str(labels),), str(table), 0.7)
    of_maps = {seed for seed in range(4, 12) if mix.labels_of(seed)}
    assert 0 < len(of_maps) < 8
    assert {seed for seed, anatomy in made.items() if anatomy is not None} == of_maps
    assert made.keys() == set(range(4, 12))
    assert any(each.startswith(f"{labels.name}: It has no ") for each in said)
    names = {each.stem for each in (Path(job.raw) / "films").iterdir()}
    checksum = load_anatomy(labels, table).atlas_checksum
    assert names == {f"sim_{seed:05d}" + (f"_{checksum[:8]}" if seed in of_maps else "") for seed in range(4, 12)}
    # Films of other label maps, or of none, are not mixed with these.
    with pytest.raises(InputError, match="label maps"):
        drain(radiograph_steps(job.raw, range(4, 12)))


def test_a_dataset_of_other_images_or_labels_teaches_no_vertebrae(simulator, tmp_path):
    drain(radiograph_steps(tmp_path, [4]))
    folder = tmp_path / VERTEBRAE_TASK.dataset
    document = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps({**document, "channel_names": {"0": "CT"}}))
    with pytest.raises(InputError, match="radiograph"):
        open_dataset(folder, VERTEBRAE_TASK)
    (folder / "dataset.json").write_text(json.dumps({**document, "labels": {"background": 0, "aorta": 1}}))
    with pytest.raises(InputError, match="'aorta'"):
        open_dataset(folder, VERTEBRAE_TASK)


def test_the_small_network_of_vertebrae_has_two_axes():
    settings = configuration_of(VERTEBRAE_TASK)
    assert configuration_from(json.loads(json.dumps({"patch": [64, 64]})), "s", settings).patch == (64, 64)
    with pytest.raises(InputError, match="two multiples"):
        configuration_from({"patch": [64, 64, 64]}, "s", settings)
    plans = small_plans(radiograph_plans(), settings, "2d")
    network = plans["configurations"]["2d"]["architecture"]["arch_kwargs"]
    assert network["strides"] == [[1, 1]] + [[2, 2]] * 5
    assert network["kernel_sizes"] == [[3, 3]] * 6
    assert plans["configurations"]["2d"]["patch_size"] == [288, 192]


@pytest.mark.nnunet
def test_vertebrae_are_learnt_in_miniature_and_stock_nnunet_says_the_same(simulator, tmp_path, capsys):
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    from AbdominalCalcificationLib.inference.model_folder import RADIOGRAPH, ModelFolder
    from AbdominalCalcificationLib.inference.vertebra_predictor import VertebraPredictor
    from retraining_cases import quick_nnunet
    from workers_here import training_here

    settings = tmp_path / "tiny.json"
    settings.write_text(json.dumps({"features": [4, 8, 8], "patch": [64, 48], "steps_per_epoch": 3, "batch": 2}))
    command = ["train", "vertebrae", "--small", "--settings", settings, "--seeds", "4-6", "--work", tmp_path / "work"]
    command += ["--epochs", "1", "--device", "cpu", "--threads", "1", "--ship", tmp_path / "model", "--quiet"]
    with quick_nnunet(), training_here():
        assert cli.main([str(each) for each in command]) == 0, capsys.readouterr().err
    assert cli.main(["models", "check", str(tmp_path / "model")]) == 0
    assert "L3 -> vertebral body" in capsys.readouterr().out

    # An image at the network's spacing is not resampled by either.
    pixels = np.random.default_rng(0).normal(100, 20, (90, 70)).astype(np.float32)
    model = ModelFolder.open(tmp_path / "model", kind=RADIOGRAPH)
    own = VertebraPredictor(model, "cpu").shares(pixels, (1.2, 1.2)).pixels
    stock = nnUNetPredictor(use_mirroring=False, device=torch.device("cpu"), perform_everything_on_device=False)
    stock.initialize_from_trained_model_folder(str(tmp_path / "model"), ("0",), "checkpoint_final.pth")
    properties = {"spacing": [20.0, 1.2, 1.2]}
    found = stock.predict_single_npy_array(pixels[None, None], properties)[0]
    assert (np.argmax(own, axis=-1) == found).mean() > 0.99
    # A white frame around the film changes nothing in it.
    framed = np.pad(pixels, ((9, 4), (6, 30)), constant_values=900.0)
    again = VertebraPredictor(model, "cpu").shares(framed, (1.2, 1.2)).pixels
    assert again[9:-4, 6:-30] == pytest.approx(own, abs=1e-5)
    assert (again[:9, :, 0] > 0.99).all()

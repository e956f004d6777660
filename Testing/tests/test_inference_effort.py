"""Tile step, mirroring and folds: as nnU-Net understands them, on both roads, and written down."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InputError, ModelError
from AbdominalCalcificationLib.inference import Effort, parse_folds
from AbdominalCalcificationLib.inference.tiles import core, lattice
from AbdominalCalcificationLib.pipeline import Choices, Given, analyze_steps
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.resources import sample_case
from tiny_models import a_model_folder_without_weights, a_noisy_ct


def test_folds_are_read_as_they_are_written():
    assert parse_folds("0, 2") == ("0", "2")
    assert parse_folds("all") == ("all",)
    assert parse_folds(" ") == ()
    for wrong in ("x", "-1", "0,0"):
        with pytest.raises(InputError, match="fold"):
            parse_folds(wrong)


@pytest.mark.parametrize("step", [0.0, 0.05, 1.5, float("nan")])
def test_a_step_out_of_range_is_refused(step):
    with pytest.raises(InputError, match="tile step"):
        Effort(tile_step=step)


@pytest.mark.parametrize("step", [0.1, 0.25, 0.5, 0.7, 1.0])
@pytest.mark.parametrize("shape", [(40, 33, 96), (32, 47, 64)])
def test_the_middles_of_the_tiles_cover_the_image_at_every_step(step, shape):
    patch = (32, 32, 32)
    covered = np.zeros(shape, bool)
    for tile in lattice(shape, patch, step):
        covered[core(tile, patch, shape, step)] = True
    assert covered.all()


def test_folds_are_chosen_of_named_models_alone(tmp_path):
    model = a_model_folder_without_weights(tmp_path, ["aorta"], folds=("0", "1"))
    arteries = Given(arteries=a_noisy_ct())
    with pytest.raises(InputError, match="no model folder of several folds"):
        drain(analyze_steps(a_noisy_ct(), Choices(effort=Effort(folds=("1",))), arteries))
    with pytest.raises(ModelError, match="no fold 3, only 0, 1"):
        drain(analyze_steps(a_noisy_ct(), Choices(artery_models=[model], effort=Effort(folds=("3",)))))


def test_a_wrong_choice_is_one_line_of_the_command(tmp_path, capsys):
    for options in (["--tile-step", "3"], ["--folds", "x"], ["--folds", "0"]):
        assert cli.main(["analyze", str(sample_case()), "--output", str(tmp_path / "out"), *options]) == 2
        assert len(capsys.readouterr().err.strip().splitlines()) <= 2
    assert not (tmp_path / "out").exists()


@pytest.fixture
def networks():
    pytest.importorskip("torch", reason="needs PyTorch")
    pytest.importorskip("nnunetv2", reason="needs nnunetv2")


def labels(model, ct, **how):
    from AbdominalCalcificationLib.inference.predictor import Predictor

    said = []
    found, _ = Predictor(model, precision="float32", **how).predict(
        ct.array, ct.grid.spacing_mm[::-1], "cpu", say=said.append
    )
    return found, said


@pytest.mark.nnunet
@pytest.mark.parametrize(("step", "mirroring"), [(0.75, False), (0.5, True), (1.0, True)])
def test_the_plain_road_agrees_with_stock_nnunet(networks, models, step, mirroring):
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    model, ct = models("aorta", "celiac_trunk"), a_noisy_ct((56, 44, 48))
    stock = nnUNetPredictor(tile_step_size=step, use_mirroring=mirroring, device=torch.device("cpu"), allow_tqdm=False)
    stock.initialize_from_trained_model_folder(str(model.path), ("0",), "checkpoint_final.pth")
    wanted = stock.predict_single_npy_array(
        ct.array[None].astype(np.float32), {"spacing": list(ct.grid.spacing_mm[::-1])}
    )
    found, said = labels(model, ct, plain_nnunet=True, tile_step=step, mirroring=mirroring)
    assert np.array_equal(found, wanted)
    assert not np.array_equal(found, labels(model, ct, plain_nnunet=True)[0]), "it changes something"
    assert said == []


@pytest.mark.nnunet
@pytest.mark.parametrize(("step", "mirroring"), list(itertools.product([0.3, 0.75], [False, True])))
def test_the_quick_road_agrees_with_the_plain_one(networks, models, step, mirroring):
    model, ct = models("aorta", "celiac_trunk"), a_noisy_ct()
    quick, _ = labels(model, ct, tile_step=step, mirroring=mirroring)
    plain, _ = labels(model, ct, plain_nnunet=True, tile_step=step, mirroring=mirroring)
    both = np.count_nonzero((quick == plain) & (quick != 0))
    assert 2 * both / (np.count_nonzero(quick) + np.count_nonzero(plain)) > 0.99


@pytest.mark.nnunet
def test_a_model_that_was_trained_without_mirroring_is_not_mirrored(networks, tmp_path):
    import torch

    from AbdominalCalcificationLib.inference import ModelFolder
    from tiny_models import a_tiny_model_folder

    folder, ct = a_tiny_model_folder(tmp_path, ["aorta", "celiac_trunk"]), a_noisy_ct()
    (file,) = folder.rglob("checkpoint_final.pth")
    content = torch.load(file, weights_only=False)
    content["inference_allowed_mirroring_axes"] = None
    torch.save(content, file)
    model = ModelFolder.open(folder)
    mirrored, said = labels(model, ct, mirroring=True)
    assert np.array_equal(mirrored, labels(model, ct)[0])
    assert said == ["Dataset900_Tiny was trained without mirroring, so it is not mirrored."]


@pytest.mark.nnunet
def test_the_worker_takes_other_settings_and_they_are_recorded(networks, models, segmenting_worker):
    model, ct = models("aorta", "celiac_trunk", folds=["0", "1"]), a_noisy_ct()
    found = {}
    for effort in (Effort(), Effort(0.8, True, ("1",)), Effort()):
        choices = Choices([model.path], calcification_threshold="fixed:500", device="cpu", effort=effort)
        analysis = drain(analyze_steps(ct, choices, worker=segmenting_worker))
        provenance = json.loads(json.dumps(analysis.measurement.provenance))
        assert provenance["models"][0]["folds"] == list(effort.folds or ("0", "1"))
        assert provenance["parameters"]["tile_step"] == effort.tile_step
        assert provenance["parameters"]["mirroring"] is effort.mirroring
        found.setdefault(effort, []).append(analysis.arteries.array)
    usual, again = found[Effort()]
    assert np.array_equal(usual, again)
    assert not np.array_equal(usual, found[Effort(0.8, True, ("1",))][0])

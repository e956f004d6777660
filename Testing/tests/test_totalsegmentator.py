"""TotalSegmentator's weights are found where it keeps them, and run as it trained them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.inference import ModelFolder
from AbdominalCalcificationLib.inference.predictor import _resampling
from AbdominalCalcificationLib.inference.resampling import axis_maps
from AbdominalCalcificationLib.inference.totalsegmentator import (
    describe_weights,
    find_weights,
    usable_weights,
    weights_folder,
)
from tiny_models import a_model_folder_without_weights, a_tiny_model_folder

# Labels of TotalSegmentator's models that matter here, among others.
CARDIAC = ("heart", "aorta", "pulmonary_vein", "iliac_artery_left", "iliac_artery_right", "iliac_vena_left")
RENAL = ("celiac_trunk", "superior_mesenteric_artery", "renal_arteries", "aorta")
TOTAL = "Dataset293_TotalSegmentator_part3_cardiac_1559subj"
FAST = "Dataset297_TotalSegmentator_total_3mm_1559subj"
BRANCHES = "Dataset710_renal_arteries_127subj"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """TotalSegmentator's home; nothing is in it yet."""
    monkeypatch.delenv("TOTALSEG_WEIGHTS_PATH", raising=False)
    monkeypatch.setenv("TOTALSEG_HOME_DIR", str(tmp_path / "totalseg"))
    return tmp_path / "totalseg"


def fetched(home, dataset: str, labels, **plans):
    """What TotalSegmentator leaves behind after it has fetched weights; their content is not read."""
    return a_model_folder_without_weights(home / "nnunet" / "results", labels, name=dataset, **plans)


def names(territories) -> list[str]:
    return [each.name for each in territories]


def test_the_folder_is_the_one_that_totalsegmentator_takes(tmp_path, monkeypatch):
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "me"))
    home, weights = str(tmp_path / "home"), str(tmp_path / "weights")
    assert weights_folder({}) == tmp_path / "me" / ".totalsegmentator" / "nnunet" / "results"
    assert weights_folder({"TOTALSEG_HOME_DIR": home}) == tmp_path / "home" / "nnunet" / "results"
    assert weights_folder({"TOTALSEG_HOME_DIR": home, "TOTALSEG_WEIGHTS_PATH": weights}) == tmp_path / "weights"


def test_without_weights_it_is_said_where_they_were_looked_for(home):
    assert find_weights().models == ()
    with pytest.raises(InputError) as caught:
        usable_weights()
    assert str(home) in str(caught.value)
    assert "TOTALSEG_WEIGHTS_PATH" in str(caught.value)


def test_the_cardiac_part_finds_the_trunk_and_the_licensed_task_the_branches(home):
    fetched(home, TOTAL, CARDIAC)
    fetched(home, "Dataset291_TotalSegmentator_part1_organs_1559subj", ["liver", "kidney_left"])
    weights = find_weights()
    assert [model.name for model in weights.models] == [TOTAL]
    assert names(weights.territories) == ["aorta", "common_iliac_left", "common_iliac_right"]
    text = describe_weights(weights)
    assert "They find: Aorta, L iliac, R iliac." in text
    assert "Not found by them: Coeliac, SMA, IMA, L renal, R renal." in text
    assert "The task renal_arteries (with a licence) would find more." in text

    fetched(home, BRANCHES, RENAL)
    weights = find_weights()
    assert [model.name for model in weights.models] == [TOTAL, BRANCHES]
    assert names(weights.missing) == ["inferior_mesenteric"]
    assert "would find" not in describe_weights(weights)


def test_the_coarse_model_is_used_only_where_nothing_finer_is_there(home):
    fetched(home, FAST, ("spleen", *CARDIAC), spacing_mm=(3.0, 3.0, 3.0))
    weights = find_weights()
    assert [model.name for model in weights.models] == [FAST]
    assert "Coarse, at voxels of 3 mm." in describe_weights(weights)
    assert "The task total would find finer ones." in describe_weights(weights)
    fetched(home, TOTAL, CARDIAC)
    assert [model.name for model in find_weights().models] == [TOTAL]


def test_damaged_weights_are_named_and_the_next_best_are_used(home):
    folder = fetched(home, TOTAL, CARDIAC)
    (folder / "plans.json").write_text("{")
    fetched(home, FAST, CARDIAC, spacing_mm=(3.0, 3.0, 3.0))
    weights = find_weights()
    assert [model.name for model in weights.models] == [FAST]
    assert "plans.json" in weights.problems[0]
    assert weights.problems[0] in describe_weights(weights)


@pytest.mark.parametrize("dataset", [TOTAL, BRANCHES])
def test_images_are_turned_and_resampled_as_totalsegmentator_does(home, dataset):
    trainer = fetched(home, dataset, CARDIAC, reader="SimpleITKIO")
    model, other = ModelFolder.open(trainer), ModelFolder.open(fetched(home, "Dataset900_Other", CARDIAC))
    assert (model.orientation, other.orientation) == ("RAS", "LPS")
    thick, voxels = (5.0, 0.8, 0.8), (20, 60, 60)
    nearest = []
    for each in (model, other):
        shape = [round(n * a / b) for n, a, b in zip(voxels, thick, each.spacing_mm, strict=True)]
        along = axis_maps(voxels, shape, thick, each.spacing_mm, **_resampling(each.settings, "data"))[0]
        nearest.append(bool(np.isin(along.matrix, (0, 1)).all()))
    assert nearest == [False, True]
    assert json.loads((trainer / "plans.json").read_text()) != model.plans


def test_a_renamed_copy_is_still_known_by_its_plans(home, tmp_path):
    trainer = fetched(home, TOTAL, CARDIAC)
    assert ModelFolder.open(trainer.parent.rename(tmp_path / "copy")).orientation == "RAS"


def test_models_are_listed(home, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("ABDOMINAL_CALCIFICATION_MODELS", str(tmp_path / "models"))
    assert cli.main(["models", "list"]) == 0
    said = capsys.readouterr().out
    assert "Bundled" in said
    assert "There are no weights of TotalSegmentator" in said
    fetched(home, TOTAL, CARDIAC)
    assert cli.main(["models", "list"]) == 0
    said = capsys.readouterr().out
    assert "They find: Aorta, L iliac, R iliac." in said
    assert "iliac_artery_left -> common_iliac_left" in said
    assert "pulmonary_vein" not in said


@pytest.fixture
def ct(tmp_path):
    noise = gaussian_filter(np.random.default_rng(3).normal(size=(44, 40, 48)), 2)
    image = sitk.GetImageFromArray((200 + 150 * noise / noise.std()).astype(np.int16))
    image.SetSpacing((1.2, 1.2, 1.5))
    path = tmp_path / "ct.nrrd"
    sitk.WriteImage(image, str(path))
    return path


def analyze(ct, output, *options):
    return cli.main([str(part) for part in ("analyze", ct, "--output", output, "--device", "cpu", *options)])


def test_without_weights_nothing_is_begun(home, ct, tmp_path, capsys):
    assert analyze(ct, tmp_path / "out", "--totalsegmentator") == 2
    assert "no weights of TotalSegmentator" in capsys.readouterr().err
    assert analyze(ct, tmp_path / "out", "--totalsegmentator", "--artery-model", tmp_path) == 2
    assert "--artery-model and --totalsegmentator exclude each other" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.nnunet
def test_weights_lead_to_numbers_that_say_how_they_came_about(home, ct, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("nnunetv2")
    results = home / "nnunet" / "results"
    a_tiny_model_folder(results, CARDIAC, name=FAST, spacing_mm=(3.0, 3.0, 3.0))
    a_tiny_model_folder(results, RENAL, seed=6, name=BRANCHES)
    options = ["--totalsegmentator", "--calcification-threshold", "350", "--tile-step", "0.7", "--mirroring"]
    assert analyze(ct, tmp_path / "out", *options) == 0
    result = json.loads((tmp_path / "out" / "measurements.json").read_text(encoding="utf-8"))
    used = result["provenance"]["models"]
    assert [(model["name"], model["folds"]) for model in used] == [(FAST, ["0"]), (BRANCHES, ["0"])]
    assert result["provenance"]["parameters"]["tile_step"] == 0.7
    assert result["provenance"]["parameters"]["mirroring"] is True
    found = {each["name"] for each in result["territories"] if each["found"]}
    assert {"aorta", "celiac_trunk", "common_iliac_left"} & found
    assert "inferior_mesenteric" not in found
    coarse = [flag["message"] for flag in result["flags"] if flag["code"] == "coarse_model"]
    assert coarse == ["Arteries were segmented at voxels of 3 mm, more than 2 mm."]


def test_arteries_of_a_coarse_model_stay_flagged_when_they_are_measured_again():
    from AbdominalCalcificationLib.pipeline import coarse_models

    made = {"role": "arteries", "name": FAST, "spacing_mm": [3.0, 3.0, 3.0]}
    assert [flag.code for flag in coarse_models([made])] == ["coarse_model"]
    assert (
        coarse_models([{**made, "spacing_mm": [1.5, 1.5, 2.0]}, {"role": "arteries", "name": "of an older scene"}])
        == []
    )
    assert coarse_models([]) == []

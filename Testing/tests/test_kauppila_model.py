"""The model folder of the Kauppila score: what is checked before anything is loaded; no torch."""

from __future__ import annotations

import json

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import ModelError
from AbdominalCalcificationLib.inference.kauppila_model import KauppilaModel, describe_kauppila
from AbdominalCalcificationLib.inference.kauppila_network import architecture_from, probabilities_of
from AbdominalCalcificationLib.inference.model_folder import RADIOGRAPH, ModelFolder, describe
from kauppila_models import (
    ARCHITECTURE,
    CALIBRATION,
    GEOMETRY,
    a_kauppila_folder,
    a_vertebra_folder_without_weights,
    radiograph_plans,
)


def test_a_whole_folder_is_described(tmp_path):
    model = KauppilaModel.open(a_kauppila_folder(tmp_path / "m"))
    assert (model.name, model.architecture, model.geometry) == ("tiny", ARCHITECTURE, GEOMETRY)
    assert (model.temperature, model.inflation, model.decision) == (1.2, 1.1, "median")
    assert "3 radiographs, 5 steps" in describe_kauppila(model)
    before = model.checksum
    (tmp_path / "m" / "checkpoint.pth").write_bytes(b"other weights")
    assert KauppilaModel.open(tmp_path / "m").checksum != before


def regions(**changes) -> dict:
    own = {"rows": 64, "columns": 48, "margin_rows": 8, "front": 2.0, "back": 0.5}
    return {"regions": {**own, **changes}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": "nnU-Net"}, "Kauppila"),
        ({"format_version": 3}, "format 3.*update this software"),
        ({"format_version": 1}, "format 1.*train the model again"),
        (regions(rows=66), "multiples of 8"),
        (regions(margin_rows=30), "multiples"),
        (regions(front=-1.0), "extent"),
        (regions(columns=float("nan")), "cannot be read|no number"),
        ({"regions": {"rows": 64}}, "regions"),
        ({"calibration": {**CALIBRATION, "temperature": 0}}, "temperature"),
        ({"calibration": {**CALIBRATION, "decision": "best"}}, "decision"),
        ({"calibration": None}, "calibration"),
        ({"architecture": {**ARCHITECTURE.to_json(), "features": [4, 8]}}, "three to six"),
        ({"architecture": {**ARCHITECTURE.to_json(), "map_features": 10**9}}, "1 to 1024"),
        ({"architecture": {**ARCHITECTURE.to_json(), "run": "rm"}}, "name"),
    ],
)
def test_what_is_wrong_with_a_folder_is_told_in_one_line(tmp_path, changes, said):
    with pytest.raises(ModelError, match=said) as told:
        KauppilaModel.open(a_kauppila_folder(tmp_path / "m", **changes))
    assert "\n" not in str(told.value)


def test_files_that_are_missing_or_damaged_are_told(tmp_path):
    with pytest.raises(ModelError, match="no model folder"):
        KauppilaModel.open(tmp_path / "none")
    folder = a_kauppila_folder(tmp_path / "m")
    (folder / "checkpoint.pth").write_bytes(b"")
    with pytest.raises(ModelError, match="missing or empty"):
        KauppilaModel.open(folder)
    (folder / "model.json").write_text("[1]")
    with pytest.raises(ModelError, match="Kauppila"):
        KauppilaModel.open(folder)
    (folder / "model.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        KauppilaModel.open(folder)
    (folder / "model.json").unlink()
    with pytest.raises(ModelError, match="missing"):
        KauppilaModel.open(folder)


def test_an_architecture_is_read_as_it_was_written():
    assert architecture_from(json.loads(json.dumps(ARCHITECTURE.to_json()))) == ARCHITECTURE


def test_conditional_logits_are_probabilities_of_scores():
    shares = probabilities_of(np.array([[0.0, 0.0, 0.0], [20.0, 20.0, -20.0], [-20.0, 5.0, 5.0]]))
    assert shares[0] == pytest.approx([0.5, 0.25, 0.125, 0.125])
    assert shares[1] == pytest.approx([0, 0, 1, 0], abs=1e-6)
    assert shares[2] == pytest.approx([1, 0, 0, 0], abs=1e-6)
    hot = probabilities_of(np.array([2.0, 1.0, -1.0]), temperature=100.0)
    assert hot == pytest.approx([0.5, 0.25, 0.125, 0.125], abs=0.01)


def test_a_model_of_vertebrae_is_one_of_radiographs_alone(tmp_path):
    folder = a_vertebra_folder_without_weights(tmp_path / "v")
    model = ModelFolder.open(folder, kind=RADIOGRAPH)
    assert model.patch_size == (64, 48)
    assert model.spacing_mm == (1.2, 1.2)
    assert "L3 -> vertebral body" in describe(model)
    with pytest.raises(ModelError, match="trained on 'radiograph', not CT"):
        ModelFolder.open(folder)
    other = a_vertebra_folder_without_weights(tmp_path / "ct", channel_names={"0": "CT"})
    with pytest.raises(ModelError, match="trained on 'CT', not radiograph"):
        ModelFolder.open(other, kind=RADIOGRAPH)


def test_a_network_of_three_axes_sees_no_radiograph(tmp_path):
    plans = radiograph_plans()
    plans["configurations"]["2d"].update(patch_size=[32, 32, 32])
    with pytest.raises(ModelError, match="3D configuration"):
        ModelFolder.open(a_vertebra_folder_without_weights(tmp_path / "v", plans), kind=RADIOGRAPH)

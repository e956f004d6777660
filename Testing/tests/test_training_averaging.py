"""Weights between two models of one network: ``Testing/training/average_weights.py``."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from AbdominalCalcificationLib.inference.checkpoint import load_checkpoint, save_checkpoint, saving
from AbdominalCalcificationLib.inference.kauppila_model import KauppilaModel
from AbdominalCalcificationLib.resources import bundled_kauppila_model

torch = pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parents[1] / "training"))

from average_weights import average, averaged  # noqa: E402


def test_weights_lie_between_and_what_is_stored_once_stays_so():
    shared = torch.full((3,), 4.0)
    one = {"a": torch.zeros(3), "b": torch.zeros(3), "steps": torch.tensor(3)}
    made = averaged(one, {"a": shared, "b": shared, "steps": torch.tensor(9)}, 0.25)
    assert made["a"].tolist() == [1.0, 1.0, 1.0]
    assert made["a"].data_ptr() == made["b"].data_ptr()
    assert int(made["steps"]) == 9
    with pytest.raises(SystemExit, match="other networks"):
        averaged(one, {"a": shared}, 0.5)


def test_a_model_of_the_score_in_between_is_a_model(tmp_path):
    bundled = bundled_kauppila_model()
    other = tmp_path / "other"
    shutil.copytree(bundled, other)
    content = load_checkpoint(other / "checkpoint.pth")
    name, value = next((n, v) for n, v in content["network_weights"].items() if v.is_floating_point() and v.numel() > 9)
    content["network_weights"][name] = value + 1.0
    save_checkpoint(other / "checkpoint.pth", saving(content))
    average(Path(bundled), other, 0.5, tmp_path / "between")
    found = load_checkpoint(tmp_path / "between" / "checkpoint.pth")["network_weights"]
    assert found[name].float().mean() == pytest.approx(float(value.float().mean()) + 0.5, abs=0.01)
    size = (tmp_path / "between" / "checkpoint.pth").stat().st_size
    assert size < 1.1 * (Path(bundled) / "checkpoint.pth").stat().st_size
    assert KauppilaModel.open(tmp_path / "between").architecture == KauppilaModel.open(bundled).architecture

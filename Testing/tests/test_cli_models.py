"""The command line with nnU-Net models: from image to result folder through the worker process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from scipy.ndimage import gaussian_filter

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.confidence.calibration import FILE_NAME, SIGNS, VERSION
from AbdominalCalcificationLib.inference import ModelFolder
from tiny_models import a_tiny_model_folder

pytestmark = pytest.mark.nnunet

PACKAGE_FOLDER = Path(cli.__file__).resolve().parents[1]


@pytest.fixture
def ct(tmp_path):
    """Smooth noise around blood's HU, on a turned grid: random networks find every label in it."""
    noise = gaussian_filter(np.random.default_rng(3).normal(size=(26, 26, 28)), 2)
    image = sitk.GetImageFromArray((200 + 150 * noise / noise.std()).astype(np.int16))
    image.SetSpacing((1.2, 1.2, 1.5))
    image.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
    path = tmp_path / "ct.nrrd"
    sitk.WriteImage(image, str(path))
    return path


@pytest.fixture
def artery_model(tmp_path):
    return a_tiny_model_folder(tmp_path / "arteries", ["aorta", "renal_arteries"])


@pytest.fixture
def calcification_model(tmp_path):
    return a_tiny_model_folder(tmp_path / "calcification", ["calcification"], seed=6)


def analyze(ct, output, *options):
    return cli.main([str(part) for part in ("analyze", ct, "--output", output, "--device", "cpu", *options)])


def result_in(folder):
    return json.loads((folder / "measurements.json").read_text(encoding="utf-8"))


@pytest.mark.usefixtures("warm_worker")
def test_two_models_lead_to_numbers_that_say_where_they_come_from(ct, artery_model, calcification_model, tmp_path):
    models = ["--artery-model", artery_model, "--calcification-model", calcification_model]
    assert analyze(ct, tmp_path / "out", *models) == 0

    result = result_in(tmp_path / "out")
    used = result["provenance"]["models"]
    assert [model["role"] for model in used] == ["arteries", "calcification"]
    assert all(model["checksum"].startswith("sha256:") for model in used)
    found = {each["name"] for each in result["territories"] if each["found"]}
    assert "aorta" in found
    assert found <= {"aorta", "renal_left", "renal_right"}
    assert {each["confidence_basis"] for each in result["territories"] if each["found"]} == {"uncalibrated"}
    assert "bundled_model" not in [flag["code"] for flag in result["flags"]]
    labels = sitk.ReadImage(str(tmp_path / "out" / "arteries.nii.gz"))
    assert labels.GetSize() == sitk.ReadImage(str(ct)).GetSize()


@pytest.mark.usefixtures("warm_worker")
def test_calibrated_models_tell_how_certain_they_are(ct, calcification_model, tmp_path, capsys):
    artery_model = a_tiny_model_folder(tmp_path / "each", ["aorta", "renal_left"])
    models = ["--artery-model", artery_model, "--calcification-model", calcification_model, "--quiet"]
    for folder in (artery_model, calcification_model):
        found = {"predicts": "it is right", "weights": [1.0] * SIGNS, "intercept": 0.0}
        bound = {"model": f"sha256:{ModelFolder.open(folder).checksum}", "tile_step": 0.5, "mirroring": False}
        (folder / FILE_NAME).write_text(json.dumps({"version": VERSION, **bound, "calibration": found}))
    assert cli.main(["models", "check", str(artery_model)]) == 0
    assert "confidence: calibrated: that it is right" in capsys.readouterr().out
    assert analyze(ct, tmp_path / "with", *models) == analyze(ct, tmp_path / "without", *models, "--no-confidence") == 0
    told, silent = result_in(tmp_path / "with"), result_in(tmp_path / "without")
    for kind in ("territories", "clusters"):
        for one, other in zip(told[kind], silent[kind], strict=True):
            confidence, basis = one.pop("confidence"), one.pop("confidence_basis")
            assert other.pop("confidence") is None
            if one.get("found", True):
                assert 0.01 <= confidence <= 0.99
                assert (basis, other.pop("confidence_basis")) == ("model", "not_asked")
            else:
                assert confidence is basis is other.pop("confidence_basis") is None
            assert one == other, "no other number changes"


@pytest.mark.usefixtures("warm_worker")
def test_the_plain_road_is_a_switch_that_is_recorded_and_leads_to_the_same_arteries(ct, artery_model, tmp_path):
    found = {}
    for name, options in {"quick": [], "plain": ["--reference"]}.items():
        options = ["--artery-model", artery_model, "--calcification-threshold", "350", *options]
        assert analyze(ct, tmp_path / name, *options) == 0
        found[name] = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / name / "arteries.nii.gz")))
    both = np.count_nonzero((found["quick"] == found["plain"]) & (found["quick"] != 0))
    # What has learnt nothing sees another image where this one goes on beyond its ends, and so other tiles.
    assert 2 * both / (np.count_nonzero(found["quick"]) + np.count_nonzero(found["plain"])) > 0.9
    recorded = [result_in(tmp_path / name)["provenance"]["parameters"].get("reference") for name in found]
    assert recorded == [None, True]


@pytest.mark.usefixtures("warm_worker")
def test_a_threshold_and_an_artery_model_go_together(ct, artery_model, tmp_path):
    assert analyze(ct, tmp_path / "out", "--artery-model", artery_model, "--calcification-threshold", "350") == 0
    source = result_in(tmp_path / "out")["provenance"]["calcification_source"]
    assert source["kind"] == "threshold"
    assert source["threshold_hu"] == 350


@pytest.mark.usefixtures("warm_worker")
def test_labels_with_other_names_are_mapped_by_the_user(ct, calcification_model, tmp_path, capsys):
    model = a_tiny_model_folder(tmp_path / "other", ["big_vessel"])
    models = ["--artery-model", model, "--calcification-model", calcification_model]
    assert analyze(ct, tmp_path / "out", *models) == 2
    assert "big_vessel" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "out").exists()
    assert analyze(ct, tmp_path / "out", *models, "--label-names", "big_vessel=aorta") == 0
    result = result_in(tmp_path / "out")
    assert result["territories"][0]["found"]
    assert result["provenance"]["parameters"]["label_names"] == {"big_vessel": "aorta"}


@pytest.mark.skipif(os.name == "nt", reason="interrupts are sent by signal here")
@pytest.mark.usefixtures("signals_of_a_terminal")
def test_interrupting_while_a_network_runs_leaves_no_result_and_no_process(artery_model, calcification_model, tmp_path):
    # Large enough to be still at work when the interrupt comes.
    image = sitk.GetImageFromArray(np.full((200, 200, 200), 200, np.int16))
    sitk.WriteImage(image, str(tmp_path / "large.nrrd"))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    before = sorted(tmp_path.iterdir())
    command = [sys.executable, "-m", "AbdominalCalcificationLib", "analyze", tmp_path / "large.nrrd"]
    command += ["--output", tmp_path / "out", "--artery-model", artery_model]
    command += ["--calcification-model", calcification_model, "--device", "cpu"]
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE_FOLDER), "TMPDIR": str(scratch)}
    with subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE, text=True, env=environment) as run:
        for line in run.stderr:
            if line.strip() == "Segmenting arteries":
                break
        (worker,) = children_of(run.pid)
        time.sleep(0.5)
        run.send_signal(signal.SIGINT)
        rest = run.stderr.read()
        assert run.wait(timeout=500) == 130
    assert "Cancelled; nothing was written." in rest
    assert not is_running(worker)
    assert sorted(tmp_path.iterdir()) == before
    assert list(scratch.iterdir()) == []


def test_a_model_is_checked_and_imported(artery_model, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ABDOMINAL_CALCIFICATION_MODELS", str(tmp_path / "models"))
    assert cli.main(["models", "check", str(artery_model)]) == 0
    assert "aorta" in capsys.readouterr().out
    assert cli.main(["models", "import", str(artery_model)]) == 0
    assert list((tmp_path / "models").rglob("checkpoint_final.pth"))


def children_of(pid):
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return [int(each) for each in listed.split()]


def is_running(pid):
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")

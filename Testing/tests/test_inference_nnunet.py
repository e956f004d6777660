"""The real thing: tiny random nnU-Net networks, in this process and in the worker.

Stock nnunetv2 is the independent truth.
"""

import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

import AbdominalCalcificationLib
from AbdominalCalcificationLib.errors import InferenceError, ModelError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.inference import ModelFolder, Worker, segment_steps
from AbdominalCalcificationLib.inference.devices import run_with_fallback
from AbdominalCalcificationLib.inference.predictor import Predictor
from AbdominalCalcificationLib.progress import drain
from tiny_models import a_noisy_ct, a_tiny_model_folder
from weapons import CallingWeapon, Weapon

pytestmark = pytest.mark.nnunet

INFERENCE = Path(AbdominalCalcificationLib.__file__).parent / "inference"


@pytest.fixture
def worker(segmenting_worker):
    return segmenting_worker


def stock_labels(model: ModelFolder, ct: Volume, folds=("0",)) -> np.ndarray:
    """Labels of nnunetv2's own predictor, without mirroring."""
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    stock = nnUNetPredictor(use_mirroring=False, device=torch.device("cpu"), allow_tqdm=False)
    stock.initialize_from_trained_model_folder(str(model.path), folds, "checkpoint_final.pth")
    properties = {"spacing": list(ct.grid.spacing_mm[::-1])}
    return stock.predict_single_npy_array(ct.array[None].astype(np.float32), properties)


def our_labels(model: ModelFolder, ct: Volume, **arguments) -> np.ndarray:
    return Predictor(model, plain_nnunet=True).predict(ct.array, ct.grid.spacing_mm[::-1], "cpu", **arguments)[0]


@pytest.mark.parametrize(
    "plans",
    [
        {},
        {"transpose": [2, 0, 1], "spacing_mm": [1.3, 1.7, 1.1]},
        {"patch_size": [16, 48, 32], "spacing_mm": [4.0, 1.0, 1.0]},
        {"patch_size": [64, 64, 64]},
        {"residual": True},
    ],
    ids=["isotropic", "transposed", "anisotropic", "patch larger than the image", "residual"],
)
def test_labels_agree_with_stock_nnunet(models, plans):
    model, ct = models("aorta", "renal_left", "renal_right", **plans), a_noisy_ct()
    stock = stock_labels(model, ct)
    assert len(np.unique(stock)) > 1
    assert np.array_equal(our_labels(model, ct), stock)


def test_plans_from_before_nnunet_2_5_are_understood(tmp_path):
    folder, ct = a_tiny_model_folder(tmp_path, ["aorta", "renal_left"]), a_noisy_ct()
    plans = json.loads((folder / "plans.json").read_text())
    settings = plans["configurations"]["3d_fullres"]
    del settings["architecture"]
    settings.update(
        UNet_class_name="PlainConvUNet",
        UNet_base_num_features=4,
        unet_max_num_features=320,
        n_conv_per_stage_encoder=[1, 1],
        n_conv_per_stage_decoder=[1],
        num_pool_per_axis=[1, 1, 1],
        pool_op_kernel_sizes=[[1, 1, 1], [2, 2, 2]],
        conv_kernel_sizes=[[3, 3, 3], [3, 3, 3]],
    )
    before = our_labels(ModelFolder.open(folder), ct)
    (folder / "plans.json").write_text(json.dumps(plans))
    model = ModelFolder.open(folder)
    assert np.array_equal(our_labels(model, ct), before)
    assert np.array_equal(stock_labels(model, ct), before)


def test_folds_are_averaged_as_stock_nnunet_does(models):
    model, ct = models("aorta", "celiac_trunk", folds=["0", "1"]), a_noisy_ct()
    stock = stock_labels(model, ct, (0, 1))
    assert not np.array_equal(stock, stock_labels(model, ct, (0,))), "the folds differ"
    assert np.array_equal(our_labels(model, ct), stock)


def test_progress_counts_tiles_to_one_and_estimates_the_time_left(models):
    steps = []
    our_labels(models("aorta", patch_size=[16, 16, 16]), a_noisy_ct(), report=lambda *step: steps.append(step))
    fractions = [fraction for fraction, _ in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert len([left for _, left in steps if left]) > 5


def test_an_image_of_zeros_is_segmented_like_any_other(models):
    ct = Volume(np.zeros((20, 20, 20), np.int16), Grid.from_spacing((20, 20, 20)))
    assert our_labels(models("aorta"), ct).shape == (20, 20, 20)


def test_both_models_run_in_the_worker_and_agree_with_stock_nnunet(models, worker):
    arteries, calcification = models("aorta", "renal_left"), models("calcification", seed=5)
    ct = a_noisy_ct(spacing_mm=(0.9, 0.9, 1.5))
    result = drain(segment_steps(ct, [arteries], calcification, worker=worker, device="cpu", plain_nnunet=True))
    expected = np.array([0, 1, 5], np.uint8)[stock_labels(arteries, ct)]
    assert np.array_equal(result.arteries.array, expected)
    # Of the calcification: what stock finds within 5 mm of the arteries, measured here in another way.
    from scipy.ndimage import distance_transform_edt

    distance = distance_transform_edt(expected == 0, sampling=ct.grid.spacing_mm[::-1])
    found = stock_labels(calcification, ct) == 1
    safe = np.abs(distance - 5.0) > 1e-3
    assert found[distance <= 5].any()
    assert np.array_equal(result.calcification.array[safe] != 0, (found & (distance <= 5.0))[safe])


def test_a_flipped_and_permuted_grid_gives_the_same_labels(models, worker):
    model = models("aorta", "renal_left")
    ct = a_noisy_ct()
    # The same image stored otherwise: i to the right, j to the head, k to the back.
    array = np.ascontiguousarray(ct.array.transpose(1, 0, 2)[:, :, ::-1])
    matrix = ct.grid.ijk_to_ras @ np.array([[-1, 0, 0, ct.grid.shape[2] - 1], [0, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
    other = Volume(array, Grid(array.shape, matrix))
    labels = drain(segment_steps(ct, [model], None, worker=worker)).arteries.array
    turned = drain(segment_steps(other, [model], None, worker=worker)).arteries.array
    assert np.array_equal(turned, labels.transpose(1, 0, 2)[:, :, ::-1])


def test_a_second_case_starts_in_the_warm_process(models, worker):
    model, ct = models("aorta"), a_noisy_ct()
    drain(segment_steps(ct, [model], None, worker=worker))
    pid = worker.pid
    drain(segment_steps(ct, [model], None, worker=worker))
    assert worker.pid == pid


def message_of(ct, model, kind, worker, **arguments) -> str:
    with pytest.raises(kind) as caught:
        drain(segment_steps(ct, [model], None, worker=worker, **arguments))
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value) or "." in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("weapon", [Weapon, CallingWeapon])
@pytest.mark.parametrize("zipped", [True, False], ids=["zip format", "bare pickle"])
def test_a_malicious_checkpoint_does_not_run(tmp_path, worker, weapon, zipped):
    import pickle

    import torch

    folder = a_tiny_model_folder(tmp_path, ["aorta"])
    file, evil = folder / "fold_0" / "checkpoint_final.pth", tmp_path / "evil"
    content = torch.load(file, weights_only=False)
    content["optimizer_state"] = weapon(evil)
    if zipped:
        torch.save(content, file)
    else:
        file.write_bytes(pickle.dumps({"network_weights": {}, "optimizer_state": weapon(evil)}, protocol=2))
    message = message_of(a_noisy_ct(), ModelFolder.open(folder), ModelError, worker)
    assert not evil.exists()
    if zipped:
        assert "Trust the model only" in message
        drain(segment_steps(a_noisy_ct(), [ModelFolder.open(folder)], None, worker=worker, trust=True))
        assert evil.exists(), "the weapon is a real one"


@pytest.mark.parametrize("content", [b"", b"nonsense", None], ids=["empty", "text", "cut short"])
def test_a_corrupt_checkpoint_is_named(tmp_path, worker, content):
    folder = a_tiny_model_folder(tmp_path, ["aorta"])
    model = ModelFolder.open(folder)
    file = folder / "fold_0" / "checkpoint_final.pth"
    file.write_bytes(file.read_bytes()[:2000] if content is None else content)
    message = message_of(a_noisy_ct(), model, ModelError, worker)
    assert str(file) in message
    assert "again" in message


def test_a_checkpoint_of_another_network_is_named(tmp_path, worker):
    folder = a_tiny_model_folder(tmp_path, ["aorta"])
    dataset = json.loads((folder / "dataset.json").read_text())
    dataset["labels"]["celiac_trunk"] = 2
    (folder / "dataset.json").write_text(json.dumps(dataset))
    assert "do not fit" in message_of(a_noisy_ct(), ModelFolder.open(folder), ModelError, worker)


def test_a_file_that_is_no_nnunet_checkpoint_is_named(tmp_path, worker):
    import torch

    folder = a_tiny_model_folder(tmp_path, ["aorta"])
    torch.save({"state_dict": {}}, folder / "fold_0" / "checkpoint_final.pth")
    assert "network_weights" in message_of(a_noisy_ct(), ModelFolder.open(folder), ModelError, worker)


def test_a_gpu_that_is_not_there_is_said_so(models, worker):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert "cpu" in message_of(a_noisy_ct(), models("aorta"), InferenceError, worker, device="cuda")


def test_cancelling_in_the_middle_of_the_network_leaves_nothing(models, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ct = a_noisy_ct((80, 80, 80), (1.5, 1.5, 1.5))
    worker = Worker()
    steps = segment_steps(ct, [models("aorta", patch_size=[16, 16, 16])], None, worker=worker)
    while (next(steps).fraction or 0) < 0.15:
        time.sleep(0.01)
    pid = worker.pid
    steps.close()
    with pytest.raises(OSError):  # noqa: PT011 - ProcessLookupError on POSIX, OSError on Windows
        os.kill(pid, 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_a_worker_killed_in_the_middle_of_the_network_is_explained(models, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ct = a_noisy_ct((80, 80, 80), (1.5, 1.5, 1.5))
    worker = Worker()
    steps = segment_steps(ct, [models("aorta", patch_size=[16, 16, 16])], None, worker=worker)
    while (next(steps).fraction or 0) < 0.15:
        time.sleep(0.01)
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(InferenceError, match="memory"):
        drain(steps)
    assert list(tmp_path.iterdir()) == []


# The worker, with 4 GiB more address space than its libraries take, which depends on the build of PyTorch and on the
# number of cores.
LIMITED = """
import resource, runpy, sys
import nnunetv2.utilities.plans_handling.plans_handler, torch
taken = next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmSize"))
resource.setrlimit(resource.RLIMIT_AS, (taken + (4 << 30), resource.getrlimit(resource.RLIMIT_AS)[1]))
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a limit on address space")
def test_out_of_memory_is_said_in_one_line_and_the_worker_lives_on(models):
    with Worker([sys.executable, "-c", LIMITED, str(INFERENCE)]) as limited:
        # One tile of this network weighs 32 GiB.
        message = message_of(a_noisy_ct(), models("aorta", patch_size=[2048, 2048, 2048]), InferenceError, limited)
        assert "not enough memory" in message
        assert drain(segment_steps(a_noisy_ct(), [models("aorta")], None, worker=limited)).device == "cpu"


def test_a_gpu_without_memory_leads_to_less_work_there_and_then_to_the_cpu():
    tried, said = [], []

    def run(device, sums_on):
        tried.append((device, sums_on))
        if device != "cpu":
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return "labels"

    assert run_with_fallback(run, "cuda:0", said.append) == ("labels", "cpu")
    assert tried == [("cuda:0", "cuda:0"), ("cuda:0", "cpu"), ("cpu", "cpu")]
    assert len(said) == 2
    assert "CPU" in said[1]


@pytest.mark.parametrize(
    "error",
    [
        NotImplementedError("conv_transpose3d is not there"),
        RuntimeError("ConvTranspose 3D is not supported on MPS"),
        RuntimeError("\"slow_conv3d_cpu\" not implemented for 'Half'"),
    ],
    ids=["not implemented", "of MPS", "of a type"],
)
def test_a_gpu_that_lacks_an_operation_leads_to_the_cpu(error):
    def run(device, sums_on):
        if device == "mps":
            raise error
        return "labels"

    said = []
    assert run_with_fallback(run, "mps", said.append) == ("labels", "cpu")
    assert len(said) == 1


@pytest.mark.parametrize(
    "words",
    [
        "CUDA out of memory. Tried to allocate 2.00 GiB",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "GET was unable to find an engine to execute this computation",
    ],
)
def test_memory_that_does_not_suffice_is_known_by_what_libraries_say(words):
    def run(device, sums_on):
        if (device, sums_on) == ("cuda", "cuda"):
            raise RuntimeError(words)
        return "labels"

    assert run_with_fallback(run, "cuda", lambda message: None) == ("labels", "cuda")


def test_other_failures_are_not_hidden():
    def run(device, sums_on):
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes"):
        run_with_fallback(run, "cuda", lambda message: None)

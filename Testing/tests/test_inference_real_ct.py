"""The real slab, from its DICOM files through two nnU-Net models in the worker."""

import numpy as np
import pytest

from AbdominalCalcificationLib.inference import ModelFolder, Worker, segment_steps
from AbdominalCalcificationLib.inference.predictor import Predictor
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reading import read_ct
from tiny_models import a_tiny_model_folder

pytestmark = [pytest.mark.nnunet, pytest.mark.real_ct]


def test_the_real_slab_goes_through_two_models_in_the_worker(real_ct, tmp_path):
    import torch
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor

    small = {"patch_size": [16, 96, 96], "spacing_mm": [3.0, 2.0, 2.0]}
    arteries = ModelFolder.open(a_tiny_model_folder(tmp_path / "a", ["aorta", "celiac_trunk"], **small))
    calcification = ModelFolder.open(a_tiny_model_folder(tmp_path / "c", ["calcification"], seed=6, **small))
    ct = read_ct(real_ct / "dicom").volume.cropped(np.s_[:, 170:330, 170:330])
    with Worker() as worker:
        result = drain(segment_steps(ct, [arteries], calcification, device="cpu", worker=worker, plain_nnunet=True))
    # What has learnt nothing is unsure everywhere: half precision turns one label in a hundred.
    quick, _ = Predictor(arteries, precision="float32").predict(ct.array, ct.grid.spacing_mm[::-1], "cpu")
    assert result.arteries.grid.same_as(ct.grid)
    assert result.calcification.grid.same_as(ct.grid)
    assert set(np.unique(result.calcification.array)) <= {0, 1}

    # DICOM's axes are those that stock nnU-Net gets from SimpleITK, so it must agree as it is.
    stock = nnUNetPredictor(use_mirroring=False, device=torch.device("cpu"), allow_tqdm=False)
    stock.initialize_from_trained_model_folder(str(arteries.path), ("0",), "checkpoint_final.pth")
    labels = stock.predict_single_npy_array(
        ct.array[None].astype(np.float32), {"spacing": list(ct.grid.spacing_mm[::-1])}
    )
    assert len(np.unique(labels)) > 1
    assert np.array_equal(result.arteries.array, labels)
    agree = quick == result.arteries.array
    assert agree[labels != 0].mean() > 0.99
    assert agree[labels == 0].mean() > 0.99

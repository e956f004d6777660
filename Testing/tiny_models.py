"""Tiny nnU-Net v2 model folders with random or set weights, in nnU-Net's own format."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from AbdominalCalcificationLib.geometry import Grid, Volume

TRAINER_FOLDER = "nnUNetTrainer__nnUNetPlans__3d_fullres"


def tiny_plans(
    name: str = "Dataset900_Tiny",
    patch_size: Sequence[int] = (32, 32, 32),
    spacing_mm: Sequence[float] = (1.5, 1.5, 1.5),
    features: Sequence[int] = (4, 8),
    transpose: Sequence[int] = (0, 1, 2),
    reader: str = "SimpleITKIO",
    residual: bool = False,
) -> dict:
    """Return a plans.json with one 3D configuration, as nnunetv2 2.8 writes it."""
    resampling = {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None}
    return {
        "dataset_name": name,
        "plans_name": "nnUNetPlans",
        "original_median_spacing_after_transp": list(spacing_mm),
        "original_median_shape_after_transp": [64, 64, 64],
        "image_reader_writer": reader,
        "transpose_forward": list(transpose),
        "transpose_backward": [list(transpose).index(axis) for axis in range(3)],
        "configurations": {
            "3d_fullres": {
                "data_identifier": "nnUNetPlans_3d_fullres",
                "preprocessor_name": "DefaultPreprocessor",
                "batch_size": 2,
                "patch_size": list(patch_size),
                "median_image_size_in_voxels": [64.0, 64.0, 64.0],
                "spacing": list(spacing_mm),
                "normalization_schemes": ["CTNormalization"],
                "use_mask_for_norm": [False],
                "resampling_fn_data": "resample_data_or_seg_to_shape",
                "resampling_fn_seg": "resample_data_or_seg_to_shape",
                "resampling_fn_data_kwargs": resampling,
                "resampling_fn_seg_kwargs": {**resampling, "is_seg": True, "order": 1},
                "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
                "resampling_fn_probabilities_kwargs": {**resampling, "order": 1},
                "architecture": _architecture(features, residual),
                "batch_dice": True,
            }
        },
        "experiment_planner_used": "ExperimentPlanner",
        "label_manager": "LabelManager",
        "foreground_intensity_properties_per_channel": {
            "0": {
                "max": 1500.0,
                "mean": 250.0,
                "median": 240.0,
                "min": -200.0,
                "percentile_00_5": -100.0,
                "percentile_99_5": 1000.0,
                "std": 200.0,
            }
        },
    }


def _architecture(features: Sequence[int], residual: bool) -> dict:
    stages = len(features)
    network = "ResidualEncoderUNet" if residual else "PlainConvUNet"
    return {
        "network_class_name": f"dynamic_network_architectures.architectures.unet.{network}",
        "arch_kwargs": {
            "n_stages": stages,
            "features_per_stage": list(features),
            "conv_op": "torch.nn.modules.conv.Conv3d",
            "kernel_sizes": [[3, 3, 3]] * stages,
            "strides": [[1, 1, 1], *[[2, 2, 2]] * (stages - 1)],
            "n_blocks_per_stage" if residual else "n_conv_per_stage": [1] * stages,
            "n_conv_per_stage_decoder": [1] * (stages - 1),
            "conv_bias": True,
            "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
            "norm_op_kwargs": {"eps": 1e-05, "affine": True},
            "dropout_op": None,
            "dropout_op_kwargs": None,
            "nonlin": "torch.nn.LeakyReLU",
            "nonlin_kwargs": {"inplace": True},
        },
        "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
    }


def tiny_dataset(labels: Sequence[str]) -> dict:
    """Return a dataset.json for one CT channel and `labels`, numbered from 1."""
    return {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, **{name: number for number, name in enumerate(labels, 1)}},
        "numTraining": 4,
        "file_ending": ".nii.gz",
    }


def a_model_folder_without_weights(folder: Path, labels: Sequence[str], folds: Sequence[str] = ("0",), **plans) -> Path:
    """Write a model folder whose checkpoint is only a few bytes: all that checks without torch look at."""
    return _write(folder, labels, folds, plans, lambda file, fold: file.write_bytes(b"not read without torch"))


def a_tiny_model_folder(
    folder: Path, labels: Sequence[str], folds: Sequence[str] = ("0",), seed: int = 4, **plans
) -> Path:
    """Write a model folder with a tiny random network and return the trainer folder.

    Parameters
    ----------
    folder : Path
        The trainer folder is made in a dataset folder in here.
    labels : sequence of str
        Foreground labels, numbered from 1.
    folds : sequence of str
    seed : int
        Of the random weights; each fold differs. The default gives regions of every label on smooth noise.
    plans
        Arguments of :func:`tiny_plans`.
    """

    def write_checkpoint(file: Path, number: int) -> None:
        import numpy as np
        import torch
        from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

        architecture = tiny_plans(**plans)["configurations"]["3d_fullres"]["architecture"]
        torch.manual_seed(seed + number)
        network = get_network_from_plans(
            architecture["network_class_name"],
            architecture["arch_kwargs"],
            architecture["_kw_requires_import"],
            1,
            len(labels) + 1,
            deep_supervision=False,
        )
        # Random features give a constant label mostly; a wide last layer gives all of them.
        for layer in network.decoder.seg_layers:
            torch.nn.init.normal_(layer.weight, std=3.0)
            torch.nn.init.zeros_(layer.bias)
        torch.save(
            {
                "network_weights": network.state_dict(),
                "optimizer_state": None,
                "grad_scaler_state": None,
                # NumPy scalars, as nnU-Net's training log holds them.
                "logging": {"mean_fg_dice": [np.float64(0.5), np.float32(0.6)]},
                "_best_ema": np.float64(0.55),
                "current_epoch": 1,
                "init_args": {"plans": {}, "configuration": "3d_fullres", "fold": 0, "device": torch.device("cuda", 0)},
                "trainer_name": "nnUNetTrainer",
                "inference_allowed_mirroring_axes": (0, 1, 2),
            },
            file,
        )

    return _write(folder, labels, folds, plans, write_checkpoint)


def _write(folder: Path, labels, folds, plans: dict, write_checkpoint) -> Path:
    content = tiny_plans(**plans)
    trainer = folder / content["dataset_name"] / TRAINER_FOLDER
    for number, fold in enumerate(folds):
        (trainer / f"fold_{fold}").mkdir(parents=True)
        write_checkpoint(trainer / f"fold_{fold}" / "checkpoint_final.pth", number)
    (trainer / "dataset.json").write_text(json.dumps(tiny_dataset(labels)))
    (trainer / "plans.json").write_text(json.dumps(content))
    return trainer


def a_noisy_ct(shape=(24, 44, 48), spacing_mm=(0.9, 0.9, 2.5), seed=1) -> Volume:
    """Smooth noise, so that labels form regions; a rim of zeros, which nnU-Net crops."""
    from scipy.ndimage import gaussian_filter

    noise = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 2)
    array = np.clip(300 + 200 * noise / noise.std(), -900, 1500).astype(np.int16)
    array[:3] = array[:, -5:] = 0
    return Volume(array, Grid.from_spacing(shape, spacing_mm, (10, -20, 30), np.diag([-1, -1, 1])))


def let_it_say(folder: Path, key: str, value) -> None:
    """Let the dataset.json of a model folder say something more."""
    file = folder / "dataset.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: value}))

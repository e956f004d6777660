"""Tiny models for radiographs, and films to learn from: drawn, so that no network needs to be good."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from AbdominalCalcificationLib.inference.kauppila_model import CHECKPOINT_FILE, MODEL_FILE, model_document
from AbdominalCalcificationLib.inference.kauppila_network import KauppilaArchitecture
from AbdominalCalcificationLib.radiograph.region import RegionGeometry
from AbdominalCalcificationLib.radiograph.spine import LABELS, vertebrae_of
from AbdominalCalcificationLib.training.kauppila.films import Film, film_of
from AbdominalCalcificationLib.training.tasks import VERTEBRAE_TASK, dataset_document
from radiograph_cases import EXTENTS, a_radiograph, drawn_labels, is_deposit, measured
from tiny_models import tiny_plans

ARCHITECTURE = KauppilaArchitecture((4, 8, 8), (1, 1, 1), 8, 8)
GEOMETRY = RegionGeometry(rows=64, columns=48, margin_rows=8)
CALIBRATION = {"temperature": 1.2, "inflation": 1.1, "decision": "median", "films": 0, "mean_absolute_error": None}


def a_kauppila_folder(folder: Path, **changes) -> Path:
    """Write a model folder whose checkpoint no network can read; `changes` replace parts of model.json."""
    folder.mkdir(parents=True)
    document = model_document("tiny", ARCHITECTURE, GEOMETRY, CALIBRATION, {"films": 3, "steps": 5}, "0")
    (folder / MODEL_FILE).write_text(json.dumps({**document, **changes}))
    (folder / CHECKPOINT_FILE).write_bytes(b"not read here")
    return folder


def a_kauppila_model(folder: Path, **changes) -> Path:
    """Write a model folder with random weights."""
    import torch

    from AbdominalCalcificationLib.inference.kauppila_network import build_network

    a_kauppila_folder(folder, **changes)
    torch.manual_seed(0)
    network = build_network(ARCHITECTURE, GEOMETRY.margin_rows)
    torch.save({"network_weights": network.state_dict()}, folder / CHECKPOINT_FILE)
    return folder


def a_vertebra_folder(folder: Path) -> Path:
    """Write a 2D nnU-Net model folder of vertebrae with random weights."""
    import torch
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

    plans = radiograph_plans()
    settings = plans["configurations"]["2d"]["architecture"]
    network = get_network_from_plans(
        settings["network_class_name"], settings["arch_kwargs"], settings["_kw_requires_import"], 1, 9,
        deep_supervision=False,
    )  # fmt: skip
    (folder / "fold_0").mkdir(parents=True)
    (folder / "plans.json").write_text(json.dumps(plans))
    (folder / "dataset.json").write_text(json.dumps(dataset_document("Dataset903_Tiny", VERTEBRAE_TASK, 1)))
    checkpoint = {
        "network_weights": network.state_dict(),
        "init_args": {"configuration": "2d", "fold": 0},
        "trainer_name": "nnUNetTrainer",
        "inference_allowed_mirroring_axes": None,
    }
    torch.save(checkpoint, folder / "fold_0" / "checkpoint_final.pth")
    return folder


def a_vertebra_folder_without_weights(folder: Path, plans=None, task=VERTEBRAE_TASK, **document) -> Path:
    """Write one whose checkpoint no network can read; `document` replaces parts of dataset.json."""
    (folder / "fold_0").mkdir(parents=True)
    (folder / "plans.json").write_text(json.dumps(plans or radiograph_plans()))
    (folder / "dataset.json").write_text(json.dumps({**dataset_document("Dataset903_T", task, 1), **document}))
    (folder / "fold_0" / "checkpoint_final.pth").write_bytes(b"not read here")
    return folder


def radiograph_plans() -> dict:
    """Return a plans.json with one 2D configuration."""
    plans = tiny_plans("Dataset903_Tiny", (32, 32, 32), (1.2, 1.2, 1.2), (4, 8, 8))
    settings = plans["configurations"].pop("3d_fullres")
    settings.update(patch_size=[64, 48], spacing=[1.2, 1.2], normalization_schemes=["ZScoreNormalization"])
    network = settings["architecture"]["arch_kwargs"]
    network.update(
        conv_op="torch.nn.modules.conv.Conv2d",
        norm_op="torch.nn.modules.instancenorm.InstanceNorm2d",
        kernel_sizes=[[3, 3]] * 3,
        strides=[[1, 1], [2, 2], [2, 2]],
    )
    plans["configurations"]["2d"] = settings
    return plans


def films(count: int) -> list[Film]:
    """Return films of drawn radiographs, each with other deposits."""
    made = []
    for seed in range(count):
        extents = np.roll(EXTENTS, seed)
        radiograph = a_radiograph(extents=tuple(extents), seed=seed)
        score, _ = measured(tuple(extents))
        contrast = 0.05 * is_deposit(tuple(extents)).astype(np.float32)
        made.append(film_of(radiograph, vertebrae_of(drawn_labels(), radiograph.step), score.segments, contrast))
    return made


class SeesLabels:
    """Stands in for the vertebrae's network: knows the drawn label map, and each side as well as the other."""

    def __init__(self, labels: np.ndarray, sure: float = 0.95):
        self.labels, self.sure = labels, sure

    def shares(self, pixels, step_mm):
        from AbdominalCalcificationLib.radiograph.resampling import Raster, raster_at

        stacked = [raster_at(self.labels == value, step_mm, 1.2) for value in range(1 + len(LABELS))]
        shares = np.stack([each.pixels for each in stacked], axis=-1) * self.sure + (1 - self.sure) / 9
        return Raster(shares.astype(np.float32), stacked[0].step, stacked[0].origin)

"""Small nnU-Net models by nnU-Net's own road: raw dataset, fingerprint, plans, preprocessing, trainer.

What differs from nnU-Net's default is written here: the size of the network and its patch, the intensity window,
AdamW instead of SGD for the few steps there are, bfloat16 where the CPU has it, and no mirroring that would swap
left for right.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from .simulated import TASKS

PLANS = "nnUNetPlans"
CONFIGURATION = "3d_fullres"

# Of the cross-entropy, relative to background and aorta.
THIN_ARTERY_WEIGHTS = {
    "celiac_trunk": 10.0,
    "superior_mesenteric": 3.0,
    "inferior_mesenteric": 10.0,
    "renal_left": 10.0,
    "renal_right": 10.0,
    "common_iliac_left": 3.0,
    "common_iliac_right": 3.0,
}


@dataclass(frozen=True)
class SmallConfiguration:
    """Size of a bundled model and length of its training.

    Attributes
    ----------
    features : tuple of int
        Per stage; each stage after the first halves the resolution.
    patch : tuple of int
        Voxels along z, y, x.
    batch : int
    window_hu : tuple of float
        Intensities are clipped to these, then shifted and scaled by the two numbers after.
    mean_hu, std_hu : float
    learning_rate : float
    steps_per_epoch : int
    """

    features: tuple[int, ...] = (8, 16, 32, 64, 96)
    patch: tuple[int, int, int] = (48, 48, 48)
    batch: int = 2
    # Foreground percentiles, nnU-Net's rule, would hide everything but calcium from the calcification model.
    window_hu: tuple[float, float] = (-200.0, 1200.0)
    mean_hu: float = 120.0
    std_hu: float = 220.0
    learning_rate: float = 1.5e-3
    steps_per_epoch: int = 50


def set_folders(work: Path | str) -> Path:
    """Point nnU-Net at ``raw``, ``preprocessed`` and ``results`` in `work`; call before nnunetv2 is imported."""
    work = Path(work).resolve()
    for variable, name in (
        ("nnUNet_raw", "raw"),
        ("nnUNet_preprocessed", "preprocessed"),
        ("nnUNet_results", "results"),
    ):
        (work / name).mkdir(parents=True, exist_ok=True)
        os.environ[variable] = str(work / name)
    return work


def prepare(work: Path | str, task_name: str, configuration: SmallConfiguration, processes: int = 1) -> None:
    """Extract the fingerprint, write the plans and preprocess, as ``nnUNetv2_plan_and_preprocess`` does."""
    work = set_folders(work)
    os.environ["nnUNet_n_proc_DA"] = "1"  # noqa: SIM112 - nnU-Net spells it so
    from nnunetv2.experiment_planning.experiment_planners.default_experiment_planner import ExperimentPlanner
    from nnunetv2.experiment_planning.plan_and_preprocess_api import extract_fingerprints, preprocess

    task = TASKS[task_name]
    number = int(task.dataset[7:10])
    extract_fingerprints([number], num_processes=processes, check_dataset_integrity=False, clean=False)
    planner = ExperimentPlanner(
        number, gpu_memory_target_in_gb=8, plans_name=PLANS, overwrite_target_spacing=[task.spacing_mm] * 3
    )
    planner.plan_experiment()
    path = work / "preprocessed" / task.dataset / f"{PLANS}.json"
    plans = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(small_plans(plans, configuration), indent=1) + "\n", encoding="utf-8")
    gt = work / "preprocessed" / task.dataset
    shutil.copy(work / "raw" / task.dataset / "dataset.json", gt / "dataset.json")
    cases = sorted(file.name[:-7] for file in (work / "raw" / task.dataset / "labelsTr").glob("*.nii.gz"))
    watched = cases[9::10] or cases[-1:]
    split = [{"train": [case for case in cases if case not in watched] or cases, "val": watched}]
    (gt / "splits_final.json").write_text(json.dumps(split, indent=1), encoding="utf-8")
    preprocess([number], PLANS, configurations=[CONFIGURATION], num_processes=[processes])


def small_plans(plans: dict, configuration: SmallConfiguration) -> dict:
    """Return nnU-Net's `plans` with the small network, patch and intensity window in place."""
    stages = len(configuration.features)
    chosen = dict(plans["configurations"][CONFIGURATION])
    chosen["patch_size"] = list(configuration.patch)
    chosen["batch_size"] = configuration.batch
    chosen["batch_dice"] = True
    architecture = json.loads(json.dumps(chosen["architecture"]))
    architecture["network_class_name"] = "dynamic_network_architectures.architectures.unet.PlainConvUNet"
    architecture["arch_kwargs"].update(
        n_stages=stages,
        features_per_stage=list(configuration.features),
        kernel_sizes=[[3, 3, 3]] * stages,
        strides=[[1, 1, 1]] + [[2, 2, 2]] * (stages - 1),
        n_conv_per_stage=[1] + [2] * (stages - 1),
        n_conv_per_stage_decoder=[1] * (stages - 1),
    )
    chosen["architecture"] = architecture
    intensities = dict(plans["foreground_intensity_properties_per_channel"]["0"])
    low, high = configuration.window_hu
    intensities.update(percentile_00_5=low, percentile_99_5=high, mean=configuration.mean_hu, std=configuration.std_hu)
    return {
        **plans,
        "configurations": {CONFIGURATION: chosen},
        "foreground_intensity_properties_per_channel": {"0": intensities},
    }


def train(work: Path | str, task_name: str, minutes: float, configuration: SmallConfiguration, seed: int = 0) -> Path:
    """Train one model for `minutes` of wall time and return its nnU-Net results folder.

    Interrupted training goes on from ``checkpoint_latest.pth``. The learning rate falls to zero over the time.
    """
    work = set_folders(work)
    os.environ["nnUNet_n_proc_DA"] = "0"  # noqa: SIM112 - nnU-Net spells it so
    import numpy as np
    import torch
    from nnunetv2.training.lr_scheduler.polylr import PolyLRScheduler
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the generator that batchgenerators draws from
    task = TASKS[task_name]
    budget_s = 60.0 * minutes
    settings = configuration

    class SmallTrainer(nnUNetTrainer):
        def __init__(self, plans, configuration, fold, dataset_json, device):
            super().__init__(plans, configuration, fold, dataset_json, device)
            self.initial_lr = settings.learning_rate
            self.num_iterations_per_epoch = settings.steps_per_epoch
            self.num_val_iterations_per_epoch = 4
            self.num_epochs = 100_000
            self.save_every = 2
            # Small arteries fill a hundredth of the patches drawn at random.
            self.oversample_foreground_percent = 0.8
            self.probabilistic_oversampling = True
            self.spent_s = 0.0
            self.my_init_kwargs = {"configuration": configuration, "fold": fold}
            self.clock_file = Path(self.output_folder) / "seconds.json"

        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.network.parameters(), self.initial_lr, weight_decay=1e-4)
            return optimizer, PolyLRScheduler(optimizer, self.initial_lr, 1000)

        def _build_loss(self):
            loss = super()._build_loss()
            if task_name == "arteries":
                # Without a heavier cross-entropy the thin arteries stay unseen for thousands of steps.
                weights = torch.ones(len(task.labels))
                for name, weight in THIN_ARTERY_WEIGHTS.items():
                    weights[task.labels[name]] = weight
                loss.loss.ce.register_buffer("weight", weights)
            return loss

        def configure_rotation_dummyDA_mirroring_and_inital_patch_size(self):
            rotation, dummy, patch, _ = super().configure_rotation_dummyDA_mirroring_and_inital_patch_size()
            self.inference_allowed_mirroring_axes = None
            narrow = tuple(angle / 2 for angle in rotation)
            return narrow, dummy, patch, None if task_name == "arteries" else (2,)

        def plot_network_architecture(self):
            pass

        def on_train_start(self):
            super().on_train_start()
            if self.clock_file.exists() and self.current_epoch:
                self.spent_s = json.loads(self.clock_file.read_text(encoding="utf-8"))["seconds"]

        def on_train_epoch_start(self):
            super().on_train_epoch_start()
            rest = max(1e-3, 1.0 - self.spent_s / budget_s)
            for group in self.optimizer.param_groups:
                group["lr"] = self.initial_lr * rest**0.9
            self._started = time.monotonic()

        def train_step(self, batch):
            data, target = batch["data"], batch["target"]
            self.optimizer.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16):
                output = self.network(data.contiguous(memory_format=torch.channels_last_3d))
            loss = self.loss([o.float() for o in output], target)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 12)
            self.optimizer.step()
            return {"loss": loss.detach().numpy()}

        def on_epoch_end(self):
            self.spent_s += time.monotonic() - self._started
            steps = (self.current_epoch + 1) * self.num_iterations_per_epoch
            if self.spent_s >= budget_s:
                self.num_epochs = self.current_epoch + 1
            super().on_epoch_end()
            self.clock_file.write_text(json.dumps({"seconds": round(self.spent_s), "steps": steps}), encoding="utf-8")

        def run_training(self):
            self.on_train_start()
            self.network.to(memory_format=torch.channels_last_3d)
            while self.spent_s < budget_s:
                self.on_epoch_start()
                self.on_train_epoch_start()
                losses = [self.train_step(next(self.dataloader_train)) for _ in range(self.num_iterations_per_epoch)]
                self.on_train_epoch_end(losses)
                with torch.no_grad():
                    self.on_validation_epoch_start()
                    checks = [
                        self.validation_step(next(self.dataloader_val))
                        for _ in range(self.num_val_iterations_per_epoch)
                    ]
                    self.on_validation_epoch_end(checks)
                self.on_epoch_end()
            self.on_train_end()

    base = work / "preprocessed" / task.dataset
    plans = json.loads((base / f"{PLANS}.json").read_text(encoding="utf-8"))
    dataset = json.loads((base / "dataset.json").read_text(encoding="utf-8"))
    latest = work / "results" / task.dataset / f"SmallTrainer__{PLANS}__{CONFIGURATION}/fold_0/checkpoint_latest.pth"
    resumed = latest.exists()
    trainer = SmallTrainer(
        {**plans, "continue_training": resumed}, CONFIGURATION, 0, dataset, device=torch.device("cpu")
    )
    if resumed:
        trainer.load_checkpoint(str(latest))
    trainer.run_training()
    return Path(trainer.output_folder_base)


def ship(trained: Path | str, destination: Path | str, checkpoint: str = "checkpoint_final.pth") -> None:
    """Write a trained folder as a model folder for use: weights only, as 16-bit floats, no absolute paths.

    Stock nnU-Net reads it: the trainer is named ``nnUNetTrainer``, whose network is the same.
    """
    import torch

    trained, destination = Path(trained), Path(destination)
    state = torch.load(trained / "fold_0" / checkpoint, map_location="cpu", weights_only=False)
    # The network names many tensors twice; halved once each, they are stored once.
    halved = {value.data_ptr(): value.half().contiguous() for value in state["network_weights"].values()}
    shipped = {
        "network_weights": {key: halved[value.data_ptr()] for key, value in state["network_weights"].items()},
        "init_args": {"configuration": CONFIGURATION, "fold": 0},
        "trainer_name": "nnUNetTrainer",
        "inference_allowed_mirroring_axes": None,
    }
    (destination / "fold_0").mkdir(parents=True, exist_ok=True)
    torch.save(shipped, destination / "fold_0" / "checkpoint_final.pth")
    plans = json.loads((trained / "plans.json").read_text(encoding="utf-8"))
    plans.pop("continue_training", None)
    dataset = json.loads((trained / "dataset.json").read_text(encoding="utf-8"))
    for name, content in (("plans", plans), ("dataset", dataset)):
        (destination / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

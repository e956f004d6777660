"""nnU-Net's trainer with a clock: it tells how far it is, can be stopped at any step, and goes on from there."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ..durable import write_text
from ..errors import InferenceError, InputError, ModelError
from ..explanations import first_line
from ..inference import ModelFolder
from ..inference.checkpoint import load_checkpoint, save_checkpoint
from ..inference.devices import choose_device
from .job import PLANS, Job
from .small import small_trainer

LATEST, FINAL = "checkpoint_latest.pth", "checkpoint_final.pth"
CLOCK_FILE = "seconds.json"
# A crash or a power cut costs no more than this.
_SAVE_EVERY_S = 600.0


def make_trainer(job: Job, prepared: Path | None = None):
    """Return a trainer for `job`, at the beginning; :func:`resume` takes it to where it was.

    Parameters
    ----------
    job : Job
    prepared : Path, optional
        Folder with plans and dataset.json, that of the job by default.
    """
    import torch
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

    device = torch.device(choose_device(job.device))
    # Waiting for the next patch is cheaper on a GPU than cutting it out beside the network on few cores.
    feeders = job.processes if device.type == "cuda" or job.processes > 1 else 0
    os.environ["nnUNet_n_proc_DA"] = str(feeders)  # noqa: SIM112 - nnU-Net spells it so
    if job.threads:
        torch.set_num_threads(job.threads)
    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002 - the generator that batchgenerators draws from
    base = nnUNetTrainer if job.small is None else small_trainer(job.task_name, job.small)
    left_right = job.task_name == "arteries" and job.small is None
    prepared = prepared or job.prepared
    plans = json.loads((prepared / f"{PLANS}.json").read_text(encoding="utf-8"))
    dataset = json.loads((prepared / "dataset.json").read_text(encoding="utf-8"))
    fold = job.fold if job.fold == "all" else int(job.fold)
    resumed = checkpoint_of(job) is not None
    trainer = _timed(base, left_right, job.trust)(
        {**plans, "continue_training": resumed}, job.task.configuration, fold, dataset, device=device
    )
    trainer.set_length(job)
    return trainer


def checkpoint_of(job: Job) -> Path | None:
    """Return the checkpoint from which training goes on; None where it has not begun."""
    return next((job.fold_folder / name for name in (LATEST, FINAL) if (job.fold_folder / name).is_file()), None)


def resume(trainer, job: Job) -> bool:
    """Load the last checkpoint, else the weights to start from; return whether there was a checkpoint."""
    trainer.initialize()
    checkpoint = checkpoint_of(job)
    if checkpoint is not None:
        try:
            trainer.load_checkpoint(str(checkpoint))
        except ModelError as error:
            raise ModelError(
                f"{error} Without it, the training begins anew: remove it, or name another work folder."
            ) from None
        except (RuntimeError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                f"The checkpoint '{checkpoint}' does not fit or is damaged ({first_line(error)}); "
                "remove it to begin anew."
            ) from None
        trainer.load_clock()
    elif job.initial is not None:
        load_initial(trainer, ModelFolder.open(job.initial, kind=job.task.kind), job.trust)
    return checkpoint is not None


def load_initial(trainer, model: ModelFolder, trust: bool = False) -> None:
    """Give the network the weights of `model`; the last layer only where the labels are the same."""
    weights = load_checkpoint(model.checkpoints[0], trust)["network_weights"]
    labels = {name: value for name, value in trainer.dataset_json["labels"].items() if name != "background"}
    network = trainer.network
    if labels != model.labels:
        own = network.state_dict()
        weights = {key: own[key] if ".seg_layers." in key else value for key, value in weights.items() if key in own}
    try:
        network.load_state_dict(weights)
    except RuntimeError:
        raise ModelError(
            f"The weights of {model.path} do not fit the network that is trained; use another model, or the settings "
            "with which it was trained."
        ) from None


def _timed(base: type, keep_left_right: bool, trust: bool = False) -> type:
    """Return `base`, a trainer of nnU-Net, with a clock, a loop that can be stopped, and care for checkpoints."""
    # nnU-Net names folders, and stock nnU-Net looks for the trainer, by the name.
    return type(base.__name__, (_Timed, base), {"keep_left_right": keep_left_right, "trust": trust})


class _Timed:
    """What is added to a trainer of nnU-Net, which comes after it among the bases of :func:`_timed`."""

    keep_left_right: bool
    trust: bool

    def set_length(self, job: Job) -> None:
        """Say how long to train: for a time, or for a number of epochs."""
        self.budget_s = None if job.minutes is None else 60.0 * job.minutes
        if self.budget_s is not None:
            self.num_epochs = 1_000_000
        elif job.epochs is not None:
            self.num_epochs = job.epochs
        self.spent_s = 0.0
        self.steps_done = 0

    def load_checkpoint(self, filename: str) -> None:
        import torch

        # nnU-Net would let the file run code; it finds what was read under the policy for models.
        read, own = load_checkpoint(Path(filename), self.trust), torch.load
        torch.load = lambda *_, **__: read
        try:
            super().load_checkpoint(filename)
        finally:
            torch.load = own

    def load_clock(self) -> None:
        try:
            said = json.loads((Path(self.output_folder) / CLOCK_FILE).read_text(encoding="utf-8"))
            self.spent_s, self.steps_done = float(said["seconds"]), int(said["steps"])
        except (FileNotFoundError, ValueError, KeyError, TypeError, OverflowError):
            # A checkpoint of nnU-Net's own: its epochs are known, its time is not.
            self.spent_s, self.steps_done = 0.0, self.current_epoch * self.num_iterations_per_epoch

    @property
    def part_done(self) -> float:
        if self.budget_s is not None:
            return 1.0 if self.budget_s <= 0 else min(1.0, self.spent_s / self.budget_s)
        return min(1.0, self.current_epoch / max(1, self.num_epochs))

    def configure_rotation_dummyDA_mirroring_and_inital_patch_size(self):
        rotation, dummy, patch, axes = super().configure_rotation_dummyDA_mirroring_and_inital_patch_size()
        if self.keep_left_right and axes:
            # A mirrored patient would teach that the left renal artery may as well be the right one.
            across = list(self.plans_manager.transpose_forward).index(2)
            axes = tuple(axis for axis in axes if axis != across)
            self.inference_allowed_mirroring_axes = axes
        return rotation, dummy, patch, axes

    def plot_network_architecture(self):
        pass

    def on_train_epoch_start(self):
        super().on_train_epoch_start()
        for group in self.optimizer.param_groups:
            group["lr"] = self.initial_lr * max(1e-3, 1.0 - self.part_done) ** 0.9

    def save_checkpoint(self, filename: str) -> None:
        def save_clock() -> None:
            # Before the checkpoint is there: one without a clock would not know how far it is.
            if Path(filename).name in (LATEST, FINAL):
                clock = {"seconds": round(self.spent_s, 1), "steps": self.steps_done}
                write_text(Path(self.output_folder) / CLOCK_FILE, json.dumps(clock) + "\n")
                self._saved = time.monotonic()

        save = super().save_checkpoint
        save_checkpoint(filename, lambda unfinished: save(str(unfinished)), save_clock)

    def save_within_epoch(self) -> None:
        """Save so that the epoch at hand is begun again."""
        self.current_epoch -= 1
        self.save_checkpoint(os.path.join(self.output_folder, LATEST))
        self.current_epoch += 1

    def train_on(self, report: Callable[[str, float, float | None], None], stopped: Callable[[], bool]) -> bool:
        """Train to the end and return True, or save and return False where `stopped` says so."""
        self.on_train_start()
        self._saved = began = time.monotonic()
        spent_before, part_before = self.spent_s, self.part_done

        def tell(part: float) -> None:
            now = time.monotonic()
            self.spent_s = spent_before + now - began
            if self.budget_s is None:
                left = (now - began) * (1 - part) / max(1e-9, part - part_before)
            else:
                part, left = self.part_done, max(0.0, self.budget_s - self.spent_s)
            report(self._stage(), part, left)

        while self.part_done < 1.0:
            if not self._epoch(tell, stopped):
                self.save_within_epoch()
                return False
        self.on_train_end()
        return True

    def _epoch(self, tell: Callable[[float], None], stopped: Callable[[], bool]) -> bool:
        """Learn and watch for an epoch; return False where `stopped` said so on the way."""
        import torch

        self.on_epoch_start()
        self.on_train_epoch_start()
        losses, watched = [], []
        # Watching a step takes about a third of learning from it.
        whole = self.num_iterations_per_epoch + self.num_val_iterations_per_epoch / 3
        for _ in range(self.num_iterations_per_epoch):
            if stopped():
                return False
            losses.append(self.train_step(self._on_device(next(self.dataloader_train))))
            self.steps_done += 1
            # One such step is skipped by the scaler of half precision; then there are numbers again.
            if not any(np.isfinite(each["loss"]) for each in losses[-3:]):
                raise InferenceError(
                    "The training went astray (its loss is no number); begin anew in another work folder, "
                    "with a lower learning rate or with other initial weights."
                )
            tell((self.current_epoch + len(losses) / whole) / self.num_epochs)
            if self.budget_s is not None and self.part_done >= 1.0:
                break
            if time.monotonic() - self._saved > _SAVE_EVERY_S:
                self.save_within_epoch()
        self.on_train_epoch_end(losses)
        self.on_validation_epoch_start()
        for _ in range(self.num_val_iterations_per_epoch):
            if stopped():
                return False
            with torch.no_grad():
                watched.append(self.validation_step(next(self.dataloader_val)))
            tell((self.current_epoch + (len(losses) + len(watched) / 3) / whole) / self.num_epochs)
        self.on_validation_epoch_end(watched)
        self.on_epoch_end()
        return True

    def _stage(self) -> str:
        of = f" of {self.num_epochs}" if self.budget_s is None else ""
        return f"Training, epoch {self.current_epoch + 1}{of}"

    def _on_device(self, batch: dict) -> dict:
        """Return the batch where the network is; the small trainer takes that for granted."""
        target = batch["target"]
        target = [part.to(self.device) for part in target] if isinstance(target, list) else target.to(self.device)
        return {**batch, "data": batch["data"].to(self.device), "target": target}

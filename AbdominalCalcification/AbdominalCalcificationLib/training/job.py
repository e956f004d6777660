"""What is to be trained, and where: what the command hands to the process that trains."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ..simulation.labelled import AnatomyMix
from .small import SmallConfiguration, configuration_from
from .tasks import EVERY_TASK, Task

PLANS = "nnUNetPlans"
FOLDS = ("0", "1", "2", "3", "4", "all")


@dataclass(frozen=True)
class Job:
    """One training.

    Attributes
    ----------
    task_name : str
        A key of :data:`.tasks.EVERY_TASK`.
    work : str
        Folder for everything that is made on the way: ``raw`` (virtual patients), ``preprocessed``, ``results``.
    raw : str
        Folder that holds the raw dataset (``nnUNet_raw``).
    dataset : str
        Name of the raw dataset's folder.
    seeds : tuple of int
        Virtual patients to make first; empty where the dataset is there.
    anatomy : AnatomyMix or None
        Label maps that some of the virtual patients are made from.
    small : SmallConfiguration or None
        The small network; nnU-Net's own default where None.
    fold : str
        ``0`` to ``4``, or ``all``.
    device : str
        As for inference.
    minutes : float or None
        How long to train; the learning rate falls to zero over this time.
    epochs : int or None
        How many epochs instead; None for nnU-Net's 1000.
    initial : str or None
        Model folder whose plans and weights (those of its first fold) to start from.
    trust : bool
        Load those weights, and what the work folder holds, even where that can run code.
    processes : int
        For simulating and preparing; on a GPU also for what feeds it.
    threads : int
        Of PyTorch; 0 leaves the choice to it.
    """

    task_name: str
    work: str
    raw: str
    dataset: str
    seeds: tuple[int, ...] = ()
    anatomy: AnatomyMix | None = None
    small: SmallConfiguration | None = None
    fold: str = "0"
    device: str = "auto"
    minutes: float | None = None
    epochs: int | None = None
    initial: str | None = None
    trust: bool = False
    processes: int = 1
    threads: int = 0

    @property
    def task(self) -> Task:
        return EVERY_TASK[self.task_name]

    @property
    def prepared(self) -> Path:
        """Folder of fingerprint, plans and preprocessed cases."""
        return Path(self.work) / "preprocessed" / self.dataset

    @property
    def trained(self) -> Path:
        """The trainer folder, as nnU-Net names it."""
        trainer = "nnUNetTrainer" if self.small is None else "SmallTrainer"
        return Path(self.work) / "results" / self.dataset / f"{trainer}__{PLANS}__{self.task.configuration}"

    @property
    def fold_folder(self) -> Path:
        """Where checkpoints are."""
        return self.trained / f"fold_{self.fold}"

    def to_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict) -> Job:
        small = None if values["small"] is None else configuration_from(json.loads(json.dumps(values["small"])))
        anatomy = AnatomyMix.from_json(values.get("anatomy"))
        return cls(**{**values, "seeds": tuple(values["seeds"]), "small": small, "anatomy": anatomy})

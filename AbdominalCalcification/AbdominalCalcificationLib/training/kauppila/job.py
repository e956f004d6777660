"""One training of the Kauppila network: what the command hands to the process that trains."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from ...simulation.labelled import AnatomyMix


@dataclass(frozen=True)
class KauppilaJob:
    """One training.

    Attributes
    ----------
    work : str
        Folder for everything that is made on the way: ``raw`` (films), ``results`` (the checkpoint).
    seeds : tuple of int
        Virtual radiographs to make and learn from; empty for radiographs that readers have scored.
    anatomy : AnatomyMix or None
        Label maps that some of these are made from.
    readings, images : str or None
        Table of part scores and folder of the radiographs in it.
    vertebra_model : str or None
        Model folder by which the vertebrae of these radiographs are found.
    initial : str or None
        Model folder to start from.
    device : str
    minutes : float
        How long to train; the learning rate falls to zero over this time.
    learning_rate : float or None
        The highest one; by default one for a network with random weights, or for one that starts from a model.
    processes, threads : int
        For simulating; of PyTorch, 0 leaves the choice to it.
    """

    work: str
    seeds: tuple[int, ...] = ()
    anatomy: AnatomyMix | None = None
    readings: str | None = None
    images: str | None = None
    vertebra_model: str | None = None
    initial: str | None = None
    device: str = "auto"
    minutes: float = 40.0
    learning_rate: float | None = None
    processes: int = 1
    threads: int = 0

    @property
    def raw(self) -> Path:
        """Folder of what is learnt from."""
        return Path(self.work) / "raw"

    @property
    def results(self) -> Path:
        """Folder of the checkpoint."""
        return Path(self.work) / "results" / "kauppila"

    def to_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict) -> KauppilaJob:
        anatomy = AnatomyMix.from_json(values.get("anatomy"))
        return cls(**{**values, "seeds": tuple(values["seeds"]), "anatomy": anatomy})

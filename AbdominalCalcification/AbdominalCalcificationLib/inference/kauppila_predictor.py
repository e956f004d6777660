"""The network of the Kauppila score at work. Runs in the worker process."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import numpy as np

from ..errors import ModelError
from ..explanations import is_out_of_memory
from .checkpoint import load_checkpoint
from .devices import has_bfloat16
from .kauppila_model import CHECKPOINT_FILE, KauppilaModel
from .kauppila_network import MAP_STEP, build_network, probabilities_of


class Said(NamedTuple):
    """What the network says of the regions of one film.

    `probabilities` (4, 2, 4) of the scores, `calcium` (4, 2, level rows) of calcium in each row, `across` (4, 2, level
    rows), the place of the wall as a share of the row's width.
    """

    probabilities: np.ndarray
    calcium: np.ndarray
    across: np.ndarray


class KauppilaPredictor:
    """A model of the Kauppila score with its weights in memory.

    Parameters
    ----------
    model : KauppilaModel
    device : str
        A torch device.

    Raises
    ------
    ModelError
        Where weights and architecture do not fit together.
    """

    def __init__(self, model: KauppilaModel, device: str):
        self.model, self._device = model, device
        self._network = build_network(model.architecture, model.geometry.margin_rows)
        weights = load_checkpoint(model.path / CHECKPOINT_FILE)["network_weights"]
        try:
            self._network.load_state_dict(weights)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            raise ModelError(
                f"The weights in {model.path} do not fit the network in its model.json; copy the folder again from "
                "the trained model."
            ) from None
        self._network.to(device).eval()

    def say(self, images: np.ndarray) -> Said:
        """Return what the network says of the regions of one film (:func:`..radiograph.region.images_of`)."""
        import torch

        half = torch.bfloat16 if self._device == "cpu" and has_bfloat16() else None
        narrow = torch.autocast("cpu", half) if half is not None else contextlib.nullcontext()
        with torch.inference_mode(), narrow:
            said = self._network(torch.from_numpy(images[None]).to(self._device))
        found = {name: each[0].float().cpu().numpy() for name, each in said.items()}
        margin = self.model.geometry.margin_rows // MAP_STEP
        walls = np.exp(found["walls"] - found["walls"].max(axis=-1, keepdims=True))
        walls /= walls.sum(axis=-1, keepdims=True)
        columns = walls.shape[-1]
        across = (walls * ((np.arange(columns) + 0.5) / columns)).sum(axis=-1)
        return Said(
            probabilities_of(found["scores"], self.model.temperature),
            1 / (1 + np.exp(-found["calcium"])),
            across[..., margin : across.shape[-1] - margin],
        )

"""A 2D nnU-Net of vertebrae at work on a radiograph. Runs in the worker process.

Tiles, weights, normalisation and padding are nnU-Net's; the film is averaged to the network's spacing first, where
nnU-Net would pick single pixels of it and keep their noise.
"""

from __future__ import annotations

import itertools

import numpy as np

from ..radiograph.picture import exposed
from ..radiograph.resampling import Raster, raster_at
from ..radiograph.spine import LABELS
from .model_folder import ModelFolder
from .network import Network
from .tiles import gaussian, padding_before, starts

# Tiles lie half a tile apart, as nnU-Net's do.
_STEP = 0.5


class VertebraPredictor:
    """A model of vertebrae with its weights in memory.

    Parameters
    ----------
    model : ModelFolder
        Of the kind radiograph.
    device : str
        A torch device.
    trust : bool
        See :func:`checkpoint.load_checkpoint`.

    Raises
    ------
    ModelError
    """

    def __init__(self, model: ModelFolder, device: str, trust: bool = False):
        self.model = model
        self._network = Network(model, trust)
        self._run = self._network.on(device, "auto")

    def shares(self, pixels: np.ndarray, step_mm: tuple[float, float]) -> Raster:
        """Return the probabilities of the background and of each vertebra.

        Parameters
        ----------
        pixels : ndarray, shape (rows, columns)
            Facing left, denser is brighter.
        step_mm : tuple of float
            Between rows and between columns.

        Returns
        -------
        Raster
            Of shape (rows, columns, 9), the last axis in the values of :data:`..radiograph.spine.LABELS`.
        """
        import torch

        spacing = self._network.settings["spacing"]
        film = raster_at(pixels, step_mm, float(spacing[0]))
        logits = self._logits(film.pixels)
        found = torch.softmax(logits, dim=0).numpy()
        shares = np.zeros((*film.pixels.shape, 1 + len(LABELS)), np.float32)
        shares[..., 0] = found[0]
        for name, value in self.model.labels.items():
            if name in LABELS:
                shares[..., LABELS[name]] = found[value]
            else:
                shares[..., 0] += found[value]
        return Raster(shares, film.step, film.origin)

    def _logits(self, image: np.ndarray):
        """Return the logits (classes, rows, columns) of an image at the network's spacing."""
        import torch

        patch = self._network.settings["patch_size"]
        whole = torch.zeros((self._network.classes, *image.shape))
        whole[0] = 10.0
        # nnU-Net leaves out borders that are 0 throughout, and normalises by the rest; so here frames of any grey.
        box = exposed(image)
        if box is None:
            return whole
        part = image[box]
        part = (part - part.mean()) / max(float(part.std()), 1e-8)
        size = [max(n, width) for n, width in zip(part.shape, patch, strict=True)]
        before = padding_before(part.shape, patch)
        padded = np.zeros(size, np.float32)
        inner = tuple(slice(start, start + n) for start, n in zip(before, part.shape, strict=True))
        padded[inner] = part
        weights = torch.from_numpy(gaussian(patch))
        total, weight = torch.zeros((self._network.classes, *size)), torch.zeros(size)
        with torch.inference_mode():
            for first in itertools.product(*(starts(n, width, _STEP) for n, width in zip(size, patch, strict=True))):
                tile = tuple(slice(start, start + width) for start, width in zip(first, patch, strict=True))
                said = self._run(torch.from_numpy(padded[tile])[None, None]).float().cpu()[0]
                total[slice(None), tile[0], tile[1]] += said * weights
                weight[tile] += weights
        whole[slice(None), box[0], box[1]] = (total / weight)[slice(None), inner[0], inner[1]]
        return whole

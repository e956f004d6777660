"""The plain road: one network over a whole image just as nnU-Net does it. Runs in the worker process.

Numbers follow nnunetv2's own predictor without mirroring (``--disable_tta``): the same
resampling and normalisation functions, tile positions, Gaussian weights and half-precision
sums, so that labels agree voxel by voxel. It takes the time and memory that nnU-Net takes;
:mod:`predictor` is quicker, and is measured against this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..errors import ModelError
from ..geometry import bounding_box
from .clock import TILES, Clock, Report
from .devices import run_with_fallback
from .model_folder import ModelFolder
from .network import Network
from .sweep import INFINITE
from .tiles import TILE_STEP


class ReferencePredictor:
    """A model with its weights in memory; see :class:`predictor.Predictor`, whose interface this has."""

    def __init__(self, model: ModelFolder, trust: bool = False):
        self._network = Network(model, trust)

    @classmethod
    def of(cls, network: Network) -> ReferencePredictor:
        """Return a predictor of a network that is loaded already."""
        predictor = cls.__new__(cls)
        predictor._network = network
        return predictor

    @property
    def spacing_mm(self) -> tuple[float, ...]:
        """Spacing that the network works at, in mm."""
        return tuple(self._network.configuration.spacing)

    def predict(
        self,
        image: np.ndarray,
        spacing_mm: tuple[float, float, float],
        device: str,
        region: np.ndarray | None = None,
        wanted: Sequence[int] | None = None,
        report: Report = lambda fraction, seconds_left: None,
        say: Callable[[str], None] = lambda message: None,
    ) -> tuple[np.ndarray, str]:
        """Segment `image`; arguments and result as of :meth:`predictor.Predictor.predict`.

        Every tile of the image is run, and every label is returned: `region` and `wanted` are not used.
        """
        plans, model = self._network.model.plans, self._network.model
        forward, backward = plans["transpose_forward"], plans["transpose_backward"]
        spacing = [spacing_mm[axis] for axis in forward]
        image = image.transpose(forward)
        box = bounding_box(image) or (slice(None),) * 3  # as nnU-Net crops
        labels = np.zeros(image.shape, np.uint8 if len(model.labels) < 255 else np.uint16)
        part = image[box]
        report(0.0, None)
        data = self._preprocess(part, spacing)
        logits, device = self._logits(data, device, report, say)
        del data
        labels[box] = self._labels_of(logits, part.shape, spacing)
        report(1.0, 0.0)
        return labels.transpose(backward), device

    def _preprocess(self, part: np.ndarray, spacing: list[float]) -> np.ndarray:
        """Return the normalised image at the plans' spacing, shape (1, x, y, z), float32."""
        from nnunetv2.preprocessing.normalization import default_normalization_schemes
        from nnunetv2.preprocessing.resampling.default_resampling import compute_new_shape

        settings, plans = self._network.configuration, self._network.model.plans
        intensities = plans.get("foreground_intensity_properties_per_channel") or plans.get(
            "foreground_intensity_properties_by_modality"
        )
        normalization = getattr(default_normalization_schemes, settings.normalization_schemes[0])
        data = normalization(use_mask_for_norm=False, intensityproperties=intensities["0"]).run(part.astype(np.float32))
        shape = compute_new_shape(part.shape, spacing, settings.spacing)
        return settings.resampling_fn_data(data[None], shape, spacing, settings.spacing)

    def _logits(self, data: np.ndarray, device: str, report: Report, say):
        """Return the mean logits over the folds, (classes, x, y, z), on the CPU, and the device that made them."""
        import torch
        from acvl_utils.cropping_and_padding.padding import pad_nd_image
        from nnunetv2.inference.sliding_window_prediction import compute_steps_for_sliding_window

        patch = tuple(self._network.configuration.patch_size)
        padded, inside = pad_nd_image(
            torch.from_numpy(np.asarray(data, np.float32)), patch, "constant", {"value": 0}, True
        )
        steps = compute_steps_for_sliding_window(tuple(padded.shape[1:]), patch, TILE_STEP)
        tiles = [
            tuple(slice(start, start + size) for start, size in zip((x, y, z), patch, strict=True))
            for x in steps[0]
            for y in steps[1]
            for z in steps[2]
        ]
        clock = Clock({TILES: len(tiles) * self._network.folds}, report)

        def run(device: str, sums_on: str):
            clock.restart()
            # As nnU-Net does, half precision is left to CUDA.
            precision = "auto" if device.startswith("cuda") else "float32"
            total = None
            for fold in range(self._network.folds):
                network = self._network.on(device, precision, fold)
                logits = _slide(network, padded, tiles, patch, self._network.classes, sums_on, clock)
                total = logits if total is None else total.add_(logits)
            return total if self._network.folds == 1 else total.div_(self._network.folds)

        try:
            with torch.inference_mode():
                logits, device = run_with_fallback(run, device, say)
        finally:
            self._network.release()
        return logits[(slice(None), *inside[1:])], device

    def _labels_of(self, logits, shape: tuple[int, ...], spacing: list[float]) -> np.ndarray:
        """Return the label of the greatest logit, resampled to `shape` one class at a time."""
        settings = self._network.configuration
        labels = np.zeros(shape, np.uint8 if self._network.classes <= 255 else np.uint16)
        best = None
        for label in range(logits.shape[0]):
            channel = settings.resampling_fn_probabilities(logits[label : label + 1], shape, settings.spacing, spacing)
            channel = np.asarray(channel)[0]
            if best is None:
                best = channel.copy()
            else:
                better = channel > best
                labels[better] = label
                np.maximum(best, channel, out=best)
        return labels


def _slide(network, padded, tiles, patch, classes: int, sums_on: str, clock: Clock):
    """Return the Gaussian-weighted mean logits of `tiles`."""
    import torch
    from nnunetv2.inference.sliding_window_prediction import compute_gaussian

    data = padded.to(sums_on)
    total = torch.zeros((classes, *padded.shape[1:]), dtype=torch.half, device=sums_on)
    weight = torch.zeros(padded.shape[1:], dtype=torch.half, device=sums_on)
    weights = compute_gaussian(patch, 1.0 / 8, 10, dtype=torch.half, device=torch.device(sums_on))
    for tile in tiles:
        logits = network(data[(slice(None), *tile)][None].contiguous())[0].to(sums_on)
        logits *= weights
        total[(slice(None), *tile)] += logits
        weight[tile] += weights
        clock.did(TILES)
    total /= weight
    if not torch.isfinite(total).all():
        raise ModelError(INFINITE)
    return total.to("cpu")

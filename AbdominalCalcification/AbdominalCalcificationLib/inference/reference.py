"""The plain road: one network over a whole image just as nnU-Net does it. Runs in the worker process.

Numbers follow nnunetv2's own predictor, by default without mirroring (``--disable_tta``): the same
resampling and normalisation functions, tile positions, Gaussian weights and half-precision
sums, so that labels agree voxel by voxel. It takes the time and memory that nnU-Net takes;
:mod:`predictor` is quicker, and is measured against this.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..effort import TILE_STEP
from ..errors import ModelError
from ..geometry import bounding_box
from .clock import TILES, Clock, Report
from .devices import run_with_fallback
from .network import Network
from .plans import ct_intensities
from .sweep import INFINITE


def predict_plainly(
    network: Network,
    image: np.ndarray,
    spacing_mm: tuple[float, float, float],
    device: str,
    report: Report,
    say: Callable[[str], None],
    tile_step: float = TILE_STEP,
) -> tuple[np.ndarray, str]:
    """Segment `image`; arguments and result as of :meth:`predictor.Predictor.predict`.

    Every tile of the image is run, and every label is returned.
    """
    plans = network.model.plans
    spacing = [spacing_mm[axis] for axis in plans["transpose_forward"]]
    image = image.transpose(plans["transpose_forward"])
    box = bounding_box(image) or (slice(None),) * 3  # as nnU-Net crops
    labels = np.zeros(image.shape, np.uint8 if len(network.model.labels) < 255 else np.uint16)
    part = image[box]
    report(0.0, None)
    data = _preprocess(network, part, spacing)
    logits, device = _logits(network, data, device, report, say, tile_step)
    del data
    labels[box] = _labels_of(network, logits, part.shape, spacing)
    report(1.0, 0.0)
    return labels.transpose(plans["transpose_backward"]), device


def _settings(network: Network):
    """Return the settings of a network as nnU-Net reads them, its functions of resampling included."""
    from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager

    return ConfigurationManager(network.settings)


def _preprocess(network: Network, part: np.ndarray, spacing: list[float]) -> np.ndarray:
    """Return the normalised image at the plans' spacing, shape (1, x, y, z), float32."""
    from nnunetv2.preprocessing.normalization import default_normalization_schemes
    from nnunetv2.preprocessing.resampling.default_resampling import compute_new_shape

    settings, intensities = _settings(network), ct_intensities(network.model.plans)
    normalization = getattr(default_normalization_schemes, settings.normalization_schemes[0])
    data = normalization(use_mask_for_norm=False, intensityproperties=intensities).run(part.astype(np.float32))
    shape = compute_new_shape(part.shape, spacing, settings.spacing)
    return settings.resampling_fn_data(data[None], shape, spacing, settings.spacing)


def _logits(network: Network, data: np.ndarray, device: str, report: Report, say, tile_step: float):
    """Return the mean logits over the folds, (classes, x, y, z), on the CPU, and the device that made them."""
    import torch
    from acvl_utils.cropping_and_padding.padding import pad_nd_image
    from nnunetv2.inference.sliding_window_prediction import compute_steps_for_sliding_window

    patch = tuple(network.settings["patch_size"])
    padded, inside = pad_nd_image(torch.from_numpy(np.asarray(data, np.float32)), patch, "constant", {"value": 0}, True)
    steps = compute_steps_for_sliding_window(tuple(padded.shape[1:]), patch, tile_step)
    tiles = [
        tuple(slice(start, start + size) for start, size in zip((x, y, z), patch, strict=True))
        for x in steps[0]
        for y in steps[1]
        for z in steps[2]
    ]
    clock = Clock({TILES: len(tiles) * network.folds}, report)

    def run(device: str, sums_on: str):
        clock.restart()
        # As nnU-Net does, half precision is left to CUDA.
        precision = "auto" if device.startswith("cuda") else "float32"
        total = None
        for fold in range(network.folds):
            fold_network = network.on(device, precision, fold)
            logits = _slide(fold_network, padded, tiles, patch, network.classes, sums_on, clock)
            total = logits if total is None else total.add_(logits)
        return total if network.folds == 1 else total.div_(network.folds)

    try:
        with torch.inference_mode():
            logits, device = run_with_fallback(run, device, say)
    finally:
        network.release()
    return logits[(slice(None), *inside[1:])], device


def _labels_of(network: Network, logits, shape: tuple[int, ...], spacing: list[float]) -> np.ndarray:
    """Return the label of the greatest logit, resampled to `shape` one class at a time."""
    settings = _settings(network)
    labels = np.zeros(shape, np.uint8 if network.classes <= 255 else np.uint16)
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

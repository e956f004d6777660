"""One nnU-Net network at work: preprocessing, sliding window, labels. Runs in the worker process.

Numbers follow nnunetv2's own predictor without mirroring (``--disable_tta``): the same
resampling and normalisation functions, tile positions, Gaussian weights and half-precision
sums, so that labels agree voxel by voxel. What differs: tiles that no label is wanted of are
not run, labels are found one class at a time instead of from all resampled logits at once,
and the caller hears about every tile.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import numpy as np

from ..errors import ModelError
from ..geometry import bounding_box
from .checkpoint import load_checkpoint
from .devices import is_out_of_memory
from .model_folder import ModelFolder, check_settings, configuration_settings, network_of

TILE_STEP = 0.5

# (part of this prediction that is done, estimate of the seconds left or None)
Report = Callable[[float, "float | None"], None]


class Predictor:
    """A model with its weights in memory.

    Parameters
    ----------
    model : ModelFolder
    trust : bool
        See :func:`checkpoint.load_checkpoint`.

    Raises
    ------
    ModelError
        Where checkpoint and plans do not fit together.
    """

    def __init__(self, model: ModelFolder, trust: bool = False):
        from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager

        self.model = model
        self._weights = []
        name = model.configuration
        for file in model.checkpoints:
            checkpoint = load_checkpoint(file, trust)
            # The checkpoint knows which configuration it is; a renamed folder does not.
            arguments = checkpoint.get("init_args")
            name = arguments.get("configuration", name) if isinstance(arguments, dict) else name
            self._weights.append(checkpoint["network_weights"])
        settings = configuration_settings(model.plans, name, model.path)
        check_settings(model.path, name, settings, model.plans)
        self._configuration = ConfigurationManager(settings)
        self._network = _build_network(self._configuration.configuration, len(model.labels) + 1, model)
        for file, weights in zip(model.checkpoints, self._weights, strict=True):
            self._load(weights, file)

    @property
    def spacing_mm(self) -> tuple[float, ...]:
        """Spacing that the network works at, in mm."""
        return tuple(self._configuration.spacing)

    def predict(
        self,
        image: np.ndarray,
        spacing_mm: tuple[float, float, float],
        device: str,
        region: np.ndarray | None = None,
        report: Report = lambda fraction, seconds_left: None,
        say: Callable[[str], None] = lambda message: None,
    ) -> tuple[np.ndarray, str]:
        """Segment `image`.

        Parameters
        ----------
        image : ndarray, shape (k, j, i)
            HU, on the axes the network was trained on.
        spacing_mm : tuple of float
            Along k, j, i.
        device : str
            A torch device.
        region : ndarray of bool, shape (k, j, i), optional
            Where labels are wanted; tiles that do not touch it are not run, and labels
            elsewhere are not to be relied on.
        report, say : callables
            Told about progress, and about falling back to other devices.

        Returns
        -------
        labels : ndarray of uint8 or uint16, shape (k, j, i)
        device : str
            The device that did the work in the end.
        """
        forward, backward = self.model.plans["transpose_forward"], self.model.plans["transpose_backward"]
        spacing = [spacing_mm[axis] for axis in forward]
        image = image.transpose(forward)
        box = bounding_box(image) or (slice(None),) * 3  # as nnU-Net crops
        labels = np.zeros(image.shape, np.uint8 if len(self.model.labels) < 255 else np.uint16)
        part = image[box]
        wanted = None if region is None else region.transpose(forward)[box]
        if wanted is None or wanted.any():
            report(0.0, None)
            data = self._preprocess(part, spacing)
            report(0.1, None)
            logits, device = self._logits(data, wanted, device, report, say)
            del data
            labels[box] = self._labels_of(logits, part.shape, spacing)
        report(1.0, 0.0)
        return labels.transpose(backward), device

    def _preprocess(self, part: np.ndarray, spacing: list[float]) -> np.ndarray:
        """Return the normalised image at the plans' spacing, shape (1, x, y, z), float32."""
        from nnunetv2.preprocessing.normalization import default_normalization_schemes
        from nnunetv2.preprocessing.resampling.default_resampling import compute_new_shape

        settings = self._configuration
        intensities = self.model.plans.get("foreground_intensity_properties_per_channel") or self.model.plans.get(
            "foreground_intensity_properties_by_modality"
        )
        normalization = getattr(default_normalization_schemes, settings.normalization_schemes[0])
        data = normalization(use_mask_for_norm=False, intensityproperties=intensities["0"]).run(part.astype(np.float32))
        shape = compute_new_shape(part.shape, spacing, settings.spacing)
        return settings.resampling_fn_data(data[None], shape, spacing, settings.spacing)

    def _logits(self, data: np.ndarray, wanted: np.ndarray | None, device: str, report: Report, say):
        """Return the mean logits over the folds, (classes, x, y, z), on the CPU, and the device that made them."""
        import torch
        from acvl_utils.cropping_and_padding.padding import pad_nd_image

        patch = tuple(self._configuration.patch_size)
        padded, inside = pad_nd_image(
            torch.from_numpy(np.asarray(data, np.float32)), patch, "constant", {"value": 0}, True
        )
        tiles = _tile_positions(padded.shape[1:], patch)
        if wanted is not None:
            grown = np.zeros(padded.shape[1:], bool)
            grown[inside[1:]] = _nearest(wanted, data.shape[1:])
            tiles = [tile for tile in tiles if grown[tile].any()]
        clock = _Clock(len(tiles) * len(self._weights), report)

        def run(device: str, sums_on: str):
            clock.restart()
            total = None
            for file, weights in zip(self.model.checkpoints, self._weights, strict=True):
                self._load(weights, file)
                logits = _slide(self._network, padded, tiles, patch, len(self.model.labels) + 1, device, sums_on, clock)
                total = logits if total is None else total.add_(logits)
            return total if len(self._weights) == 1 else total.div_(len(self._weights))

        try:
            with torch.inference_mode():
                logits, device = run_with_fallback(run, device, say)
        finally:
            self._network.to("cpu")
        return logits[(slice(None), *inside[1:])], device

    def _labels_of(self, logits, shape: tuple[int, ...], spacing: list[float]) -> np.ndarray:
        """Return the label of the greatest logit, resampled to `shape` one class at a time."""
        settings = self._configuration
        labels = np.zeros(shape, np.uint8 if len(self.model.labels) < 255 else np.uint16)
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

    def _load(self, weights: dict, file) -> None:
        try:
            self._network.load_state_dict(weights)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            raise ModelError(
                f"The weights in {file} do not fit the network in plans.json (another trainer, plans or labels?); "
                "export the model again with its own plans.json and dataset.json."
            ) from error


def run_with_fallback(run, device: str, say: Callable[[str], None]):
    """Call ``run(device, sums_on)`` with ever smaller demands on the device's memory.

    First everything on `device`; out of memory there, the sums over tiles in main memory; then
    all on the CPU. Each step is told to `say`. A device other than the CPU that lacks an
    operation also leads to the CPU.

    Returns
    -------
    result, device : object, str
    """
    import torch

    attempts = [("cpu", "cpu")] if device == "cpu" else [(device, device), (device, "cpu"), ("cpu", "cpu")]
    for number, (place, sums_on) in enumerate(attempts, 1):
        try:
            return run(place, sums_on), place
        except (MemoryError, RuntimeError) as error:
            missing = isinstance(error, NotImplementedError) and place != "cpu"
            if number == len(attempts) or not (is_out_of_memory(error) or missing):
                raise
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            if missing:
                say(f"The device {place} lacks an operation of this network: going on with the CPU, which is slower.")
                return run("cpu", "cpu"), "cpu"
            following = attempts[number]
            if following[0] == place:
                say(f"The memory of {place} does not suffice: keeping the result in main memory.")
            else:
                say(f"The memory of {place} does not suffice: going on with the CPU, which is slower.")
    raise AssertionError("unreachable")


class _Clock:
    """Counts tiles and estimates the time left from the mean time of those done.

    Of one prediction about a tenth is preprocessing and another tenth, after the tiles,
    resampling the labels (measured on the CPU with a small network; less with larger ones).
    """

    def __init__(self, count: int, report: Report):
        self._count, self._report = count, report
        self.restart()

    def restart(self):
        self._done, self._start = 0, time.monotonic()

    def tick(self):
        self._done += 1
        per_tile = (time.monotonic() - self._start) / self._done
        left = per_tile * (self._count - self._done + self._count / 8)
        self._report(0.1 + 0.8 * self._done / self._count, left)


def _slide(network, padded, tiles, patch, classes: int, device: str, sums_on: str, clock: _Clock):
    """Return the Gaussian-weighted mean logits of `tiles`; background where no tile was."""
    import torch
    from nnunetv2.inference.sliding_window_prediction import compute_gaussian

    half = torch.half
    network.to(device).eval()
    data = padded.to(sums_on)
    total = torch.zeros((classes, *padded.shape[1:]), dtype=half, device=sums_on)
    weight = torch.zeros(padded.shape[1:], dtype=half, device=sums_on)
    gaussian = compute_gaussian(patch, 1.0 / 8, 10, dtype=half, device=torch.device(sums_on))
    for tile in tiles:
        batch = data[(slice(None), *tile)][None].contiguous().to(device)
        with torch.autocast("cuda") if device.startswith("cuda") else contextlib.nullcontext():
            logits = network(batch)[0].to(sums_on)
        logits *= gaussian
        total[(slice(None), *tile)] += logits
        weight[tile] += gaussian
        clock.tick()
    unseen = weight == 0
    weight[unseen] = 1
    total /= weight
    total[0][unseen] = 1
    if not torch.isfinite(total).all():
        raise ModelError("The network returned infinite values; its checkpoint is damaged or does not fit its plans.")
    return total.to("cpu")


def _tile_positions(shape, patch) -> list[tuple[slice, slice, slice]]:
    from nnunetv2.inference.sliding_window_prediction import compute_steps_for_sliding_window

    steps = compute_steps_for_sliding_window(tuple(shape), patch, TILE_STEP)
    return [
        tuple(slice(start, start + size) for start, size in zip((x, y, z), patch, strict=True))
        for x in steps[0]
        for y in steps[1]
        for z in steps[2]
    ]


def _build_network(settings: dict, classes: int, model: ModelFolder):
    """Build the network that the plans describe; only classes that ``check_settings`` allows."""
    from nnunetv2.utilities.get_network_from_plans import get_network_from_plans

    name, arguments, _ = network_of(settings)
    imports = settings["architecture"]["_kw_requires_import"]
    name = f"dynamic_network_architectures.architectures.unet.{name.rpartition('.')[2]}"
    try:
        return get_network_from_plans(name, arguments, imports, 1, classes, allow_init=False, deep_supervision=False)
    except (TypeError, ValueError, AssertionError, KeyError, IndexError) as error:
        raise ModelError(
            f"The network described in plans.json of {model.path} cannot be built ({error}); export the model again."
        ) from error


def _nearest(mask: np.ndarray, shape) -> np.ndarray:
    """Return `mask` on a grid of `shape` over the same extent."""
    picks = [
        np.minimum((np.arange(n) + 0.5) * size / n, size - 1).astype(int)
        for n, size in zip(shape, mask.shape, strict=True)
    ]
    return mask[np.ix_(*picks)]

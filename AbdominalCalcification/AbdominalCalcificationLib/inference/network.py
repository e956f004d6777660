"""The network of a model folder: built, loaded, and run on a device at the precision that suits it."""

from __future__ import annotations

import contextlib
import math
import os
import traceback
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from itertools import combinations

from ..errors import ModelError
from ..explanations import is_out_of_memory
from .checkpoint import load_checkpoint
from .devices import has_bfloat16
from .exported import export, is_worth_exporting
from .model_folder import ModelFolder
from .plans import check_settings, configuration_settings, network_of

# What a batch of tiles may weigh in one layer of the network, bytes: small networks are quicker
# in batches, large ones only need more memory.
_BATCH_BYTES = 16 * 2**20


class Network:
    """The networks of a model's folds, with their weights in main memory.

    Parameters
    ----------
    model : ModelFolder
    trust : bool
        See :func:`checkpoint.load_checkpoint`.
    mirroring : bool
        Average over the mirrored tiles that the model was trained with.

    Attributes
    ----------
    settings : dict
        The configuration of plans.json, with the network described as nnU-Net does since 2.5.
    mirrored_axes : tuple of int
        Axes of a tile (0 to 2) along which it is mirrored.

    Raises
    ------
    ModelError
        Where checkpoint and plans do not fit together.
    """

    def __init__(self, model: ModelFolder, trust: bool = False, mirroring: bool = False):
        self.model = model
        checkpoints = [load_checkpoint(file, trust) for file in model.checkpoints]
        # The checkpoint knows which configuration it is; a renamed folder does not.
        arguments = checkpoints[-1].get("init_args")
        name = arguments.get("configuration", model.configuration) if isinstance(arguments, dict) else None
        settings = configuration_settings(model.plans, name or model.configuration, model.path)
        check_settings(model.path, name or model.configuration, settings, model.plans, model.kind.axes)
        self.settings = _settings_of_now(settings)
        self.classes = len(model.labels) + 1
        self.mirrored_axes = _mirrored_axes(checkpoints[0]) if mirroring else ()
        self._exported: dict[bool, list[Callable] | None] = {}
        self._folds = [
            self._load(checkpoint["network_weights"], file)
            for checkpoint, file in zip(checkpoints, model.checkpoints, strict=True)
        ]

    @cached_property
    def batch(self) -> int:
        """Number of tiles that are run at once."""
        features = next(each.shape[0] for each in self._folds[0].parameters() if each.ndim == 5)
        return max(1, min(8, _BATCH_BYTES // (4 * features * math.prod(self.settings["patch_size"]))))

    @property
    def folds(self) -> int:
        """Number of networks whose logits are averaged."""
        return len(self._folds)

    def on(self, device: str, precision: str, fold: int | None = None) -> Callable:
        """Return a function from tiles, a tensor (n, 1, x, y, z), to the folds' mean logits (n, classes, x, y, z).

        Parameters
        ----------
        device : str
            A torch device; the networks move there.
        precision : {'auto', 'float32'}
            ``auto`` takes half precision where the hardware has it: float16 on CUDA, bfloat16 on
            CPUs with AMX or AVX512-BF16.
        fold : int, optional
            Only this one.
        """
        import torch

        kind = device.partition(":")[0]
        half = self._half(kind) if precision == "auto" else None
        networks = self._folds if fold is None else self._folds[fold : fold + 1]
        for network in networks:
            network.to(device).eval()

        def run(tiles):
            with torch.autocast(kind, half) if half is not None else contextlib.nullcontext():
                return _mean(networks, tiles.to(device))

        return _mirrored(run, self.mirrored_axes)

    def quickest_on(self, device: str, precision: str) -> Callable:
        """Return what :meth:`on` does, exported by OpenVINO where that is quicker."""
        if device != "cpu" or not is_worth_exporting(self._folds[0]):
            return self.on(device, precision)
        half = precision == "auto" and self._half("cpu") is not None
        if half not in self._exported:
            patch = self.settings["patch_size"]
            # Two voxels are left at the bottom: instances of one voxel cannot be normalised.
            strides = self.settings["architecture"]["arch_kwargs"]["strides"]
            smallest = [min(size, 2 * math.prod(each[axis] for each in strides)) for axis, size in enumerate(patch)]
            try:
                self._exported[half] = [export(network.to("cpu"), patch, smallest, half) for network in self._folds]
            except Exception as error:
                if is_out_of_memory(error):
                    raise
                traceback.print_exc()  # into the worker's log
                self._exported[half] = None
        exported = self._exported[half]
        if exported is None:
            return self.on(device, precision)
        return _mirrored(partial(_mean, exported), self.mirrored_axes)

    @staticmethod
    def _half(kind: str):
        """Return the torch type of half precision on a kind of device, None where it has none."""
        import torch

        return {"cuda": torch.float16, "cpu": torch.bfloat16 if has_bfloat16() else None}.get(kind)

    def release(self) -> None:
        """Move the networks back to main memory."""
        for network in self._folds:
            network.to("cpu")

    def _load(self, weights: dict, file: os.PathLike):
        network = _build(self.settings, self.classes, self.model)
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            if is_out_of_memory(error):
                raise
            raise ModelError(
                f"The weights in {file} do not fit the network in plans.json (another trainer, plans or labels?); "
                "export the model again with its own plans.json and dataset.json."
            ) from error
        return network


def _settings_of_now(settings: dict) -> dict:
    """Return a configuration with its network described as nnU-Net has done since 2.5, and can do for what is older.

    Its reader of plans brings along what reads and prepares images: to import that takes as long as a small case does.
    """
    if isinstance(settings.get("architecture"), dict):
        return settings
    from nnunetv2.utilities.plans_handling.plans_handler import ConfigurationManager

    return ConfigurationManager({key: value for key, value in settings.items() if key != "architecture"}).configuration


def _mirrored_axes(checkpoint: dict) -> tuple[int, ...]:
    """Return the axes that the model was trained with mirrored images of; nnU-Net's trainers write them down."""
    axes = checkpoint.get("inference_allowed_mirroring_axes") or ()
    return tuple(sorted({int(axis) for axis in axes} & {0, 1, 2}))


def _mirrored(run: Callable, axes: Sequence[int]) -> Callable:
    """Return a function that averages `run` over all mirrorings of its tiles along `axes`, as nnU-Net does."""
    flips = [[axis + 2 for axis in some] for n in range(1, len(axes) + 1) for some in combinations(axes, n)]

    def averaged(tiles):
        total = run(tiles)
        for dims in flips:
            total += run(tiles.flip(dims)).flip(dims)
        return total / (len(flips) + 1)

    return averaged if flips else run


def turned_over(run: Callable, axes: Sequence[int]) -> Callable:
    """Return a function that runs tiles mirrored along `axes` (0 to 2), and turns what it finds back."""
    dims = [axis + 2 for axis in axes]
    return (lambda tiles: run(tiles.flip(dims)).flip(dims)) if dims else run


def _mean(networks: Sequence[Callable], tiles):
    mean = networks[0](tiles)
    for network in networks[1:]:
        mean += network(tiles)
    return mean if len(networks) == 1 else mean / len(networks)


def _build(settings: dict, classes: int, model: ModelFolder):
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

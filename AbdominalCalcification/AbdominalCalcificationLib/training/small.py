"""Small nnU-Net models by nnU-Net's own road: raw dataset, fingerprint, plans, preprocessing, trainer.

What differs from nnU-Net's default is written here: the size of the network and its patch, the intensity window,
AdamW instead of SGD for the few steps there are, bfloat16 where the CPU has it, and no mirroring that would swap
left for right, or front for back.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ..anatomy import territories_of_name
from ..bounded import read_json
from ..errors import InputError
from ..inference.devices import has_bfloat16
from .appearance import InvertedSurroundings, RandomCurve
from .tasks import VERTEBRAE_TASK, Task

# What changes how patches look, and nothing of how cases are prepared.
APPEARANCE = ("curve_chance", "curve_strength", "inversion_chance", "noise_chance", "blur_chance",
              "low_resolution_chance", "gamma_chance", "clutter_chance")  # fmt: skip
# Voxels around labelled arteries whose contrast is never turned round.
_INVERSION_MARGIN = 4

# A film is never turned round: beyond these no vertebra is.
_FILM_ROTATION_DEGREES = 12.0

# Of the cross-entropy, relative to background and aorta.
THIN_ARTERY_WEIGHTS = {
    "celiac_trunk": 4.0,
    "superior_mesenteric": 2.0,
    "inferior_mesenteric": 4.0,
    "renal_left": 4.0,
    "renal_right": 4.0,
    "common_iliac_left": 2.0,
    "common_iliac_right": 2.0,
}


@dataclass(frozen=True)
class SmallConfiguration:
    """Size of a bundled model and length of its training.

    Attributes
    ----------
    features : tuple of int
        Per stage; each stage after the first halves the resolution.
    patch : tuple of int
        Voxels along z, y, x; pixels along rows and columns.
    batch : int
    window_hu : tuple of float
        Intensities are clipped to these, then shifted and scaled by the two numbers after.
    mean_hu, std_hu : float
    learning_rate : float
    steps_per_epoch : int
    curve_chance, curve_strength : float
        Share of patches whose HU go through a random rising curve, and how crooked it is (:mod:`.appearance`); of CT.
    inversion_chance : float
        Share of patches of the arteries' network with a part of their surroundings turned round in contrast.
    noise_chance, blur_chance, low_resolution_chance, gamma_chance : float
        Of nnU-Net's own changes: shares of patches.
    clutter_chance : float
        Share of patches of films with texture, folds and clutter (:mod:`.film_appearance`).
    """

    features: tuple[int, ...] = (8, 16, 32, 64, 96)
    patch: tuple[int, ...] = (48, 48, 48)
    batch: int = 2
    # Foreground percentiles, nnU-Net's rule, would hide everything but calcium from the calcification model.
    window_hu: tuple[float, float] = (-200.0, 1200.0)
    mean_hu: float = 120.0
    std_hu: float = 220.0
    learning_rate: float = 1.5e-3
    steps_per_epoch: int = 50
    curve_chance: float = 0.2
    curve_strength: float = 0.35
    inversion_chance: float = 0.1
    noise_chance: float = 0.15
    blur_chance: float = 0.2
    low_resolution_chance: float = 0.25
    gamma_chance: float = 0.3
    clutter_chance: float = 0.5


def configuration_of(task: Task) -> SmallConfiguration:
    """Return the configuration with which the bundled model of `task` is trained."""
    return SmallConfiguration(features=task.features, patch=task.patch, batch=task.batch)


def read_configuration(path: Path, base: SmallConfiguration) -> SmallConfiguration:
    """Return `base` with what a JSON file says otherwise.

    Raises
    ------
    InputError
        Where the file cannot be read, or holds what is no field of :class:`SmallConfiguration`.
    """
    return configuration_from(read_settings(path), str(path), base)


def read_settings(path: Path) -> Any:
    """Return what a JSON file of settings says; InputError where it cannot be read."""
    try:
        return read_json(path)
    except (OSError, ValueError):
        raise InputError(f"The settings '{path}' cannot be read; name a JSON file.") from None


def configuration_from(
    said: Mapping, name: str = "the settings", base: SmallConfiguration | None = None
) -> SmallConfiguration:
    """Return `base`, or the default, with the fields in `said` replaced; InputError where one is not known."""
    known = {each.name for each in fields(SmallConfiguration)}
    if not isinstance(said, dict) or not said.keys() <= known:
        raise InputError(f"'{name}' may hold {', '.join(sorted(known))} and nothing else; correct it.")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
    for key, value in values.items():
        if not _is_like(value, getattr(SmallConfiguration(), key), key):
            raise InputError(f"'{key}' in '{name}' cannot be {json.dumps(said[key])[:60]}; see the manual of train.")
    configuration = replace(base or SmallConfiguration(), **values)
    if len(configuration.features) < 3:  # nnU-Net leaves the coarsest output out of the loss; one must be left
        raise InputError(f"The network in '{name}' needs at least three stages; name three features or more.")
    halvings = 2 ** (len(configuration.features) - 1)
    axes = (2, 3) if base is None else (len(base.patch),)
    if len(configuration.patch) not in axes or any(s % halvings or s < 2 * halvings for s in configuration.patch):
        many = "two" if axes == (2,) else "three"
        raise InputError(f"The patch in '{name}' must be {many} multiples of {halvings} from {2 * halvings} on.")
    return configuration


def _is_like(value, default, key: str = "") -> bool:
    """Return whether a value of a JSON file can stand for a default: a number, or as many where that matters."""
    if isinstance(default, tuple):
        many = isinstance(value, tuple) and (len(value) == len(default) or len(default) > 2)
        return many and all(_is_like(each, default[0]) for each in value)
    if isinstance(value, bool) or not isinstance(value, int | type(default)):
        return False
    if key.endswith("_chance"):
        return 0 <= value <= 1
    # Only HU may be negative.
    return abs(value) < 1e9 and (value > 0 or default in (-200.0, 120.0))


def small_plans(plans: dict, configuration: SmallConfiguration, name: str = "3d_fullres") -> dict:
    """Return nnU-Net's `plans` with the small network, patch and intensity window (of CT) in place."""
    stages, axes = len(configuration.features), len(configuration.patch)
    chosen = dict(plans["configurations"][name])
    chosen["patch_size"] = list(configuration.patch)
    chosen["batch_size"] = configuration.batch
    chosen["batch_dice"] = True
    architecture = json.loads(json.dumps(chosen["architecture"]))
    architecture["network_class_name"] = "dynamic_network_architectures.architectures.unet.PlainConvUNet"
    architecture["arch_kwargs"].update(
        n_stages=stages,
        features_per_stage=list(configuration.features),
        kernel_sizes=[[3] * axes] * stages,
        strides=[[1] * axes] + [[2] * axes] * (stages - 1),
        n_conv_per_stage=[1] + [2] * (stages - 1),
        n_conv_per_stage_decoder=[1] * (stages - 1),
    )
    chosen["architecture"] = architecture
    intensities = dict(plans["foreground_intensity_properties_per_channel"]["0"])
    low, high = configuration.window_hu
    intensities.update(percentile_00_5=low, percentile_99_5=high, mean=configuration.mean_hu, std=configuration.std_hu)
    return {
        **plans,
        "configurations": {name: chosen},
        "foreground_intensity_properties_per_channel": {"0": intensities},
    }


def _is_quick_with_bfloat16(device) -> bool:
    """Return whether a torch device calculates with bfloat16 itself."""
    import torch

    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and has_bfloat16()


def with_appearance(transforms: list, task_name: str, settings: SmallConfiguration) -> None:
    """Give nnU-Net's list of training transforms, in place, the chances and the changes of a configuration.

    Ours come right after the last of nnU-Net's changes of intensity, before patches are mirrored; clutter of films
    before the first, as it is blurred and noisy like the film.
    """
    chances = {
        "GaussianNoiseTransform": settings.noise_chance,
        "GaussianBlurTransform": settings.blur_chance,
        "SimulateLowResolutionTransform": settings.low_resolution_chance,
        "GammaTransform": settings.gamma_chance,
    }
    first, last = len(transforms), 0
    for n, each in enumerate(transforms):
        inner = getattr(each, "transform", None)
        name = type(inner).__name__
        if name in chances:
            # nnU-Net turns the image round for a third as many.
            share = 1 / 3 if getattr(inner, "p_invert_image", 0) == 1 else 1.0
            each.apply_probability = share * chances[name]
            first, last = min(first, n), n + 1
    if task_name == "vertebrae":
        # Here: with the simulation of films, which the panel need not read.
        from .film_appearance import FilmClutter

        transforms.insert(first, FilmClutter(settings.clutter_chance, VERTEBRAE_TASK.spacing_mm))
        return
    scale = (settings.mean_hu, settings.std_hu, settings.window_hu)
    ours: list = [RandomCurve(settings.curve_chance, settings.curve_strength, *scale)]
    if task_name == "arteries":
        ours.append(InvertedSurroundings(settings.inversion_chance, _INVERSION_MARGIN, *scale))
    transforms[last:last] = ours


def _weigh_thin_arteries(weights, labels: Mapping[str, int]) -> None:
    """Write the weights of labels: without heavier ones thin arteries stay unseen for thousands of steps."""
    for name, label in labels.items():
        for territory in territories_of_name(name):
            weights[label] = THIN_ARTERY_WEIGHTS.get(territory.name, 1.0)


def _weigh_labels(loss, trainer) -> None:
    """Let the cross entropy of nnU-Net's loss weigh thin arteries more."""
    import torch

    weights = torch.ones(trainer.label_manager.num_segmentation_heads, device=trainer.device)
    _weigh_thin_arteries(weights, trainer.dataset_json["labels"])
    loss.loss.ce.register_buffer("weight", weights)


def _turned_films(patch_size) -> tuple[tuple[float, float], Any]:
    """Return by which angles films are turned, and how large patches have to be cut for that."""
    from nnunetv2.training.data_augmentation.compute_initial_patch_size import get_patch_size

    most = math.radians(_FILM_ROTATION_DEGREES)
    ways = (-most, most)
    return ways, get_patch_size(patch_size, ways, ways, ways, (0.85, 1.25))


def small_trainer(task_name: str, settings: SmallConfiguration) -> type:
    """Return nnU-Net's trainer with what differs for the small models."""
    import torch
    from nnunetv2.training.lr_scheduler.polylr import PolyLRScheduler
    from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

    layout = torch.channels_last if task_name == "vertebrae" else torch.channels_last_3d

    class SmallTrainer(nnUNetTrainer):
        def __init__(self, plans, configuration, fold, dataset_json, device):
            super().__init__(plans, configuration, fold, dataset_json, device)
            self.initial_lr = settings.learning_rate
            self.num_iterations_per_epoch = settings.steps_per_epoch
            self.num_val_iterations_per_epoch = 4
            self.num_epochs = 100_000
            # Small arteries fill a hundredth of the patches drawn at random.
            self.oversample_foreground_percent = 0.8
            self.probabilistic_oversampling = True
            self.my_init_kwargs = {"configuration": configuration, "fold": fold}

        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.network.parameters(), self.initial_lr, weight_decay=1e-4)
            return optimizer, PolyLRScheduler(optimizer, self.initial_lr, 1000)

        def _build_loss(self):
            loss = super()._build_loss()
            if task_name == "arteries":
                _weigh_labels(loss, self)
            return loss

        def configure_rotation_dummyDA_mirroring_and_inital_patch_size(self):
            rotation, dummy, patch, _ = super().configure_rotation_dummyDA_mirroring_and_inital_patch_size()
            self.inference_allowed_mirroring_axes = None
            if task_name == "vertebrae":
                ways, patch = _turned_films(self.configuration_manager.patch_size)
                return ways, dummy, patch, None
            narrow = tuple(angle / 2 for angle in rotation)
            return narrow, dummy, patch, None if task_name == "arteries" else (2,)

        @staticmethod
        def get_training_transforms(*arguments, **named):
            made = nnUNetTrainer.get_training_transforms(*arguments, **named)
            with_appearance(made.transforms, task_name, settings)
            return made

        def initialize(self):
            super().initialize()
            self.is_quick_with_bfloat16 = _is_quick_with_bfloat16(self.device)
            self.network.to(memory_format=layout)

        def train_step(self, batch):
            data, target = batch["data"], batch["target"]
            self.optimizer.zero_grad(set_to_none=True)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.is_quick_with_bfloat16):
                output = self.network(data.contiguous(memory_format=layout))
            loss = self.loss([o.float() for o in output], target)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 12)
            self.optimizer.step()
            return {"loss": loss.detach().cpu().numpy()}

    return SmallTrainer

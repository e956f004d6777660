"""What an nnU-Net v2 ``plans.json`` says, checked before nnU-Net reads it; needs neither torch nor nnunetv2."""

from __future__ import annotations

import re
from itertools import permutations
from pathlib import Path

from ..errors import ModelError

# plans.json names Python objects that nnU-Net imports. Only these are ever looked up, so a
# model folder cannot make the worker import anything else.
NETWORKS = ("PlainConvUNet", "ResidualEncoderUNet")
NETWORK_PARTS = tuple(
    f"torch.nn.{name}"
    for name in (
        *("Conv2d", "Conv3d", "InstanceNorm2d", "InstanceNorm3d", "BatchNorm2d", "BatchNorm3d"),
        *("Dropout", "Dropout2d", "Dropout3d", "LeakyReLU", "ReLU", "GELU", "SiLU", "ELU", "Identity"),
    )
)
NORMALIZATIONS = ("CTNormalization", "ZScoreNormalization", "NoNormalization", "RescaleTo01Normalization")
RESAMPLINGS = (
    "resample_data_or_seg_to_shape",
    "resample_torch_fornnunet",
    "no_resampling_data_or_seg_to_shape",
)
_AXIS_ORDERS = [list(order) for order in permutations(range(3))]
_MANY = {2: "two", 3: "three"}


def configuration_settings(plans: dict, name: str, folder: Path) -> dict:
    """Return the settings of the configuration `name`, inheritance resolved; ModelError where it is broken."""
    settings: dict = {}
    seen = []
    current = name
    while current is not None:
        part = plans["configurations"].get(current) if isinstance(current, str) else None
        if not isinstance(part, dict) or current in seen:
            raise ModelError(
                f"plans.json of {folder} does not define the configuration '{current}'; export the model again."
            )
        seen.append(current)
        settings = {**part, **settings}
        current = part.get("inherits_from")
    return settings


def check_settings(folder: Path, configuration: str, settings: dict, plans: dict, axes: int = 3) -> None:
    """Check the settings of a configuration for images of so many `axes`; ModelError where they cannot be used."""

    def refuse(what: str, remedy: str = "export the model again"):
        raise ModelError(f"plans.json of {folder} ({configuration}): {what}; {remedy}.")

    patch, spacing = settings.get("patch_size"), settings.get("spacing")
    if axes == 3 and isinstance(patch, list) and len(patch) == 2:
        refuse("this is a 2D configuration", "use a 3D one, such as 3d_fullres")
    if axes == 2 and isinstance(patch, list) and len(patch) == 3:
        refuse("this is a 3D configuration", "use a 2D one for radiographs")
    if settings.get("previous_stage"):
        refuse("this is the second stage of a cascade", "use 3d_fullres or 3d_lowres")
    if not _are_positive(patch, axes) or any(n != int(n) for n in patch):
        refuse(f"the patch size is not {_MANY[axes]} positive integers")
    if not _are_positive(spacing, axes):
        refuse(f"the spacing is not {_MANY[axes]} positive numbers")
    for key in ("transpose_forward", "transpose_backward"):
        order = plans.get(key)
        if order not in _AXIS_ORDERS or not all(type(axis) is int for axis in order):
            refuse(f"'{key}' is not an order of three axes")
    schemes = settings.get("normalization_schemes")
    if not isinstance(schemes, list) or len(schemes) != 1 or schemes[0] not in NORMALIZATIONS:
        refuse(f"the normalisation {schemes} is not supported", f"use a model with {NORMALIZATIONS[0]}")
    if settings.get("use_mask_for_norm", [False]) != [False]:
        refuse("normalisation inside a mask is not meant for whole images", f"use a model with {schemes[0]} alone")
    wanted = ("mean", "std", "percentile_00_5", "percentile_99_5")
    numbers = ct_intensities(plans)
    if schemes[0] == "CTNormalization" and not (
        isinstance(numbers, dict) and all(_is_number(numbers.get(k)) for k in wanted)
    ):
        refuse("the intensity statistics of the CT channel are missing")
    for key in ("resampling_fn_data", "resampling_fn_probabilities"):
        if settings.get(key) not in RESAMPLINGS:
            refuse(f"the resampling '{settings.get(key)}' is not known", "use a model with nnU-Net's own resampling")
    network, _, parts = network_of(settings)
    if network.rpartition(".")[2] not in NETWORKS or not re.fullmatch(
        r"dynamic_network_architectures\.[\w.]+", network
    ):
        refuse(f"the network '{network}' is not supported", f"use {' or '.join(NETWORKS)}")
    for part in parts:
        if part is not None and _short(part) not in NETWORK_PARTS:
            refuse(f"the network is built of '{part}', which is not allowed", "use nnU-Net's standard networks")


def ct_intensities(plans: dict) -> dict | None:
    """Return the intensity statistics of the only channel as nnU-Net writes them, under their old name too."""
    of_channels = plans.get("foreground_intensity_properties_per_channel") or plans.get(
        "foreground_intensity_properties_by_modality"
    )
    return of_channels.get("0") if isinstance(of_channels, dict) else None


def network_of(settings: dict) -> tuple[str, dict, tuple]:
    """Return the network's class name, its keyword arguments and the names in them that are to be imported.

    Plans from before nnU-Net 2.5 name the class alone (``UNet_class_name``); their keyword
    arguments are empty here, nnU-Net itself fills them in.
    """
    architecture = settings.get("architecture")
    if not isinstance(architecture, dict):
        old = str(settings.get("UNet_class_name"))
        return f"dynamic_network_architectures.architectures.unet.{old}", {}, ()
    arguments = architecture.get("arch_kwargs")
    imports = architecture.get("_kw_requires_import")
    if not isinstance(arguments, dict) or not isinstance(imports, list) or not all(isinstance(i, str) for i in imports):
        return "incomplete", {}, ()
    return str(architecture.get("network_class_name")), arguments, tuple(arguments.get(key) for key in imports)


def _short(name: object) -> str:
    """Return ``torch.nn.Conv3d`` for ``torch.nn.modules.conv.Conv3d``."""
    return re.sub(r"^torch\.nn\.modules\.\w+\.", "torch.nn.", str(name))


def _are_positive(values: object, many: int) -> bool:
    return isinstance(values, list) and len(values) == many and all(_is_number(v) and v > 0 for v in values)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value and abs(value) < 1e300

"""What the headers of one volume say twice: flags where it does not agree."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ...errors import InputError
from ...flags import Flag
from .header import Image
from .kinds import UNSPECIFIED, is_derived, quantity_of
from .stack import StackPlan
from .volumes import by_pause, by_value

# Distances are written with one or two decimals.
_SAME_MM, _SAME_SHARE = 0.05, 0.05
_SAME_DEGREES = 1.0
_SAME_PIXEL_SHARE = 0.01
# A contrast phase lasts longer than this between two parts of a scan.
_PHASE_S = 10.0
_MOST_PARTS = 4
_LISTED = 5
# How an image was made, which changes its values.
_SETTINGS = ("kernel", "tube voltage", "energy", "slice thickness")
_ACQUISITIONS = ("temporal position", "acquisition number")
# Slopes and intercepts of CT are the same throughout; a difference of so many HU is no rounding.
_SAME_INTERCEPT_HU, _SAME_SLOPE_SHARE = 1.0, 0.01


def check_scale(images: Sequence[Image]) -> tuple[Flag, ...]:
    """Return flags about how stored values become HU.

    Raises
    ------
    InputError
        Where they become something else, or the headers contradict each other.
    """
    other = next((quantity for image in images if (quantity := quantity_of(image))), "")
    if other:
        raise InputError(f"The values of the series are no HU but '{other}' (Rescale Type); choose a series in HU.")
    silent = sum(not image.rescale.is_given for image in images)
    if 0 < silent < len(images):
        raise InputError(
            f"{silent} of {len(images)} images have no slope and intercept (Rescale) and the others have; "
            "export the series again."
        )
    for image in images:
        slope, intercept = image.rescale.applied
        if not (np.isfinite([slope, intercept]).all() and slope > 0):
            raise InputError(
                f"'{image.name}' has the slope {slope:g} and the intercept {intercept:g} (Rescale), which makes "
                "no HU; export the series again."
            )
    flags = []
    if silent:
        flags.append(
            Flag("not_hu", "The files do not say how their values become HU (Rescale Slope and Intercept are missing).")
        )
    elif any(image.rescale.unit == UNSPECIFIED for image in images):
        flags.append(Flag("not_hu", "The files say that the unit of their values is unspecified (Rescale Type US)."))
    scales = np.array([image.rescale.applied for image in images])
    spread = np.ptp(scales, axis=0)
    if spread[1] > _SAME_INTERCEPT_HU or spread[0] > _SAME_SLOPE_SHARE * scales[:, 0].min():
        (slope, intercept), (most_slope, most) = scales.min(axis=0), scales.max(axis=0)
        message = (
            f"The slices differ in how values become HU: slopes {slope:g} to {most_slope:g}, intercepts {intercept:g} "
            f"to {most:g}."
        )
        flags.append(Flag("header_warning", message))
    return tuple(flags)


def check_geometry(images: Sequence[Image], plan: StackPlan) -> tuple[Flag, ...]:
    """Return flags where what else is said about the images' place is not where their positions put them."""
    step_mm = plan.grid.spacing_mm[2]
    along_mm = step_mm / np.cos(np.radians(plan.tilt_degrees))
    flags = []
    for said in _said(images, "SpacingBetweenSlices"):
        if all(abs(abs(said) - mm) > max(_SAME_MM, _SAME_SHARE * mm) for mm in (step_mm, along_mm)):
            flags.append(f"their spacing is given as {said:g} mm, and their positions lie {step_mm:.4g} mm apart")
    for said in _said(images, "GantryDetectorTilt"):
        if abs(abs(said) - plan.tilt_degrees) > _SAME_DEGREES:
            flags.append(
                f"the gantry's tilt is given as {said:g} degrees, and by their positions it is {plan.tilt_degrees:.1f}"
            )
    twice = {image.said["ImagerPixelSpacing"] for image in images if "ImagerPixelSpacing" in image.said}
    pixel_mm = images[0].pixel_mm
    for other in sorted(twice):
        if len(other) != 2 or not np.allclose(other, pixel_mm, rtol=_SAME_PIXEL_SHARE):
            given = " × ".join(f"{mm:g}" for mm in other)
            flags.append(
                f"their pixels are given as {pixel_mm[0]:g} × {pixel_mm[1]:g} mm and, at the detector, as {given} mm"
            )
    for mark, plural in (("frame of reference", "frames of reference"), ("study", "studies")):
        count = len(by_value(images, mark))
        if count > 1:
            flags.append(f"they belong to {count} {plural}")
    return tuple(Flag("header_warning", f"The slices' headers contradict themselves: {text}.") for text in flags)


def check_uids(images: Sequence[Image]) -> tuple[Flag, ...]:
    """Return a flag where different images have one UID."""
    uids = [(image.sop_instance, image.frame) for image in images if image.sop_instance]
    repeated = len(uids) - len(set(uids))
    if not repeated:
        return ()
    message = f"{repeated} images have the UID of another one; they were told apart by their positions."
    return (Flag("repeated_uids", message),)


def check_acquisitions(images: Sequence[Image]) -> tuple[Flag, ...]:
    """Return flags about acquisitions, time points and settings of which one volume is made.

    Parameters
    ----------
    images : sequence of Image
        From one end of the volume to the other.
    """
    flags = []
    groupings = {mark: by_value(images, mark) for mark in _ACQUISITIONS}
    groupings["acquisition time"] = by_pause(images, "acquisition time", least_s=_PHASE_S)
    for mark, groups in groupings.items():
        if not 1 < len(groups) <= len(images) // 2:
            continue
        of = {id(image): label for label, group in groups.items() for image in group}
        runs = 1 + sum(of[id(one)] != of[id(next_)] for one, next_ in pairwise(images))
        if runs > len(groups):
            message = f"Slices of {len(groups)} acquisitions ({mark}) alternate; the series may mix phases."
            flags.append(Flag("interleaved_acquisitions", message))
        elif len(groups) <= _MOST_PARTS and min(map(len, groups.values())) > 1:
            message = (
                f"The volume is made of {len(groups)} acquisitions, one after the other ({mark} "
                f"{', '.join(sorted(groups))}); contrast may differ between them."
            )
            flags.append(Flag("joined_acquisitions", message))
    for mark in _SETTINGS:
        values = sorted({_plain(image.marks.get(mark, "")) for image in images})
        if len(values) > 1:
            listed = ", ".join(value or "none" for value in values[:_LISTED])
            flags.append(Flag("mixed_series", f"The slices differ in {mark}: {listed}."))
    # One thing said in several ways is one flag.
    return tuple({flag.code: flag for flag in reversed(flags)}.values())


def check_kind(images: Sequence[Image]) -> tuple[Flag, ...]:
    """Return a flag where the images are not what was reconstructed from the scan."""
    if not is_derived(images[0]):
        return ()
    said = "\\".join(images[0].image_type)
    return (Flag("derived_series", f"The series is not original: its Image Type is {said}."),)


def _said(images: Sequence[Image], name: str) -> list[float]:
    """Return the different numbers that the images give for `name`, rounded."""
    return sorted({round(image.said[name][0], 3) for image in images if image.said.get(name)})[:2]


def _plain(text: str) -> str:
    """Return a number in one way of writing it, other text as it is."""
    try:
        return f"{float(text):g}"
    except ValueError:
        return text

"""Calcification by a threshold in HU, found in several ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..geometry import Volume
from .lumen import Lumen, measure_lumen
from .neighbourhood import box_around, near_artery_without_bone

# Fixed thresholds in use. Without contrast medium 130 HU (Agatston et al. 1990,
# doi 10.1016/0735-1097(90)90282-T). In the venous phase 300 HU agreed best with calcium scores of
# 1125 patients ("Improving aortic calcium assessment in contrast-enhanced CT: exploring Hounsfield
# Unit thresholds for cardiovascular scoring", 2026), in the arterial phase 800 HU.
UNENHANCED_THRESHOLD_HU = 130.0
ENHANCED_THRESHOLD_HU = 300.0
# Blood without contrast medium reaches 60 HU or so, in the venous phase it exceeds 100 HU.
_ENHANCED_FROM_HU = 100.0
# This project's own choice, made on simulated patients: a little above the blood, since a higher
# threshold loses plaques that fill their voxels only in part.
REALISTIC_FACTOR = 1.1

_METHODS = "realistic, realistic:FACTOR (such as realistic:1.3) or fixed:HU (such as fixed:300)"


@dataclass(frozen=True, eq=False)
class Thresholded:
    """Calcification found by a threshold.

    Attributes
    ----------
    mask : Volume
        bool, on the grid of the CT.
    threshold_hu : float
        Voxels above it count; NaN where there was no artery to look at.
    method : str
    description : str
        How the threshold was found, for people.
    """

    mask: Volume
    threshold_hu: float
    method: str
    description: str


def threshold_calcification(ct: Volume, arteries: Volume, method: str = "realistic") -> Thresholded:
    """Find calcification as what is denser than a threshold, in the arteries and within 2 mm of them.

    Bone and enhanced organs that touch an artery are kept out
    (:func:`.neighbourhood.near_artery_without_bone`).

    Parameters
    ----------
    ct : Volume
        HU.
    arteries : Volume
        Non-zero = artery, on the grid of `ct`.
    method : str
        ``realistic``: derived from this scan. The threshold without contrast medium (130 HU) or,
        where the blood is enhanced, that of the venous phase (300 HU), but at least 1.1 times the
        upper end of this scan's blood, which is the median of the lumen plus three times its
        spread (:func:`.lumen.measure_lumen`); ``realistic:FACTOR``: another factor;
        ``fixed:300`` or ``300``: that HU.

    Raises
    ------
    InputError
        For an unknown method and for volumes on different grids.
    """
    kind, number = parse_method(method)
    near = _prepare(ct, arteries)
    if near is None:
        return Thresholded(_nothing(ct), float("nan"), method, "There is no artery to look at.")
    lumen = near.lumen
    blood = f"lumen {lumen.median_hu:.0f} HU, spread {lumen.spread_hu:.0f} HU"
    if kind == "fixed":
        threshold = number
        description = f"Fixed at {threshold:g} HU ({blood})."
        if threshold < lumen.upper_hu:
            description += " This is within the range of the blood, which is counted as calcification."
    else:
        least = ENHANCED_THRESHOLD_HU if lumen.median_hu >= _ENHANCED_FROM_HU else UNENHANCED_THRESHOLD_HU
        threshold = max(least, number * lumen.upper_hu)
        if threshold > least:
            description = f"{threshold:.0f} HU: {number:g} × (median + 3 × spread) of this scan's blood ({blood})."
        else:
            phase = "with" if least == ENHANCED_THRESHOLD_HU else "without"
            description = f"{threshold:.0f} HU: the usual threshold {phase} contrast medium ({blood})."
    return Thresholded(near.above(threshold), threshold, method, description)


def idealised(ct: Volume, arteries: Volume, reference: Volume) -> Thresholded:
    """Find the one threshold whose mask agrees best (Dice) with a reference mask.

    It is searched in the same neighbourhood as in :func:`threshold_calcification`, over every
    distinct value there in one pass: sorted by falling HU, the overlap of all masks is a running
    sum. Of equally good thresholds the highest is taken. It needs the answer, so it is a yardstick
    and no method for new cases.

    Parameters
    ----------
    ct, arteries : Volume
        As in :func:`threshold_calcification`.
    reference : Volume
        Non-zero = calcified, on the same grid.

    Raises
    ------
    InputError
        For volumes on different grids.
    """
    if not reference.grid.same_as(ct.grid):
        raise InputError("The reference mask and the CT are on different grids; align the mask first.")
    near = _prepare(ct, arteries)
    total = int(np.count_nonzero(reference.array))
    if near is None or total == 0:
        return Thresholded(_nothing(ct), float("nan"), "idealised", "There is no reference calcification to fit.")
    values = near.ct.array[near.region]
    calcified = reference.array[near.box][near.region] != 0
    order = np.argsort(values)[::-1]
    values, hits = values[order], np.cumsum(calcified[order])
    # A mask ends where the value changes; its threshold is the next value, which it leaves out.
    ends = np.flatnonzero(np.diff(values, append=values[-1] - 1))
    dice = 2 * hits[ends] / (ends + 1 + total)
    best = int(np.argmax(dice))
    following = ends[best] + 1
    threshold = float(values[following]) if following < len(values) else float(values[-1]) - 1
    description = f"{threshold:g} HU: agrees best with the reference (Dice {dice[best]:.3f})."
    return Thresholded(near.above(threshold), threshold, "idealised", description)


def parse_method(method: str) -> tuple[str, float]:
    """Return kind (``realistic``, ``fixed``) and number (factor, HU) of a method's name.

    Raises
    ------
    InputError
        Where there is no such method.
    """
    kind, _, text = method.strip().lower().partition(":")
    try:
        if kind == "realistic":
            number = float(text) if text else REALISTIC_FACTOR
        elif kind == "fixed":
            number = float(text)
        else:
            kind, number = "fixed", float(method)
    except ValueError:
        number = float("nan")
    if not np.isfinite(number) or (kind == "realistic" and number <= 0):
        raise InputError(f"There is no threshold method '{method}'; use {_METHODS}.")
    return kind, number


@dataclass(frozen=True, eq=False)
class _Neighbourhood:
    """The part of a CT in which calcification is looked for."""

    whole: Volume
    box: tuple[slice, slice, slice]
    ct: Volume
    region: np.ndarray
    lumen: Lumen

    def above(self, threshold_hu: float) -> Volume:
        mask = _nothing(self.whole)
        mask.array[self.box] = self.region & (self.ct.array > threshold_hu)
        return mask


def _prepare(ct: Volume, arteries: Volume) -> _Neighbourhood | None:
    if not arteries.grid.same_as(ct.grid):
        raise InputError("The artery mask and the CT are on different grids; align the mask first.")
    artery = arteries.array != 0
    if not artery.any():
        return None
    box = box_around(artery, ct.grid)
    near, artery = ct.cropped(box), artery[box]
    lumen = measure_lumen(near, artery)
    region = near_artery_without_bone(near, artery, max(UNENHANCED_THRESHOLD_HU, lumen.upper_hu))
    return _Neighbourhood(ct, box, near, region, lumen)


def _nothing(ct: Volume) -> Volume:
    return ct.with_array(np.zeros(ct.grid.shape, bool))

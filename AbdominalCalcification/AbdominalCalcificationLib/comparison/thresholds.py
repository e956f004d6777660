"""Calcification by a threshold in HU, found in several ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..anatomy import TERRITORIES
from ..errors import InputError
from ..flags import Flag
from ..geometry import Volume
from ..progress import Progress, Steps, drain
from .lumen import Lumen, lumen_of_arteries_steps, lumen_steps
from .neighbourhood import WALL_MM, box_around, near_artery_without_bone_steps

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

# Part of the blood that counts as calcification, from which on a burden is not to be used: that many of its per cent
# are blood. This project's own choice.
MOST_BLOOD = 0.01

# The adaptive rule of Stanford's Comp2Comp (github.com/StanfordMIMI/Comp2Comp, aortic calcium): so
# many left-hand spreads above the median, the spread reaching down to this quantile.
ADAPTIVE_SPREADS = 3.0
_ADAPTIVE_QUANTILE = 0.158

_DEFAULT_NUMBERS = {"realistic": REALISTIC_FACTOR, "adaptive": ADAPTIVE_SPREADS, "idealised": WALL_MM}
_METHODS = (
    "realistic, realistic:FACTOR (such as realistic:1.3), adaptive, adaptive:SPREADS or fixed:HU (such as fixed:300)"
)


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
    lumen : Lumen or None
        The blood, where there was an artery to look at.
    """

    mask: Volume
    threshold_hu: float
    method: str
    description: str
    lumen: Lumen | None = None

    def flags(self) -> list[Flag]:
        """Return a flag where blood passes for calcification."""
        if self.lumen is None:
            return []
        share = self.lumen.share_above(self.threshold_hu)
        if share <= MOST_BLOOD:
            return []
        message = (
            f"The threshold of {self.threshold_hu:.0f} HU lies within the range of the blood ({self.lumen}): "
            f"{100 * share:.0f} % of the blood counts as calcification."
        )
        return [Flag("threshold_below_lumen", message)]


def threshold_calcification(
    ct: Volume, arteries: Volume, method: str = "realistic", reference: Volume | None = None
) -> Thresholded:
    """Find calcification as what is denser than a threshold, in the arteries and within 2 mm of them.

    Bone and enhanced organs that touch an artery are kept out
    (:func:`.neighbourhood.near_artery_without_bone_steps`).

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
        ``fixed:300`` or ``300``: that HU. ``adaptive``: the rule of Stanford's Comp2Comp, median +
        3 × (median − 15.8 % quantile) of the whole aorta, calcium and wall included (of all
        arteries where no aorta is labelled); ``adaptive:2``: another number of spreads.
        ``idealised``, ``idealised:MM``: see :func:`idealised`; it needs `reference`.
    reference : Volume, optional
        Non-zero = calcified, for ``idealised`` alone.

    Raises
    ------
    InputError
        For an unknown method, ``idealised`` without a reference, and volumes on different grids.
    """
    if parse_method(method, with_reference=reference is not None)[0] == "idealised" and reference is not None:
        return idealised(ct, arteries, reference, parse_method(method, with_reference=True)[1])
    return drain(threshold_steps(ct, arteries, method))


def threshold_steps(ct: Volume, arteries: Volume, method: str = "realistic") -> Steps[Thresholded]:
    """Find calcification as :func:`threshold_calcification` does without a reference, yielding in between."""
    kind, number = parse_method(method)
    near = yield from _prepare_steps(ct, arteries, WALL_MM)
    if near is None:
        return Thresholded(_nothing(ct), float("nan"), method, "There is no artery to look at.")
    threshold, description = _threshold_hu(kind, number, ct, arteries, near.lumen)
    return Thresholded(near.above(threshold), threshold, method, description, near.lumen)


def threshold_of_case_steps(ct: Volume, arteries: Volume, method: str = "realistic") -> Steps[tuple[float, str] | None]:
    """Return the threshold that :func:`threshold_calcification` would use, HU, and how it was found.

    Parameters and errors as there, but for ``idealised``; None where there is no artery to look at.
    """
    kind, number = parse_method(method)
    lumen = yield from lumen_of_arteries_steps(ct, arteries)
    return None if lumen is None else _threshold_hu(kind, number, ct, arteries, lumen)


def _threshold_hu(kind: str, number: float, ct: Volume, arteries: Volume, lumen: Lumen) -> tuple[float, str]:
    """Return the threshold of a method, HU, and how it was found."""
    blood = f"lumen {lumen}"
    if kind == "fixed":
        threshold = number
        description = f"Fixed at {threshold:g} HU ({blood})."
        if threshold < lumen.upper_hu:
            description += " This is within the range of the blood, which is counted as calcification."
    elif kind == "adaptive":
        aorta = arteries.array == TERRITORIES[0].label
        values = ct.array[aorta if aorta.any() else arteries.array != 0]
        median, low = np.quantile(values, [0.5, _ADAPTIVE_QUANTILE])
        threshold = float(median + number * (median - low))
        description = f"{threshold:.0f} HU: median {median:.0f} + {number:g} × {median - low:.0f} HU (whole aorta)."
    else:
        least = ENHANCED_THRESHOLD_HU if lumen.median_hu >= _ENHANCED_FROM_HU else UNENHANCED_THRESHOLD_HU
        threshold = max(least, number * lumen.upper_hu)
        if threshold > least:
            description = f"{threshold:.0f} HU: {number:g} × (median + 3 × spread) of this scan's blood ({blood})."
        else:
            phase = "with" if least == ENHANCED_THRESHOLD_HU else "without"
            description = f"{threshold:.0f} HU: the usual threshold {phase} contrast medium ({blood})."
    return threshold, description


def idealised(
    ct: Volume, arteries: Volume, reference: Volume, wall_mm: float = WALL_MM, counts: Volume | None = None
) -> Thresholded:
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
    wall_mm : float
        How far from the artery calcification is looked for.
    counts : Volume, optional
        Non-zero where voxels count; those elsewhere, of either mask, do not sway the threshold. By default all count.

    Raises
    ------
    InputError
        For volumes on different grids.
    """
    if not reference.grid.same_as(ct.grid):
        raise InputError("The reference mask and the CT are on different grids; align the mask first.")
    near = drain(_prepare_steps(ct, arteries, wall_mm))
    calcified = reference.array != 0 if counts is None else (reference.array != 0) & (counts.array != 0)
    total = int(np.count_nonzero(calcified))
    if near is None or total == 0:
        return Thresholded(_nothing(ct), float("nan"), "idealised", "There is no reference calcification to fit.")
    region = near.region if counts is None else near.region & (counts.array[near.box] != 0)
    if not region.any():
        return Thresholded(
            _nothing(ct), float("nan"), "idealised", "No reference calcification lies near the arteries."
        )
    values, calcified = near.ct.array[region], calcified[near.box][region]
    threshold, dice = best_threshold(values, calcified, total)
    description = f"{threshold:g} HU: agrees best with the reference (Dice {dice:.3f})."
    return Thresholded(near.above(threshold), threshold, "idealised", description)


def searched(ct: Volume, arteries: Volume, method: str) -> Volume:
    """Return where a threshold method looks for calcification (bool): in the arteries, near them, and not in bone."""
    kind, number = parse_method(method, with_reference=True)
    near = drain(_prepare_steps(ct, arteries, number if kind == "idealised" else WALL_MM))
    mask = _nothing(ct)
    if near is not None:
        mask.array[near.box] = near.region
    return mask


def best_threshold(values: np.ndarray, inside: np.ndarray, total: int) -> tuple[float, float]:
    """Return the threshold whose voxels above it have the greatest Dice with a reference, and that Dice.

    Parameters
    ----------
    values : ndarray, shape (n,)
        HU of the voxels that may be chosen; not empty.
    inside : ndarray of bool, shape (n,)
        Whether each belongs to the reference.
    total : int
        Voxels of the reference, also those that cannot be chosen.
    """
    order = np.argsort(values)[::-1]
    values, hits = values[order], np.cumsum(inside[order])
    # A mask ends where the value changes; its threshold is the next value, which it leaves out.
    ends = np.flatnonzero(np.diff(values, append=values[-1] - 1))
    dice = 2 * hits[ends] / (ends + 1 + total)
    best = int(np.argmax(dice))
    following = ends[best] + 1
    threshold = float(values[following]) if following < len(values) else float(values[-1]) - 1
    return threshold, float(dice[best])


def parse_method(method: str, *, with_reference: bool = False) -> tuple[str, float]:
    """Return kind and number of a method's name.

    ``realistic`` has a factor, ``fixed`` a HU, ``adaptive`` a number of spreads, ``idealised`` a
    distance in mm.

    Raises
    ------
    InputError
        Where there is no such method, and for ``idealised`` without a reference.
    """
    kind, _, text = method.strip().lower().partition(":")
    try:
        if kind in _DEFAULT_NUMBERS:
            number = float(text) if text else _DEFAULT_NUMBERS[kind]
        elif kind == "fixed":
            number = float(text)
        else:
            kind, number = "fixed", float(method)
    except ValueError:
        number = float("nan")
    if not np.isfinite(number) or (kind in _DEFAULT_NUMBERS and number <= 0):
        raise InputError(f"There is no threshold method '{method}'; use {_METHODS}.")
    if kind == "idealised" and not with_reference:
        raise InputError(f"The idealised threshold is fitted to a reference, to evaluate others; use {_METHODS}.")
    return kind, number


@dataclass(frozen=True, eq=False)
class _Neighbourhood:
    """The part of a CT in which calcification is looked for."""

    whole: Volume
    box: tuple[slice, ...]
    ct: Volume
    region: np.ndarray
    lumen: Lumen

    def above(self, threshold_hu: float) -> Volume:
        mask = _nothing(self.whole)
        mask.array[self.box] = self.region & (self.ct.array > threshold_hu)
        return mask


def _prepare_steps(ct: Volume, arteries: Volume, wall_mm: float) -> Steps[_Neighbourhood | None]:
    if not arteries.grid.same_as(ct.grid):
        raise InputError("The artery mask and the CT are on different grids; align the mask first.")
    artery = arteries.array != 0
    if not artery.any():
        return None
    box = box_around(artery, ct.grid)
    near, artery = ct.cropped(box), artery[box]
    yield Progress("Thresholding the calcification", 0.0)
    lumen = yield from lumen_steps(near, artery)
    dense_hu = max(UNENHANCED_THRESHOLD_HU, lumen.upper_hu)
    region = yield from near_artery_without_bone_steps(near, artery, dense_hu, wall_mm)
    return _Neighbourhood(ct, box, near, region, lumen)


def _nothing(ct: Volume) -> Volume:
    return ct.with_array(np.zeros(ct.grid.shape, bool))

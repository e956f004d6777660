"""Slices put together into one volume: interpolated where a grid needs it, and never with what is no tissue."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...geometry.volume import Volume
from ..hounsfield import AIR_HU
from .stack import StackPlan


class Plane(NamedTuple):
    """A slice's pixels.

    Attributes
    ----------
    hu : ndarray, shape (row, column)
        Air where nothing was measured.
    holes : ndarray of bool, shape (row, column), or None
        Where nothing was measured; None for nowhere.
    """

    hu: np.ndarray
    holes: np.ndarray | None = None


def assemble(plan: StackPlan, read_slice: Callable[[int], Plane]) -> Volume:
    """Return the volume of `plan`, reading each slice once.

    Parameters
    ----------
    plan : StackPlan
    read_slice : callable
        Returns the input slice with the given number.

    Returns
    -------
    Volume
        int16 where all values are integers that fit, else float32.
    """
    volume = np.full(plan.grid.shape, AIR_HU, np.int16)
    held: dict[int, Plane] = {}

    def placed(number: int) -> Plane:
        if number not in held:
            held[number] = _moved(read_slice(int(plan.order[number])), plan.shifts_ji[number], plan.grid.shape[1:])
        return held[number]

    for k, at in enumerate(plan.along):
        below = int(at)
        part = at - below
        for done in [number for number in held if number < below]:
            del held[done]
        pixels = _between(placed(below), placed(below + 1), part) if part else placed(below).hu
        if volume.dtype == np.int16 and not _fits_int16(pixels):
            volume = volume.astype(np.float32)
        volume[k] = pixels
    return Volume(volume, plan.grid)


def _between(one: Plane, other: Plane, part: float) -> np.ndarray:
    """Return the values at `part` of the way from one plane to the other; of the one that has any, if not both have."""
    weighted = (1 - part) * one.hu.astype(np.float64), part * other.hu.astype(np.float64)
    if one.holes is None and other.holes is None:
        mixed = weighted[0] + weighted[1]
    else:
        weights = [
            share * (1.0 if plane.holes is None else ~plane.holes) for plane, share in ((one, 1 - part), (other, part))
        ]
        mixed = _average(weights[0] * one.hu + weights[1] * other.hu, weights[0] + weights[1])
    return _as_type(mixed, one.hu.dtype)


def _moved(plane: Plane, shift_ji: np.ndarray, shape: tuple[int, int]) -> Plane:
    """Return `plane` with its first pixel at `shift_ji` (not negative) of one of `shape`, holes around it."""
    if not shift_ji.any() and plane.hu.shape == tuple(shape):
        return plane
    whole = np.floor(shift_ji + 1e-9).astype(int)
    part = np.clip(shift_ji - whole, 0, None)
    part[part < 1e-9] = 0
    rows, columns = plane.hu.shape
    inside = np.s_[whole[0] : whole[0] + rows, whole[1] : whole[1] + columns]
    weights = np.zeros(np.array(shape) + 1)
    weights[inside] = 1.0 if plane.holes is None else ~plane.holes
    values = np.zeros_like(weights)
    values[inside] = plane.hu
    values *= weights
    for axis in (0, 1):
        if part[axis]:
            values, weights = ((1 - part[axis]) * each + part[axis] * _next(each, axis) for each in (values, weights))
    values, weights = values[: shape[0], : shape[1]], weights[: shape[0], : shape[1]]
    return Plane(_as_type(_average(values, weights), plane.hu.dtype), weights < _LEAST_WEIGHT)


# Where half of a value and more would come from where nothing was measured, nothing was.
_LEAST_WEIGHT = 0.5 - 1e-9


def _average(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return sums of weighted `values` over their `weights`; air where hardly anything was measured."""
    measured = weights >= _LEAST_WEIGHT
    return np.where(measured, values / np.where(measured, weights, 1), AIR_HU)


def _next(array: np.ndarray, axis: int) -> np.ndarray:
    """Return `array` moved on by one along `axis`, zeros coming in."""
    moved = np.zeros_like(array)
    if axis == 0:
        moved[1:] = array[:-1]
    else:
        moved[:, 1:] = array[:, :-1]
    return moved


def _as_type(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return np.rint(values).astype(dtype) if np.issubdtype(dtype, np.integer) else values


def _fits_int16(pixels: np.ndarray) -> bool:
    if not np.issubdtype(pixels.dtype, np.integer):
        return False
    limits = np.iinfo(np.int16)
    return pixels.dtype == np.int16 or (pixels.min() >= limits.min and pixels.max() <= limits.max)

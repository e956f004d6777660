"""Pixels of a radiograph at another step: averaged where it is coarser, so that noise does not fold over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Raster:
    """Pixels on a grid of their own within a radiograph.

    Attributes
    ----------
    pixels : ndarray, shape (rows, columns, ...)
    step : tuple of float
        Between rows and between columns, in the unit of the radiograph's points.
    origin : tuple of float
        (y, x) of the centre of pixel (0, 0), as a point of the radiograph.
    """

    pixels: np.ndarray
    step: tuple[float, float]
    origin: tuple[float, float] = (0.0, 0.0)

    def at(self, points: np.ndarray, outside: float | None = None) -> np.ndarray:
        """Return the values at points (..., 2), x and y, linearly; beyond the border `outside` or the nearest."""
        from scipy import ndimage

        places = [(points[..., 1 - axis] - self.origin[axis]) / self.step[axis] for axis in (0, 1)]
        how = {"mode": "nearest"} if outside is None else {"mode": "constant", "cval": outside}
        return ndimage.map_coordinates(self.pixels, places, order=1, **how)


def raster_at(pixels: np.ndarray, step: Sequence[float], new_step: float) -> Raster:
    """Return `pixels` (rows, columns), as float32, at even steps over the same field.

    Whole pixels are averaged first, what is left is interpolated linearly.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns)
    step : sequence of float
        Between rows and between columns.
    new_step : float
    """
    values = np.asarray(pixels, np.float32)
    origin = []
    for axis in (0, 1):
        size = max(1, round(pixels.shape[axis] * step[axis] / new_step))
        origin.append(0.5 * new_step - 0.5 * step[axis])
        at = (origin[axis] + np.arange(size) * new_step) / step[axis]
        values = _along(values, axis, at, max(1, int(new_step / step[axis])))
    return Raster(np.ascontiguousarray(values), (new_step, new_step), (origin[0], origin[1]))


def raster_onto(raster: Raster, pixels: Sequence[np.ndarray], step: Sequence[float]) -> np.ndarray:
    """Return a raster's values (rows, columns, ...) at the pixels of an image, linearly.

    `pixels` are the rows and the columns that are asked for, `step` is the image's.
    """
    values = raster.pixels
    for axis in (0, 1):
        at = (np.asarray(pixels[axis]) * step[axis] - raster.origin[axis]) / raster.step[axis]
        values = _linear(values, axis, at)
    return values


def _along(values: np.ndarray, axis: int, at: np.ndarray, many: int) -> np.ndarray:
    """Return values along an axis at places `at` (in pixels), after the mean of `many` at a time."""
    if many > 1:
        # What is left at the end makes a smaller group of its own.
        starts = np.arange(0, values.shape[axis], many)
        counts = np.diff([*starts, values.shape[axis]])
        shape = [1, 1]
        shape[axis] = -1
        values = np.add.reduceat(values, starts, axis=axis) / counts.reshape(shape).astype(np.float32)
        at = (at - 0.5 * (many - 1)) / many
    return _linear(values, axis, at)


def _linear(values: np.ndarray, axis: int, at: np.ndarray) -> np.ndarray:
    at = np.clip(at, 0, values.shape[axis] - 1)
    low = np.minimum(at.astype(int), max(values.shape[axis] - 2, 0))
    high = np.minimum(low + 1, values.shape[axis] - 1)
    shape = [1] * values.ndim
    shape[axis] = -1
    share = (at - low).astype(np.float32).reshape(shape)
    return np.take(values, low, axis) * (1 - share) + np.take(values, high, axis) * share

"""A vessel laid out straight above its profile, as a picture: path length from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_erosion, zoom

from ..anatomy import territory
from ..display import CTA_LEVEL_HU, CTA_WINDOW_HU
from ..geometry import Volume
from ..measurement import Measurement
from ..profiles import Profile, Straightened
from .drawing import rgb_bytes, write

_LEFT, _RIGHT, _GAP, _GRAPH, _AXIS = 34, 8, 10, 90, 22
_PLAQUE_COLOR, _CURSOR_COLOR, _LINE = (1.0, 0.85, 0.2), (1.0, 0.25, 0.2), 90
_AIR_HU = -1000.0
# Distances of marks on the axes: the first one with room for its number.
_STEPS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
_ROOM = 40


@dataclass(frozen=True, eq=False)
class VesselPicture:
    """What :func:`vessel_picture` drew.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (rows, columns, 3)
        RGB, rows from the top.
    first_mm, mm_per_pixel : float
        Path length of column :attr:`left`, and how much a column more is.
    left : int
    """

    pixels: np.ndarray
    first_mm: float
    mm_per_pixel: float
    left: int = _LEFT

    def column_of(self, length_mm: float) -> int:
        """Return the column of a path length."""
        return self.left + round((length_mm - self.first_mm) / self.mm_per_pixel)

    def length_of(self, column: float) -> float:
        """Return the path length of a column, mm."""
        return self.first_mm + (column - self.left) * self.mm_per_pixel

    def with_cursor(self, length_mm: float) -> np.ndarray:
        """Return the picture with a line at a path length."""
        image = self.pixels.copy()
        column = self.column_of(length_mm)
        if self.left <= column < image.shape[1]:
            image[:-_AXIS, column] = rgb_bytes(_CURSOR_COLOR)
        return image


def vessel_picture(
    laid_out: Straightened,
    ct: Volume,
    measurement: Measurement,
    profile: Profile,
    *,
    width: int = 380,
    angle_deg: float = 0.0,
) -> VesselPicture:
    """Draw the cut through a vessel along its centreline, with its wall and plaques outlined, above its areas.

    Parameters
    ----------
    laid_out : profiles.Straightened
    ct : Volume
        HU.
    measurement : Measurement
        Of the territory of the profile among others: what is outlined is what it counts.
    profile : profiles.Profile
    width : int
        Columns.
    angle_deg : float
        Of the cut around the centreline.
    """
    lengths = laid_out.centreline.path_lengths_mm
    scale = (width - _LEFT - _RIGHT) / max(lengths[-1] - lengths[0], 1e-6)  # pixels to a mm, both ways
    colour = territory(profile.territory).color
    cut = _cut(laid_out, ct, measurement, profile.territory, angle_deg, scale, width - _LEFT - _RIGHT)
    in_sight = (profile.edges_mm[1:] > lengths[0]) & (profile.edges_mm[:-1] < lengths[-1])
    most_mm2 = max(float(profile.artery_area_mm2[in_sight].max(initial=0.0)), 1e-6)
    graph = _graph(profile, lengths, width - _LEFT - _RIGHT, colour, most_mm2)
    image = np.zeros((len(cut) + _GAP + len(graph) + _AXIS, width, 3), np.uint8)
    inner = slice(_LEFT, width - _RIGHT)
    image[: len(cut), inner] = cut
    top = len(cut) + _GAP
    image[top : top + len(graph), inner] = graph
    picture = VesselPicture(image, float(lengths[0]), 1 / scale)
    _axes(image, picture, top, most_mm2, float(lengths[-1]))
    return picture


def _cut(
    laid_out: Straightened,
    ct: Volume,
    measurement: Measurement,
    name: str,
    angle_deg: float,
    scale: float,
    columns: int,
) -> np.ndarray:
    """Return the cut, path length along its columns, the first side of its sections at the top."""
    label = territory(name).label
    hu = laid_out.cut(ct, angle_deg, outside=_AIR_HU)
    own = laid_out.cut(measurement.kept_arteries, angle_deg, is_mask=True) == label
    plaque = laid_out.cut(measurement.parts_map, angle_deg, is_mask=True) == label
    step = float(np.diff(laid_out.offsets_mm[:2])[0])
    shape = max(24, round(hu.shape[1] * step * scale)), columns
    grey = _to_size(np.clip((hu - CTA_LEVEL_HU) / CTA_WINDOW_HU + 0.5, 0, 1) * 255, shape, order=1)
    image = np.repeat(np.round(grey).astype(np.uint8)[..., None], 3, axis=2)
    for mask, colour in ((own | plaque, territory(name).color), (plaque, _PLAQUE_COLOR)):
        shown = _to_size(mask.astype(np.uint8), shape, order=0) > 0
        image[shown & ~binary_erosion(shown, border_value=1)] = rgb_bytes(colour)
    return image


def _to_size(values: np.ndarray, shape: tuple[int, int], order: int) -> np.ndarray:
    """Return values (sections, points across) as rows and columns of a picture, points across from the top."""
    turned = values.T[::-1]
    factors = [new / old for new, old in zip(shape, turned.shape, strict=True)]
    return zoom(turned, factors, order=order, mode="nearest", grid_mode=True)


def _graph(profile: Profile, lengths: np.ndarray, columns: int, colour: Sequence[float], most_mm2: float) -> np.ndarray:
    """Return the areas along the vessel: all of it in its colour, what is calcified below in that of plaques."""
    image = np.full((_GRAPH, columns, 3), 16, np.uint8)
    at = lengths[0] + (np.arange(columns) + 0.5) * (lengths[-1] - lengths[0]) / columns
    slices = np.searchsorted(profile.edges_mm, at, side="right") - 1
    is_there = (slices >= 0) & (slices < len(profile.artery_area_mm2))
    slices = np.where(is_there, slices, 0)
    height = np.arange(_GRAPH)[::-1, None] + 0.5
    for area, shade in (
        (profile.artery_area_mm2, 0.55 * rgb_bytes(colour)),
        (profile.calcified_area_mm2, rgb_bytes(_PLAQUE_COLOR)),
    ):
        image[height <= np.where(is_there, area[slices], 0) / most_mm2 * _GRAPH] = shade
    return image


def _axes(image: np.ndarray, picture: VesselPicture, top: int, most_mm2: float, end_mm: float) -> None:
    """Write path lengths below the areas, and the largest area beside them."""
    bottom = top + _GRAPH
    image[bottom, _LEFT : image.shape[1] - _RIGHT] = _LINE
    image[top:bottom, _LEFT - 1] = _LINE
    write(image, f"{most_mm2:.0f}", (2, top + 8), size=11)
    write(image, "mm²", (2, top + 22), size=11)
    write(image, "mm", (2, bottom + _AXIS // 2), size=11)
    step = next((each for each in _STEPS if each / picture.mm_per_pixel >= _ROOM), _STEPS[-1])
    for mark in range(step * int(np.ceil(picture.first_mm / step)), int(end_mm) + 1, step):
        column = min(picture.column_of(mark), image.shape[1] - 1)
        image[bottom : bottom + 4, column] = _LINE
        write(image, str(mark), (column, bottom + _AXIS // 2 + 2), size=11, centred=True)

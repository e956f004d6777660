"""Which way the patient faces, from the picture, where the file does not say it.

Two things tell, and on films of people neither suffices: on which side the network names more of a spine, and on which
one the dark beyond the skin is nearer, as the back lies close behind the spine. Weight and limits are this project's
own; they were seen on twelve real films.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .image import FACINGS, Radiograph
from .resampling import Raster, raster_at

# The dark, where it is nearer on one side all along the spine, counts as much as so many vertebrae.
BACK_WEIGHT = 1.0
# Of the way from the least to the greatest grey value: what is darker is air, or masked, where so many depths of a body
# before it is no less bright than this. Thin tissue becomes dark by and by.
DARK, TISSUE, BORDER_DEPTHS = 0.12, 0.3, 0.5
# Pixels to the depth of a body, fine enough for skin, and the deviation by which noise is taken off, in depths.
_PIXELS, _SMOOTH_DEPTHS = 20, 0.06
# Rows of the network with fewer pixels of bodies have no middle.
_FEWEST = 2.0


@dataclass(frozen=True, eq=False)
class Seen:
    """What the network sees on a film when it is shown as one that faces a side.

    Attributes
    ----------
    bodies : Raster
        Share of vertebral bodies (rows, columns), of the film turned so that this side is on the left.
    quality : float
        How many vertebrae are named, and how surely.
    """

    bodies: Raster
    quality: float


def lead_of_left(radiograph: Radiograph, seen: Mapping[str, Seen]) -> float:
    """Return how much more speaks for a front on the left than on the right, about in vertebrae; negative for right.

    Parameters
    ----------
    radiograph : Radiograph
        As it is stored.
    seen : mapping of {'left', 'right'} to Seen
    """
    return seen["left"].quality - seen["right"].quality + BACK_WEIGHT * nearer_back(radiograph, seen)


def nearer_back(radiograph: Radiograph, seen: Mapping[str, Seen]) -> float:
    """Return at how many rows of the spine the dark is nearer on the right than on the left, less where it is farther.

    A share of the rows, -1 to 1; 0 where there is no spine, or no dark on either side.
    """
    found = {side: _rows(each.bodies) for side, each in seen.items()}
    depths = found[max(FACINGS, key=lambda side: seen[side].quality)][2]
    if not len(depths):
        return 0.0
    depth = float(np.median(depths))
    film = raster_at(radiograph.pixels, radiograph.step, max(depth / _PIXELS, *radiograph.step))
    values = ndimage.gaussian_filter(film.pixels, _SMOOTH_DEPTHS * depth / film.step[0])
    low, high = np.percentile(values, (0.5, 99.0))
    if high - low <= 1e-6 * max(abs(low), abs(high)):
        return 0.0
    shares = (values - low) / (high - low)
    border = max(1, round(BORDER_DEPTHS * depth / film.step[0]))
    rows = film.origin[0] + film.step[0] * np.arange(len(shares))
    spine = [
        np.interp(rows, y, x if side == "left" else radiograph.width - x, left=np.nan, right=np.nan)
        for side, (y, x, _) in found.items()
        if len(y)
    ]
    there = ~np.isnan(spine).all(axis=0)
    columns = np.nanmean(np.asarray(spine)[:, there], axis=0)
    at = np.clip(np.rint((columns - film.origin[1]) / film.step[1]).astype(int), 0, shares.shape[1] - 1)
    ways = [
        (_to_skin(shares[row, : column + 1][::-1], border), _to_skin(shares[row, column:], border))
        for row, column in zip(np.flatnonzero(there), at, strict=True)
    ]
    return float(np.mean([np.sign(front - back) if front != back else 0.0 for front, back in ways])) if ways else 0.0


def _to_skin(shares: np.ndarray, border: int) -> float:
    """Return how many pixels it is to where tissue ends in the dark; infinitely many where it does not."""
    dark = shares < DARK
    first = int(dark.argmax())
    return first if dark.any() and shares[max(first - border, 0)] >= TISSUE else np.inf


def _rows(bodies: Raster) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return y of the rows in which there are bodies, x of their middle, and how deep they are there."""
    share = np.asarray(bodies.pixels, float)
    count = share.sum(axis=1)
    rows = np.flatnonzero(count > _FEWEST)
    x = bodies.origin[1] + bodies.step[1] * np.arange(share.shape[1])
    return bodies.origin[0] + bodies.step[0] * rows, (share @ x)[rows] / count[rows], count[rows] * bodies.step[1]

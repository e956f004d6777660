"""Which way the patient faces, from the picture, where the file does not say it.

Four things tell, and on films of people none suffices: on which side the network names more of a spine; on which one
the dark beyond the skin is nearer, as the back lies close behind the spine; to which side the spine bulges, as lumbar
lordosis does to the front; and on which side bright pedicles, at the upper halves of bodies, alternate with dark
foramina below them. Weights and limits are this project's own; they were seen on real films.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage
from scipy.stats import theilslopes

from .image import FACINGS, Radiograph
from .resampling import Raster, raster_at
from .spine import Vertebra, bulge

# The dark, where it is nearer on one side all along the spine, counts as much as so many vertebrae.
BACK_WEIGHT = 1.0
# The spine counts as much as so many vertebrae for each height of a body by which it bulges more to one side as seen
# from there, one height at most; pedicles for each spread of the grey values beside the spine.
BULGE_WEIGHT, PEDICLE_WEIGHT = 1.0, 0.5
# An edge of the picture or of the collimated field is no skin: straight, and upright but for such a slope. So much of
# it lies so near to one line, in depths of a body.
_EDGE_SHARE, _EDGE_DEPTHS, _EDGE_SLOPE = 0.9, 0.05, 0.1
# The line is laid through so many rows at most: each is compared with each.
_FITTED = 500
# Where pedicles and foramina are looked for: parts of a body's height from its top, and of its depth away from it.
_PEDICLE, _FORAMEN, _BESIDE = (0.08, 0.45), (0.7, 1.15), (0.1, 0.45)
_PLACES = 12
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
    vertebrae : mapping of str to Vertebra
        On that film, too.
    """

    bodies: Raster
    quality: float
    vertebrae: Mapping[str, Vertebra] = field(default_factory=dict)


def lead_of_left(radiograph: Radiograph, seen: Mapping[str, Seen]) -> float:
    """Return how much more speaks for a front on the left than on the right, about in vertebrae; negative for right.

    Parameters
    ----------
    radiograph : Radiograph
        As it is stored.
    seen : mapping of {'left', 'right'} to Seen
    """
    lead = seen["left"].quality - seen["right"].quality + BACK_WEIGHT * nearer_back(radiograph, seen)
    # On the wrong side, what the network calls a sacrum bends the line of bodies less, or to the other side.
    bulges = [bulge(seen[side].vertebrae) for side in FACINGS]
    lead += BULGE_WEIGHT * float(np.clip(bulges[1] - bulges[0], -1.0, 1.0))
    for sign, side in zip((1.0, -1.0), FACINGS, strict=True):
        turned = replace(radiograph, faces=side).facing_left()
        lead += sign * 0.5 * PEDICLE_WEIGHT * pedicles_behind(turned, seen[side].vertebrae)
    return lead


def pedicles_behind(film: Radiograph, vertebrae: Mapping[str, Vertebra]) -> float:
    """Return by how much more bright pedicles over dark foramina are seen behind the lumbar bodies than before them.

    In spreads of the grey values there, -2 to 2; 0 where there are too few bodies.

    Parameters
    ----------
    film : Radiograph
        Facing left.
    vertebrae : mapping of str to Vertebra
        On it.
    """
    found = [each for name, each in vertebrae.items() if name.startswith("L")]
    if len(found) < 3:
        return 0.0
    depth = float(np.median([each.depth for each in found]))
    raster = raster_at(film.pixels, film.step, max(depth / _PIXELS, *film.step))
    down = np.linspace(_PEDICLE[0], _FORAMEN[1], 4 * _PLACES)
    out = np.linspace(*_BESIDE, _PLACES)
    strips = []
    for each in found:
        front_top, back_top, back_bottom, front_bottom = np.asarray(each.corners)
        way = (back_top - front_top + back_bottom - front_bottom) / 2
        for top, bottom, sign in ((back_top, back_bottom, 1.0), (front_top, front_bottom, -1.0)):
            points = top + down[:, None, None] * (bottom - top) + sign * out[:, None] * way
            strips.append(raster.at(points.reshape(-1, 2)))
    values = np.reshape(strips, (len(found), 2, len(down), len(out)))
    spread = float(np.std(values - values.mean(axis=(2, 3), keepdims=True)))
    upper, lower = ((down >= low) & (down <= high) for low, high in (_PEDICLE, _FORAMEN))
    contrast = (values[:, :, upper].mean(axis=(2, 3)) - values[:, :, lower].mean(axis=(2, 3))).mean(axis=0)
    return float(np.clip((contrast[0] - contrast[1]) / spread, -2.0, 2.0)) if spread > 0 else 0.0


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
    on = np.flatnonzero(there)
    left = [_to_skin(shares[row, : column + 1][::-1], border) for row, column in zip(on, at, strict=True)]
    right = [_to_skin(shares[row, column:], border) for row, column in zip(on, at, strict=True)]
    fronts = _but_edges(on, at - np.array(left), at, _EDGE_DEPTHS * _PIXELS)
    backs = _but_edges(on, at + np.array(right), at, _EDGE_DEPTHS * _PIXELS)
    nearer = [np.sign(front - back) if front != back else 0.0 for front, back in zip(fronts, backs, strict=True)]
    return float(np.mean(nearer)) if nearer else 0.0


def _but_edges(rows: np.ndarray, places: np.ndarray, spine: np.ndarray, tolerance: float) -> np.ndarray:
    """Return how far the skin is from the spine in each row; infinitely far where what was found is a straight edge."""
    away = np.abs(places - spine)
    seen = np.isfinite(places)
    if np.count_nonzero(seen) < 3:
        return away
    every = 1 + np.count_nonzero(seen) // _FITTED
    slope, offset = theilslopes(places[seen][::every], rows[seen][::every])[:2]
    near = np.abs(places[seen] - slope * rows[seen] - offset) <= tolerance
    return np.full(len(away), np.inf) if near.mean() >= _EDGE_SHARE and abs(slope) <= _EDGE_SLOPE else away


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

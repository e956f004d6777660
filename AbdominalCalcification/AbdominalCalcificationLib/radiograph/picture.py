"""What the pixels of a radiograph show around the vertebrae that were found: contrast, symmetry, what lies in front."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import ndimage

from .image import Radiograph
from .spine import Vertebra

# In heights of a body: how far in front of the bodies the aorta lies, and how far from them soft tissue begins.
_FRONT_HEIGHTS, _GAP_HEIGHTS, _SOFT_HEIGHTS = 1.5, 0.15, 1.0
# From where to where, in heights from the middle of the spine, both sides are compared: the bodies themselves are alike
# from any side. And the pixel of the comparison.
_SIDE_HEIGHTS, _SYMMETRY_STEP = (1.1, 4.5), 0.125


def contrast_of_bodies(radiograph: Radiograph, labels: np.ndarray, vertebrae: Mapping[str, Vertebra]) -> float | None:
    """Return how much brighter the bodies are than what lies in front of them, in spreads of the image (10 to 90 %).

    The median over the vertebrae of the differences of medians; None where nothing lies in front.
    """
    height = float(np.median([each.height for each in vertebrae.values()]))
    low, high = np.percentile(radiograph.pixels, (10, 90))
    found = []
    for each in vertebrae.values():
        inside = _box(radiograph, np.asarray(each.corners))
        body = radiograph.pixels[inside][labels[inside] > 0]
        _, soft = front_of(radiograph, each, height, _GAP_HEIGHTS, _SOFT_HEIGHTS)
        if body.size and soft.size:
            found.append(float(np.median(body)) - float(np.median(soft)))
    return float(np.median(found)) / max(float(high - low), 1e-6) if found else None


def front_of(
    radiograph: Radiograph, vertebra: Vertebra, height: float, near: float = 0.0, far: float = _FRONT_HEIGHTS
) -> tuple[float, np.ndarray]:
    """Return which share of the region in front of a body lies in the image, and the pixels there.

    The region is as high as the body, and reaches from `near` to `far` in front of it, in heights.
    """
    front = -1.0 if radiograph.faces != "right" else 1.0
    top_front, top_back, low_back, low_front = np.asarray(vertebra.corners)
    forwards = (top_front - top_back) + (low_front - low_back)
    forwards /= max(float(np.linalg.norm(forwards)), 1e-6)
    if forwards[0] * front < 0:
        forwards = -forwards
    along, across = np.meshgrid(np.linspace(0, 1, 48), np.linspace(near * height, far * height, 64), indexing="ij")
    points = top_front + along[..., None] * (low_front - top_front) + across[..., None] * forwards
    rows, columns = (np.rint(points[..., axis] / radiograph.step[1 - axis]).astype(int) for axis in (1, 0))
    shape = radiograph.pixels.shape
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return float(inside.mean()), radiograph.pixels[rows[inside], columns[inside]]


def share_at_an_end(radiograph: Radiograph, pixels: np.ndarray) -> float:
    """Return which share of pixels has the least or the greatest value of the image, whichever is more."""
    least, most = float(radiograph.pixels.min()), float(radiograph.pixels.max())
    return max(float((pixels <= least).mean()), float((pixels >= most).mean()))


def centred_symmetry(radiograph: Radiograph, vertebrae: Mapping[str, Vertebra]) -> float:
    """Return how much one side of the spine is the mirror image of the other: a correlation, -1 to 1.

    Both sides of the line through the bodies are compared, beside the bodies, at an eighth of a height a pixel; what
    varies more slowly than a height is taken away, so that a fall-off to the edges is no likeness.
    """
    height = float(np.median([each.height for each in vertebrae.values()]))
    centers = np.array(sorted((each.center for each in vertebrae.values()), key=lambda point: point[1]))
    steps = np.arange(*_SIDE_HEIGHTS, _SYMMETRY_STEP) * height
    ys = np.arange(centers[0, 1], centers[-1, 1], _SYMMETRY_STEP * height)
    if len(ys) < 8:
        return 0.0
    middles = np.interp(ys, centers[:, 1], centers[:, 0])
    smooth = ndimage.gaussian_filter(
        radiograph.pixels, [_SYMMETRY_STEP * height / step / 2 for step in radiograph.step]
    )
    sides = []
    for sign in (-1, 1):
        at = [ys[:, None] / radiograph.step[0] + 0 * steps, (middles[:, None] + sign * steps) / radiograph.step[1]]
        side = ndimage.map_coordinates(smooth, at, order=1, mode="constant", cval=np.nan)
        sides.append(side)
    known = np.isfinite(sides[0]) & np.isfinite(sides[1])
    if known.mean() < 0.25:
        return 0.0
    flat = [np.where(known, side - _slow(np.where(known, side, np.nan)), 0.0)[known] for side in sides]
    spread = float(np.linalg.norm(flat[0]) * np.linalg.norm(flat[1]))
    return float(flat[0] @ flat[1]) / spread if spread > 0 else 0.0


def _slow(side: np.ndarray) -> np.ndarray:
    """Return what varies more slowly than a height of a body, of what is known."""
    known = np.isfinite(side)
    width = 1.0 / _SYMMETRY_STEP
    weight = ndimage.gaussian_filter(known.astype(float), width)
    return ndimage.gaussian_filter(np.where(known, side, 0.0), width) / np.maximum(weight, 1e-6)


def _box(radiograph: Radiograph, corners: np.ndarray) -> tuple[slice, slice]:
    low, high = corners.min(axis=0), corners.max(axis=0)
    rows, columns = (
        slice(max(0, int(low[axis] / radiograph.step[1 - axis])), int(high[axis] / radiograph.step[1 - axis]) + 2)
        for axis in (1, 0)
    )
    return rows, columns

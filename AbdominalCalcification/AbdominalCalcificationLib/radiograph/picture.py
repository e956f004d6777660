"""What the pixels of a radiograph show around the vertebrae that were found: contrast, symmetry, what lies in front."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy import ndimage

from .image import Radiograph
from .resampling import Raster, raster_at
from .spine import Vertebra

# How far in front of the bodies the aorta lies, in heights of a body.
_FRONT_HEIGHTS = 1.5
# Farther apart, in heights, a vertebra that was not found lies between two bodies.
_WIDEST_DISC = 0.8
# From where to where, in heights from the middle of the spine, both sides are compared: the bodies themselves are alike
# from any side. And the pixel of the comparison.
_LEAST_KNOWN = 0.25
# So many rows and columns tell an image's percentiles.
_ENOUGH = 400
_SIDE_HEIGHTS, _SYMMETRY_STEP = (1.1, 4.0), 0.125
# A border that varies by no more than this share of the grey values is even; of those between percentiles, as one pixel
# or a letter may be brighter than all else by far.
_EVEN = 0.02


def contrast_with_discs(radiograph: Radiograph, labels: np.ndarray, vertebrae: Mapping[str, Vertebra]) -> float | None:
    """Return how much brighter the bodies are than the discs between them, in spreads of both (10 to 90 %).

    The median over the discs of the differences of medians; None where two bodies do not follow each other.

    Parameters
    ----------
    radiograph : Radiograph
    labels : ndarray, shape (rows, columns)
    vertebrae : mapping of str to Vertebra
        From head to foot.
    """
    found, values = [], []
    for upper, lower in pairwise(vertebrae.values()):
        top, bottom = np.asarray(upper.corners)[[3, 2]], np.asarray(lower.corners)[[0, 1]]
        if np.linalg.norm((bottom - top).mean(axis=0)) > _WIDEST_DISC * max(upper.height, lower.height):
            continue
        disc = _within(radiograph, top, bottom, (0.3, 0.7))
        disc = radiograph.pixels[disc][labels[disc] == 0]
        plates = (np.asarray(each.corners)[[[0, 1], [3, 2]]] for each in (upper, lower))
        bodies = [_within(radiograph, upper_plate, lower_plate, (0.3, 0.7)) for upper_plate, lower_plate in plates]
        bone = np.concatenate([radiograph.pixels[body].ravel() for body in bodies])
        if disc.size and bone.size:
            found.append(float(np.median(bone)) - float(np.median(disc)))
            values += [disc, bone]
    if not found:
        return None
    low, high = np.percentile(np.concatenate(values), (10, 90))
    return float(np.median(found)) / max(float(high - low), 1e-6)


def contrast_with_front(radiograph: Radiograph, vertebrae: Mapping[str, Vertebra], height: float) -> float | None:
    """Return how much brighter the bodies are than what lies in front of them, in spreads of the image (10 to 90 %)."""
    found = []
    for each in vertebrae.values():
        upper_plate, lower_plate = np.asarray(each.corners)[[[0, 1], [3, 2]]]
        body = radiograph.pixels[_within(radiograph, upper_plate, lower_plate, (0.3, 0.7))]
        _, soft = front_of(radiograph, each, height, 1.0)
        if soft.size:
            found.append(float(np.median(body)) - float(np.median(soft)))
    low, high = percentiles(radiograph.pixels, (10, 90))
    return float(np.median(found)) / max(float(high - low), 1e-6) if found else None


def percentiles(pixels: np.ndarray, which: Sequence[float]) -> np.ndarray:
    """Return percentiles of an image; of a large one, by pixels here and there."""
    every = max(1, min(pixels.shape) // _ENOUGH)
    return np.percentile(pixels[::every, ::every], which)


def front_of(
    radiograph: Radiograph, vertebra: Vertebra, height: float, far: float = _FRONT_HEIGHTS
) -> tuple[float, np.ndarray]:
    """Return which share of the region in front of a body lies in the image, and the pixels there.

    The region is as high as the body, and reaches `far` in front of it, in heights.
    """
    front = -1.0 if radiograph.faces != "right" else 1.0
    top_front, top_back, low_back, low_front = np.asarray(vertebra.corners)
    forwards = (top_front - top_back) + (low_front - low_back)
    forwards /= max(float(np.linalg.norm(forwards)), 1e-6)
    if forwards[0] * front < 0:
        forwards = -forwards
    along, across = np.meshgrid(np.linspace(0, 1, 48), np.linspace(0, far * height, 64), indexing="ij")
    points = top_front + along[..., None] * (low_front - top_front) + across[..., None] * forwards
    rows, columns = (np.rint(points[..., axis] / radiograph.step[1 - axis]).astype(int) for axis in (1, 0))
    shape = radiograph.pixels.shape
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    return float(inside.mean()), radiograph.pixels[rows[inside], columns[inside]]


def share_at_an_end(pixels: np.ndarray, ends: tuple[float, float]) -> float:
    """Return which share of pixels has the least or the greatest value of the image, whichever is more."""
    least, most = ends
    return max(float((pixels <= least).mean()), float((pixels >= most).mean()))


def centred_symmetry(radiograph: Radiograph, vertebrae: Mapping[str, Vertebra]) -> float:
    """Return how much one side of the spine is the mirror image of the other: a correlation, -1 to 1.

    Both sides of the line through the bodies are compared, beside the bodies, at an eighth of a height a pixel; what
    varies more slowly than a height, or is alike at every level, is taken away, so that a fall-off to the edges is no
    likeness.
    """
    height = float(np.median([each.height for each in vertebrae.values()]))
    centers = np.array(sorted((each.center for each in vertebrae.values()), key=lambda point: point[1]))
    steps = np.arange(*_SIDE_HEIGHTS, _SYMMETRY_STEP) * height
    ys = np.arange(centers[0, 1], centers[-1, 1], _SYMMETRY_STEP * height)
    if len(ys) < 8:
        return 0.0
    middles = np.interp(ys, centers[:, 1], centers[:, 0])
    smooth = _smooth(radiograph, _SYMMETRY_STEP * height / 2)
    sides = []
    for sign in (-1, 1):
        points = np.stack(np.broadcast_arrays(middles[:, None] + sign * steps, ys[:, None]), axis=-1)
        sides.append(smooth.at(points, np.nan))
    known = np.isfinite(sides[0]) & np.isfinite(sides[1])
    if known.mean() < _LEAST_KNOWN:
        return 0.0
    flat = [_detail(np.where(known, side, np.nan))[known] for side in sides]
    spread = float(np.linalg.norm(flat[0]) * np.linalg.norm(flat[1]))
    return float(flat[0] @ flat[1]) / spread if spread > 0 else 0.0


def _smooth(radiograph: Radiograph, sigma: float) -> Raster:
    """Return a radiograph behind a Gaussian filter; of small pixels, several together are taken for one."""
    # Of several together the mean is a filter, too: at half of sigma, it adds a fiftieth to its square.
    coarse = max(*radiograph.step, 0.5 * sigma)
    if coarse < 2 * min(radiograph.step):
        raster = Raster(radiograph.pixels, radiograph.step)
    else:
        raster = raster_at(radiograph.pixels, radiograph.step, coarse)
    return replace(raster, pixels=ndimage.gaussian_filter(raster.pixels, [sigma / step for step in raster.step]))


def _detail(side: np.ndarray) -> np.ndarray:
    """Return one side without what varies slowly, and without what is alike at every level: a fall-off to the edge."""
    detail = side - _slow(side)
    known = np.isfinite(detail)
    mean = np.where(known, detail, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return detail - mean


def _slow(side: np.ndarray) -> np.ndarray:
    """Return what varies more slowly than a height of a body, of what is known."""
    known = np.isfinite(side)
    width = 1.0 / _SYMMETRY_STEP
    weight = ndimage.gaussian_filter(known.astype(float), width)
    return ndimage.gaussian_filter(np.where(known, side, 0.0), width) / np.maximum(weight, 1e-6)


def _within(
    radiograph: Radiograph, top: np.ndarray, bottom: np.ndarray, share: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of pixels between two lines of two points, in the middle of their width."""
    down, across = np.meshgrid(np.linspace(*share, 12), np.linspace(0.2, 0.8, 24), indexing="ij")
    lines = [line[0] + across[..., None] * (line[1] - line[0]) for line in (top, bottom)]
    points = lines[0] + down[..., None] * (lines[1] - lines[0])
    last = np.array(radiograph.pixels.shape) - 1
    rows, columns = (
        np.clip(np.rint(points[..., 1 - axis] / radiograph.step[axis]).astype(int), 0, last[axis]) for axis in (0, 1)
    )
    return rows, columns


def exposed(image: np.ndarray) -> tuple[slice, slice] | None:
    """Return the part of an image (rows, columns) within all borders of one grey value each; None where none is left.

    Shutters, white margins and bars beside a film say nothing of its grey values.
    """
    first, stop = np.zeros(2, int), np.array(image.shape)
    tolerance = _EVEN * float(np.ptp(np.percentile(image, (1, 99))))
    is_less = True
    while is_less:
        part = image[first[0] : stop[0], first[1] : stop[1]]
        if part.size == 0:
            return None
        before = first.copy(), stop.copy()
        for axis in (0, 1):
            varied = np.flatnonzero(np.ptp(part, axis=1 - axis) > tolerance)
            if not len(varied):
                return None
            stop[axis] = first[axis] + varied[-1] + 1
            first[axis] += varied[0]
        is_less = (before[0] != first).any() or (before[1] != stop).any()
    return slice(int(first[0]), int(stop[0])), slice(int(first[1]), int(stop[1]))

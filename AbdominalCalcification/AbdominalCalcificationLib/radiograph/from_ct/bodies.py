"""Vertebral bodies in the lateral projection, from a label map of whole vertebrae.

A vertebra seen from the side has its arch behind its body, and transverse processes over the rim between both. In a
slab about its own middle, the canal lies between body and arch: there the body is the piece in front. Its endplates are
those of the middle, a few millimetres within the rims; the middle of a disc, between two of them, is the same.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ...geometry import Volume
from ..projection import Detector, LateralGeometry, integrate
from ..spine import LABELS, largest_piece
from .voxel_points import inner_points, point_volume_mm3

# Half of the slab: within the canal of lumbar vertebrae, which is at least 15 mm wide.
SLAB_MM = 6.0
# A pixel shows the body where this share of the slab is vertebra.
_SHARE = 0.4
# A piece is large from this share of the largest on: a spinous process may be larger than a collapsed body.
_LARGE = 0.3
# How high and how deep the body of the first sacral vertebra is in a lateral view, about: nothing is measured by it but
# where it begins.
_S1_MM, _DEPTH_MM = 30.0, (26, 40)
# So far from the promontory the endplate is looked for, and so far from the endplate its rim.
_ENDPLATE_MM, _RIM_MM = (8.0, 26.0), 4.0


def projected_bodies(vertebrae: Volume, geometry: LateralGeometry, detector: Detector) -> np.ndarray:
    """Return the bodies as a label map of the radiograph.

    Parameters
    ----------
    vertebrae : Volume
        Values of :data:`..spine.LABELS`, of whole vertebrae or of their bodies alone.
    geometry : LateralGeometry
    detector : Detector

    Returns
    -------
    ndarray of uint8, shape (rows, columns)
        0 where there is no body.
    """
    labels = np.zeros(detector.shape, np.uint8)
    amount = point_volume_mm3(vertebrae.grid)
    turn = geometry.rotation()
    for label in LABELS.values():
        kji = np.argwhere(vertebrae.array == label)
        if len(kji) == 0:
            continue
        points = inner_points(kji, vertebrae.grid)
        across = (points - geometry.isocenter_ras) @ turn[0]
        slab = points[np.abs(across - np.median(across)) <= SLAB_MM]
        thickness = integrate(slab, np.full(len(slab), amount), geometry, detector)
        body = _foremost(thickness >= _SHARE * 2 * SLAB_MM)
        if label == LABELS["S1"]:
            body = first_sacral(body, detector.pixel_mm)
        labels[body & (labels == 0)] = label
    return labels


def _foremost(mask: np.ndarray) -> np.ndarray:
    """Return the piece that lies farthest to the front, of those that are large."""
    pieces, count = ndimage.label(mask)
    if count < 2:
        return mask
    sizes = np.bincount(pieces.ravel())[1:]
    middles = np.array([x for _, x in ndimage.center_of_mass(mask, pieces, range(1, count + 1))])
    return pieces == 1 + int(np.argmin(np.where(sizes >= _LARGE * sizes.max(), middles, np.inf)))


def first_sacral(mask: np.ndarray, pixel_mm: float) -> np.ndarray:
    """Return the body of the first sacral vertebra, of a sacrum seen from the side that faces left.

    Its endplate is the line that rises from the promontory, which lies farthest to the front, over all that is near
    it; the body lies below, as far back as there is bone along it. What is no sacrum but its first body stays.

    Parameters
    ----------
    mask : ndarray of bool, shape (rows, columns)
    pixel_mm : float
    """
    rows, columns = np.nonzero(mask)
    if rows.size == 0:
        return mask
    points = np.stack([columns, rows], axis=1) * pixel_mm
    # Only the upper part has a promontory: of a steep sacrum lower vertebrae may lie as far to the front.
    upper = points[points[:, 1] < points[:, 1].min() + 2 * _S1_MM]
    front = upper[upper[:, 0] == upper[:, 0].min()]
    promontory = front[np.argmin(front[:, 1])]
    x, y = (points - promontory).T
    away = np.hypot(x, y)
    near = (away > _ENDPLATE_MM[0]) & (away < _ENDPLATE_MM[1])
    slope = float(np.percentile(np.arctan2(-y[near], x[near]), 99)) if near.any() else 0.0
    back, down = x * np.cos(slope) - y * np.sin(slope), x * np.sin(slope) + y * np.cos(slope)
    depth_mm = _depth_mm(back[np.abs(down) < _RIM_MM])
    kept = (back <= depth_mm) & (down >= -_RIM_MM) & (down <= _S1_MM)
    body = np.zeros_like(mask)
    body[rows[kept], columns[kept]] = True
    return largest_piece(body)


def _depth_mm(back: np.ndarray) -> float:
    """Return how far bone goes on behind the promontory without a gap, by places along the endplate."""
    filled = np.bincount(np.maximum(back, 0.0).astype(int), minlength=_DEPTH_MM[1] + 1) > 0
    gaps = np.flatnonzero(~filled[_DEPTH_MM[0] : _DEPTH_MM[1]])
    return float(_DEPTH_MM[0] + gaps[0] if len(gaps) else _DEPTH_MM[1])

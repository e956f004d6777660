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
from ..spine import LABELS
from .voxel_points import inner_points, point_volume_mm3

# Half of the slab: within the canal of lumbar vertebrae, which is at least 15 mm wide.
SLAB_MM = 6.0
# A pixel shows the body where this share of the slab is vertebra.
_SHARE = 0.4
# A piece is large from this share of the largest on: a spinous process may be larger than a collapsed body.
_LARGE = 0.3
# How high the first sacral vertebra is in a lateral view, about: nothing is measured by it but where it begins.
_S1_MM = 32.0


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
            body = _upper(body, detector.pixel_mm)
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


def _upper(mask: np.ndarray, pixel_mm: float) -> np.ndarray:
    """Return the uppermost part of a sacrum, which is its first vertebra."""
    rows = np.flatnonzero(mask.any(axis=1))
    upper = mask.copy()
    if rows.size:
        upper[rows[0] + round(_S1_MM / pixel_mm) :] = False
    return upper

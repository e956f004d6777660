"""The blood within a tube: its channels, both lumens of a dissection, contrast medium that settles."""

from __future__ import annotations

import numpy as np

from .tubes import Tube

# Darker false lumens are clot; contrast medium that settles in one is brighter than the true lumen by no more.
_CLOT_HU, _BRIGHTEST = 80.0, 1.1


def blood_of(tube: Tube, index: np.ndarray, across: np.ndarray, aside: np.ndarray, beyond: np.ndarray):
    """Return where the blood of a tube is, where the cores of its channels are, and the blood's HU."""
    shift = None if tube.lumen_shift_mm is None else tube.lumen_shift_mm[index].astype(np.float32)
    u, v = (across, aside) if shift is None else (across - shift[:, :1], aside - shift[:, 1:])
    away = np.sqrt(u**2 + v**2 + beyond**2)
    radius = tube.lumen_mm[index].astype(np.float32)[:, None]
    lumen, core = away < radius, away < 0.7 * radius
    blood = tube.lumen_hu[index].astype(np.float32)[:, None]
    if tube.flap is not None:
        membrane, false = tube.flap.divide(index, u, v, radius)
        lumen = lumen & ~membrane
        own = tube.flap.false_hu[index].astype(np.float32)[:, None]
        if tube.flap.layers:
            own = _settled(tube, index, u, v, radius, own, blood)
        blood = np.where(false, own, blood)
    for channel in tube.channels:
        middle = channel.center_mm[index].astype(np.float32)
        wide = channel.radius_mm[index].astype(np.float32)[:, None]
        off = np.sqrt((across - middle[:, :1]) ** 2 + (aside - middle[:, 1:]) ** 2 + beyond**2)
        own = off < wide
        blood = np.where(own & ~lumen, channel.blood_hu[index].astype(np.float32)[:, None], blood)
        lumen, core = lumen | own, core | (off < 0.7 * wide)
    if tube.layers:
        blood = blood * (1.0 - tube.layers * _forward(tube, index, u, v, radius))
    return lumen, core, blood


def _settled(tube: Tube, index: np.ndarray, u, v, radius: np.ndarray, own: np.ndarray, true: np.ndarray) -> np.ndarray:
    """Return the HU of a false lumen in which contrast medium settles; hardly brighter than the true one anywhere."""
    assert tube.flap is not None
    middle, wide = tube.flap.false_middle(index, radius)
    share = 1.0 - tube.flap.layers * _forward(tube, index, u - middle[0], v - middle[1], wide)
    return np.where(own > _CLOT_HU, np.minimum(own * share, np.maximum(own, _BRIGHTEST * true)), own)


def _forward(tube: Tube, index: np.ndarray, u: np.ndarray, v: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Return how far in front of a tube's middle places are: 1 a radius or more, -1 as far behind."""
    line = tube.centerline
    forward = u * line.normals[index, 1:2].astype(np.float32) + v * line.binormals[index, 1:2].astype(np.float32)
    return np.clip(forward / np.maximum(radius, 1.0), -1.0, 1.0)

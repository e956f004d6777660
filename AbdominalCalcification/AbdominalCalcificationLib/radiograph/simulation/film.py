"""From line integrals to grey values: what tube, detector and processing make of a patient's shadow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .attenuation import Beam, mineral_per_mm
from .device import Device, Exposure, expose, smooth
from .processing import Processing, marker_mm, opening, process
from .scenes import Shadow

# Lead of a collimator, thousands of HU times mm.
_LEAD_MM = 60.0


@dataclass(frozen=True, eq=False)
class Film:
    """A radiograph that faces left.

    Attributes
    ----------
    pixels : ndarray, shape (rows, columns)
        Grey values, float32, denser = brighter; texts are written for the way that `device` faces.
    exposure : Exposure
    contrast : ndarray
        Share by which the calcium of the aorta lessens what each pixel detects.
    device : Device
    processing : Processing
    """

    pixels: np.ndarray
    exposure: Exposure
    contrast: np.ndarray
    device: Device
    processing: Processing


def expose_film(shadow: Shadow, device: Device, processing: Processing, rng: np.random.Generator) -> Film:
    """Return the film of a shadow."""
    pixel, shape, is_right = device.pixel_mm, shadow.labels.shape, device.faces == "right"
    field = opening(shape, pixel, processing)
    lead = marker_mm(shape, pixel, processing, rng)
    mineral = shadow.mineral + (lead[:, ::-1] if is_right else lead)
    if processing.collimation != "none":
        mineral += _LEAD_MM * (1.0 - field)
    body = (shadow.water > 20.0) & (field > 0.5)
    exposure = expose(shadow.water, mineral + shadow.calcium, device, body if body.any() else field > 0.5, rng)
    interest = smooth((shadow.labels > 0).astype(np.float32), 15.0 / pixel) > 0.1
    pixels = process(exposure, field, interest, device, processing, rng, is_right)
    return Film(pixels, exposure, _contrast(shadow.calcium, device) * exposure.primary_share, device, processing)


def _contrast(calcium_mm: np.ndarray, device: Device) -> np.ndarray:
    """Return the share of the primary beam that the calcium of the aorta takes, blurred as the detector blurs it."""
    beam = Beam.of(device.tube_kv, device.filter_mm)
    mean = float(np.sum(beam.share * mineral_per_mm(beam.kev)))
    return 1.0 - np.exp(-mean * ndimage.gaussian_filter(calcium_mm, device.blur_mm / device.pixel_mm))

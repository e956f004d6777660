"""What a manufacturer makes of a detector's counts: the look of a radiograph. The draws are ours."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from scipy import ndimage

from .device import Device, Exposure, smooth
from .lettering import write

# Share of radiographs, ours, whose grey values are chosen by the whole body.
_WHOLE = 0.35


@dataclass(frozen=True)
class Processing:
    """How counts become grey values.

    Attributes
    ----------
    latitude : float
        Share of the slow changes across the body that is kept: 1 keeps them all.
    latitude_mm : float
        What is slow.
    edges, edges_mm : float
        How much details of a size are enhanced.
    curve : float
        Steepness of the S-shaped curve; 0 is a straight line.
    low, high : float
        Percentiles of the body that become black and white.
    bits : int
    inverted : bool
        Stored as MONOCHROME1: bone is dark in the stored values.
    whole : bool
        Grey values are those of the whole body, not of spine and aorta: these may be dark beside the hips.
    collimation : str
        ``none``, ``white`` (as the detector saw it) or ``black`` (a shutter).
    collimation_mm : tuple of float
        Of the image's sides: left, top, right, bottom.
    collimation_deg : float
    marker : str
        Letter of lead at the side, or nothing.
    text : str
        Burned into the image, or nothing.
    """

    latitude: float
    latitude_mm: float
    edges: float
    edges_mm: float
    curve: float
    low: float
    high: float
    bits: int
    inverted: bool
    whole: bool
    collimation: str
    collimation_mm: tuple[float, float, float, float]
    collimation_deg: float
    marker: str
    text: str

    def document(self) -> dict:
        """Return what the truth says of it."""
        values = asdict(self)
        values["collimation_mm"] = [round(v, 2) for v in self.collimation_mm]
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in values.items()}


def draw_processing(rng: np.random.Generator, device: Device) -> Processing:
    """Return a random look for a device."""
    u = rng.uniform
    vfa = device.name == "vfa"
    kind = str(rng.choice(("none", "white", "black"), p=(0.85, 0.0, 0.15) if vfa else (0.5, 0.2, 0.3)))
    left, top, right, bottom = rng.uniform(2.0, 16.0, 4).tolist()
    marker = ("L" if device.side == "left" else "R") if not vfa and u() < 0.6 else ""
    whole = not vfa and u() < _WHOLE
    words = str(rng.choice(("LAT", "STANDING", "L-SPINE LAT", "TABLE", "SUPINE", "LUMBAR", "XR 12")))
    return Processing(
        latitude=float(u(0.2, 0.6) if vfa else u(0.15, 1.0 if whole else 0.6)),
        latitude_mm=float(u(18, 45)),
        edges=float(u(0.0, 0.5) if vfa else max(0.0, u(-0.5, 2.2))),
        edges_mm=float(np.exp(u(np.log(0.8), np.log(4.0)))),
        curve=float(u(0.0, 4.0)),
        low=float(u(0.2, 5.0)),
        high=float(u(98.0, 99.8)),
        bits=8 if vfa or u() < 0.15 else int(rng.choice((10, 12, 12, 14))),
        inverted=bool(u() < 0.3),
        whole=whole,
        collimation=kind,
        collimation_mm=(left, top, right, bottom),
        collimation_deg=float(rng.normal(0.0, 0.8)),
        marker=marker,
        text=words if u() < (0.15 if vfa else 0.25) else "",
    )


def opening(shape: tuple[int, int], pixel_mm: float, processing: Processing) -> np.ndarray:
    """Return, float32, how far each pixel lies within the collimated field: 0 outside, 1 inside."""
    if processing.collimation == "none":
        return np.ones(shape, np.float32)
    rows, columns = (axis * pixel_mm for axis in np.indices(shape, dtype=np.float32))
    height, width = shape[0] * pixel_mm, shape[1] * pixel_mm
    angle = np.deg2rad(processing.collimation_deg)
    x, y = columns - width / 2, rows - height / 2
    x, y = x * np.cos(angle) + y * np.sin(angle) + width / 2, y * np.cos(angle) - x * np.sin(angle) + height / 2
    left, top, right, bottom = processing.collimation_mm
    depth = np.minimum.reduce([x - left, width - right - x, y - top, height - bottom - y])
    return np.clip(0.5 + depth / 1.2, 0.0, 1.0).astype(np.float32)


def marker_mm(shape: tuple[int, int], pixel_mm: float, processing: Processing, rng: np.random.Generator) -> np.ndarray:
    """Return the letter of lead as mm of mineral (thousands of HU)."""
    image = np.zeros(shape, np.float32)
    size = max(1, round(float(rng.uniform(1.2, 2.4)) / pixel_mm))
    corner = float(rng.uniform(0.0, 0.12)), float(rng.uniform(0.02, 0.9))
    if processing.marker:
        write(image, processing.marker, corner, size, 400.0)
    return image


def process(
    exposure: Exposure,
    field: np.ndarray,
    interest: np.ndarray,
    device: Device,
    processing: Processing,
    rng: np.random.Generator,
    mirrored: bool = False,
) -> np.ndarray:
    """Return grey values from 0 to 2**bits - 1, float32, denser = brighter.

    Parameters
    ----------
    exposure : Exposure
    field : ndarray
        The collimated field (:func:`opening`).
    interest : ndarray of bool
        What is to be shown well: spine and aorta.
    device : Device
    processing : Processing
    rng : Generator
    mirrored : bool
        The image will be mirrored left to right: texts are written the other way round.
    """
    pixel = device.pixel_mm
    dense = np.log(np.float32(exposure.open_counts)) - np.log(exposure.counts)
    inside = field > 0.5
    direct = dense < 0.35
    body = inside & ~direct
    body = body if body.sum() > 0.1 * body.size else inside
    # The air beside the body would pull its edge along.
    floor = float(np.percentile(dense[body], 2))
    held = np.where(inside, np.maximum(dense, floor), float(np.median(dense[body])))
    slow = smooth(held, processing.latitude_mm / pixel)
    fine = dense - ndimage.gaussian_filter(dense, processing.edges_mm / pixel)
    shown = dense - (1.0 - processing.latitude) * (slow - float(np.mean(slow[body]))) + processing.edges * fine
    wanted = body if processing.whole else interest & body
    low, high = np.percentile(shown[wanted if wanted.any() else body], [processing.low, processing.high])
    # A little room, so that what is dense at the rim of it is not lost.
    low, high = low - 0.12 * (high - low), high + 0.1 * (high - low)
    grey = (shown - low) / max(high - low, 1e-6)
    if processing.curve > 0:
        steep = processing.curve
        grey = 1.0 / (1.0 + np.exp(-steep * (grey - 0.5)))
        ends = 1.0 / (1.0 + np.exp(steep / 2)), 1.0 / (1.0 + np.exp(-steep / 2))
        grey = (grey - ends[0]) / (ends[1] - ends[0])
    grey = np.clip(grey, 0.0, 1.0)
    if processing.collimation == "black":
        grey = grey * field
    top = float(2**processing.bits - 1)
    if processing.text:
        corner = float(rng.choice((0.02, 0.9))), float(rng.uniform(0.02, 0.5))
        write(
            grey[:, ::-1] if mirrored else grey, processing.text, corner, max(1, round(0.8 / pixel)), 1.0, replace=True
        )
    return np.rint(grey * top).astype(np.float32)

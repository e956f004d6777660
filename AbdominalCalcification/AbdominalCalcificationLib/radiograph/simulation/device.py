"""X-ray units: how a radiograph is taken, from the tube to the detector's counts.

Two devices: ``radiography`` (a table or wall stand with a flat detector or a plate) and ``vfa`` (a bone densitometer's
lateral view: larger pixels, low contrast, lines of the scan). Ranges follow the European guidelines on quality criteria
for diagnostic radiographic images (EUR 16260: lateral lumbar spine at 80 to 95 kV, 100 to 150 cm, grid), widened to
60 kV; scatter behind a grid makes up a fifth to a half of what is detected. A detector takes up 2.5 to 5 µGy, some
30000 quanta per µGy and mm², of which it detects a quarter (plates) to two thirds. The draws are ours.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from scipy import ndimage

from .attenuation import Beam
from .screen import enlarged

DEVICES = ("radiography", "vfa")
_VFA_SHARE = 0.25


@dataclass(frozen=True)
class Device:
    """How one radiograph is taken.

    Attributes
    ----------
    name : str
        Of `DEVICES`.
    tube_kv, filter_mm : float
    pixel_mm : float
        In the patient's plane.
    source_detector_mm, object_detector_mm : float
        Infinite, and 0, where rays are parallel.
    side : str
        Of the patient, next to the detector.
    rotation_deg, tilt_deg, lean_deg : float
        See :class:`..projection.LateralGeometry`.
    faces : str
        Where in the image the patient's front is.
    quanta : float
        Detected in a pixel behind the body, in the median.
    scatter_fraction, scatter_mm : float
        Of what is detected; over how much it spreads.
    blur_mm : float
        Standard deviation of the blur by focus and detector.
    grid_amplitude, grid_period_px, grid_angle_rad : float
        Lines of the anti-scatter grid that the image still shows.
    line_noise : float
        Relative, from line to line of a scan.
    """

    name: str
    tube_kv: float
    filter_mm: float
    pixel_mm: float
    source_detector_mm: float
    object_detector_mm: float
    side: str
    rotation_deg: float
    tilt_deg: float
    lean_deg: float
    faces: str
    quanta: float
    scatter_fraction: float
    scatter_mm: float
    blur_mm: float
    grid_amplitude: float
    grid_period_px: float
    grid_angle_rad: float
    line_noise: float

    def document(self) -> dict:
        """Return what the truth says of it."""
        values = {key: v if isinstance(v, str) else round(float(v), 4) for key, v in asdict(self).items()}
        parallel = not np.isfinite(self.source_detector_mm)
        return {**values, "source_detector_mm": None if parallel else round(self.source_detector_mm, 4)}


def draw_device(rng: np.random.Generator, kind: str | None = None) -> Device:
    """Return a random device; `kind` of `DEVICES` fixes which."""
    u = rng.uniform
    drawn = "vfa" if u() < _VFA_SHARE else "radiography"
    kind = drawn if kind is None else kind
    vfa = kind == "vfa"
    turned = rng.normal(0.0, 1.0, 3)
    return Device(
        name=kind,
        tube_kv=float(u(66, 84) if vfa else u(62, 90)),
        filter_mm=float(u(2.5, 4.5)),
        pixel_mm=float(u(0.5, 0.9) if vfa else u(0.36, 0.5)),
        source_detector_mm=float("inf") if vfa else float(u(1000, 1800)),
        object_detector_mm=0.0 if vfa else float(u(190, 310)),
        side=str(rng.choice(("left", "right"), p=(0.65, 0.35))),
        rotation_deg=float(3.0 * turned[0]),
        tilt_deg=float(2.5 * turned[1]),
        lean_deg=float(3.0 * turned[2]),
        faces=str(rng.choice(("left", "right"), p=(0.6, 0.4))),
        quanta=float(np.exp(u(np.log(2000), np.log(10000))) if vfa else np.exp(u(np.log(2500), np.log(20000)))),
        scatter_fraction=float(u(0.05, 0.25) if vfa else u(0.15, 0.5)),
        scatter_mm=float(u(22, 45)),
        blur_mm=float(u(0.35, 0.75) if vfa else u(0.14, 0.42)),
        grid_amplitude=0.0 if vfa or u() > 0.25 else float(u(0.002, 0.012)),
        grid_period_px=float(u(2.2, 9.0)),
        grid_angle_rad=float(rng.choice((0.0, np.pi / 2)) + rng.normal(0.0, 0.01)),
        line_noise=float(np.exp(u(np.log(0.001), np.log(0.012)))) if vfa else 0.0,
    )


@dataclass(frozen=True, eq=False)
class Exposure:
    """What the detector took up.

    Attributes
    ----------
    counts : ndarray
        float32 (rows, columns), quanta, with noise.
    open_counts : float
        Without a patient.
    primary_share : ndarray
        Of what is detected, the share that came straight through.
    noise : ndarray
        Relative standard deviation of the counts of a pixel.
    """

    counts: np.ndarray
    open_counts: float
    primary_share: np.ndarray
    noise: np.ndarray


def expose(
    water_mm: np.ndarray, mineral_mm: np.ndarray, device: Device, body: np.ndarray, rng: np.random.Generator
) -> Exposure:
    """Return the counts behind a patient.

    Parameters
    ----------
    water_mm, mineral_mm : ndarray, shape (rows, columns)
        As for :meth:`.attenuation.Beam.transmitted`.
    device : Device
    body : ndarray of bool
        Pixels by which the exposure is chosen.
    rng : Generator
    """
    beam = Beam.of(device.tube_kv, device.filter_mm)
    primary = beam.transmitted(np.maximum(water_mm, 0.0), mineral_mm)
    primary = ndimage.gaussian_filter(primary, device.blur_mm / device.pixel_mm)
    scattered = smooth(np.minimum(primary, np.percentile(primary[body], 90)), device.scatter_mm / device.pixel_mm)
    scattered *= device.scatter_fraction / (1.0 - device.scatter_fraction)
    total = primary + scattered
    open_counts = device.quanta / float(np.median(total[body]))
    expected = total * open_counts
    rows, columns = np.indices(expected.shape, dtype=np.float32)
    if device.grid_amplitude > 0:
        across = columns * np.cos(device.grid_angle_rad) + rows * np.sin(device.grid_angle_rad)
        expected *= 1.0 + device.grid_amplitude * np.sin(2 * np.pi * across / device.grid_period_px)
    if device.line_noise > 0:
        lines = rng.normal(0.0, 1.0, (expected.shape[0], 1)) + 0.7 * np.sin(np.arange(expected.shape[0])[:, None] * 2.1)
        expected *= (1.0 + device.line_noise * lines).astype(np.float32)
    deviation = np.sqrt(expected + 9.0).astype(np.float32)
    counts = expected + deviation * rng.standard_normal(expected.shape, dtype=np.float32)
    return Exposure(np.maximum(counts, 1.0), open_counts, primary / total, deviation / expected)


def smooth(image: np.ndarray, sigma_px: float) -> np.ndarray:
    """Return an image behind a wide Gaussian filter, worked out on larger pixels."""
    every = max(1, int(sigma_px // 4))
    if every == 1:
        return ndimage.gaussian_filter(image, sigma_px, mode="nearest")
    rows, columns = image.shape
    padded = np.pad(image, ((0, -rows % every), (0, -columns % every)), mode="edge")
    small = padded.reshape(padded.shape[0] // every, every, padded.shape[1] // every, every).mean(axis=(1, 3))
    small = ndimage.gaussian_filter(small, sigma_px / every, mode="nearest")
    # Beyond the outermost large pixels nothing is known: they go on.
    framed = np.pad(small, 2, mode="edge").astype(np.float32)
    return enlarged(framed, every)[2 * every : 2 * every + rows, 2 * every : 2 * every + columns]

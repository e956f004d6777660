"""What the scanner does to the ideal image: thick slices, blur, streaks around metal, and correlated noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage


@dataclass(frozen=True)
class Scanner:
    """One way of scanning and reconstructing.

    Attributes
    ----------
    blur_mm : float
        Standard deviation of the point spread within the slice (0.45 mm is a full width of about 1.06 mm).
    blur_z_mm : float
        Standard deviation across slices, without the slice thickness itself.
    edge : float
        Edge enhancement of sharp kernels, 0 to 0.5.
    noise_hu : float
        Standard deviation of the noise in soft tissue.
    grain_mm : float
        Correlation length of the noise.
    overlap : float
        Share by which neighbouring slices overlap: 0 (side by side) to 0.5.
    """

    blur_mm: float
    blur_z_mm: float
    edge: float
    noise_hu: float
    grain_mm: float
    overlap: float = 0.0


def draw_scanner(rng: np.random.Generator) -> Scanner:
    """Return a random scanner: from soft body kernels with little noise to sharp, noisy CTA protocols."""
    sharp = rng.uniform() < 0.25
    return Scanner(
        blur_mm=float(rng.uniform(0.42, 0.6) if sharp else rng.uniform(0.5, 0.8)),
        blur_z_mm=float(rng.uniform(0.3, 0.7)),
        edge=float(rng.uniform(0.1, 0.35) if sharp else rng.uniform(0.0, 0.1)),
        noise_hu=float(rng.uniform(12, 30) if sharp else rng.uniform(6, 20)),
        grain_mm=float(rng.uniform(0.45, 0.8)),
        overlap=float(np.clip(rng.uniform(-0.5, 0.5), 0.0, 0.5)),
    )


def add_streaks(
    ideal_hu: np.ndarray,
    axes,
    center_ras,
    length_mm: float,
    rng: np.random.Generator,
    strength_hu: float | None = None,
) -> None:
    """Add the dark and bright streaks of one metal object to `ideal_hu` (k, j, i), in place.

    Streaks run through the object within its slices and fade with distance: what photon starvation leaves.

    Parameters
    ----------
    ideal_hu : ndarray
    axes : tuple of ndarray
        RAS x, y, z of the voxel centres along i, j, k.
    center_ras : sequence of float
    length_mm : float
        Extent of the metal along z.
    rng : Generator
    strength_hu : float, optional
        Of the streaks; that of a clip or a screw by default.
    """
    x, y, z = axes
    # Even harmonics: a streak goes on at the other side of the object.
    waves = 2 * rng.integers(2, 8, 4)
    turns, strength = rng.uniform(0, 2 * np.pi, 4), rng.uniform(40.0, 160.0)
    strength = strength if strength_hu is None else strength_hu
    slices = np.flatnonzero(np.abs(z - center_ras[2]) < length_mm / 2 + 3.0)
    if not len(slices):
        return
    dx, dy = (x - center_ras[0])[None, :], (y - center_ras[1])[:, None]
    angle, away = np.arctan2(dy, dx), np.hypot(dx, dy)
    fan = sum(np.cos(n * angle + turn) for n, turn in zip(waves, turns, strict=True)) / 2.0
    fan = (strength * fan * np.exp(-away / 35.0) / (1.0 + away / 10.0)).astype(np.float32)
    fade = np.clip(1.0 - (np.abs(z[slices] - center_ras[2]) - length_mm / 2) / 3.0, 0.0, 1.0).astype(np.float32)
    ideal_hu[slices[0] : slices[-1] + 1] += fade[:, None, None] * fan


def _thick_slices(ideal_hu: np.ndarray, overlap: float) -> np.ndarray:
    """Return slices 1 / (1 - overlap) times as thick as they lie apart, from slices that lie side by side."""
    thickness = 1.0 / (1.0 - overlap)
    rim = (thickness - 1.0) / 2.0
    kernel = np.array([rim, 1.0, rim], np.float32) / thickness
    return ndimage.convolve1d(ideal_hu, kernel, axis=0, mode="nearest") if rim > 0 else ideal_hu


def scan(
    ideal_hu: np.ndarray,
    spacing_mm,
    scanner: Scanner,
    rng: np.random.Generator,
    profile_mm: float = 0.0,
    more_noise: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """Return the CT, int16, of the ideal image `ideal_hu` (k, j, i, already averaged over each voxel).

    Parameters
    ----------
    ideal_hu : ndarray
        float32.
    spacing_mm : tuple of float
        Along i, j, k.
    scanner : Scanner
    rng : Generator
        Draws the noise.
    profile_mm : float
        Further blur across slices.
    more_noise : callable, optional
        Makes the noise, of unit deviation, what it is in this scan.
    """
    si, sj, sk = spacing_mm
    sigmas = (float(np.hypot(scanner.blur_z_mm, profile_mm)) / sk, scanner.blur_mm / sj, scanner.blur_mm / si)
    image = ndimage.gaussian_filter(_thick_slices(ideal_hu, scanner.overlap), sigmas, truncate=3.0)
    if scanner.edge > 0:
        wide = ndimage.gaussian_filter(image, (0.0, 1.0 / sj, 1.0 / si), truncate=3.0)
        image += scanner.edge * (image - wide)
    noise = rng.standard_normal(ideal_hu.shape, dtype=np.float32)
    grain = (0.3 * scanner.grain_mm / sk, scanner.grain_mm / sj, scanner.grain_mm / si)
    noise = ndimage.gaussian_filter(noise, grain, truncate=3.0)
    if more_noise is not None:
        noise /= max(float(noise.std()), 1e-6)
        noise = more_noise(noise)
        noise *= scanner.noise_hu
    else:
        noise *= scanner.noise_hu / max(float(noise.std()), 1e-6)
    # Little noise in air outside the body, as in reconstructed CT.
    noise *= np.where(image < -900, 0.45, 1.0).astype(np.float32)
    image += noise
    return np.clip(np.rint(image), -1024, 3071).astype(np.int16)

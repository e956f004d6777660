"""What the scanner does to the ideal image: blur and correlated noise."""

from __future__ import annotations

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
    """

    blur_mm: float
    blur_z_mm: float
    edge: float
    noise_hu: float
    grain_mm: float


def draw_scanner(rng: np.random.Generator) -> Scanner:
    """Return a random scanner: from soft body kernels with little noise to sharp, noisy CTA protocols."""
    sharp = rng.uniform() < 0.25
    return Scanner(
        blur_mm=float(rng.uniform(0.42, 0.6) if sharp else rng.uniform(0.5, 0.8)),
        blur_z_mm=float(rng.uniform(0.3, 0.7)),
        edge=float(rng.uniform(0.1, 0.35) if sharp else rng.uniform(0.0, 0.1)),
        noise_hu=float(rng.uniform(12, 30) if sharp else rng.uniform(6, 20)),
        grain_mm=float(rng.uniform(0.45, 0.8)),
    )


def scan(ideal_hu: np.ndarray, spacing_mm, scanner: Scanner, rng: np.random.Generator) -> np.ndarray:
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
    """
    si, sj, sk = spacing_mm
    sigmas = (scanner.blur_z_mm / sk, scanner.blur_mm / sj, scanner.blur_mm / si)
    image = ndimage.gaussian_filter(ideal_hu, sigmas, truncate=3.0)
    if scanner.edge > 0:
        wide = ndimage.gaussian_filter(image, (0.0, 1.0 / sj, 1.0 / si), truncate=3.0)
        image += scanner.edge * (image - wide)
    noise = rng.standard_normal(ideal_hu.shape, dtype=np.float32)
    grain = (0.3 * scanner.grain_mm / sk, scanner.grain_mm / sj, scanner.grain_mm / si)
    noise = ndimage.gaussian_filter(noise, grain, truncate=3.0)
    noise *= scanner.noise_hu / max(float(noise.std()), 1e-6)
    # Little noise in air outside the body, as in reconstructed CT.
    noise *= np.where(image < -900, 0.45, 1.0).astype(np.float32)
    image += noise
    return np.clip(np.rint(image), -1024, 3071).astype(np.int16)

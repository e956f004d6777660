"""What scanning does beside blur and noise: hardened beams, starvation of photons, motion, drift, odd kernels.

Everything is given in millimetres of the patient, so that the field of view does not change it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import numpy as np
from scipy import ndimage

from .scanner import Scanner

# Share of CTs with none of it; ours.
PLAIN = 0.35
# Beams pass the hips and the shoulders; heights above the aortic bifurcation, half widths, mm.
_WIDE_PARTS = ((-115.0, 55.0), (400.0, 60.0))


@dataclass(frozen=True)
class Physics:
    """One scan's imperfections; 0 is none.

    Attributes
    ----------
    cupping_hu : float
        How much darker the middle of the body is than its rim.
    pelvic_band_hu : float
        Depth of the dark band between the hip bones.
    starvation : float
        Noise of rays that cross the hips or the shoulders, relative to the noise elsewhere.
    offset_hu, gain : float
        Error of calibration: HU become ``HU * gain + offset_hu`` (water is what scanners are calibrated on).
    motion_mm : tuple of float
        How far pulsation moved the aorta to the right and to the front, in half of the rays or less.
    motion_share : float
        Share of those rays, up to 0.45.
    motion_from_mm, motion_to_mm : float
        Heights between which it shows.
    blotchy : float
        Share of noise in large blotches, as iterative reconstruction leaves it, 0 to 1.
    profile_mm : float
        Standard deviation by which slices are thicker than said.
    """

    cupping_hu: float = 0.0
    pelvic_band_hu: float = 0.0
    starvation: float = 0.0
    offset_hu: float = 0.0
    gain: float = 1.0
    motion_mm: tuple[float, float] = (0.0, 0.0)
    motion_share: float = 0.0
    motion_from_mm: float = 0.0
    motion_to_mm: float = 0.0
    blotchy: float = 0.0
    profile_mm: float = 0.0

    def document(self) -> dict:
        """Return what differs from a plain scan, for the truth."""
        plain = asdict(Physics())
        said = {key: value for key, value in asdict(self).items() if value != plain[key]}
        return {key: [round(v, 3) for v in x] if isinstance(x, tuple) else round(x, 3) for key, x in said.items()}


def draw_physics(rng: np.random.Generator) -> Physics:
    """Return random imperfections; every third scan is plain, and each of them is seldom extreme."""
    u = rng.uniform
    plain = u() < PLAIN
    turn, far, low = u(0, 2 * np.pi), u(0.8, 3.2), u(-20, 200)
    drawn = Physics(
        cupping_hu=float(_sometimes(rng, 0.5, 3.0, 18.0)),
        pelvic_band_hu=float(_sometimes(rng, 0.4, 5.0, 35.0)),
        starvation=float(_sometimes(rng, 0.4, 0.4, 2.5)),
        offset_hu=float(_sometimes(rng, 0.6, -9.0, 9.0)),
        gain=1.0 + float(_sometimes(rng, 0.5, -0.03, 0.03)),
        motion_mm=(float(far * np.cos(turn)), float(far * np.sin(turn))),
        motion_share=float(_sometimes(rng, 0.18, 0.15, 0.45)),
        motion_from_mm=float(low),
        motion_to_mm=float(low + u(30, 160)),
        blotchy=float(_sometimes(rng, 0.25, 0.3, 0.8)),
        profile_mm=float(_sometimes(rng, 0.3, 0.2, 1.2)),
    )
    if drawn.motion_share == 0:
        drawn = replace(drawn, motion_mm=(0.0, 0.0), motion_from_mm=0.0, motion_to_mm=0.0)
    return Physics() if plain else drawn


def _sometimes(rng: np.random.Generator, chance: float, low: float, high: float) -> float:
    has, value = rng.uniform() < chance, rng.uniform(low, high)
    return value if has else 0.0


def odd_kernel(rng: np.random.Generator, scanner: Scanner) -> Scanner:
    """Return, in one of four, a reconstruction beyond the usual: very smooth, or so sharp that edges overshoot."""
    kind = rng.uniform()
    smooth = replace(scanner, blur_mm=float(rng.uniform(0.8, 1.25)), edge=0.0,
                     noise_hu=float(rng.uniform(4.0, 11.0)), grain_mm=float(rng.uniform(0.8, 1.4)))  # fmt: skip
    sharp = replace(scanner, blur_mm=float(rng.uniform(0.3, 0.45)), edge=float(rng.uniform(0.4, 1.0)),
                    noise_hu=float(rng.uniform(20.0, 42.0)), grain_mm=float(rng.uniform(0.3, 0.5)))  # fmt: skip
    return smooth if kind < 0.12 else sharp if kind < 0.24 else scanner


def distort(ideal: np.ndarray, axes, physics: Physics, aorta: np.ndarray) -> None:
    """Do to the ideal image (k, j, i; float32 HU; in place) what comes before blur and noise.

    Parameters
    ----------
    ideal : ndarray
    axes : tuple of ndarray
        RAS x, y, z of the voxel centres along i, j, k.
    physics : Physics
    aorta : ndarray, shape (n, 3)
        Its middle, RAS mm: what moves.
    """
    if physics.motion_share > 0:
        _double(ideal, axes, physics, aorta)
    x, y, z = axes
    if physics.cupping_hu or physics.pelvic_band_hu:
        shade = physics.cupping_hu * np.clip((x[None, :] / 170.0) ** 2 + ((y[:, None] + 10.0) / 115.0) ** 2, 0.0, 1.0)
        shade = (shade - physics.cupping_hu).astype(np.float32)
        band = np.exp(-(((y[:, None] + 10.0) / 28.0) ** 2)) * np.clip((125.0 - np.abs(x[None, :])) / 30.0, 0.0, 1.0)
        band = (-physics.pelvic_band_hu * band).astype(np.float32)
        height = np.exp(-(((z + 90.0) / 55.0) ** 2))
        for k, part in enumerate(ideal):
            # Air is not shaded: it would show in the histogram as nothing real does.
            part += (shade + np.float32(height[k]) * band) * np.clip((part + 900.0) / 600.0, 0.0, 1.0)
    if physics.gain != 1.0 or physics.offset_hu:
        ideal *= np.float32(physics.gain)
        ideal += np.float32(physics.offset_hu)


def _double(ideal: np.ndarray, axes, physics: Physics, aorta: np.ndarray) -> None:
    """Mix in what was seen while the aorta was elsewhere: its contours are double."""
    x, y, z = axes
    steps = [float(axis[1] - axis[0]) for axis in (y, x)]
    moved = (physics.motion_mm[1] / steps[0], physics.motion_mm[0] / steps[1])
    order = np.argsort(aorta[:, 2])
    middle = [np.interp(z, aorta[order, 2], aorta[order, axis]) for axis in (0, 1)]
    low, high = physics.motion_from_mm, physics.motion_to_mm
    for k in np.flatnonzero((z > low - 10.0) & (z < high + 10.0)):
        rows = np.flatnonzero(np.abs(y - middle[1][k]) < 55.0)
        columns = np.flatnonzero(np.abs(x - middle[0][k]) < 55.0)
        if len(rows) < 2 or len(columns) < 2:
            continue
        part = ideal[k, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        away = np.hypot((x[columns] - middle[0][k])[None, :], (y[rows] - middle[1][k])[:, None])
        share = physics.motion_share * np.clip((50.0 - away) / 25.0, 0.0, 1.0)
        share *= np.clip(min(z[k] - low, high - z[k]) / 10.0 + 1.0, 0.0, 1.0)
        other = ndimage.shift(part, moved, order=1, mode="nearest")
        part += (share * (other - part)).astype(np.float32)


def starved_noise(noise: np.ndarray, axes, spacing_mm, physics: Physics, rng: np.random.Generator) -> None:
    """Add to noise of unit deviation (k, j, i, in place) the noise of starved rays: streaks from side to side."""
    if physics.starvation <= 0:
        return
    z, y = axes[2], axes[1]
    strength = sum(np.exp(-(((z - level) / half) ** 2)) for level, half in _WIDE_PARTS)
    beside = np.exp(-(((y + 10.0) / 60.0) ** 2)).astype(np.float32)
    for k in np.flatnonzero(strength > 0.05):
        streaks = rng.standard_normal(noise.shape[1:], dtype=np.float32)
        streaks = ndimage.gaussian_filter(streaks, (0.7 / spacing_mm[1], 14.0 / spacing_mm[0]), truncate=2.5)
        streaks /= max(float(streaks.std()), 1e-6)
        noise[k] += np.float32(physics.starvation * strength[k]) * beside[:, None] * streaks


def blotched(noise: np.ndarray, spacing_mm, share: float) -> np.ndarray:
    """Return noise (k, j, i) of which a share lies in blotches some millimetres wide, of unit deviation."""
    if share <= 0:
        return noise
    si, sj, sk = spacing_mm
    wide = ndimage.gaussian_filter(noise, (0.8 / sk, 1.8 / sj, 1.8 / si), truncate=2.5)
    wide /= max(float(wide.std()), 1e-6)
    mixed = (1.0 - share) * noise + share * wide
    return mixed / max(float(mixed.std()), 1e-6)

"""Calcified plaques in the arterial wall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from .tubes import Tube


@dataclass(frozen=True)
class Plaque:
    """A lens of calcium that lies against the outside of the wall.

    Attributes
    ----------
    kind : str
        ``spot``, ``sheet``, ``ring`` or ``ostial``.
    center_mm : float
        Path length along the tube's centreline.
    angle_rad : float
        Direction from the centreline, in the frame of the tube.
    half_length_mm, half_angle_rad : float
        Extent along and around the vessel.
    thickness_mm : float
        Greatest radial thickness, 0.3 to 4 mm.
    bulge_mm : float
        How far it pushes the wall outwards.
    hu : float
        Density of the core at 120 kV, 250 to 1500 HU, before mottling and before the scanner blurs it.
    rim_hu : float
        Density at the surface, at most that of the core.
    mottling : float
        Share by which the density wavers from place to place, 0 to 0.25.
    """

    kind: str
    center_mm: float
    angle_rad: float
    half_length_mm: float
    half_angle_rad: float
    thickness_mm: float
    bulge_mm: float
    hu: float
    rim_hu: float
    mottling: float

    def depth_mm(self, arc_mm: np.ndarray, angle_rad: np.ndarray) -> np.ndarray:
        """Return the radial thickness at path lengths and angles; 0 outside."""
        turn = np.abs((angle_rad - self.angle_rad + np.pi) % (2 * np.pi) - np.pi)
        around = np.zeros_like(turn) if self.kind == "ring" else turn / self.half_angle_rad
        # An uneven rim, so that plaques are not perfect lenses.
        ripple = 1.0 + 0.18 * np.sin(3.0 * angle_rad + self.center_mm) + 0.12 * np.sin(1.3 * arc_mm + self.angle_rad)
        radius = ((arc_mm - self.center_mm) / self.half_length_mm) ** 2 + around**2
        return self.thickness_mm * np.sqrt(np.clip(1.0 - radius * ripple, 0.0, None))

    def density_hu(
        self, arc_mm: np.ndarray, angle_rad: np.ndarray, depth_mm: np.ndarray, below_mm: np.ndarray
    ) -> np.ndarray:
        """Return the HU of calcium: mineral is densest in the middle, thins out towards the surface, and is mottled.

        Parameters
        ----------
        arc_mm, angle_rad : ndarray
            Path length and angle of each place.
        depth_mm : ndarray
            :meth:`depth_mm` there.
        below_mm : ndarray
            How far the place lies below the plaque's outer surface, 0 to `depth_mm`.
        """
        middle = np.sqrt(np.clip(1.0 - (2.0 * below_mm / np.maximum(depth_mm, 1e-6) - 1.0) ** 2, 0.0, None))
        core = middle * depth_mm / self.thickness_mm
        around_mm = angle_rad * self.half_length_mm / self.half_angle_rad
        waver = np.sin(2.1 * arc_mm + self.angle_rad) * np.sin(1.7 * around_mm + self.center_mm)
        hu = (self.rim_hu + (self.hu - self.rim_hu) * core) * (1.0 + self.mottling * waver)
        return np.maximum(hu, self.rim_hu)


_LEAST_HU, _MOST_HU = 250.0, 1500.0

# How many plaques per 100 mm of vessel at full severity, and how the four kinds share them. Calcium gathers
# at the distal aorta, the iliac arteries and the ostia (Allison et al. 2004, doi 10.1161/01.ATV.0000110786.02097.0c).
_PER_100_MM = {"aorta": 34.0, "common_iliac": 42.0, "renal": 26.0, "mesenteric": 16.0}
_KINDS = ("spot", "sheet", "ring", "ostial")
_SHARES = {
    "aorta": (0.52, 0.42, 0.06, 0.0),
    "common_iliac": (0.45, 0.45, 0.10, 0.0),
    "renal": (0.35, 0.15, 0.05, 0.45),
    "mesenteric": (0.35, 0.20, 0.05, 0.40),
}


def draw_plaques(
    rng: np.random.Generator,
    density_rng: np.random.Generator,
    tube: Tube,
    group: str,
    severity: float,
    ostium_mm: float,
) -> list[Plaque]:
    """Return random plaques of one artery.

    Parameters
    ----------
    rng : Generator
        Draws where they are, their shape, and their density on the whole.
    density_rng : Generator
        Draws how the density is distributed within each.
    tube : Tube
    group : str
        ``aorta`` or a kept-length group of the territory table.
    severity : float
        0 (none) to 1 (porcelain).
    ostium_mm : float
        Path length at which the tube leaves its parent's lumen; plaques lie beyond it.
    """
    length = tube.centerline.length_mm
    expected = severity * _PER_100_MM[group] * max(length - ostium_mm, 0.0) / 100.0
    plaques = []
    for _ in range(int(rng.poisson(expected))):
        kind = str(rng.choice(_KINDS, p=_SHARES[group]))
        if kind == "ostial":
            center = ostium_mm + rng.uniform(0.0, 5.0)
        elif group == "aorta":
            # From the top (0) down to the bifurcation: denser towards it.
            center = ostium_mm + (length - ostium_mm) * rng.power(1.7)
        else:
            center = rng.uniform(ostium_mm, 0.95 * length)
        index = min(int(center / length * (len(tube.outer_mm) - 1)), len(tube.outer_mm) - 1)
        radius = float(tube.outer_mm[index])
        plaques.append(_plaque(rng, density_rng, kind, center, radius, float(tube.lumen_hu[index])))
    return plaques


def _plaque(
    rng: np.random.Generator,
    density_rng: np.random.Generator,
    kind: str,
    center: float,
    radius: float,
    lumen_hu: float,
) -> Plaque:
    thickest = min(4.0, 0.55 * radius)
    half_length, half_arc, thickness = {
        "spot": (rng.uniform(1.0, 3.5), rng.uniform(1.0, 3.5), rng.uniform(0.8, 3.2)),
        "sheet": (rng.uniform(4.0, 16.0), rng.uniform(3.0, 10.0), rng.uniform(0.6, 2.6)),
        "ring": (rng.uniform(2.0, 7.0), np.pi * radius, rng.uniform(0.5, 1.8)),
        "ostial": (rng.uniform(1.5, 4.0), rng.uniform(1.5, 4.0), rng.uniform(0.8, 2.8)),
    }[kind]
    thickness = float(np.clip(thickness, 0.3, thickest))
    # Denser than contrast medium, else nobody could have drawn it. No published distribution of the density before the
    # scanner blurs it was found: every ratio is as frequent as any other, so that faint plaques are no rarity.
    least = min(max(_LEAST_HU, lumen_hu + 150.0), _MOST_HU)
    hu = least * (_MOST_HU / least) ** float(ndtr(rng.normal()))
    half_angle = float(np.clip(half_arc / radius, 0.15, np.pi))
    bulge = float(rng.uniform(0.0, 0.35)) * thickness
    angle = float(rng.uniform(-np.pi, np.pi))
    # From plaques that are as dense at the rim as in the middle to those that fade into the wall, which are the more
    # frequent; the shares are ours.
    rim_hu = least + float(density_rng.uniform(0.0, 1.0) ** 2) * (hu - least)
    mottling = float(density_rng.uniform(0.0, 0.25))
    return Plaque(kind, float(center), angle, half_length, half_angle, thickness, bulge, hu, rim_hu, mottling)

"""Stents: metal in the wall of an artery that is no calcium."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .tubes import Tube

# How often an artery of a group carries one; ours, so that a few patients in ten have a stent.
_CHANCE = {"aorta": 0.03, "common_iliac": 0.06, "renal": 0.02, "mesenteric": 0.02}


@dataclass(frozen=True)
class Stent:
    """Crossing helical wires on a cylinder around the centreline.

    Attributes
    ----------
    start_mm, end_mm : float
        Path lengths along the tube's centreline.
    wires : int
        In each of the two directions.
    pitch_mm : float
        Length of one turn of a wire.
    strut_mm : float
        Half the width and half the depth of a wire as it is painted, no thinner than the sub-voxels show.
    hu : float
        Of the metal, before the scanner blurs it.
    """

    start_mm: float
    end_mm: float
    wires: int
    pitch_mm: float
    strut_mm: float
    hu: float

    def metal(self, arc_mm: np.ndarray, distance_mm: np.ndarray, angle_rad: np.ndarray, radius_mm) -> np.ndarray:
        """Return where there is metal.

        Parameters
        ----------
        arc_mm, distance_mm, angle_rad : ndarray
            Place along, away from and around the centreline.
        radius_mm : ndarray
            Radius of the lumen there; the stent lies against it.
        """
        shell = np.abs(distance_mm - radius_mm + self.strut_mm) < self.strut_mm
        along = (arc_mm >= self.start_mm) & (arc_mm <= self.end_mm)
        wire = np.zeros_like(shell)
        for sense in (-1.0, 1.0):
            turn = self.wires * (angle_rad / (2 * np.pi) + sense * arc_mm / self.pitch_mm)
            apart = np.abs(turn - np.round(turn)) * 2 * np.pi * radius_mm / self.wires
            wire |= apart < self.strut_mm
        return shell & along & wire


def draw_stent(rng: np.random.Generator, tube: Tube, group: str, ostium_mm: float) -> Stent | None:
    """Return a random stent of one artery, or (mostly) None.

    Parameters
    ----------
    rng : Generator
    tube : Tube
    group : str
        ``aorta`` or a kept-length group of the territory table.
    ostium_mm : float
        Path length at which the tube leaves its parent's lumen.
    """
    has = rng.uniform() < _CHANCE[group]
    length = tube.centerline.length_mm
    start = ostium_mm + rng.uniform(-2.0, 12.0) if group != "aorta" else length - rng.uniform(60.0, 110.0)
    end = start + (rng.uniform(14.0, 24.0) if group in ("renal", "mesenteric") else rng.uniform(30.0, 70.0))
    radius = float(np.median(tube.lumen_mm))
    wires = int(np.clip(round(radius * rng.uniform(1.0, 1.6)), 4, 14))
    stent = Stent(max(start, 0.0), min(end, length), wires, rng.uniform(9.0, 16.0), rng.uniform(0.16, 0.26),
                  rng.uniform(2500.0, 6000.0))  # fmt: skip
    return stent if has else None

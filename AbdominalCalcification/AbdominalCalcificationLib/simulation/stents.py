"""Stents and the rings of stent grafts: metal in the wall of an artery that is no calcium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .tubes import Tube

# How often an artery of a group carries one; ours, so that a few patients in ten have a stent.
_CHANCE = {"aorta": 0.03, "common_iliac": 0.06, "renal": 0.02, "mesenteric": 0.02}


class Metal(Protocol):
    """Metal of any make in or on the wall of an artery."""

    @property
    def start_mm(self) -> float: ...

    @property
    def end_mm(self) -> float: ...

    @property
    def hu(self) -> float: ...

    @property
    def is_graft(self) -> bool: ...

    def course(self, tube: Tube) -> tuple[np.ndarray | None, np.ndarray]:
        """Return where its middle lies off the centreline (mm, n by 2; None: on it), and its radius (mm, n)."""

    def metal(self, arc_mm, distance_mm, angle_rad, radius_mm) -> np.ndarray:
        """Return where there is metal, of places along, away from and around its middle."""

    def fabric(self, arc_mm) -> np.ndarray:
        """Return where fabric covers it, of places along the centreline."""


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
    is_graft = False

    def course(self, tube: Tube) -> tuple[np.ndarray | None, np.ndarray]:
        """Return the middle and the radius of the lumen."""
        return tube.lumen_shift_mm, tube.lumen_mm

    def fabric(self, arc_mm: np.ndarray) -> np.ndarray:
        """Return that there is none."""
        return np.zeros(np.shape(arc_mm), bool)

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


@dataclass(frozen=True, eq=False)
class GraftStent:
    """One tube of a stent graft, or a stent: rings of zigzag wire, with fabric or without.

    Attributes
    ----------
    start_mm, end_mm : float
        Path lengths along the tube's centreline.
    fabric_from_mm : float
        Where fabric begins: the first ring may be bare.
    ring_mm, pitch_mm : float
        Height of a ring, and the distance from ring to ring.
    crowns : int
        Zigzags of a ring.
    strut_mm : float
        Half the thickness of the wire.
    hu : float
        Of the metal, before the scanner blurs it.
    center_mm : ndarray, shape (n, 2)
        Middle off the centreline, at every point of it.
    radius_mm : ndarray, shape (n,)
    is_graft : bool
        Of a stent graft, not of a single stent.
    """

    start_mm: float
    end_mm: float
    fabric_from_mm: float
    ring_mm: float
    pitch_mm: float
    crowns: int
    strut_mm: float
    hu: float
    center_mm: np.ndarray
    radius_mm: np.ndarray
    is_graft: bool = True

    def course(self, tube: Tube) -> tuple[np.ndarray | None, np.ndarray]:
        """Return its own middle and radius."""
        return self.center_mm, self.radius_mm

    def fabric(self, arc_mm: np.ndarray) -> np.ndarray:
        """Return where it is covered."""
        return (arc_mm >= self.fabric_from_mm) & (arc_mm <= self.end_mm)

    def metal(self, arc_mm: np.ndarray, distance_mm: np.ndarray, angle_rad: np.ndarray, radius_mm) -> np.ndarray:
        """Return where there is metal."""
        shell = np.abs(distance_mm - radius_mm) < self.strut_mm
        along = (arc_mm >= self.start_mm) & (arc_mm <= self.end_mm)
        ring = np.round((arc_mm - self.start_mm - self.ring_mm / 2) / self.pitch_mm)
        within = arc_mm - self.start_mm - self.ring_mm / 2 - ring * self.pitch_mm
        # Every second ring stands the other way.
        turn = (self.crowns * angle_rad / (2 * np.pi) + 0.5 * (ring % 2)) % 1.0
        zigzag = (self.ring_mm - 2 * self.strut_mm) * (np.abs(2.0 * turn - 1.0) - 0.5)
        # The wire runs askew: as thick across as along.
        slope = 2.0 * self.ring_mm * self.crowns / (2 * np.pi * np.maximum(radius_mm, 1.0))
        return shell & along & (np.abs(within - zigzag) < self.strut_mm * np.sqrt(1.0 + slope**2))


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

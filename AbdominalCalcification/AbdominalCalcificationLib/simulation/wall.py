"""The wall of the trunk: skin, fat, breasts, muscle, ribs with their cartilage, the sternum, and the lungs within."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .canvas import BYSTANDERS, FAT_HU, LUNG_HU, SKIN_HU, Canvas, ellipsoid
from .enhancement import Phase
from .mediastinum import Mediastinum
from .person import Person

_SKIN_MM = 1.8
# Ribs, sternum and lungs are painted above these heights alone.
_LOWEST_RIB_MM, _LOWEST_LUNG_MM = 68.0, 100.0
# Where the sternum begins, and how wide its half is.
_XIPHOID_MM, _STERNUM_MM = 235.0, 17.0


class Wall(NamedTuple):
    """What lies within the wall, and where its surface is.

    Attributes
    ----------
    cavity : ndarray of float32
        Each voxel's share in the cavity, without the lungs.
    beneath_fat : ndarray of float32
        Each voxel's share beneath the subcutaneous fat.
    outside : ndarray of bool
        Voxels outside of the skin.
    back_mm : float
        How far back, RAS y, the skin reaches.
    front : Outline
    """

    cavity: np.ndarray
    beneath_fat: np.ndarray
    outside: np.ndarray
    back_mm: float
    outline: Outline


class Outline(NamedTuple):
    """The trunk as a superellipse in each slice."""

    half_width_mm: float
    half_depth_mm: float
    middle_mm: float
    flat_mm: float

    def depth(self, x, y, z):
        """Return about the signed distance to the surface, negative inside."""
        a = self.half_width_mm * (1.0 + 0.05 * np.sin(z / 110.0))
        b = self.half_depth_mm * (1.0 + 0.03 * np.cos(z / 90.0))
        ratio = (np.abs(x / a) ** 2.3 + np.abs((y - self.middle_mm) / b) ** 2.3) ** (1 / 2.3)
        # The back lies flat on the table.
        return np.maximum((ratio - 1.0) * min(self.half_width_mm, self.half_depth_mm) + 0.0 * z, self.flat_mm - y)

    def front(self, x, z):
        """Return y of the surface at the front."""
        a = self.half_width_mm * (1.0 + 0.05 * np.sin(z / 110.0))
        b = self.half_depth_mm * (1.0 + 0.03 * np.cos(z / 90.0))
        return self.middle_mm + b * np.clip(1.0 - np.abs(x / a) ** 2.3, 0.0, 1.0) ** (1 / 2.3)


def paint_wall(
    canvas: Canvas, phase: Phase, person: Person, mediastinum: Mediastinum, lumps, grain, rng: np.random.Generator
) -> Wall:
    """Paint skin, fat, wall, ribs and lungs."""
    u, detail = rng.uniform, person.rng(1)
    width, front, fat = u(150, 195), u(85, 125), u(8, 32)
    back = 112.0 + u(-4, 10) + 0.6 * fat
    outline = Outline(
        width, (front + fat * 0.6 + back) / 2, (front + fat * 0.6 - back) / 2, -back + detail.uniform(1.0, 7.0)
    )
    x, y, z = canvas.at(canvas.box((-1e4,) * 3, (1e4,) * 3))
    depth = (outline.depth(x, y, z) + 0.8 * lumps(x, y, z)).astype(np.float32)
    tissue = grain(x, y, z)
    soft = 1.0 / canvas.width_mm

    def share(signed):
        return np.clip(0.5 - signed * soft, 0.0, 1.0)

    hu = canvas.hu
    skin = _skin(canvas, outline, person, fat, depth, detail)
    hu += share(skin) * (SKIN_HU + detail.uniform(-15, 25) - hu)
    hu += share(skin + _SKIN_MM * detail.uniform(0.7, 1.5)) * (FAT_HU + 8.0 * tissue - hu)
    outside = skin > 0.5
    del skin
    # Fat is thin at the sides and back, muscle thick at the back.
    fat_here = fat * (0.75 + 0.25 / (1.0 + np.exp(-y / 12.0))) + 3.0
    depth += fat_here
    beneath_fat = share(depth)
    hu += beneath_fat * (phase.muscle + 5.0 * tissue - hu)
    wall = u(11, 17)
    inner = depth + (wall + _buttocks(y, z)).astype(np.float32)
    # The true pelvis is narrow.
    half = 62.0 + 80.0 / (1.0 + np.exp(-(z + 95.0) / 10.0)) - 0.8 * np.clip(-150.0 - z, 0.0, 70.0)
    np.maximum(inner, np.hypot(x, 0.7 * np.clip(np.abs(y) - 25.0, 0, None) * (z < -95.0)) - half, out=inner)
    cavity = share(inner)
    hu += cavity * (FAT_HU + 10.0 * tissue - hu)
    _ribs(canvas, person, depth, wall, tissue, share, rng, detail)
    _lungs(canvas, mediastinum, inner, tissue, cavity, share, rng)
    return Wall(cavity, beneath_fat, outside, outline.flat_mm, outline)


def _buttocks(y, z):
    """Return how much thicker the wall is behind and below the iliac crest: gluteal muscles and thighs."""
    below = 1.0 / (1.0 + np.exp(np.clip((z - 5.0) / 12.0, -30, 30)))
    thigh = 1.0 / (1.0 + np.exp(np.clip((z + 150.0) / 12.0, -30, 30)))
    return 28.0 * below / (1.0 + np.exp(np.clip((y + 15.0) / 10.0, -30, 30))) + 22.0 * thigh


def _skin(canvas: Canvas, outline: Outline, person: Person, fat: float, depth: np.ndarray, rng) -> np.ndarray:
    """Return the distance to the skin: the trunk's with breasts, an apron of fat and folds."""
    u = rng.uniform
    x, y, z = canvas.at(canvas.box((-1e4,) * 3, (1e4,) * 3))
    # Creases at the flanks, deeper in the obese.
    pitch, start, deep = u(45, 110), u(0, 100), u(0, 0.35) * fat
    crease = (1.0 - np.abs(np.sin(np.pi * (z - start) / pitch))) ** 6 * deep
    flank = np.clip(np.abs(x) / outline.half_width_mm - 0.45, 0.0, 0.5) * 2.0
    skin = (depth + crease * flank * (y > outline.middle_mm - 40.0)).astype(np.float32)

    def join(center, radii):
        margin = np.asarray(radii) + 12.0
        box = canvas.box(np.asarray(center) - margin, np.asarray(center) + margin)
        np.minimum(skin[box], ellipsoid(*canvas.at(box), center, radii), out=skin[box])

    size = u(0.7, 1.2) if person.female else u(0.0, 0.45)
    level = u(300, 335)
    for sign in (-1.0, 1.0):
        at = np.array([sign * u(70, 95), 0.0, level + u(-8, 8)])
        at[1] = outline.front(at[0], at[2]) - 8.0
        radii = np.array([u(52, 66), u(26, 44) + 0.6 * fat, u(52, 66)]) * size
        if size > 0.3:
            join(at, radii)
    hangs = u() < (0.5 if fat > 22 else 0.15)
    apron = np.array([u(-10, 10), 0.0, -u(70, 110)])
    apron[1] = outline.front(apron[0], apron[2]) - 15.0
    radii = (u(90, 130), u(30, 45), u(35, 50))
    if hangs:
        join(apron, radii)
    return skin


def _ribs(canvas: Canvas, person: Person, beneath, wall: float, tissue, share, rng, detail) -> None:
    """Paint ribs that slope down towards the front within the wall, their cartilages, and the sternum."""
    u, v = rng.uniform, detail.uniform
    pitch, tilt = u(26, 32), u(0.35, 0.6)
    half_height, half_thick = u(5, 6.5), u(3.2, 4.5)
    cortical, marrow, shell = u(450, 750), u(90, 220), u(1.2, 1.8)
    box = canvas.box((-1e4, -1e4, _LOWEST_RIB_MM), (1e4,) * 3)
    cartilage_hu, calcified = v(70, 130), np.clip(v(-0.6, 0.6) + 2.2 * (person.age - 0.45), 0.0, 2.5)
    rim_hu, begins = v(220, 650), v(25, 50)
    if not canvas.hu[box].size:
        return
    x, y, z = canvas.at(box)
    hu, marks, patch = canvas.hu[box], canvas.bystanders[box], tissue[box]
    layer = np.abs(beneath[box] + wall * 0.5)
    along = (z + tilt * y) % pitch - pitch / 2
    margin = 66.0 + 0.35 * np.abs(x) + np.clip(y, 0, None) + 0.8 * np.clip(60.0 - np.abs(x), 0, None) * (y > 0) - z
    is_cartilage = y > begins + 0.25 * np.abs(z - 300.0)
    bar = np.maximum(np.abs(along) - half_height, layer - half_thick)
    bar = np.maximum(bar, margin)
    bar = np.maximum(bar, np.where(is_cartilage, _STERNUM_MM - 3.0, 28.0) - np.abs(x))
    bone = share(bar)
    gain = canvas.calcium_gain
    inside = share(bar + shell)
    flecks = np.clip((patch - 2.2 + calcified) * 3.0, 0.0, 1.0)
    rim = cartilage_hu + flecks * (gain * rim_hu - cartilage_hu)
    core = cartilage_hu + 0.4 * np.clip(flecks - 0.7, 0.0, 1.0) * gain * rim_hu
    hu += bone * (np.where(is_cartilage, rim, gain * cortical) - hu)
    hu += inside * (np.where(is_cartilage, core, gain * marrow) - hu)
    solid = bone > 0.5
    marks[solid & ~is_cartilage] = BYSTANDERS["bone"]
    marks[solid & is_cartilage & (flecks > 0.5)] = BYSTANDERS["costal cartilage"]
    # The sternum, of three parts.
    plate = np.maximum(np.abs(x) - _STERNUM_MM - 4.0 * (z > 360.0) + 8.0 * (z < _XIPHOID_MM + 25), layer - 5.0)
    plate = np.maximum(plate, np.maximum(_XIPHOID_MM - z, -y))
    plate = np.maximum(plate, 1.5 - np.abs(z - 358.0))
    bone = share(plate)
    hu += bone * (gain * 0.8 * cortical - hu)
    hu += share(plate + 1.3) * (gain * marrow - hu)
    marks[bone > 0.5] = BYSTANDERS["bone"]


def _lungs(canvas: Canvas, mediastinum: Mediastinum, inner, tissue, cavity, share, rng) -> None:
    """Paint lungs, which reach lower at the back, beside the mediastinum; take them off the cavity."""
    floor = rng.uniform(150, 190)
    box = canvas.box((-1e4, -1e4, _LOWEST_LUNG_MM), (1e4,) * 3)
    if not canvas.hu[box].size:
        return
    x, y, z = canvas.at(box)
    lung = np.maximum(inner[box], floor + 0.9 * (y + 35.0) - z + 14.0 * np.cos(x / 45.0))
    lung = np.maximum(lung, mediastinum.depth(x, y, z).astype(np.float32))
    # The tops of the lungs.
    dome = ((np.abs(x + 6.0) - 75.0) / 50.0) ** 2 + ((y + 20.0) / 75.0) ** 2
    lung = np.maximum(lung, z - 480.0 + 60.0 * dome * np.clip((z - 380.0) / 60.0, 0.0, 1.0))
    part = share(lung)
    canvas.hu[box] += part * (LUNG_HU + 40.0 * tissue[box] - canvas.hu[box])
    cavity[box] *= 1.0 - part

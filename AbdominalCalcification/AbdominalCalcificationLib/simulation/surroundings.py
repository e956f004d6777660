"""Everything around the arteries: body wall, spine, organs, bowel, and calcium that must not count."""

from __future__ import annotations

import numpy as np

from ..geometry.volume import Grid
from .anatomy import Vessels
from .bones import paint_other_calcium, paint_pelvis, paint_spine
from .canvas import BYSTANDERS, FAT_HU, LUNG_HU, SKIN_HU, Canvas, Field
from .enhancement import Phase
from .organs import fill_cavity, paint_bowel, paint_organs, paint_retroperitoneum
from .spine import SpineCurve
from .tubes import Tube


def paint_surroundings(
    grid: Grid, vessels: Vessels, rng: np.random.Generator, calcium_gain: float = 1.0
) -> tuple[np.ndarray, np.ndarray, list[dict]]:
    """Return the ideal image without vessels, float32 HU; the map of bystanders; and the list of single ones."""
    canvas = Canvas(grid, calcium_gain)
    spine, phase = vessels.spine, vessels.phase
    lumps = Field(rng, 28.0, 2.5)
    grain = Field(rng, 9.0, 1.0)
    cavity, beneath_fat = _body_wall(canvas, spine, phase, lumps, grain, rng)
    distractors: list[dict] = []
    fill_cavity(canvas, phase, cavity, grain, rng)
    paint_organs(canvas, vessels, cavity, lumps, grain, rng, distractors)
    paint_bowel(canvas, vessels, cavity, lumps, rng)
    paint_retroperitoneum(canvas, vessels, grain, rng)
    _muscles(canvas, spine, phase, beneath_fat, lumps, grain, rng)
    paint_spine(canvas, spine, grain, rng)
    paint_pelvis(canvas, spine, rng)
    paint_other_calcium(canvas, vessels, rng, distractors)
    paint_outside(canvas, phase, rng)
    return canvas.hu, canvas.bystanders, distractors


def _body_wall(canvas, spine, phase: Phase, lumps, grain, rng) -> tuple[np.ndarray, np.ndarray]:
    """Paint skin, fat, wall, ribs and lungs; return each voxel's share in the cavity and beneath the fat."""
    u = rng.uniform
    width, front, fat = u(150, 195), u(85, 125), u(8, 32)
    back = 112.0 + u(-4, 10) + 0.6 * fat
    middle, half_depth = (front + fat * 0.6 - back) / 2, (front + fat * 0.6 + back) / 2

    def body(x, y, z):
        taper = 1.0 + 0.05 * np.sin(z / 110.0)
        a, b = width * taper, half_depth * (1.0 + 0.03 * np.cos(z / 90.0))
        ratio = (np.abs(x / a) ** 2.3 + np.abs((y - middle) / b) ** 2.3) ** (1 / 2.3)
        return (ratio - 1.0) * min(width, half_depth) + 0.0 * z

    x, y, z = canvas.at(canvas.box((-1e4,) * 3, (1e4,) * 3))
    depth = (body(x, y, z) + 0.8 * lumps(x, y, z)).astype(np.float32)
    tissue = grain(x, y, z)
    soft = 1.0 / canvas._width

    def share(signed):
        return np.clip(0.5 - signed * soft, 0.0, 1.0)

    hu = canvas.hu
    hu += share(depth) * (SKIN_HU - hu)
    hu += share(depth + 1.8) * (FAT_HU + 8.0 * tissue - hu)
    # Fat is thin at the sides and back, muscle thick at the back.
    fat_here = fat * (0.75 + 0.25 / (1.0 + np.exp(-y / 12.0))) + 3.0
    beneath_fat = share(depth + fat_here)
    hu += beneath_fat * (phase.muscle + 5.0 * tissue - hu)
    wall = u(11, 17)
    inner = depth + fat_here + wall
    cavity = share(inner)
    hu += cavity * (FAT_HU + 10.0 * tissue - hu)
    # Ribs slope down towards the front within the wall, above the costal margin.
    pitch, tilt = u(26, 32), u(0.35, 0.6)
    along = (z + tilt * y) % pitch - pitch / 2
    bar = np.maximum(np.abs(along) - u(5, 6.5), np.abs(depth + fat_here + wall * 0.5) - u(3.2, 4.5))
    bar = np.maximum(bar, 85.0 + np.clip(y, 0, None) * 1.0 - z)
    bar = np.maximum(bar, 28.0 - np.abs(x))
    cortical, marrow = canvas.calcium_gain * u(450, 750), canvas.calcium_gain * u(90, 220)
    bone = share(bar)
    hu += bone * (cortical - hu)
    hu += share(bar + u(1.2, 1.8)) * (marrow - hu)
    canvas.bystanders[bone > 0.5] = BYSTANDERS["bone"]
    # Lungs reach lower at the back; the mediastinum stays.
    floor = u(150, 190)
    lung = np.maximum(inner, floor + 0.9 * (y + 35.0) - z + 14.0 * np.cos(x / 45.0))
    lung = np.maximum(lung, 34.0 + 0.1 * np.clip(y + 30, 0, None) - np.abs(x + 6.0))
    hu += share(lung) * (LUNG_HU + 40.0 * tissue - hu)
    return cavity * (1.0 - share(lung)), beneath_fat


def _muscles(canvas: Canvas, spine: SpineCurve, phase: Phase, beneath_fat, lumps, grain, rng) -> None:
    """Paint psoas, quadratus lumborum and the long muscles of the back along the spine."""
    u = rng.uniform
    bulk = u(0.8, 1.2)

    def column(side, offset, back, a, b, low, high):
        def shape(x, y, z):
            cx = spine.middle(z) + side * offset(z)
            cy = spine.front(z) - back(z)
            r = np.sqrt(((x - cx) / a(z)) ** 2 + ((y - cy) / b(z)) ** 2)
            return (r - 1.0) * np.minimum(a(z), b(z)) + 0.6 * lumps(x, y, z)

        canvas.paint(
            shape, lambda x, y, z: phase.muscle + 6.0 * grain(x, y, z) - 25.0 * (np.abs(grain(x, y, z)) > 2.2),
            (-140, -190, low), (140, 90, high), beneath_fat,
        )  # fmt: skip

    def down(z, top, bottom):
        return bottom + (top - bottom) / (1.0 + np.exp(-(z - 40.0) / 35.0))

    for side in (-1.0, 1.0):
        column(side, lambda z: down(z, 26, 46), lambda z: down(z, 26, -6) - 0.25 * np.clip(-20 - z, 0, 60),
               lambda z: down(z, 7, 20 * bulk), lambda z: down(z, 8, 21 * bulk), -160, 120)  # fmt: skip
        column(side, lambda z: 60.0 + 0 * z, lambda z: 46.0 + 0 * z, lambda z: 19 * bulk + 0 * z,
               lambda z: 9 * bulk + 0 * z, 0, 95)  # fmt: skip
        column(side, lambda z: 32.0 + 0 * z, lambda z: 70.0 + 0 * z, lambda z: 29.0 + 0 * z,
               lambda z: 19 * bulk + 0 * z, -120, 460)  # fmt: skip


def paint_outside(canvas: Canvas, phase: Phase, rng, back_mm: float | None = None) -> None:
    """Paint the table and, in some, the arms beside the body (seen in wide fields of view only).

    Where `back_mm` says how far back (RAS y) the body reaches, the table lies there, and no arms lie beside it.
    """
    u = rng.uniform
    level, curve = -u(140, 152), u(900, 1600)
    if back_mm is not None:
        level = back_mm - 2.0
    x, y, _ = canvas.at(canvas.box((-1e4,) * 3, (1e4,) * 3))
    air = canvas.hu < -900
    for drop in (0.0, u(25, 40)):
        sheet = np.abs(y - (level - drop + x**2 / curve)) - 1.5
        share = np.clip(0.5 - sheet / canvas._width, 0, 1) * (np.abs(x) < 220) * air
        canvas.hu += share * (u(-300, 100) - canvas.hu)
    if back_mm is None and u() < 0.4:
        for sign in (-1.0, 1.0):
            cx, cy, radius = sign * u(235, 260), u(-40, 10), u(32, 44)
            low, high = (cx - 60, cy - 60, -1e4), (cx + 60, cy + 60, 1e4)
            for r, hu in ((radius, FAT_HU), (radius - 7, phase.muscle), (11.0, 900.0), (6.0, 60.0)):
                canvas.paint(lambda x, y, z, r=r, cx=cx, cy=cy: np.hypot(x - cx, y - cy) - r + 0 * z, hu, low, high,
                             kind="bone" if r == 11.0 else None)  # fmt: skip


def clear_of_arteries(distractors: list[dict], arteries: list[Tube], margin_mm: float = 2.0) -> list[dict]:
    """Return those of `distractors` whose centre lies outside every artery."""
    kept = []
    for item in distractors:
        center = np.asarray(item["center_ras"])
        near = (tube.centerline.tree.query(center) for tube in arteries)
        if all(d > tube.outer_mm[i] - margin_mm for (d, i), tube in zip(near, arteries, strict=True)):
            kept.append(item)
    return kept

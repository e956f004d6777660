"""Kidneys with their stones, the ureters, and rare forms: shrunken, transplanted, horseshoe."""

from __future__ import annotations

import numpy as np

from .anatomy import Vessels
from .branches import transplant_center
from .canvas import FAT_HU, Canvas, Field
from .person import Person

_SHRUNKEN = 0.6


def paint_kidneys(canvas: Canvas, vessels: Vessels, person: Person, tissue, rough: Field, rng, distractors) -> None:
    """Paint the kidneys at the ends of their arteries: cortex, medulla, sinus, cysts and stones; and the ureters."""
    u, phase, paint = rng.uniform, vessels.phase, canvas.ellipsoid
    detail = person.rng(10)
    share = _SHRUNKEN if person.kidneys == "transplanted" else 1.0
    for side, sign in (("left", -1.0), ("right", 1.0)):
        hilum = next(t for t in vessels.arteries if t.name == f"renal_{side}").centerline.points[-1]
        center = hilum + np.array([sign * u(12, 16), u(-6, 4), u(-4, 6)])
        radii = np.array([u(24, 30), u(25, 31), u(48, 60)]) * share
        wavy = Field(rng, 11.0, 3.0)
        _kidney(canvas, center, radii, sign, phase, tissue, (rough, wavy), u(7, 9), person, detail)
        if u() < 0.25:
            paint(center + np.array([sign * u(5, 20), u(-15, 15), u(-30, 30)]), (u(6, 18),) * 3, 8.0)
        for _ in range(int(rng.poisson(0.4))):
            spot = center + rng.uniform(-0.5, 0.5, 3) * radii
            size, density = u(1.0, 4.5), u(300, 1300)
            paint(spot, (size, size * u(0.6, 1.2), size), density, kind="kidney stone")
            distractors.append({"kind": "kidney stone", "center_ras": spot.round(2).tolist(), "hu": round(density)})
        _ureter(canvas, vessels, hilum + np.array([sign * 2.0, -3.0, -12.0]), sign, person, detail)
        if person.kidneys == "horseshoe":
            _bridge(canvas, vessels, center - [0.0, 0.0, 0.85 * radii[2]], tissue, rough)
    if person.kidneys == "transplanted":
        radii = np.array([27.0, 26.0, 50.0])
        at = transplant_center(person.side)
        _kidney(canvas, at, radii, person.side, phase, tissue, (rough, rough), 8.0, person, detail)


def _kidney(canvas: Canvas, center, radii, sign, phase, tissue, fields, cortex_mm, person: Person, rng) -> None:
    """Paint cortex, medulla, the fat of the sinus, the calices and the pelvis."""
    u, (rough, wavy) = rng.uniform, fields
    canvas.ellipsoid(center, radii, tissue(phase.cortex, 5.0), lumps=rough)
    canvas.ellipsoid(center, radii - cortex_mm, tissue(phase.medulla, 5.0), lumps=wavy)
    sinus = center - np.array([sign * radii[0] * 0.45, -2.0, 0.0])
    canvas.ellipsoid(sinus, (radii[0] * 0.62, 9.0, radii[2] * 0.42), FAT_HU + 10, lumps=wavy)
    kind = "urine contrast" if person.urine_hu > 100 else None
    wide = u(0.8, 1.3)
    canvas.ellipsoid(sinus, (radii[0] * 0.42 * wide, 5.0 * wide, 11.0), person.urine_hu, lumps=rough, kind=kind)
    for height in (-0.3, 0.0, 0.3):
        calyx = sinus + np.array([sign * radii[0] * u(0.25, 0.45), u(-5, 5), height * radii[2]])
        canvas.ellipsoid(calyx, rng.uniform(2.0, 5.0, 3), person.urine_hu, kind=kind)


def _ureter(canvas: Canvas, vessels: Vessels, start, sign: float, person: Person, rng) -> None:
    """Paint a ureter down the psoas to the bladder; it is filled in stretches."""
    u, spine = rng.uniform, vessels.spine
    filled = float(u(-0.6, 0.8)) if person.urine_hu > 100 else 2.0
    for level in np.arange(start[2], -140.0, -2.5):
        share = (start[2] - level) / (start[2] + 140.0)
        beside = (1 - share) ** 2 * abs(start[0]) + 2 * share * (1 - share) * 38.0 + share**2 * 24.0
        deep = spine.front(max(level, -60.0)) + 8.0 + 30.0 * max(0.0, share - 0.6)
        at = np.array([sign * beside + 2.0 * np.sin(level / 14.0), (1 - share) ** 3 * (start[1] - deep) + deep, level])
        canvas.ellipsoid(at, (2.4, 2.4, 3.0), 32.0)
        if np.sin(level / 23.0 + sign) > filled:
            canvas.ellipsoid(at, (1.6, 1.6, 2.6), person.urine_hu, kind="urine contrast")


def _bridge(canvas: Canvas, vessels: Vessels, pole, tissue, rough: Field) -> None:
    """Paint one half of what joins the lower poles of a horseshoe kidney in front of the aorta."""
    aorta = vessels.arteries[0]
    index = aorta.centerline.nearest_to_level(float(pole[2]) - 8.0)
    middle = aorta.centerline.points[index] + np.array([0.0, aorta.outer_mm[index] + 13.0, 0.0])
    for share in np.linspace(0.0, 1.0, 9):
        at = pole + share * (middle - pole) + [0.0, 8.0 * np.sin(np.pi * share), 0.0]
        canvas.ellipsoid(at, (13.0, 10.0, 14.0), tissue(0.5 * (vessels.phase.cortex + vessels.phase.medulla), 5.0),
                         lumps=rough)  # fmt: skip

"""Organs and bowel of a virtual patient, and what lies against the great vessels."""

from __future__ import annotations

import numpy as np

from .anatomy import Vessels
from .canvas import Canvas, Field, ellipsoid
from .enhancement import Phase
from .kidneys import paint_kidneys
from .person import Person


def fill_cavity(canvas: Canvas, phase: Phase, cavity, grain, rng) -> None:
    """Paint lumps of soft tissue of no name into the fat of the belly: few in the obese, most of it in the lean."""
    u = rng.uniform
    leanness, softness = u(-0.6, 2.2), u(25, 75)
    lumps = Field(rng, u(9.0, 22.0), 1.0)
    canvas.paint(lambda x, y, z: 5.0 * (leanness - lumps(x, y, z)), lambda x, y, z: softness + 6.0 * grain(x, y, z),
                 within=cavity)  # fmt: skip


def paint_organs(canvas: Canvas, vessels: Vessels, person: Person, cavity, lumps, grain, rng, distractors) -> None:
    """Paint liver, spleen, stomach, pancreas, gallbladder and kidneys."""
    u, phase, spine = rng.uniform, vessels.phase, vessels.spine
    rough = Field(rng, 16.0, 2.0)

    def tissue(mean, spread=4.0):
        return lambda x, y, z: mean + spread * grain(x, y, z)

    paint = canvas.ellipsoid
    big = person.rng(11).uniform(0.95, 1.3)
    top = vessels.levels_mm["celiac_trunk"]
    paint((u(70, 90), u(15, 35), top + u(15, 40)),
          np.array([u(80, 100), u(75, 95), u(65, 85)]) * big, tissue(phase.liver),
          lumps=lumps, within=cavity)  # fmt: skip
    paint((u(0, 25), u(60, 75), top + u(15, 35)), (u(60, 80), u(28, 40), u(35, 50)), tissue(phase.liver),
          lumps=lumps, within=cavity)  # fmt: skip
    # It fills the dome of the diaphragm on the right.
    canvas.paint(lambda x, y, z: np.maximum(32.0 + 4.0 * lumps(x, y, z) - x, top + 25.0 - z) + 0.0 * y,
                 tissue(phase.liver), (30, -1e4, top), (1e4, 1e4, 330), cavity)  # fmt: skip
    if u() < 0.5:
        # The caudate lobe reaches the cava and the aorta.
        paint((u(8, 35), u(20, 40), top + u(10, 35)), (u(20, 35), u(15, 28), u(25, 40)), tissue(phase.liver),
              lumps=lumps, within=cavity)  # fmt: skip
    paint((-u(95, 115), u(-45, -15), top + u(15, 35)),
          np.array([u(28, 38), u(45, 55), u(38, 52)]) * big, tissue(phase.spleen),
          lumps=lumps, within=cavity)  # fmt: skip
    stomach = np.array([-u(45, 70), u(40, 65), top + u(0, 30)])
    radii = np.array([u(35, 50), u(22, 36), u(38, 52)])
    paint(stomach, radii, phase.bowel_wall, lumps=lumps, within=cavity)
    positive = u() < 0.12
    paint(stomach, radii - 4.0, u(250, 500) if positive else u(5, 45), lumps=lumps, within=cavity,
          kind="bowel contrast" if positive else None)  # fmt: skip
    if u() < 0.8:
        level = stomach[1] + u(0, 15)
        canvas.paint(
            lambda x, y, z: np.maximum(ellipsoid(x, y, z, stomach, radii - 5.0) + lumps(x, y, z), level - y),
            -920.0, stomach - radii - 12, stomach + radii + 12, cavity,
        )  # fmt: skip
    celiac = vessels.levels_mm["superior_mesenteric"]
    base = spine.front(celiac) + 45.0
    for step in np.linspace(0, 1, 7):
        paint((18 - 85 * step, base + u(-3, 6) - 18 * step, celiac - 12 + 22 * step), (13, u(8, 12), u(9, 14)),
              tissue(phase.liver * 0.95, 8.0), lumps=rough, within=cavity)  # fmt: skip
    u(size=120)  # crura were drawn by these: what follows stays what it was
    paint_kidneys(canvas, vessels, person, tissue, rough, rng, distractors)
    _gallbladder(canvas, vessels, person, cavity)


def _gallbladder(canvas: Canvas, vessels: Vessels, person: Person, cavity) -> None:
    """Paint the gallbladder beneath the liver, some with stones, unless it was taken out."""
    rng = person.rng(9)
    u = rng.uniform
    center = np.array([u(52, 75), u(45, 70), vessels.levels_mm["celiac_trunk"] - u(0, 30)])
    radii, bile, stones = np.array([u(10, 18), u(12, 20), u(18, 32)]), u(0, 25), int(rng.poisson(0.5))
    if u() < 0.15:
        return
    canvas.ellipsoid(center, radii + u(1.0, 2.5), vessels.phase.bowel_wall, within=cavity)
    canvas.ellipsoid(center, radii, bile, within=cavity)
    for _ in range(stones):
        spot = center + np.array([u(-0.5, 0.5), -0.55, u(-0.6, 0.6)]) * radii
        size = u(1.5, 6.0)
        canvas.ellipsoid(spot, (size,) * 3, u(80, 700), kind="gallstone")


def paint_bowel(canvas: Canvas, vessels: Vessels, cavity, lumps, rng) -> None:
    """Paint colon and small bowel with gas, fluid, stool or positive contrast, clear of the great vessels."""
    u, phase = rng.uniform, vessels.phase
    positive = u() < 0.15
    rough = Field(rng, 12.0, 1.5)

    def loop(center, radii, content):
        inner = np.asarray(radii) - 2.2
        canvas.ellipsoid(center, radii, phase.bowel_wall, lumps=rough, within=cavity)
        kind = "bowel contrast" if content > 150 else None
        canvas.ellipsoid(center, inner, content, lumps=rough, within=cavity, kind=kind)
        if u() < 0.3:
            level = center[1] + u(-3, 6)
            canvas.paint(
                lambda x, y, z: np.maximum(ellipsoid(x, y, z, center, inner - 0.5) + rough(x, y, z), level - y),
                -930.0, np.asarray(center) - inner - 8, np.asarray(center) + inner + 8, cavity,
            )  # fmt: skip

    def content():
        if positive and u() < 0.6:
            return u(180, 450)
        return u(-80, 60) if u() < 0.2 else u(5, 45)

    for _ in range(int(u(90, 170))):
        center = np.array([u(-105, 105), u(20, 100), u(-150, 110)])
        clear = vessels.spine.front(center[2]) + 45.0
        center[1] = max(center[1], clear if abs(center[0]) < 45 else 5.0)
        loop(center, (u(10, 24), u(9, 15), u(10, 26)), content())
    for sign in (-1.0, 1.0):
        for z in np.arange(-80.0, 110.0, 26.0):
            loop(
                (sign * u(98, 118), u(-15, 20), z),
                (u(16, 24), u(15, 24), 19.0),
                u(-300, 40) if u() < 0.6 else u(10, 40),
            )
    for x in np.arange(-90.0, 91.0, 26.0):
        loop((x, u(75, 100), u(50, 80)), (18.0, u(14, 20), u(16, 22)), u(-300, 40))


def paint_retroperitoneum(canvas: Canvas, vessels: Vessels, grain, rng) -> None:
    """Paint what lies against the great vessels: the duodenum before the aorta, adrenals, nodes, strands of fascia."""
    u, phase, spine = rng.uniform, vessels.phase, vessels.spine
    aorta = vessels.arteries[0]
    rough = Field(rng, 10.0, 1.5)

    def front_of_aorta(level):
        at = aorta.centerline.nearest_to_level(level)
        return aorta.centerline.points[at] + np.array([0.0, aorta.outer_mm[at], 0.0])

    crossing = vessels.levels_mm["superior_mesenteric"] - u(42, 62)
    content, thick = u(5, 45), u(6.5, 10.5)
    lift = u(0.5, 3.0)
    for shrink, hu in ((0.0, phase.bowel_wall), (2.5, content)):
        for step in np.linspace(-1.0, 1.0, 15):
            center = front_of_aorta(crossing) + np.array([-55.0 * step, thick + lift - 10.0 * step**2, 5.0 * step])
            canvas.ellipsoid(center, np.array([11.0, thick, thick + 1.0]) - shrink, hu, lumps=rough)
    for side in (-1.0, 1.0):
        level = vessels.levels_mm["celiac_trunk"] + u(-8, 12)
        at = np.array([side * u(28, 42), spine.front(level) + u(-4, 12), level])
        for lean in (-1.0, 1.0):
            limb = at + np.array([lean * 4.0, -3.0 * lean, 0.0])
            canvas.ellipsoid(limb, (u(2, 3.5), u(7, 12), u(8, 14)), u(0.5, 1.0) * phase.liver)
    for _ in range(int(u(10, 60))):
        level = u(-90, 230)
        radii = rng.uniform(1.2, 5.0, 3)
        center = front_of_aorta(max(level, 0.0)) + np.array([u(-30, 30), u(-22, 16), 0.0])
        hu = u(10, 100)
        canvas.ellipsoid([*center[:2], level], radii, lambda x, y, z, hu=hu: hu + 4.0 * grain(x, y, z))

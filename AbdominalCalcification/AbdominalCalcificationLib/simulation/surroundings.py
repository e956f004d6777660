"""Everything around the arteries: body wall, spine, organs, bowel, and calcium that must not count."""

from __future__ import annotations

import numpy as np

from ..geometry.volume import Grid
from .anatomy import Vessels
from .bones import paint_other_calcium, paint_spine
from .canvas import Canvas, Field
from .chest import paint_chest
from .crura import ligament_of, paint_crura
from .enhancement import Phase
from .mediastinum import mediastinum_of
from .organs import fill_cavity, paint_bowel, paint_organs, paint_retroperitoneum
from .outside import paint_outside
from .pelvis import paint_pelvic_organs, paint_pelvis
from .person import Person
from .sleeves import paint_sleeves
from .spine import SpineCurve
from .tubes import Tube
from .wall import Wall, paint_wall


def paint_surroundings(
    grid: Grid,
    vessels: Vessels,
    person: Person,
    rng: np.random.Generator,
    calcium_gain: float,
    aorta: Tube,
) -> tuple[np.ndarray, np.ndarray, list[dict]]:
    """Return the ideal image without vessels, float32 HU; the map of bystanders; and the list of single ones.

    `aorta` is the diseased one, which what lies on it makes room for.
    """
    canvas = Canvas(grid, calcium_gain)
    wall, distractors = paint_trunk(canvas, vessels, person, rng, aorta)
    paint_outside(canvas, vessels.phase, person, wall.back_mm, wall)
    return canvas.hu, canvas.bystanders, distractors


def paint_trunk(
    canvas: Canvas, vessels: Vessels, person: Person, rng: np.random.Generator, aorta: Tube
) -> tuple[Wall, list[dict]]:
    """Paint the body without its vessels, and return its wall and the list of bystanders."""
    spine, phase = vessels.spine, vessels.phase
    lumps = Field(rng, 28.0, 2.5)
    grain = Field(rng, 9.0, 1.0)
    ligament_mm, detail = ligament_of(person, vessels.levels_mm["celiac_trunk"])
    mediastinum = mediastinum_of(person, spine, aorta, ligament_mm)
    wall = paint_wall(canvas, phase, person, mediastinum, lumps, grain, rng)
    distractors: list[dict] = []
    fill_cavity(canvas, phase, wall.cavity, grain, rng)
    paint_organs(canvas, vessels, person, wall.cavity, lumps, grain, rng, distractors)
    paint_bowel(canvas, vessels, wall.cavity, lumps, rng)
    # Liver, pancreas and bowel, which were drawn without a thought for them, give way.
    paint_sleeves(canvas, vessels.arteries, person, wall.cavity)
    paint_retroperitoneum(canvas, vessels, grain, rng)
    paint_crura(canvas, aorta, ligament_mm, phase.muscle, grain, detail)
    paint_chest(canvas, vessels, person, grain)
    paint_pelvic_organs(canvas, vessels, person, grain)
    _muscles(canvas, spine, phase, wall.beneath_fat, lumps, grain, rng)
    paint_spine(canvas, spine, grain, rng)
    paint_pelvis(canvas, spine, rng, person)
    paint_other_calcium(canvas, vessels, rng, distractors)
    return wall, distractors


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


def clear_of_arteries(distractors: list[dict], arteries: list[Tube], margin_mm: float = 2.0) -> list[dict]:
    """Return those of `distractors` whose centre lies outside every artery."""
    kept = []
    for item in distractors:
        center = np.asarray(item["center_ras"])
        near = (tube.centerline.tree.query(center) for tube in arteries)
        if all(d > tube.outer_mm[i] - margin_mm for (d, i), tube in zip(near, arteries, strict=True)):
            kept.append(item)
    return kept

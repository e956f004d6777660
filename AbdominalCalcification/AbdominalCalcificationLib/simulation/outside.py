"""What lies around the body: table, mattress and sheets, arms, clothing, wires and tubes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .canvas import FAT_HU, METAL_HU, SKIN_HU, Canvas, Field
from .enhancement import Phase
from .painting import paint_veins
from .person import Person
from .tubes import Centerline, Tube
from .wall import Outline, Wall

# Returns two coordinates across a limb and one along it, mm, of x, y, z.
Axis = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]
Corner = tuple[float, float, float]

_FOAM_HU, _CLOTH_HU = -930.0, -650.0


def paint_outside(canvas: Canvas, phase: Phase, person: Person, back_mm: float, wall: Wall | None = None) -> None:
    """Paint what surrounds the body (most of it seen in wide fields of view only).

    Parameters
    ----------
    canvas : Canvas
    phase : Phase
    person : Person
    back_mm : float
        How far back, RAS y, the body reaches: there lies the table.
    wall : Wall, optional
        Of a procedural patient; where there is none, no arms, clothes and wires are painted, since label maps say
        themselves what lies beside the body.
    """
    if wall is not None:
        _clothes(canvas, person, wall)
        _arms(canvas, phase, person, wall)
        _wires(canvas, wall.outline, person.rng(4))
    _table(canvas, person.rng(2), back_mm)


def _table(canvas: Canvas, rng, back_mm: float) -> None:
    """Paint a mattress, a table top of carbon fibre around foam, and the rails at its sides."""
    u = rng.uniform
    mattress, thick, flat = u(0, 1) ** 2 * 45.0, u(22, 45), u() < 0.25
    bend = 0.0 if flat else 1.0 / u(500, 1600)
    half, shell, skin_hu = u(200, 265), u(0.8, 2.5), float(u(-350, 700))
    cover_hu, foam_hu, rail_hu = u(-600, -100), u(-985, -880), float(u(0, 1) ** 3 * 1400)
    rail, has_rail, second, gap = u(3, 8), u() < 0.5, u() < 0.3, u(10, 30)
    low, high = (-half - 20, back_mm - 120, -1e4), (half + 20, back_mm + 45, 1e4)
    box = canvas.box(low, high)
    if not canvas.hu[box].size:
        return
    air = np.zeros(canvas.hu.shape, bool)
    air[box] = canvas.hu[box] < -900

    def surface(x):
        # Curved tables hold the body a little above their deepest line.
        return back_mm - 1.5 + x**2 * bend * (np.abs(x) < half) - 0.0

    def slab(top, bottom, width):
        return lambda x, y, z: np.maximum(
            np.maximum(y - surface(x) + top, surface(x) - bottom - y), np.abs(x) - width
        ) + 0.0 * z  # fmt: skip

    if mattress > 6:
        canvas.paint(slab(0.0, mattress, half * 0.95), cover_hu, low, high, air)
        canvas.paint(slab(0.8, mattress - 0.8, half * 0.95 - 0.8), _FOAM_HU, low, high, air)
    else:
        mattress = 0.0
    canvas.paint(slab(mattress, mattress + thick, half), skin_hu, low, high, air)
    canvas.paint(slab(mattress + shell, mattress + thick - shell, half - shell), foam_hu, low, high, air)
    for sign in (-1.0, 1.0):
        if has_rail:
            at = sign * (half - rail - shell), float(surface(np.float32(half - rail))) - mattress - thick / 2
            canvas.paint(
                lambda x, y, z, at=at: np.hypot(x - at[0], y - at[1]) - rail + 0.0 * z, rail_hu, low, high, air
            )
    if second:
        below = mattress + thick + gap
        canvas.paint(slab(below, below + 2.0 * shell, half * 0.75), skin_hu, low, high, air)


def _clothes(canvas: Canvas, person: Person, wall: Wall) -> None:
    """Paint a gown or blanket that follows the body in folds, and buttons or a zip."""
    rng = person.rng(3)
    u = rng.uniform
    dressed, far, thick, hu = u() < 0.55, u(1.0, 7.0), u(0.5, 1.5), _CLOTH_HU + u(-200, 250)
    layers, drape = int(rng.integers(1, 4)), u(0.0, 0.5)
    folds = Field(rng, u(18, 40), u(2.0, 7.0))
    metal, at = u() < 0.12, np.array([u(-40, 40), 0.0, u(-120, 120)])
    if not dressed:
        return
    outline = wall.outline

    def cloth(x, y, z):
        # Towards the sides it hangs from the body like a tent; layers lie some millimetres apart.
        away = outline.depth(x, y, z) - far - np.abs(folds(x, y, z))
        away = away - drape * np.clip(np.abs(x) - 0.6 * outline.half_width_mm, 0.0, None) * (y > outline.middle_mm)
        nearest = np.clip(np.round(away / 5.0), 0, layers - 1)
        return np.abs(away - 5.0 * nearest) - thick

    canvas.paint(cloth, hu, (-1e4, outline.flat_mm + 2.0, -1e4), (1e4,) * 3, wall.outside)
    if metal:
        # A zip or a row of buttons.
        for step in range(9):
            center = at + np.array([0.0, 0.0, 7.0 * step])
            center[1] = outline.front(center[0], center[2]) + far + 4.0
            canvas.ellipsoid(center, (2.5, 1.0, 2.5), u(900, METAL_HU), kind="wire")


def _arms(canvas: Canvas, phase: Phase, person: Person, wall: Wall) -> None:
    """Paint arms beside or across the body, with their vessels; a vein may carry the injection."""
    rng, outline = person.rng(5), wall.outline
    u = rng.uniform
    injected = rng.choice((-1.0, 1.0)) if u() < 0.5 else 0.0
    only = rng.choice((-1.0, 1.0))
    for sign in (-1.0, 1.0):
        radius, elbow = u(32, 46), u(20, 90)
        beside = sign * (outline.half_width_mm * u(1.0, 1.08) + radius + u(-2, 12)), u(-50, 10)
        lean = u(-0.12, 0.12), u(-0.1, 0.25)
        height, rise = u(-40, 130), u(-0.25, 0.25)
        dense = u(300, 1600) if sign == injected else phase.cava
        bones = u(650, 1100), u(30, 120)
        if person.arms == "raised" or (person.arms == "one" and sign != only):
            continue
        if person.arms == "across":
            level = float(outline.front(0.0, height)) + radius * 0.75
            axis, low, high = _forearm(sign, level, height, rise)
        else:
            axis, low, high = _arm(beside, lean, elbow)
        _limb(canvas, axis, radius, phase, dense, bones, low, high, wall.outside, person.arms == "across")


def _forearm(sign: float, level: float, height: float, rise: float) -> tuple[Axis, Corner, Corner]:
    """Return the axis of a forearm that lies across the belly, and the corners around it."""

    def axis(x, y, z):
        along = sign * x
        sunk = level * (1.0 - 0.55 * np.clip(along / 220.0, 0, 1) ** 2)
        return y - sunk + 0.0 * z, z - height - 0.8 * rise * along + 0.0 * y, 140.0 - np.abs(along - 80.0)

    return axis, (-230.0, -30.0, height - 110), (230.0, level + 90, height + 110)


def _arm(beside: tuple[float, float], lean: tuple[float, float], elbow: float) -> tuple[Axis, Corner, Corner]:
    """Return the axis of an arm beside the body, and the corners around it."""

    def axis(x, y, z):
        away = np.clip(z - elbow, -200, 200)
        return x - beside[0] - lean[0] * away + 0.0 * y, y - beside[1] + lean[1] * away + 0.0 * x, z - elbow

    return axis, (beside[0] - 80, beside[1] - 110, -1e4), (beside[0] + 80, beside[1] + 110, 1e4)


def _limb(canvas, axis, radius, phase: Phase, dense, bones, low, high, outside, forearm: bool) -> None:
    """Paint skin, fat, muscle, bones and vessels around an axis; a forearm below the elbow has two bones."""

    def around(u, v, size):
        def shape(x, y, z):
            a, b, along = axis(x, y, z)
            ends = -along if forearm else 0.0
            return np.maximum(np.hypot(a - u, b - v) - size, ends)

        return shape

    def bone(thin):
        def shape(x, y, z):
            a, b, along = axis(x, y, z)
            one = np.hypot(a, b) - 11.0
            two = np.minimum(np.hypot(a - 11.0, b + 3.0), np.hypot(a + 11.0, b - 3.0)) - 7.0
            if forearm:
                return np.maximum(two, -along) + thin
            return np.where(along > 0, one, two) + thin

        return shape

    cortical, marrow = bones
    for shape, hu, kind in (
        (around(0, 0, radius), SKIN_HU, None),
        (around(0, 0, radius - 1.8), FAT_HU, None),
        (around(0, 0, radius * 0.8), phase.muscle, None),
        (bone(0.0), cortical, "bone"),
        (bone(3.5), marrow, "bone"),
        (around(-0.25 * radius, 0.45 * radius, 2.0), phase.artery * 0.9, None),
        (around(0.3 * radius, 0.4 * radius, 1.6), phase.artery * 0.85, None),
        (around(-0.35 * radius, 0.8 * radius, 2.6), dense, "injected vein" if dense > 250 else None),
        (around(0.5 * radius, 0.7 * radius, 2.2), dense, "injected vein" if dense > 250 else None),
    ):
        canvas.paint(shape, hu, low, high, outside, kind)


def _wires(canvas: Canvas, outline: Outline, rng) -> None:
    """Paint leads with their electrodes, and lines and tubes, on the skin of the front."""
    u = rng.uniform
    tubes = []
    count = int(rng.integers(1, 5)) if u() < 0.45 else 0
    for _ in range(count):
        start, end = np.array([u(-130, 130), u(-150, 340)]), np.array([u(-150, 150), u(-200, 420)])
        steps = np.linspace(0.0, 1.0, 9)[:, None]
        xz = start + (end - start) * steps + rng.normal(0, 14, (9, 2)) * np.sin(np.pi * steps)
        y = outline.front(xz[:, 0], xz[:, 1]) + rng.uniform(2.0, 9.0, 9)
        line = Centerline.through(np.stack([xz[:, 0], y, xz[:, 1]], axis=1))
        plain = u() < 0.4
        sheath, core = u(1.0, 2.6), u(0.3, 0.7)
        inside = (-1000.0 if u() < 0.4 else u(0, 900)) if plain else u(800, METAL_HU)
        for radius, hu in ((sheath, u(60, 300)), (sheath * 0.6 if plain else core, inside)):
            ones = np.ones(len(line.points))
            tubes.append(Tube("wire", 0, line, radius * ones, radius * ones, hu * ones))
        if not plain and u() < 0.7:
            at = np.array([start[0], outline.front(*start), start[1]])
            canvas.ellipsoid(at + np.array([0, 1.5, 0]), (u(10, 18), 2.0, u(10, 18)), u(0, 150))
            canvas.ellipsoid(at + np.array([0, 4.0, 0]), (u(2, 4), 2.5, u(2, 4)), u(700, METAL_HU), kind="wire")
    paint_veins(canvas.hu, canvas.grid, tubes)

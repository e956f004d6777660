"""The arteries, veins and landmarks of one virtual patient.

Coordinates are RAS in mm: x to the right, y to the front, z upwards, with the aortic bifurcation at the origin's
height (the lower part of the fourth lumbar vertebra) and the spine in the median plane.

Calibres: infrarenal aorta 15 to 24 mm and common iliac 8 to 13 mm across (Rogers et al. 2013,
doi 10.1161/CIRCIMAGING.112.000044, and textbook anatomy), renal 5 to 7 mm, coeliac and superior mesenteric 6 to 9 mm,
inferior mesenteric 3 to 5 mm.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import anatomy as territories
from .enhancement import Phase
from .spine import TOP_MM, SpineCurve
from .tubes import Centerline, Tube, tapered_tube
from .veins import draw_veins


@dataclass(frozen=True, eq=False)
class Vessels:
    """What flows: arteries and veins, with where each territory leaves its parent.

    Attributes
    ----------
    arteries, veins : list of Tube
    ostia_mm : dict
        Path length on a territory's centreline at which it leaves its parent's outer surface.
    spine : SpineCurve
    phase : Phase
    """

    arteries: list[Tube]
    veins: list[Tube]
    ostia_mm: dict[str, float]
    spine: SpineCurve
    phase: Phase
    levels_mm: dict[str, float]


def draw_vessels(rng: np.random.Generator, phase: Phase) -> Vessels:
    """Return the random vessel tree of one patient."""
    spine = SpineCurve(rng)
    scale = rng.uniform(0.88, 1.15)
    levels = {
        "renal_right": rng.uniform(84, 98) * scale,
        "renal_left": rng.uniform(82, 96) * scale,
        "inferior_mesenteric": rng.uniform(36, 46) * scale,
    }
    levels["superior_mesenteric"] = max(levels["renal_right"], levels["renal_left"]) + rng.uniform(7, 15) * scale
    levels["celiac_trunk"] = levels["superior_mesenteric"] + rng.uniform(13, 20) * scale

    aorta = _aorta(rng, phase, spine, scale, levels)
    wall_hu = aorta.wall_hu
    arteries, ostia = [aorta], {"aorta": 0.0}

    def blood(knots):
        height = float(np.mean(np.asarray(knots)[:, 2]))
        return phase.artery * (1.0 + phase.fall_per_m * (120.0 - height) / 1000.0)

    def add(name, knots, radii, wall_mm, *, territory=True, priority=1):
        label = territories.territory(name).label if territory else 0
        tube = tapered_tube(
            name, label, knots, radii, wall_mm, blood(knots), priority=priority if territory else 0, wall_hu=wall_hu
        )
        arteries.append(tube)
        return tube

    _iliacs(rng, aorta, spine, scale, add, ostia)
    hila = _renals(rng, aorta, spine, levels, scale, add, ostia)
    _mesenteric(rng, aorta, levels, scale, add, ostia)
    _lumbars(rng, aorta, spine, add)
    return Vessels(arteries, draw_veins(rng, arteries, spine, phase, levels, hila), ostia, spine, phase, levels)


def _iliacs(rng, aorta: Tube, spine: SpineCurve, scale: float, add, ostia) -> None:
    """Add the common iliac arteries with the external and internal ones that follow."""
    u = rng.uniform
    bifurcation = aorta.centerline.points[-1]
    for side, sign in (("left", -1.0), ("right", 1.0)):
        length, spread = u(42, 68) * scale, np.deg2rad(u(20, 36))
        radius = u(4.6, 6.6) * scale * (1.35 if u() < 0.06 else 1.0)
        t = np.linspace(0, 1, 7)
        down = -np.cos(spread) * length * t
        x = bifurcation[0] + sign * np.sin(spread) * length * t + _wander(rng, t, 2.0)
        z = bifurcation[2] + down
        y = bifurcation[1] + (spine.front(z) - spine.front(bifurcation[2])) * 0.75 + _wander(rng, t, 2.0)
        iliac = add(f"common_iliac_{side}", np.stack([x, y, z], 1), (radius, radius * u(0.88, 1.08)), 1.1, priority=2)
        ostia[iliac.name] = float(aorta.outer_mm[-1]) + 1.0
        end = iliac.centerline.points[-1]
        steps = np.linspace(0, 1, 6)
        external = end + np.stack(
            [sign * u(25, 38) * steps, 8 * steps + u(45, 65) * steps**2, -u(90, 115) * steps], axis=1
        )
        add("external_iliac", external, (radius * 0.8, radius * 0.72), 0.9, territory=False)
        internal = end + np.stack([sign * u(2, 12) * np.sin(steps * 2), -u(22, 34) * steps, -u(40, 55) * steps], axis=1)
        add("internal_iliac", internal, (radius * 0.62, radius * 0.4), 0.8, territory=False)


def _renals(rng, aorta: Tube, spine: SpineCurve, levels, scale, add, ostia) -> dict[str, np.ndarray]:
    """Add the renal arteries, some with an accessory one; return where each kidney's hilum is, RAS mm."""
    u, n = rng.uniform, rng.normal
    hila = {}
    for side, sign in (("left", -1.0), ("right", 1.0)):
        name = f"renal_{side}"
        level = levels[name]
        hilum = np.array([sign * u(46, 60) * scale, spine.front(level) - u(2, 16), level - u(-2, 22)])
        hila[side] = hilum
        origins = [level] + ([level - u(12, 30)] if u() < 0.15 else [])
        for accessory, origin_z in enumerate(origins):
            goal = hilum + np.array([0, 0, -10.0 * accessory])
            knots = _renal_course(rng, aorta, spine, origin_z, goal, sign)
            radius = u(2.5, 3.5) * (0.72 if accessory else 1.0)
            add(name, knots, (radius * 1.12, radius, radius * 0.92), 0.6)
            if not accessory:
                ostia[name] = float(aorta.outer_mm[aorta.centerline.nearest_to_level(level)])
                for up in (-1, 1):
                    branch = goal + np.array([[0, 0, 0], [sign * 8, n(0, 2), up * 7], [sign * 16, n(0, 4), up * 14]])
                    add("segmental", branch, (radius * 0.7, radius * 0.5), 0.5, territory=False)
    return hila


def _lumbars(rng, aorta: Tube, spine: SpineCurve, add) -> None:
    """Add the pairs of lumbar arteries, which are not measured."""
    u = rng.uniform
    for level in np.arange(u(8, 20), 200, spine.vertebra_pitch_mm):
        for sign in (-1.0, 1.0):
            start = aorta.centerline.points[aorta.centerline.nearest_to_level(level)]
            knots = start + np.linspace(0, 1, 4)[:, None] * [[sign * u(16, 26), -u(14, 30), u(-6, 2)]]
            add("lumbar", knots, (1.1, 0.8), 0.3, territory=False)


def _renal_course(rng, aorta: Tube, spine: SpineCurve, origin_z: float, goal: np.ndarray, sign: float) -> np.ndarray:
    """Return knots from the middle of the aorta to the hilum, close to the spine's side: veins pass in front."""
    u = rng.uniform
    at = aorta.centerline.nearest_to_level(origin_z)
    start, wall = aorta.centerline.points[at], float(aorta.outer_mm[at])
    turn = u(-0.4, 0.5) if sign > 0 else u(-0.5, 0.4)
    # It leaves the side of the aorta and then falls back.
    leaving = start + (wall + 4.0) * np.array([sign * np.cos(turn), np.sin(turn), u(-0.35, 0.25)])
    beside = spine.middle(origin_z) + sign * u(23.0, 29.0)
    share = np.clip((beside - leaving[0]) / (goal[0] - leaving[0]), 0.2, 0.6)
    beside = leaving[0] + share * (goal[0] - leaving[0])
    behind = np.array([beside, spine.front(origin_z) + u(-4.0, 3.0), leaving[2] + share * (goal[2] - leaving[2])])
    knots = [start, leaving, behind + np.array([0.0, 0.0, rng.normal(0, 2.5)])]
    for t in (1 / 3, 2 / 3):
        knots.append(knots[2] + t * (goal - knots[2]) + rng.normal(0.0, 2.0, 3))
    return np.stack([*knots, goal])


def _aorta(rng, phase: Phase, spine: SpineCurve, scale: float, levels: dict) -> Tube:
    """Return the aorta from the chest down to its bifurcation, some with an aneurysm and its thrombus."""
    u = rng.uniform
    z = np.linspace(TOP_MM, 0.0, 43)
    infrarenal = u(7.4, 10.2) * scale * (1.15 if u() < 0.25 else 1.0)
    suprarenal = infrarenal * u(1.1, 1.3)
    renal_z = levels["renal_left"]
    radius = infrarenal + (suprarenal - infrarenal) / (1 + np.exp(-(z - renal_z) / 8.0))
    bulge = np.zeros_like(z)
    aneurysm = u() < 0.12
    height, middle, width = u(5, 18), u(25, 60), u(14, 26)
    if aneurysm:
        bulge = height * np.exp(-(((z - middle) / width) ** 2))
    left = u(-6, 2) - 0.12 * np.clip(z - 125, 0, 150)
    t = np.linspace(1, 0, len(z))
    x = spine.middle(z) + left + _wander(rng, t, u(0.5, 5.0)) + bulge * u(-0.6, 0.4)
    # The chest aorta slides down beside the vertebral bodies.
    beside = np.clip(z - 140, 0, 130) * 0.12
    y = spine.front(z) + u(1.5, 5.0) + radius + bulge * u(0.8, 1.0) - beside + np.abs(_wander(rng, t, u(0.2, 2.5)))
    line = Centerline.through(np.stack([x, y, z], 1))
    height_of = line.points[:, 2]
    outer = np.interp(-height_of, -z, radius + bulge)
    wall = u(1.1, 1.9)
    lumen = outer - wall
    shift = None
    if aneurysm:
        channel = np.interp(-height_of, -z, radius) * u(0.85, 1.15) + 0.25 * np.interp(-height_of, -z, bulge)
        lumen = np.minimum(lumen, channel)
        angle = u(0, 2 * np.pi)
        room = (outer - wall - lumen) * u(0.3, 0.9)
        shift = np.stack([room * np.cos(angle), room * np.sin(angle)], 1)
    hu = phase.artery * (1.0 + phase.fall_per_m * (120.0 - height_of) / 1000.0)
    wall_hu = u(38, 50) if phase.name == "unenhanced" else u(38, 75)
    label = territories.territory("aorta").label
    return Tube("aorta", label, line, outer, lumen, hu, wall_hu, 3, shift)


def _mesenteric(rng, aorta: Tube, levels, scale, add, ostia) -> None:
    """Add the coeliac trunk and both mesenteric arteries with their first branches."""
    u = rng.uniform

    def origin(name):
        index = aorta.centerline.nearest_to_level(levels[name])
        ostia[name] = float(aorta.outer_mm[index])
        return aorta.centerline.points[index], float(aorta.outer_mm[index])

    start, wall = origin("celiac_trunk")
    length, drop = u(18, 38) * scale, u(-0.25, 0.9)
    t = np.linspace(0, 1, 5)
    reach = wall + length
    celiac = start + np.stack(
        [u(-7, 8) * t, reach * t * (1 - 0.25 * drop * t), -drop * reach * 0.7 * t**1.5 + u(-2, 5) * t], axis=1
    )
    radius = u(2.8, 4.4) * scale
    add("celiac_trunk", celiac, (radius, radius * 0.92), 0.7)
    tip = celiac[-1]
    t = np.linspace(0, 1, 9)[:, None]
    wave = np.sin(t * u(8, 14)) * u(2, 7)
    add("splenic", tip + t * [[-u(75, 95), -u(40, 60), u(5, 30)]] + wave * [[0.1, 0.4, 1]], (2.7, 2.2), 0.5,
        territory=False)  # fmt: skip
    hepatic = tip + t * [[u(50, 75), u(0, 25), u(5, 25)]] + np.sin(np.pi * t) * [[0, 6, -10]]
    add("hepatic", hepatic, (2.5, 1.8), 0.5, territory=False)

    start, wall = origin("superior_mesenteric")
    radius = u(3.2, 4.5) * scale
    length = u(110, 150) * scale
    steep = u(0.5, 1.5)
    t = np.linspace(0, 1, 9)
    ahead = (wall + u(9, 22)) * (1 - np.exp(-t * 5.5 / steep)) + 10 * t
    x = u(-3, 4) * t + u(4, 18) * t**2 + _wander(rng, t, 1.5)
    sma = start + np.stack([x, ahead, -length * (t - 0.12 * (1 - np.exp(-t * 8)))], axis=1)
    tube = add("superior_mesenteric", sma, (radius * 1.08, radius, radius * 0.55), 0.7)
    for where in rng.uniform(0.35, 0.9, 4):
        base = tube.centerline.points[int(where * (len(tube.centerline.points) - 1))]
        side = rng.choice((-1.0, 1.0))
        twig = base + np.linspace(0, 1, 4)[:, None] * [[side * u(20, 45), u(5, 20), -u(5, 40)]]
        add("jejunal", twig, (1.4, 1.0), 0.4, territory=False)

    start, wall = origin("inferior_mesenteric")
    radius = u(1.7, 2.5) * scale
    t = np.linspace(0, 1, 7)
    length = u(50, 80) * scale
    ahead = (wall + u(2.5, 7)) * (1 - np.exp(-t * 7))
    ima = start + np.stack([-u(14, 30) * t**1.2 + _wander(rng, t, 1.2), ahead, -length * t], axis=1)
    add("inferior_mesenteric", ima, (radius * 1.1, radius, radius * 0.75), 0.5)


def _wander(rng: np.random.Generator, t: np.ndarray, amplitude_mm: float) -> np.ndarray:
    """Return a smooth random offset along `t` (0 to 1), 0 at the start."""
    offset = np.zeros_like(t)
    for order in (1, 2, 3):
        offset += rng.normal(0.0, amplitude_mm / order) * np.sin(np.pi * order * t + rng.uniform(-0.4, 0.4))
    return offset * np.minimum(1.0, 3.0 * t)

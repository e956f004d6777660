"""The arch of the aorta, and the arteries that are not measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .. import anatomy as territories
from .anatomy import Vessels
from .enhancement import Phase
from .person import Person
from .small_veins import draw_small_veins
from .spine import SpineCurve
from .tubes import Centerline, Tube, tapered_tube

ARCH = "aortic_arch"


def with_branches(vessels: Vessels, person: Person, rng) -> Vessels:
    """Return vessels with the arch of the aorta and what branches off; those that are there stay as they are."""
    aorta, spine, phase = vessels.arteries[0], vessels.spine, vessels.phase
    arch = draw_arch(rng, aorta)
    arteries = [*vessels.arteries, arch, *_draw_branches(rng, vessels.arteries, arch, spine, phase, person)]
    veins = [*vessels.veins, *draw_small_veins(rng, vessels.arteries, vessels.veins, spine, phase)]
    return replace(vessels, arteries=arteries, veins=veins, ostia_mm={**vessels.ostia_mm, ARCH: 0.0})


def draw_arch(rng, aorta: Tube) -> Tube:
    """Return the arch and the ascending aorta, which carry the label of the aorta, as models name them."""
    u = rng.uniform
    top, radius = aorta.centerline.points[0], float(aorta.outer_mm[0])
    heart = np.array([u(2, 14), u(18, 34), top[2] - u(70, 85)])
    apex = u(24, 36)
    knots = np.array([
        top - [0.0, 0.0, 4.0], top + np.array([1.0, 6.0, 0.55 * apex]),
        [0.6 * top[0] + 0.2 * heart[0], 0.5 * (top[1] + heart[1]) - 4.0, top[2] + apex],
        [heart[0] + 10.0, heart[1] + 4.0, top[2] + 0.1 * apex], heart,
    ])  # fmt: skip
    line = Centerline.through(knots)
    widest = radius * u(1.15, 1.45)
    outer = np.interp(np.linspace(0, 1, len(line.points)), [0, 0.3, 0.7, 1], [radius, radius * 1.1, widest, widest])
    label = territories.territory("aorta").label
    hu = np.full(len(outer), float(aorta.lumen_hu[0]))
    return Tube(ARCH, label, line, outer, outer - 1.5, hu, aorta.wall_hu, 3)


def _draw_branches(
    rng, arteries: list[Tube], arch: Tube, spine: SpineCurve, phase: Phase, person: Person
) -> list[Tube]:
    """Return arteries without a label: of the chest's wall, the organs, the groin; of a transplanted kidney."""
    u, n = rng.uniform, rng.normal
    aorta = arteries[0]
    found: list[Tube] = []

    def add(name, knots, radii):
        found.append(tapered_tube(name, 0, knots, radii, 0.3, phase.artery, wall_hu=aorta.wall_hu))

    for share, lean in ((0.62, 14.0), (0.52, -2.0), (0.42, -12.0)):
        start = arch.centerline.points[int(share * len(arch.centerline.points))]
        add("arch_branch", start + np.linspace(0, 1, 5)[:, None] * [[lean, u(-4, 6), 70.0]] + n(0, 1.5, (5, 3)),
            (u(3.5, 6.0), 3.2))  # fmt: skip
    for level in np.arange(u(205, 225), 415, spine.vertebra_pitch_mm):
        for sign in (-1.0, 1.0):
            start = aorta.centerline.points[aorta.centerline.nearest_to_level(level)]
            side = np.array(
                [spine.middle(level) + sign * (spine.half_width_mm + 8.0), spine.front(level) - 26.0, level]
            )
            add(
                "intercostal",
                [start, 0.5 * (start + side) + [0, 3, 0], side, side + np.array([sign * 45, -22, -8])],
                (1.2, 0.7),
            )
    named = {tube.name: tube.centerline.points for tube in arteries}
    gate, tail = named["hepatic"][-1], named["splenic"][-1]
    for _ in range(6):
        reach = np.array([u(5, 60), u(-35, 30), u(-25, 45)])
        add("hepatic_branch", [gate, gate + 0.5 * reach + n(0, 4, 3), gate + reach], (u(1.2, 2.0), 0.7))
    for _ in range(4):
        reach = np.array([-u(8, 28), u(-18, 10), u(-28, 28)])
        add("splenic_branch", [tail, tail + 0.5 * reach + n(0, 3, 3), tail + reach], (u(1.2, 1.9), 0.8))
    stomach = named["splenic"][len(named["splenic"]) // 8]
    add("gastric", stomach + np.linspace(0, 1, 6)[:, None] * [[-u(25, 45), u(20, 45), u(5, 45)]] + n(0, 2.5, (6, 3)),
        (1.7, 0.9))  # fmt: skip
    for tube in [each for each in arteries if each.name == "segmental"]:
        hilum = tube.centerline.points[-1]
        for _ in range(3):
            reach = np.array([np.sign(hilum[0]) * u(4, 16), u(-16, 16), u(-16, 16)])
            add("interlobar", [hilum, hilum + 0.6 * reach + n(0, 1.5, 3), hilum + reach], (1.3, 0.7))
    _groins(rng, arteries, add)
    if person.kidneys == "transplanted":
        start = _external(arteries, person.side)[40]
        add("transplant_renal", [start, *_transplant_course(person.side)], (2.9, 2.4))
    return found


def _external(arteries: list[Tube], side: float) -> np.ndarray:
    """Return the course of the external iliac artery of a side (-1 left, 1 right)."""
    return next(
        tube.centerline.points
        for tube in arteries
        if tube.name == "external_iliac" and np.sign(tube.centerline.points[-1, 0]) == side
    )


def _transplant_course(side: float) -> list[np.ndarray]:
    center = transplant_center(side)
    return [center - [side * 28.0, -4.0, 6.0], center - [side * 8.0, 0.0, 0.0]]


def transplant_center(side: float) -> np.ndarray:
    """Return where a transplanted kidney lies, RAS mm."""
    return np.array([side * 88.0, 38.0, -72.0])


def _groins(rng, arteries: list[Tube], add) -> None:
    """Add femoral, deep femoral, epigastric, gluteal, obturator and gonadal arteries."""
    u, n = rng.uniform, rng.normal
    aorta = arteries[0].centerline
    for tube in [each for each in arteries if each.name in ("external_iliac", "internal_iliac")]:
        end, radius = tube.centerline.points[-1], float(tube.outer_mm[-1])
        sign = np.sign(end[0])
        steps = np.linspace(0, 1, 6)[:, None]
        if tube.name == "external_iliac":
            add("femoral", end + steps * [[sign * u(2, 12), u(4, 12), -110.0]], (radius, radius * 0.9))
            base = end + np.array([0.0, 2.0, -u(40, 60)])
            add("deep_femoral", base + steps * [[sign * u(8, 16), -u(14, 24), -60.0]], (radius * 0.7, radius * 0.5))
            rise = end + steps * [[-sign * u(12, 24), u(20, 32), u(90, 130)]] + n(0, 2.0, (6, 3)) * steps
            add("epigastric", rise, (1.3, 0.9))
            continue
        for reach in ([sign * u(30, 45), -u(25, 40), u(-6, 14)], [sign * u(25, 40), u(15, 35), -u(25, 45)],
                      [-sign * u(5, 15), u(15, 35), -u(20, 40)]):  # fmt: skip
            add("internal_iliac_branch", [end, end + 0.5 * np.array(reach) + n(0, 3, 3), end + reach],
                (radius * 0.6, radius * 0.3))  # fmt: skip
    for sign in (-1.0, 1.0):
        start = aorta.points[aorta.nearest_to_level(u(60, 75))]
        goal = np.array([sign * u(50, 65), u(-5, 10), -u(60, 90)])
        add("gonadal", start + np.linspace(0, 1, 6)[:, None] ** [[0.6, 0.4, 1.0]] * (goal - start), (0.9, 0.7))

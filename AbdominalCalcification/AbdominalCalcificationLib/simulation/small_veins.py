"""Veins that are seen in passing: of the liver, the spleen, the spine, the groin and the chest."""

from __future__ import annotations

import numpy as np

from .enhancement import Phase
from .spine import SpineCurve
from .tubes import Tube, tapered_tube


def draw_small_veins(rng, arteries: list[Tube], veins: list[Tube], spine: SpineCurve, phase: Phase) -> list[Tube]:
    """Return hepatic, splenic, gonadal, lumbar, femoral and epigastric veins, and those of the chest."""
    u, n = rng.uniform, rng.normal
    cava = next(vein for vein in veins if vein.name == "cava")
    found = []

    def add(name, knots, radii, hu):
        found.append(tapered_tube(name, 0, knots, radii, 0.0, hu))

    hepatic_hu = 0.5 * (phase.portal_vein + phase.liver)
    entry = cava.centerline.points[cava.centerline.nearest_to_level(u(185, 205))]
    for reach in ([70, -10, -25], [45, 30, -40], [10, 40, -30]):
        goal = entry + np.array(reach) + n(0, 8, 3)
        add("hepatic_vein", [entry, 0.5 * (entry + goal) + [0, 0, 6], goal], (5.5, 1.8), hepatic_hu)
    portal = next(vein for vein in veins if vein.name == "portal_vein").centerline.points
    splenic = next(tube for tube in arteries if tube.name == "splenic").centerline.points[::20]
    along = splenic + np.array([0.0, -7.0, -7.0])
    add("splenic_vein", [portal[len(portal) // 2], *along[len(along) // 3 :]], (4.5, 3.5), phase.portal_vein)
    for vein in [each for each in veins if each.name == "iliac_vein"]:
        end = vein.centerline.points[-1]
        sign = np.sign(end[0])
        add("femoral_vein", end + np.linspace(0, 1, 6)[:, None] * [[sign * u(20, 30), u(12, 24), -130.0]],
            (6.5, 6.0), phase.cava)  # fmt: skip
        low = np.array([sign * u(48, 62), u(-8, 8), -u(60, 90)])
        high = cava.centerline.points[cava.centerline.nearest_to_level(u(60, 80))]
        add("gonadal_vein", [high, [0.8 * low[0], low[1] + 6.0, 20.0], low], (2.2, 1.4), phase.cava)
    for level in np.arange(u(8, 20), 190, spine.vertebra_pitch_mm):
        for sign in (-1.0, 1.0):
            start = np.array([spine.middle(level) + sign * 26.0, spine.front(level) - 16.0, level])
            add(
                "lumbar_vein",
                [start, start + np.array([sign * 3, -12, -2]), start + np.array([sign * 12, -24, -6])],
                (1.6, 1.2),
                phase.cava,
            )
    return found + _chest_veins(rng, cava, arteries[0], phase)


def _chest_veins(rng, cava: Tube, aorta: Tube, phase: Phase) -> list[Tube]:
    """Return superior cava, azygos, pulmonary arteries and the vessels of the lungs (no artery that is measured)."""
    u, tubes = rng.uniform, []
    top = cava.centerline.points[0]
    contrast = phase.name != "unenhanced"
    # The injection may still run through the superior cava.
    dense = u(200, 1100) if phase.name == "arterial" and u() < 0.6 else phase.cava
    lung_hu = phase.artery * u(0.5, 1.1) if contrast else phase.artery
    upper_cava = top + np.array([[0.0, 0.0, -50.0], [0.0, 6.0, 20.0], [-2.0, 8.0, 120.0]])
    tubes.append(tapered_tube("superior_cava", 0, upper_cava, (8.5, 9.5), 0.0, dense))
    down = aorta.centerline.points[::120]
    tubes.append(
        tapered_tube("azygos", 0, (down + np.array([14.0, -6.0, 0.0]))[down[:, 2] > 150], (2.8, 2.0), 0.0, phase.cava)
    )
    trunk = np.array([-18.0, 32.0, 352.0])
    for sign in (-1.0, 1.0):
        hilum = np.array([-6.0 + sign * u(42, 50), u(-12, 0), u(358, 372)])
        middle = 0.5 * (trunk + hilum) + [0.0, 2.0, 14.0]
        tubes.append(tapered_tube("pulmonary_artery", 0, [trunk, middle, hilum], (12.0, 8.5), 0.0, lung_hu))
        for _ in range(22):
            reach = np.array([sign * u(10, 75), u(-75, 60), u(-130, 75)])
            bend = hilum + 0.5 * reach + rng.normal(0, 7, 3)
            tubes.append(tapered_tube("lung_vessel", 0, [hilum, bend, hilum + reach], (u(1.5, 3.8), 0.8), 0.0, lung_hu))
    return tubes

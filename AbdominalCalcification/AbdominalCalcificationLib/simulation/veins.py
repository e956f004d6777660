"""The veins of a virtual patient; the cava keeps clear of the arteries."""

from __future__ import annotations

import numpy as np

from .enhancement import Phase
from .spine import TOP_MM, SpineCurve
from .tubes import Centerline, Tube, tapered_tube


def draw_veins(rng, arteries: list[Tube], spine: SpineCurve, phase: Phase, levels, hila) -> list[Tube]:
    """Return vena cava, iliac, renal, portal and superior mesenteric veins."""
    u = rng.uniform
    aorta = arteries[0]
    radius = u(8.0, 12.5)
    z = np.linspace(TOP_MM, 2.0, 30)
    on_aorta = aorta.centerline.points[[aorta.centerline.nearest_to_level(level) for level in z]]
    gap = u(2.0, 7.0)
    # The cava keeps clear of the aorta, however tortuous that is.
    x = np.maximum(spine.middle(z) + 20.0, on_aorta[:, 0] + aorta.outer_mm[0] + radius + gap - 4.0)
    y = spine.front(z) + radius + u(0.0, 4.0) + np.clip(z - 120, 0, 100) * 0.16
    outer = radius * np.interp(z, [0, 60, 120, 250], [0.85, 0.9, 1.05, 1.2])
    y = y + _room_behind(np.stack([x, y, z], 1), outer + u(0.5, 2.0), arteries)
    line = Centerline.through(np.stack([x, y, z], 1))
    outer = np.interp(line.points[:, 2], z[::-1], outer[::-1])
    mixing = 1 / (1 + np.exp(-(line.points[:, 2] - levels["renal_left"] + 10) / 6.0))
    hu = phase.cava + mixing * 0.5 * (phase.renal_vein - phase.cava)
    veins = [Tube("cava", 0, line, outer, outer, hu)]
    lower = line.points[-1]
    for sign in (-1.0, 1.0):
        steps = np.linspace(0, 1, 6)
        down = lower[2] - u(110, 140) * steps
        knots = np.stack(
            [
                lower[0] + (sign * u(38, 50) - lower[0]) * steps,
                np.maximum(spine.front(down) + 8.0, lower[1] - 30) + 35 * steps**3,
                down,
            ],
            axis=1,
        )
        veins.append(tapered_tube("iliac_vein", 0, knots, (7.5, 6.5), 0.0, phase.cava))
    veins += _renal_veins(rng, line, aorta, phase, levels, hila)
    return veins + _portal_veins(rng, spine, phase, levels)


def _renal_veins(rng, cava: Centerline, aorta: Tube, phase: Phase, levels, hila) -> list[Tube]:
    """Return the renal veins, the left one in front of the aorta."""
    u, veins = rng.uniform, []
    for side, hilum in hila.items():
        level = levels[f"renal_{side}"] + u(-4, 5)
        entry = cava.points[cava.nearest_to_level(level)]
        target = hilum + np.array([0.0, 5.0, -3.0])
        knots = np.stack([entry, 0.5 * (entry + target), target])
        if side == "left":
            index = aorta.centerline.nearest_to_level(level)
            over = aorta.centerline.points[index] + np.array([0.0, aorta.outer_mm[index] + 4.5, 0.0])
            knots = np.stack(
                [entry + np.array([0, 4.0, 0]), over, 0.5 * (over + target) + np.array([0, 3.0, 0]), target]
            )
        veins.append(tapered_tube("renal_vein", 0, knots, (4.2, 3.8), 0.0, phase.renal_vein))
    return veins


def _portal_veins(rng, spine: SpineCurve, phase: Phase, levels) -> list[Tube]:
    """Return the portal vein with branches in the liver, and twigs in the mesentery."""
    u, veins = rng.uniform, []
    sma = levels["superior_mesenteric"]
    portal = np.array([[24, 42, 0], [20, 40, 50], [16, 36, sma - 10], [30, 38, sma + 15], [60, 40, sma + 45]], float)
    portal += rng.normal(0, 3.0, (1, 3)) * [[1, 1, 0]]
    portal[:, 1] += spine.front(60) + 14.0
    veins.append(tapered_tube("portal_vein", 0, portal, (4.5, 5.0, 6.0, 7.0), 0.0, phase.portal_vein))
    # Branches in the liver and the mesentery: straight twigs are enough to look like vessels in a slice.
    gate = portal[-1]
    for _ in range(14):
        reach = np.array([u(-10, 80), u(-50, 50), u(-50, 60)])
        bend = gate + 0.5 * reach + rng.normal(0, 6, 3)
        veins.append(
            tapered_tube("liver_vein", 0, [gate, bend, gate + reach], (u(2.5, 4.5), 1.2), 0.0, phase.portal_vein)
        )
    for _ in range(40):
        start = np.array([u(-60, 60), 0.0, u(-100, 90)])
        start[1] = spine.front(start[2]) + u(42, 85)
        end = start + np.array([u(-35, 35), u(-10, 15), u(-30, 30)])
        blood = phase.portal_vein if u() < 0.6 else phase.artery * 0.9
        veins.append(tapered_tube("mesenteric_twig", 0, [start, 0.5 * (start + end) + rng.normal(0, 4, 3), end],
                           (u(1.2, 2.6), 0.9), 0.0, blood))  # fmt: skip
    return veins


def _room_behind(cava: np.ndarray, reach_mm: np.ndarray, arteries: list[Tube]) -> np.ndarray:
    """Return how far the cava's knots move to the front, so that the right renal arteries pass behind it."""
    push = np.zeros(len(cava))
    for tube in arteries:
        if tube.name != "renal_right":
            continue
        points = tube.centerline.points
        x, y, reach = (np.interp(points[:, 2], cava[::-1, 2], of[::-1]) for of in (cava[:, 0], cava[:, 1], reach_mm))
        beneath = np.abs(points[:, 0] - x) < reach
        if beneath.any():
            needed = np.max((points[:, 1] + tube.outer_mm + reach - y)[beneath])
            level = points[beneath, 2].mean()
            push = np.maximum(push, max(needed, 0.0) * np.exp(-(((cava[:, 2] - level) / 30.0) ** 4)))
    return push

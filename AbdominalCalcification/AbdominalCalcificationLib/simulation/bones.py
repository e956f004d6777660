"""Bones of a virtual patient, and calcium and metal outside of the arteries."""

from __future__ import annotations

import numpy as np

from .anatomy import Vessels
from .canvas import DISC_HU, METAL_HU, Canvas, Field
from .spine import SpineCurve

# Where the sacrum stops falling back, and where the coccyx ends.
_SACRUM_MM, _COCCYX_MM = -80.0, -125.0


def paint_spine(canvas: Canvas, spine: SpineCurve, grain, rng) -> None:
    """Paint vertebrae with cortical and trabecular bone, discs, canal, arches and osteophytes."""
    u = rng.uniform
    cortical, trabecular, shell = u(420, 800), u(90, 260), u(0.9, 1.7)
    endplate = u(0.9, 1.8)
    mesh, uneven = Field(rng, 5.0, 35.0), Field(rng, 13.0, 0.9)
    pitch, disc = spine.vertebra_pitch_mm, spine.disc_mm
    w, d = spine.half_width_mm, spine.depth_mm / 2

    def front(z):
        # The coccyx turns forwards again.
        return np.where(z < _SACRUM_MM, spine.front(_SACRUM_MM) - 0.35 * (z - _SACRUM_MM), spine.front(z))

    def less(z):
        """Return the share of its size that the sacrum has kept."""
        return np.clip(1.0 + (z + 55.0) / 85.0, 0.2, 1.0)

    def place(x, y, z):
        cx, cy = spine.middle(z), front(z) - d
        beat = (z - spine.phase_mm) % pitch - pitch / 2
        waist = 2.2 * (1.0 - np.clip(np.abs(beat) / ((pitch - disc) / 2), 0, 1.25) ** 2)
        fade = np.clip((z - 60.0) / 160.0, 0, 1) * 4.0
        a, b = (w - waist - fade) * less(z), (d - 0.7 * waist) * less(z)
        r = (np.abs((x - cx) / a) ** 2.4 + np.abs((y - cy) / b) ** 2.4) ** (1 / 2.4)
        return (r - 1.0) * d + uneven(x, y, z), np.abs(beat) - (pitch - disc) / 2

    low, high = (-75, -190, _COCCYX_MM), (75, 60, 1e4)
    canvas.paint(lambda x, y, z: place(x, y, z)[0], DISC_HU + u(-15, 25), low, high)
    canvas.paint(lambda x, y, z: np.maximum(*place(x, y, z)), cortical, low, high, kind="bone", part="spine")
    canvas.paint(
        lambda x, y, z: np.maximum(place(x, y, z)[0] + shell, place(x, y, z)[1] + endplate),
        lambda x, y, z: trabecular + mesh(x, y, z), low, high, kind="bone", part="spine",
    )  # fmt: skip

    def canal(x, y, z):
        return np.sqrt(((x - spine.middle(z)) / 12.0) ** 2 + ((y - front(z) + 2 * d + 9.0) / 9.0) ** 2) * 9 - 9

    def arch(x, y, z):
        beat = (z - spine.phase_mm) % pitch - pitch / 2
        ax, ay = np.abs(x - spine.middle(z)), y - front(z) + 2 * d
        pedicle = np.maximum(np.maximum(np.abs(ax - 15.5) - 4.0, np.abs(ay + 8.0) - 12.0), np.abs(beat - 4.0) - 7.0)
        lamina = np.maximum(np.abs(ay + 20.0 + 0.15 * ax) - 3.5, np.maximum(ax - 20.0, np.abs(beat + 2) - 12.0))
        spinous = np.maximum(np.abs(ay + 38.0) - 17.0, np.maximum(ax - 3.2, np.abs(beat + 7.0) - 9.0))
        transverse = np.maximum(np.abs(ay + 13.0) - 3.5, np.maximum(np.abs(ax - 28) - 14.0, np.abs(beat - 4.0) - 4.5))
        facet = np.sqrt((ax - 19.0) ** 2 + (ay + 20.0) ** 2 + (0.5 * (np.abs(beat) - pitch / 2)) ** 2) - 8.0
        together = np.minimum.reduce(np.broadcast_arrays(pedicle, lamina, spinous, transverse, facet))
        return together + 0.15 * np.clip(-45.0 - z, 0.0, None)

    bumps = Field(rng, 14.0, 1.6)
    canvas.paint(lambda x, y, z: arch(x, y, z) + bumps(x, y, z), cortical, low, high, kind="bone",
                 part="spine")  # fmt: skip
    canvas.paint(lambda x, y, z: arch(x, y, z) + bumps(x, y, z) + 1.6,
                 lambda x, y, z: trabecular + 60 + mesh(x, y, z), low, high, kind="bone", part="spine")  # fmt: skip
    canvas.paint(canal, 25.0, (-75, -190, _SACRUM_MM), high)


def paint_other_calcium(canvas: Canvas, vessels: Vessels, rng, distractors: list[dict]) -> None:
    """Paint osteophytes, calcified lymph nodes, phleboliths, surgical clips and pedicle screws."""
    u, spine = rng.uniform, vessels.spine

    def spot(kind, center, radii, hu):
        canvas.ellipsoid(center, radii, hu, kind=kind)
        distractors.append({"kind": kind, "center_ras": np.round(center, 2).tolist(), "hu": round(hu)})

    worn = u(0, 1) ** 1.5
    for level in np.arange(spine.phase_mm - 36, 320, spine.vertebra_pitch_mm):
        for _ in range(int(rng.poisson(2.2 * worn))):
            turn = u(-1.3, 1.3)
            size = u(2.0, 5.5)
            center = np.array(
                [
                    spine.middle(level) + (spine.half_width_mm + 0.5) * np.sin(turn),
                    spine.front(level) - spine.depth_mm / 2 * (1 - np.cos(turn)) - 1.0,
                    level + rng.choice((-1.0, 1.0)) * u(3.0, 6.0),
                ]
            )
            spot("osteophyte", center, (size * u(0.8, 1.6), size * 0.8, size * u(0.6, 1.0)), u(350, 900))
    for _ in range(int(rng.poisson(1.0))):
        center = np.array([u(-45, 45), 0.0, u(-40, 150)])
        center[1] = spine.front(center[2]) + u(8, 50)
        spot("lymph node", center, rng.uniform(1.5, 5.0, 3), u(250, 900))
    for _ in range(int(rng.poisson(0.8))):
        center = np.array([u(-60, 60), u(-40, 40), u(-150, -60)])
        spot("phlebolith", center, (u(1.0, 2.8),) * 3, u(250, 700))
    if u() < 0.08:
        start = np.array([u(-60, 60), u(20, 80), u(-40, 150)])
        for _ in range(int(u(2, 7))):
            spot("surgical clip", start + rng.normal(0, 8, 3), (u(0.6, 1.0), u(0.6, 1.0), u(2, 4)), METAL_HU)
    if u() < 0.04:
        bottom = spine.phase_mm + spine.vertebra_pitch_mm * rng.integers(-1, 3)
        for level in (bottom, bottom + spine.vertebra_pitch_mm):
            for side in (-1.0, 1.0):
                _screw(canvas, spine, side, level + 8.0, distractors)


def _screw(canvas: Canvas, spine: SpineCurve, side: float, level: float, distractors: list[dict]) -> None:
    """Paint a pedicle screw that reaches three quarters of the way through the vertebra."""
    front, middle = float(spine.front(level)), float(spine.middle(level))
    tail = np.array([middle + side * 24.0, front - spine.depth_mm - 34.0])
    tip = np.array([middle + side * 9.0, front - 0.25 * spine.depth_mm])
    axis = (tip - tail) / np.linalg.norm(tip - tail)

    def rod(x, y, z):
        along = (x - tail[0]) * axis[0] + (y - tail[1]) * axis[1]
        across = (x - tail[0]) * axis[1] - (y - tail[1]) * axis[0]
        ends = np.maximum(-along, along - np.linalg.norm(tip - tail))
        return np.maximum(np.hypot(across, z - level) - 3.0, ends)

    low, high = (-60, tail[1] - 5, level - 8), (60, front + 5, level + 8)
    canvas.paint(rod, METAL_HU, low, high, kind="screw")
    center = [*np.round((tail + tip) / 2, 2).tolist(), round(level, 2)]
    distractors.append({"kind": "screw", "center_ras": center, "hu": round(METAL_HU)})

"""The heart, the gullet and the airways."""

from __future__ import annotations

import numpy as np

from .anatomy import Vessels
from .canvas import Canvas, Field
from .painting import axes_of
from .person import Person

_LOWEST_MM = 190.0


def paint_chest(canvas: Canvas, vessels: Vessels, person: Person, grain) -> None:
    """Paint the heart, the gullet and the airways."""
    rng, phase = person.rng(8), vessels.phase
    u = rng.uniform
    rough = Field(rng, 20.0, 2.0)
    contrast = phase.name != "unenhanced"
    left = phase.artery * u(0.9, 1.1) if contrast else phase.artery
    right = phase.artery * u(0.4, 1.3) if contrast else phase.artery
    muscle = phase.muscle + (u(15, 70) if contrast else 0.0)
    apex, size = np.array([-u(20, 35), u(25, 40), u(285, 305)]), u(0.85, 1.2)
    parts = (
        ((0, 0, 0), (58, 48, 58), 0.0, -70.0),  # fat around it
        ((0, 0, 0), (52, 42, 52), 0.0, muscle),
        ((-16, -6, -6), (24, 20, 28), 3.0, left),  # left ventricle
        ((18, 18, -6), (26, 17, 30), 1.0, right),  # right ventricle
        ((36, 2, 8), (20, 22, 26), 0.0, right),  # right atrium
        ((4, -28, 22), (28, 16, 20), 0.0, left),  # left atrium
    )
    high = vessels.arteries[0].centerline.points[0, 2] + 100
    if axes_of(canvas.grid)[2].max() > _LOWEST_MM:
        for offset, radii, inset, hu in parts:
            canvas.ellipsoid(apex + np.array(offset) * size, (np.array(radii) - inset) * size,
                             lambda x, y, z, hu=hu: hu + 4.0 * grain(x, y, z), lumps=rough)  # fmt: skip
    gullet, air = u(6, 10), u() < 0.5
    spine = vessels.spine

    def tube(dx, dy, radius):
        return lambda x, y, z: np.hypot(x - spine.middle(z) + dx, y - spine.front(z) - dy) - radius

    low = (-60, -90, _LOWEST_MM)
    canvas.paint(tube(6.0, 8.0, gullet), phase.muscle, low, (60, 60, 1e4))
    canvas.paint(tube(6.0, 9.0, 2.5), -900.0 if air else 20.0, low, (60, 60, 1e4))
    carina = u(375, 390)
    canvas.paint(tube(-2.0, 24.0, 9.5), phase.muscle, (-60, -90, carina), (60, 60, high))
    canvas.paint(tube(-2.0, 24.0, 8.0), -990.0, (-60, -90, carina), (60, 60, high + 200))
    for sign in (-1.0, 1.0):

        def bronchus(x, y, z, sign=sign):
            along = np.clip((carina - z) / 45.0, 0.0, 1.0)
            return np.hypot(x - 2.0 - sign * 48.0 * along, y - spine.front(z) - 24.0 + 10.0 * along) - 5.5

        canvas.paint(bronchus, -990.0, (-70, -90, carina - 45), (70, 60, carina + 5))

"""What a radiograph shows besides the body: a filter in the vena cava, implants of the spine and the hips, clips."""

from __future__ import annotations

import numpy as np

from ...simulation.anatomy import Vessels
from ...simulation.bodies import ProceduralBody
from ...simulation.drawn import DrawnPatient
from ...simulation.implants import paint_implants
from .screen import Screen
from .trunk import TrunkCanvas

_FILTER = 0.04


def add_implants(canvas: TrunkCanvas, patient: DrawnPatient, body: ProceduralBody) -> list[dict]:
    """Put the implants of the patient's CT aside on a canvas, and return what they are."""
    made = paint_implants(canvas, patient.streams.disease, body)
    return [{"kind": item["kind"], "center_ras": item["center_ras"]} for item in made.items]


def add_extras(screen: Screen, vessels: Vessels, rng: np.random.Generator) -> list[dict]:
    """Add what only radiographs have, and return what it is."""
    found = []
    if rng.uniform() < _FILTER:
        found.append(_cava_filter(screen, vessels, rng))
    return found


def _cava_filter(screen: Screen, vessels: Vessels, rng: np.random.Generator) -> dict:
    """Add a filter in the vena cava below the renal veins: legs of wire that spread from a hook."""
    u = rng.uniform
    cava = vessels.veins[0]
    level = u(45, 85)
    at = int(np.argmin(np.abs(cava.centerline.points[:, 2] - level)))
    middle, reach = cava.centerline.points[at], float(cava.outer_mm[at])
    long, count = u(28, 48), int(rng.integers(4, 9))
    for n in range(count):
        angle = 2 * np.pi * (n + u(-0.15, 0.15)) / count
        t = np.linspace(0.0, 1.0, 240)[:, None]
        foot = np.array([np.cos(angle), np.sin(angle), 0.0]) * reach
        leg = middle + [0.0, 0.0, long] * (1 - t) + foot * np.sqrt(t) * 1.0
        screen.add("mineral", leg, np.full(len(leg), 12.0 * 0.25 * (long / 240.0)))
    hook = middle + np.array([0.0, 0.0, 1.0]) * np.linspace(long, long + 5.0, 30)[:, None]
    screen.add("mineral", hook, np.full(30, 12.0 * 0.8 * 5.0 / 30))
    return {"kind": "vena cava filter", "center_ras": np.round(middle, 1).tolist()}

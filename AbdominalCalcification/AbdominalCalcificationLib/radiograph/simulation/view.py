"""How a patient is placed before the detector, and how much of the patient it shows."""

from __future__ import annotations

import numpy as np

from ..projection import Detector, LateralGeometry
from .device import Device
from .scenes import Scene
from .screen import Screen

# Share of radiographs, ours, that show all that the plate holds: the belly, the skin of the back, hips and chest.
_WIDE = 0.35


def choose_screen(scene: Scene, device: Device, rng: np.random.Generator) -> Screen:
    """Return a detector that shows the lumbar spine, the top of the sacrum and the aorta in front, and more or less."""
    u = rng.uniform
    aorta, middles = scene.patient.drawn.arteries[0], scene.middles()
    low, high = float(middles[:, 2].min()), float(middles[:, 2].max())
    middle_y = float(np.mean(middles[:, 1])) + u(-5, 15)
    isocenter = (float(u(-10, 10)), middle_y, float((low + high) / 2 + u(-15, 15)))
    geometry = LateralGeometry(
        isocenter, device.source_detector_mm, device.object_detector_mm, device.side, device.rotation_deg,
        device.tilt_deg, device.lean_deg,
    )  # fmt: skip
    probe = Screen(geometry, Detector((1, 1), device.pixel_mm, (0.0, 0.0)), scene.is_mirrored)
    level = aorta.centerline.points[:, 2] < high + 15.0
    front = aorta.centerline.points[level] + np.array([0.0, 1.0, 0.0]) * aorta.outer_mm[level][:, None]
    places = probe.places(np.concatenate([scene.corners(), front]))[0]
    least, most = places.min(axis=0), places.max(axis=0)
    if device.name == "vfa":
        upper = 200.0 if u() < 0.5 else u(8, 60)
        margin = np.array([u(6, 30), upper, u(8, 45), u(4, 40)])
    else:
        margin = np.array([u(8, 110), u(8, 75), u(15, 110), u(6, 65)])
        if u() < _WIDE:
            margin = np.array([u(50, 210), u(20, 140), u(50, 150), u(50, 180)])
    needed = least[1], most[1]
    least, most = least - margin[:2], most + margin[2:]
    if (limits := scene.limits()) is not None:
        # Above and below there is nothing to be seen: the innermost rows that all rays reach.
        rows = np.sort(probe.places(limits)[0][:, 1])
        least[1], most[1] = min(needed[0], max(least[1], rows[3])), max(needed[1], min(most[1], rows[4]))
    shape = np.ceil((most - least) / device.pixel_mm).astype(int)[::-1]
    detector = Detector((int(shape[0]), int(shape[1])), device.pixel_mm, (float(least[0]), float(least[1])))
    return Screen(geometry, detector, scene.is_mirrored)

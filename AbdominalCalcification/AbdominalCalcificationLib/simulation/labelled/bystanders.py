"""What looks like arterial calcium and is none, in patients made from label maps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..canvas import METAL_HU, Canvas
from ..tubes import Tube
from .anatomy import Anatomy
from .deformation import Deformation
from .tissues import Tissue


def paint_bystanders(
    canvas: Canvas, anatomy: Anatomy, deformation: Deformation, arteries: list[Tube], rng, distractors: list[dict]
) -> None:
    """Paint osteophytes, kidney stones, calcified lymph nodes, phleboliths and surgical clips.

    How many, how large and how dense they are is as in the procedural patients (``bones.py``, ``organs.py``).
    """
    u = rng.uniform

    def spot(kind: str, center, radii, hu: float) -> None:
        canvas.ellipsoid(center, radii, hu, kind=kind)
        distractors.append({"kind": kind, "center_ras": np.round(center, 2).tolist(), "hu": round(hu)})

    def places(tissue: Tissue, count: int, surface: bool = False) -> np.ndarray:
        """Return random places of a tissue in the patient, shape (n, 3); fewer than asked for where there are none."""
        soft = next((each for each in anatomy.soft if each.tissue is tissue), None)
        if soft is None or not count:
            return np.zeros((0, 3))
        held = (soft.share > 90) & (soft.share < 170) if surface else soft.share > 200
        inside = np.flatnonzero(held)
        if not len(inside):
            return np.zeros((0, 3))
        kji = np.stack(np.unravel_index(rng.choice(inside, count), soft.share.shape), axis=1)
        return deformation.to_patient(anatomy.grid.ras_of_kji(kji + [b.start for b in soft.box]))

    aorta = arteries[0].centerline
    worn = u(0, 1) ** 1.5
    # Those at the front and the sides of the spine, where they lie beside arteries.
    bone = [center for center in places(Tissue.BONE, 400, surface=True) if aorta.tree.query(center)[0] < 40.0]
    for center in bone[: int(rng.poisson(22.0 * worn))]:
        size = u(2.0, 5.5)
        spot("osteophyte", center, (size * u(0.8, 1.6), size * 0.8, size * u(0.6, 1.0)), u(350, 900))
    for center in places(Tissue.KIDNEY, int(rng.poisson(0.8))):
        size = u(1.0, 4.5)
        spot("kidney stone", center, (size, size * u(0.6, 1.2), size), u(300, 1300))
    for _ in range(int(rng.poisson(1.0))):
        start = aorta.points[int(u(0, len(aorta.points) - 1))]
        center = start + np.array([u(-45, 45), u(-5, 40), u(-20, 20)])
        spot("lymph node", center, rng.uniform(1.5, 5.0, 3), u(250, 900))
    for _ in range(int(rng.poisson(0.8))):
        spot("phlebolith", np.array([u(-60, 60), u(-40, 40), u(-150, -60)]), (u(1.0, 2.8),) * 3, u(250, 700))
    if u() < 0.08:
        start = np.array([u(-60, 60), u(20, 80), u(-40, 150)])
        for _ in range(int(u(2, 7))):
            spot("surgical clip", start + rng.normal(0, 8, 3), (u(0.6, 1.0), u(0.6, 1.0), u(2, 4)), METAL_HU)


def spine_of(anatomy: Anatomy, deformation: Deformation, aorta: Tube) -> Callable[[float], tuple[float, float]]:
    """Return where the spine is at a height: x of its middle and y of its front, mm.

    The median of the bone within 40 mm behind the aorta, in steps of 20 mm; where there is none, the aorta's back.
    """
    points = aorta.centerline.points
    soft = next((each for each in anatomy.soft if each.tissue is Tissue.BONE), None)
    bone = np.zeros((0, 3))
    if soft is not None:
        inside = np.argwhere(soft.share > 127)[::7]
        bone = deformation.to_patient(anatomy.grid.ras_of_kji(inside + [b.start for b in soft.box]))
    levels = np.arange(points[:, 2].min(), points[:, 2].max() + 20.0, 20.0)
    middle, front = [], []
    for level in levels:
        at = aorta.centerline.nearest_to_level(level)
        beside, back = points[at, 0], points[at, 1] - aorta.outer_mm[at]
        near = bone[np.abs(bone[:, 2] - level) < 15.0]
        near = near[(np.abs(near[:, 0] - beside) < 40.0) & (near[:, 1] < back + 8.0) & (near[:, 1] > back - 45.0)]
        middle.append(float(np.median(near[:, 0])) if len(near) > 20 else float(beside))
        front.append(float(np.percentile(near[:, 1], 95)) if len(near) > 20 else float(back))
    return lambda height: (float(np.interp(height, levels, middle)), float(np.interp(height, levels, front)))

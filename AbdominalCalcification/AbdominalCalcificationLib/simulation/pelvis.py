"""The pelvis: iliac and sacral wings, hip joints, femora, and what lies between them."""

from __future__ import annotations

import numpy as np

from .anatomy import Vessels
from .canvas import Canvas, Field, ellipsoid
from .person import Person
from .spine import SpineCurve


def paint_pelvis(canvas: Canvas, spine: SpineCurve, rng, person: Person) -> None:
    """Paint iliac wings, sacral wings, hip bones and femora."""
    u = rng.uniform
    cortical, marrow, half = u(450, 750), u(80, 200), u(4.5, 7.0)
    crest = u(5, 30)

    def wing(x, y, z):
        # A curved plate from beside the sacrum to the front of the hip, its crest highest in the middle.
        ax = np.abs(x)
        back, front = np.array([50.0, -75.0]), np.array([128.0, 40.0])
        along = (front - back) / np.linalg.norm(front - back)
        t = (ax - back[0]) * along[0] + (y - back[1]) * along[1]
        across = -(ax - back[0]) * along[1] + (y - back[1]) * along[0]
        length = np.linalg.norm(front - back)
        bend = 14.0 * np.sin(np.pi * np.clip(t / length, 0, 1)) - 0.25 * np.clip(-z, 0, 80)
        plate = np.abs(across + bend) - half * (0.75 + 0.5 * np.abs(t / length - 0.5))
        top = z - crest + 42.0 * (t / length - 0.42) ** 2 * 4.0
        # It narrows towards the hip joint.
        less = np.clip(-60.0 - z, 0.0, None)
        return np.maximum.reduce(np.broadcast_arrays(plate, top, 0.45 * less - t, t - length + 0.4 * less, -140.0 - z))

    def ala(x, y, z):
        ax = np.abs(x)
        return np.maximum.reduce(
            np.broadcast_arrays(ax - 56.0 + 0.3 * np.clip(-z - 25, 0, None), 20.0 - ax, z + 18.0 + 0.15 * ax,
                                np.abs(y - spine.front(z) + 26.0) - 17.0, -115.0 - z)
        )  # fmt: skip

    low, high = (-170, -190, -1e4), (170, 80, 60)
    uneven = Field(rng, 15.0, 2.5)
    for shape in (wing, ala):
        for hu, shell_mm in ((cortical, 0.0), (marrow, 1.7)):
            canvas.paint(lambda x, y, z, shape=shape, shell_mm=shell_mm: shape(x, y, z) + uneven(x, y, z) + shell_mm,
                         hu, low, high, kind="bone")  # fmt: skip
    _hips(canvas, uneven, cortical, marrow, person.rng(HIPS))


# Part of a person's details.
HIPS = 6


def hip_joint(rng) -> np.ndarray:
    """Return the middle of the right hip joint, RAS mm; the first that is drawn of a pelvis' details."""
    return np.array([rng.uniform(82, 92), rng.uniform(0, 14), -rng.uniform(142, 158)])


def _hips(canvas: Canvas, uneven: Field, cortical: float, marrow: float, rng) -> None:
    """Paint acetabula, pubic and ischial bones, and femora, alike on both sides."""
    u = rng.uniform
    joint = hip_joint(rng)
    shaft = joint + np.array([u(14, 24), -u(8, 16), -62.0])
    mid = np.array([7.0, joint[1] + u(28, 42), joint[2] - u(22, 34)])
    seat = joint + np.array([-u(22, 32), -u(30, 42), -u(58, 70)])
    head = u(21, 25)
    low, high = (-150, joint[1] - 75, -1e4), (150, joint[1] + 75, joint[2] + 45)
    if not canvas.hu[canvas.box(low, high)].size:
        return

    def rod(a, b, radius):
        a, b = np.asarray(a), np.asarray(b)
        step = b - a

        def shape(ax, y, z):
            t = ((ax - a[0]) * step[0] + (y - a[1]) * step[1] + (z - a[2]) * step[2]) / float(step @ step)
            t = np.clip(t, 0.0, 1.0)
            away = (ax - a[0] - t * step[0]) ** 2 + (y - a[1] - t * step[1]) ** 2 + (z - a[2] - t * step[2]) ** 2
            return np.sqrt(away) - radius

        return shape

    def ball(ax, y, z):
        return np.sqrt((ax - joint[0]) ** 2 + (y - joint[1]) ** 2 + (z - joint[2]) ** 2) - head

    def socket(ax, y, z):
        cup = np.maximum(ball(ax, y, z) - 12.0, 3.0 - ball(ax, y, z))
        open_side = (ax - joint[0]) * 0.75 - (z - joint[2]) * 0.45 + (y - joint[1]) * 0.4 - 4.0
        return np.maximum(cup, open_side)

    pubis = (rod(joint + np.array([-24, 10, 2]), mid, 7.0), rod(mid, mid + np.array([3, -4, -26]), 7.5))
    ischium = (rod(joint + np.array([-14, -24, -8]), seat, 10.0), rod(seat, mid + np.array([4, -6, -26]), 5.5))
    trochanter = joint + np.array([34.0, -8.0, -14.0])
    femur = (ball, rod(joint, trochanter, 13.0), rod(trochanter, shaft, 14.0), rod(shaft, shaft - [4, -4, 90], 14.5))
    for parts in ((socket, *pubis, *ischium), femur):
        shell = 1.6 if parts is not femur else 2.0
        for hu, thin in ((cortical, 0.0), (marrow, shell)):

            def shape(x, y, z, parts=parts, thin=thin):
                ax = np.abs(x)
                return np.minimum.reduce(np.broadcast_arrays(*(part(ax, y, z) for part in parts))) + thin

            canvas.paint(shape, hu, low, high, kind="bone")


def paint_pelvic_organs(canvas: Canvas, vessels: Vessels, person: Person, grain) -> None:
    """Paint bladder, rectum, and uterus with ovaries or prostate with seminal vesicles."""
    rng, phase = person.rng(7), vessels.phase
    u = rng.uniform
    rough = Field(rng, 14.0, 2.0)

    def tissue(mean, spread=5.0):
        return lambda x, y, z: mean + spread * grain(x, y, z)

    full = u(0.5, 1.25)
    bladder, size = np.array([u(-6, 6), u(14, 26), -u(140, 158)]), np.array([44.0, 34.0, 34.0]) * full
    bladder[2] += 0.5 * size[2]
    rectum = np.array([u(-8, 8), float(vessels.spine.front(-120.0)) + u(18, 24), 0.0])
    bright = phase.muscle + (u(20, 90) if phase.name != "unenhanced" else 0.0)
    for level in np.arange(-205.0, -85.0, 14.0):
        center = np.array([rectum[0] + u(-5, 5), min(rectum[1], -35.0) + 0.1 * (-level - 85), level])
        radii = np.array([u(13, 22), u(12, 18), 13.0])
        canvas.ellipsoid(center, radii, phase.bowel_wall, lumps=rough)
        inner = u(-300, 40) if u() < 0.6 else -930.0
        canvas.ellipsoid(center, radii - 3.5, inner, lumps=rough)
    if person.female:
        womb = np.array([u(-15, 15), u(-20, 0), bladder[2] + u(14, 34)])
        canvas.ellipsoid(womb, (u(22, 38), u(20, 32), u(24, 42)), tissue(bright), lumps=rough)
        canvas.ellipsoid(womb, (u(5, 10), 4.0, u(8, 16)), phase.muscle - 15.0)
        for sign in (-1.0, 1.0):
            ovary = womb + np.array([sign * u(38, 55), u(-10, 10), u(-15, 15)])
            canvas.ellipsoid(ovary, rng.uniform(8, 18, 3), u(8, 45))
        if u() < 0.25:
            fibroid = womb + rng.uniform(-25, 25, 3)
            canvas.ellipsoid(fibroid, (u(8, 28),) * 3, tissue(bright * 0.9))
            canvas.ellipsoid(fibroid, (u(2, 9),) * 3, u(250, 800), lumps=rough, kind="calcified fibroid")
    else:
        gland = np.array([0.0, bladder[1] - u(6, 12), -u(176, 188)])
        canvas.ellipsoid(gland, (u(18, 32), u(14, 22), u(14, 22)), tissue(bright), lumps=rough)
        for _ in range(int(rng.poisson(1.5 * person.age))):
            spot = gland + rng.uniform(-8, 8, 3)
            canvas.ellipsoid(spot, rng.uniform(0.8, 2.2, 3), u(250, 700), kind="prostatic stone")
        for sign in (-1.0, 1.0):
            canvas.ellipsoid(gland + np.array([sign * 18, -10, 20]), (16, 6, 7), phase.muscle - 10.0, lumps=rough)
    canvas.ellipsoid(bladder, size + u(2.5, 5.0), phase.muscle, lumps=rough)
    canvas.ellipsoid(bladder, size, u(0, 14), lumps=rough)
    if person.urine_hu > 100:
        # Excreted contrast medium is heavy.
        level = bladder[1] + u(-0.8, 1.0) * size[1]
        canvas.paint(
            lambda x, y, z: np.maximum(ellipsoid(x, y, z, bladder, size) + rough(x, y, z), y - level),
            person.urine_hu, bladder - size - 10, bladder + size + 10, kind="urine contrast",
        )  # fmt: skip
    if u() < 0.1:
        canvas.ellipsoid(bladder - [0, 0, 0.4 * size[2]], (9, 9, 9), 60.0)
        canvas.ellipsoid(bladder - [0, 0, 0.4 * size[2]], (7.5, 7.5, 7.5), 5.0)

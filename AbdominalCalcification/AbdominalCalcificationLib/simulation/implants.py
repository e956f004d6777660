"""Implants outside of arteries: hip prostheses, screws with rods and cages of the spine, clips, coils.

All are drawn in millimetres of the patient and painted on any grid; what they do to the image besides, streaks and the
dark bands between them, is there too.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from .canvas import METAL_HU, Canvas
from .scanner import add_streaks
from .tubes import Tube

# Shares of patients; ours.
CHANCES = {"hip prosthesis": 0.06, "spinal implant": 0.05, "cholecystectomy": 0.07, "coils": 0.03}
POLYETHYLENE_HU, CEMENT_HU = 60.0, 1400.0
TITANIUM_HU, STEEL_HU = 5000.0, 9000.0


class Frame(Protocol):
    """Where the bones of a body are."""

    def spine_at(self, height_mm: float) -> tuple[float, float]:
        """Return x of the spine's middle and y of its front at a height."""

    def hip_joint(self) -> np.ndarray:
        """Return the middle of the right hip joint, RAS mm."""


@dataclass(eq=False)
class Implants:
    """What was painted.

    Attributes
    ----------
    items : list of dict
        Of `not_to_count`: kind, centre, HU.
    streaks : list of tuple
        Centre (RAS mm), length along z (mm) and strength of what casts streaks.
    bands : list of tuple
        Two ends (RAS mm) between which it is dark, and how dark (HU).
    """

    items: list[dict] = field(default_factory=list)
    streaks: list[tuple[np.ndarray, float, float]] = field(default_factory=list)
    bands: list[tuple[np.ndarray, np.ndarray, float]] = field(default_factory=list)

    def add(self, kind: str, center, hu: float, length_mm: float, strength: float) -> None:
        """Note one implant and the streaks it casts."""
        center = np.asarray(center, float)
        self.items.append({"kind": kind, "center_ras": np.round(center, 2).tolist(), "hu": round(float(hu))})
        if strength > 0:
            self.streaks.append((center, length_mm, strength))

    def shade(self, hu: np.ndarray, axes, rng: np.random.Generator) -> None:
        """Add streaks and dark bands to an ideal image, in place."""
        for center, length, strength in self.streaks:
            add_streaks(hu, axes, center, length, rng, strength)
        for one, other, depth in self.bands:
            add_band(hu, axes, one, other, depth)


def add_band(hu: np.ndarray, axes, one, other, depth_hu: float, half_mm: float = 16.0) -> None:
    """Darken what lies between two dense places: hardened beams, and too few quanta, in the slices of both."""
    x, y, z = axes
    middle = (np.asarray(one) + np.asarray(other)) / 2
    across = float(np.linalg.norm(np.asarray(other)[:2] - np.asarray(one)[:2]))
    if across < 1.0:
        return
    slices = np.flatnonzero(np.abs(z - middle[2]) < 3 * half_mm)
    if not len(slices):
        return
    ahead = (np.asarray(other)[:2] - np.asarray(one)[:2]) / across
    dx, dy = (x - middle[0])[None, :], (y - middle[1])[:, None]
    along, beside = dx * ahead[0] + dy * ahead[1], dy * ahead[0] - dx * ahead[1]
    inside = np.clip((across / 2 + 8.0 - np.abs(along)) / 16.0, 0.0, 1.0)
    band = (-depth_hu * inside * np.exp(-((beside / half_mm) ** 2))).astype(np.float32)
    fade = np.exp(-(((z[slices] - middle[2]) / (1.5 * half_mm)) ** 2)).astype(np.float32)
    part = hu[slices[0] : slices[-1] + 1]
    part += fade[:, None, None] * band * (part > -500)


def paint_implants(
    canvas: Canvas, rng: np.random.Generator, frame: Frame, only: Collection[str] | None = None
) -> Implants:
    """Paint implants beside the arteries, before them, and return what they are.

    Parameters
    ----------
    canvas : Canvas
    rng : Generator
    frame : Frame
        Where the bones are that carry them.
    only : collection of str, optional
        Keys of `CHANCES` that the patient has for sure, and no others.
    """
    made = Implants()
    for kind, paint in _PAINTING.items():
        if (part := _drawn(rng, kind, only)) is not None:
            paint(canvas, part, made, frame)
    return made


def _drawn(rng: np.random.Generator, kind: str, only: Collection[str] | None) -> np.random.Generator | None:
    """Return random numbers for an implant that the patient has; each has its own."""
    part = np.random.Generator(np.random.PCG64(int(rng.integers(2**62))))
    has = part.uniform() < CHANCES[kind]
    return part if (has if only is None else kind in only) else None


def _capsule(x, y, z, one, other, radius: float):
    """Return the signed distance to a rod with round ends between two points."""
    axis = np.asarray(other, float) - one
    length = float(np.linalg.norm(axis))
    axis = axis / max(length, 1e-6)
    dx, dy, dz = x - one[0], y - one[1], z - one[2]
    t = np.clip(dx * axis[0] + dy * axis[1] + dz * axis[2], 0.0, length)
    return np.sqrt((dx - t * axis[0]) ** 2 + (dy - t * axis[1]) ** 2 + (dz - t * axis[2]) ** 2) - radius


def _rod(canvas: Canvas, one, other, radius: float, hu: float, kind: str | None, within=None) -> None:
    one, other = np.asarray(one, float), np.asarray(other, float)
    canvas.paint(lambda x, y, z: _capsule(x, y, z, one, other, radius), hu, np.minimum(one, other) - radius - 3,
                 np.maximum(one, other) + radius + 3, within, kind)  # fmt: skip


def _hips(canvas: Canvas, rng, made: Implants, frame: Frame) -> None:
    """Paint one or two hip prostheses: cup, liner, head, neck and stem."""
    u = rng.uniform
    joint = frame.hip_joint()
    hu = STEEL_HU if u() < 0.5 else TITANIUM_HU
    cemented, both = u() < 0.3, u() < 0.3
    sides = (-1.0, 1.0) if both else (float(rng.choice((-1.0, 1.0))),)
    cup, head = u(24, 29), u(11, 18)
    for side in sides:
        center = joint * [side, 1.0, 1.0]

        def shell(x, y, z, center=center, side=side):
            away = np.sqrt((x - center[0]) ** 2 + (y - center[1]) ** 2 + (z - center[2]) ** 2)
            # The cup opens to the side and downwards.
            opens = (side * (x - center[0]) * 0.7 - (z - center[2]) * 0.7) - 2.0
            return np.maximum(away - cup, opens)

        low, high = center - cup - 3, center + cup + 3
        canvas.paint(shell, hu, low, high, kind="hip prosthesis")
        canvas.ellipsoid(center, (cup - 4.0,) * 3, POLYETHYLENE_HU)
        canvas.ellipsoid(center, (head,) * 3, hu, kind="hip prosthesis")
        trochanter = center + np.array([side * 30.0, -8.0, -20.0])
        tip = center + np.array([side * 18.0, -13.0, -140.0])
        _rod(canvas, center, trochanter, 7.0, hu, "hip prosthesis")
        if cemented:
            _rod(canvas, trochanter, tip, 10.0, CEMENT_HU, "hip prosthesis")
        _rod(canvas, trochanter, tip, 7.0, hu, "hip prosthesis")
        made.add("hip prosthesis", center, hu, 2 * cup, float(u(250, 600)))
        made.add("hip prosthesis", 0.5 * (trochanter + tip), hu, 100.0, float(u(150, 350)))
        other = center * [-1.0, 1.0, 1.0]
        made.bands.append((center, other, float(u(120, 350) if both else u(40, 140))))


def _spine(canvas: Canvas, rng, made: Implants, frame: Frame) -> None:
    """Paint screws with rods, or a cage between two vertebrae, or both, over two to four levels."""
    u = rng.uniform
    hu = TITANIUM_HU if u() < 0.8 else STEEL_HU
    pitch, count, lowest = u(33, 38), int(rng.integers(2, 5)), u(-25, 70)
    levels = lowest + pitch * np.arange(count)
    style = u()
    ends: dict[float, list[np.ndarray]] = {-1.0: [], 1.0: []}
    for level in levels:
        middle, front = frame.spine_at(float(level))
        for side in (-1.0, 1.0):
            if style > 0.8:
                continue
            tail = np.array([middle + side * 25.0, front - u(62, 68), level])
            tip = np.array([middle + side * u(6, 12), front - u(6, 14), level + u(-4, 4)])
            _rod(canvas, tail, tip, u(2.5, 3.4), hu, "screw")
            ends[side].append(tail)
            made.add("screw", 0.5 * (tail + tip), hu, 8.0, float(u(120, 300)))
        if style > 0.5 and level != levels[-1]:
            _cage(canvas, rng, made, middle, front, float(level + pitch / 2), hu)
    for side in (-1.0, 1.0):
        for below, above in zip(ends[side], ends[side][1:], strict=False):
            _rod(canvas, below, above, 2.8, hu, "screw")
            made.add("screw", 0.5 * (below + above), hu, float(pitch), float(u(60, 160)))
    if ends[1.0]:
        for left, right in zip(ends[-1.0], ends[1.0], strict=True):
            made.bands.append((left, right, float(u(60, 220))))


def _cage(canvas: Canvas, rng, made: Implants, middle: float, front: float, level: float, hu: float) -> None:
    """Paint a cage in the disc: of metal, or of plastic with markers."""
    u = rng.uniform
    center = np.array([middle + u(-4, 4), front - u(12, 22), level])
    half = np.array([u(9, 16), u(7, 11), u(4, 6)])
    is_metal = u() < 0.5

    def block(x, y, z):
        sides = [np.abs(v - c) - h for v, c, h in zip((x, y, z), center, half, strict=True)]
        return np.maximum.reduce(np.broadcast_arrays(*sides))

    def hollow(x, y, z):
        return np.maximum(block(x, y, z), 3.0 - block(x, y, z) - 5.5)

    low, high = center - half - 3, center + half + 3
    canvas.paint(hollow if is_metal else block, hu if is_metal else 180.0, low, high,
                 kind="spinal cage" if is_metal else None)  # fmt: skip
    if not is_metal:
        for corner in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
            at = center + 0.8 * half * [*corner, 0]
            tall = np.array([0.0, 0.0, half[2]])
            _rod(canvas, at - tall, at + tall, 0.7, METAL_HU, "spinal cage")
    made.add("spinal cage", center, hu if is_metal else METAL_HU, 2 * half[2], float(u(150, 350) if is_metal else 50.0))


def _cholecystectomy(canvas: Canvas, rng, made: Implants, frame: Frame) -> None:
    """Paint the clips of a gallbladder that was taken out."""
    u = rng.uniform
    level = u(85, 140)
    middle, front = frame.spine_at(level)
    start = np.array([middle + u(35, 62), front + u(35, 70), level])
    for n in range(int(rng.integers(2, 6))):
        center = start + rng.normal(0.0, 5.0, 3)
        turn = rng.normal(size=3)
        half = turn / np.linalg.norm(turn) * u(2.5, 4.5)
        _rod(canvas, center - half, center + half, u(0.5, 0.9), METAL_HU, "surgical clip")
        made.add("surgical clip", center, METAL_HU, 6.0, 0.0 if n else float(u(60, 160)))


def paint_coils(
    canvas: Canvas,
    rng: np.random.Generator,
    arteries: list[Tube],
    made: Implants,
    free: np.ndarray,
    only: Collection[str] | None = None,
) -> None:
    """Paint a nest of wire in an artery that is not measured, or in the fat beside the aorta, after the arteries.

    Nothing is painted where `free` (k, j, i) is False.
    """
    part = _drawn(rng, "coils", only)
    if part is None:
        return
    u = part.uniform
    hosts = [t for t in arteries if not t.label and t.name in ("splenic", "internal_iliac", "hepatic")]
    if hosts:
        host = hosts[int(part.integers(len(hosts)))]
        center = host.centerline.points[int(u(0.45, 0.9) * (len(host.centerline.points) - 1))]
    else:
        center = arteries[0].centerline.points[-1] + np.array([u(-60, 60), u(20, 60), u(-60, 100)])
    size, hu = u(3.0, 8.0), u(5000.0, 12000.0)  # platinum
    at = center + part.normal(0.0, 0.4, 3) * size
    for _ in range(int(part.integers(10, 26))):
        to = center + part.normal(0.0, 0.45, 3) * size
        _rod(canvas, at, to, u(0.35, 0.6), hu, "coil", free)
        at = to
    made.add("coil", center, hu, 2 * size, float(u(250, 600)))


_PAINTING = {"hip prosthesis": _hips, "spinal implant": _spine, "cholecystectomy": _cholecystectomy}

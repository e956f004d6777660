"""Diseases of arteries beside calcium: aneurysms with thrombus, thick walls, occlusions, dissections, mixing.

Each function takes a tube and returns it diseased. Outer walls stay those of the artery, so that thrombus, flap and
both lumens are part of it: a dissected aorta is one aorta.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .enhancement import BLOOD_HU
from .tubes import Centerline, Flap, Tube

# Clotted blood: fresh thrombus is brighter than old.
THROMBUS_HU = (28.0, 62.0)


def along(tube: Tube) -> np.ndarray:
    """Return the path length at every centreline point, mm."""
    return tube.centerline.arc_mm


def _hump(arc: np.ndarray, middle: float, width: float) -> np.ndarray:
    return np.exp(-(((arc - middle) / width) ** 2))


def _shift_of(tube: Tube) -> np.ndarray:
    return np.zeros((len(tube.outer_mm), 2)) if tube.lumen_shift_mm is None else tube.lumen_shift_mm


def direction(tube: Tube, toward) -> np.ndarray:
    """Return the direction `toward` (RAS) within the cross-sections of a tube, shape (n, 2), unit length."""
    line = tube.centerline
    flat = np.stack([line.normals @ np.asarray(toward, float), line.binormals @ np.asarray(toward, float)], axis=1)
    return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)


def widened(
    rng: np.random.Generator,
    tube: Tube,
    middle_mm: float,
    width_mm: float,
    height_mm: float,
    open_share: float | None = None,
) -> Tube:
    """Return a tube with an aneurysm: wider by `height_mm`, mostly towards the front, with thrombus around its blood.

    Parameters
    ----------
    rng : Generator
        Draws where the thrombus lies.
    tube : Tube
    middle_mm, width_mm : float
        Path length of its middle, and over how much it fades.
    height_mm : float
        Added to the radius.
    open_share : float, optional
        Of it, how much blood takes up; the rest is thrombus. Drawn by default.
    """
    arc = along(tube)
    # Both ends stay where other arteries begin.
    ends = np.clip(np.minimum(arc, arc[-1] - arc) / 12.0, 0.0, 1.0)
    hump = _hump(arc, middle_mm, width_mm) * ends
    bulge = height_mm * hump
    room, turn = rng.uniform(0.3, 0.9), rng.uniform(0, 2 * np.pi)
    own = rng.uniform(0.0, 0.5)
    own = own if open_share is None else open_share
    outer = tube.outer_mm + bulge
    lumen = tube.lumen_mm + own * bulge
    free = room * (outer - lumen - (tube.outer_mm - tube.lumen_mm))
    shift = _shift_of(tube) + free[:, None] * [np.cos(turn), np.sin(turn)]
    moved = tube.centerline.points + (0.8 * bulge)[:, None] * [0.0, 1.0, 0.0]
    line = Centerline.through(moved[_knots(len(moved))])
    share = np.linspace(0, 1, len(line.points))

    def again(values):
        old = np.linspace(0, 1, len(values))
        if values.ndim == 1:
            return np.interp(share, old, values)
        return np.stack([np.interp(share, old, column) for column in values.T], axis=1)

    return replace(
        tube, centerline=line, outer_mm=again(outer), lumen_mm=again(lumen), lumen_shift_mm=again(shift),
        lumen_hu=again(tube.lumen_hu),
    )  # fmt: skip


def _knots(count: int, every: int = 8) -> np.ndarray:
    return np.unique(np.append(np.arange(0, count, every), count - 1))


def thickened(rng: np.random.Generator, tube: Tube) -> Tube:
    """Return a tube with soft plaque: in one to three places its wall is thicker, mostly on one side."""
    arc = along(tube)
    thick, aside = np.zeros(len(arc)), np.zeros((len(arc), 2))
    for _ in range(int(rng.integers(1, 4))):
        middle, width = rng.uniform(0.05, 0.95) * arc[-1], rng.uniform(0.04, 0.25) * arc[-1]
        middle = max(middle, arc[-1] - 230.0)
        depth = float(np.clip(rng.uniform(0.15, 0.55) * np.median(tube.lumen_mm), 0.5, 5.0))
        bump, turn, lopsided = depth * _hump(arc, middle, max(width, 4.0)), rng.uniform(0, 2 * np.pi), rng.uniform(0, 1)
        thick += bump
        aside += lopsided * bump[:, None] * [np.cos(turn), np.sin(turn)]
    lumen = np.maximum(tube.lumen_mm - thick, 0.4 * tube.lumen_mm)
    taken = tube.lumen_mm - lumen
    length = np.linalg.norm(aside, axis=1)
    aside *= np.minimum(1.0, taken / np.maximum(length, 1e-6))[:, None]
    return replace(tube, lumen_mm=lumen, lumen_shift_mm=_shift_of(tube) + aside)


def occluded(rng: np.random.Generator, tube: Tube, from_mm: float, to_mm: float) -> Tube:
    """Return a tube whose blood has clotted between two path lengths."""
    arc = along(tube)
    closed = np.clip((arc - from_mm) / 3.0, 0, 1) * np.clip((to_mm - arc) / 3.0, 0, 1)
    return replace(tube, lumen_hu=tube.lumen_hu + closed * (rng.uniform(*THROMBUS_HU) - tube.lumen_hu))


def layered(rng: np.random.Generator, tube: Tube) -> Tube:
    """Return a tube in which contrast medium lies at the back, or mixes along the way."""
    arc = along(tube)
    waves = rng.uniform(0.02, 0.12) * np.sin(2 * np.pi * arc / rng.uniform(30, 90) + rng.uniform(0, 2 * np.pi))
    return replace(tube, layers=float(rng.uniform(0.05, 0.3)), lumen_hu=tube.lumen_hu * (1.0 + waves))


def false_blood_hu(rng: np.random.Generator, tube: Tube, phase: str) -> np.ndarray:
    """Return the HU of a false lumen along a tube: it fills later, and may clot, all of it or towards its end."""
    blood = tube.lumen_hu
    if phase == "unenhanced":
        return blood + rng.uniform(-2.0, 12.0)
    if rng.uniform() < 0.25:
        return np.full_like(blood, rng.uniform(*THROMBUS_HU))
    share = rng.uniform(0.15, 1.0) if phase == "arterial" else rng.uniform(0.6, 1.1)
    hu = BLOOD_HU + share * (blood - BLOOD_HU)
    if rng.uniform() < 0.3:
        arc = along(tube)
        clotted = 1.0 / (1.0 + np.exp(-(arc - arc[-1] + rng.uniform(40, 160)) / 6.0))
        hu = hu + clotted * (rng.uniform(*THROMBUS_HU) - hu)
    return hu


def dissected(
    rng: np.random.Generator, tube: Tube, from_mm: float, to_mm: float, false_hu: np.ndarray, layers: float = 0.0
) -> Tube:
    """Return a tube whose channel is divided by a flap between two path lengths, with tears in it.

    `false_hu` and `layers` are those of :class:`Flap`.
    """
    arc = along(tube)
    turn = rng.uniform(0, 2 * np.pi) + rng.uniform(-1, 1) * 2 * np.pi * arc / rng.uniform(200, 600)
    # More often than not the true lumen is the smaller one.
    middle = rng.uniform(-0.6, 0.35) + 0.12 * np.sin(2 * np.pi * arc / rng.uniform(60, 140) + rng.uniform(0, 6.3))
    # The flap leaves the wall gradually where the dissection begins and ends.
    begins = 1.0 if from_mm <= 0 else np.clip((arc - from_mm) / 20.0, 0.0, 1.0)
    ends = np.clip((to_mm - arc) / 20.0, 0.0, 1.0) if to_mm < arc[-1] else 1.0
    there = begins * ends
    offset = np.where(there > 0, middle + (1.0 - there) * (1.0 - middle), 2.0)
    for tear in rng.uniform(from_mm, to_mm, int(rng.integers(0, 3))):
        offset = np.where(np.abs(arc - tear) < rng.uniform(2.0, 5.0), 2.0, offset)
    flap = Flap(turn, offset, float(rng.uniform(-0.35, 0.35)), float(rng.uniform(0.9, 2.0)), false_hu, layers)
    return replace(tube, flap=flap)

"""Plaques and stents on a radiograph: sampled in the coordinates of their vessel, exact to fractions of a pixel."""

from __future__ import annotations

import numpy as np

from ...simulation.plaques import Plaque
from ...simulation.stents import Metal
from ...simulation.tubes import Tube
from .screen import Screen
from .solids import SOFT_HU

# Steps along and around the vessel, and below the surface, mm.
_STEP_MM, _LAYER_MM = 0.3, 0.4
# Thinner rims of a plaque are not counted for its extent.
LEAST_DEPTH_MM = 0.2


def _positions(tube: Tube, arc: np.ndarray, angle: np.ndarray, radius: np.ndarray) -> np.ndarray:
    line = tube.centerline
    index = np.clip(np.rint(arc / line.arc_mm[-1] * (len(line.points) - 1)), 0, len(line.points) - 1).astype(int)
    middle = np.stack([np.interp(arc, line.arc_mm, line.points[:, axis]) for axis in range(3)], axis=-1)
    across, aside = radius * np.cos(angle), radius * np.sin(angle)
    return middle + across[..., None] * line.normals[index] + aside[..., None] * line.binormals[index]


def _grid(tube: Tube, plaque: Plaque, step: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Return path lengths and angles of an open grid over a plaque, the outer radius, and the step of the angle."""
    line = tube.centerline
    reach = 1.2 * plaque.half_length_mm
    low, high = max(plaque.center_mm - reach, 0.0), min(plaque.center_mm + reach, float(line.arc_mm[-1]))
    arc = np.arange(low + step / 2, high, step)
    outer = np.interp(arc, line.arc_mm, tube.outer_mm) - 0.15
    if plaque.kind == "ring":
        half = np.pi
    else:
        half = min(np.pi, 1.2 * plaque.half_angle_rad)
    count = max(3, int(np.ceil(2 * half * float(np.median(outer) if len(outer) else 1.0) / step)))
    turn = 2 * half / count
    angle = plaque.angle_rad - half + turn * (np.arange(count) + 0.5)
    return arc[:, None], (angle[None, :] + np.pi) % (2 * np.pi) - np.pi, outer[:, None], turn


def plaque_points(tube: Tube, plaque: Plaque) -> tuple[np.ndarray, np.ndarray]:
    """Return points (n, 3), RAS, of a plaque and the amount at each: (HU - soft tissue) / 1000 times volume, mm³."""
    arc, angle, outer, turn = _grid(tube, plaque, _STEP_MM)
    if not len(arc):
        return np.zeros((0, 3)), np.zeros(0)
    depth = plaque.depth_mm(arc, angle)
    layers = max(1, int(np.ceil(plaque.thickness_mm / _LAYER_MM)))
    rows, columns = np.nonzero(depth > 0)
    depth, arc, angle = depth[rows, columns], arc[rows, 0], angle[0, columns]
    surface = outer[rows, 0] + plaque.bulge_mm * depth / plaque.thickness_mm
    points, amounts = [], []
    for layer in range(layers):
        below = depth * (layer + 0.5) / layers
        radius = surface - below
        hu = plaque.density_hu(arc, angle, depth, below)
        points.append(_positions(tube, arc, angle, radius))
        amounts.append((hu - SOFT_HU) / 1000 * (_STEP_MM * turn) * np.maximum(radius, 0.0) * depth / layers)
    return np.concatenate(points), np.concatenate(amounts)


def surface_points(tube: Tube, plaque: Plaque, step: float) -> np.ndarray:
    """Return points (n, 3), RAS, in the middle of a plaque's depth wherever it is deep enough to count."""
    arc, angle, outer, _ = _grid(tube, plaque, step)
    if not len(arc):
        return np.zeros((0, 3))
    depth = plaque.depth_mm(arc, angle)
    rows, columns = np.nonzero(depth >= min(LEAST_DEPTH_MM, 0.5 * plaque.thickness_mm))
    depth = depth[rows, columns]
    radius = outer[rows, 0] + plaque.bulge_mm * depth / plaque.thickness_mm - 0.5 * depth
    return _positions(tube, arc[rows, 0], angle[0, columns], radius)


def add_plaques(screen: Screen, tube: Tube, plaques: list[Plaque], channel: str) -> None:
    """Add plaques of one artery to a channel."""
    for plaque in plaques:
        points, amounts = plaque_points(tube, plaque)
        if len(points):
            screen.add(channel, points, amounts)


def add_metal(screen: Screen, tube: Tube, metal: Metal, channel: str) -> None:
    """Add the wires of a stent or of one tube of a stent graft."""
    line = tube.centerline
    arc = np.arange(max(metal.start_mm, 0.0), min(metal.end_mm, float(line.arc_mm[-1])), 0.25)
    if not len(arc):
        return
    middle, wide = metal.course(tube)
    index = np.clip(np.rint(arc / line.arc_mm[-1] * (len(line.points) - 1)), 0, len(line.points) - 1).astype(int)
    radius = wide[index][:, None, None]
    turn = 0.25 / max(float(np.median(radius)), 1.0)
    angle = np.arange(-np.pi, np.pi, turn)[None, :, None]
    depth = np.arange(-0.55, 0.56, 0.22)[None, None, :]
    place = np.broadcast_arrays(arc[:, None, None], radius + depth, angle, radius)
    solid = metal.metal(*place)
    rows, columns, layers = np.nonzero(solid)
    if not len(rows):
        return
    distance = radius[rows, 0, 0] + depth[0, 0, layers]
    points = _positions(tube, arc[rows], angle[0, columns, 0], distance)
    if middle is not None:
        shift = middle[index[rows]]
        points = points + shift[:, :1] * line.normals[index[rows]] + shift[:, 1:] * line.binormals[index[rows]]
    screen.add(channel, points, metal.hu / 1000 * 0.25 * 0.22 * turn * np.maximum(distance, 0.0))

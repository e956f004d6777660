"""Folded phantoms: one artery that bends back until its walls touch, with the true length along its axis.

The axis is a dense chain of points, made of straight lines, arcs and helices in a frame of its own, so that limbs
can be brought as near to each other as one likes. A voxel belongs to the artery where its centre lies within the
radius of the axis; its true length is that of the nearest point of the axis.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from AbdominalCalcificationLib.geometry import Volume
from phantoms import LUMEN_HU, Tube, grid_over, label_of

STEP_MM = 0.05
SHAPES = ("hairpin", "drop", "loop", "zigzag", "kink")


def _line(start, heading, length_mm):
    along = np.arange(STEP_MM, length_mm + STEP_MM / 2, STEP_MM)[:, None]
    return start + along * heading


def _arc(start, heading, side, bend_mm, degrees, rise_mm=0.0):
    """Return an arc that bends towards `side`, and meanwhile rises across the plane of the bend."""
    angle = np.arange(0, np.radians(abs(degrees)), STEP_MM / bend_mm)[1:, None]
    across = np.cross(heading, side)
    lift = rise_mm * (angle / np.radians(abs(degrees))) * across
    return start + bend_mm * (np.sin(angle) * heading + (1 - np.cos(angle)) * side) + lift


class _Pen:
    """Draws an axis in a plane, with a lift across it."""

    def __init__(self):
        self.points, self.heading, self.side = [np.zeros((1, 3))], np.array([0.0, 0, -1]), np.array([1.0, 0, 0])

    @property
    def _last(self):
        return self.points[-1][-1]

    def line(self, length_mm):
        if length_mm > STEP_MM:
            self.points.append(_line(self._last, self.heading, length_mm))
        return self

    def arc(self, bend_mm, degrees, rise_mm=0.0):
        """Bend to the left (positive degrees) or to the right."""
        sign = np.sign(degrees)
        self.points.append(_arc(self._last, self.heading, sign * self.side, bend_mm, degrees, rise_mm))
        angle = np.radians(degrees)
        heading, side = self.heading, self.side
        self.heading = np.cos(angle) * heading + np.sin(angle) * side
        self.side = np.cos(angle) * side - np.sin(angle) * heading
        return self


def axis_of(shape: str, radius_mm: float, overlap_mm: float, limb_mm: float) -> np.ndarray:
    """Return the points of a folded axis from its beginning, shape (n, 3), mm, `STEP_MM` apart.

    Parameters
    ----------
    shape : str
        ``hairpin``: two limbs that touch all along. ``drop``: a narrow-necked loop in a plane, whose limbs touch at
        the neck. ``loop``: a full turn that lies on itself. ``zigzag``: three limbs that touch. ``kink``: a sharp
        fold whose limbs touch at the fold only.
    radius_mm : float
    overlap_mm : float
        How far the limbs lie inside each other (negative: how far apart).
    limb_mm : float
        Length of the limbs.
    """
    between = 2 * radius_mm - overlap_mm
    pen = _Pen().line(12 + 1.5 * radius_mm)
    if shape == "hairpin":
        pen.line(limb_mm).arc(between / 2, 180).line(limb_mm).arc(radius_mm + 8, -120)
    elif shape == "drop":
        # Out by an arc, round a large one, and back: symmetric about the neck.
        tilt = 50
        small = radius_mm + 4
        # Half the neck plus what the small arc moves sideways must be what the large arc spans.
        out = small * (1 - np.cos(np.radians(tilt)))
        large = max((between / 2 + out) / np.cos(np.radians(tilt)), limb_mm / 4)
        straight = (large * np.cos(np.radians(tilt)) - between / 2 - out) / np.sin(np.radians(tilt))
        pen.arc(small, -tilt).line(max(straight, 0)).arc(large, 180 + 2 * tilt)
        pen.line(max(straight, 0)).arc(small, -tilt).arc(radius_mm + 8, -100)
    elif shape == "loop":
        bend = max(limb_mm / (2 * np.pi), radius_mm + 1.0)
        pen.arc(bend, 360, between).line(4)
    elif shape == "zigzag":
        pen.line(limb_mm).arc(between / 2, 180).line(limb_mm).arc(between / 2, -180).line(limb_mm)
    elif shape == "kink":
        pen.line(limb_mm).arc(between / 2, 160).line(limb_mm)
    else:
        raise ValueError(shape)
    return np.concatenate(pen.line(35).points)


@dataclass(frozen=True)
class Folded:
    """A folded artery that leaves a straight aorta.

    Attributes
    ----------
    axis_ras : ndarray, shape (n, 3)
        From the ostium on.
    radius_mm : float
    name : str
        The artery's territory.
    trunk : Tube
    """

    axis_ras: np.ndarray
    radius_mm: float
    name: str
    trunk: Tube

    @property
    def along_mm(self) -> np.ndarray:
        """Length along the axis at each of its points."""
        steps = np.linalg.norm(np.diff(self.axis_ras, axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(steps)])

    def lengths_mm(self, points_ras: np.ndarray) -> np.ndarray:
        """Return the true length at the point of the axis nearest to each point."""
        return self.along_mm[cKDTree(self.axis_ras).query(points_ras)[1]]

    def painted(self, spacing_mm, rotation=None) -> tuple[Volume, Volume]:
        """Return CT and artery labels."""
        margin = self.radius_mm + 4
        ends = np.array([self.trunk.point(0), self.trunk.point(self.trunk.length_mm)])
        low = np.minimum(self.axis_ras.min(axis=0) - margin, ends.min(axis=0) - self.trunk.radius_mm - 3)
        high = np.maximum(self.axis_ras.max(axis=0) + margin, ends.max(axis=0) + self.trunk.radius_mm + 3)
        grid = grid_over(low, high, spacing_mm, rotation)
        kji = np.stack(np.indices(grid.shape), axis=-1).reshape(-1, 3)
        points = grid.ras_of_kji(kji)
        labels = np.zeros(len(points), np.uint8)
        near = cKDTree(self.axis_ras[::4]).query(points, distance_upper_bound=self.radius_mm)[0]
        labels[np.isfinite(near)] = label_of(self.name)
        labels[self.trunk.contains(points)] = label_of("aorta")
        labels = labels.reshape(grid.shape)
        hu = np.where(labels > 0, LUMEN_HU, 40).astype(np.int16)
        return Volume(hu, grid), Volume(labels, grid)


def folded(
    shape: str,
    radius_mm: float,
    overlap_mm: float = 0.0,
    limb_mm: float = 25.0,
    name: str = "common_iliac_left",
) -> Folded:
    """Return a folded artery: an iliac one leaves the aorta's lower end downwards, others leave its side."""
    axis = axis_of(shape, radius_mm, overlap_mm, limb_mm)
    trunk = Tube((0, 0, 0), (0, 0, 1), 40, max(9.0, radius_mm + 3), towards=(1, 0, 0))
    if not name.startswith("common_iliac"):
        axis = np.stack([trunk.radius_mm - axis[:, 2], axis[:, 1], 20 + axis[:, 0]], axis=1)
    return Folded(axis, radius_mm, name, trunk)

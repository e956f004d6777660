"""Smooth random deformations that fold nothing: the flow of a smooth velocity, and a rescaling with a slight turn.

The flow is computed by scaling and squaring (Arsigny et al. 2006, doi 10.1007/11866565_113): forwards it moves what is
given as points, backwards it says what lies at each voxel of a new grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..canvas import Field

LATTICE_MM = 6.0
# Volume elements shrink and grow no further, rescaling aside; the choice is ours.
LEAST_JACOBIAN, MOST_JACOBIAN = 0.5, 2.0
# The two scales of the flow, and how much it moves on each; and how crooked people lie. All ours.
_PITCHES_MM, _SPREADS_MM = (75.0, 40.0), (5.0, 1.4)
_MOST_TURN_DEG = 4.0
_MOST_SHIFT = 0.05
_MARGIN_MM = 30.0
_SQUARINGS = 6


@dataclass(frozen=True, eq=False)
class Deformation:
    """A map from the space of a label map to that of a patient, RAS mm each, and back.

    Attributes
    ----------
    matrix : ndarray, shape (3, 3)
        Rescaling and turn, after the flow.
    center : ndarray, shape (3,)
        What becomes the patient's origin, but for the flow.
    offset : ndarray, shape (3,)
        Added in the end.
    low : ndarray, shape (3,)
        First corner of the lattice of displacements, relative to `center`.
    forward, backward : ndarray, shape (3, z, y, x)
        Displacements of the flow and of its inverse, mm.
    jacobian : ndarray, shape (z, y, x)
        Of the flow.
    """

    matrix: np.ndarray
    center: np.ndarray
    offset: np.ndarray
    low: np.ndarray
    forward: np.ndarray
    backward: np.ndarray
    jacobian: np.ndarray

    def to_patient(self, points: np.ndarray) -> np.ndarray:
        """Return where points of the label map, shape (n, 3), lie in the patient."""
        place = np.asarray(points, float) - self.center
        return (place + _at(self.forward, place, self.low)) @ self.matrix.T + self.offset

    def to_labels(self, points: np.ndarray) -> np.ndarray:
        """Return where points of the patient, shape (n, 3), lie in the label map."""
        place = (np.asarray(points, float) - self.offset) @ np.linalg.inv(self.matrix).T
        return place + _at(self.backward, place, self.low) + self.center

    def growth(self, points: np.ndarray) -> np.ndarray:
        """Return by how much lengths grow on average at points of the label map, shape (n, 3)."""
        place = np.asarray(points, float) - self.center
        volume = _at(self.jacobian[None], place, self.low)[:, 0] * np.linalg.det(self.matrix)
        return np.cbrt(volume)

    def moved(self, offset: np.ndarray) -> Deformation:
        """Return the same with the patient's origin moved by `offset`."""
        return Deformation(self.matrix, self.center, self.offset + offset, self.low, self.forward, self.backward,
                           self.jacobian)  # fmt: skip


class DeformationSource:
    """The deformations of one patient, from none to the whole strength.

    Parameters
    ----------
    rng : Generator
    low, high : ndarray, shape (3,)
        Corners of the label map, RAS mm.
    center : ndarray, shape (3,)
    """

    def __init__(self, rng: np.random.Generator, low: np.ndarray, high: np.ndarray, center: np.ndarray):
        self._center = np.asarray(center, float)
        # How much patients differ in size and in proportions, and how crooked they lie; the ranges are ours.
        size = np.exp(rng.uniform(-0.12, 0.14)) * np.exp(rng.uniform(-0.06, 0.06, 3))
        extent = high - low
        # What lies at the rim moves by a small part of the map along each axis, so that thin slabs stay in view.
        room = _MOST_SHIFT * extent
        turn = np.array([min(room[a] / extent[b], room[b] / extent[a]) * 2.0 for a, b in ((1, 2), (2, 0), (0, 1))])
        turn = np.minimum(turn, np.deg2rad(_MOST_TURN_DEG)) * rng.uniform(-1.0, 1.0, 3)
        self._matrix = _turn(*turn) @ np.diag(size)
        self._low = low - center - _MARGIN_MM
        counts = np.ceil((high - center + _MARGIN_MM - self._low) / LATTICE_MM).astype(int) + 1
        x, y, z = (self._low[axis] + LATTICE_MM * np.arange(counts[axis]) for axis in range(3))
        self._velocity = np.zeros((3, len(z), len(y), len(x)), np.float32)
        for pitch_mm, spread_mm in zip(_PITCHES_MM, _SPREADS_MM, strict=True):
            for axis in range(3):
                most_mm = min(spread_mm, spread_mm / _SPREADS_MM[0] * float(room[axis]))
                self._velocity[axis] += Field(rng, pitch_mm, most_mm)(x, y, z)

    def at(self, strength: float) -> Deformation:
        """Return the deformation whose flow has that share, 0 to 1, of its strength, or less where it would fold."""
        while True:
            forward, backward = (_flow(sign * strength * self._velocity) for sign in (1.0, -1.0))
            jacobian = _jacobian(forward)
            if jacobian.min() >= LEAST_JACOBIAN and jacobian.max() <= MOST_JACOBIAN:
                zero = np.zeros(3)
                return Deformation(self._matrix, self._center, zero, self._low, forward, backward, jacobian)
            strength *= 0.8


def _turn(about_x: float, about_y: float, about_z: float) -> np.ndarray:
    """Return the matrix of three small turns, radians."""
    matrix = np.eye(3)
    for (a, b), angle in zip(((1, 2), (2, 0), (0, 1)), (about_x, about_y, about_z), strict=True):
        turn = np.eye(3)
        turn[a, a] = turn[b, b] = np.cos(angle)
        turn[a, b], turn[b, a] = -np.sin(angle), np.sin(angle)
        matrix = turn @ matrix
    return matrix


def _flow(velocity: np.ndarray) -> np.ndarray:
    """Return the displacements, shape (3, z, y, x) in mm, after a unit of time along a velocity that stands still."""
    shift = velocity / 2.0**_SQUARINGS
    places = np.indices(shift.shape[1:], dtype=np.float32)
    for _ in range(_SQUARINGS):
        at = places + shift[::-1] / np.float32(LATTICE_MM)
        shift = shift + np.stack([ndimage.map_coordinates(part, at, order=1, mode="nearest") for part in shift])
    return shift


def _jacobian(shift: np.ndarray) -> np.ndarray:
    """Return the determinant of the derivative of a place plus its displacement."""
    matrix = np.empty((*shift.shape[1:], 3, 3), np.float32)
    for axis in range(3):
        slopes = np.gradient(shift[axis], LATTICE_MM)
        for along in range(3):
            matrix[..., axis, along] = slopes[2 - along] + (axis == along)
    return np.linalg.det(matrix)


def _at(values: np.ndarray, place: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Return values of a lattice, shape (c, z, y, x), at places (x, y, z), shape (n, 3), as (n, c)."""
    at = ((place - low) / LATTICE_MM).T[::-1].astype(np.float32)
    return np.stack([ndimage.map_coordinates(part, at, order=1, mode="nearest") for part in values], axis=1)

"""Which piece is the aorta: the one tube in front of the spine, with what continues it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .body import Body
from .constants import BEHIND_MM, BESIDE_MM, GAP_MM, LEAST_BONE_CM2, LEAST_BONE_ML, LOWER_SHARE, SPINE_SHARE
from .pieces import Piece, Pieces, attached

# Height of a level, and distance of the samples behind it.
_LEVEL_MM, _SAMPLE_MM = 3.0, 5.0
# Levels over which the direction of the aorta is taken.
_SPAN_MM = 15.0
# Why a piece is left out.
TOO_FAR = f"more than {GAP_MM:g} mm from the aorta"


@dataclass(frozen=True, eq=False)
class Axis:
    """The middle of the aorta, from below upwards.

    Attributes
    ----------
    points : ndarray, shape (n, 3)
        RAS, mm: of each level the mean of its voxels.
    """

    points: np.ndarray

    @property
    def lowest_mm(self) -> float:
        """Its lower end along S."""
        return float(self.points[0, 2])

    @property
    def length_mm(self) -> float:
        """Along S."""
        return float(self.points[-1, 2] - self.points[0, 2]) + _LEVEL_MM

    def at(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the middle nearest to a point, and the unit direction there, upwards."""
        here = self.points[np.linalg.norm(self.points - point, axis=1).argmin()]
        around = self.points[np.abs(self.points[:, 2] - here[2]) <= _SPAN_MM]
        along = around[-1] - around[0]
        length = np.linalg.norm(along)
        return here, along / length if length > 0 else np.array([0.0, 0.0, 1.0])


def axis_of(pieces: list[Piece]) -> Axis:
    """Return the middle of the aorta that some pieces make up."""
    return Axis(_levels(np.concatenate([each.points for each in pieces])))


def _levels(points: np.ndarray) -> np.ndarray:
    level = np.floor((points[:, 2] - points[:, 2].min()) / _LEVEL_MM).astype(int)
    count = np.bincount(level)
    sums = np.stack([np.bincount(level, points[:, axis]) for axis in range(3)], axis=1)
    return sums[count > 0] / count[count > 0, None]


def spine_share(points: np.ndarray, body: Body, arteries: np.ndarray) -> float:
    """Return at which part of its levels a piece, as RAS points, has a vertebra behind it.

    Parameters
    ----------
    points : ndarray, shape (n, 3)
    body : Body
    arteries : ndarray, shape (k, j, i)
        Non-zero in all arteries: they are no bone, however bright.
    """
    middle = _levels(points)
    right, back = np.meshgrid(
        np.arange(-BESIDE_MM, BESIDE_MM + 1, _SAMPLE_MM), np.arange(_SAMPLE_MM, BEHIND_MM + 1, _SAMPLE_MM)
    )
    offsets = np.stack([right.ravel(), -back.ravel(), np.zeros(right.size)], axis=1)
    bone = body.bone_at((middle[:, None] + offsets).reshape(-1, 3), arteries).reshape(len(middle), -1)
    bone_cm2 = np.count_nonzero(bone, axis=1) * _SAMPLE_MM**2 / 100
    return float(np.mean(bone_cm2 >= LEAST_BONE_CM2))


def choose_trunk(pieces: Pieces, label: int, body: Body) -> list[Piece]:
    """Return the pieces of the aorta, and leave out all others that are called so.

    The abdominal aorta is the lowest of the long pieces, from below upwards, that have a vertebra behind them at most
    levels: others are the aorta of the chest. Where the field shows no bone, it is the largest piece. What lies within
    the attachment distance of it, or of what is attached already, is its continuation: a dissected or stented aorta is
    one.
    """
    called = pieces.of(label)
    if not called:
        return []
    if body.bone_ml(pieces.volume.array) >= LEAST_BONE_ML:
        before = [each for each in called if spine_share(each.points, body, pieces.volume.array) >= SPINE_SHARE]
        if not before:
            for each in called:
                each.leave_out("not in front of the spine")
            return []
        lengths_mm = [float(np.ptp(each.points[:, 2])) for each in before]
        least_mm = LOWER_SHARE * max(lengths_mm)
        long = [each for each, length_mm in zip(before, lengths_mm, strict=True) if length_mm >= least_mm]
        trunk = [min(long, key=lambda each: float(each.points[:, 2].min()))]
    else:
        trunk = [called[0]]
    continued, rest = attached(trunk, [each for each in called if each is not trunk[0]], GAP_MM)
    for each in rest:
        each.leave_out(TOO_FAR)
    return [*trunk, *continued]

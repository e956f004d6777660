"""Plaques: the connected pieces of a whole calcification mask, however it is shortened and assigned afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..geometry import Volume
from ..geometry.pieces import Runs, pieces_steps
from ..inference.certainty import unpacked_signs
from ..progress import Progress, Steps

_STAGE = Progress("Weighing how certain the calcification is", 0.5)
# Signs of so much calcification that say neither yes nor no are added to those of a plaque, mm3: a speck says little.
_PRIOR_MM3 = 10.0


@dataclass(frozen=True, eq=False)
class Plaques:
    """The 26-connected pieces of a calcification mask.

    Attributes
    ----------
    voxels : ndarray of int64, shape (n,)
        Flat indices of the calcified voxels, rising.
    number : ndarray of int32, shape (n,)
        Of the plaque of each, from 0.
    signs : list of (float, float, float), one for each plaque
        Mean probability of its voxels, the share that a second look found again, and its volume in mm³.
    """

    voxels: np.ndarray
    number: np.ndarray
    signs: list[tuple[float, float, float]]


def plaques_steps(calcification: Volume, packed: np.ndarray) -> Steps[Plaques]:
    """Find the plaques of a mask, and the signs of each.

    Parameters
    ----------
    calcification : Volume
        Non-zero where calcified.
    packed : ndarray of uint8, shape of the mask
        What :func:`..inference.certainty.packed_signs` returned of it, or of a larger one.
    """
    voxels = np.flatnonzero(calcification.array)
    yield _STAGE
    where = np.unravel_index(voxels, calcification.array.shape)
    everything = tuple(slice(0, size) for size in calcification.array.shape)
    count, number = yield from pieces_steps(Runs(np.stack(where, axis=1), everything), _STAGE)
    probability, again = unpacked_signs(packed[where])
    size = np.bincount(number, minlength=count)
    certain, found_again = (np.bincount(number, each, count) / size for each in (probability, again))
    columns = (certain, found_again, size * calcification.grid.voxel_volume_mm3)
    return Plaques(voxels, number, list(zip(*(each.tolist() for each in columns), strict=True)))


def shares(signs: tuple[float, float, float]) -> tuple[float, float]:
    """Return the signs of a plaque as calibrations take them: the smaller it is, the nearer to one half."""
    *said, volume_mm3 = signs
    certain, again = ((each * volume_mm3 + _PRIOR_MM3 / 2) / (volume_mm3 + _PRIOR_MM3) for each in said)
    return certain, again

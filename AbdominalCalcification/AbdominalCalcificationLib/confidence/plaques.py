"""Plaques: the connected pieces of a whole calcification mask, however it is shortened and assigned afterwards."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..geometry import Volume
from ..geometry.pieces import Runs, pieces_steps
from ..inference.certainty import unpacked_signs
from ..progress import Progress, Steps

_STAGE = Progress("Weighing how certain the calcification is", 0.5)
# Signs of so much calcification that say neither yes nor no are added to those of a plaque, mm3: a speck says little.
_PRIOR_MM3 = 10.0
# Networks are certain of struts of stents, too, which are brighter than this (`sense.constants.STRUT_HU`) where most
# plaques are darker: beyond it a plaque's mean speaks against it, by one unit of log odds each step.
_METAL_HU, _METAL_STEP_HU = 1000.0, 100.0


@dataclass(frozen=True, eq=False)
class Plaques:
    """The 26-connected pieces of a calcification mask.

    Attributes
    ----------
    voxels : ndarray of int64, shape (n,)
        Flat indices of the calcified voxels, rising.
    number : ndarray of int32, shape (n,)
        Of the plaque of each, from 0.
    signs : list of (float, float, float, float), one for each plaque
        Mean probability of its voxels, the share that a second look found again, its volume in mm³, and its mean HU.
    """

    voxels: np.ndarray
    number: np.ndarray
    signs: list[tuple[float, float, float, float]]


def plaques_steps(ct: Volume, calcification: Volume, packed: np.ndarray) -> Steps[Plaques]:
    """Find the plaques of a mask, and the signs of each.

    Parameters
    ----------
    ct, calcification : Volume
        HU, and non-zero where calcified.
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
    certain, found_again, hu = (
        np.bincount(number, each, count) / size for each in (probability, again, ct.array[where])
    )
    columns = (certain, found_again, size * calcification.grid.voxel_volume_mm3, hu)
    return Plaques(voxels, number, list(zip(*(each.tolist() for each in columns), strict=True)))


def shares(signs: tuple[float, float, float, float]) -> tuple[float, float, float]:
    """Return the signs of a plaque as calibrations take them, all from 0 to 1.

    Probability and share are the nearer to one half the smaller it is; the third falls with its mean HU.
    """
    *said, volume_mm3, hu = signs
    certain, again = ((each * volume_mm3 + _PRIOR_MM3 / 2) / (volume_mm3 + _PRIOR_MM3) for each in said)
    brighter = min(max((hu - _METAL_HU) / _METAL_STEP_HU, -30.0), 30.0)
    return certain, again, 1.0 / (1.0 + math.exp(brighter))

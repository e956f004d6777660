"""Two phases in one stack that nothing but their pixels tells apart."""

from __future__ import annotations

import numpy as np

from ..hounsfield import AIR_HU

# So many places along each side are compared.
_SAMPLES = 128
# With what period phases may alternate, and in how many slices one after the other they must do so; fewer where the
# stack has no more. Phases differ by 100 HU and more in the arteries; in single scans (real ones of 1.5 and 2 mm,
# simulated ones) no 4 places alternate by 20 HU.
_WINDOWS = {2: (16, 12), 3: (24, 24)}
_LEAST_HU = 40.0
_LEAST_PLACES, _LEAST_SHARE = 4, 5e-4
# The mean of one period around a slice.
_MEANS = {2: (0.25, 0.5, 0.25), 3: (1 / 3, 1 / 3, 1 / 3)}


def alternating_phases(array: np.ndarray) -> tuple[int, float] | None:
    """Return with which period slices of different contrast alternate, and by how many HU; None where none do.

    Anatomy changes along the body, but not to and fro with every slice. A place alternates where all slices of one
    phase are brighter, against the mean of their neighbourhood, than all of another phase within 16 slices (24 for
    three phases).

    Parameters
    ----------
    array : ndarray, shape (k, j, i)
        HU.
    """
    samples = _sampled(array)
    for period, (usual, least) in _WINDOWS.items():
        window = usual if len(samples) >= usual + 2 else least
        for first in range(0, len(samples) - window - 1, window // 2):
            difference = _alternation(_residual(samples[first : first + window + 2], period), period)
            found = difference > _LEAST_HU
            if np.count_nonzero(found) >= max(_LEAST_PLACES, _LEAST_SHARE * found.size):
                return period, float(np.median(difference[found]))
    return None


def _sampled(array: np.ndarray) -> np.ndarray:
    """Return the means of two by two pixels, so many along each side that they stand for all: shape (k, j, i)."""
    step = max(2, round(max(array.shape[1:]) / _SAMPLES))
    rows, columns = (n // step for n in array.shape[1:])
    samples = np.zeros((len(array), rows, columns), np.float32)
    for k, plane in enumerate(array):
        for j, i in np.ndindex(2, 2):
            samples[k] += plane[j::step, i::step][:rows, :columns]
    samples /= 4
    return np.maximum(samples, AIR_HU, out=samples)


def _residual(samples: np.ndarray, period: int) -> np.ndarray:
    """Return by how much each slice but the outer ones differs from the mean of a period around it."""
    inner = max(len(samples) - 2, 0)
    return samples[1 : 1 + inner] - sum(share * samples[at : at + inner] for at, share in enumerate(_MEANS[period]))


def _alternation(residual: np.ndarray, period: int) -> np.ndarray:
    """Return for each place by how much the darkest slice of one phase is brighter than the brightest of another."""
    phases = [residual[first::period] for first in range(period)]
    darkest, brightest = [phase.min(axis=0) for phase in phases], [phase.max(axis=0) for phase in phases]
    return np.max(
        [darkest[one] - brightest[other] for one in range(period) for other in range(period) if one != other], axis=0
    )

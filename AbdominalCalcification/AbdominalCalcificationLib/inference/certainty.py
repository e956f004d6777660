"""How sure a network is of what it found: its own margins, and whether a second look finds the same.

Pure functions of the arrays of both looks, on the grid of the CT. What they return are signs, no probabilities:
:mod:`..confidence` makes these of them, for models that were calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.special import expit

from ..anatomy import TERRITORIES, territory
from .sweep import MARGIN_STEP

# A packed sign: the margin in steps of twice MARGIN_STEP, and this bit where the second look found the same.
_FOUND_AGAIN = 128
_COARSE = 2


def probability_of(margin: np.ndarray) -> np.ndarray:
    """Return the probability of a label with logits that exceed those of the next by `margin`, of these two alone."""
    return expit(np.asarray(margin, float))


def artery_signs(
    labels: np.ndarray, margins: np.ndarray, again: np.ndarray, looked_at: np.ndarray
) -> dict[str, tuple[float, float]]:
    """Return the signs of each territory that there is.

    Parameters
    ----------
    labels : ndarray of uint8, shape (k, j, i)
        Territory labels, as they are measured.
    margins : ndarray of uint8, same shape
        Of the first look, as :class:`sweep.Labels` writes them.
    again : ndarray of uint8, same shape
        Territory labels of the second look.
    looked_at : ndarray of bool, same shape
        Where there was one.

    Returns
    -------
    dict of str to (float, float)
        By name: the mean probability of its voxels, and the Dice of both looks where both looked.
    """
    where = np.flatnonzero(labels)
    label, second, both_looked = labels.flat[where], again.flat[where], looked_at.flat[where]
    count = np.bincount(label, minlength=256)
    total = np.bincount(label, probability_of(margins.flat[where] * MARGIN_STEP), minlength=256)
    first_there = np.bincount(label[both_looked], minlength=256)
    agreed = np.bincount(label[both_looked & (label == second)], minlength=256)
    second_there = np.bincount(again[looked_at], minlength=256)
    signs = {}
    for each in TERRITORIES:
        n = each.label
        if not count[n]:
            continue
        certainty = float(total[n] / count[n])
        seen = first_there[n] + second_there[n]
        signs[each.name] = certainty, (float(2 * agreed[n] / seen) if first_there[n] else certainty)
    return signs


def packed_signs(found: np.ndarray, margins: np.ndarray, again: np.ndarray) -> np.ndarray:
    """Return the signs of each calcified voxel in one byte, 0 elsewhere; :func:`unpacked_signs` reads them.

    Parameters
    ----------
    found : ndarray of uint8, shape (k, j, i)
        Non-zero where calcified.
    margins : ndarray of uint8, same shape
        Of the first look; written to and returned.
    again : ndarray, same shape
        Non-zero where the second look found calcification.
    """
    margins //= _COARSE
    np.clip(margins, 1, _FOUND_AGAIN - 1, out=margins)
    margins[again != 0] |= _FOUND_AGAIN
    margins[found == 0] = 0
    return margins


def unpacked_signs(packed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return of voxels, shape (n,), the probability, and whether they were found again."""
    margin = (packed & (_FOUND_AGAIN - 1)) * (_COARSE * MARGIN_STEP)
    return probability_of(margin), packed >= _FOUND_AGAIN


def as_territories(labels: np.ndarray, names: Mapping[str, list[str]]) -> np.ndarray:
    """Return a model's labels as those of the territories that they stand for, one each."""
    values = np.zeros(int(max([*map(int, names), labels.max(initial=0)])) + 1, np.uint8)
    for label, meant in names.items():
        values[int(label)] = territory(meant[0]).label
    return values[labels]

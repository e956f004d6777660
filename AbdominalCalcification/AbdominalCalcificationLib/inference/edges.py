"""Thin arteries, filled up to their edges by the contrast of the CT, as a model's ``dataset.json`` may say.

A network that works at 1.5 mm cannot see the edge of an artery that is two or three of its voxels wide, and calls no
artery what it is not sure of: masks become too thin. ``"edge_contrast": {"inferior_mesenteric": 0.4}`` adds to that
label what lies beside it and stands out from the surroundings by so much of the contrast of the blood. The edge of a
blurred vessel is where half of it is left (its full width at half maximum); its wall lies a little farther out. Stock
nnU-Net, which knows no such key, adds nothing; nor does the plain road. The file is part of the model's checksum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np

from ..errors import ModelError
from ..geometry import Grid, bounding_box, grown
from ..geometry.neighbourhood import dilated

KEY = "edge_contrast"
# What is added lies so near, centre to centre: of larger voxels none does, and masks on them are not too thin.
REACH_MM = 1.0
# Blood is as bright as the brightest mean of 3 x 3 x 3 voxels so near;
BLOOD_MM = 2.0
# the surroundings are so near, and beyond what blur and the wall may take.
AROUND_MM, CLEAR_MM = 4.5, 2.0
# A vessel that stands out by less has no edge to be seen, and one whose blood is not enhanced none but noise.
LEAST_CONTRAST_HU, LEAST_BLOOD_HU = 40.0, 130.0
# Gas and padding are no surroundings to measure a contrast against: darker than fat.
LEAST_AROUND_HU = -200.0
# Of blood and surroundings no more is looked at than voxels that are about so far apart.
_APART_MM = 1.1


def read_edges(folder: Path, dataset: Mapping, labels: Mapping[str, int]) -> dict[int, float]:
    """Return the part of the contrast from which on voxels are added, by label value.

    Raises
    ------
    ModelError
        Where what stands in dataset.json cannot be that.
    """
    said = dataset.get(KEY, {})
    if (
        not isinstance(said, dict)
        or not said.keys() <= labels.keys()
        or not all(isinstance(part, float) and 0 < part < 1 for part in said.values())
    ):
        raise ModelError(
            f"'{KEY}' in dataset.json of {folder} must hold, for labels of the model, a part of the contrast between "
            "0 and 1; correct the file, or remove the entry."
        )
    return {labels[name]: float(part) for name, part in said.items()}


def filled_to_edges(
    hu: np.ndarray, labels: np.ndarray, spacing_mm: Sequence[float], contrast: Mapping[int, float]
) -> np.ndarray:
    """Return labels with what touches thin arteries and is as bright as their edges.

    Parameters
    ----------
    hu : ndarray, shape (k, j, i)
    labels : ndarray of int, same shape
        Not changed.
    spacing_mm : sequence of float
        Along k, j, i.
    contrast : mapping of int to float
        As of :func:`read_edges`.
    """
    grid = Grid.from_spacing(labels.shape, tuple(spacing_mm)[::-1])
    box = bounding_box(labels) if contrast else None
    if box is None:
        return labels
    box = grown(box, AROUND_MM + REACH_MM, grid)
    filled = labels.copy()
    _fill(filled[box], hu[box], labels[box], spacing_mm, contrast)
    return filled


def _fill(
    filled: np.ndarray, hu: np.ndarray, labels: np.ndarray, spacing_mm: Sequence[float], contrast: Mapping[int, float]
) -> None:
    """Write into `filled` what is added to `labels`."""
    near_any = dilated(labels != 0, Grid.from_spacing(labels.shape, tuple(spacing_mm)[::-1]), CLEAR_MM)
    labelled = np.flatnonzero(labels)
    value_there = labels[np.unravel_index(labelled, labels.shape)]
    for value, part in contrast.items():
        vessel = labelled[value_there == value]
        if not len(vessel):
            continue
        beside = _reached(vessel, labels, _ball(spacing_mm, REACH_MM))
        blood_hu = _blood_hu(hu, labels, vessel, beside, spacing_mm)
        around_hu = _around_hu(hu, near_any, beside, spacing_mm)
        stands_out = (blood_hu - around_hu >= LEAST_CONTRAST_HU) & (blood_hu >= LEAST_BLOOD_HU)
        there = np.unravel_index(beside, labels.shape)
        # What two arteries touch belongs to the first that is filled.
        added = stands_out & (hu[there] - around_hu > part * (blood_hu - around_hu)) & (filled[there] == 0)
        filled[tuple(axis[added] for axis in there)] = value


def _ball(spacing_mm: Sequence[float], radius_mm: float, apart_mm: float = 0.0) -> np.ndarray:
    """Return the steps along k, j, i of at most `radius_mm`; of those closer than `apart_mm` some."""
    radius_mm *= 1.01  # spacings are not exact
    stride = [max(1, round(apart_mm / mm)) for mm in spacing_mm]
    reach = [int(radius_mm / (mm * n)) * n for mm, n in zip(spacing_mm, stride, strict=True)]
    ranges = (range(-far, far + 1, n) for far, n in zip(reach, stride, strict=True))
    steps = np.array([step for step in product(*ranges) if any(step)]).reshape(-1, 3)
    return steps[np.linalg.norm(steps * np.array(spacing_mm), axis=1) <= radius_mm]


def _moved(place: np.ndarray, steps: np.ndarray, shape: Sequence[int]) -> Iterator[tuple[np.ndarray, tuple]]:
    """For each step yield which of some voxels (flat) have one there, and the indices of these."""
    kji = np.stack(np.unravel_index(place, shape), axis=1)
    for step in steps:
        there = kji + step
        within = np.flatnonzero(((there >= 0) & (there < shape)).all(axis=1))
        yield within, tuple(there[within].T)


def _flat(there: tuple, chosen: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    return np.ravel_multi_index(tuple(axis[chosen] for axis in there), shape)


def _reached(vessel: np.ndarray, labels: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Return the voxels without a label at these steps from the vessel."""
    shape = labels.shape
    free = [np.unique(_flat(there, labels[there] == 0, shape)) for _, there in _moved(vessel, steps, shape)]
    return np.unique(np.concatenate(free)) if free else np.zeros(0, int)


def _blood_hu(
    hu: np.ndarray, labels: np.ndarray, vessel: np.ndarray, beside: np.ndarray, spacing_mm: Sequence[float]
) -> np.ndarray:
    """Return the brightest mean of 3 x 3 x 3 voxels of the vessel near each voxel beside it."""
    inside = np.unravel_index(vessel, labels.shape)
    value, total, count = labels[tuple(axis[0] for axis in inside)], hu[inside].astype(float), np.ones(len(vessel))
    for within, there in _moved(vessel, _ball((1.0, 1.0, 1.0), 1.8), labels.shape):
        own = labels[there] == value
        total[within] += np.where(own, hu[there], 0)
        count[within] += own
    mean = total / count
    brightest = np.full(len(beside), -np.inf)
    for within, there in _moved(beside, _ball(spacing_mm, BLOOD_MM, _APART_MM), labels.shape):
        own = labels[there] == value
        near = mean[np.searchsorted(vessel, _flat(there, own, labels.shape))]
        brightest[within[own]] = np.maximum(brightest[within[own]], near)
    return brightest


def _around_hu(hu: np.ndarray, near_any: np.ndarray, beside: np.ndarray, spacing_mm: Sequence[float]) -> np.ndarray:
    """Return the mean of the surroundings of voxels beside a vessel, without gas and what is near labels, or NaN."""
    total, count = np.zeros(len(beside)), np.zeros(len(beside))
    for within, there in _moved(beside, _ball(spacing_mm, AROUND_MM, _APART_MM), near_any.shape):
        clear = ~near_any[there] & (hu[there] >= LEAST_AROUND_HU)
        total[within[clear]] += hu[tuple(axis[clear] for axis in there)]
        count[within[clear]] += 1
    with np.errstate(invalid="ignore"):
        return total / count

"""Which way a label map lies: brought upright by exact flips, and checked against the names of what it holds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ...errors import InputError
from ...geometry.volume import Grid, Volume
from ...names import side_of, without_its_side
from .tissues import Tissue

# Middles of a pair closer to each other than this say nothing about sides.
_APART_MM = 5.0


def upright(volume: Volume) -> Volume:
    """Return a volume whose i runs to the patient's right, j to the front and k upwards, about, by exact flips."""
    matrix = volume.grid.ijk_to_ras
    directions = np.abs(matrix[:3, :3]) / volume.grid.spacing_mm
    order: list[int] = []
    for axis in range(3):
        order.append(max((n for n in range(3) if n not in order), key=lambda n: directions[axis, n]))
    # Axes of the array run the other way round than those of the matrix.
    array = np.transpose(volume.array, [2 - order[2], 2 - order[1], 2 - order[0]])
    turned = np.array(matrix)
    turned[:3, :3] = matrix[:3, order]
    for axis in range(3):
        if turned[axis, axis] < 0:
            size = array.shape[2 - axis]
            turned[:3, 3] += turned[:3, axis] * (size - 1)
            turned[:3, axis] *= -1
            array = np.flip(array, 2 - axis)
    return Volume(np.ascontiguousarray(array), Grid(array.shape, turned))


def check_places(labels: Volume, names: Mapping[int, str], tissues, arteries, artery_names, title: str) -> None:
    """Raise InputError where names and the places of what they name contradict each other.

    Checked are left and right of every pair of names, the iliac arteries below the aorta, and the spine behind it.
    """
    middles = _middles(labels, names)
    sides: dict[frozenset[str], dict[str, list[tuple[np.ndarray, int, str]]]] = {}
    for value, name in names.items():
        side = side_of(name)
        if side and value in middles:
            sides.setdefault(without_its_side(name), {}).setdefault(side, []).append((*middles[value], name))
    for pair in sides.values():
        if set(pair) != {"left", "right"}:
            continue
        left, right = (_weighted(pair[side])[0] for side in ("left", "right"))
        if left - right > _APART_MM:
            raise InputError(
                f"{title}: '{pair['left'][0][2]}' lies to the right of '{pair['right'][0][2]}'; its geometry or its "
                "table is mirrored."
            )
    value_of = {label: value for value, (_, label) in artery_names.items() if label}
    aorta = _middle(arteries == value_of[1], labels.grid)
    for label in (7, 8):
        if label in value_of and _middle(arteries == value_of[label], labels.grid)[2] > aorta[2]:
            raise InputError(f"{title}: an iliac artery lies above the aorta; its geometry is upside down.")
    bone = np.argwhere(tissues == Tissue.BONE)
    if len(bone):
        points = labels.grid.ras_of_kji(bone[:: max(1, len(bone) // 20000)])
        beside = points[np.abs(points[:, 0] - aorta[0]) < 25.0]
        if len(beside) > 50 and np.median(beside[:, 1]) > aorta[1]:
            raise InputError(f"{title}: the spine lies in front of the aorta; its geometry is turned round.")


def _middles(labels: Volume, names) -> dict[int, tuple[np.ndarray, int]]:
    """Return the middle (RAS, mm) and the number of voxels of each named value that is there."""
    array = labels.array
    size = int(array.max()) + 1
    count = np.zeros(size)
    sums = np.zeros((3, size))
    j, i = (axis.ravel() for axis in np.indices(array.shape[1:]))
    for k, plane in enumerate(array):
        flat = plane.ravel()
        here = np.bincount(flat, minlength=size)
        count += here
        sums[0] += k * here
        sums[1] += np.bincount(flat, j, size)
        sums[2] += np.bincount(flat, i, size)
    return {
        value: (labels.grid.ras_of_kji([sums[:, value] / count[value]])[0], int(count[value]))
        for value in names
        if value < size and count[value]
    }


def _weighted(members) -> np.ndarray:
    return np.average([each[0] for each in members], axis=0, weights=[each[1] for each in members])


def _middle(mask: np.ndarray, grid: Grid) -> np.ndarray:
    return grid.ras_of_kji([np.argwhere(mask).mean(axis=0)])[0]

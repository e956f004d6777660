"""What false positive calcification was taken from: bone, stones, clips, stents, the rim of true plaques."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..geometry import Volume, bounding_box, grown
from ..geometry.distances import nearest_voxels
from ..geometry.voxels import TOLERANCE_MM

RIM, ARTERY, ELSEWHERE = "rim of true calcification", "artery", "elsewhere"
REACH_MM = 2.0


def mistaken_volumes(
    prediction: Volume,
    reference: Volume,
    bystanders: Volume,
    kinds: Mapping[str, int],
    arteries: Volume,
    reach_mm: float = REACH_MM,
) -> dict[str, float]:
    """Divide the false positive volume by what it lies on.

    Each voxel of `prediction` outside `reference` goes to the nearest bystander or true plaque within
    `reach_mm` (the scanner's blur and a voxel's width), else to the artery that holds it, else elsewhere.

    Parameters
    ----------
    prediction, reference : Volume
        Calcification masks.
    bystanders : Volume
        Values of `kinds`; 0 elsewhere.
    kinds : mapping of str to int
    arteries : Volume
        Territory labels.
    reach_mm : float

    Returns
    -------
    dict of str to float
        mm³ for every kind, the rim of true calcification, artery and elsewhere; they add up to the
        false positive volume.
    """
    rim = max(kinds.values()) + 1
    names = {**kinds, RIM: rim, ARTERY: rim + 1, ELSEWHERE: 0}
    wrong = (prediction.array != 0) & (reference.array == 0)
    held = bounding_box(wrong)
    if held is None:
        return dict.fromkeys(names, 0.0)
    grid = prediction.grid
    box = grown(held, reach_mm, grid)
    wrong = wrong[box]
    sources = np.where(reference.array[box] != 0, rim, bystanders.array[box]).astype(int)
    codes = np.zeros(np.count_nonzero(wrong), int)
    if sources.any():
        distance, nearest = nearest_voxels(sources != 0, grid.cropped(box))
        near = distance[wrong] <= reach_mm + TOLERANCE_MM
        codes[near] = sources[tuple(axis[wrong][near] for axis in nearest)]
    codes[(codes == 0) & (arteries.array[box][wrong] != 0)] = rim + 1
    counts = np.bincount(codes, minlength=rim + 2) * grid.voxel_volume_mm3
    return {name: float(counts[code]) for name, code in names.items()}

"""Whether the aorta that was found lies in the abdomen or, beside the lungs, in the chest."""

from __future__ import annotations

import numpy as np

from ..flags import Flag
from ..geometry import Grid, Volume, bounding_box, grown
from ..geometry.distances import distances_mm
from .constants import LEAST_LUNG_HU, LUNG_SHARE, MOST_LUNG_HU, RECESS_MM, RING_MM, STUMP_MM

# Fine enough for a ring of 8 mm.
_STEP_MM = 2.0


def chest_flags(ct: Volume, aorta: Volume, has_limbs: bool) -> list[Flag]:
    """Flag an aorta that is measured in the chest too, or that is none of the abdomen.

    Parameters
    ----------
    ct : Volume
        HU.
    aorta : Volume
        Non-zero in the aorta, on the same grid.
    has_limbs : bool
        Whether a common iliac artery was found: then the abdominal aorta is there in full.
    """
    box = bounding_box(aorta.array)
    if box is None:
        return []
    chest_mm, abdomen_mm = _lengths_mm(ct, aorta, grown(box, RING_MM, aorta.grid))
    if chest_mm <= RECESS_MM:
        return []
    if not has_limbs and abdomen_mm < max(STUMP_MM, chest_mm):
        message = (
            f"No abdominal aorta to speak of: {chest_mm / 10:.0f} cm of the aorta lie beside the lungs, "
            f"{abdomen_mm / 10:.0f} cm below them."
        )
        return [Flag("no_abdominal_aorta", message)]
    message = f"Aorta: {chest_mm / 10:.0f} cm of it lie beside the lungs, in the chest."
    return [Flag("thoracic_aorta", message, "aorta")]


def _lengths_mm(ct: Volume, aorta: Volume, box) -> tuple[float, float]:
    """Return along how many mm, upwards, the aorta lies beside the lungs, and along how many it does not."""
    grid = aorta.grid
    up = grid.ijk_to_ras[2, :3][::-1]  # what one voxel along k, j, i rises, mm
    axis = int(np.abs(up).argmax())
    strides = [max(1, round(_STEP_MM / spacing)) for spacing in grid.plane_distances_mm[::-1]]
    every = tuple(slice(part.start, part.stop, stride) for part, stride in zip(box, strides, strict=True))
    inside = aorta.array[every] != 0
    hu = ct.array[every]
    coarse = Grid(inside.shape, grid.ijk_to_ras @ np.diag([*strides[::-1], 1]))
    ring = ~inside & (distances_mm(inside, coarse) <= RING_MM)
    others = tuple(other for other in range(3) if other != axis)
    lung = np.count_nonzero(ring & (hu > LEAST_LUNG_HU) & (hu < MOST_LUNG_HU), axis=others)
    gas = np.count_nonzero(ring & (hu <= LEAST_LUNG_HU), axis=others)
    levels = inside.any(axis=others)
    in_chest = levels & (lung - gas > LUNG_SHARE * np.count_nonzero(ring, axis=others))
    step_mm = abs(float(up[axis])) * strides[axis]
    return step_mm * np.count_nonzero(in_chest), step_mm * np.count_nonzero(levels & ~in_chest)

"""Whether the aorta that was found lies in the abdomen or, beside the lungs, in the chest."""

from __future__ import annotations

import numpy as np

from ..flags import Flag
from ..geometry import Grid, Volume, bounding_box, grown
from ..geometry.distances import distances_mm
from .constants import LEAST_LUNG_HU, LUNG_SHARE, LUNGS_WIDE_MM, MOST_LUNG_HU, RECESS_MM, RING_MM, STUMP_MM

# Fine enough for a ring of 8 mm, and for the width of the lungs.
_STEP_MM, _WIDE_STEP_MM = 2.0, 3.0
# So far towards front and back of the aorta's middle the lungs' width is looked for, mm.
_BESIDE_MM = 12.0


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
    in_chest = lung - gas > LUNG_SHARE * np.count_nonzero(ring, axis=others)
    in_chest |= _lungs_wide_mm(ct, aorta, box, axis, strides[axis]) > LUNGS_WIDE_MM
    in_chest &= levels
    step_mm = abs(float(up[axis])) * strides[axis]
    return step_mm * np.count_nonzero(in_chest), step_mm * np.count_nonzero(levels & ~in_chest)


def _lungs_wide_mm(ct: Volume, aorta: Volume, box, axis: int, stride: int) -> np.ndarray:
    """Return how wide the lungs are, mm, together, to both sides of the aorta at each of its levels.

    `axis` is the array's that rises most; every so manieth level of `box` is looked at.
    """
    grid = aorta.grid
    across = max((other for other in range(3) if other != axis), key=lambda other: abs(grid.ijk_to_ras[0, 2 - other]))
    deep = 3 - axis - across
    spacings = grid.plane_distances_mm[::-1]
    steps = [max(1, round(_WIDE_STEP_MM / spacing)) for spacing in spacings]
    reach = round(_BESIDE_MM / spacings[deep])
    widths = []
    for level in range(box[axis].start, box[axis].stop, stride):
        place = [np.s_[:], np.s_[:], np.s_[:]]
        place[axis] = level
        rows = np.flatnonzero(aorta.array[tuple(place)].any(axis=0 if across < deep else 1))
        if not len(rows):
            widths.append(0.0)
            continue
        middle = int(rows.mean())
        place[deep] = slice(max(middle - reach, 0), middle + reach + 1, steps[deep])
        place[across] = slice(None, None, steps[across])
        hu = ct.array[tuple(place)]
        lung = (hu > LEAST_LUNG_HU) & (hu < MOST_LUNG_HU)
        per_row = np.count_nonzero(lung, axis=0 if across < deep else 1) * steps[across] * spacings[across]
        widths.append(float(np.median(per_row)))
    return np.array(widths)

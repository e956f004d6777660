"""Whether the aorta that was found lies in the abdomen or, beside the lungs, in the chest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from ..flags import Flag
from ..geometry import Box, Grid, Volume, bounding_box, grown
from ..geometry.distances import distances_mm
from .constants import (
    LEAST_LUNG_HU,
    LUNG_SHARE,
    LUNGS_WIDE_MM,
    LUNGS_WIDE_SHARE,
    MOST_LUNG_HU,
    RECESS_MM,
    RING_MM,
    STUMP_MM,
)

# Fine enough for a ring of 8 mm; for lungs that are wide; and levels at which these are looked for.
_STEP_MM, _WIDE_STEP_MM, _WIDE_LEVEL_MM = 2.0, 3.0, 4.0
# So far towards front and back of the aorta's middle the lungs' width is looked for.
_BESIDE_MM = 12.0
# Padding is darker than any air.
_PADDING_HU = -1024.0
# As wide as three samples: what is left of the blurred edge of air is narrower, and lungs are not.
_NO_EDGE = np.ones((1, 3), bool)


def chest_flags(ct: Volume, aorta: Volume, has_limbs: bool, first: Sequence[int] = (0, 0, 0)) -> list[Flag]:
    """Flag an aorta that is measured in the chest too, or that is none of the abdomen.

    Parameters
    ----------
    ct : Volume
        HU, as wide as the scanner made it: lungs may lie far from the aorta.
    aorta : Volume
        Non-zero in the aorta, with at least 8 mm around it where the CT has as much.
    has_limbs : bool
        Whether a common iliac artery was found: then the abdominal aorta is there in full.
    first : sequence of int
        k, j, i of the CT's voxel that is the first one of `aorta`.
    """
    box = bounding_box(aorta.array)
    if box is None:
        return []
    chest_mm, abdomen_mm = _lengths_mm(ct, aorta, grown(box, RING_MM, aorta.grid), first)
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


def _lengths_mm(ct: Volume, aorta: Volume, box: Box, first: Sequence[int]) -> tuple[float, float]:
    """Return along how many mm, upwards, the aorta lies beside the lungs, and along how many it does not."""
    grid = aorta.grid
    up = grid.ijk_to_ras[2, :3][::-1]  # what one voxel along k, j, i rises, mm
    axis = int(np.abs(up).argmax())
    strides = [max(1, round(_STEP_MM / spacing)) for spacing in grid.plane_distances_mm[::-1]]
    every = tuple(slice(part.start, part.stop, stride) for part, stride in zip(box, strides, strict=True))
    inside = aorta.array[every] != 0
    hu = ct.array[tuple(slice(part.start + a, part.stop + a, part.step) for part, a in zip(every, first, strict=True))]
    coarse = Grid(inside.shape, grid.ijk_to_ras @ np.diag([*strides[::-1], 1]))
    ring = ~inside & (distances_mm(inside, coarse) <= RING_MM)
    others = tuple(other for other in range(3) if other != axis)
    lung = np.count_nonzero(ring & (hu > LEAST_LUNG_HU) & (hu < MOST_LUNG_HU), axis=others)
    gas = np.count_nonzero(ring & (hu <= LEAST_LUNG_HU), axis=others)
    levels = inside.any(axis=others)
    in_chest = lung - gas > LUNG_SHARE * np.count_nonzero(ring, axis=others)
    step_mm = abs(float(up[axis])) * strides[axis]
    known = np.flatnonzero(levels & ~in_chest)
    # Lungs that are wide here are wide some mm above and below.
    looked = known[:: max(1, round(_WIDE_LEVEL_MM / step_mm))]
    if len(looked):
        wide = np.array(
            [_between_wide_lungs(ct, aorta, axis, every[axis].start + strides[axis] * k, first) for k in looked]
        )
        in_chest[known] = wide[np.abs(known[:, None] - looked).argmin(axis=1)]
    in_chest &= levels
    return step_mm * np.count_nonzero(in_chest), step_mm * np.count_nonzero(levels & ~in_chest)


def _between_wide_lungs(ct: Volume, aorta: Volume, axis: int, level: int, first: Sequence[int]) -> bool:
    """Return whether the lungs, together, fill much of the body's width beside the aorta at one of its levels.

    `axis` is the array's that rises most, `level` an index of the aorta's array along it.
    """
    matrix = np.abs(ct.grid.ijk_to_ras[0, :3][::-1])
    across = max((other for other in range(3) if other != axis), key=lambda other: matrix[other])
    deep = 3 - axis - across
    spacings = ct.grid.plane_distances_mm[::-1]
    section = np.take(aorta.array, level, axis=axis)
    rows = np.flatnonzero(section.any(axis=0 if across < deep else 1))
    middle, reach = int(rows.mean()) + first[deep], round(_BESIDE_MM / spacings[deep])
    place: list[int | slice] = [0, 0, 0]
    place[axis] = level + first[axis]
    place[deep] = slice(max(middle - reach, 0), middle + reach + 1)
    place[across] = slice(None)
    band = ct.array[tuple(place)]
    steps = [max(1, round(_WIDE_STEP_MM / spacings[each])) for each in (deep, across)]
    lung, body = lungs_and_body(_averaged(band.T if across < deep else band, steps))
    step_mm = steps[1] * spacings[across]
    lung_mm, body_mm = (float(np.median(np.count_nonzero(each, axis=1))) * step_mm for each in (lung, body))
    return lung_mm > min(LUNGS_WIDE_MM, LUNGS_WIDE_SHARE * body_mm)


def _averaged(plane: np.ndarray, steps: Sequence[int]) -> np.ndarray:
    """Return the means of blocks of a plane: of so many voxels along each axis, at its ends of those that are there."""
    values: np.ndarray = np.clip(plane.astype(np.float32), _PADDING_HU, None)
    for axis, step in enumerate(steps):
        starts = np.arange(0, values.shape[axis], step)
        counts = np.diff(np.append(starts, values.shape[axis]))
        sums = np.add.reduceat(values, starts, axis=axis)
        values = sums / (counts[:, None] if axis == 0 else counts)
    return values


def lungs_and_body(band: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which samples of a band from side to side are lung, and which lie in the body.

    Gas that reaches an end of the band is the air beside the patient, or what the scanner filled its field up with.
    Of what is left, connected and as dark as lung, the median says whether it is lung or gas (of bowel, in the pleura,
    between arm and trunk): emphysema holds voxels as dark as gas, and gas has an edge as bright as lung.

    Parameters
    ----------
    band : ndarray of float32, shape (rows, columns)
        HU; columns lead from one side of the patient to the other.
    """
    smooth = ndimage.median_filter(band, 3, mode="nearest")
    gas, _ = ndimage.label(smooth <= LEAST_LUNG_HU)
    outer = np.setdiff1d(np.concatenate([gas[:, 0], gas[:, -1]]), [0])
    body = ~np.isin(gas, outer)
    dark = ndimage.binary_opening(body & (smooth < MOST_LUNG_HU), _NO_EDGE)
    parts, count = ndimage.label(dark)
    if not count:
        return dark, body
    medians = ndimage.median(smooth, parts, np.arange(count + 1))
    is_lung = medians > LEAST_LUNG_HU
    is_lung[0] = False
    return is_lung[parts], body

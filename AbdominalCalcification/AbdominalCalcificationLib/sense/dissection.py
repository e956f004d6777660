"""Dissections: a dark flap that parts the lumen of the aorta in two."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from ..anatomy import TERRITORIES
from ..flags import Flag
from ..geometry import Volume, bounding_box
from ..progress import Steps
from .constants import FLAP_BLOOD_HU, FLAP_CONTRAST, FLAP_MM, LUMEN_SHARE
from .stents import LOOKING

# Tissue without contrast medium, and clot.
_TISSUE_HU = 50.0
# Noise is smoothed by so many voxels within a plane.
_SMOOTH = 0.7
# Planes between those that show a flap, in mm.
_GAP_MM = 4.0


def dissection_steps(ct: Volume, arteries: Volume) -> Steps[list[Flag]]:
    """Flag, in short steps, an aorta whose lumen a dark flap parts in two, plane after plane.

    In an axial plane the lumen is parted where what is nearly as bright as the enhanced blood, within the aorta's mask,
    forms at least two pieces that each hold a share of it. Clot on one side parts nothing. Needs an enhanced lumen.
    """
    trunk = TERRITORIES[0]
    box = bounding_box(arteries.array == trunk.label)
    if box is None:
        return []
    hu, inside = ct.array[box].astype(np.float32), arteries.array[box] == trunk.label
    axis = int(np.abs(ct.grid.ijk_to_ras[2, :3][::-1]).argmax())
    blood_hu = float(np.median(hu[inside & (hu > _TISSUE_HU)])) if (inside & (hu > _TISSUE_HU)).any() else 0.0
    if blood_hu < FLAP_BLOOD_HU:
        return []
    step_mm = ct.grid.plane_distances_mm[::-1][axis]
    least_hu = blood_hu - FLAP_CONTRAST * (blood_hu - _TISSUE_HU)
    parted = []
    for plane, mask in zip(np.moveaxis(hu, axis, 0), np.moveaxis(inside, axis, 0), strict=True):
        parted.append(_is_parted(plane, mask, least_hu))
        yield LOOKING
    length_mm = _longest(parted, max(1, round(_GAP_MM / step_mm))) * step_mm
    if length_mm < FLAP_MM:
        return []
    text = f"a dark line parts its lumen along {length_mm / 10:.0f} cm"
    return [Flag("dissection_suspected", f"{trunk.title}: {text}, as the flap of a dissection does.", trunk.name)]


def _is_parted(hu: np.ndarray, inside: np.ndarray, least_hu: float) -> bool:
    if not inside.any():
        return False
    smooth = ndimage.gaussian_filter(hu, _SMOOTH)
    labels, count = ndimage.label(inside & (smooth >= least_hu))
    if count < 2:
        return False
    sizes = np.sort(np.bincount(labels.ravel())[1:])
    return bool(sizes[-2] >= LUMEN_SHARE * sizes.sum())


def _longest(parted: list[bool], gap: int) -> int:
    """Return over how many planes the longest row of parted ones goes, whether single ones are missing."""
    longest = 0
    numbers = np.flatnonzero(parted)
    for row in np.split(numbers, np.flatnonzero(np.diff(numbers) > gap + 1) + 1) if len(numbers) else ():
        longest = max(longest, int(row[-1] - row[0] + 1))
    return longest

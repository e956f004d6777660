"""What is called calcification and lies in a stent."""

from __future__ import annotations

import numpy as np

from ..flags import Flag
from ..geometry import Volume
from ..progress import Steps
from .stents import Stent, find_stents_steps, in_stents
from .struts import listed_steps


def without_struts_steps(ct: Volume, arteries: Volume, calcification: Volume) -> Steps[tuple[Volume, list[Flag]]]:
    """Leave out of calcification that a model or a threshold found what lies in stents, and tell of these.

    Parameters
    ----------
    ct : Volume
        HU.
    arteries : Volume
        Territory labels.
    calcification : Volume
        Non-zero where calcified; not changed.
    """
    stents = yield from find_stents_steps(ct, arteries)
    if not stents:
        return calcification, []
    kji = yield from listed_steps(calcification.array, lambda mask: mask != 0)
    held = in_stents(kji, ct.grid, stents)
    if held.any():
        array = calcification.array.copy()
        array[tuple(kji[held].T)] = 0
        calcification = calcification.with_array(array)
    volume_mm3 = np.count_nonzero(held) * ct.grid.voxel_volume_mm3
    return calcification, stent_flags(stents, f" {volume_mm3:.1f} mm³ called calcification there were left out.")


def stent_flags(stents: list[Stent], what: str = "") -> list[Flag]:
    """Tell of stents, one flag for each territory.

    Parameters
    ----------
    stents : list of Stent
    what : str
        What was done about calcification in all of them.
    """
    flags = []
    for name in dict.fromkeys(stent.territory.name for stent in stents):
        own = [stent for stent in stents if stent.territory.name == name]
        title, length_mm = own[0].territory.title, _covered_mm(own)
        width_mm = 2 * max(float(np.median(stent.radius_mm)) for stent in own)
        text = f"{title}: a stent, {length_mm / 10:.0f} cm of struts all around {width_mm:.0f} mm of lumen.{what}"
        flags.append(Flag("stent", text, name))
    return flags


def _covered_mm(stents: list[Stent]) -> float:
    """Return the length along S that stents cover, where they overlap once."""
    length_mm, top = 0.0, -np.inf
    for stent in sorted(stents, key=lambda each: each.start_mm):
        length_mm += max(0.0, stent.end_mm - max(top, stent.start_mm))
        top = max(top, stent.end_mm)
    return length_mm

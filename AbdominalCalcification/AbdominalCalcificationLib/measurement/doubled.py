"""Stretches of a vessel that are as broad as two limbs of it: where its mask does not show the wall between them.

Where limbs touch and the vessel is a few voxels wide, or the limbs are drawn into one another, no place between them
is narrow, and :mod:`.touching` finds no wall. What is left of the second limb is a section that is too large, and
longer in one direction than across. So it is where a vessel forks, too; but there two limbs go on.
"""

from __future__ import annotations

import numpy as np

from .constants import DOUBLED_DIAMETERS, ELONGATED, LIMB_SECTION, LUMP_SECTION, THIN_VOXELS
from .course import Course, Sections


def doubled_mm(course: Course, kept_length_mm: float) -> float:
    """Return the length of the longest stretch that may hold two limbs of a vessel; 0 where there is none.

    Parameters
    ----------
    course : Course
        Of a connected piece of the vessel, by the shortest path.
    kept_length_mm : float
        Beyond it no length matters.
    """
    sections = course.sections
    near = sections.from_start_mm <= kept_length_mm + sections.thickness_mm
    if not near.any():
        return 0.0
    single_mm2 = _single_mm2(sections, near)
    area = sections.area_mm2 / single_mm2
    broad = near & (area >= LIMB_SECTION) & (sections.elongation >= ELONGATED)
    lump = _lumps(area, broad, sections.above)
    least = DOUBLED_DIAMETERS * 2 * np.sqrt(single_mm2 / np.pi) / sections.thickness_mm
    longest = 0
    for stretch in _stretches(broad, sections.above):
        if (len(stretch) >= least or lump[stretch].any()) and not _forks(stretch, sections):
            longest = max(longest, len(stretch))
    return longest * sections.thickness_mm


def thin_mm(course: Course, kept_length_mm: float) -> float:
    """Return the diameter of a vessel that is too thin for its voxels to show limbs that touch, else 0, mm.

    Parameters are those of :func:`doubled_mm`.
    """
    sections = course.sections
    near = sections.from_start_mm <= kept_length_mm + sections.thickness_mm
    if not near.any():
        return 0.0
    radius_mm = float(np.sqrt(_single_mm2(sections, near) / np.pi))
    return 2 * radius_mm if radius_mm < THIN_VOXELS * sections.voxel_mm else 0.0


def _single_mm2(sections: Sections, near: np.ndarray) -> float:
    """Return the section of one limb: most of a vessel is single, and forks make it thinner, so the lower quartile."""
    return float(np.quantile(sections.area_mm2[near], 0.25))


def _stretches(broad: np.ndarray, above: np.ndarray) -> list[list[int]]:
    """Return the rows of broad slices along the limbs of a vessel, each from its first slice to its last."""
    goes_on = np.zeros(len(broad), bool)
    goes_on[above[broad & (above >= 0)]] = True
    found = []
    for last in np.flatnonzero(broad & ~goes_on):
        stretch = [int(last)]
        while above[stretch[-1]] >= 0 and broad[above[stretch[-1]]]:
            stretch.append(int(above[stretch[-1]]))
        found.append(stretch[::-1])
    return found


def _lumps(area: np.ndarray, broad: np.ndarray, above: np.ndarray) -> np.ndarray:
    """Return which broad slices are lumps: far larger than the median of those on the way to them, if there are any."""
    result = np.zeros(len(area), bool)
    for each in np.flatnonzero(broad & (area >= LUMP_SECTION)).tolist():
        way = [int(above[each])]
        while way[-1] >= 0:
            way.append(int(above[way[-1]]))
        result[each] = len(way) > 1 and area[each] >= LUMP_SECTION * max(1.0, np.median(area[way[:-1]]))
    return result


def _forks(stretch: list[int], sections: Sections) -> bool:
    """Return whether a vessel parts behind a stretch, where no limbs that leave the stretch meet again."""
    limb_of = np.full(len(sections.above), -1)
    leaves = np.isin(sections.above, stretch)
    leaves[stretch] = False
    for each in range(stretch[0] + 1, len(limb_of)):
        limb_of[each] = each if leaves[each] else limb_of[sections.above[each]] if sections.above[each] >= 0 else -1
    first, second = limb_of[sections.meeting.T]
    meet = (first >= 0) & (second >= 0) & (first != second)
    return bool(np.count_nonzero(leaves & (sections.above == stretch[-1])) > 1 and not meet.any())

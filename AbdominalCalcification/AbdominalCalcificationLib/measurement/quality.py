"""Quality flags that the images and masks themselves raise (``measurement.md#quality-flags``)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from ..anatomy import TERRITORIES, Territory
from ..anatomy import territory as territory_named
from ..comparison.lumen import LEAST_TISSUE_HU
from ..flags import Flag
from ..geometry import Grid
from .constants import CEILING_HU, ENHANCED_HU, MOST_CALCIFIED, MOST_LISTED, THICK_MM
from .coursed import CoursedArtery, Piece
from .doubled import doubled_mm, thin_mm
from .result import TerritoryMeasurement

_SIDES = (("left", "right"), ("back", "front"), ("lower", "upper"))


def thick_slices(grid: Grid) -> list[Flag]:
    """Flag planes of voxels more than 3 mm apart, along any axis."""
    thickest = max(grid.plane_distances_mm)
    if thickest <= THICK_MM + 1e-3:
        return []
    return [Flag("thick_slices", f"Slices lie {thickest:.1f} mm apart (more than 3 mm).")]


def missing(found: Sequence[Territory], said: Collection[str] = ()) -> list[Flag]:
    """Flag territories that every patient has and that are not in the mask.

    Parameters
    ----------
    found : sequence of Territory
    said : collection of str
        Codes of flags raised before. Where one says that there is no abdominal aorta, and why, nothing was measured,
        whatever the mask holds: there is no more to say.
    """
    trunk = TERRITORIES[0]
    if trunk not in found and "no_abdominal_aorta" in said:
        return []
    absent = [territory for territory in TERRITORIES if not territory.optional and territory not in found]
    return [
        Flag("no_abdominal_aorta", f"No abdominal aorta: {territory.title} is not in the artery mask.")
        if territory.parent is None
        else Flag("territory_missing", f"{territory.title}: not in the artery mask, so not measured.", territory.name)
        for territory in absent
    ]


def attachment(
    territory: Territory, course: CoursedArtery, *, parent_found: bool, several_parts: bool, touches_speck: bool
) -> list[Flag]:
    """Flag a branch of which a part, or all, does not touch its parent, or touches it where it does not begin.

    Parameters
    ----------
    territory : Territory
    course : CoursedArtery
    parent_found : bool
        What it leaves is in the mask.
    several_parts : bool
        It begins at several separate pieces of its parent.
    touches_speck : bool
        It touches specks of its parent, at which nothing begins.
    """
    flags = []
    if several_parts:
        message = f"{territory.title}: touches separate pieces of the artery it leaves; lengths count from each."
        flags.append(Flag("territory_beginning_unclear", message, territory.name))
    if touches_speck:
        message = f"{territory.title}: touches specks of the artery it leaves; lengths do not count from there."
        flags.append(Flag("territory_touches_parent", message, territory.name))
    if course.touches_beside:
        message = f"{territory.title}: touches the artery it leaves along its course; lengths count from its end there."
        flags.append(Flag("territory_touches_parent", message, territory.name))
    if course.unclear_end:
        message = f"{territory.title}: either end may be where it begins; lengths count from the upper one."
        flags.append(Flag("territory_beginning_unclear", message, territory.name))
    if course.over_gap_mm:
        message = f"{territory.title}: attached over a gap of {max(course.over_gap_mm):.1f} mm."
        flags.append(Flag("territory_attached_over_gap", message, territory.name))
    if course.detached:
        if not parent_found:
            why = "what it leaves is not in the artery mask; lengths count from its own end"
        elif course.begins_at_parent:
            why = "a part lies too far from the rest to be attached; the straight gap counts as path"
        else:
            why = "too far from the artery it leaves; lengths count from its own nearest end"
        flags.append(Flag("territory_detached", f"{territory.title}: {why}.", territory.name))
    return flags


def touching_limbs(territory: Territory, course: CoursedArtery, kept_length_mm: float) -> list[Flag]:
    """Flag a branch of which limbs touch, or seem to, where they only pass by each other, if that changes lengths."""
    flags = []
    for piece in course.pieces:
        touch = piece.touch
        if touch is None:
            flags.extend(_doubled(territory, piece, kept_length_mm))
            continue
        short, along = f"{touch.short_mm:.1f} mm", f"{touch.along_mm:.1f} mm"
        if touch.followed:
            said = f"limbs of it touch; lengths follow the artery ({along} where the short cut has {short})"
        else:
            said = f"limbs of it may touch; lengths take the short cut ({short}, or {along} if the limbs are apart)"
        flags.append(Flag("territory_touches_itself", f"{territory.title}: {said}.", territory.name))
    return flags


def _doubled(territory: Territory, piece: Piece, kept_length_mm: float) -> list[Flag]:
    """Flag a piece that may hold limbs side by side although no wall between them is seen."""
    if not piece.may_fold:
        return []
    if broad_mm := doubled_mm(piece.course, kept_length_mm):
        message = (
            f"{territory.title}: {broad_mm:.0f} mm of it are as broad as two arteries side by side; if limbs of it "
            "touch there, lengths take the short cut."
        )
        return [Flag("territory_touches_itself", message, territory.name)]
    if wide_mm := thin_mm(piece.course, kept_length_mm):
        message = (
            f"{territory.title}: {wide_mm:.1f} mm wide, hardly two voxels; if limbs of it touch, that cannot be seen, "
            "and lengths take the short cut."
        )
        return [Flag("territory_thin", message, territory.name)]
    return []


def truncated(territory: Territory, kji: np.ndarray, grid: Grid) -> list[Flag]:
    """Flag an artery whose measured part touches a face of the volume.

    Parameters
    ----------
    territory : Territory
    kji : ndarray of int, shape (n, 3)
        Its kept voxels, as indices of the whole volume.
    grid : Grid
        Of the whole volume.
    """
    sides = []
    for axis in range(3):
        outward = grid.ijk_to_ras[:3, 2 - axis]
        ras_axis = int(np.abs(outward).argmax())
        for is_last in (False, True):
            if len(kji) and (kji[:, axis] == (grid.shape[axis] - 1 if is_last else 0)).any():
                # The first slice's outward direction is against the axis.
                sides.append(_SIDES[ras_axis][int((outward[ras_axis] > 0) == is_last)])
    if not sides:
        return []
    borders = " and ".join(sorted(set(sides))) + (" borders" if len(set(sides)) > 1 else " border")
    message = f"{territory.title}: touches the {borders} of the image."
    return [Flag("truncated_field_of_view", message, territory.name)]


def no_enhancement(hu: np.ndarray, calcified: np.ndarray, inner: np.ndarray) -> list[Flag]:
    """Flag a lumen whose median is below 150 HU.

    Parameters
    ----------
    hu : ndarray, shape (n,)
        Of all voxels of the arteries.
    calcified, inner : ndarray of bool, shape (n,)
        Which of them are calcified, and which have all six neighbours in an artery.

    Notes
    -----
    The lumen is what lies in an artery with all six neighbours and is neither calcified nor air
    (outside the scanned field); of arteries too thin for that, all that is neither.
    """
    tissue = hu > LEAST_TISSUE_HU
    lumen = ~calcified & (tissue | ~tissue.any())
    deep = inner & lumen
    chosen = deep if deep.any() else lumen
    if not chosen.any():
        return []
    median = float(np.median(hu[chosen]))
    if median >= ENHANCED_HU:
        return []
    message = f"No arterial enhancement: the median lumen is {median:.0f} HU (below {ENHANCED_HU:.0f} HU)."
    return [Flag("no_arterial_enhancement", message)]


def metal(count: int) -> list[Flag]:
    """Flag voxels at the ceiling of the CT scale within 5 mm of an artery."""
    if count == 0:
        return []
    message = f"Metal near an artery: {count} voxels at or above {CEILING_HU:.0f} HU, the ceiling of the CT scale."
    return [Flag("metal", message)]


def all_calcified(territories: Sequence[TerritoryMeasurement]) -> list[Flag]:
    """Flag territories that are hardly anything but calcification: no artery is, but a mask of plaques is."""
    return [
        Flag(
            "all_calcified",
            f"{territory_named(each.name).title}: {100 * each.burden:.0f} % of it is called calcification, "
            "which leaves no room for blood.",
            each.name,
        )
        for each in territories
        if each.burden is not None and each.burden > MOST_CALCIFIED
    ]


def given_by_hand(territory: Territory, count: int, grid: Grid, *, is_measured: bool) -> list[Flag]:
    """Flag calcification that somebody gave to a territory.

    Parameters
    ----------
    territory : Territory
    count : int
        Voxels that were given to it and are calcified now.
    grid : Grid
    is_measured : bool
        The territory is measured; else they stay where they belong by themselves.
    """
    volume = f"{count * grid.voxel_volume_mm3:.1f} mm³ of calcification ({count} voxels)"
    if is_measured:
        text = f"{volume} were given to it by hand."
    else:
        text = f"{volume} were given to it by hand, but it is not measured, so they count where they lie."
    return [Flag("reassigned_by_hand", f"{territory.title}: {text}", territory.name)]


def shredded_calcification(count: int) -> list[Flag]:
    """Flag calcification in more clusters than any disease makes."""
    if count <= MOST_LISTED:
        return []
    message = f"Calcification in {count} clusters is noise; only the {MOST_LISTED} largest are listed."
    return [Flag("mask_shredded", message)]

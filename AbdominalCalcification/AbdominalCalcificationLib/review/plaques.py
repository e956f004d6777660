"""Plaques that were missed and calcification that is none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from ..comparison.neighbourhood import near_artery_without_bone_steps
from ..errors import InputError
from ..geometry import Volume, grown
from ..progress import Progress, Steps, drain, shown
from .change import CALCIFICATION, MaskChange, amount, change_of
from .cluster_pieces import ClusterPieces
from .constants import LARGEST_PLAQUE_MM3, PICK_MM, PLAQUE_REACH_MM
from .picking import LOOKING, cut_out, picked_voxel, piece_around_steps, voxel_at

# Around what can be reached: enough to see that bone beside an artery belongs to something large.
_MARGIN_MM = 15.0
# How far is looked, one after the other, until all of a plaque is seen: most are small, and near is quick.
_PARTS_OF_REACH = (1 / 8, 1 / 3, 1)


def missed_plaque(
    ct: Volume,
    arteries: Volume,
    calcification: Volume,
    point_ras: npt.ArrayLike,
    threshold_hu: float,
    distance_mm: float = 3.0,
) -> MaskChange:
    """Do as :func:`missed_plaque_steps` in one go."""
    return drain(missed_plaque_steps(ct, arteries, calcification, point_ras, threshold_hu, distance_mm))


def missed_plaque_steps(
    ct: Volume,
    arteries: Volume,
    calcification: Volume,
    point_ras: npt.ArrayLike,
    threshold_hu: float,
    distance_mm: float = 3.0,
) -> Steps[MaskChange]:
    """Grow a plaque that the mask misses from a place in it.

    It consists of the voxels above the threshold that hang together (26 neighbours) with the one that was clicked,
    are no calcification yet, and lie in an artery or within a distance of it, but not in bone or another large dense
    neighbour (:func:`comparison.neighbourhood.near_artery_without_bone_steps`).

    Parameters
    ----------
    ct : Volume
        HU.
    arteries, calcification : Volume
        The masks, on the grid of the CT; non-zero inside.
    point_ras : array_like, shape (3,)
        Where it was clicked, RAS, mm.
    threshold_hu : float
        Voxels above it count.
    distance_mm : float
        Between voxel centres; that within which calcification is assigned to an artery.

    Returns
    -------
    MaskChange
        Of the calcification.

    Raises
    ------
    InputError
        Where nothing can be added, and where what hangs together runs away: larger than 3000 mm³, or farther than
        50 mm from the click.
    """
    for volume, name in ((arteries, "artery masks"), (calcification, "calcification mask")):
        if not volume.grid.same_as(ct.grid):
            raise InputError(f"The {name} and the CT are on different grids; align them first.")
    own = voxel_at(ct, point_ras)
    for part in _PARTS_OF_REACH:
        reach_mm = part * PLAQUE_REACH_MM
        steps = _grown_steps(ct, arteries, calcification, own, point_ras, threshold_hu, distance_mm, reach_mm)
        kji, is_whole = yield from shown(steps, Progress(f"Looking for the plaque within {reach_mm:.0f} mm", part / 2))
        if is_whole:
            break
    if not is_whole or len(kji) * ct.grid.voxel_volume_mm3 > LARGEST_PLAQUE_MM3:
        raise InputError(
            f"What is above {threshold_hu:.0f} HU here is no plaque alone: it hangs together over more than "
            f"{LARGEST_PLAQUE_MM3:.0f} mm³ or farther than {PLAQUE_REACH_MM:.0f} mm, with blood or bone most likely; "
            "raise the threshold, or paint the plaque."
        )
    what = f"{amount(len(kji), ct)} above {threshold_hu:.0f} HU"
    change = change_of(CALCIFICATION, calcification, kji, 1, f"Plaque added: {what}.")
    return replace(change, proposal=f"This plaque would be added: {what}.")


def _grown_steps(
    ct: Volume, arteries: Volume, calcification: Volume, own, point_ras, threshold_hu, distance_mm, reach_mm
) -> Steps[tuple[np.ndarray, bool]]:
    """Return what hangs together with a place, looked for up to a distance from it, and whether that is all of it."""
    reach = grown(tuple(slice(n, n + 1) for n in own.tolist()), reach_mm, ct.grid)
    box = grown(reach, _MARGIN_MM, ct.grid)
    near, artery = ct.cropped(box), arteries.array[box] != 0
    calcified = calcification.array[box] != 0
    if not artery.any():
        raise InputError("There is no artery near the place clicked; draw the artery first.")
    bright = near.array > threshold_hu
    yield LOOKING
    possible = yield from near_artery_without_bone_steps(near, artery, threshold_hu, distance_mm)
    possible &= bright & ~calcified
    seed = picked_voxel(near.with_array(possible), point_ras, lambda values: values)
    if seed is None:
        raise InputError(_why_not(near, calcified, bright, point_ras, threshold_hu, distance_mm))
    kji = yield from piece_around_steps(possible, seed)
    away = np.linalg.norm(near.grid.ras_of_kji(kji) - np.asarray(point_ras, float), axis=1).max()
    return kji + [part.start for part in box], bool(away <= reach_mm)


def _why_not(near: Volume, calcified, bright, point_ras, threshold_hu: float, distance_mm: float) -> str:
    """Return why nothing can be grown from a place."""

    def is_here(mask):
        return picked_voxel(near.with_array(mask), point_ras, lambda values: values) is not None

    if is_here(calcified & bright):
        return "The place clicked is calcification already; nothing was added."
    if is_here(bright):
        return (
            f"What is bright here lies farther than {distance_mm:g} mm from every artery, or belongs to bone or "
            "another large dense neighbour; paint it if it is a plaque."
        )
    return (
        f"Nothing within {PICK_MM:g} mm of the place clicked is above {threshold_hu:.0f} HU; lower the threshold, "
        "or paint the plaque."
    )


def remove_plaque(calcification: Volume, point_ras: npt.ArrayLike) -> MaskChange:
    """Do as :func:`remove_plaque_steps` in one go."""
    return drain(remove_plaque_steps(calcification, point_ras))


def remove_plaque_steps(calcification: Volume, point_ras: npt.ArrayLike) -> Steps[MaskChange]:
    """Remove the 26-connected piece of calcification at a place (RAS, mm).

    Raises
    ------
    InputError
        Where there is none within 2 mm.
    """
    voxel = picked_voxel(calcification, point_ras, lambda values: values != 0)
    if voxel is None:
        raise InputError(f"No calcification lies within {PICK_MM:g} mm of the place clicked; nothing was removed.")
    near, box = cut_out(calcification)
    yield LOOKING
    kji = yield from piece_around_steps(near.array != 0, voxel - [part.start for part in box])
    text = f"Calcification removed: {amount(len(kji), calcification)}."
    return change_of(CALCIFICATION, near, kji, 0, text).placed(box)


def reject_cluster(
    calcification: Volume, centroid_ras: npt.ArrayLike, voxel_count: int, extent_mm: float
) -> MaskChange:
    """Remove a cluster of a measurement from the mask: the 26-connected piece of the mask that it belongs to.

    The piece can be larger than the cluster, which does not hold what lies beyond a kept length or near no artery; the
    sentence says so then.

    Parameters
    ----------
    calcification : Volume
        The mask that was measured.
    centroid_ras, voxel_count, extent_mm
        Of the cluster (``measurement.Cluster``); RAS and lengths in mm.

    Raises
    ------
    InputError
        Where the mask holds no such piece (any more).
    """
    pieces = ClusterPieces(calcification)
    number = pieces.number_of(centroid_ras, voxel_count, extent_mm)
    if number is None:
        raise InputError("The mask holds this cluster no more; press Recompute for the clusters of the mask as it is.")
    found = pieces.voxels_of(number)
    text = f"Cluster rejected: {amount(len(found), calcification)} removed"
    if len(found) > voxel_count:
        text += f", {amount(len(found) - voxel_count, calcification)} of them beyond the kept length or near no artery"
    return change_of(CALCIFICATION, calcification, found, 0, text + ".")


def restore_voxels(calcification: Volume, kji: np.ndarray) -> MaskChange:
    """Put voxels back that were rejected.

    Parameters
    ----------
    calcification : Volume
    kji : ndarray of int, shape (n, 3)

    Raises
    ------
    InputError
        Where all of them are in the mask, or one lies outside of it.
    """
    if len(kji) == 0 or (kji < 0).any() or (kji >= calcification.grid.shape).any():
        raise InputError("What was rejected lies in another image; nothing was restored.")
    missing = int(np.count_nonzero(calcification.array[tuple(kji.T)] == 0))
    if missing == 0:
        raise InputError("What was rejected is in the mask already; nothing was restored.")
    return change_of(CALCIFICATION, calcification, kji, 1, f"Cluster restored: {amount(missing, calcification)} added.")

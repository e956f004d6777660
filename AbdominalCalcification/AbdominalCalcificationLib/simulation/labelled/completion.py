"""What a label map leaves out, filled in: beneath arteries, the spinal canal, lungs, the outline of the body."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import ConvexHull, QhullError

from ...geometry.distances import nearest_voxels
from ...geometry.volume import Grid
from .tissues import Tissue

# Organs of the belly: lungs lie above them.
_BELLY = (Tissue.LIVER, Tissue.SPLEEN, Tissue.PANCREAS, Tissue.KIDNEY, Tissue.GUT, Tissue.ADRENAL, Tissue.FLUID)
# The choices below are ours: how wide a vertebral canal is, how far lungs keep from what is drawn and from the middle.
_CANAL_MM2 = (60.0, 900.0)
_CANAL_GAP_MM = 7.0
_SPINE_MM = 60.0
_ARM_MM = 12.0
_DIAPHRAGM_MM, _DOME_MM, _MEDIASTINUM_MM, _CHEST_WALL_MM = 5.0, 30.0, 28.0, 9.0
_SMOOTH_OUTLINE_MM = 4.0
# Of the usual slice's area, so much must be labelled for a slice to be drawn completely enough.
_LEAST_DRAWN = 0.2


def drawn_slices(tissues: np.ndarray) -> slice:
    """Return the slices (k) between the first and the last that are labelled to a fair part."""
    area = np.count_nonzero(tissues.reshape(len(tissues), -1), axis=1)
    usual = np.median(area[area > 0]) if area.any() else 0
    drawn = np.flatnonzero(area >= max(_LEAST_DRAWN * usual, 1))
    return slice(int(drawn[0]), int(drawn[-1]) + 1) if len(drawn) else slice(0, len(tissues))


def without_arteries(tissues: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the tissues with their neighbourhood in place of the arteries, which are painted anew; no bone."""
    gone = tissues == Tissue.ARTERY
    if not gone.any():
        return tissues
    at = np.argwhere(gone)
    box = tuple(slice(max(low - 4, 0), high + 5) for low, high in zip(at.min(0), at.max(0), strict=True))
    part = tissues[box]
    given = (part != Tissue.ARTERY) & (part != Tissue.BONE)
    filled = tissues.copy()
    if given.any():
        _, nearest = nearest_voxels(given, Grid(part.shape, grid.ijk_to_ras))
        filled[box] = np.where(part == Tissue.ARTERY, part[tuple(nearest)], part)
    else:
        filled[box] = np.where(part == Tissue.ARTERY, Tissue.FAT, part)
    return filled


def with_canal(tissues: np.ndarray, grid: Grid, middle_x: float) -> np.ndarray:
    """Return the tissues with the canal of the spine where bone surrounds what is not labelled, about `middle_x`."""
    si, sj, _ = grid.spacing_mm
    filled = tissues.copy()
    reach = max(1, round(_CANAL_GAP_MM / 2 / min(si, sj)))
    x = grid.ijk_to_ras[0, 3] + grid.ijk_to_ras[0, 0] * np.arange(tissues.shape[2])
    near = np.flatnonzero(np.abs(x - middle_x) < _SPINE_MM)
    for whole in filled:
        if not len(near) or not (whole[:, near] == Tissue.BONE).any():
            continue
        plane = whole[:, near[0] : near[-1] + 1]
        bone = plane == Tissue.BONE
        padded = np.pad(bone, reach + 1)
        closed = ndimage.binary_closing(padded, _disc(reach))[reach + 1 : -reach - 1, reach + 1 : -reach - 1]
        holes, count = ndimage.label(ndimage.binary_fill_holes(closed) & ~bone & (plane == Tissue.OUTSIDE))
        sizes = np.bincount(holes.ravel(), minlength=count + 1) * si * sj
        kept = (sizes >= _CANAL_MM2[0]) & (sizes <= _CANAL_MM2[1])
        kept[0] = False
        plane[kept[holes]] = Tissue.NERVE
    return filled


def _disc(radius: int) -> np.ndarray:
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return x * x + y * y <= radius * radius


def inside_mm(tissues: np.ndarray, grid: Grid) -> np.ndarray:
    """Return how far voxels lie within the outline of what is labelled (negative: outside), mm, float32, smooth.

    The outline is that of the body where it is labelled (`Tissue.BODY` or `Tissue.SKIN`), else in every slice the
    convex hull of what is, with arms beside it: fat and skin come around them.
    """
    si, sj, sk = grid.spacing_mm
    own = bool(((tissues == Tissue.BODY) | (tissues == Tissue.SKIN)).any())
    solid = np.zeros(tissues.shape, bool)
    for k, plane in enumerate(tissues):
        labelled = (plane > 0) & (plane != Tissue.LIMB)
        solid[k] = ndimage.binary_fill_holes(labelled) if own else _hull(labelled)
    # Slices in which nothing is drawn are like the nearest in which something is.
    filled = np.flatnonzero(solid.any(axis=(1, 2)))
    if not len(filled):
        return np.full(tissues.shape, -100.0, np.float32)
    nearest = filled[np.argmin(np.abs(np.arange(len(solid))[:, None] - filled[None]), axis=1)]
    solid = solid[nearest]
    signed = np.empty(tissues.shape, np.float32)
    for k, plane in enumerate(solid):
        # Beyond the field the body goes on.
        padded = np.pad(plane, 1, mode="edge")
        within = ndimage.distance_transform_edt(padded, sampling=(sj, si))[1:-1, 1:-1] if not plane.all() else 100.0
        beyond = ndimage.distance_transform_edt(~plane, sampling=(sj, si))
        signed[k] = np.where(plane, within, -beyond)
    if not own and (limbs := tissues == Tissue.LIMB).any():
        away = ndimage.distance_transform_edt(~limbs, sampling=(sk, sj, si)).astype(np.float32)
        signed = np.maximum(signed, _ARM_MM - away)
    sigma = 0.0 if own else _SMOOTH_OUTLINE_MM
    return ndimage.gaussian_filter(signed, (sigma / sk, sigma / sj, sigma / si), mode="nearest")


def _hull(labelled: np.ndarray) -> np.ndarray:
    """Return the convex hull of a plane's voxels, the largest heap of them with whatever lies near."""
    points = np.argwhere(labelled)
    if len(points) < 10:
        return labelled
    try:
        hull = ConvexHull(points)
    except QhullError:
        return labelled
    j, i = np.indices(labelled.shape)
    inside = np.ones(labelled.shape, bool)
    for a, b, c in hull.equations:
        inside &= a * j + b * i + c <= 1e-9
    return inside


def with_lungs(tissues: np.ndarray, within_mm: np.ndarray, grid: Grid, middle_x: float) -> np.ndarray:
    """Return the tissues with lungs above the organs of the belly, where none are labelled and ribs are around.

    Parameters
    ----------
    tissues : ndarray of uint8, shape (k, j, i)
    within_mm : ndarray
        See :func:`inside_mm`.
    grid : Grid
    middle_x : float
        Where the aorta lies, RAS mm: the mediastinum around it stays.
    """
    if (tissues == Tissue.LUNG).any():
        return tissues
    organ = np.isin(tissues, _BELLY)
    columns = organ.any(axis=0)
    if not columns.any() or not organ[:-1].any():
        return tissues
    si, sj, sk = grid.spacing_mm
    top = (len(organ) - 1 - np.argmax(organ[::-1], axis=0)).astype(np.float32)
    _, nearest = ndimage.distance_transform_edt(~columns, sampling=(sj, si), return_indices=True)
    top = top[tuple(nearest)]
    top = ndimage.maximum_filter(top, (2 * round(_DOME_MM / sj) + 1, 2 * round(_DOME_MM / si) + 1))
    top = ndimage.gaussian_filter(top, (6.0 / sj, 6.0 / si)) + _DIAPHRAGM_MM / sk
    j, i = np.indices(columns.shape)
    x = grid.ijk_to_ras[0, 0] * i + grid.ijk_to_ras[0, 1] * j + grid.ijk_to_ras[0, 3]
    aside = np.abs(x - middle_x) > _MEDIASTINUM_MM
    filled = tissues.copy()
    for k, plane in enumerate(filled):
        air = (plane == Tissue.OUTSIDE) & (k > top) & aside & (within_mm[k] > _CHEST_WALL_MM)
        plane[air] = Tissue.LUNG
    return filled


def depth_mm(mask: np.ndarray, grid: Grid) -> np.ndarray:
    """Return how deep voxels lie beneath the surface of a mask, mm; 0 outside."""
    padded = np.pad(mask, 1, mode="edge")
    depth = ndimage.distance_transform_edt(padded, sampling=grid.spacing_mm[::-1])[1:-1, 1:-1, 1:-1]
    # The surface lies half a voxel before the first centre outside.
    return np.where(mask, np.maximum(depth - 0.5 * min(grid.spacing_mm), 0.0), 0.0).astype(np.float32)

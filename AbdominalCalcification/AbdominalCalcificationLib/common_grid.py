"""A CT and masks of other grids, brought to the one grid on which they are measured.

Volumes are sums of voxels, and the voxels that count are those in which a mask was drawn. So the finest of the grids is
measured on: a plaque that was drawn in voxels of 0.5 mm keeps its volume on a CT with slices of 5 mm, and the CT only
says which HU lie there. What a mask of a coarser grid loses or gains is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .anatomy import TERRITORIES, territory_of_label
from .flags import Flag
from .geometry import Grid, Volume, bounding_box, grown
from .geometry.lattice import filling, index_map, is_finer, voxels_match
from .geometry.resample import align_labels, fraction_outside, nearest_hu
from .measurement.quality import thick_slices, truncated

# A CT of 1500 slices of 512 × 512 pixels; with both masks 1.6 GB.
MAX_VOXELS = 400_000_000
# Around the masks, where the grid would be larger: what assignment and the search for metal look at, and more.
_MARGIN_MM = 20.0
# A mask, or one artery in it, that changes by more on another grid is worth a look.
_CHANGED, _ARTERY_CHANGED = 0.01, 0.05
ARTERY_TITLES = {each.label: each.title for each in TERRITORIES}
_TITLES = {"calcification": "calcification mask", "arteries": "artery mask"}


@dataclass(frozen=True, eq=False)
class Together:
    """A CT and its masks on one grid.

    Attributes
    ----------
    ct : Volume or None
        HU; each voxel has those of the voxel of the original that it lies in.
    arteries, calcification : Volume or None
    flags : tuple of Flag
        What was done, and what it did to the masks.
    """

    ct: Volume | None
    arteries: Volume | None
    calcification: Volume | None
    flags: tuple[Flag, ...]


def bring_together(ct: Volume | None, arteries: Volume | None, calcification: Volume | None) -> Together:
    """Return a CT and its masks on the finest of their grids.

    Masks whose voxels are those of the CT, flipped, turned or cropped, leave the CT's grid as it is. Of grids of equal
    fineness a mask's goes before the CT's, and that of the calcification before that of the arteries. Nothing reaches
    beyond the CT (without one, beyond the arteries).

    Parameters
    ----------
    ct : Volume or None
        HU.
    arteries : Volume or None
        uint8 territory labels, on any grid.
    calcification : Volume or None
        Non-zero where calcified, on any grid.

    Raises
    ------
    InputError
        For a mask that does not overlap the CT.
    """
    given = {"calcification": calcification, "arteries": arteries}
    masks = {name: mask for name, mask in given.items() if mask is not None}
    if not masks:
        return Together(ct, None, None, ())
    space = ct.grid if ct is not None else masks.get("arteries", next(iter(masks.values()))).grid
    grid, flags = _measuring_grid(space, masks)
    if ct is not None and grid is not space and not thick_slices(grid):
        flags += thick_slices(space)
    brought = {}
    for name, mask in masks.items():
        labels = ARTERY_TITLES if name == "arteries" else None
        brought[name], told = bring(mask, grid, _TITLES[name], labels, space)
        flags += told
    if "arteries" in brought and not _parallel(grid, space):
        flags += _truncated(brought["arteries"], space)
    return Together(
        None if ct is None else nearest_hu(ct, grid),
        brought.get("arteries"),
        brought.get("calcification"),
        tuple(flags),
    )


def bring(
    mask: Volume, grid: Grid, title: str, labels: Mapping[int, str] | None = None, space: Grid | None = None
) -> tuple[Volume, list[Flag]]:
    """Return a mask on another grid, and what that did to it.

    Parameters
    ----------
    mask : Volume
        Integer labels.
    grid : Grid
    title : str
        What to call it (``artery mask``).
    labels : mapping of int to str, optional
        Labels to look at one by one, and their titles. Without, everything is one label, and its clusters are counted.
    space : Grid, optional
        The mask counts where its voxels lie in the box that this grid fills; `grid` itself by default.

    Returns
    -------
    mask : Volume
    flags : list of Flag
        ``mask_outside_image`` where a part lies outside; ``mask_resampled``, or ``mask_grid`` where it hardly changed,
        with volumes before and after, where its voxels are not those of the grid.

    Raises
    ------
    InputError
        Where nothing of it lies inside.
    """
    space = grid if space is None else space
    flags = []
    outside = fraction_outside(mask, space)
    if outside:
        text = f"{100 * outside:.1f} % of the {title} lies outside the image and is not counted."
        flags.append(Flag("mask_outside_image", text))
    aligned = align_labels(mask, grid)
    if space is not grid and not _parallel(grid, space):
        aligned = _inside(aligned, space)
    if not voxels_match(mask.grid, grid) and mask.array.any():
        flags.append(_changed(mask if not outside else _inside(mask, space), aligned, title, labels))
    return aligned, flags


def _measuring_grid(space: Grid, masks: Mapping[str, Volume]) -> tuple[Grid, list[Flag]]:
    """Return the grid to measure on, and what to say where it is not that of the CT."""
    finest = None
    for name, mask in masks.items():
        grid = mask.grid
        if voxels_match(grid, space) or is_finer(space, grid) or not mask.array.any():
            continue
        if finest is None or is_finer(grid, masks[finest].grid):
            finest = name
    if finest is None:
        return space, []
    grid, where = filling(masks[finest].grid, space), ""
    if np.prod(grid.shape, dtype=float) > MAX_VOXELS:
        grid, where = _near(masks, grid), ", near the masks only to save memory"
    if np.prod(grid.shape, dtype=float) > MAX_VOXELS:
        return space, []  # what the masks lose there is told
    text = (
        f"Volumes are counted in the voxels of the {_TITLES[finest]} ({_millimetres(grid)}{where}); "
        f"their HU are those of the CT's voxels ({_millimetres(space)}) in which they lie."
    )
    return grid, [Flag("mask_grid", text)]


def _near(masks: Mapping[str, Volume], grid: Grid) -> Grid:
    """Return the part of a grid around what is labelled in the masks."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for mask in masks.values():
        box = bounding_box(mask.array)
        if box is not None:
            matrix, offset = index_map(mask.grid, grid)
            ends = np.array([[part.start - 0.5, part.stop - 0.5] for part in box])
            corners = np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(-1, 3) @ matrix.T + offset
            low, high = np.minimum(low, corners.min(axis=0)), np.maximum(high, corners.max(axis=0))
    last = np.array(grid.shape) - 1
    low, high = (np.clip(end, 0, last).astype(int) for end in (np.floor(low), np.ceil(high)))
    around = tuple(slice(first, end + 1) for first, end in zip(low.tolist(), high.tolist(), strict=True))
    return grid.cropped(grown(around, _MARGIN_MM, grid))


def _inside(mask: Volume, space: Grid) -> Volume:
    """Return a mask without the voxels whose centres lie outside the box that `space` fills."""
    kept = mask.array.copy()
    matrix, offset = index_map(mask.grid, space)
    limits = np.array(space.shape) - 0.5
    for k, plane in enumerate(kept):
        indices = np.argwhere(plane)
        there = np.column_stack([np.full(len(indices), k), indices]) @ matrix.T + offset
        beyond = ((there < -0.5 - 1e-3) | (there >= limits + 1e-3)).any(axis=1)
        plane[tuple(indices[beyond].T)] = 0
    return mask.with_array(kept)


def _changed(before: Volume, after: Volume, title: str, labels: Mapping[int, str] | None) -> Flag:
    """Return what another grid did to a mask."""
    largest = max(labels or {1: ""})
    volumes = [_volumes_mm3(volume, largest) for volume in (before, after)]
    totals = [float(volume[1:].sum()) for volume in volumes]
    text = f"{totals[0]:.1f} mm³ there, {totals[1]:.1f} mm³ here"
    worth_a_look = abs(totals[1] - totals[0]) > _CHANGED * totals[0]
    if labels is None:
        clusters = [_cluster_count(volume) for volume in (before, after)]
        text += f"; clusters: {clusters[0]} there, {clusters[1]} here"
        worth_a_look |= clusters[0] != clusters[1]
    for label, name in (labels or {}).items():
        there, here = (float(volume[label]) for volume in volumes)
        if abs(here - there) > _ARTERY_CHANGED * there:
            text += f"; {name}: {there:.1f} and {here:.1f} mm³"
            worth_a_look = True
    text = (
        f"The voxels of the {title} ({_millimetres(before.grid)}) are not those that were measured "
        f"({_millimetres(after.grid)}): {text}."
    )
    return Flag("mask_resampled" if worth_a_look else "mask_grid", text)


def _volumes_mm3(mask: Volume, largest: int) -> np.ndarray:
    """Return the volume of each label, 0 to `largest`; larger ones count as that."""
    counts = np.zeros(largest + 1, np.int64)
    for plane in mask.array:
        counts += np.bincount(np.minimum(plane, largest).ravel(), minlength=largest + 1)
    return counts * mask.grid.voxel_volume_mm3


def _cluster_count(mask: Volume) -> int:
    box = bounding_box(mask.array)
    return 0 if box is None else int(ndimage.label(mask.array[box] != 0, np.ones((3, 3, 3)))[1])


def _truncated(arteries: Volume, space: Grid) -> list[Flag]:
    """Flag arteries that reach the border of a CT whose grid is turned against the one that is measured on."""
    flags = []
    for label in np.flatnonzero(_volumes_mm3(arteries, 255)[1:]) + 1:
        kji = np.rint(space.kji_of_ras(arteries.grid.ras_of_kji(np.argwhere(arteries.array == label)))).astype(int)
        flags += truncated(territory_of_label(int(label)), np.clip(kji, 0, np.array(space.shape) - 1), space)
    return flags


def _parallel(grid: Grid, other: Grid) -> bool:
    """Return whether the axes of two grids are parallel."""
    matrix, _ = index_map(grid, other)
    return bool(np.count_nonzero(np.abs(matrix) * (np.array(grid.shape) - 1) > 1e-3) <= 3)


def _millimetres(grid: Grid) -> str:
    return " × ".join(f"{size:.3g}" for size in grid.spacing_mm) + " mm"

"""Label maps and CTs moved to another grid through physical space, each voxel to its nearest."""

from __future__ import annotations

from itertools import product

import numpy as np

from ..errors import InputError
from .box import bounding_box
from .lattice import index_map
from .volume import Grid, Volume

# A target voxel is looked up per axis where the other axes shift it by less than this, in voxels.
_AXIS_TOLERANCE = 1e-3
AIR_HU = -1024


def align_labels(labels: Volume, grid: Grid) -> Volume:
    """Return `labels` on `grid`: at each voxel centre, the nearest label voxel.

    Flips, permuted axes and crops by whole voxels are bit exact. Where `grid` reaches beyond
    `labels` the result is 0; see :func:`fraction_outside` for the opposite.

    Parameters
    ----------
    labels : Volume
        Integers or truth values, 0 = background.
    grid : Grid

    Returns
    -------
    Volume
        Of the same dtype, on `grid`.

    Raises
    ------
    InputError
        Where the grids do not overlap, or every labelled voxel lies outside `grid`.
    """
    if labels.grid.same_as(grid):
        return Volume(labels.array, grid)
    if labels.grid.shape == (1, 1, 1) and not labels.array.any():
        # So Slicer saves a segmentation in which nothing is drawn: one voxel, wherever.
        return Volume(np.zeros(grid.shape, labels.array.dtype), grid)
    matrix, offset = index_map(grid, labels.grid)
    if not _overlap(grid.shape, labels.grid.shape, matrix, offset):
        raise InputError("The mask does not overlap the image; choose a mask made on this patient's scan.")
    aligned = np.zeros(grid.shape, labels.array.dtype)
    box = bounding_box(labels.array)
    if box is None:
        return Volume(aligned, grid)
    _fill(aligned, labels.array, box, matrix, offset)
    if not aligned.any() and fraction_outside(labels, grid) == 1.0:
        raise InputError(
            "Everything labelled in the mask lies outside the image; choose a mask made on this patient's scan."
        )
    return Volume(aligned, grid)


def nearest_hu(ct: Volume, grid: Grid) -> Volume:
    """Return the CT on `grid`: at each voxel centre, the HU of the voxel of `ct` that it lies in.

    Nothing is interpolated, so that no value appears that the scanner did not give; beyond `ct` there is air.

    Parameters
    ----------
    ct : Volume
        HU.
    grid : Grid

    Returns
    -------
    Volume
        Of the same dtype, on `grid`.
    """
    if ct.grid.same_as(grid):
        return Volume(ct.array, grid)
    moved = np.full(grid.shape, AIR_HU, ct.array.dtype)
    everywhere = tuple(slice(0, size) for size in ct.grid.shape)
    _fill(moved, ct.array, everywhere, *index_map(grid, ct.grid))
    return Volume(moved, grid)


def fraction_outside(labels: Volume, grid: Grid) -> float:
    """Return the fraction of labelled voxels (0 to 1) whose centre lies outside `grid`.

    0 where nothing is labelled. A voxel belongs to `grid` up to half a voxel beyond the
    outermost centres.
    """
    if labels.grid.same_as(grid):
        return 0.0
    matrix, offset = index_map(labels.grid, grid)
    upper = np.array(grid.shape) - 0.5

    def inside(indices: np.ndarray) -> np.ndarray:
        there = indices @ matrix.T + offset
        # The margin keeps rounding from pushing voxels on the very edge outside.
        return ((there >= -0.5 - _AXIS_TOLERANCE) & (there < upper + _AXIS_TOLERANCE)).all(axis=1)

    if inside(np.array(list(product(*[(0, n - 1) for n in labels.grid.shape])))).all():
        return 0.0
    total = outside = 0
    for k, plane in enumerate(labels.array):
        indices = np.argwhere(plane)
        if len(indices) == 0:
            continue
        total += len(indices)
        outside += int(np.count_nonzero(~inside(np.column_stack([np.full(len(indices), k), indices]))))
    return outside / total if total else 0.0


def _nearest(values: np.ndarray) -> np.ndarray:
    """Round half up; values are first freed of the noise of the matrix product, so that halves stay halves."""
    return np.floor(np.round(values, 6) + 0.5).astype(np.intp)


def _overlap(shape, source_shape, matrix, offset) -> bool:
    """Return whether the voxels' box of one grid touches that of the other (both ways, by separating axes)."""

    def apart(size, other, m, o) -> bool:
        corners = np.array(list(product(*[(-0.5, n - 0.5) for n in size]))) @ m.T + o
        return bool(((corners.max(axis=0) <= -0.5) | (corners.min(axis=0) >= np.array(other) - 0.5)).any())

    inverse = np.linalg.inv(matrix)
    return not apart(shape, source_shape, matrix, offset) and not apart(source_shape, shape, inverse, -inverse @ offset)


def _fill(out: np.ndarray, source: np.ndarray, box, matrix: np.ndarray, offset: np.ndarray) -> None:
    """Fill `out` from the part `box` of `source`, onto which `matrix` and `offset` take its indices."""
    if not _fill_per_axis(out, source, matrix, offset):
        _fill_per_plane(out, source, box, matrix, offset)


def _fill_per_axis(out: np.ndarray, source: np.ndarray, matrix: np.ndarray, offset: np.ndarray) -> bool:
    """Fill `out` where the axes of the grids are parallel; return False where they are not."""
    partner = np.abs(matrix).argmax(axis=1)  # of each source axis: the target axis along it
    across = np.abs(matrix) * (np.array(out.shape) - 1)
    across[range(3), partner] = 0
    if len(set(partner)) < 3 or across.sum(axis=1).max() > _AXIS_TOLERANCE:
        return False
    targets, sources = ([np.zeros(0, int)] * 3 for _ in range(2))
    for axis, target_axis in enumerate(partner):
        index = _nearest(matrix[axis, target_axis] * np.arange(out.shape[target_axis]) + offset[axis])
        inside = np.flatnonzero((index >= 0) & (index < source.shape[axis]))
        if len(inside) == 0:
            return True
        targets[target_axis], sources[target_axis] = inside, index[inside]
    turned = source.transpose(np.argsort(partner))
    rows, columns = _as_slice(sources[1]), _as_slice(sources[2])
    plane = tuple(slice(line[0], line[-1] + 1) for line in targets[1:])
    for k, source_k in zip(targets[0], sources[0], strict=True):
        out[k][plane] = turned[source_k][rows][:, columns]
    return True


def _as_slice(index: np.ndarray) -> slice | np.ndarray:
    """Return indices that count up or down by one as a slice, which copies much faster."""
    first, last = int(index[0]), int(index[-1])
    if np.array_equal(index, np.arange(first, last + 1)):
        return slice(first, last + 1)
    if np.array_equal(index, np.arange(first, last - 1, -1)):
        return slice(first, last - 1 if last else None, -1)
    return index


def _fill_per_plane(out: np.ndarray, source: np.ndarray, box, matrix: np.ndarray, offset: np.ndarray) -> None:
    """Fill `out` on a grid turned against the source, one plane at a time, near the labelled box only."""
    inverse = np.linalg.inv(matrix)
    corners = (np.array(list(product(*[(part.start - 0.5, part.stop - 0.5) for part in box]))) - offset) @ inverse.T
    low = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, out.shape)
    high = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 1, 0, out.shape)
    j = np.arange(low[1], high[1])[:, None]
    i = np.arange(low[2], high[2])[None, :]
    for k in range(low[0], high[0]):
        inside = np.ones((j.size, i.size), bool)
        indices = []
        for axis in range(3):
            index = _nearest(matrix[axis, 0] * k + matrix[axis, 1] * j + matrix[axis, 2] * i + offset[axis])
            inside &= (index >= 0) & (index < source.shape[axis])
            indices.append(index)
        values = source[tuple(index[inside] for index in indices)]
        out[k, low[1] : high[1], low[2] : high[2]][inside] = values

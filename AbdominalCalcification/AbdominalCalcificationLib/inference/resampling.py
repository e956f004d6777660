"""Resampling as nnU-Net does it, as one matrix per axis.

nnU-Net resamples with ``skimage.transform.resize(mode="edge", anti_aliasing=False)``: a spline
along each axis, one after the other. What a spline makes of a row of voxels is a linear map,
found here by resampling the unit vectors; a few columns of it suffice for a few new voxels.
So any box of the new grid comes from the voxels around it alone, by matrix products.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Weights below this are left out. A cubic spline's weights fall by 0.27 per voxel, so that this
# reaches 8 voxels; what is left out of 2000 HU is less than the noise of any CT.
SMALLEST_WEIGHT = 1e-4
# nnU-Net resamples along an axis separately where its voxels are this much longer than wide.
ANISOTROPY = 3


class AxisMap:
    """The linear map from the voxels of a row to those of the resampled row.

    Attributes
    ----------
    matrix : ndarray of float32, shape (new size, size)
    first, stop : ndarray of int, shape (new size,)
        Range of the voxels that each new one depends on.
    """

    def __init__(self, matrix: np.ndarray):
        large = np.abs(matrix) > SMALLEST_WEIGHT
        # What is left out is given to the rest: flat areas stay at their value.
        matrix = np.where(large, matrix, 0)
        self.matrix = (matrix / matrix.sum(axis=1, keepdims=True)).astype(np.float32)
        self.first = large.argmax(axis=1)
        self.stop = matrix.shape[1] - large[:, ::-1].argmax(axis=1)

    def __len__(self) -> int:
        return len(self.matrix)

    def continued(self, count: int) -> AxisMap:
        """Return the map to a row that goes on for `count` voxels at both ends, each as the last one there."""
        if count == 0:
            return self
        return AxisMap(
            np.concatenate([self.matrix[:1].repeat(count, 0), self.matrix, self.matrix[-1:].repeat(count, 0)])
        )

    def support(self, rows: slice) -> slice:
        """Return the range of voxels that the new voxels `rows` depend on."""
        return slice(int(self.first[rows].min()), int(self.stop[rows].max()))


def axis_maps(
    shape: Sequence[int],
    new_shape: Sequence[int],
    spacing: Sequence[float],
    new_spacing: Sequence[float],
    order: int,
    order_z: int,
    force_separate_z: bool | None,
) -> list[AxisMap]:
    """Return the maps along the three axes that equal nnU-Net's ``resample_data_or_seg_to_shape``.

    nnU-Net also keeps the result in the range of the input; that is left to the caller.
    """
    if tuple(shape) == tuple(new_shape):
        return [AxisMap(np.eye(size)) for size in shape]
    separate = _separate_axis(spacing, new_spacing, force_separate_z)
    return [
        AxisMap(_separate(size, new, order_z) if axis == separate else _spline(size, new, order))
        for axis, (size, new) in enumerate(zip(shape, new_shape, strict=True))
    ]


def _spline(size: int, new_size: int, order: int) -> np.ndarray:
    from scipy import ndimage

    if size == new_size:
        return np.eye(size)
    return ndimage.zoom(np.eye(size), (new_size / size, 1), order=order, mode="nearest", grid_mode=True)


def _separate(size: int, new_size: int, order: int) -> np.ndarray:
    """Return the map along the axis that nnU-Net resamples on its own, by default to the nearest voxel."""
    from scipy import ndimage

    if size == new_size:
        return np.eye(size)
    at = (np.arange(new_size) + 0.5) * (size / new_size) - 0.5
    where = np.meshgrid(at, np.arange(size), indexing="ij")
    return ndimage.map_coordinates(np.eye(size), where, order=order, mode="nearest")


def _separate_axis(spacing, new_spacing, force: bool | None) -> int | None:
    """Return the axis that nnU-Net resamples separately, as its ``determine_do_sep_z_and_axis`` does."""
    if force is not None:
        longest: np.ndarray | list[int] = _longest(spacing) if force else []
    else:
        thick = [each for each in (spacing, new_spacing) if max(each) / min(each) > ANISOTROPY]
        longest = _longest(thick[0]) if thick else []
    return int(longest[0]) if len(longest) == 1 else None


def _longest(spacing) -> np.ndarray:
    return np.flatnonzero(max(spacing) / np.asarray(spacing) == 1)

"""Where the frames of a segmentation lie: on the images of the CT where its voxels are theirs, else of their own.

Masks of a CT that was put together by interpolation (gantry tilt, missing slices), or that are finer than it, have
planes that no image has. They are written as they are, in the same frame of reference: moving them onto the images
would change voxels, and with them numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...geometry import Volume
from ...geometry.lattice import index_map
from ...geometry.resample import align_labels, fraction_outside
from ...reading.dicom import SourceSeries

# How far voxels may lie from each other and still be the same, in voxels.
_SAME_VOXEL = 1e-3


@dataclass(frozen=True, eq=False)
class Planes:
    """A mask as frames.

    Attributes
    ----------
    array : ndarray, shape (frame, row, column)
    positions_lps : ndarray, shape (frame, 3)
        Of the first pixel's centre, mm.
    orientation : tuple of float
        Directions of rows and of columns, LPS.
    pixel_mm : tuple of float
        Distance of rows and of columns.
    step_mm : float
        Distance of frames.
    images : tuple of tuple of int
        For each frame the images of the source that it was made of.
    as_stored : tuple of bool
        For each frame whether its pixels are those of its one image.
    """

    array: np.ndarray
    positions_lps: np.ndarray
    orientation: tuple[float, ...]
    pixel_mm: tuple[float, float]
    step_mm: float
    images: tuple[tuple[int, ...], ...]
    as_stored: tuple[bool, ...]


def planes_of(mask: Volume, source: SourceSeries) -> Planes:
    """Return the frames of `mask`: those of the source in slice order where its voxels are that CT's."""
    if not _on_voxels_of(mask, source):
        return _of_its_own(mask, source)
    own = _of_its_own(Volume(align_labels(mask, source.grid).array, source.grid), source)
    positions = own.positions_lps.copy()
    images = list(own.images)
    for k, number in enumerate(source.planes):
        if number is not None:  # as its header says it, so that every program finds the same place
            positions[k], images[k] = source.images[number].position, (number,)
    as_stored = tuple(number is not None for number in source.planes)
    row_mm, column_mm = source.pixel_mm
    return Planes(own.array, positions, source.orientation, (row_mm, column_mm), own.step_mm, tuple(images), as_stored)


def lies_on_images(mask: Volume, source: SourceSeries) -> bool:
    """Return whether :func:`planes_of` finds an image for every plane of the mask."""
    return source.is_as_stored and _on_voxels_of(mask, source)


def _on_voxels_of(mask: Volume, source: SourceSeries) -> bool:
    """Return whether every voxel of the mask is one of the CT: axes may be flipped and swapped."""
    matrix, offset = index_map(mask.grid, source.grid)
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in mask.grid.shape])).reshape(3, -1).T
    there = corners @ matrix.T + offset
    if np.abs(there - np.rint(there)).max() > _SAME_VOXEL or np.abs(np.abs(matrix).max(axis=1) - 1).max() > 0.01:
        return False
    return fraction_outside(mask, source.grid) == 0


def _of_its_own(mask: Volume, source: SourceSeries) -> Planes:
    grid = mask.grid
    lps = grid.ijk_to_lps
    steps = np.linalg.norm(lps[:3, :3], axis=0)
    count = grid.shape[0]
    positions = lps[:3, 3] + np.arange(count)[:, None] * lps[:3, 2]
    directions = (lps[:3, :2] / steps[:2]).T.ravel()
    return Planes(
        mask.array,
        positions,
        tuple(float(x) for x in directions),
        (float(steps[1]), float(steps[0])),
        float(steps[2]),
        _images_at(mask, source),
        (False,) * count,
    )


def _images_at(mask: Volume, source: SourceSeries) -> tuple[tuple[int, ...], ...]:
    """Return for each plane of the mask the images that lie in its depth, or at both sides of it."""
    normal = np.cross(source.orientation[:3], source.orientation[3:])
    depths = np.array([image.position for image in source.images], float) @ normal
    shape, lps = mask.grid.shape, mask.grid.ijk_to_lps
    corners = np.array([[i, j] for i in (0, shape[2] - 1) for j in (0, shape[1] - 1)], float)
    found = []
    for k in range(shape[0]):
        points = np.column_stack([corners, np.full(4, k), np.ones(4)]) @ lps.T
        at = points[:, :3] @ normal
        low = np.searchsorted(depths, at.min() + _SAME_VOXEL, side="right") - 1
        high = np.searchsorted(depths, at.max() - _SAME_VOXEL, side="left")
        found.append(tuple(range(max(int(low), 0), min(int(high), len(depths) - 1) + 1)))
    return tuple(found)

"""Where calcification of an artery can lie: in the artery and close to it, but not in bone."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from ..geometry import Grid, Volume, bounding_box
from ..geometry.neighbourhood import dilated

# Plaques sit in the wall, which artery masks often leave out, and blur beyond it.
WALL_MM = 2.0
# Far enough to see that a piece of bone beside the artery belongs to something large.
_MARGIN_MM = 15.0
# Whatever is dense beyond the wall and larger than this is bone (or an enhanced organ), not plaque.
_LARGE_MM3 = 300.0
_TOUCHING = np.ones((3, 3, 3), bool)


def box_around(mask: np.ndarray, grid: Grid, margin_mm: float = _MARGIN_MM) -> tuple[slice, slice, slice]:
    """Return the k, j, i slices that hold `mask` (not empty) and `margin_mm` around it."""
    margins = [int(np.ceil(margin_mm / step)) for step in reversed(grid.spacing_mm)]
    return tuple(
        slice(max(0, part.start - margin), min(size, part.stop + margin))
        for part, margin, size in zip(bounding_box(mask), margins, mask.shape, strict=True)
    )


def near_artery_without_bone(ct: Volume, artery: np.ndarray, dense_hu: float, wall_mm: float = WALL_MM) -> np.ndarray:
    """Return the voxels in which calcification of `artery` can lie.

    These are the artery's mask and the voxels within `wall_mm` of it, less those that belong to a
    neighbour: dense matter (above `dense_hu`) beyond the wall that forms pieces of at least
    300 mm³ is bone or an enhanced organ. Dense voxels in the wall that hang together with such a
    neighbour and not with dense matter in the artery are the neighbour's; where they hang together
    with both (a plaque that touches bone), each goes to the nearer one.

    Parameters
    ----------
    ct : Volume
        HU; cropped around the artery with :func:`box_around`.
    artery : ndarray of bool, shape (k, j, i)
    dense_hu : float
        What blood does not exceed.
    wall_mm : float

    Returns
    -------
    ndarray of bool, shape (k, j, i)
    """
    region = dilated(artery, ct.grid, wall_mm)
    dense = ct.array > dense_hu
    neighbour = _large_pieces(dense & ~region, ct.grid)
    wall, count = ndimage.label(dense & region & ~artery, _TOUCHING)
    if count == 0 or not neighbour.any():
        return region
    by_neighbour = _labels_touching(wall, neighbour, count)
    by_artery = _labels_touching(wall, dense & artery, count)
    region[(by_neighbour & ~by_artery)[wall]] = False
    disputed = np.argwhere((by_neighbour & by_artery)[wall])
    if len(disputed):
        points = ct.grid.ras_of_kji(disputed)
        to_neighbour = cKDTree(ct.grid.ras_of_kji(np.argwhere(neighbour))).query(points)[0]
        to_artery = cKDTree(ct.grid.ras_of_kji(np.argwhere(artery))).query(points)[0]
        region[tuple(disputed[to_neighbour < to_artery].T)] = False
    return region


def _large_pieces(mask: np.ndarray, grid: Grid) -> np.ndarray:
    pieces, count = ndimage.label(mask, _TOUCHING)
    large = np.bincount(pieces.ravel(), minlength=count + 1) * grid.voxel_volume_mm3 >= _LARGE_MM3
    large[0] = False
    return large[pieces]


def _labels_touching(labels: np.ndarray, other: np.ndarray, count: int) -> np.ndarray:
    """Return for each label whether one of its voxels has a neighbour (of 26) in `other`."""
    touching = np.zeros(count + 1, bool)
    touching[np.unique(labels[ndimage.binary_dilation(other, _TOUCHING)])] = True
    touching[0] = False
    return touching

"""Where calcification of an artery can lie: in the artery and close to it, but not in bone."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ..geometry import Box, Grid, Volume, bounding_box
from ..geometry.neighbourhood import dilated_steps, reached_steps, touched_steps
from ..geometry.pieces import Runs, pieces_steps
from ..progress import Progress, Steps

# Plaques sit in the wall, which artery masks often leave out, and blur beyond it.
WALL_MM = 2.0
# Far enough to see that a piece of bone beside the artery belongs to something large.
_MARGIN_MM = 15.0
# Whatever is dense beyond the wall and larger than this is bone (or an enhanced organ), not plaque.
_LARGE_MM3 = 300.0
_LOOKING = Progress("Looking around the arteries", 0.0)


def box_around(mask: np.ndarray, grid: Grid, margin_mm: float = _MARGIN_MM) -> Box:
    """Return the k, j, i slices that hold `mask` (not empty) and `margin_mm` around it."""
    margins = [int(np.ceil(margin_mm / step)) for step in reversed(grid.plane_distances_mm)]
    return tuple(
        slice(max(0, part.start - margin), min(size, part.stop + margin))
        for part, margin, size in zip(bounding_box(mask) or (), margins, mask.shape, strict=True)
    )


def near_artery_without_bone_steps(
    ct: Volume, artery: np.ndarray, dense_hu: float, wall_mm: float = WALL_MM
) -> Steps[np.ndarray]:
    """Find the voxels in which calcification of `artery` can lie.

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
        As the result of the generator.
    """
    region = yield from dilated_steps(artery, ct.grid, wall_mm)
    dense = ct.array > dense_hu
    neighbour = yield from _large_pieces_steps(dense & ~region, ct.grid)
    wall = np.argwhere(dense & region & ~artery)
    if len(wall) == 0 or not neighbour.any():
        return region
    count, piece = yield from pieces_steps(Runs(wall, _whole(region)), _LOOKING)
    by_neighbour = np.zeros(count, bool)
    by_neighbour[piece[(yield from touched_steps(neighbour, _LOOKING))[tuple(wall.T)]]] = True
    by_artery = np.zeros(count, bool)
    by_artery[piece[(yield from touched_steps(dense & artery, _LOOKING))[tuple(wall.T)]]] = True
    region[tuple(wall[(by_neighbour & ~by_artery)[piece]].T)] = False
    disputed = wall[(by_neighbour & by_artery)[piece]]
    if len(disputed):
        # A neighbour nearer to them than the artery lies within twice the wall of it.
        close = yield from reached_steps(artery, ct.grid, 2 * wall_mm, _LOOKING)
        points = ct.grid.ras_of_kji(disputed)
        to_neighbour = _distance_mm(points, ct.grid.ras_of_kji(np.argwhere(neighbour & close)))
        yield _LOOKING
        rim = artery & (yield from touched_steps(~artery, _LOOKING))
        to_artery = _distance_mm(points, ct.grid.ras_of_kji(np.argwhere(rim if ct.grid.is_rectangular else artery)))
        region[tuple(disputed[to_neighbour < to_artery].T)] = False
    return region


def _large_pieces_steps(mask: np.ndarray, grid: Grid) -> Steps[np.ndarray]:
    """Return the pieces of a mask that are too large for plaque."""
    kji = np.argwhere(mask)
    yield _LOOKING
    count, piece = yield from pieces_steps(Runs(kji, _whole(mask)), _LOOKING)
    large = np.bincount(piece, minlength=count) * grid.voxel_volume_mm3 >= _LARGE_MM3
    mask[tuple(kji[~large[piece]].T)] = False
    return mask


def _whole(array: np.ndarray) -> tuple[slice, ...]:
    return tuple(slice(0, size) for size in array.shape)


def _distance_mm(points_ras: np.ndarray, others_ras: np.ndarray) -> np.ndarray:
    if len(others_ras) == 0:
        return np.full(len(points_ras), np.inf)
    return cKDTree(others_ras).query(points_ras)[0]

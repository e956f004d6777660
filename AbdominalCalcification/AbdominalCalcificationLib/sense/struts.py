"""What is bright and thin around arteries: struts of stents, and whatever looks like them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from ..geometry import Box, Grid, Volume
from ..measurement.assignment import chunks
from ..measurement.plausibility import slabs
from ..progress import Progress, Steps
from .constants import STRUT_HU, STRUT_REACH_MM

LOOKING = Progress("Looking for stents and dissections", 0.0)
# Wires of 0.2 to 0.5 mm, blurred: what is thicker than twice this is bone, contrast medium or a thick plaque.
_STRUT_MM = 2.0
# Voxels along each edge of the cells by which what is far from arteries is passed over.
_CELL = 4


def listed_steps(
    array: np.ndarray, wanted: Callable[[np.ndarray], np.ndarray], box: Box | None = None
) -> Steps[np.ndarray]:
    """Return the voxels (k, j, i) of an array, or of a box of it, for which something holds, a slab at a time."""
    found = []
    for start, slab in slabs(array if box is None else array[box]):
        found.append(np.argwhere(wanted(slab)))
        found[-1][:, 0] += start
        yield LOOKING
    return np.concatenate(found) + (0 if box is None else [part.start for part in box])


def bright_steps(ct: Volume, inside: np.ndarray, box: Box) -> Steps[tuple[np.ndarray, np.ndarray]]:
    """Return the voxels (k, j, i) of a box that are as bright as struts and not far from arteries, and their HU.

    `inside` are the arteries' voxels (k, j, i), all in the box.
    """
    near = yield from _near_steps(ct.grid, inside, box)
    first = [part.start for part in box]
    bright = yield from listed_steps(ct.array, lambda hu: hu >= STRUT_HU, box)
    if len(bright):
        bright = bright[near[tuple(((bright - first) // _CELL).T)]]
    return bright, ct.array[tuple(bright.T)]


def _near_steps(grid: Grid, inside: np.ndarray, box: Box) -> Steps[np.ndarray]:
    """Return the cells of a box that come within the struts' reach of arteries, and some around them."""
    shape = [-(-(part.stop - part.start) // _CELL) for part in box]
    near = np.zeros(shape, bool)
    near[tuple(((inside - [part.start for part in box]) // _CELL).T)] = True
    reach = [int(np.ceil(STRUT_REACH_MM / (_CELL * mm))) + 1 for mm in grid.plane_distances_mm[::-1]]
    for axis, cells in enumerate(reach):
        near = ndimage.maximum_filter1d(near.view(np.uint8), 2 * cells + 1, axis=axis, mode="constant").view(bool)
        yield LOOKING
    return near


def thin_steps(points: np.ndarray, grid: Grid) -> Steps[np.ndarray]:
    """Return those of bright voxels' places (RAS, mm) that belong to nothing thicker than struts: no opening by a ball
    holds them.
    """
    steps = [np.arange(-reach, reach + 1) for reach in np.ceil(_STRUT_MM / np.array(grid.plane_distances_mm))]
    offsets = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, 3) @ grid.ijk_to_ras[:3, :3].T
    whole = int(np.count_nonzero(np.linalg.norm(offsets, axis=1) <= _STRUT_MM * (1 + 1e-6)))
    tree = cKDTree(points)
    reach_mm, count = _STRUT_MM * (1 + 1e-6), []
    for some in chunks(points):
        count.append(tree.query_ball_point(some, reach_mm, return_length=True))
        yield LOOKING
    core = np.concatenate(count) >= whole
    if not core.any():
        return points
    distance, _ = cKDTree(points[core]).query(points, distance_upper_bound=reach_mm)
    return points[~np.isfinite(distance)]

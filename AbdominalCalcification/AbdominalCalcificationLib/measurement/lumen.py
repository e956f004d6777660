"""How deep the voxels of a vessel lie in it, and the way along it that keeps to the middle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from ..geometry import Grid
from ..geometry.neighbours import Neighbours
from ..geometry.voxels import FACE_NEIGHBOURS, TOLERANCE_MM, Pairs, components, neighbour_pairs
from ..progress import Progress, Steps
from .constants import VOXELS_PER_RADIUS, WAY_POWER, WIDE
from .reference import Reference

# Voxels at the wall count as this deep at least, in radii: a sum of costs holds no smaller and larger ones at once.
_LEAST_DEPTH = 0.2
# Of ways that cost the same the shortest counts, on every grid.
_TIE = 1e-9
# A voxel is split into this many parts along an axis at most, and an artery into so many in all: more take too long.
_MOST_PARTS, _MOST_SPLIT = 3, 60_000


@dataclass(frozen=True, eq=False)
class Lumen:
    """Voxels of a connected piece of a vessel, or blocks or parts of them.

    Attributes
    ----------
    points_ras : ndarray, shape (n, 3)
        Their middles, mm.
    row : ndarray of int, or None
        For each voxel of the vessel the row here that stands for it; None: the nearest one.
    pairs : Pairs
        Neighbours.
    start : ndarray of int
        Rows where the vessel begins.
    depth_mm : ndarray, shape (n,)
        Distance from the wall. Where another artery begins there is none.
    radius_mm : float
        Of the tube in which voxels lie as deep on average, by a third of its radius.
    """

    points_ras: np.ndarray
    row: np.ndarray | None
    pairs: Pairs
    start: np.ndarray
    depth_mm: np.ndarray
    radius_mm: float


@dataclass(frozen=True, eq=False)
class Way:
    """The way to each voxel of a :class:`Lumen` that keeps to the middle of the vessel.

    Attributes
    ----------
    length_mm : ndarray, shape (n,)
        From voxel to voxel, so longer than the vessel, by a fifth or so.
    least_depth_mm : ndarray, shape (n,)
        In the narrowest place on the way.
    beginning : ndarray of int, shape (n,)
        Where the way begins: number of the patch of the vessel's start.
    """

    length_mm: np.ndarray
    least_depth_mm: np.ndarray
    beginning: np.ndarray


def lumen_steps(
    kji: np.ndarray,
    points_ras: np.ndarray,
    neighbours: Neighbours,
    start: np.ndarray,
    grid: Grid,
    open_ras: cKDTree | Reference | None,
    progress: Progress,
) -> Steps[Lumen]:
    """Look at a connected piece of a vessel: at its voxels, at blocks of them where it is wide, else at parts of them.

    Parameters
    ----------
    kji, points_ras : ndarray, shape (n, 3)
        Voxels: indices, and centres in mm.
    neighbours : Neighbours
        Of the voxels.
    start : ndarray of int
        Rows where the vessel begins.
    grid : Grid
    open_ras : cKDTree, Reference or None
        Voxel centres of other arteries, where the lumen goes on.
    progress : Progress
        Yielded between the parts.
    """
    open_mm = 0.5 * grid.voxel_diagonal_mm
    voxels = points_ras
    row: np.ndarray | None = np.arange(len(kji))
    if np.mean(neighbours.degree == 26) > WIDE:
        kji, grid = _blocks(kji, grid)
        row = None
    else:
        depth = _depth_mm(kji, points_ras, grid, open_ras, open_mm)
        yield progress
        parts = np.ceil(np.array(grid.plane_distances_mm[::-1]) * VOXELS_PER_RADIUS / (3 * depth.mean()) - TOLERANCE_MM)
        parts = np.clip(parts, 1, _MOST_PARTS).astype(int)
        if 1 < parts.prod() <= _MOST_SPLIT / len(kji):
            kji, grid = _split(kji, grid, parts)
    pairs = None
    if len(kji) != len(voxels):
        points_ras, pairs = grid.ras_of_kji(kji), neighbour_pairs(kji, grid)
        yield progress
        depth = _depth_mm(kji, points_ras, grid, open_ras, open_mm + 0.5 * grid.voxel_diagonal_mm)
        yield progress
        if row is not None:
            row = depth.reshape(len(row), -1).argmax(axis=1) + len(kji) // len(row) * row
    radius_mm = 3 * float(depth.mean())
    depth = np.maximum(depth, _LEAST_DEPTH * radius_mm)
    begin = cKDTree(points_ras).query(voxels[start])[1] if row is None else row[start]
    pairs = neighbours.pairs if pairs is None else pairs
    return Lumen(points_ras, row, pairs, np.unique(begin), depth, radius_mm)


def _blocks(kji: np.ndarray, grid: Grid) -> tuple[np.ndarray, Grid]:
    """Return the blocks of two voxels along each axis of which at least half is in the vessel, and their grid."""
    spacing = np.array(grid.plane_distances_mm[::-1])
    steps = np.where(spacing < 1.5 * spacing.min(), 2, 1)
    shape = -(-np.array(grid.shape) // steps)
    flat = np.ravel_multi_index(tuple((kji // steps).T), tuple(shape))
    block, count = np.unique(flat, return_counts=True)
    full = block[2 * count >= np.prod(steps)]
    matrix = grid.ijk_to_ras @ np.diag([*steps[::-1], 1.0])
    matrix[:3, 3] = grid.ras_of_kji(((steps - 1) / 2)[None])[0]
    return np.stack(np.unravel_index(full, tuple(shape)), axis=1), Grid(tuple(shape), matrix)


def _split(kji: np.ndarray, grid: Grid, parts: np.ndarray) -> tuple[np.ndarray, Grid]:
    """Return the voxels, each split along each axis into `parts`, and their grid."""
    place = np.stack(np.meshgrid(*(np.arange(n) for n in parts), indexing="ij"), axis=-1).reshape(-1, 3)
    matrix = grid.ijk_to_ras @ np.diag([*(1 / parts[::-1]), 1.0])
    matrix[:3, 3] = grid.ras_of_kji(((1 / parts - 1) / 2)[None])[0]
    fine = (kji[:, None] * parts + place[None]).reshape(-1, 3)
    return fine, Grid(tuple(int(n) for n in np.array(grid.shape) * parts), matrix)


def _depth_mm(
    kji: np.ndarray, points_ras: np.ndarray, grid: Grid, open_ras: cKDTree | Reference | None, open_mm: float
) -> np.ndarray:
    """Return the distance of voxels from the wall: half a voxel less than from the nearest one outside.

    Of flat voxels half is more than they are thick; a quarter of that they lie deep at least.
    """
    local = kji - kji.min(axis=0) + 1
    shape = local.max(axis=0) + 2
    strides = np.array([shape[1] * shape[2], shape[2], 1])
    flat = local @ strides
    outside = np.zeros(int(np.prod(shape)), bool)
    for offset in FACE_NEIGHBOURS:
        outside[flat + int(strides @ offset)] = True
    outside[flat] = False
    rim = np.stack(np.unravel_index(np.flatnonzero(outside), tuple(shape)), axis=1)
    wall = grid.ras_of_kji(rim + kji.min(axis=0) - 1)
    if open_ras is not None:
        closed = np.isinf(open_ras.query(wall, distance_upper_bound=open_mm + TOLERANCE_MM)[0])
        wall = wall[closed] if closed.any() else wall
    outside_mm = cKDTree(wall).query(points_ras)[0]
    return np.maximum(outside_mm - 0.5 * grid.voxel_volume_mm3 ** (1 / 3), 0.25 * min(grid.plane_distances_mm))


def way_steps(lumen: Lumen, progress: Progress) -> Steps[Way]:
    """Find the way to each voxel that keeps to the middle of the vessel."""
    count = len(lumen.points_ras)
    first, second, length = lumen.pairs
    weight = (lumen.radius_mm / lumen.depth_mm) ** WAY_POWER + _TIE
    cost = length * 0.5 * (weight[first] + weight[second])
    source = np.full(len(lumen.start), count, np.int32)
    graph = sparse.csr_matrix(
        (
            np.concatenate([cost, np.ones(len(source))]),
            (np.concatenate([first, source]), np.concatenate([second, lumen.start.astype(np.int32)])),
        ),
        shape=(count + 1, count + 1),
    )
    _, before = csgraph.dijkstra(graph, directed=False, indices=count, return_predecessors=True)
    yield progress
    itself = np.arange(count)
    before = np.where((before[:count] < 0) | (before[:count] == count), itself, before[:count])
    length = np.linalg.norm(lumen.points_ras - lumen.points_ras[before], axis=1)
    least = np.minimum(lumen.depth_mm, np.where(before == itself, np.inf, lumen.depth_mm[before]))
    # Each round doubles the part of the way that is known.
    while (before != before[before]).any():
        length = length + length[before]
        least = np.minimum(least, least[before])
        before = before[before]
    yield progress
    patch = np.full(count, -1)
    patch[lumen.start] = _patches(lumen.points_ras[lumen.start], lumen.radius_mm)
    return Way(length, least, patch[before])


def _patches(points_ras: np.ndarray, distance_mm: float) -> np.ndarray:
    """Return the number of the patch to which each point belongs: those within the distance hang together."""
    together = cKDTree(points_ras).query_pairs(distance_mm + TOLERANCE_MM, output_type="ndarray")
    return components(len(points_ras), together[:, 0], together[:, 1])[1]

"""What lies near the voxels of a mask."""

from __future__ import annotations

from itertools import product

import numpy as np

from ..progress import Progress, Steps, drain
from .volume import Grid
from .voxels import HALF_NEIGHBOURS, neighbour_length_mm

_LOOKING = Progress("Looking around the arteries", 0.0)
# Voxels that are moved in one go.
_CHUNK = 30_000_000
# Voxels that are looked at in one go.
_SLAB = 8_000_000
# So much longer takes it to move one of some voxels than one of all.
_SPARSE = 15


def dilated(mask: np.ndarray, grid: Grid, radius_mm: float) -> np.ndarray:
    """Return the voxels whose centre lies within `radius_mm` of the centre of a voxel of `mask`."""
    return drain(dilated_steps(mask, grid, radius_mm))


def dilated_steps(mask: np.ndarray, grid: Grid, radius_mm: float) -> Steps[np.ndarray]:
    """Dilate as :func:`dilated` does, yielding in between."""
    # The voxel of the mask that is nearest to one outside has a neighbour, on the way there, that is outside too: where
    # axes are at right angles, moving the surface is enough.
    surface = (yield from _surface_steps(mask)) if grid.is_rectangular else None
    if surface is not None and _SPARSE * len(surface[0]) < mask.size:
        return (yield from _sown_steps(mask, surface, _ball(grid, radius_mm)))
    result, moved = mask.copy(), 0
    for offset in _ball(grid, radius_mm):
        if any(abs(d) >= n for d, n in zip(offset, mask.shape, strict=True)):
            continue  # leads out of an array that is thinner than the radius
        here = tuple(slice(max(0, d), n + min(0, d)) for d, n in zip(offset, mask.shape, strict=True))
        there = tuple(slice(max(0, -d), n + min(0, -d)) for d, n in zip(offset, mask.shape, strict=True))
        result[here] |= mask[there]
        moved += mask.size
        if moved > _CHUNK:
            moved = 0
            yield _LOOKING
    return result


def _surface_steps(mask: np.ndarray) -> Steps[tuple[np.ndarray, ...]]:
    """Return the k, j and i of the voxels of a mask that have a face towards a voxel outside it."""
    found, size = [], max(1, _SLAB // max(1, mask[0].size)) if len(mask) else 1
    for first in range(0, len(mask), size):
        slab = mask[first : first + size]
        inside, last = slab.copy(), first + len(slab)
        for axis in range(3):
            along, kept = np.moveaxis(slab, axis, 0), np.moveaxis(inside, axis, 0)
            kept[1:] &= along[:-1]
            kept[:-1] &= along[1:]
        if first > 0:
            inside[0] &= mask[first - 1]
        if last < len(mask):
            inside[-1] &= mask[last]
        k, j, i = np.nonzero(slab & ~inside)
        found.append((k + first, j, i))
        yield _LOOKING
    return tuple(np.concatenate(part) for part in zip(*found, strict=True)) if found else np.nonzero(mask)


def _sown_steps(mask: np.ndarray, kji: tuple[np.ndarray, ...], offsets: list[tuple[int, ...]]) -> Steps[np.ndarray]:
    """Return a mask with the voxels that lie at `offsets` from some of it."""
    reach = np.abs(np.array(offsets or [(0, 0, 0)])).max(axis=0)
    padded = np.zeros(np.array(mask.shape) + 2 * reach, bool)
    inner = tuple(slice(n, n + size) for n, size in zip(reach.tolist(), mask.shape, strict=True))
    padded[inner] = mask
    yield _LOOKING
    flat, steps = padded.reshape(-1), np.array([padded.shape[1] * padded.shape[2], padded.shape[2], 1])
    rows, moved = (np.stack(kji, axis=1) + reach) @ steps, 0
    for offset in offsets:
        flat[rows + int(np.dot(offset, steps))] = True
        moved += _SPARSE * len(rows)
        if moved > _CHUNK:
            moved = 0
            yield _LOOKING
    yield _LOOKING
    return np.ascontiguousarray(padded[inner])


def eroded(mask: np.ndarray, grid: Grid, radius_mm: float) -> np.ndarray:
    """Return the voxels of `mask` farther than `radius_mm` from every voxel outside it.

    The edge of the array is not outside: a vessel that it cuts has no wall there.
    """
    return drain(eroded_steps(mask, grid, radius_mm))


def eroded_steps(mask: np.ndarray, grid: Grid, radius_mm: float) -> Steps[np.ndarray]:
    """Erode as :func:`eroded` does, yielding in between."""
    return ~(yield from dilated_steps(~mask, grid, radius_mm))


def deep_steps(kji: np.ndarray, mask: np.ndarray, grid: Grid, depth_mm: float) -> Steps[np.ndarray]:
    """Return which of some voxels lie in a mask, farther than `depth_mm` from every voxel outside it.

    Parameters
    ----------
    kji : ndarray of int, shape (n, 3)
    mask : ndarray, shape (k, j, i)
        Non-zero inside; beyond its edge it goes on.
    grid : Grid
    depth_mm : float
        Where all neighbours are farther away, the nearest ones count.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    deep = mask[tuple(kji.T)] != 0
    last = np.array(mask.shape) - 1
    moved = 0
    nearest_mm = min(neighbour_length_mm(offset, grid) for offset in HALF_NEIGHBOURS)
    for offset in _ball(grid, max(depth_mm, nearest_mm)):
        rows = np.flatnonzero(deep)
        deep[rows] = mask[tuple(np.clip(kji[rows] + np.array(offset), 0, last).T)] != 0
        moved += 10 * len(rows)
        if moved > _CHUNK:
            moved = 0
            yield _LOOKING
    return deep


def reached_steps(mask: np.ndarray, grid: Grid, distance_mm: float, progress: Progress) -> Steps[np.ndarray]:
    """Return the voxels that may lie within a distance of a mask: all that do, and some that do not.

    Along each axis it reaches as far as any voxel within the distance can lie, whatever the grid's axes.

    Parameters
    ----------
    mask : ndarray of bool, shape (k, j, i)
    grid : Grid
    distance_mm : float
        Between voxel centres.
    progress : Progress
        What to yield.
    """
    per_mm = np.linalg.norm(np.linalg.inv(grid.ijk_to_ras[:3, :3]), axis=1)[::-1]
    near = mask.copy()
    for axis, reach in enumerate(np.floor(distance_mm * per_mm + 1e-6).astype(int).tolist()):
        near = np.moveaxis(near, axis, 0)
        yield from _grown_steps(near, reach, progress)
        near = np.moveaxis(near, 0, axis)
    return near


def touched_steps(mask: np.ndarray, progress: Progress) -> Steps[np.ndarray]:
    """Return a mask with the 26 neighbours of its voxels."""
    near = mask.copy()
    for axis in range(3):
        yield from _grown_steps(np.moveaxis(near, axis, 0), 1, progress)
    return near


def _grown_steps(near: np.ndarray, reach: int, progress: Progress) -> Steps[None]:
    """Grow a mask in place, along its first axis, both ways."""
    size = max(1, _SLAB // max(1, near[:, :1].size))
    for first in range(0, near.shape[1], size):
        part, done = near[:, first : first + size], 0
        while done < reach:
            # What was reached so far reaches as far again.
            step = min(max(done, 1), reach - done)
            before = part.copy()
            part[step:] |= before[:-step]
            part[:-step] |= before[step:]
            done += step
        yield progress


def _ball(grid: Grid, radius_mm: float) -> list[tuple[int, ...]]:
    """Return the k, j, i steps of at most `radius_mm`, measured in physical space."""
    matrix = grid.ijk_to_ras[:3, :3]
    # Rows of the inverse bound each index of any vector of that length, also on sheared grids.
    reach = np.floor(radius_mm * np.linalg.norm(np.linalg.inv(matrix), axis=1) + 1e-9).astype(int)
    steps = np.array(list(product(*(range(-n, n + 1) for n in reach[::-1]))))
    inside = np.linalg.norm(steps[:, ::-1] @ matrix.T, axis=1) <= radius_mm + 1e-9
    return [tuple(step) for step in steps[inside & steps.any(axis=1)].tolist()]

"""Boxes of voxels: what lets large volumes be worked on in their small interesting part."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .volume import Grid

# Slices along k, j and i.
Box = tuple[slice, ...]

# A margin of a whole number of voxels is not pushed to the next one by rounding, nor below itself.
_TOLERANCE = 1e-6


def bounding_box(array: np.ndarray) -> Box | None:
    """Return the smallest box (k, j, i slices) around the non-zero voxels; None where there are none."""
    box = [slice(0, size) for size in array.shape]
    for axis in range(3):
        others = tuple(each for each in range(3) if each != axis)
        hit = np.flatnonzero(array[tuple(box)].any(axis=others))
        if hit.size == 0:
            return None
        box[axis] = slice(int(hit[0]), int(hit[-1]) + 1)
    return tuple(box)


def common_box(boxes: Iterable[Box | None]) -> Box | None:
    """Return the smallest box around several; those that are None are passed over, and None where all are."""
    found = [box for box in boxes if box is not None]
    if not found:
        return None
    return tuple(slice(min(p.start for p in parts), max(p.stop for p in parts)) for parts in zip(*found, strict=True))


def overlap(a: Box | None, b: Box) -> Box | None:
    """Return what two boxes have in common; None where that is nothing."""
    if a is None:
        return None
    common = tuple(slice(max(p.start, q.start), min(p.stop, q.stop)) for p, q in zip(a, b, strict=True))
    return common if all(part.start < part.stop for part in common) else None


def inside(box: Box, frame: Box) -> Box:
    """Return where a box lies in an array whose first voxel is that of a frame; :func:`outside` undoes it."""
    return tuple(slice(p.start - q.start, p.stop - q.start) for p, q in zip(box, frame, strict=True))


def outside(box: Box, frame: Box) -> Box:
    """Return where a part of an array lies whose first voxel is that of a frame."""
    return tuple(slice(p.start + q.start, p.stop + q.start) for p, q in zip(box, frame, strict=True))


def box_at(start: Iterable[int], shape: Iterable[int]) -> Box:
    """Return the box of an array, given where its first voxel lies."""
    return tuple(slice(first, first + size) for first, size in zip(start, shape, strict=True))


def part_of(array: np.ndarray, place: Box, box: Box) -> np.ndarray:
    """Return what an array that fills `place` has in another box, 0 beyond; a copy, shape of `box`."""
    part = np.zeros([side.stop - side.start for side in box], array.dtype)
    common = overlap(place, box)
    if common is not None:
        part[inside(common, box)] = array[inside(common, place)]
    return part


def grown_by(box: Box, margin: int) -> Box:
    """Return a box with so many voxels more on every side, wherever that leads."""
    return tuple(slice(part.start - margin, part.stop + margin) for part in box)


def grown(box: Box, margin_mm: float, grid: Grid) -> Box:
    """Return `box` with every voxel within `margin_mm` of it and one more, inside `grid`."""
    per_mm = np.linalg.norm(np.linalg.inv(grid.ijk_to_ras[:3, :3]), axis=1)[::-1]
    margins = np.minimum(np.ceil(margin_mm * per_mm + _TOLERANCE) + 1, grid.shape).astype(int)
    return tuple(
        slice(max(part.start - margin, 0), min(part.stop + margin, size))
        for part, margin, size in zip(box, margins.tolist(), grid.shape, strict=True)
    )

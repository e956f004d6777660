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


def grown(box: Box, margin_mm: float, grid: Grid) -> Box:
    """Return `box` with every voxel within `margin_mm` of it and one more, inside `grid`."""
    per_mm = np.linalg.norm(np.linalg.inv(grid.ijk_to_ras[:3, :3]), axis=1)[::-1]
    margins = np.minimum(np.ceil(margin_mm * per_mm + _TOLERANCE) + 1, grid.shape).astype(int)
    return tuple(
        slice(max(part.start - margin, 0), min(part.stop + margin, size))
        for part, margin, size in zip(box, margins.tolist(), grid.shape, strict=True)
    )

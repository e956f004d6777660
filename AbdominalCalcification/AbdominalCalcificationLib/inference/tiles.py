"""Where the tiles of a sliding window lie, and how they are weighted, as nnU-Net does."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..effort import TILE_STEP
from ..geometry import Box

# nnU-Net's Gaussian: its width as a part of the tile.
GAUSSIAN_SIGMA = 1 / 8
# The range of the weights: as wide as half precision bears. Logits up to some hundreds do not
# overflow, and where only corners of tiles reach, their ratios still count.
GREATEST_WEIGHT, SMALLEST_WEIGHT = 16, 16e-8

Tile = tuple[int, int, int]
# An image that goes on at neither end of its axes.
ENDING = (0, 0, 0)


def starts(size: int, patch: int, step: float = TILE_STEP) -> list[int]:
    """Return where the tiles of `patch` voxels start that cover `size` voxels, evenly spread."""
    count = math.ceil((size - patch) / (patch * step)) + 1
    return [int(np.round((size - patch) / max(count - 1, 1) * number)) for number in range(count)]


def lattice(shape: Sequence[int], patch: Sequence[int], step: float = TILE_STEP) -> list[Tile]:
    """Return the first voxels of nnU-Net's tiles, in the order of the first axis."""
    first, second, third = (starts(size, width, step) for size, width in zip(shape, patch, strict=True))
    return [(x, y, z) for x in first for y in second for z in third]


def core(tile: Tile, patch: Sequence[int], shape: Sequence[int], step: float = TILE_STEP) -> Box:
    """Return the middle of `tile`, `step` times as wide, and up to the border of the image where it lies there.

    The cores of the lattice's tiles cover the image. Beyond its core a tile weighs less than the
    tile whose core it is.
    """
    box = []
    for start, width, size in zip(tile, patch, shape, strict=True):
        margin = int(width * (1 - step) / 2)
        box.append(slice(start + (margin if start > 0 else 0), start + width - (margin if start + width < size else 0)))
    return tuple(box)


def continued_shape(shape: Sequence[int], beyond: Sequence[int]) -> list[int]:
    """Return the voxels of an image of `shape` that goes on for `beyond` voxels at both ends of each axis."""
    return [n + 2 * more for n, more in zip(shape, beyond, strict=True)]


def padding_before(shape: Sequence[int], patch: Sequence[int]) -> list[int]:
    """Return the voxels before an image along each axis, where it is smaller than a tile.

    nnU-Net pads evenly, the odd voxel at the end.
    """
    return [max(size - n, 0) // 2 for size, n in zip(patch, shape, strict=True)]


def room(shape: Sequence[int], patch: Sequence[int], beyond: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return the voxels before an image that goes on and is padded to no less than a tile, and how many it has then."""
    seen = continued_shape(shape, beyond)
    before = [pad + more for pad, more in zip(padding_before(seen, patch), beyond, strict=True)]
    return before, [max(size, n) for size, n in zip(patch, seen, strict=True)]


def around(mask: np.ndarray, shape: Sequence[int], patch: Sequence[int], beyond: Sequence[int] = ENDING) -> list[Tile]:
    """Return a few tiles that cover `mask` and hardly overlap, in the order of the first axis.

    Layer by layer, row by row, each only as long as what the mask has there: a tree of vessels takes a fraction of
    the tiles of a lattice over the box around it.

    Parameters
    ----------
    mask : ndarray of bool
        Over the same field as the image of `shape`, at any spacing.
    shape, patch, beyond : sequence of int
        Voxels of the image, of a tile, and by which the image goes on at both ends.

    Returns
    -------
    list of tuple of int
        First voxels in the image that goes on, padded (:func:`padding_before`).
    """
    tiles: list[Tile] = []
    along = shape, patch, beyond
    for first, layer in _along(mask, 0, *along):
        for second, row in _along(layer, 1, *along):
            tiles += [(first, second, third) for third, _ in _along(row, 2, *along)]
    return tiles


def _along(
    mask: np.ndarray, axis: int, shape: Sequence[int], patch: Sequence[int], beyond: Sequence[int]
) -> list[tuple[int, np.ndarray]]:
    """Return starts of tiles along an axis that cover what `mask` has, and the part of the mask in each."""
    others = tuple(each for each in range(3) if each != axis)
    occupied = np.flatnonzero(mask.any(axis=others))
    if not len(occupied):
        return []
    voxels, n, width = mask.shape[axis], shape[axis], patch[axis]
    low, stop = int(occupied[0]) * n // voxels, -(-(int(occupied[-1]) + 1) * n // voxels)
    count = math.ceil((stop - low) / width)
    middles = low + (np.arange(count) + 0.5) * (stop - low) / count
    (padding,), (size,) = room([n], [width], [beyond[axis]])
    found = []
    for middle in middles:
        start = int(np.clip(round(middle + padding - width / 2), 0, size - width))
        first, last = (start - padding) * voxels // n, -(-(start + width - padding) * voxels // n)
        part = [slice(None)] * 3
        part[axis] = slice(max(first, 0), max(last, 0))
        if mask[tuple(part)].any():
            found.append((start, mask[tuple(part)]))
    return found


def gaussian(patch: Sequence[int]) -> np.ndarray:
    """Return the weights of a tile's voxels, float32."""
    result = np.full((), GREATEST_WEIGHT)
    for size in patch:
        at = np.arange(size) - size // 2
        result = result[..., None] * np.exp(-0.5 * (at / (GAUSSIAN_SIGMA * size)) ** 2)
    return np.maximum(result, SMALLEST_WEIGHT).astype(np.float32)

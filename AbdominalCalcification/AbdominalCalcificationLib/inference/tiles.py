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


def gaussian(patch: Sequence[int]) -> np.ndarray:
    """Return the weights of a tile's voxels, float32."""
    result = np.full((), GREATEST_WEIGHT)
    for size in patch:
        at = np.arange(size) - size // 2
        result = result[..., None] * np.exp(-0.5 * (at / (GAUSSIAN_SIGMA * size)) ** 2)
    return np.maximum(result, SMALLEST_WEIGHT).astype(np.float32)

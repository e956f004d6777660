"""A small body with skin, spine, aorta and branches, on which each rule of anatomical sense can be tried.

Points are RAS, mm. The aorta runs up at R 0, A 0; vertebrae lie behind it; the body is a block around both, with air
around it. Where a test moves something, everything else stays plausible.
"""

from __future__ import annotations

import numpy as np

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.sense.arteries import Sensible, sensible_arteries

VOXEL_MM = 3.0
# R, A, S of the field's first and last corners.
LOW, HIGH = np.array([-120.0, -120.0, 0.0]), np.array([120.0, 102.0, 180.0])
AIR_HU, FAT_HU, SPINE_HU, BLOOD_HU = -1000, -80, 300, 350
SPINE = ((-18, -60, -9), (18, -18, 300))
BODY = ((-105, -105, -99), (105, 87, 300))


def a_grid(flips=(False, False, False)) -> Grid:
    """Return the field, its array axes turned round where said (k, j, i)."""
    size = np.rint((HIGH - LOW) / VOXEL_MM).astype(int)
    signs = np.where(flips[::-1], -1.0, 1.0)
    origin = np.where(signs > 0, LOW, LOW + (size - 1) * VOXEL_MM)
    return Grid.from_spacing(tuple(size[::-1]), (VOXEL_MM,) * 3, origin, np.diag(signs))


def painted(blocks, value_of, start, grid):
    """Paint boxes (low corner, high corner; RAS, mm, voxel centres from the first to before the second)."""
    array = np.full(grid.shape, start, np.int16)
    for what, low, high in blocks:
        # Between centres of voxels, so that both corners can be rounded alike.
        corners = np.sort(grid.kji_of_ras(np.array([low, high]) - VOXEL_MM / 2), axis=0)
        first, stop = np.clip(np.ceil(corners - 1e-6).astype(int), 0, grid.shape)
        array[tuple(slice(int(a), int(b)) for a, b in zip(first, stop, strict=True))] = value_of(what)
    return array


def a_case(arteries, *, tissue=(), body=BODY, spine=SPINE, flips=(False, False, False)):
    """Return CT and mask: arteries are name, low corner, high corner; tissue is HU, low corner, high corner."""
    grid = a_grid(flips)
    solid = [(FAT_HU, *body), *([(SPINE_HU, *spine)] if spine else []), *tissue]
    hu = painted(solid, int, AIR_HU, grid)
    labels = painted(arteries, lambda name: territory(name).label, 0, grid).astype(np.uint8)
    hu[labels > 0] = BLOOD_HU
    return Volume(hu, grid), Volume(labels, grid)


AORTA = ("aorta", (-9, -9, 30), (9, 9, 300))
ILIAC_LEFT = ("common_iliac_left", (-27, -6, 0), (-9, 6, 33))
ILIAC_RIGHT = ("common_iliac_right", (9, -6, 0), (27, 6, 33))
TREE = (AORTA, ILIAC_LEFT, ILIAC_RIGHT)


def sense(*arteries, expects_aorta=True, **more) -> Sensible:
    """Hold arteries against anatomy."""
    return sensible_arteries(*a_case(arteries, **more), expects_aorta=expects_aorta)


def count(found: Sensible, name: str) -> int:
    """Return how many voxels of a territory stay."""
    return int(np.count_nonzero(found.arteries.array == territory(name).label))


def codes(found: Sensible) -> set[tuple[str, str | None]]:
    """Return codes and territories of the flags."""
    return {(flag.code, flag.territory) for flag in found.flags}

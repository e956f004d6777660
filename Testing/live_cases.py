"""A small case to be edited, random edits of it, and whether two measurements are equal in everything."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from AbdominalCalcificationLib.geometry import Volume
from AbdominalCalcificationLib.measurement import Measurement
from phantoms import LUMEN_HU, Phantom, Tube, aorta, branch, grid_over, label_of, rotation_about


def a_small_case(spacing_mm=(1.3, 1.2, 1.6)) -> tuple[Volume, np.ndarray, np.ndarray]:
    """Return CT, artery labels and calcification: an aorta with its branches, plaques in all of them, and metal."""
    trunk = aorta(60, 7)
    ostium = {"aorta_radius_mm": 7.0}
    arteries = {
        "aorta": (trunk,),
        "celiac_trunk": branch((0, 1, 0.2), 3, (14,), height_mm=22, **ostium),
        "superior_mesenteric": branch((0, 1, -0.3), 3, (3,), (16, 8, (0, 0, -1)), (20,), height_mm=12, **ostium),
        "renal_left": branch((1, 0.2, 0), 2.5, (24,), height_mm=6, **ostium),
        "renal_right": branch((-1, 0.2, 0), 2.5, (24,), height_mm=3, **ostium),
        "common_iliac_left": (Tube((3.0, 0, -28), (0.4, 0, -1), 34, 4),),
        "common_iliac_right": (Tube((-3.0, 0, -28), (-0.4, 0, -1), 34, 4),),
    }
    grid = grid_over((-42, -16, -68), (42, 36, 38), spacing_mm, rotation_about((1, 2, 3), 7))
    _, labels, _ = Phantom(arteries).painted(grid)
    rng = np.random.default_rng(3)
    calcified = np.zeros(grid.shape, np.uint8)
    where = np.argwhere(labels.array)
    for k, j, i in where[rng.choice(len(where), 60, replace=False)]:
        a, b, c = rng.integers(1, 4, 3)
        calcified[k : k + a, j : j + b, i : i + c] = 1
    hu = rng.normal(40, 20, grid.shape)
    hu[labels.array > 0] = rng.normal(LUMEN_HU, 25, np.count_nonzero(labels.array))
    hu[calcified > 0] = rng.normal(500, 250, np.count_nonzero(calcified))
    hu[tuple(where[40])] = 3071
    return Volume(np.rint(hu).astype(np.int16), grid), labels.array.astype(np.uint8), calcified


def random_box(rng: np.random.Generator, near: np.ndarray, shape, largest: int = 7) -> tuple[slice, ...]:
    """Return a box as large as a brush around one of some voxels, shape (n, 3), or anywhere where there are none."""
    centre = near[rng.integers(len(near))] if len(near) else rng.integers(0, shape)
    sizes = rng.integers(1, largest + 1, 3)
    starts = np.clip(centre - rng.integers(0, sizes), 0, np.array(shape) - 1)
    return tuple(slice(int(a), int(min(a + n, limit))) for a, n, limit in zip(starts, sizes, shape, strict=True))


def differences(one: Measurement, other: Measurement) -> list[str]:
    """Return the names of what is not exactly equal in two measurements; of `provenance` nothing is compared."""
    different = []
    for each in fields(Measurement):
        first, second = getattr(one, each.name), getattr(other, each.name)
        if isinstance(first, Volume):
            equal = first.array.dtype == second.array.dtype and np.array_equal(first.array, second.array)
        else:
            equal = each.name == "provenance" or first == second
        if not equal:
            different.append(each.name)
    return different


__all__ = ["a_small_case", "differences", "label_of", "random_box"]

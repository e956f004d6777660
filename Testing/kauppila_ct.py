"""A small CT of a straight spine with an aorta in front of it, whose Kauppila score was worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.radiograph.spine import LABELS
from kauppila_cases import LEVELS_MM, MIXED, WorkedCase

# Bodies are 26 mm high, discs 10 mm; the middle of the disc above L1 is 10 mm below the top.
NAMES = ("T12", "L1", "L2", "L3", "L4", "L5")
DISC_MM = 10.0
SPINE_A_MM, DEPTH_MM, HALF_WIDTH_MM = -30.0, 30.0, 21.0
ROOM_MM = (70.0, 85.0)


@dataclass(frozen=True, eq=False)
class SpineCt:
    """CT, arteries, calcification and whole vertebrae with arches, on one grid."""

    ct: Volume
    arteries: Volume
    calcification: Volume
    vertebrae: Volume


def spine_ct(
    spacing_mm: float = 2.0, names: tuple[str, ...] = NAMES, top_mm: float = -20.0, rotation: np.ndarray | None = None
) -> SpineCt:
    """Return the case; `top_mm` is where the field of view begins on the path of the aorta, whose upper end is 0."""
    case = WorkedCase("every score", MIXED, ())
    directions = np.eye(3) if rotation is None else rotation
    half = np.array([*ROOM_MM, 100.0])
    shape = tuple(int(n) for n in np.ceil(2 * half / spacing_mm)[::-1])
    middle = np.array([0.0, -20.0, -80.0])
    corner = middle - directions @ (half - spacing_mm / 2)
    grid = Grid.from_spacing(shape, (spacing_mm,) * 3, corner, directions)
    points = grid.ras_of_kji(np.argwhere(np.ones(shape, bool)))
    x, y, z = points.T
    hu = np.where(((x - 0) / 62) ** 2 + ((y + 20) / 75) ** 2 <= 1, 20.0, -1000.0)
    labels = np.zeros(len(points), np.uint8)
    for number, name in enumerate(NAMES):
        upper = LEVELS_MM[0] + 36.0 * (number - 1) + DISC_MM / 2
        level = (-z >= upper) & (-z < upper + 36.0 - DISC_MM)
        back = SPINE_A_MM - DEPTH_MM
        body = (np.abs(x) <= HALF_WIDTH_MM) & (y <= SPINE_A_MM) & (y > back)
        pedicle = (np.abs(np.abs(x) - 16) <= 4) & (y <= back) & (y > back - 18)
        arch = (np.abs(x) <= 4) & (y <= back - 16) & (y > back - 38)
        transverse = (np.abs(x) > 16) & (np.abs(x) < 45) & (np.abs(y - back + 6) <= 4) & (np.abs(-z - upper - 10) < 5)
        vertebra = (level & (body | pedicle | arch)) | transverse
        hu[vertebra] = 300.0
        if name in names:
            labels[vertebra] = LABELS[name]
    wall = case.tube().contains(points)
    calcified = np.zeros(len(points), bool)
    for plaque in case.plaques():
        calcified |= plaque.contains(points) & wall
    hu[wall], hu[calcified] = 350.0, 900.0
    seen = -points[:, 2].reshape(shape) >= top_mm
    first = int(np.argmax(seen[::-1].all(axis=(1, 2)))) if rotation is None else 0
    keep = slice(0, shape[0] - first)

    def volume(values, kind) -> Volume:
        return Volume(values.reshape(shape).astype(kind)[keep], grid.cropped((keep, slice(None), slice(None))))

    return SpineCt(
        volume(np.rint(hu), np.int16), volume(wall, np.uint8), volume(calcified, np.uint8), volume(labels, np.uint8)
    )

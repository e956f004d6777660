"""Small cases for the tests of review: an aorta, a renal artery and plaques, on grids of every kind."""

from __future__ import annotations

import numpy as np

from AbdominalCalcificationLib.geometry import Grid
from phantoms import Phantom, Plaque, Tube, aorta, branch, grid_over, label_of, reoriented

LOW, HIGH = (-14, -13, -24), (44, 13, 24)
RENAL = label_of("renal_left")
RENAL_TUBES = branch((1, 0, 0), 3.0, (30,))
# In the wall of the aorta, seen from the renal artery on the other side; and in the renal artery, near its end.
AORTIC_PLAQUE = Plaque(aorta(44), (4, 12), (6, 10.5), (2.6, 3.6))
RENAL_PLAQUE = Plaque(RENAL_TUBES[1], (20, 26), (0, 3.1))
PHANTOM = Phantom({"aorta": (aorta(44),), "renal_left": RENAL_TUBES}, (AORTIC_PLAQUE, RENAL_PLAQUE))


def sheared_grid(spacing_mm: float = 1.2) -> Grid:
    """Return a grid whose slices are displaced against each other, over the same box."""
    straight = grid_over((LOW[0] - 12, LOW[1], LOW[2]), (HIGH[0] + 12, HIGH[1], HIGH[2]), spacing_mm)
    matrix = np.array(straight.ijk_to_ras)
    matrix[0, 2] = 0.2 * spacing_mm
    return Grid(straight.shape, matrix)


def painted(kind: str = "straight", phantom: Phantom = PHANTOM):
    """Return CT, arteries and calcification of a phantom on a straight, turned or sheared grid."""
    if kind == "sheared":
        return phantom.painted(sheared_grid())
    case = phantom.painted(grid_over(LOW, HIGH, 1.2))
    if kind == "turned":
        return tuple(reoriented(volume, (2, 0, 1), (True, False, True)) for volume in case)
    return case


def with_gap(tube: Tube, low_mm: float, high_mm: float) -> Tube:
    """Return what cuts a gap into a straight tube, from and to along its axis."""
    origin = tuple(tube.point(low_mm))
    return Tube(origin, tube.direction, high_mm - low_mm, tube.radius_mm + 1)


def mass_centre(volume, where) -> np.ndarray:
    """Return the voxel centre nearest to the middle of some voxels, RAS in mm."""
    points = volume.grid.ras_of_kji(np.argwhere(where))
    return points[np.linalg.norm(points - points.mean(axis=0), axis=1).argmin()]

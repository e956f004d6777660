"""A vessel laid out straight: its sections, cut across the centreline, one upon another.

The sections turn as little as the centreline lets them (rotation minimising frames by double reflection: W. Wang,
B. Jüttler, D. Zheng, Y. Liu, "Computation of rotation minimizing frames", ACM Transactions on Graphics 27, 2008,
doi 10.1145/1330511.1330513), so that a plaque on one side of the vessel stays on one side of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import map_coordinates

from ..geometry import Volume
from ..geometry.voxels import TOLERANCE_MM
from .centreline import Centreline

#: Sections reach so much farther than the widest place of the vessel, mm: its surroundings tell where one is.
BESIDE_MM = 8.0
#: Distance of points within a section, mm.
PIXEL_MM = 0.5


@dataclass(frozen=True, eq=False)
class Straightened:
    """The sections of a vessel.

    Attributes
    ----------
    centreline : Centreline
    across, along_side : ndarray, shape (n, 3)
        Unit vectors (RAS) of each section's two axes: the first points to the patient's right as far as it can.
    offsets_mm : ndarray, shape (m,)
        Places of the points of a section along either axis, from the centreline.
    """

    centreline: Centreline
    across: np.ndarray
    along_side: np.ndarray
    offsets_mm: np.ndarray

    def cut(self, volume: Volume, angle_deg: float = 0.0, *, is_mask: bool = False, outside: float = 0.0) -> np.ndarray:
        """Return the cut through the vessel along its centreline, shape (n, m): sections, and points across them.

        Parameters
        ----------
        volume : Volume
            CT, linearly interpolated, or a mask: the value of the nearest voxel.
        angle_deg : float
            Turned around the centreline, from `across` towards `along_side`.
        is_mask : bool
        outside : float
            Value of what lies outside the volume.
        """
        angle = np.deg2rad(angle_deg)
        side = np.cos(angle) * self.across + np.sin(angle) * self.along_side
        points = self.centreline.points_ras[:, None] + self.offsets_mm[None, :, None] * side[:, None]
        return _looked_up(volume, points, is_mask, outside)


def straightened(centreline: Centreline) -> Straightened:
    """Lay a vessel out along its centreline (two points or more)."""
    reach = float(centreline.radius_mm.max()) + BESIDE_MM
    count = int(np.ceil(reach / PIXEL_MM))
    across = _frames(centreline.points_ras, centreline.tangents)
    return Straightened(
        centreline, across, np.cross(centreline.tangents, across), PIXEL_MM * np.arange(-count, count + 1)
    )


def _frames(points: np.ndarray, tangents: np.ndarray) -> np.ndarray:
    """Return unit vectors across a line that turn around it as little as they can, the first one towards R."""
    right = np.array([1.0, 0.0, 0.0])
    if abs(tangents[0] @ right) > 0.9:  # it leads to the side itself
        right = np.array([0.0, 1.0, 0.0])
    across = np.empty_like(tangents)
    across[0] = right - (right @ tangents[0]) * tangents[0]
    across[0] /= np.linalg.norm(across[0])
    for n in range(len(points) - 1):
        # Reflected in the plane between both points, then in that which takes the tangent to the next one.
        step = points[n + 1] - points[n]
        size = step @ step
        if size < TOLERANCE_MM**2:
            across[n + 1] = across[n]
            continue
        vector = across[n] - (2 / size) * (step @ across[n]) * step
        tangent = tangents[n] - (2 / size) * (step @ tangents[n]) * step
        turn = tangents[n + 1] - tangent
        size = turn @ turn
        across[n + 1] = vector if size < TOLERANCE_MM**2 else vector - (2 / size) * (turn @ vector) * turn
        across[n + 1] -= (across[n + 1] @ tangents[n + 1]) * tangents[n + 1]
        across[n + 1] /= np.linalg.norm(across[n + 1])
    return across


def _looked_up(volume: Volume, points_ras: np.ndarray, is_mask: bool, outside: float) -> np.ndarray:
    """Return the values of a volume at places, shape (..., 3): linearly interpolated, or of the nearest voxel."""
    where = volume.grid.kji_of_ras(points_ras.reshape(-1, 3)).T
    if is_mask:
        values = _nearest(volume.array, where, outside)
    else:
        values = map_coordinates(volume.array, where, np.float32, order=1, mode="constant", cval=outside)
    return values.reshape(points_ras.shape[:-1])


def _nearest(array: np.ndarray, where_kji: np.ndarray, outside: float) -> np.ndarray:
    index = np.round(where_kji).astype(np.int64)
    inside = ((index >= 0) & (index < np.array(array.shape)[:, None])).all(axis=0)
    values = np.full(index.shape[1], outside, array.dtype)
    values[inside] = array[tuple(index[:, inside])]
    return values

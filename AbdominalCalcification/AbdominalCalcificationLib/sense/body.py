"""The patient's body on a CT: what is not air around it, table, clothing or arm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage

from ..geometry import Grid, Volume, grown
from ..geometry.distances import distances_mm
from ..measurement.constants import LEAST_LUNG_HU, MOST_LUNG_HU
from .constants import BONE_HU, LUNG_REACH_MM, OUTER_AIR_HU, SHEET_MM, TISSUE_HU, TRUNK_SHARE

# Fine enough for what is 12 mm thick.
_STEP_MM = 3.0


@dataclass(frozen=True, eq=False)
class Body:
    """Where the body lies, looked at every few voxels.

    Attributes
    ----------
    hu : ndarray of int16 or float32, shape (k, j, i)
        Of the voxels that were looked at.
    outside : ndarray of bool, shape (k, j, i)
        What surely lies outside; nothing where the field shows no outline.
    grid : Grid
        Of both.
    strides : tuple of int
        Voxels of the CT to one of these, along k, j, i.
    axis : int
        The array axis that leads most from the feet to the head.
    """

    hu: np.ndarray
    outside: np.ndarray
    grid: Grid
    strides: tuple[int, ...]
    axis: int

    @cached_property
    def has_outline(self) -> bool:
        """Whether the field shows air around the body."""
        return bool(self.outside.any())

    @cached_property
    def _depth_mm(self) -> np.ndarray:
        return ndimage.distance_transform_edt(~self.outside, sampling=self.grid.spacing_mm[::-1])

    def depth_mm(self, kji: np.ndarray) -> np.ndarray:
        """Return how deep voxels of the CT, shape (n, 3), lie in the body: 0 outside, ``inf`` without an outline."""
        if not self.has_outline:
            return np.full(len(kji), np.inf)
        return self._depth_mm[tuple(self._places(kji))]

    def bone_ml(self, arteries: np.ndarray) -> float:
        """Return how much is as bright as bone and in no artery, of the shape of the CT."""
        every = tuple(slice(None, None, stride) for stride in self.strides)
        return float(
            np.count_nonzero((self.hu >= BONE_HU) & (arteries[every] == 0)) * self.grid.voxel_volume_mm3 / 1000
        )

    def bone_at(self, points_ras: np.ndarray, arteries: np.ndarray) -> np.ndarray:
        """Return where RAS points, shape (n, 3), are as bright as bone and in no artery, of the shape of the CT."""
        place = np.rint(self.grid.kji_of_ras(points_ras)).astype(int)
        known = ((place >= 0) & (place < self.hu.shape)).all(axis=1)
        found, inside = np.zeros(len(place), bool), place[known]
        found[known] = (self.hu[tuple(inside.T)] >= BONE_HU) & (arteries[tuple((inside * self.strides).T)] == 0)
        return found

    def lung_share(self, kji: np.ndarray) -> float:
        """Return how much of what lies around some voxels of the CT, shape (n, 3), is as dark as lung."""
        place = self._places(kji).T
        low, high = place.min(axis=0).tolist(), place.max(axis=0).tolist()
        box = grown(tuple(slice(a, b + 1) for a, b in zip(low, high, strict=True)), LUNG_REACH_MM, self.grid)
        hu = self.hu[box]
        own = np.zeros(hu.shape, bool)
        own[tuple((place - [part.start for part in box]).T)] = True
        around = hu[~own & (distances_mm(own, Grid(hu.shape, self.grid.ijk_to_ras)) <= LUNG_REACH_MM)]
        return float(np.mean((around > LEAST_LUNG_HU) & (around < MOST_LUNG_HU))) if around.size else 0.0

    def section_cm2(self, level: int) -> float | None:
        """Return the section of the body at a level of the CT; None where the field cuts it or shows no outline."""
        inside = ~np.take(self.outside, level // self.strides[self.axis], axis=self.axis)
        edges = (inside[0], inside[-1], inside[:, 0], inside[:, -1])
        if not inside.any() or any(edge.any() for edge in edges):
            return None
        i, j, k = self.grid.plane_distances_mm
        area_mm2 = np.prod([step for axis, step in enumerate((k, j, i)) if axis != self.axis])
        return float(np.count_nonzero(inside) * area_mm2 / 100)

    def _places(self, kji: np.ndarray) -> np.ndarray:
        place = (np.asarray(kji).T + np.array([[step // 2] for step in self.strides])) // np.array([self.strides]).T
        return np.minimum(place, np.array([self.hu.shape]).T - 1)


def body_of(ct: Volume) -> Body:
    """Find the body on a CT.

    Tissue in sheets is table or clothing (an opening by a ball); of what remains the largest part is the trunk, with
    all that is at least 0.3 times as large (two legs). In each axial plane, what is not the trunk and reaches the
    border of the field lies outside, unless it is as bright as lung.

    Parameters
    ----------
    ct : Volume
        HU.
    """
    axis = int(np.abs(ct.grid.ijk_to_ras[2, :3][::-1]).argmax())
    strides = tuple(max(1, round(_STEP_MM / spacing)) for spacing in ct.grid.plane_distances_mm[::-1])
    hu = np.array(ct.array[tuple(slice(None, None, stride) for stride in strides)])
    grid = Grid(hu.shape, ct.grid.ijk_to_ras @ np.diag([*strides[::-1], 1]))
    return Body(hu, _outside(hu, grid, axis), grid, strides, axis)


def _outside(hu: np.ndarray, grid: Grid, axis: int) -> np.ndarray:
    tissue = hu > TISSUE_HU
    if tissue.all() or not tissue.any():
        return np.zeros(hu.shape, bool)
    around = ~_trunk(tissue, grid)
    within_plane = np.zeros((3, 3, 3), bool)
    within_plane[tuple(1 if each == axis else slice(None) for each in range(3))] = True
    labels, count = ndimage.label(around, within_plane)
    reaches = np.zeros(count + 1, bool)
    for other in range(3):
        if other != axis:
            for end in (0, -1):
                reaches[np.take(labels, end, axis=other)] = True
    reaches[0] = False
    air = np.where(tissue, 0, labels)
    median = np.full(count + 1, -np.inf)
    some = np.flatnonzero(np.bincount(air.ravel(), minlength=count + 1))
    median[some] = ndimage.median(hu, air, some)
    return (reaches & (median <= OUTER_AIR_HU))[labels]


def _trunk(tissue: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the largest part of what is no sheet, and the parts that are about as large."""
    spacing = grid.spacing_mm[::-1]
    core = ndimage.distance_transform_edt(tissue, sampling=spacing) > SHEET_MM
    labels, count = ndimage.label(core)
    if count == 0:
        return tissue
    sizes = np.bincount(labels.ravel())[1:]
    stays = np.append(False, sizes >= TRUNK_SHARE * sizes.max())
    core = stays[labels]
    return tissue & (ndimage.distance_transform_edt(~core, sampling=spacing) <= SHEET_MM + max(spacing))

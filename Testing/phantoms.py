"""Analytic phantoms: arteries whose volumes, plaques and path lengths are known exactly.

An artery is a chain of tubes, each straight or an arc of a torus; a plaque is a part of a tube
in its own coordinates: path, distance from the axis, angle around it. A phantom is painted on
any grid by asking for every voxel centre what lies there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations, product

import numpy as np

from AbdominalCalcificationLib.anatomy import TERRITORIES, territory
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement.coarse import Blocks, Followed
from AbdominalCalcificationLib.measurement.shortening import follow_trunk_steps
from AbdominalCalcificationLib.progress import drain

LUMEN_HU, PLAQUE_HU, BACKGROUND_HU = 350, 900, 40


@dataclass(frozen=True)
class Tube:
    """A tube, straight or bent like a part of a torus.

    Attributes
    ----------
    origin : tuple of float
        Where its axis begins, RAS, mm.
    direction : tuple of float
        Where the axis leads at its beginning.
    length_mm : float
        Of the axis.
    radius_mm : float
    bend_mm : float
        Radius of the axis; ``inf`` is straight.
    towards : tuple of float
        The side to which it bends; angles around the axis count from here.
    path_mm : float
        Path length at the beginning of the axis.
    """

    origin: tuple[float, float, float]
    direction: tuple[float, float, float]
    length_mm: float
    radius_mm: float
    bend_mm: float = float("inf")
    towards: tuple[float, float, float] = (0.0, 0.0, 1.0)
    path_mm: float = 0.0

    @cached_property
    def frame(self) -> np.ndarray:
        """Rows: along the axis at its beginning, towards the bend, across both."""
        along = np.asarray(self.direction, float) / np.linalg.norm(self.direction)
        side = np.asarray(self.towards, float) - np.dot(self.towards, along) * along
        if np.linalg.norm(side) < 1e-6:
            side = np.roll(along, 1) - np.dot(np.roll(along, 1), along) * along
        side /= np.linalg.norm(side)
        return np.stack([along, side, np.cross(along, side)])

    def coordinates(self, points_ras: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return distance along the axis, distance from it (mm) and angle around it of points."""
        along, side, across = ((points_ras - np.asarray(self.origin, float)) @ self.frame.T).T
        if np.isfinite(self.bend_mm):
            turned = np.arctan2(along, self.bend_mm - side)
            side = self.bend_mm - np.hypot(along, self.bend_mm - side)
            along = turned * self.bend_mm
        return along, np.hypot(side, across), np.arctan2(across, side)

    def point(self, along_mm: float) -> np.ndarray:
        """Return the point of the axis at `along_mm`, RAS."""
        if np.isfinite(self.bend_mm):
            angle = along_mm / self.bend_mm
            local = [np.sin(angle) * self.bend_mm, (1 - np.cos(angle)) * self.bend_mm, 0.0]
        else:
            local = [along_mm, 0.0, 0.0]
        return np.asarray(self.origin, float) + np.asarray(local) @ self.frame

    def heading(self, along_mm: float) -> np.ndarray:
        """Return the direction of the axis at `along_mm`."""
        angle = along_mm / self.bend_mm
        return np.array([np.cos(angle), np.sin(angle), 0.0]) @ self.frame

    def contains(self, points_ras: np.ndarray) -> np.ndarray:
        """Return which points lie in the tube."""
        along, off_axis, _ = self.coordinates(points_ras)
        return (along >= 0) & (along < self.length_mm) & (off_axis <= self.radius_mm)

    def continued(self, length_mm: float, bend_mm: float = float("inf"), towards=(0.0, 0.0, 1.0)) -> Tube:
        """Return the tube that goes on where this one ends."""
        return Tube(
            tuple(self.point(self.length_mm)),
            tuple(self.heading(self.length_mm)),
            length_mm,
            self.radius_mm,
            bend_mm,
            towards,
            self.path_mm + self.length_mm,
        )

    @property
    def volume_mm3(self) -> float:
        """Area times length of the axis: exact for a torus too (Pappus)."""
        return np.pi * self.radius_mm**2 * self.length_mm


@dataclass(frozen=True)
class Plaque:
    """A part of a tube: from and to along the axis, off the axis (mm) and around it (radians)."""

    tube: Tube
    along_mm: tuple[float, float]
    off_axis_mm: tuple[float, float]
    around: tuple[float, float] = (-np.pi, np.pi)

    def contains(self, points_ras: np.ndarray) -> np.ndarray:
        """Return which points lie in the plaque."""
        along, off_axis, angle = self.tube.coordinates(points_ras)
        return (
            (along >= self.along_mm[0])
            & (along < self.along_mm[1])
            & (off_axis >= self.off_axis_mm[0])
            & (off_axis < self.off_axis_mm[1])
            & (angle >= self.around[0])
            & (angle < self.around[1])
        )

    @property
    def volume_mm3(self) -> float:
        """Integral of (1 - r cos(a) / bend) r dr da ds over the plaque."""
        (s0, s1), (r0, r1), (a0, a1) = self.along_mm, self.off_axis_mm, self.around
        straight = (r1**2 - r0**2) / 2 * (a1 - a0)
        bend = (r1**3 - r0**3) / 3 * (np.sin(a1) - np.sin(a0)) / self.tube.bend_mm
        return float((s1 - s0) * (straight - bend))


@dataclass(frozen=True)
class Phantom:
    """Arteries by territory name, plaques, and what else is calcified.

    Where arteries overlap the one that comes first in the territory table has the voxel.
    """

    arteries: dict[str, tuple[Tube, ...]]
    plaques: tuple[Plaque, ...] = ()
    holes: tuple[Tube, ...] = field(default=())

    def painted(self, grid: Grid) -> tuple[Volume, Volume, Volume]:
        """Return CT (int16 HU), artery labels (uint8) and calcification (bool) on `grid`."""
        labels = np.zeros(grid.shape, np.uint8)
        calcified = np.zeros(grid.shape, bool)
        for k in range(grid.shape[0]):
            points = grid.ras_of_kji(_slice_indices(k, grid.shape))
            row = np.zeros(len(points), np.uint8)
            for each in reversed(TERRITORIES):
                for tube in self.arteries.get(each.name, ()):
                    row[tube.contains(points)] = each.label
            for hole in self.holes:
                row[hole.contains(points)] = 0
            labels[k] = row.reshape(grid.shape[1:])
            for plaque in self.plaques:
                calcified[k] |= plaque.contains(points).reshape(grid.shape[1:])
        hu = np.full(grid.shape, BACKGROUND_HU, np.int16)
        hu[labels > 0] = LUMEN_HU
        hu[calcified] = PLAQUE_HU
        return Volume(hu, grid), Volume(labels, grid), Volume(calcified, grid)


def _slice_indices(k, shape):
    j, i = np.mgrid[: shape[1], : shape[2]]
    return np.stack([np.full(j.size, k), j.ravel(), i.ravel()], axis=1)


def grid_over(low_ras, high_ras, spacing_mm, rotation: np.ndarray | None = None) -> Grid:
    """Return a grid that covers a box of patient space.

    Parameters
    ----------
    low_ras, high_ras : sequence of float
        Corners of the box.
    spacing_mm : float or sequence of float
        Along i, j, k.
    rotation : ndarray, shape (3, 3), optional
        Columns are the directions of i, j, k; identity by default.
    """
    spacing = np.broadcast_to(np.asarray(spacing_mm, float), 3)
    directions = np.eye(3) if rotation is None else np.asarray(rotation, float)
    corners = np.array(list(product(*zip(low_ras, high_ras, strict=True)))) @ directions
    low, high = corners.min(axis=0), corners.max(axis=0)
    size = np.ceil((high - low) / spacing).astype(int) + 1
    return Grid.from_spacing(tuple(size[::-1]), spacing, directions @ low, directions)


def rotation_about(axis, degrees: float) -> np.ndarray:
    """Return the matrix of a rotation about an axis."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = np.radians(degrees)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


ORIENTATIONS = tuple(product(permutations(range(3)), product((False, True), repeat=3)))


def reoriented(volume: Volume, order: tuple[int, int, int], flips: tuple[bool, bool, bool]) -> Volume:
    """Return the same anatomy with its axes permuted (new axis n is old axis `order[n]`), then flipped."""
    array = np.transpose(volume.array, order)
    corner = np.zeros(3)
    steps = np.eye(3)[list(order)]
    for axis, flip in enumerate(flips):
        if flip:
            array = np.flip(array, axis)
            corner += (array.shape[axis] - 1) * steps[axis]
            steps[axis] = -steps[axis]
    origin = volume.grid.ras_of_kji(corner)[0]
    columns = [volume.grid.ras_of_kji(corner + step)[0] - origin for step in steps]
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack(columns[::-1], axis=1)
    matrix[:3, 3] = origin
    return Volume(np.ascontiguousarray(array), Grid(array.shape, matrix))


def aorta(length_mm: float = 60.0, radius_mm: float = 9.0) -> Tube:
    """Return a straight aorta along S, centred at the origin, beginning at its lower end."""
    return Tube((0.0, 0.0, -length_mm / 2), (0.0, 0.0, 1.0), length_mm, radius_mm, towards=(1.0, 0.0, 0.0))


def branch(
    side,
    radius_mm: float,
    *pieces: tuple,
    height_mm: float = 0.0,
    aorta_radius_mm: float = 9.0,
) -> tuple[Tube, ...]:
    """Return the tubes of a branch of :func:`aorta`; path 0 lies at the aorta's surface.

    Parameters
    ----------
    side : sequence of float
        Direction in which it leaves the aorta's axis.
    radius_mm : float
    *pieces : tuple
        Arguments of :meth:`Tube.continued` for each further tube.
    height_mm : float
        Where on the aorta's axis.
    aorta_radius_mm : float
    """
    tubes = [Tube((0.0, 0.0, height_mm), tuple(side), aorta_radius_mm, radius_mm, path_mm=-aorta_radius_mm)]
    for piece in pieces:
        tubes.append(tubes[-1].continued(*piece))
    return tuple(tubes)


def beside_aorta(distance_mm: float, *, radius_mm: float = 2.0, top_mm: float = 50.0, length_mm: float = 100.0) -> Tube:
    """Return a tube that runs down beside :func:`aorta`, `distance_mm` in front of its surface, without ostium."""
    return Tube((0.0, 9.0 + distance_mm + radius_mm, top_mm), (0.0, 0.0, -1.0), length_mm, radius_mm)


def label_of(name: str) -> int:
    """Return the voxel value of a territory."""
    return territory(name).label


def path_lengths(volume, tubes, name="renal_left"):
    """The analytic path length of every voxel that `volume` labels with the territory."""
    points = volume.grid.ras_of_kji(np.argwhere(volume.array == label_of(name)))
    lengths = np.full(len(points), np.nan)
    for tube in tubes:
        along, off_axis, _ = tube.coordinates(points)
        inside = (along >= 0) & (along <= tube.length_mm) & (off_axis <= tube.radius_mm + 1e-6)
        lengths[inside] = along[inside] + tube.path_mm
    assert not np.isnan(lengths).any()
    return lengths


def followed_from(kji, grid: Grid, start_mm) -> Followed:
    """Return the course of some voxels, from those whose path length at the start is finite."""
    blocks = Blocks(kji, grid, 10**7)
    return Followed(blocks, drain(follow_trunk_steps(blocks.lattice, start_mm)))

"""Tapered tubes along curved centrelines: the shape of every simulated vessel."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from ..geometry.lines import path_lengths, points_at

STEP_MM = 0.5
# So many points of a curve share a box, and so many places are looked up by one thread: to start a second takes longer.
_PIECE, _MANY = 16, 50_000


@dataclass(frozen=True, eq=False)
class Centerline:
    """A curve sampled every 0.5 mm, with a frame that does not twist.

    Attributes
    ----------
    points : ndarray, shape (n, 3)
        RAS, mm.
    tangents, normals, binormals : ndarray, shape (n, 3)
        Orthonormal frame at every point.
    """

    points: np.ndarray
    tangents: np.ndarray

    @classmethod
    def through(cls, knots) -> Centerline:
        """Return the natural spline through `knots`, shape (n, 3), sampled evenly by arc length."""
        # With all of SciPy's optimisers, which evaluating and training without virtual patients need not wait for.
        from scipy.interpolate import CubicSpline

        knots = np.asarray(knots, float)
        chord = path_lengths(knots)
        spline = CubicSpline(chord, knots, bc_type="natural")
        dense = spline(np.linspace(0.0, chord[-1], max(16, int(chord[-1] / 0.1))))
        arc = path_lengths(dense)
        points = points_at(dense, arc, np.linspace(0.0, arc[-1], max(3, round(arc[-1] / STEP_MM) + 1)))
        tangents = np.gradient(points, axis=0)
        tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
        return cls(points, tangents)

    @cached_property
    def normals(self) -> np.ndarray:
        """Across the curve, to the front where it begins; many curves are never looked at so closely."""
        return _parallel_transport(self.tangents)

    @cached_property
    def binormals(self) -> np.ndarray:
        """At right angles to tangents and normals."""
        return np.cross(self.tangents, self.normals)

    @property
    def length_mm(self) -> float:
        """Arc length in mm."""
        return float(np.linalg.norm(np.diff(self.points, axis=0), axis=1).sum())

    @cached_property
    def arc_mm(self) -> np.ndarray:
        """Arc length from the start at every point, in mm."""
        return np.linspace(0.0, self.length_mm, len(self.points))

    @cached_property
    def tree(self) -> cKDTree:
        """Search tree of the points."""
        return cKDTree(self.points)

    def nearest_to_level(self, z_mm: float) -> int:
        """Return the index of the point whose height is closest to `z_mm`."""
        return int(np.argmin(np.abs(self.points[:, 2] - z_mm)))


def _parallel_transport(tangents: np.ndarray) -> np.ndarray:
    """Return normals carried along the curve without twist; the first points to the front (+y) where it can."""
    start = np.array([0.0, 1.0, 0.0])
    if abs(start @ tangents[0]) > 0.9:
        start = np.array([1.0, 0.0, 0.0])
    normals = np.empty_like(tangents)
    current = start
    for index, tangent in enumerate(tangents):
        current = current - current.dot(tangent) * tangent
        current = current / math.sqrt(current.dot(current))
        normals[index] = current
    return normals


@dataclass(frozen=True, eq=False)
class Channel:
    """A further channel of blood within a tube: a limb of a stent graft, or a leak beside it.

    Attributes
    ----------
    center_mm : ndarray, shape (n, 2)
        Off the centreline, along normal and binormal, at every centreline point.
    radius_mm, blood_hu : ndarray, shape (n,)
        A radius of 0 is no channel there.
    """

    center_mm: np.ndarray
    radius_mm: np.ndarray
    blood_hu: np.ndarray


@dataclass(frozen=True, eq=False)
class Flap:
    """The membrane of a dissection, which divides the channel of blood into two.

    Attributes
    ----------
    angle_rad : ndarray, shape (n,)
        Where the false lumen lies, in the frame of the tube, at every centreline point.
    offset : ndarray, shape (n,)
        Distance of the flap's middle from the channel's, as a share of the channel's radius; 1 or more: no flap there.
    bow : float
        How far the flap bends into the false lumen at its rim, as a share of the radius.
    thickness_mm : float
    false_hu : ndarray, shape (n,)
        Of the false lumen: blood that comes later, or thrombus.
    layers : float
        As of :class:`Tube`, of the false lumen besides, about its own middle: contrast medium that came late lies at
        its back. What is as dark as clot has none.
    """

    angle_rad: np.ndarray
    offset: np.ndarray
    bow: float
    thickness_mm: float
    false_hu: np.ndarray
    layers: float = 0.0

    def divide(self, index, across_mm, aside_mm, radius_mm) -> tuple[np.ndarray, np.ndarray]:
        """Return where the flap is, and where the false lumen, of places off the channel's middle."""
        turn = self.angle_rad[index].astype(np.float32)[:, None]
        ahead = across_mm * np.cos(turn) + aside_mm * np.sin(turn)
        along = aside_mm * np.cos(turn) - across_mm * np.sin(turn)
        middle = self.offset[index].astype(np.float32)[:, None] * radius_mm
        away = ahead - middle - self.bow * along**2 / np.maximum(radius_mm, 1e-3)
        return np.abs(away) < self.thickness_mm / 2, away >= self.thickness_mm / 2

    def false_middle(self, index, radius_mm) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
        """Return the false lumen's middle off the channel's, along normal and binormal, and its half width."""
        turn = self.angle_rad[index].astype(np.float32)[:, None]
        offset = np.clip(self.offset[index].astype(np.float32)[:, None], -1.0, 1.0)
        away = 0.5 * (1.0 + offset) * radius_mm
        return (away * np.cos(turn), away * np.sin(turn)), np.maximum(0.5 * (1.0 - offset) * radius_mm, 1.0)


@dataclass(frozen=True, eq=False)
class Tube:
    """A vessel: everything within its outer radius of a centreline.

    Attributes
    ----------
    name : str
        Of the territory, or of an unlabelled vessel.
    label : int
        Territory label; 0 for vessels that are not measured.
    centerline : Centerline
    outer_mm : ndarray, shape (n,)
        Outer radius (wall included) at every centreline point.
    lumen_mm : ndarray, shape (n,)
        Radius of the channel that carries blood.
    lumen_shift_mm : ndarray, shape (n, 2)
        Where the channel's middle lies off the centreline, along normal and binormal: thrombus.
    lumen_hu : ndarray, shape (n,)
        Blood at every centreline point.
    wall_hu : float
        Wall and thrombus.
    priority : int
        Where tubes overlap the higher one names the voxel.
    channels : tuple of Channel
        Further channels of blood.
    flap : Flap or None
        Of a dissection.
    layers : float
        Contrast medium that sinks: relative change of the blood's HU over one radius towards the back.
    kind : int
        Value of `BYSTANDERS`, where all of the tube is one: a bypass. It is no artery and carries no label.
    """

    name: str
    label: int
    centerline: Centerline
    outer_mm: np.ndarray
    lumen_mm: np.ndarray
    lumen_hu: np.ndarray
    wall_hu: float = 45.0
    priority: int = 0
    lumen_shift_mm: np.ndarray | None = field(default=None)
    channels: tuple[Channel, ...] = ()
    flap: Flap | None = None
    layers: float = 0.0
    kind: int = 0


@dataclass(frozen=True, eq=False)
class Neighborhood:
    """The voxels near a tube, in the tube's own coordinates.

    Attributes
    ----------
    voxels : ndarray of int, shape (n,)
        Flat indices into the grid.
    nearest : ndarray of int, shape (n,)
        Index of the nearest centreline point.
    along_mm, across_mm, aside_mm : ndarray, shape (n,)
        Position relative to that point along tangent, normal and binormal.
    """

    voxels: np.ndarray
    nearest: np.ndarray
    along_mm: np.ndarray
    across_mm: np.ndarray
    aside_mm: np.ndarray


def neighborhood(line: Centerline, reach_mm: float, axes: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Neighborhood:
    """Return the voxels whose centre lies within `reach_mm` of `line`.

    Parameters
    ----------
    line : Centerline
    reach_mm : float
    axes : tuple of ndarray
        RAS x, y, z of the voxel centres along i, j, k (the grid is parallel to the patient's axes).
    """
    x, y, z = axes
    k, j, i = _near_voxels(line.points, reach_mm, axes)
    if not len(k):
        nowhere = np.zeros(0, np.float32)
        return Neighborhood(k, k, nowhere, nowhere, nowhere)
    near = (k * len(y) + j) * len(x) + i
    points = np.stack([x[i], y[j], z[k]], axis=1)
    workers = 2 if len(points) > _MANY else 1
    distance, nearest = line.tree.query(points, distance_upper_bound=reach_mm, workers=workers)
    inside = np.isfinite(distance)
    near, nearest, points = near[inside], nearest[inside], points[inside]
    relative = points - line.points[nearest]
    along, across, aside = (
        np.einsum("nc,nc->n", relative, frame[nearest]).astype(np.float32)
        for frame in (line.tangents, line.normals, line.binormals)
    )
    return Neighborhood(near, nearest, along, across, aside)


def _near_voxels(points: np.ndarray, reach_mm: float, axes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return k, j, i of a superset of the voxels within reach, in their order, by boxes around pieces of the curve."""
    starts = np.arange(0, len(points), _PIECE)
    low, high = np.minimum.reduceat(points, starts) - reach_mm, np.maximum.reduceat(points, starts) + reach_mm
    # First, and one past the last, of each box along k, j, i.
    boxes = np.stack([_between(axes[column], low[:, column], high[:, column]) for column in (2, 1, 0)], axis=2)
    boxes = boxes[:, (boxes[0] < boxes[1]).all(axis=1)]
    if not boxes.size:
        nothing = np.zeros(0, int)
        return nothing, nothing, nothing
    corner = boxes[0].min(axis=0)
    mask = np.zeros(boxes[1].max(axis=0) - corner, bool)
    for first, end in np.swapaxes(boxes - corner, 0, 1):
        mask[tuple(map(slice, first, end))] = True
    k, j, i = (found + start for found, start in zip(np.nonzero(mask), corner, strict=True))
    return k, j, i


def _between(axis: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first, and one past the last, index of an even `axis` from `low` to `high`."""
    if axis[0] <= axis[-1]:
        return np.searchsorted(axis, low, "left"), np.searchsorted(axis, high, "right")
    turned, count = axis[::-1], len(axis)
    return count - np.searchsorted(turned, high, "right"), count - np.searchsorted(turned, low, "left")


def tapered_tube(name, label, knots, radii, wall_mm, hu, *, priority=0, wall_hu=45.0) -> Tube:
    """Return a tube whose outer radius runs evenly through `radii`."""
    line = Centerline.through(knots)
    outer = np.interp(np.linspace(0, 1, len(line.points)), np.linspace(0, 1, len(radii)), radii)
    lumen = np.maximum(outer - wall_mm, 0.5 * outer)
    return Tube(name, label, line, outer, lumen, np.broadcast_to(hu, outer.shape).astype(float), wall_hu, priority)

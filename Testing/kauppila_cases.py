"""Aortas with plaques of known extent whose Kauppila score was worked out by hand.

Each is a tube, straight, inclined or bent, whose path runs from the head to the feet. The levels of L1 to L4 begin at
10, 46, 82 and 118 mm of its path and end at 154 mm, so that each wall is 36 mm long and thirds are 12 mm. Angles count
from the front; positive ones are on the patient's right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.radiograph.coverage import Walls
from AbdominalCalcificationLib.radiograph.projection import LateralGeometry
from AbdominalCalcificationLib.radiograph.spine import Border
from phantoms import Plaque, Tube, grid_over, rotation_about

LEVELS_MM = (10.0, 46.0, 82.0, 118.0, 154.0)
LENGTH_MM, PLAQUE_MM = 170.0, 2.0
FRONT, BACK = 0.0, 180.0


@dataclass(frozen=True)
class Deposit:
    """From and to along the path (mm), around the tube: middle and half width (degrees)."""

    start_mm: float
    end_mm: float
    at_deg: float = FRONT
    half_deg: float = 25.0


def ring(start_mm: float, end_mm: float) -> Deposit:
    """A deposit all around."""
    return Deposit(start_mm, end_mm, FRONT, 180.0)


# One of every score, at both walls, with 6 mm and more to the next third: for grids that blur and for inclined tubes.
MIXED = (
    Deposit(20, 26), Deposit(20, 38, BACK),  # L1: 1 and 2
    Deposit(49, 79),                         # L2: 3 and 0
    Deposit(97, 103), Deposit(85, 115, BACK),  # L3: 1 and 3
    Deposit(127, 145), Deposit(133, 139, BACK),  # L4: 2 and 1
)  # fmt: skip
MIXED_SCORES = (1, 2, 3, 0, 1, 3, 2, 1)


@dataclass(frozen=True)
class WorkedCase:
    """A tube with deposits, and its score by hand.

    Attributes
    ----------
    name : str
    deposits : tuple of Deposit
    scores : tuple of int or None
        Anterior and posterior of L1, L2, L3, L4.
    direction : tuple of float
        Of the tube at its upper end, RAS.
    bend_mm, towards
        As of `phantoms.Tube`; the angle 0 is the side `towards`.
    length_mm, radius_mm : float
    spacing_mm : tuple of float
    rotation : ndarray (3, 3)
        Of the voxel grid.
    geometry : mapping
        What differs from parallel rays from the left.
    disc_deg : float or None
        How much discs are inclined (their front lower); None where they lie at right angles to the tube.
    top_mm : float
        Path at which the field of view begins.
    front_deg : float
        The angle of the patient's front.
    exact : bool
        A third, two thirds or a border is met exactly: only by what is not blurred.
    """

    name: str
    deposits: tuple[Deposit, ...]
    scores: tuple[int | None, ...]
    direction: tuple[float, float, float] = (0.0, 0.0, -1.0)
    bend_mm: float = float("inf")
    towards: tuple[float, float, float] = (0.0, 1.0, 0.0)
    length_mm: float = LENGTH_MM
    radius_mm: float = 9.3
    spacing_mm: tuple[float, float, float] = (0.9, 0.9, 1.0)
    rotation: np.ndarray = field(default_factory=lambda: np.eye(3))
    geometry: Mapping = field(default_factory=dict)
    disc_deg: float | None = None
    disc_point_mm: float = 0.0
    top_mm: float = 0.0
    front_deg: float = 0.0
    exact: bool = False

    def tube(self) -> Tube:
        """The aorta."""
        return Tube((0.0, 0.0, 0.0), self.direction, self.length_mm, self.radius_mm, self.bend_mm, self.towards)

    def view(self) -> LateralGeometry:
        """The projection; its central ray passes the middle of the tube."""
        center = tuple(float(each) for each in self.tube().point(self.length_mm / 2))
        return LateralGeometry(center, **self.geometry)

    def plaques(self) -> list[Plaque]:
        """The deposits, in the outer 2 mm of the wall."""
        found = []
        for each in self.deposits:
            middle = (self.front_deg + each.at_deg + 180.0) % 360.0 - 180.0
            low, high = np.deg2rad([middle - each.half_deg, middle + each.half_deg])
            for turn in (-2 * np.pi, 0.0, 2 * np.pi):  # angles of a plaque run from -180 to 180 degrees
                around = max(low + turn, -np.pi), min(high + turn, np.pi + 1e-9)
                if around[0] < around[1]:
                    off = self.radius_mm - PLAQUE_MM, self.radius_mm + 1e-9
                    found.append(Plaque(self.tube(), (each.start_mm, each.end_mm), off, around))
        return found

    def borders(self) -> dict[str, tuple[Border, Border]]:
        """Where the levels of L1 to L4 begin and end in the projection, mm from the central ray."""
        lines = []
        for level in LEVELS_MM:
            ahead = self.place(level + 0.5) - self.place(level - 0.5)
            ahead /= np.linalg.norm(ahead)
            point, way = self.place(level), np.array([-ahead[1], ahead[0]])
            if self.disc_deg is not None:
                turn = np.deg2rad(self.disc_deg)
                way = np.array([-np.cos(turn), np.sin(turn)])
                point = point + np.array([self.disc_point_mm, 0.0])
            lines.append(Border((float(point[0]), float(point[1])), (float(way[0]), float(way[1]))))
        return {f"L{n + 1}": (lines[n], lines[n + 1]) for n in range(4)}

    def place(self, path_mm: float) -> np.ndarray:
        """A point of the tube's axis, projected."""
        return self.view().project(self.tube().point(path_mm))[0]

    def walls(self) -> Walls:
        """The outline of the tube in the projection, point by point from the head to the feet."""
        path = np.arange(0.0, self.length_mm + 0.1, 0.5)
        axis = np.array([self.place(at) for at in path])
        ahead = np.gradient(axis, axis=0)
        ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
        scale = np.array([self.view().project(self.tube().point(at))[1] for at in path])[:, None]
        front = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) * self.radius_mm * scale
        return Walls(axis + front, axis - front)

    def deposit_points(self, step_mm: float = 0.2) -> np.ndarray:
        """Points on the outer surface of all deposits, projected: in rows at even steps along the path."""
        tube, found = self.tube(), [np.zeros((0, 3))]
        for each in self.deposits:
            count = max(1, round((each.end_mm - each.start_mm) / step_mm))
            along = each.start_mm + (np.arange(count) + 0.5) * (each.end_mm - each.start_mm) / count
            around = np.linspace(each.at_deg - each.half_deg + 0.01, each.at_deg + each.half_deg - 0.01, 60)
            around = np.deg2rad(self.front_deg + around)
            side, across = tube.frame[1], tube.frame[2]
            for at in along:
                heading = tube.heading(at) if np.isfinite(tube.bend_mm) else tube.frame[0]
                radial = side - (side @ heading) * heading
                radial /= np.linalg.norm(radial)
                rim = np.cos(around)[:, None] * radial + np.sin(around)[:, None] * across
                found.append(tube.point(at) + self.radius_mm * rim)
        return self.view().project(np.concatenate(found))[0]

    def grid(self) -> Grid:
        """A grid around the tube whose voxels fit thirds and borders where it is not turned."""
        low, high = self.box()
        return grid_over(low, high, self.spacing_mm, self.rotation)

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """The box of patient space around the tube in the field of view."""
        path = np.linspace(self.top_mm, self.length_mm, 50)
        axis, room = np.array([self.tube().point(at) for at in path]), self.radius_mm + 3.0
        low, high = np.floor(axis.min(axis=0) - room) - 0.5, np.ceil(axis.max(axis=0) + room) + 0.5
        if self.top_mm > 0:
            high[2] = -self.top_mm - 0.5
        return low, high

    def painted(self) -> tuple[Volume, np.ndarray]:
        """The aorta's label map (1), and its calcified voxels."""
        grid = self.grid()
        wall, calcified = np.zeros(grid.shape, np.uint8), np.zeros(grid.shape, bool)
        kji = np.argwhere(wall == 0)
        points, (low, high) = grid.ras_of_kji(kji), self.box()
        near = ((points >= low) & (points <= high)).all(axis=1)
        kji, points = kji[near], points[near]
        inside = self.tube().contains(points)
        wall[tuple(kji.T)] = inside
        for plaque in self.plaques():
            calcified[tuple(kji.T)] |= plaque.contains(points) & inside
        return Volume(wall, grid), calcified


def _mixed(name: str, **how) -> WorkedCase:
    return WorkedCase(name, MIXED, MIXED_SCORES, **how)


def _one(name: str, scores, *deposits, **how) -> WorkedCase:
    return WorkedCase(name, deposits, tuple(scores), **how)


_SAG, _COR = np.deg2rad(15), np.deg2rad(12)
_FLIPPED = np.diag([-1.0, 1.0, -1.0])
_PERMUTED = np.eye(3)[:, [2, 0, 1]]
_OBLIQUE = rotation_about((1, 1, 1), 20.0)
# Discs whose middles lie 30 mm behind the aorta's: the wall in front is crossed lower by so much.
_DISC_SHIFT_MM = (30.0 + 9.3) * np.tan(np.deg2rad(15))

CASES: tuple[WorkedCase, ...] = (
    # Thirds
    _one("no calcium", [0] * 8),
    _one("a speck", [1, 0, 0, 0, 0, 0, 0, 0], Deposit(20, 23)),
    _one("just below a third", [1, 0, 0, 0, 0, 0, 0, 0], Deposit(20, 31)),
    _one("exactly a third", [2, 0, 0, 0, 0, 0, 0, 0], Deposit(20, 32), exact=True),
    _one("just below two thirds", [2, 0, 0, 0, 0, 0, 0, 0], Deposit(15, 38)),
    _one("exactly two thirds", [3, 0, 0, 0, 0, 0, 0, 0], Deposit(15, 39), exact=True),
    _one("a whole wall", [3, 0, 0, 0, 0, 0, 0, 0], Deposit(10, 46), exact=True),
    _one("exactly a third behind", [0, 0, 0, 2, 0, 0, 0, 0], Deposit(50, 62, BACK), exact=True),
    _one("a whole wall behind", [0, 0, 0, 0, 0, 3, 0, 0], Deposit(82, 118, BACK), exact=True),
    _one("just below two thirds behind", [0, 0, 0, 0, 0, 0, 0, 2], Deposit(120, 142, BACK)),
    # Rings
    _one("a ring along a level", [3, 3, 0, 0, 0, 0, 0, 0], ring(10, 46), exact=True),
    _one("a narrow ring", [0, 0, 1, 1, 0, 0, 0, 0], ring(60, 65)),
    _one("a porcelain aorta", [3] * 8, ring(0, 170)),
    _one("half a ring in front", [0, 0, 0, 0, 3, 0, 0, 0], Deposit(82, 118, FRONT, 80), exact=True),
    _one("half a ring behind", [0, 0, 0, 0, 0, 0, 0, 2], Deposit(119, 134, BACK, 80)),
    # Several deposits at one wall
    _one("two specks", [1, 0, 0, 0, 0, 0, 0, 0], Deposit(12, 16), Deposit(30, 34)),
    _one("two that make a third", [2, 0, 0, 0, 0, 0, 0, 0], Deposit(12, 18), Deposit(30, 36), exact=True),
    _one("three that make two thirds", [0, 0, 3, 0, 0, 0, 0, 0],
         Deposit(47, 55), Deposit(58, 66), Deposit(70, 78), exact=True),
    _one("two that overlap count once", [1, 0, 0, 0, 0, 0, 0, 0], Deposit(20, 28), Deposit(23, 31)),
    _one("two side by side count once", [1, 0, 0, 0, 0, 0, 0, 0], Deposit(20, 30, -45, 15), Deposit(20, 30, 45, 15)),
    _one("opposite ones count for both walls", [2, 2, 0, 0, 0, 0, 0, 0], Deposit(20, 35), Deposit(20, 35, BACK)),
    # Borders of levels
    _one("across the border of L1 and L2", [1, 0, 2, 0, 0, 0, 0, 0], Deposit(40, 60)),
    _one("across three borders", [1, 0, 3, 0, 3, 0, 1, 0], Deposit(40, 124)),
    _one("behind, across two borders", [0, 0, 0, 1, 0, 3, 0, 2], Deposit(76, 134, BACK)),
    _one("ends at a border", [3, 0, 0, 0, 0, 0, 0, 0], Deposit(20, 46), exact=True),
    _one("begins at a border", [0, 0, 2, 0, 0, 0, 0, 0], Deposit(46, 62), exact=True),
    _one("above L1 alone", [0] * 8, Deposit(0, 10), exact=True),
    _one("below L4 alone", [0] * 8, Deposit(154, 166), exact=True),
    _one("from above into L1", [2, 0, 0, 0, 0, 0, 0, 0], Deposit(2, 25)),
    _one("from L4 on downwards", [0, 0, 0, 0, 0, 0, 2, 0], Deposit(136, 165)),
    # Around the aorta
    _one("on the right, in front of the middle", [2, 0, 0, 0, 0, 0, 0, 0], Deposit(15, 33, 65, 15)),
    _one("on the right, behind the middle", [0, 2, 0, 0, 0, 0, 0, 0], Deposit(15, 33, 115, 15)),
    _one("on the left, behind the middle", [0, 0, 0, 0, 0, 2, 0, 0], Deposit(90, 108, -115, 15)),
    _one("on the side, across the middle", [2, 2, 0, 0, 0, 0, 0, 0], Deposit(20, 38, 90, 25)),
    _one("on both sides, in front", [2, 0, 0, 0, 0, 0, 0, 0], Deposit(15, 33, 60, 15), Deposit(15, 33, -60, 15)),
    _one("on both sides, one behind", [2, 1, 0, 0, 0, 0, 0, 0], Deposit(15, 33, 60, 15), Deposit(20, 26, -120, 15)),
    _mixed("every score"),
    # Voxels
    _mixed("on a flipped grid", rotation=_FLIPPED),
    _mixed("on a permuted grid", rotation=_PERMUTED),
    _mixed("on an oblique grid", rotation=_OBLIQUE, spacing_mm=(1.4, 1.4, 1.6)),
    _mixed("in slices of 2.5 mm", spacing_mm=(0.7, 0.7, 2.5)),
    _mixed("in voxels of 2 mm", spacing_mm=(2.0, 2.0, 2.0)),
    _mixed("in thick sagittal slices", spacing_mm=(3.0, 0.8, 0.8)),
    # Courses of the aorta
    _mixed("inclined forwards", direction=(0.0, np.sin(_SAG), -np.cos(_SAG))),
    _mixed("inclined backwards", direction=(0.0, -np.sin(_SAG), -np.cos(_SAG))),
    _mixed("inclined to the left", direction=(-np.sin(_COR), 0.0, -np.cos(_COR))),
    _mixed("bent forwards", bend_mm=250.0),
    _mixed("bent to the right", bend_mm=300.0, towards=(1.0, 0.0, 0.0), front_deg=-90.0),
    _mixed("inclined, on an oblique grid", direction=(0.1, np.sin(_SAG), -np.cos(_SAG)), rotation=_OBLIQUE,
           spacing_mm=(1.4, 1.4, 1.6)),
    _mixed("an aneurysm", radius_mm=24.0, spacing_mm=(1.5, 1.5, 1.5)),
    _mixed("a slender aorta", radius_mm=6.0, spacing_mm=(0.7, 0.7, 1.0)),
    # Views
    _one("turned, so that the side comes forwards", [2, 0, 0, 0, 0, 0, 0, 0],
         Deposit(15, 33, 105, 8), geometry={"rotation_deg": 30.0}),
    _one("turned, so that the side goes backwards", [0, 2, 0, 0, 0, 0, 0, 0],
         Deposit(15, 33, 75, 8), geometry={"rotation_deg": -30.0}),
    _mixed("in a cone of rays", geometry={"source_detector_mm": 1000.0, "object_detector_mm": 300.0}),
    _mixed("in a cone, turned and tilted", geometry={"source_detector_mm": 1100.0, "object_detector_mm": 250.0,
                                                     "rotation_deg": 6.0, "tilt_deg": 4.0, "lean_deg": 8.0}),
    _mixed("from the right", geometry={"source_detector_mm": 1000.0, "object_detector_mm": 300.0, "side": "right"}),
    # Discs that do not lie across the aorta, and ends
    _one("inclined discs", [3, 0, 0, 0, 0, 0, 0, 0],
         Deposit(11 + _DISC_SHIFT_MM, 45 + _DISC_SHIFT_MM), disc_deg=15.0, disc_point_mm=30.0),
    _one("divides within L4", [0, 0, 0, 0, 0, 0, 3, 1], Deposit(119, 133), Deposit(120, 124, BACK), length_mm=136.0),
    _one("begins within L1", [None, None, 2, 0, 0, 0, 0, 0], Deposit(50, 68), Deposit(35, 44), top_mm=30.0),
    _one("begins within L2", [None, None, None, None, 0, 2, 0, 0], Deposit(90, 108, BACK), top_mm=60.0),
)  # fmt: skip

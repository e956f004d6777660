"""Path length along the course of a vessel.

The shortest path inside a bent tube hugs its inner wall and is shorter than the vessel, and
a path from voxel to voxel zigzags and is longer. So the shortest path only gives the order:
the voxels are cut into slices of equal distance from the start, the centres of the slices
form the course, as a tree that forks where the vessel does (A. Verroust, F. Lazarus,
"Extracting skeletal curves from 3D scattered data", The Visual Computer 16, 2000), and a
voxel takes the length of the course up to the point of it that is nearest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from ..geometry import Grid
from ..geometry.neighbours import Lattice, Neighbours
from ..geometry.shortest import Paths
from ..geometry.voxels import TOLERANCE_MM, ranks
from .constants import MEETING_SECTION, SLICE_DIAGONALS, TWIG_RADII, WHOLE_SECTION
from .reference import Reference
from .segments import Segments

# Voxels of one slice that are fewer are looked at with those of others.
_FEW = 100


@dataclass(frozen=True, eq=False)
class Sections:
    """Slices across the limbs of a vessel, in order from its start on.

    Attributes
    ----------
    above : ndarray of int, shape (n,)
        The slice before, towards the start; -1 at the start.
    from_start_mm : ndarray, shape (n,)
        Length of the shortest path to it.
    area_mm2 : ndarray, shape (n,)
    elongation : ndarray, shape (n,)
        How far it reaches along its longest direction, as a multiple of that across (standard deviations).
    meeting : ndarray of int, shape (m, 2)
        Pairs of slices: one at which limbs meet, and one before it besides that in `above`.
    thickness_mm : float
    voxel_mm : float
        Edge of a cube of a voxel's volume.
    """

    above: np.ndarray
    from_start_mm: np.ndarray
    area_mm2: np.ndarray
    elongation: np.ndarray
    meeting: np.ndarray
    thickness_mm: float
    voxel_mm: float


class Course:
    """The course of one connected piece of a vessel.

    Parameters
    ----------
    points_ras : ndarray, shape (n, 3)
        Voxel centres, mm.
    neighbours : Neighbours
        Of the voxels.
    start : ndarray of int
        Rows where the vessel begins.
    start_mm : ndarray
        Path length that these voxels have already.
    grid : Grid
    before : Paths, optional
        As in :meth:`.Neighbours.paths_from`.

    Attributes
    ----------
    paths : Paths
        The shortest ones from the start, from voxel to voxel.
    shortest_mm : ndarray, shape (n,)
        Their lengths.
    """

    def __init__(
        self,
        points_ras: np.ndarray,
        neighbours: Neighbours,
        start: np.ndarray,
        start_mm: np.ndarray,
        grid: Grid,
        before: Paths | None = None,
    ):
        self._points = points_ras
        self._path_lengths_mm: np.ndarray | None = None
        self._diagonal = grid.voxel_diagonal_mm
        self._thickness = SLICE_DIAGONALS * self._diagonal
        self._voxel_mm = grid.voxel_volume_mm3 ** (1 / 3)
        self.paths = neighbours.paths_from(start, start_mm, before)
        self.shortest_mm = self.paths.length_mm
        self._find_parents(self._slice_voxels(neighbours, grid.voxel_volume_mm3))
        self._absorb_twigs()
        self._measure_centres()

    def _slice_voxels(self, neighbours, voxel_volume_mm3):
        """Cut the voxels into slices; return those that touch."""
        level = np.floor(self.shortest_mm / self._thickness + TOLERANCE_MM).astype(np.int32)
        label, touching = neighbours.cut(level)
        self._slice_of_voxel = label
        count = np.bincount(label)
        self._count = count
        self._level = np.zeros(len(count), int)
        self._level[label] = level
        self._shortest = np.bincount(label, self.shortest_mm) / count
        self._centre = np.stack([np.bincount(label, axis) / count for axis in self._points.T], axis=1)
        self._position = np.stack([ranks(axis) for axis in self._centre.T], axis=1)
        self._radius = np.sqrt(count * voxel_volume_mm3 / (np.pi * self._thickness))
        return touching

    def _find_parents(self, touching):
        """Link each slice to the largest one it touches one level nearer to the start."""
        a, b = touching
        swap = self._level[a] > self._level[b]
        lower, upper = np.where(swap, b, a), np.where(swap, a, b)
        links = np.unique(upper.astype(np.int64) * len(self._count) + lower)
        links = np.stack(np.divmod(links, len(self._count)), axis=1)
        # Ties by position, not by array order, which a flipped grid reverses.
        x, y, z = self._position[links[:, 1]].T
        links = links[np.lexsort((x, y, z, -self._count[links[:, 1]], links[:, 0]))]
        self._links = links
        self._parent = np.full(len(self._count), -1)
        upper, index = np.unique(links[:, 0], return_index=True)
        self._parent[upper] = links[index, 1]
        self._order = np.argsort(self._level, kind="stable")

    def _absorb_twigs(self):
        """Leave out side slices that reach less far than the vessel is wide: ends and rough walls."""
        parent, deepest = self._parent, self._level.copy()
        for each in self._order[::-1]:
            if parent[each] >= 0:
                deepest[parent[each]] = max(deepest[parent[each]], deepest[each])
        x, y, z = self._position.T
        children = np.lexsort((x, y, z, -self._count, -deepest, parent))
        children = children[parent[children] >= 0]
        main = np.zeros(len(parent), bool)
        main[children[np.unique(parent[children], return_index=True)[1]]] = True
        self._deepest = deepest
        length = (deepest - self._level + 1) * self._thickness
        self._owner = np.arange(len(parent))
        for each in self._order:
            above = parent[each]
            if above < 0:
                continue
            if self._owner[above] != above:  # the twig that it grows on was left out
                self._owner[each] = self._owner[above]
            elif not main[each] and length[each] < TWIG_RADII * self._radius[above]:
                self._owner[each] = above
        self._trim_ends()
        self._own = self._owner == np.arange(len(parent))
        self._children = [[] for _ in parent]
        for each in self._order:
            if self._own[each] and parent[each] >= 0:
                self._children[parent[each]].append(each)

    def _trim_ends(self):
        """Leave out the last slices of a limb where they hold only a part of its section, off the axis."""
        own = self._owner == np.arange(len(self._owner))
        children = np.bincount(self._parent[own & (self._parent >= 0)], minlength=len(own))
        for each in self._order[::-1]:
            above = self._parent[each]
            alone = own[each] and children[each] == 0 and above >= 0 and children[above] == 1
            if alone and self._parent[above] >= 0 and self._count[each] < WHOLE_SECTION * self._count[above]:
                self._owner[self._owner == each] = above
                own[each] = False
                children[above] = 0

    def _measure_centres(self):
        """Smooth the centres once, then add up the distances between them."""
        centre = self._centre.copy()
        for each, children in enumerate(self._children):
            if self._own[each] and self._parent[each] >= 0 and len(children) == 1:
                ends = self._centre[self._parent[each]] + self._centre[children[0]]
                centre[each] = 0.5 * self._centre[each] + 0.25 * ends
        self._centre = centre
        # Where limbs part or meet the centre jumps sideways: there the shortest path is truer.
        own_links = self._links[self._own[self._links].all(axis=1)]
        own_links = own_links[
            self._count[own_links[:, 1]] >= MEETING_SECTION * self._count[self._parent[own_links[:, 0]]]
        ]
        self._own_links = own_links
        parents = np.bincount(own_links[:, 0], minlength=len(centre))
        self._length = self._shortest.copy()
        for each in self._order:
            above = self._parent[each]
            if above < 0 or not self._own[each]:
                continue
            if len(self._children[above]) > 1 or parents[each] > 1:
                step = self._shortest[each] - self._shortest[above]
            else:
                step = np.linalg.norm(centre[each] - centre[above])
            self._length[each] = self._length[above] + step

    def ends(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return the ends at which the vessel's limbs stop.

        Returns
        -------
        list of (rows, depth_mm)
            The voxels within one voxel diagonal of the very end along the course, and how far
            before it they lie.
        """
        owner = self._owner[self._slice_of_voxel]
        found = []
        for each in np.flatnonzero(self._own):
            if not self._children[each]:
                rows = np.flatnonzero(owner == each)
                length = self.path_lengths_mm(rows)
                depth = length.max() - length
                last = depth <= self._diagonal + TOLERANCE_MM
                found.append((rows[last], depth[last]))
        return found

    def longest_limb(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the limb that leads farthest, slice by slice from the start: centre (RAS), path length, radius; mm."""
        own = np.flatnonzero(self._own)
        # Ties by position, not by array order, which a flipped grid reverses.
        x, y, z = self._position[own].T
        tip = own[np.lexsort((x, y, z, -ranks(self._length[own])))[0]]
        limb = [tip]
        while self._parent[limb[-1]] >= 0:
            limb.append(self._parent[limb[-1]])
        limb = limb[::-1]
        return self._centre[limb], self._length[limb], self._radius[limb]

    @cached_property
    def sections(self) -> Sections:
        """The slices of the vessel's limbs, from the start on."""
        own = self._order[self._own[self._order]]
        upper, lower = self._own_links.T
        besides = self._parent[upper] != lower
        place = np.full(len(self._parent), -1)
        place[own] = np.arange(len(own))
        return Sections(
            np.where(self._parent[own] >= 0, place[self._parent[own]], -1),
            self._shortest[own],
            np.pi * self._radius[own] ** 2,
            self._elongations()[own],
            np.stack([place[upper[besides]], place[lower[besides]]], axis=1),
            self._thickness,
            self._voxel_mm,
        )

    def _elongations(self) -> np.ndarray:
        """Return by how much each slice is longer than wide across the course."""
        heading = np.zeros_like(self._centre)
        for each in self._order:
            above = self._parent[each]
            if above >= 0:
                step = self._centre[each] - self._centre[above]
                heading[each] += step
                if self._own[each]:
                    heading[above] += step
        heading /= np.maximum(np.linalg.norm(heading, axis=1), TOLERANCE_MM)[:, None]
        slices = self._slice_of_voxel
        middle = np.stack([np.bincount(slices, axis) / self._count for axis in self._points.T], axis=1)
        across = self._points - middle[slices]
        across -= np.einsum("ij,ij->i", across, heading[slices])[:, None] * heading[slices]
        spread = np.empty((len(self._count), 3, 3))
        for row in range(3):
            for column in range(3):
                spread[:, row, column] = np.bincount(slices, across[:, row] * across[:, column]) / self._count
        # A voxel is no point: it has a spread of its own.
        _, short, long = np.maximum(np.linalg.eigvalsh(spread), 0).T + self._voxel_mm**2 / 12
        return np.sqrt(long / short)

    def remaining_mm(self, rows: np.ndarray) -> np.ndarray:
        """Return how far the vessel still goes, away from the start, from the voxels in `rows`, in mm."""
        owner = self._owner[self._slice_of_voxel[rows]]
        return (self._deepest[owner] + 1) * self._thickness - self.shortest_mm[rows]

    def radius_mm(self, rows: np.ndarray) -> np.ndarray:
        """Return the radius of the vessel at the voxels in `rows`, in mm: of a circle with its section's area."""
        return self._radius[self._owner[self._slice_of_voxel[rows]]]

    def path_lengths_mm(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return the path length of the voxels in `rows` (all by default), in mm."""
        if self._path_lengths_mm is None and rows is None:
            self._path_lengths_mm = self._path_lengths(np.arange(len(self._points)))
        if self._path_lengths_mm is None:
            return self._path_lengths(np.asarray(rows))
        return self._path_lengths_mm.copy() if rows is None else self._path_lengths_mm[rows]

    def within(self, length_mm: float) -> np.ndarray:
        """Return which voxels, shape (n,), have a path length of no more than `length_mm`.

        Lengths are worked out near that one only: a voxel lies between the ends of the segments near its slice.
        """
        if self._path_lengths_mm is not None:
            return self._path_lengths_mm <= length_mm + TOLERANCE_MM
        segments = self._segments
        low, high = np.full(len(self._parent), -np.inf), np.full(len(self._parent), np.inf)
        for each in np.flatnonzero(self._own).tolist():
            near = self._segments_near(each)
            if near:
                low[each], high[each] = segments.least_mm[near].min(), segments.most_mm[near].max()
        owner = self._owner[self._slice_of_voxel]
        result = high[owner] <= length_mm
        rows = np.flatnonzero(~result & (low[owner] <= length_mm + 2 * TOLERANCE_MM))
        result[rows] = self._path_lengths(rows) <= length_mm + TOLERANCE_MM
        return result

    def _path_lengths(self, rows: np.ndarray) -> np.ndarray:
        owner = self._owner[self._slice_of_voxel[rows]]
        result = self.shortest_mm[rows].copy()
        order = np.argsort(owner, kind="stable")
        few: list[tuple[np.ndarray, list[int]]] = []
        for group in np.split(order, np.flatnonzero(np.diff(owner[order])) + 1):
            near = self._segments_near(owner[group[0]]) if len(group) else []
            if near and len(group) < _FEW:
                few.append((group, near))
            elif near:
                some = np.array(near)[:, None]
                result[group] = self._segments.path_lengths_mm(self._points[rows[group]], some)
        if few:
            together = np.concatenate([group for group, _ in few])
            some = np.full((max(len(near) for _, near in few), len(together)), -1)
            start = 0
            for group, near in few:
                some[: len(near), start : start + len(group)] = np.array(near)[:, None]
                start += len(group)
            result[together] = self._segments.path_lengths_mm(self._points[rows[together]], some)
        return np.maximum(result, 0)

    @cached_property
    def _segments(self) -> Segments:
        """The segments of the course, numbered by the slice at their lower end."""
        ends, beyond = [], []
        for lower, (above, children, radius) in enumerate(
            zip(self._parent.tolist(), self._children, self._radius.tolist(), strict=True)
        ):
            upper = above if above >= 0 else lower
            ends.append((lower, upper))
            # The course goes on straight beyond its first and last centre.
            before = self._thickness if self._parent[upper] < 0 else 0.0
            beyond.append((before, 0.0 if children else 2 * (self._thickness + radius)))
        return Segments(self._centre, self._length, ends, beyond)

    @cached_property
    def _parents(self) -> list[int]:
        return self._parent.tolist()

    def _segments_near(self, node: int) -> list[int]:
        """Return the segments up and down the course from a slice, by their lower ends.

        Slices of equal shortest path lean in a bend, by less than the vessel's width.
        """
        reach = 2 + int(np.ceil(2 * self._radius[node] / self._thickness))
        parent, (segments, above) = self._parents, ([], int(node))
        for _ in range(reach):
            if parent[above] < 0:
                break
            segments.append(above)
            above = parent[above]
        below = [node]
        for _ in range(reach):
            below = [child for each in below for child in self._children[each]]
            segments.extend(below)
        return segments


def path_lengths_at(
    points_ras: np.ndarray, artery: cKDTree | Reference | Lattice, path_of: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return the path length of the artery voxel nearest to each point, mm; of equally near ones the mean."""
    nearest: Any
    if isinstance(artery, Lattice):
        nearest = artery.nearest(points_ras)
    else:
        nearest = artery.query_ball_point(points_ras, artery.query(points_ras)[0] + TOLERANCE_MM)
    count = [len(rows) for rows in nearest]
    point = np.repeat(np.arange(len(count)), count)
    return np.bincount(point, path_of(np.concatenate(nearest).astype(int)), len(count)) / count

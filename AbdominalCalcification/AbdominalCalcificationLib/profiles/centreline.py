"""The centreline of a vessel: the middle of its course, from where it begins to its farthest end."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import cKDTree

from ..geometry.voxels import TOLERANCE_MM
from ..measurement.coarse import Followed

#: Points of a centreline lie so far apart, mm: finer than any voxel of a CT, so that a view along it has no steps.
STEP_MM = 0.5
#: Width (standard deviation, mm) over which the line between the centres of slices, which zigzag by parts of a voxel,
#: is smoothed: less than the radius of any territory.
SMOOTHING_MM = 2.0


@dataclass(frozen=True, eq=False)
class Centreline:
    """Points along the middle of a vessel.

    Attributes
    ----------
    points_ras : ndarray, shape (n, 3)
        RAS, mm.
    path_lengths_mm : ndarray, shape (n,)
        As clusters have them: rising, from where the vessel leaves its parent; in the aorta from its bifurcation.
    radius_mm : ndarray, shape (n,)
        Of a circle with the area of the vessel's section there.
    """

    points_ras: np.ndarray
    path_lengths_mm: np.ndarray
    radius_mm: np.ndarray

    @property
    def length_mm(self) -> float:
        """Path length at its end, mm."""
        return float(self.path_lengths_mm[-1])

    @cached_property
    def tangents(self) -> np.ndarray:
        """Unit directions in which it leads, shape (n, 3)."""
        ahead = np.gradient(self.points_ras, axis=0)
        return ahead / np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), TOLERANCE_MM)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self.points_ras)

    def point_at(self, length_mm: float) -> np.ndarray:
        """Return the point at a path length, RAS in mm; the nearest end where it is not so long."""
        return np.array([np.interp(length_mm, self.path_lengths_mm, axis) for axis in self.points_ras.T])

    def rows_near(self, points_ras: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of its points that are nearest to some places (RAS, mm), and how far they are, mm."""
        distance, row = self._tree.query(np.atleast_2d(np.asarray(points_ras, float)))
        return row, distance


def centreline_of(followed: Followed) -> Centreline:
    """Return the centreline of a vessel that was followed: of its largest piece and those that this goes on from.

    It leads from the middle of the first slice of the course to that of the last one. Where the vessel forks it is that
    of the longest limb. Gaps are crossed straight.

    Parameters
    ----------
    followed : measurement.coarse.Followed
        With one voxel or more.
    """
    course = followed.course
    pieces = course.stem(0, np.inf)[::-1]
    limbs = [course.pieces[number].course.longest_limb() for number in pieces]
    centres, lengths, radii = (np.concatenate(parts) for parts in zip(*limbs, strict=True))
    # A piece goes on somewhere along the one before, not always at its end; what is behind that is another limb.
    goes_on = np.minimum.accumulate(lengths[::-1])[::-1] >= lengths - TOLERANCE_MM
    goes_on[np.flatnonzero(goes_on)[1:]] = np.diff(lengths[goes_on]) > TOLERANCE_MM
    centres, lengths, radii = centres[goes_on], lengths[goes_on], radii[goes_on]
    if len(lengths) < 2:
        return Centreline(centres, lengths, radii)
    at = np.linspace(lengths[0], lengths[-1], 1 + int(np.ceil((lengths[-1] - lengths[0]) / STEP_MM)))
    step_mm = at[1] - at[0]
    points = np.stack([np.interp(at, lengths, axis) for axis in centres.T], axis=1)
    return Centreline(_smoothed(points, SMOOTHING_MM / step_mm), at, np.interp(at, lengths, radii))


def _smoothed(points: np.ndarray, width: float) -> np.ndarray:
    """Return points smoothed along their row, both ends at their places: what is beyond is mirrored through them."""
    reach = min(len(points) - 1, int(np.ceil(4 * width)))
    before = 2 * points[0] - points[reach:0:-1]
    after = 2 * points[-1] - points[-2 : -2 - reach : -1]
    longer = gaussian_filter1d(np.concatenate([before, points, after]), width, axis=0)
    return longer[reach : reach + len(points)]

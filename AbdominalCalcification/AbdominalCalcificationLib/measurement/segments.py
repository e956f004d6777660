"""The straight parts of a course, from one centre to the next, and the nearest places on some of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..geometry.voxels import TOLERANCE_MM

# Distances that are worked out in one go: so many stay in the cache of a processor.
_AT_ONCE = 20_000


class Segments:
    """Straight lines between neighbouring centres of a course.

    Parameters
    ----------
    centre_ras : ndarray, shape (n, 3)
        RAS, mm.
    length_mm : ndarray, shape (n,)
        Path length of each centre.
    ends : sequence of (int, int)
        For each segment its lower end, away from the start, and its upper one.
    beyond : sequence of (float, float)
        How far each segment goes on straight beyond its upper and its lower end, mm.

    Attributes
    ----------
    least_mm, most_mm : ndarray, shape (m,)
        Path lengths between which those of all places on a segment lie.
    """

    def __init__(
        self,
        centre_ras: np.ndarray,
        length_mm: np.ndarray,
        ends: Sequence[tuple[int, int]],
        beyond: Sequence[tuple[float, float]],
    ):
        lower, upper = np.array(ends, int).reshape(-1, 2).T
        self._origin = centre_ras[upper]
        self._direction = centre_ras[lower] - self._origin
        self._start = length_mm[upper]
        self._gain = length_mm[lower] - self._start
        # One by one: the root and the square of an array may round otherwise.
        size = [max(float(np.linalg.norm(each)), TOLERANCE_MM) for each in self._direction]
        self._squared = np.array([each**2 for each in size])
        self._low = np.array([-before / each for (before, _), each in zip(beyond, size, strict=True)])
        self._high = np.array([1 + behind / each for (_, behind), each in zip(beyond, size, strict=True)])
        ends_mm = self._start + np.stack([self._low, self._high]) * self._gain
        self.least_mm, self.most_mm = ends_mm.min(axis=0), ends_mm.max(axis=0)

    def path_lengths_mm(self, points_ras: np.ndarray, some: np.ndarray) -> np.ndarray:
        """Return the path length of the place nearest to each point on some segments, mm.

        Of places that are equally near it is the mean.

        Parameters
        ----------
        points_ras : ndarray, shape (n, 3)
        some : ndarray of int, shape (m, n) or (m, 1)
            Segments for each point, or for all of them, one or more; -1 for none.
        """
        parts = max(1, _AT_ONCE // len(some))
        found = []
        for n in range(0, len(points_ras), parts):
            own = some if some.shape[1] == 1 else some[:, n : n + parts]
            found.append(self._path_lengths_mm(points_ras[n : n + parts], own))
        return np.concatenate(found)

    def _path_lengths_mm(self, points_ras: np.ndarray, some: np.ndarray) -> np.ndarray:
        origin, direction = (each.T[:, some] for each in (self._origin, self._direction))
        squared, low, high, start, gain = (
            each[some] for each in (self._squared, self._low, self._high, self._start, self._gain)
        )
        # Term by term: a product may round otherwise where there are more or fewer points.
        x, y, z = (axis - middle for axis, middle in zip(points_ras.T, origin, strict=True))
        along = x * direction[0]
        along += y * direction[1]
        along += z * direction[2]
        along /= squared
        np.clip(along, low, high, out=along)
        for offset, part in zip((x, y, z), direction, strict=True):
            offset -= along * part
            offset *= offset
        x += y
        x += z
        distance = np.sqrt(x, out=x)
        distance[np.broadcast_to(some < 0, distance.shape)] = np.inf
        nearest = distance <= distance.min(axis=0) + TOLERANCE_MM
        lengths = start + along * gain
        # A running sum adds in the same order for one point as for many.
        return np.cumsum(np.where(nearest, lengths, 0), axis=0)[-1] / np.count_nonzero(nearest, axis=0)

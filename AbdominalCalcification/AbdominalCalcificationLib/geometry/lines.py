"""Lines of points: path lengths, and places along them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def path_lengths(points: np.ndarray) -> np.ndarray:
    """Return the path length at each point of a line, shape (n,), from 0; `points` has the shape (n, dimensions)."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])


def points_at(points: np.ndarray, along: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the places of a line at path lengths `at`, shape (m, dimensions); `along` are those of its points."""
    return np.stack([np.interp(at, along, axis) for axis in np.asarray(points).T], axis=1)


def evenly(points: ArrayLike, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return `count` places at even path lengths of a line, from end to end, and these lengths."""
    line = np.asarray(points, float)
    along = path_lengths(line)
    at = np.linspace(0.0, along[-1], count)
    return points_at(line, along, at), at

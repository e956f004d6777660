"""What others are near to, and what was asked of it, so that it is known whether an answer may be another one now."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from ..geometry.voxels import TOLERANCE_MM


class Reference:
    """Voxel centres of arteries that are asked for the nearest one; remembers what was asked.

    Parameters
    ----------
    points_ras : ndarray, shape (n, 3)
        mm.
    tree : cKDTree, optional
        Of `points_ras`.
    """

    def __init__(self, points_ras: np.ndarray, tree: cKDTree | None = None):
        self._points = points_ras
        self._given = tree
        # Points, and how far around them what was said depends on what lies there.
        self._asked: list[tuple[np.ndarray, np.ndarray]] = []

    def __len__(self) -> int:
        return len(self._points)

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self._points) if self._given is None else self._given

    def query(self, points_ras: np.ndarray, distance_upper_bound: float = np.inf) -> tuple[np.ndarray, np.ndarray]:
        """Return distance and row of the nearest voxel, as ``cKDTree.query`` does."""
        distance, row = self._tree.query(points_ras, distance_upper_bound=distance_upper_bound)
        self._asked.append((np.array(points_ras), np.minimum(distance, distance_upper_bound)))
        return distance, row

    def query_ball_point(self, points_ras: np.ndarray, distance_mm: np.ndarray) -> np.ndarray:
        """Return the rows of the voxels within a distance, as ``cKDTree.query_ball_point`` does."""
        self._asked.append((np.array(points_ras), np.broadcast_to(distance_mm, len(points_ras))))
        return self._tree.query_ball_point(points_ras, distance_mm)

    def forget_points(self) -> None:
        """Let go of the points; what was asked stays known."""
        self._points, self._given = self._points[:0], None
        self.__dict__.pop("_tree", None)

    def may_differ(self, changed_ras: np.ndarray) -> bool:
        """Return whether an answer may be another one after points were added or taken away."""
        if not len(changed_ras):
            return False
        changed = cKDTree(changed_ras)
        for points, within in self._asked:
            # Of voxels that are equally near all count.
            reach = within + 10 * TOLERANCE_MM
            distance, _ = changed.query(points, distance_upper_bound=reach.max(initial=0.0) + TOLERANCE_MM)
            if (distance <= reach).any():
                return True
        return False

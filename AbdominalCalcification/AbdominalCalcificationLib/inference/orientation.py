"""Arrays in the axis order that a network was trained on, and back: exact flips and permutations.

nnU-Net takes arrays as they are stored. A network that was trained on axial slices stored as
DICOM stores them (i to the left, j to the back, k to the head: LPS) would see a coronal or a
flipped grid as another anatomy. So every grid is turned to the nearest such axes before
prediction and the labels are turned back; nothing is interpolated.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from ..geometry import Grid

_SIGNS = {"R": 1, "L": -1, "A": 1, "P": -1, "S": 1, "I": -1}


@dataclass(frozen=True)
class Turn:
    """How to turn the array of a grid to other axes.

    Attributes
    ----------
    order : tuple of int
        For each array axis of the result (k, j, i) the array axis it comes from.
    flipped : tuple of int
        Array axes of the result that run the other way.
    """

    order: tuple[int, int, int]
    flipped: tuple[int, ...]

    @classmethod
    def to(cls, axes: str, grid: Grid) -> Turn:
        """Return the turn of `grid` to the axes nearest to `axes`.

        Parameters
        ----------
        axes : str
            Towards which side i, j and k are to run, in the patient's x, y, z order: ``LPS``, ``RAS``.
        grid : Grid
        """
        directions = grid.ijk_to_ras[:3, :3] / np.linalg.norm(grid.ijk_to_ras[:3, :3], axis=0)
        # The assignment of voxel axes to patient axes with the greatest sum of cosines.
        sources = max(permutations(range(3)), key=lambda p: sum(abs(directions[x, p[x]]) for x in range(3)))
        flips = [directions[x, sources[x]] * _SIGNS[axes[x]] < 0 for x in range(3)]
        return cls(
            order=(2 - sources[2], 2 - sources[1], 2 - sources[0]),
            flipped=tuple(2 - x for x in (2, 1, 0) if flips[x]),
        )

    def forward(self, array: np.ndarray) -> np.ndarray:
        """Return `array` (k, j, i) on the new axes, as a view."""
        return np.flip(array.transpose(self.order), self.flipped)

    def backward(self, array: np.ndarray) -> np.ndarray:
        """Return an array on the new axes on the grid's own, as a view."""
        return np.flip(array, self.flipped).transpose(np.argsort(self.order))

    def spacing_kji(self, grid: Grid) -> tuple[float, float, float]:
        """Return the spacing along the axes of the turned array, in mm."""
        first, second, third = (grid.spacing_mm[2 - axis] for axis in self.order)
        return first, second, third

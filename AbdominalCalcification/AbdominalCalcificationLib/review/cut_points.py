"""Where on a branch its kept length ends: from length to place, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..anatomy import TERRITORIES
from ..errors import InputError
from ..geometry import Volume, bounding_box, grown
from ..geometry.neighbours import Lattice
from ..geometry.voxels import TOLERANCE_MM
from ..measurement import MeasurementParameters
from ..measurement.branches import Branches
from ..measurement.coarse import Followed
from ..measurement.constants import SLICE_DIAGONALS
from ..measurement.course import path_lengths_at
from ..measurement.plausibility import plausible_arteries_steps
from ..measurement.region import Region
from ..progress import Steps


@dataclass(frozen=True, eq=False)
class BranchCourse:
    """The course of a branch, as measuring follows it.

    Attributes
    ----------
    name : str
        Territory.
    followed : measurement.coarse.Followed
    """

    name: str
    followed: Followed

    @cached_property
    def _points(self) -> np.ndarray:
        return self.followed.blocks.points_ras

    @cached_property
    def _lengths_mm(self) -> np.ndarray:
        return self.followed.course.path_lengths_mm()

    @cached_property
    def _tree(self) -> cKDTree:
        return cKDTree(self._points)

    @property
    def longest_mm(self) -> float:
        """Path length at the farthest end, mm."""
        return float(self._lengths_mm.max())

    def point_at(self, length_mm: float) -> np.ndarray:
        """Return the middle of the branch at a path length, RAS in mm; at its end where it is shorter.

        Where it has forked, that of the widest limb.
        """
        blocks = self.followed.blocks
        wanted = np.clip(length_mm, self._lengths_mm.min(), self._lengths_mm.max())
        half = SLICE_DIAGONALS * blocks.grid.voxel_diagonal_mm / 2
        away = np.abs(self._lengths_mm - wanted)
        section = np.flatnonzero(away <= max(half, float(away.min())) + TOLERANCE_MM)
        limb = Lattice(blocks.kji[section], blocks.grid).pieces(np.ones(len(section), bool))
        return self._points[section[limb == np.bincount(limb).argmax()]].mean(axis=0)

    def length_at(self, point_ras: npt.ArrayLike) -> float:
        """Return the path length of the branch at its voxels that are nearest to a place (RAS, mm), in mm."""
        points = np.atleast_2d(np.asarray(point_ras, float))
        return float(max(path_lengths_at(points, self._tree, self.followed.course.path_lengths_mm)[0], 0.0))


def branch_course_steps(
    arteries: Volume, parameters: MeasurementParameters | None = None
) -> Steps[dict[str, BranchCourse]]:
    """Follow every branch of an artery mask as measuring does.

    Parameters
    ----------
    arteries : Volume
        Territory labels.
    parameters : MeasurementParameters, optional
        The attachment distance and, where limbs touch, the kept lengths matter.

    Returns
    -------
    dict of str to BranchCourse
        By territory; as the result of the generator.

    Raises
    ------
    InputError
        For an empty mask.
    """
    parameters = MeasurementParameters() if parameters is None else parameters
    box = bounding_box(arteries.array)
    if box is None:
        raise InputError("The artery masks are empty; draw or segment the arteries first.")
    near = arteries.cropped(grown(box, 0.0, arteries.grid))
    plausible = yield from plausible_arteries_steps(near)
    branches = Branches(Region(None, plausible, near.grid, 0.0))
    yield from branches.shorten_steps([each for each in TERRITORIES if each.label in plausible.kji], parameters)
    return {name: BranchCourse(name, followed) for name, followed in branches.courses.items()}

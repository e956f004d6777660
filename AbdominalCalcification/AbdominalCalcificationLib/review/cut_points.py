"""Where on a branch its kept length ends: from length to place, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..anatomy import TERRITORIES, Territory, territory
from ..errors import InputError
from ..geometry import Volume, bounding_box, grown
from ..geometry.voxels import TOLERANCE_MM, components, neighbour_pairs
from ..measurement import MeasurementParameters
from ..measurement.beginning import FOLLOWING
from ..measurement.coarse import Blocks, Followed
from ..measurement.constants import CEILING_HU, MOST_OF_BRANCH, SLICE_DIAGONALS
from ..measurement.course import path_lengths_at
from ..measurement.parents import parent_steps
from ..measurement.plausibility import plausible_arteries_steps
from ..measurement.region import Region, region_steps
from ..measurement.shortening import follow_branch_steps
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
        first, second, _ = neighbour_pairs(blocks.kji[section], blocks.grid)
        _, limb = components(len(section), first, second)
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
    nothing = near.with_array(np.zeros(near.array.shape, bool))
    region = yield from region_steps(None, plausible, nothing, 0.0, 0.0, CEILING_HU)
    courses = {}
    for each in TERRITORIES:
        if each.parent is not None and len(region.kji_of(each)):
            courses[each.name] = BranchCourse(each.name, (yield from _followed_steps(each, region, parameters)))
    return courses


def _followed_steps(each: Territory, region: Region, parameters: MeasurementParameters) -> Steps[Followed]:
    siblings = [other for other in TERRITORIES if other.parent == each.parent and other is not each]
    kji = region.kji_of(each)
    parent = yield from parent_steps(territory(each.parent or ""), region)
    contact = yield from parent.contact_steps(kji)
    blocks = Blocks(kji, region.grid, MOST_OF_BRANCH)
    parent_kji = yield from region.surface_steps(parent.kji, region.labels, FOLLOWING)
    siblings_ras = yield from region.surface_ras_steps(siblings, FOLLOWING)
    course = yield from follow_branch_steps(
        blocks.kji,
        blocks.points_ras,
        blocks.start_mm(contact),
        region.grid.ras_of_kji(parent_kji),
        siblings_ras,
        blocks.grid,
        parameters.attach_distance_mm,
        parameters.kept_length_of(each),
    )
    return Followed(blocks, course)

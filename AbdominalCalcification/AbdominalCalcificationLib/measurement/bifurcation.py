"""Where the path along the aorta begins: at its bifurcation, as far as what is labelled as a limb is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import cKDTree

from ..anatomy import Territory
from ..anatomy import territory as territory_named
from ..flags import Flag
from ..geometry.shortest import Paths
from ..geometry.voxels import TOLERANCE_MM, bounds_of
from ..progress import Steps
from .beginning import FOLLOWING, contact_mm, contact_steps, lower_end_mm
from .coarse import Blocks, Followed
from .constants import BELOW_LIMB_WIDTHS, MOST_OF_TRUNK, SAME_SECTION
from .course import path_lengths_at
from .parents import Parent
from .region import Region
from .rows import indices_in_box
from .shortening import follow_trunk_steps

# The aorta's own path begins where these leave it.
BIFURCATION_GROUP = "common_iliac"


@dataclass(frozen=True, eq=False)
class Trunk:
    """The aorta as it was followed.

    Attributes
    ----------
    parent : Parent
        What it was followed through.
    limbs : dict of str to Followed
        The common iliac arteries, by the name of their territory.
    attach_distance_mm : float
    followed : Followed
    flags : tuple of Flag
        What was left out, and where the bifurcation is in doubt.
    """

    parent: Parent
    limbs: Mapping[str, Followed]
    attach_distance_mm: float
    followed: Followed
    flags: tuple[Flag, ...]
    _lower_end: _LowerEnd
    _start_mm: np.ndarray

    def is_still_of(self, limbs: Mapping[str, Followed], attach_distance_mm: float) -> bool:
        """Return whether it would be followed in the same way again."""
        same = self.attach_distance_mm == attach_distance_mm
        return same and self.limbs.keys() == limbs.keys() and all(self.limbs[name] is limbs[name] for name in limbs)


def limbs_of(trunk: Territory, followed: Mapping[str, Followed]) -> dict[str, Followed]:
    """Return those of some branches with which the aorta's own path may begin."""
    return {
        name: branch
        for name, branch in followed.items()
        if (each := territory_named(name)).parent == trunk.name and each.group == BIFURCATION_GROUP
    }


def follow_from_bifurcation_steps(
    parent: Parent,
    region: Region,
    followed: Mapping[str, Followed],
    attach_distance_mm: float,
    before: Trunk | None = None,
) -> Steps[Trunk]:
    """Follow the aorta upwards from where its limbs leave it, or from its lower end where none is seen.

    A limb leaves it where the largest piece of its mask begins, or the piece that this one goes on from: nothing else
    of the mask that touches the aorta counts. It is no limb where it ends higher than the aorta does, or where the
    aorta goes on below it as wide as above, for more than its width.

    Parameters
    ----------
    parent : Parent
        The aorta.
    region : Region
    followed : mapping of str to Followed
        The branches, by the name of their territory.
    attach_distance_mm : float
        A limb farther away from the aorta is not seen.
    before : Trunk, optional
        How it was followed before: what depends on nothing that is another one now is taken from there, and the paths
        that a change does not touch.
    """
    trunk, found = parent.territory, limbs_of(parent.territory, followed)
    is_same = before is not None and before.parent is parent
    is_same = is_same and before.followed.blocks.begin_at(region.block_origin)
    if is_same and before.is_still_of(found, attach_distance_mm):
        return before
    yield FOLLOWING
    if is_same:
        blocks, lower_end = before.followed.blocks, before._lower_end
    else:
        blocks = Blocks(region.kji_of(trunk), region.grid, MOST_OF_TRUNK, region.block_origin)
        yield FOLLOWING
        before = before if before is not None and before.followed.blocks.are_alike(blocks) else None
        lower_end = yield from _lower_end_steps(blocks, parent.counts, before and before._lower_end)
    yield FOLLOWING
    limbs, left_out = [], []
    for name, branch in found.items():
        territory = territory_named(name)
        limb = yield from _limb_steps(territory, branch, blocks, parent, region, attach_distance_mm)
        if limb is not None and not lower_end.is_bifurcation_at(limb):
            limb = None
        if limb is not None:
            limbs.append(limb)
        left_out.append((yield from _left_out_steps(territory, branch, limb, trunk, region)))
    start, flags = _start_mm(limbs, blocks), []
    if not limbs:
        start = lower_end.start_mm
        message = f"{trunk.title}: bifurcation not seen; path distances count from the lower end of the mask."
        flags.append(Flag("bifurcation_not_seen", message, trunk.name))
    yield FOLLOWING
    if is_same and np.array_equal(start, before._start_mm):
        result = before.followed
    else:
        course = yield from follow_trunk_steps(blocks.lattice, start, before and before.followed.course)
        result = Followed(blocks, course)
    flags += _limbs_left_out(trunk, [each for each in left_out if each.count], result)
    flags += _unclear(trunk, max((lower_end.below_mm(limb) for limb in limbs), default=0.0), lower_end)
    return Trunk(parent, found, attach_distance_mm, result, tuple(flags), lower_end, start)


@dataclass(frozen=True, eq=False)
class _Limb:
    """Where a limb leaves the trunk.

    Attributes
    ----------
    pieces : list of int
        The pieces of its mask that are the limb.
    ostium_ras : ndarray, shape (n, 3)
        Where it begins, mm.
    start_mm : ndarray, shape (m,)
        Of the blocks of the trunk: the path length of those that it touches there, mm; ``inf`` elsewhere.
    facing : ndarray of int
        Blocks of the trunk that it touches there, or to which it is nearest.
    lowest_mm : float
        How low it reaches (S).
    """

    pieces: list[int]
    ostium_ras: np.ndarray
    start_mm: np.ndarray
    facing: np.ndarray
    lowest_mm: float

    @property
    def touches(self) -> bool:
        """Whether no gap separates it from the trunk."""
        return bool(np.isfinite(self.start_mm).any())


def _limb_steps(
    territory: Territory, followed: Followed, trunk: Blocks, parent: Parent, region: Region, attach_distance_mm: float
) -> Steps[_Limb | None]:
    """Return where a limb leaves the trunk; None where no part of its mask is near it."""
    own, course = followed.blocks, followed.course
    pieces = course.stem(territory.smallest_mm3 / own.grid.voxel_volume_mm3, attach_distance_mm)
    yield FOLLOWING
    if not pieces:
        return None
    first = course.pieces[pieces[-1]]
    begins = np.zeros(len(own.kji), bool)
    begins[first.rows[first.start]] = True
    touching = _touching_mm(trunk.voxels_kji, own.voxels_kji[own.of_voxels(begins)], region)
    start = trunk.start_mm(np.where(parent.counts, touching, np.inf))
    yield FOLLOWING
    facing, ostium_ras = np.flatnonzero(np.isfinite(start)), own.points_ras[begins]
    if not len(facing):
        gap = cKDTree(ostium_ras).query(trunk.points_ras)[0]
        facing = np.flatnonzero(gap <= gap.min() + trunk.grid.voxel_diagonal_mm)
    lowest = min(own.points_ras[course.pieces[piece].rows, 2].min() for piece in pieces)
    yield FOLLOWING
    return _Limb(pieces, ostium_ras, start, facing, float(lowest))


def _touching_mm(kji: np.ndarray, others_kji: np.ndarray, region: Region) -> np.ndarray:
    """Return how far voxels that touch some others lie from the common border, mm; ``inf`` elsewhere."""
    low, high = bounds_of(others_kji)
    low, high = low - 1, high + 1
    others = np.zeros(high - low + 3, np.uint8)
    others[tuple((others_kji - low + 1).T)] = 1
    result = np.full(len(kji), np.inf)
    rows = indices_in_box(kji, tuple(slice(int(a), int(b) + 1) for a, b in zip(low, high, strict=True)))
    result[rows] = contact_mm(kji[rows] - low + 1, others, [1], region.grid)
    return result


def _start_mm(limbs: Sequence[_Limb], trunk: Blocks) -> np.ndarray:
    """Return the path length at which the blocks of the trunk begin, mm; ``inf`` where they do not.

    Limbs beyond a gap only count where none touches the trunk.
    """
    start = np.full(len(trunk.kji), np.inf)
    for limb in limbs:
        start = np.minimum(start, limb.start_mm)
    if limbs and not np.isfinite(start).any():
        gap = cKDTree(np.concatenate([limb.ostium_ras for limb in limbs])).query(trunk.points_ras)[0]
        start = np.where(gap <= gap.min() + trunk.grid.voxel_diagonal_mm, gap - gap.min(), np.inf)
    return start


@dataclass(frozen=True, eq=False)
class _LowerEnd:
    """The lower end of a trunk.

    Attributes
    ----------
    trunk : Blocks
    start_mm : ndarray, shape (m,)
        Path length of the blocks at the lower end, mm; ``inf`` elsewhere.
    paths : Paths
        The shortest path of every block from there; none in other pieces.
    """

    trunk: Blocks
    start_mm: np.ndarray
    paths: Paths

    @cached_property
    def above_mm(self) -> np.ndarray:
        """The lengths of these paths, mm, shape (m,); ``inf`` in other pieces."""
        return self.paths.length_mm

    @cached_property
    def _points_ras(self) -> np.ndarray:
        return self.trunk.points_ras[np.isfinite(self.start_mm)]

    @cached_property
    def width_mm(self) -> float:
        """Mean width of the trunk: of a tube of its volume and length."""
        reached = self.above_mm[np.isfinite(self.above_mm)]
        return float(2 * np.sqrt(len(reached) * self.trunk.grid.voxel_volume_mm3 / (np.pi * reached.max())))

    def below_mm(self, limb: _Limb) -> float:
        """Return how far the trunk goes on below a limb, along it, or straight where the limb is at another piece."""
        along = self.above_mm[limb.facing].min()
        if np.isfinite(along):
            return float(along)
        return float(cKDTree(self._points_ras).query(self.trunk.points_ras[limb.facing])[0].min())

    def goes_on(self, below_mm: float) -> bool:
        """Return whether so much below a limb is more than the end of a trunk."""
        return below_mm > BELOW_LIMB_WIDTHS * self.width_mm + self.trunk.grid.voxel_diagonal_mm + TOLERANCE_MM

    def is_bifurcation_at(self, limb: _Limb) -> bool:
        """Return whether the trunk may end where a limb leaves it."""
        if limb.lowest_mm > self._points_ras[:, 2].min() + self.trunk.grid.voxel_diagonal_mm + TOLERANCE_MM:
            return False
        below_mm = self.below_mm(limb)
        if not self.goes_on(below_mm):
            return True
        above_mm = min(2 * below_mm, self.above_mm[np.isfinite(self.above_mm)].max())
        below, above = (np.count_nonzero(self.above_mm <= length) for length in (below_mm, above_mm))
        return below / below_mm < SAME_SECTION * (above - below) / max(above_mm - below_mm, TOLERANCE_MM)


def _lower_end_steps(trunk: Blocks, counts: np.ndarray, before: _LowerEnd | None) -> Steps[_LowerEnd]:
    """Find the lower end of those voxels of a trunk that count."""
    rows = np.flatnonzero(np.isfinite(trunk.start_mm(np.where(counts, 0.0, np.inf))))
    start = np.full(len(trunk.kji), np.inf)
    start[rows] = lower_end_mm(trunk.points_ras[rows], trunk.grid)
    yield FOLLOWING
    ends = np.flatnonzero(np.isfinite(start))
    paths = trunk.lattice.paths_from(ends, start[ends], None if before is None else before.paths)
    yield FOLLOWING
    return _LowerEnd(trunk, start, paths)


@dataclass(frozen=True, eq=False)
class _LeftOut:
    """Pieces of a limb's mask that touch the trunk but do not count: their number, volume, and voxels that touch."""

    territory: Territory
    count: int
    volume_mm3: float
    points_ras: np.ndarray


def _left_out_steps(
    territory: Territory, followed: Followed, limb: _Limb | None, trunk: Territory, region: Region
) -> Steps[_LeftOut]:
    blocks = followed.blocks
    piece = blocks.of_voxels(followed.course.piece_of)
    other = np.flatnonzero(~np.isin(piece, [] if limb is None else limb.pieces))
    contact = yield from contact_steps(blocks.voxels_kji[other], region.labels, [trunk.label], region.grid)
    touching = other[np.isfinite(contact)]
    numbers = np.unique(piece[touching])
    volume_mm3 = np.count_nonzero(np.isin(piece, numbers)) * region.grid.voxel_volume_mm3
    return _LeftOut(territory, len(numbers), volume_mm3, region.grid.ras_of_kji(blocks.voxels_kji[touching]))


def _limbs_left_out(trunk: Territory, left_out: Sequence[_LeftOut], followed: Followed) -> list[Flag]:
    if not left_out:
        return []
    points = np.concatenate([each.points_ras for each in left_out])
    highest = path_lengths_at(points, followed.blocks.lattice, followed.course.path_lengths_mm).max()
    parts = " and ".join(
        f"{each.count} {'piece' if each.count == 1 else 'pieces'} of {each.territory.title.lower()} "
        f"({each.volume_mm3:.1f} mm³)"
        for each in left_out
    )
    message = f"{trunk.title}: path distances do not count from {parts}, up to {highest:.0f} mm above where they begin."
    return [Flag("limbs_left_out", message, trunk.name)]


def _unclear(trunk: Territory, below_mm: float, lower_end: _LowerEnd) -> list[Flag]:
    if not lower_end.goes_on(below_mm):
        return []
    message = (
        f"{trunk.title}: goes on {below_mm:.0f} mm below where a common iliac artery leaves it, as narrow as one; "
        "path distances count from there."
    )
    return [Flag("bifurcation_unclear", message, trunk.name)]

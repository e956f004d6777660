"""The Kauppila score of a CT's masks: what a radiograph of the same aorta would show, and what only the masks show.

The aorta's mask is projected from the side; its outline gives both walls (:mod:`.silhouette`), the calcified voxels
that were assigned to the aorta are its deposits, and vertebrae or levels set by hand bound the parts. From there on it
is the score of a radiograph (:mod:`..coverage`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...flags import Flag
from ...geometry import Grid, Volume
from ..coverage import Coverage, Walls, coverage, score_of
from ..kauppila import PARTS, VERTEBRAE, KauppilaScore
from ..projection import LateralGeometry
from ..spine import Border
from .silhouette import walls_of
from .voxel_points import half_step_mm, half_voxel_mm, inner_points

#: Of a level, so much may lie beyond the upper end of the mask: no more than rounding and a voxel.
MISSING_SHARE = 0.03
#: Of L4's level, so much needs a wall where the aorta divides within it: a few millimetres tell no share. Ours.
LEAST_SHARE = 0.1
# A mask this near to the face of the field goes on beyond it, in voxels.
_AT_FACE = 1
_ACROSS, _DOWN = np.array([1.0, 0.0]), np.array([0.0, 1.0])


@dataclass(frozen=True, eq=False)
class MaskScore:
    """The score of masks, with the geometry that it comes from; points are mm from the central ray, facing left.

    Attributes
    ----------
    score : KauppilaScore
    walls : Walls or None
        None where no aorta is there.
    flags : tuple of Flag
        Why parts were not assessed, and what was assumed.
    """

    score: KauppilaScore
    walls: Walls | None
    flags: tuple[Flag, ...]


@dataclass(frozen=True, eq=False)
class AortaMask:
    """The aorta and its calcified voxels, on one grid.

    Attributes
    ----------
    wall : ndarray of bool, shape (k, j, i)
        The aorta, its calcified voxels included.
    calcified : ndarray of bool, shape (k, j, i)
        Those that were assigned to the aorta.
    grid : Grid
    field : Grid
        That of the whole CT: where its faces are.
    """

    wall: np.ndarray
    calcified: np.ndarray
    grid: Grid
    field: Grid

    @classmethod
    def cropped(cls, wall: Volume, calcified: np.ndarray) -> AortaMask:
        """Return the masks of a whole CT in the box that they fill."""
        from ...geometry import bounding_box

        together = (wall.array != 0) | (calcified != 0)
        box = bounding_box(together)
        if box is None:
            box = (slice(0, 1),) * 3
        return cls(together[box], calcified[box] != 0, wall.grid.cropped(box), wall.grid)

    def ends_at_face(self) -> tuple[bool, bool]:
        """Return whether the field of view cuts the mask above and below."""
        return cut_by_field(np.argwhere(self.wall), self.grid, self.field)


def cut_by_field(kji: np.ndarray, grid: Grid, field: Grid) -> tuple[bool, bool]:
    """Return whether voxels (n, 3) of a grid lie at the upper face of a field, and at its lower one."""
    if len(kji) == 0:
        return False, False
    axis = int(np.abs(field.ijk_to_ras[2, :3][::-1]).argmax())
    upwards = field.ijk_to_ras[2, 2 - axis] > 0
    places = field.kji_of_ras(grid.ras_of_kji(kji))[:, axis]
    first = bool(places.min() < _AT_FACE - 0.5)
    last = bool(places.max() > field.shape[axis] - 0.5 - _AT_FACE)
    return (last, first) if upwards else (first, last)


def score_masks(
    aorta: AortaMask,
    borders: Mapping[str, tuple[Border, Border]],
    geometry: LateralGeometry,
    cut_vertebrae: Mapping[str, str] | None = None,
) -> MaskScore:
    """Return the Kauppila score of an aorta's masks.

    Parameters
    ----------
    aorta : AortaMask
    borders : mapping of str to (Border, Border)
        Above and below each vertebra, mm from the central ray.
    geometry : LateralGeometry
    cut_vertebrae : mapping of str to str, optional
        Vertebrae whose borders cannot be trusted, and why.
    """
    reach = half_step_mm(aorta.grid, geometry, _ACROSS), half_step_mm(aorta.grid, geometry, _DOWN)
    places, scale = geometry.project(inner_points(np.argwhere(aorta.wall), aorta.grid))
    walls = walls_of(places, reach)
    if walls is None:
        flag = Flag("part_not_assessed", "No part was assessed: there is no aorta in the mask.")
        return MaskScore(KauppilaScore.of([None] * len(PARTS), origin="geometry"), None, (flag,))
    deposits = geometry.project(aorta.grid.ras_of_kji(np.argwhere(aorta.calcified)))[0]
    # Along an inclined wall the steps of voxels are longer than the voxels are high, and magnified ones are larger.
    half = half_voxel_mm(aorta.grid, geometry, _way(walls, borders)) * max(1.0, float(scale.max()))
    covered = coverage(deposits, walls, borders, half)
    above, below = aorta.ends_at_face()
    reasons = dict(cut_vertebrae or {})
    flags: list[Flag] = []
    for vertebra in VERTEBRAE:
        if vertebra not in reasons:
            reason, note = _judged(vertebra, covered, borders, walls, (above, below))
            if reason:
                reasons[vertebra] = reason
            flags += note
    score = score_of({part: own for part, own in covered.items() if part[0] not in reasons})
    flags += [
        Flag("part_not_assessed", f"{name}: not assessed, {reasons[name]}.", name)
        for name in VERTEBRAE
        if name in reasons
    ]
    return MaskScore(score, walls, tuple(flags))


def _way(walls: Walls, borders: Mapping[str, tuple[Border, Border]]) -> np.ndarray:
    """Return the unit vector along the aorta in front of the levels: above them it may be the arch."""
    middle = walls.anterior + walls.posterior
    heights = [border.point[1] for pair in borders.values() for border in pair]
    if heights:
        near = (middle[:, 1] / 2 >= min(heights)) & (middle[:, 1] / 2 <= max(heights))
        middle = middle[near] if near.sum() > 1 else middle
    along = middle[-1] - middle[0]
    return along / np.linalg.norm(along)


def _judged(
    vertebra: str,
    covered: Mapping[tuple[str, str], Coverage],
    borders: Mapping[str, tuple[Border, Border]],
    walls: Walls,
    at_face: tuple[bool, bool],
) -> tuple[str, list[Flag]]:
    """Return why the walls in front of a vertebra cannot be assessed (empty where they can), and what to note."""
    if vertebra not in borders:
        return "its level is not known", []
    own = [covered.get((vertebra, wall)) for wall in ("anterior", "posterior")]
    share = min((each.wall_share if each else 0.0 for each in own), default=0.0)
    flags = []
    if share < 1.0 - MISSING_SHARE:
        upper = any(_begins_within(line, borders[vertebra]) for line in (walls.anterior, walls.posterior))
        if upper or (share == 0.0 and not _is_above(walls, borders[vertebra])):
            end = "the field of view ends" if at_face[0] else "the aorta's mask begins"
            return f"{end} below its upper border", []
        if at_face[1]:
            return "the field of view ends above its lower border", []
        if share < LEAST_SHARE:
            return "the aorta divides above it", []
        text = f"{vertebra}: the aorta divides above its lower border; {100 * share:.0f} % of the level was measured."
        flags.append(Flag("aorta_ends_above", text, vertebra))
    if any(border.assumed for border in borders[vertebra]):
        text = f"{vertebra}: no neighbour tells where a disc lies; its border is half a usual disc away."
        flags.append(Flag("level_assumed", text, vertebra))
    return "", flags


def _depth(point: np.ndarray, border: Border) -> float:
    """Return how far beyond a border, towards the feet, a point lies."""
    x, y = border.direction
    return float((np.asarray(point) - border.point) @ np.array([y, -x]))


def _begins_within(line: np.ndarray, pair: tuple[Border, Border]) -> bool:
    """Return whether a wall's upper end lies below the upper border of a level, and above its lower one."""
    return _depth(line[0], pair[0]) > 0 and _depth(line[0], pair[1]) < 0


def _is_above(walls: Walls, pair: tuple[Border, Border]) -> bool:
    """Return whether all of the aorta lies above a level."""
    return all(_depth(line[-1], pair[0]) <= 0 for line in (walls.anterior, walls.posterior))


def moved(score: KauppilaScore, shift: tuple[float, float]) -> KauppilaScore:
    """Return a score whose lines are moved, such as to the points of a radiograph."""
    dx, dy = shift
    return KauppilaScore(
        tuple(replace(each, line=tuple((x + dx, y + dy) for x, y in each.line)) for each in score.segments)
    )

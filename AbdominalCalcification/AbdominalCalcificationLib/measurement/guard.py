"""What is called calcification but cannot be: too dark for it, or blood."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from ..comparison.lumen import Lumen
from ..flags import Flag
from ..geometry import Volume
from ..geometry.neighbourhood import depth_steps, touched_steps, within_reach_mm
from ..geometry.pieces import Runs, pieces_steps
from ..progress import Progress, Steps
from .constants import CALCIUM_HU, CERTAIN_HU, DEEP_MM, MIDDLE_SHARE, MOST_RUNS, MOST_VOXELS, RIM_HU, WALL_SHARE
from .plausibility import slabs

_LOOKING = Progress("Checking what is called calcification", 0.0)
_CLOSE_MM = 1e-6
# Voxels that are larger are as thick as a wall.
_FINE_MM = 1.0
_AROUND = np.array([offset for offset in product((-1, 0, 1), repeat=3) if any(offset)])


@dataclass(frozen=True, eq=False)
class Implausible:
    """Voxels of a calcification mask that cannot be calcification.

    Attributes
    ----------
    dark_count, blood_count : int
        Voxels too dark, and voxels of pieces that are blood.
    calcified_count : int
        All voxels of the mask.
    voxel_mm3 : float
    lumen : Lumen or None
    """

    dark_count: int
    blood_count: int
    calcified_count: int
    voxel_mm3: float
    lumen: Lumen | None

    @property
    def count(self) -> int:
        """All implausible voxels."""
        return self.dark_count + self.blood_count

    @property
    def volume_mm3(self) -> float:
        """Their volume, mm³."""
        return self.count * self.voxel_mm3

    @property
    def what(self) -> str:
        """Say what is wrong with them, for people."""
        parts = []
        if self.dark_count:
            parts.append(f"{self.dark_count * self.voxel_mm3:.1f} mm³ below {CALCIUM_HU:.0f} HU ({RIM_HU:.0f} in rims)")
        if self.blood_count:
            parts.append(f"{self.blood_count * self.voxel_mm3:.1f} mm³ no brighter than the blood ({self.lumen})")
        return " and ".join(parts)


def implausible_steps(kji: np.ndarray, hu: np.ndarray, arteries: Volume, lumen: Lumen | None) -> Steps[np.ndarray]:
    """Find the voxels of calcification that cannot be any.

    These are pieces (26-connected, of what has 130 HU or more) that are blood, and what is darker; in the rim of
    calcification that stays, which blur darkens (voxels that touch it), what is below 65 HU. A piece is blood where it
    is nowhere brighter than blood gets by noise: median + spread · (1 + sqrt(2 ln n)), or 800 HU. With n the voxels of
    all that hangs together with it, darker ones included, the root is more than the expected maximum of n normal values
    (Boucheron, Lugosi, Massart, *Concentration Inequalities*, 2013, section 2.5); one spread is added since maxima
    scatter. Where the blood is enhanced only pieces are held against it that do not lie in the wall of an artery
    (:func:`_wall_steps`): faint or thin plaques can be as dark as such blood, and are told by that.

    Parameters
    ----------
    kji : ndarray of int, shape (n, 3)
        Calcified voxels, in the order of the array.
    hu : ndarray, shape (n,)
    arteries : Volume
        Non-zero in arteries; `kji` are indices of it.
    lumen : Lumen or None
        The blood; without it darkness counts alone.

    Returns
    -------
    ndarray of uint8, shape (n,)
        1 where too dark, 2 in a piece of blood, else 0.
    """
    bright = np.flatnonzero(hu >= CALCIUM_HU)
    stays = np.ones(len(bright), bool)
    if lumen is not None and len(bright):
        stays = ~(yield from _blood_steps(kji, hu, bright, arteries, lumen))
    rim = yield from _touching_steps(kji, bright[stays])
    why = ((hu < RIM_HU) | ((hu < CALCIUM_HU) & ~rim)).astype(np.uint8)
    why[bright[~stays]] = 2
    return why


def _blood_steps(
    kji: np.ndarray, hu: np.ndarray, bright: np.ndarray, arteries: Volume, lumen: Lumen
) -> Steps[np.ndarray]:
    """Return which of the voxels in the rows `bright` lie in pieces of blood; none where there are too many pieces."""
    box = tuple(slice(0, size) for size in arteries.grid.shape)
    runs = Runs(kji, box)
    yield _LOOKING
    if len(runs) > MOST_RUNS:
        return np.zeros(len(bright), bool)
    _, whole = yield from pieces_steps(runs, _LOOKING)
    count, piece = yield from pieces_steps(Runs(kji[bright], box), _LOOKING)
    peak, together = np.full(count, -np.inf), np.zeros(count, int)
    np.maximum.at(peak, piece, hu[bright])
    together[piece] = np.bincount(whole)[whole[bright]]
    by_noise = lumen.median_hu + lumen.spread_hu * (1 + np.sqrt(2 * np.log(together)))
    blood = peak <= np.minimum(by_noise, CERTAIN_HU)
    yield _LOOKING
    if lumen.median_hu >= CALCIUM_HU and blood.any():
        some = np.flatnonzero(blood[piece])
        blood &= ~(yield from _wall_steps(kji[bright[some]], piece[some], count, arteries))
    return blood[piece]


def _wall_steps(kji: np.ndarray, piece: np.ndarray, count: int, arteries: Volume) -> Steps[np.ndarray]:
    """Return which of `count` pieces lie in the wall of an artery: at least half of their voxels do.

    The wall is within 2 mm of the surface of the mask, inside and outside (masks may leave the wall out), and, as a
    thin artery is nowhere so deep, less deep than half of the deepest that is reached from the piece by going deeper.
    A piece that holds most of what is three quarters as deep, there and beside, fills an artery. Both are held only
    against arteries of three voxels and more.
    """
    mask, grid = arteries.array, arteries.grid
    reach_mm = within_reach_mm(grid, DEEP_MM)
    most_mm = reach_mm / WALL_SHARE
    of, beside = yield from _beside_steps(kji, piece, arteries)
    of, places = np.concatenate([piece, of]), np.concatenate([kji, beside])
    depth_mm = np.minimum((yield from depth_steps(places, mask, grid, most_mm)), most_mm)
    deepest_mm = yield from _deepest_steps(places, of, count, depth_mm, arteries, most_mm)
    middle = (depth_mm > 0) & (depth_mm >= MIDDLE_SHARE * deepest_mm[of])
    fills = 2 * np.bincount(piece, middle[: len(piece)], count) > np.bincount(of, middle, count)
    # An artery of one or two voxels shows no wall and no middle; the outermost of large ones are wall.
    least_mm = within_reach_mm(grid, 0.0)
    is_seen = deepest_mm > least_mm + _CLOSE_MM
    least_mm = least_mm if least_mm > _FINE_MM else 0.0
    wall_mm = np.where(is_seen, np.clip(WALL_SHARE * deepest_mm, least_mm, reach_mm), reach_mm)
    depth_mm = depth_mm[: len(piece)]
    near = depth_mm <= wall_mm[piece] + _CLOSE_MM
    outside = np.flatnonzero(depth_mm == 0)
    near[outside] = np.isfinite((yield from depth_steps(kji[outside], mask == 0, grid, reach_mm)))
    return ~(fills & is_seen) & (2 * np.bincount(piece, near, count) >= np.bincount(piece, minlength=count))


def _deepest_steps(
    kji: np.ndarray, piece: np.ndarray, count: int, depth_mm: np.ndarray, arteries: Volume, most_mm: float
) -> Steps[np.ndarray]:
    """Return how deep the artery gets where each piece is, at most `most_mm`: from its deepest voxel on, uphill."""
    deepest_mm = np.zeros(count)
    order = np.argsort(depth_mm, kind="stable")
    top = np.zeros((count, 3), kji.dtype)
    top[piece[order]] = kji[order]
    deepest_mm[piece[order]] = depth_mm[order]
    climbing = np.flatnonzero((deepest_mm > 0) & (deepest_mm < most_mm))
    last = np.array(arteries.grid.shape) - 1
    while len(climbing):
        around = np.clip(top[climbing, None] + _AROUND, 0, last)
        found = yield from depth_steps(around.reshape(-1, 3), arteries.array, arteries.grid, most_mm)
        found = np.minimum(found, most_mm).reshape(len(climbing), -1)
        best = found.argmax(axis=1)
        height = found[np.arange(len(climbing)), best]
        top[climbing] = around[np.arange(len(climbing)), best]
        higher = height > deepest_mm[climbing]
        deepest_mm[climbing] = np.maximum(height, deepest_mm[climbing])
        climbing = climbing[higher & (height < most_mm)]
        yield _LOOKING
    return deepest_mm


def _beside_steps(kji: np.ndarray, piece: np.ndarray, arteries: Volume) -> Steps[tuple[np.ndarray, np.ndarray]]:
    """Return the voxels of arteries that touch pieces and are in none: the piece of each, and its indices."""
    shape = arteries.grid.shape
    flat = np.ravel_multi_index(tuple(kji.T), shape)
    order = np.argsort(flat)
    found = [np.zeros((0, 2), np.int64)]
    for offset in _AROUND:
        there = kji + offset
        within = np.flatnonzero(((there >= 0) & (there < shape)).all(axis=1))
        within = within[arteries.array[tuple(there[within].T)] != 0]
        place = np.ravel_multi_index(tuple(there[within].T), shape)
        nearest = order[np.minimum(np.searchsorted(flat, place, sorter=order), len(flat) - 1)]
        free = flat[nearest] != place
        found.append(np.unique(np.stack([piece[within[free]], place[free]], axis=1), axis=0))
        yield _LOOKING
    own, place = np.unique(np.concatenate(found), axis=0).T
    return own, np.stack(np.unravel_index(place, shape), axis=1)


def _touching_steps(kji: np.ndarray, rows: np.ndarray) -> Steps[np.ndarray]:
    """Return which voxels are, or touch, one of those in `rows`."""
    if len(rows) in (0, len(kji)):
        return np.full(len(kji), len(rows) > 0)
    low = kji.min(axis=0)
    near = np.zeros(kji.max(axis=0) - low + 1, bool)
    near[tuple((kji[rows] - low).T)] = True
    near = yield from touched_steps(near, _LOOKING)
    return near[tuple((kji - low).T)]


def guarded_steps(
    ct: Volume, calcification: Volume, arteries: Volume, lumen: Lumen | None
) -> Steps[tuple[Volume, Implausible]]:
    """Leave out of a mask that a model made what cannot be calcification; see :func:`implausible_steps`.

    Parameters
    ----------
    ct : Volume
        HU.
    calcification : Volume
        Non-zero where calcified, on the grid of `ct`; not changed.
    arteries : Volume
    lumen : Lumen or None

    Returns
    -------
    Volume
        `calcification` itself where all of it can be.
    Implausible
        What was left out.
    """
    count = 0
    for _, slab in slabs(calcification.array):
        count += int(np.count_nonzero(slab))
        yield _LOOKING
    if count > MOST_VOXELS:
        lumen = None  # pieces of so many voxels do not fit into the memory of a small computer
    array, counts = calcification.array.copy(), np.zeros(3, int)
    kji, values = [np.zeros((0, 3), np.int32)], [np.zeros(0)]
    for start, slab in slabs(array):
        place = np.flatnonzero(slab)
        hu = ct.array[start : start + len(slab)].reshape(-1)[place].astype(float)
        if lumen is None:
            dark = place[hu < CALCIUM_HU]
            slab.reshape(-1)[dark] = 0
            counts[1] += len(dark)
        else:
            k, j, i = np.unravel_index(place, slab.shape)
            kji.append(np.stack([k + start, j, i], axis=1).astype(np.int32))
            values.append(hu)
        yield _LOOKING
    if lumen is not None:
        places = np.concatenate(kji)
        why = yield from implausible_steps(places, np.concatenate(values), arteries, lumen)
        array[tuple(places[why > 0].T)] = 0
        counts = np.bincount(why, minlength=3)
    found = Implausible(int(counts[1]), int(counts[2]), count, ct.grid.voxel_volume_mm3, lumen)
    return (calcification.with_array(array) if found.count else calcification), found


def left_out(found: Implausible) -> list[Flag]:
    """Tell what was left out of a mask that a model made."""
    if not found.count:
        return []
    message = f"Left out of what the model called calcification, {found.count} voxels that cannot be: {found.what}."
    return [Flag("implausible_hu", message)]

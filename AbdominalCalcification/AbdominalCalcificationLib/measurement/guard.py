"""What is called calcification but cannot be: too dark for it, or blood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..comparison.lumen import Lumen
from ..flags import Flag
from ..geometry import Volume
from ..geometry.neighbourhood import deep_steps, touched_steps
from ..geometry.pieces import Runs, pieces_steps
from ..progress import Progress, Steps
from .constants import CALCIUM_HU, CERTAIN_HU, DEEP_MM, MOST_RUNS, MOST_VOXELS, RIM_HU
from .plausibility import slabs

_LOOKING = Progress("Checking what is called calcification", 0.0)


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
    scatter. Where the blood is enhanced only pieces that lie for the most part 2 mm inside the artery are held against
    it: faint or thin plaques in the wall can be as dark as such blood, and are told by where they lie.

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
        deep = yield from deep_steps(kji[bright[some]], arteries.array, arteries.grid, DEEP_MM)
        blood &= 2 * np.bincount(piece[some], deep, count) > np.bincount(piece, minlength=count)
    return blood[piece]


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

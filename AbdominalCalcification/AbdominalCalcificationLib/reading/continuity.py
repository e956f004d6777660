"""Whether the slices of a CT belong together: values go on from one to the next, and no slice is another one again.

Fat and organs fill most of a slice, and most of the next one at the same place: however anatomy changes, the median of
their differences stays near 0. It does not where a slice was rescaled otherwise, is blank, or lies in another series.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Generator, Sequence
from itertools import pairwise

import numpy as np

from ..flags import Flag
from ..geometry import Volume
from ..progress import drained
from .hounsfield import AIR_HU

# Ranges of fat, and of organs, muscle and blood; what is brighter changes too much where vertebrae end.
_TISSUES_HU = ((-250.0, -30.0), (-30.0, 200.0))
_TISSUE_HU = (-250.0, 200.0)
# Median difference of two slices, at least and for each mm between them. In real CTs (1.5 to 8 mm) it stays below 8 HU
# for each mm.
_MOST_HU, _MOST_HU_PER_MM = 40.0, 12.0
# Where tissue becomes something else altogether (a blank slice).
_MOST_LOST_HU = 300.0
# Of the body in a pair of slices; fewer voxels have no median to trust.
_LEAST_SHARE, _FEWEST = 0.2, 200
_OUTSIDE_HU = -600.0
_SAMPLES = 100  # along each side of a slice
# What has fewer values was drawn, not scanned: its slices may well be alike.
_FEWEST_VALUES = 40
# Where more slices are copies of their neighbours, the volume was resampled by the nearest one.
_MOST_COPIES = 0.1
_LISTED = 5
# Slices that are looked at in one go.
_AT_ONCE = 64


def check_slices(volume: Volume) -> tuple[Flag, ...]:
    """Look at all slices in one go, see :func:`check_slices_steps`."""
    return drained(check_slices_steps(volume))


def check_slices_steps(volume: Volume) -> Generator[None, None, tuple[Flag, ...]]:
    """Return flags ``slices_doubtful`` where slices do not go on from each other, or are there twice.

    Parameters
    ----------
    volume : Volume
        HU. Slices are those across the body's axis.
    """
    axis = 2 - int(np.abs(volume.grid.ijk_to_ras[2, :3]).argmax())
    slices = np.moveaxis(volume.array, axis, 0)
    step = max(1, max(slices.shape[1:]) // _SAMPLES)
    slices = slices[:, ::step, ::step]
    if len(slices) < 3:
        return ()
    most_hu = max(_MOST_HU, _MOST_HU_PER_MM * volume.grid.spacing_mm[2 - axis])
    jumps = yield from _jumps_steps(slices, most_hu)
    copies = yield from _copies_steps(slices)
    return (*jumps, *copies)


def _jumps_steps(slices: np.ndarray, most_hu: float) -> Generator[None, None, list[Flag]]:
    inner = _without_blank_ends(slices)
    yield
    jumps = {}
    for number, (below, above) in enumerate(pairwise(slices[inner]), inner.start):
        if number % _AT_ONCE == 0:
            yield
        hu = _jump(below.astype(np.float32), above.astype(np.float32), most_hu)
        if hu:
            jumps[number] = hu
    if not jumps:
        return []
    text = _listed([f"{hu:+.0f} HU from {number + 1} to {number + 2}" for number, hu in jumps.items()])
    return [Flag("slices_doubtful", f"Fat and organs change all at once between neighbouring slices ({text}).")]


def _jump(below: np.ndarray, above: np.ndarray, most_hu: float) -> float:
    """Return by how many HU tissue changes from one slice to the next; 0 where no more than it may."""
    difference, middle = above - below, (below + above) / 2
    in_body = np.count_nonzero((below > _OUTSIDE_HU) | (above > _OUTSIDE_HU))
    least = max(_FEWEST, _LEAST_SHARE * in_body)
    for low, high in _TISSUES_HU:
        if hu := _median_beyond(most_hu, difference, (middle >= low) & (middle < high), least):
            return hu
    for tissue in (below, above):
        there = (tissue >= _TISSUE_HU[0]) & (tissue < _TISSUE_HU[1])
        if hu := _median_beyond(_MOST_LOST_HU, difference, there, least):
            return hu
    return 0.0


def _median_beyond(most_hu: float, difference: np.ndarray, there: np.ndarray, least: float) -> float:
    """Return the median of the differences `there`; 0 where it is no more than `most_hu`, or of fewer than `least`."""
    count = np.count_nonzero(there)
    # Counted first, which takes far less than finding the median: it is beyond only where half of them are.
    if count < least or 2 * np.count_nonzero(there & (np.abs(difference) > most_hu)) < count:
        return 0.0
    hu = float(np.median(difference[there]))
    return hu if abs(hu) > most_hu else 0.0


def _without_blank_ends(slices: np.ndarray) -> slice:
    """Return the slices between those at either end in which nothing was measured, as after turning a volume."""
    blank = [bool((each <= AIR_HU).all()) for each in slices]
    if all(blank):
        return slice(0, 0)
    return slice(blank.index(False), len(blank) - blank[::-1].index(False))


def _copies_steps(slices: np.ndarray) -> Generator[None, None, list[Flag]]:
    alike: dict[bytes, list[int]] = defaultdict(list)
    for number, each in enumerate(slices):
        if number % _AT_ONCE == 0:
            yield
        alike[hashlib.sha256(np.ascontiguousarray(each).data).digest()].append(number)
    groups = [numbers for numbers in alike.values() if len(numbers) > 1 and _is_scanned(slices[numbers[0]])]
    if not groups or (_are_runs(groups) and sum(len(each) - 1 for each in groups) > _MOST_COPIES * len(slices)):
        return []
    text = _listed([" and ".join(str(number + 1) for number in each[:_LISTED]) for each in groups])
    return [Flag("slices_doubtful", f"Slices at different places show the very same ({text}).")]


def _listed(texts: Sequence[str]) -> str:
    more = len(texts) - _LISTED
    return "; ".join(texts[:_LISTED]) + (f"; and {more} more" if more > 0 else "")


def _is_scanned(plane: np.ndarray) -> bool:
    return len(np.unique(plane)) >= _FEWEST_VALUES


def _are_runs(groups: Sequence[Sequence[int]]) -> bool:
    """Return whether all slices that are alike are neighbours."""
    return all(each[-1] - each[0] == len(each) - 1 for each in groups)

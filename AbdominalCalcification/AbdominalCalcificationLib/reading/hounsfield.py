"""Whether the voxels of a CT are Hounsfield units, decided by how they are distributed.

A body on the Hounsfield scale has a shape that its stored values, an MR image, a picture or normalised values do not
have: air at -1000 where there is any, fat near -100, organs and blood between 0 and 100 (unenhanced) or up to 600
(enhanced), hardly anything above 700 (the densest bone, metal). The limits below are shares of voxels, so that a few
odd ones decide nothing, and wide enough for crops without air, for thorax and for arteries alone.
"""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..flags import Flag

#: HU of air; what lies outside the scanned field counts as it.
AIR_HU = -1024
#: Below this nothing was measured: noise and interpolation take air to about -1100.
LOWEST_HU = -1200
# Above the first, values that nothing leads up to are no metal but filled in; above the second all are (16-bit scales
# end at 64511).
_FILLED_ABOVE_HU, _HIGHEST_HU = 16000, 70000
# Quantiles that stand for the least and the greatest value, and a difference between them that no CT falls below: the
# noise of water alone reaches as far.
_ENDS, _NARROWEST_HU = (0.001, 0.999), 50
_PICTURE = (0, 255)
_BONE_HU, _MOST_BONE, _MUCH_BONE = 700, 0.15, 0.06
# Fat and organs with an offset of 1000 or 1024 that was not subtracted; in HU the second range holds more voxels.
_OFFSET_HU, _BELOW_OFFSET_HU, _MOST_OFFSET, _SOME_OFFSET = (850, 1150), (450, 750), 0.05, 0.02
_UNENHANCED_HU, _LEAST_UNENHANCED = (-200, 200), 0.05
_FAT_AND_AIR_HU, _LEAST_FAT_AND_AIR = -30, 0.002
# Fill values are few; a range of values far below air is another scale.
_FILL_VALUES, _LEAST_FILLED, _MOST_SPREAD = 4, 0.01, 0.25
# Narrow peaks that do not lie where air (-1000) and fat (-140 to -50) do; lungs are spread over 200 HU and more.
_PEAK_HU, _LEAST_PEAK = 40, 0.05
_BESIDE_AIR_HU, _FAT_HU, _LOWEST_FAT_HU = (-950, -250), (-400, -40), -160
# Voxels between tissue and lung border on either; many of them without any that lie deeper are no such border.
_BORDER_HU, _BRIGHT_HU, _MOST_BORDER, _SOME_BORDER, _BORDER_TO_BRIGHT = (-700, -250), (250, 700), 0.05, 0.01, 4
# A scale that was cut off: the part of all voxels at its greatest value, and of these in the 100 HU below it.
# What has fewer values than noise makes was drawn, not scanned.
_CUT_BELOW_HU, _MOST_CUT, _SOME_CUT, _CUT_TAIL_HU, _CUT_TAIL = 1500, 0.05, 0.001, 100, 0.02
_FEWEST_VALUES = 40
# Shares of fewer voxels are no reason to refuse them.
_FEWEST_VOXELS = 1000
_SAMPLED_VOXELS = 1_000_000


def as_hounsfield(array: np.ndarray, title: str) -> tuple[np.ndarray, tuple[Flag, ...]]:
    """Return a CT with air where nothing was measured, and what makes its values doubtful.

    Parameters
    ----------
    array : ndarray, shape (k, j, i)
        Any real type. It is never changed: what is replaced is replaced in a copy.
    title : str
        What to call the CT in messages.

    Returns
    -------
    array : ndarray, shape (k, j, i)
        int16 where nothing is lost by it, else float32.
    flags : tuple of Flag
        ``padding`` and ``not_hu``.

    Raises
    ------
    InputError
        Where voxels are no numbers, and where the values are no HU for certain.
    """
    if np.issubdtype(array.dtype, np.floating) and not all(np.isfinite(plane).all() for plane in array):
        raise InputError(f"{title} holds voxels that are not numbers (NaN or infinite); export the CT again.")
    doubts = check_hu(array, title)
    array, flags = _without_padding(array)
    return _compact(array), (*flags, *doubts)


def check_hu(array: np.ndarray, title: str) -> tuple[Flag, ...]:
    """Return the flag ``not_hu`` where the values can hardly be HU; nothing where they can.

    Parameters
    ----------
    array : ndarray
        Of any shape and real type, padding included.
    title : str
        What to call the CT in messages.

    Raises
    ------
    InputError
        Where they are no HU for certain.
    """
    values = np.sort(_sample(array).astype(np.float64).ravel())
    count = len(values)
    low, high = _fill_limits(values)
    bounds = np.searchsorted(values, low), np.searchsorted(values, high, side="right")
    below, values = values[: bounds[0]], values[bounds[0] : bounds[1]]
    certain = _certain(values)
    if certain and count >= _FEWEST_VOXELS:
        raise InputError(f"The values of {title} are no Hounsfield units: {certain}; export the CT with its rescaling.")
    doubt = certain or _spread_below_air(below, len(values)) or _doubt(values)
    if not doubt:
        return ()
    return (Flag("not_hu", f"The values are probably not Hounsfield units: {doubt}."),)


def _share(values: np.ndarray, low: float, high: float = np.inf) -> float:
    """Return the part of sorted `values` in [low, high)."""
    first, last = np.searchsorted(values, (low, high))
    return float(last - first) / len(values)


def _certain(values: np.ndarray) -> str:
    """Return why sorted `values` cannot be HU; empty where they may be."""
    if len(values) == 0:
        return "all lie where nothing is measured"
    least, most = np.quantile(values, _ENDS)
    is_narrow = most - least < _NARROWEST_HU
    if is_narrow and max(abs(least), abs(most)) < _NARROWEST_HU:
        return f"nearly all lie between {least:.4g} and {most:.4g}, as if they had been normalised"
    if not is_narrow and least >= _PICTURE[0] and most <= _PICTURE[1]:
        return f"nearly all lie between {least:.0f} and {most:.0f}, as in a picture"
    dense = _share(values, _BONE_HU)
    offset, below_offset = _share(values, *_OFFSET_HU), _share(values, *_BELOW_OFFSET_HU)
    if dense > _MOST_BONE or (offset > _MOST_OFFSET and offset > 2 * below_offset):
        middle = np.median(values[np.searchsorted(values, _BONE_HU) :])
        return f"{100 * dense:.0f} % lie above {_BONE_HU}, around {middle:.0f}, as if an offset had not been subtracted"
    return ""


def _doubt(values: np.ndarray) -> str:
    """Return why sorted `values` are hardly HU; empty where they look like it."""
    least, most = np.quantile(values, _ENDS)
    if most - least < _NARROWEST_HU:
        return f"nearly all lie between {least:.4g} and {most:.4g}"
    low = 1 - _share(values, _FAT_AND_AIR_HU)
    if low < _LEAST_FAT_AND_AIR:
        return f"only {100 * low:.2f} % lie below {_FAT_AND_AIR_HU}, as fat, air and noise do"
    soft = _share(values, *_UNENHANCED_HU)
    if soft < _LEAST_UNENHANCED:
        return f"only {100 * soft:.1f} % lie where fat and organs do ({_UNENHANCED_HU[0]} to {_UNENHANCED_HU[1]})"
    offset, below_offset = _share(values, *_OFFSET_HU), _share(values, *_BELOW_OFFSET_HU)
    if offset > _SOME_OFFSET and offset > 2 * below_offset:
        return f"{100 * offset:.1f} % lie between {_OFFSET_HU[0]} and {_OFFSET_HU[1]}, where hardly any bone does"
    dense = _share(values, _BONE_HU)
    if dense > _MUCH_BONE:
        return f"{100 * dense:.0f} % lie above {_BONE_HU}, where only the densest bone and metal do"
    return _misplaced_peak(values) or _border_of_nothing(values) or _cut_off(values)


def _misplaced_peak(values: np.ndarray) -> str:
    """Return where a narrow peak like that of air or fat lies, if that is not where they lie."""
    # What was cut off at a value lies at that value; all above it is as it was.
    uncut = int(np.searchsorted(values, values[0], side="right"))
    for name, (low, high), at, lowest in (
        ("air", _BESIDE_AIR_HU, -1000, _BESIDE_AIR_HU[1]),
        ("fat", _FAT_HU, -100, _LOWEST_FAT_HU),
    ):
        first, last = (max(uncut, int(each)) for each in np.searchsorted(values, (low, high)))
        beside = values[first:last]
        if len(beside) < _LEAST_PEAK * len(values):
            continue
        counts = np.searchsorted(beside, beside + _PEAK_HU, side="right") - np.arange(len(beside))
        fullest = int(counts.argmax())
        centre = float(np.median(beside[fullest : fullest + counts[fullest]]))
        others = last if name == "air" else len(beside)
        if centre < lowest and counts[fullest] >= max(_LEAST_PEAK * len(values), 0.5 * others):
            return f"{100 * counts[fullest] / len(values):.0f} % lie around {centre:.0f}, as {name} does around {at}"
    return ""


def _border_of_nothing(values: np.ndarray) -> str:
    """Return a reason where many voxels lie between tissue and lung, and hardly any deeper."""
    border, bright = _share(values, *_BORDER_HU), _share(values, *_BRIGHT_HU)
    deep = _share(values, -np.inf, _BORDER_HU[0])
    if deep == 0 and values[0] < _BORDER_HU[1]:  # perhaps cut off there
        deep = _share(values, values[0], np.nextafter(values[0], np.inf))
        border -= deep
    if border > 2 * deep and border > (_SOME_BORDER if border > _BORDER_TO_BRIGHT * bright else _MOST_BORDER):
        return (
            f"{100 * border:.1f} % lie between {_BORDER_HU[0]} and {_BORDER_HU[1]} and hardly any below, "
            "where lungs and air do"
        )
    return ""


def _cut_off(values: np.ndarray) -> str:
    """Return at which value the scale was cut off above, if that is below what calcium and metal reach."""
    most = values[-1]
    at_most, tail = _share(values, most), _share(values, most - _CUT_TAIL_HU, most)
    if np.count_nonzero(np.diff(values)) < _FEWEST_VALUES:
        return ""
    if most < _CUT_BELOW_HU and (at_most > _MOST_CUT or (at_most > _SOME_CUT and tail > _CUT_TAIL * at_most)):
        return f"{100 * at_most:.1f} % are exactly {most:g}, the greatest, as if cut off there"
    return ""


def _spread_below_air(below: np.ndarray, rest: int) -> str:
    """Return a reason where values far below air are not a few that were filled in; `below` is sorted."""
    if len(below) < _LEAST_FILLED * (len(below) + rest):
        return ""
    _, counts = np.unique(below, return_counts=True)
    if np.sort(counts)[-_FILL_VALUES:].sum() >= (1 - _MOST_SPREAD) * len(below):
        return ""
    return (
        f"{100 * len(below) / (len(below) + rest):.0f} % spread from {below[0]:g} to {below[-1]:g}, "
        f"far below air ({AIR_HU})"
    )


def _fill_limits(values: np.ndarray) -> tuple[float, float]:
    """Return the least and the greatest of sorted `values` that count as measured."""
    high = float(_HIGHEST_HU)
    for _ in range(_FILL_VALUES):
        last = int(np.searchsorted(values, high, side="right"))
        if last == 0 or values[last - 1] < _FILLED_ABOVE_HU:
            break
        top = float(values[last - 1])
        first, at_top = np.searchsorted(values[:last], (top / 2, top))
        if first != at_top:  # something leads up to it: metal on a wide scale, or an offset
            break
        high = top / 2
    return float(LOWEST_HU), high


def _without_padding(array: np.ndarray) -> tuple[np.ndarray, tuple[Flag, ...]]:
    """Return `array` with air for what lies outside the limits of :func:`_fill_limits`, and a flag that says so."""
    least, most = array.min(), array.max()
    low, high = float(LOWEST_HU), float("inf")
    if most >= _FILLED_ABOVE_HU:
        bright = [plane[plane >= _FILLED_ABOVE_HU / 2] for plane in array]
        low, high = _fill_limits(np.sort(np.concatenate(bright)).astype(np.float64))
    if least >= low and most <= high:
        return array, ()
    cleaned = array.astype(np.int64 if array.itemsize > 2 else np.int32) if array.dtype.kind == "u" else array.copy()
    count = 0
    found: set[float] = set()
    for plane in cleaned:
        outside = (plane < low) | (plane > high)
        count += int(np.count_nonzero(outside))
        if len(found) <= _FILL_VALUES:
            found.update(np.unique(plane[outside])[: _FILL_VALUES + 1].tolist())
        plane[outside] = AIR_HU
    what = ", ".join(f"{value:g}" for value in sorted(found)) if len(found) <= _FILL_VALUES else "several values"
    message = (
        f"{count} voxels ({100 * count / array.size:.1f} %) were filled in where nothing was measured ({what}); "
        "they count as air."
    )
    return cleaned, (Flag("padding", message),)


def _compact(array: np.ndarray) -> np.ndarray:
    """Return int16 where nothing is lost by it, else float32."""
    if np.issubdtype(array.dtype, np.floating):
        return array.astype(np.float32, copy=False)
    limits = np.iinfo(np.int16)
    fits = array.min() >= limits.min and array.max() <= limits.max
    return array.astype(np.int16 if fits else np.float32, copy=False)


def _sample(array: np.ndarray) -> np.ndarray:
    """Return every n-th voxel along each axis, enough to tell shares."""
    step = max(1, int(np.ceil((array.size / _SAMPLED_VOXELS) ** (1 / max(array.ndim, 1)))))
    return np.asarray(array[(slice(None, None, step),) * array.ndim])

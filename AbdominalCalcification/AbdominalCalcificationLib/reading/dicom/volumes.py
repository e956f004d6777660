"""Several volumes in one series: phases, time points, kernels; found by what tells them apart, and never mixed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from ...errors import InputError
from ...paths import shown_path
from .header import Image
from .stack import SAME_POSITION_MM, depths_of, even_steps, is_even

Groups = dict[str, list[Image]]

# The marks by which volumes are told apart, the plainest first. `stack` and `cardiac phase` only frames have.
_BY_VALUE = (
    "temporal position",
    "acquisition number",
    "acquisition time",
    "cardiac phase",
    "trigger time",
    "kernel",
    "image type",
    "energy",
    "tube voltage",
    "contrast agent",
    "series number",
    "series description",
    "slice thickness",
    "stack",
    "frame of reference",
    "study",
    "content time",
)
_TIMES = ("acquisition time", "content time")
# A pause between acquisitions, against the usual time from one image to the next, and in seconds.
_PAUSE, _PAUSE_S = 5.0, 1.0
_LEAST_SLICES = 3
_MOST_PERIODS = 4
_LISTED = 12
# How every n-th slice is called.
_NTH = r"[1-9]of[1-9]"
# How far, in slice steps, positions lie from even ones where they are those of one scan and not rounded; how near
# distances are to multiples of the smallest one where slices are missing.
_EVEN, _MULTIPLE = 0.02, 0.1


@dataclass(frozen=True, eq=False)
class Part:
    """One volume of a series.

    Attributes
    ----------
    label : str
        What ``--acquisition`` calls it.
    images : tuple of Image
    """

    label: str
    images: tuple[Image, ...]


@dataclass(frozen=True, eq=False)
class Division:
    """The volumes of a series, and what tells them apart."""

    by: str
    parts: tuple[Part, ...]


def divide(images: Sequence[Image]) -> Division | None:
    """Return the volumes that the images of one stack make; None where they make one, or cannot be told apart.

    Images are of several volumes where something in their headers divides them into groups that lie in each other's
    place and are evenly spaced each: a volume has no other within it.

    Parameters
    ----------
    images : sequence of Image
        Of one size and direction; several may lie at one position.
    """
    if len(images) < 2:
        return None
    stack = _Stack(images)
    if len(images) < 2 * _LEAST_SLICES and stack.is_volume(images):
        return None
    keys = _keys(images)
    for name, groups in keys.items():
        if stack.holds(groups):
            return _division(name, groups)
    if stack.is_volume(images):
        return None if stack.is_even(images) else stack.alternating()
    for (one, groups), (other, more) in combinations(keys.items(), 2):
        nested = _nested(groups, more)
        if stack.holds(nested):
            return _division(f"{one} and {other}", nested)
    return stack.alternating()


def every_nth(images: Sequence[Image], period: int) -> Division:
    """Return the volumes that every `period`-th slice makes."""
    ordered = [images[number] for number in np.argsort(depths_of(images), kind="stable")]
    groups = {f"{first + 1}of{period}": ordered[first::period] for first in range(period)}
    return _division("position", groups)


def pick(division: Division | None, images: Sequence[Image], acquisition: str | None) -> list[Image]:
    """Return the images of the volume that is called `acquisition`, or of the only one.

    What only pixels can tell apart (``1of2``, see :func:`pick_alternating`) counts as one volume.

    Raises
    ------
    InputError
        Where there are several and none is named, or none is called so.
    """
    if division is None:
        if acquisition is None or _is_called(images, acquisition) or re.fullmatch(_NTH, acquisition):
            return list(images)
        raise InputError(f"The series has no acquisition '{acquisition}'; it is a single volume.")
    if acquisition is not None:
        named = [part for part in division.parts if part.label == acquisition]
        named = named or [part for part in division.parts if _is_called(part.images, acquisition)]
        if len(named) == 1:
            return list(named[0].images)
        raise InputError(f"The series has no acquisition '{acquisition}'; it has {listed(division)}.")
    raise InputError(
        f"The series holds {len(division.parts)} volumes, told apart by their {division.by}; "
        f"choose one with --acquisition: {listed(division)}."
    )


def pick_alternating(
    found: tuple[int, float] | None, images: Sequence[Image], acquisition: str | None
) -> list[Image] | None:
    """Return every n-th of `images` where they alternate and `acquisition` says so (``1of2``); None for all of them.

    Parameters
    ----------
    found : tuple of int and float, or None
        Period of phases that alternate, and their difference in HU.
    images : sequence of Image
    acquisition : str, optional

    Raises
    ------
    InputError
        Where they alternate and none is named, and where one is named and they do not.
    """
    if found is None:
        if acquisition is not None and re.fullmatch(_NTH, acquisition) and not _is_called(images, acquisition):
            raise InputError(f"The series has no acquisition '{acquisition}'; it is a single volume.")
        return None
    period, hu = found
    division = every_nth(images, period)
    for part in division.parts:
        if part.label == acquisition:
            return list(part.images)
    raise InputError(
        f"The slices alternate between {period} phases that differ by at least {hu:.0f} HU, and nothing but their "
        f"pixels tells them apart; choose one with --acquisition: {listed(division)}."
    )


def listed(division: Division) -> str:
    """Return the volumes with their labels, numbers of images and places as text."""
    texts = []
    for part in division.parts[:_LISTED]:
        depth = depths_of(part.images)
        count = f"{len(part.images)} image{'' if len(part.images) == 1 else 's'}"
        texts.append(f"{part.label} ({count}, {depth.min():g} to {depth.max():g} mm)")
    more = len(division.parts) - _LISTED
    return ", ".join(texts) + (f" and {more} more" if more > 0 else "")


def by_value(images: Sequence[Image], mark: str) -> Groups:
    """Group images by what they say, `none` being said by those that say nothing."""
    groups: Groups = defaultdict(list)
    for image in images:
        groups[image.marks.get(mark, "").replace("\\", "/") or "none"].append(image)
    return dict(groups)


def by_pause(images: Sequence[Image], mark: str, least_s: float = _PAUSE_S) -> Groups:
    """Group images by their time, wherever nothing was acquired for a while; empty where not all have one."""
    times = [_seconds(image.marks.get(mark, "")) for image in images]
    if any(time is None for time in times):
        return {}
    order = np.argsort(times, kind="stable")
    gaps = np.diff(np.array(times)[order])
    usual = float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 0.0
    groups: Groups = {}
    for run in np.split(order, 1 + np.flatnonzero(gaps > max(_PAUSE * usual, least_s))):
        time = images[run[0]].marks[mark]
        clock = time[8:14] if len(time) >= 14 else time[:6]
        groups.setdefault(clock if clock not in groups else time, []).extend(images[number] for number in run)
    return groups


class _Stack:
    """Where the images of a stack lie."""

    def __init__(self, images: Sequence[Image]):
        self._images = images
        self._depth = dict(zip(map(id, images), depths_of(images), strict=True))

    def depths(self, images: Sequence[Image]) -> np.ndarray:
        return np.sort([self._depth[id(image)] for image in images])

    def is_volume(self, images: Sequence[Image]) -> bool:
        depth = self.depths(images)
        if len(depth) < _LEAST_SLICES:
            return False
        try:
            even_steps(depth)
        except InputError:
            return False
        return True

    def is_even(self, images: Sequence[Image]) -> bool:
        return is_even(self.depths(images))

    def holds(self, groups: Groups) -> bool:
        """Return whether `groups` are volumes within each other."""
        if not 1 < len(groups) <= len(self._images) // 2 or not self._overlap(groups):
            return False
        if self.is_volume(self._images):
            return all(self.is_volume(group) for group in groups.values())
        largest = max(groups.values(), key=len)
        return self.is_volume(largest) and all(self._has_own_places(group) for group in groups.values())

    def alternating(self) -> Division | None:
        """Return the volumes of which every second slice, third slice and so on is one, if they lie as two scans do.

        Distances that are multiples of the smallest one are gaps rather, where slices are missing.
        """
        gaps = np.diff(self.depths(self._images))
        if gaps.min() < SAME_POSITION_MM or np.abs(gaps / gaps.min() - np.rint(gaps / gaps.min())).max() < _MULTIPLE:
            return None
        for period in range(2, _MOST_PERIODS + 1):
            if len(self._images) < _LEAST_SLICES * period:
                break
            division = every_nth(self._images, period)
            if all(_off_even(self.depths(part.images)) <= _EVEN * np.median(gaps) for part in division.parts):
                return division
        return None

    def _overlap(self, groups: Groups) -> bool:
        ranges = sorted((depth[0], depth[-1]) for depth in map(self.depths, groups.values()))
        highest = -np.inf
        for (_, end), (start, _) in pairwise(ranges):
            highest = max(highest, end)
            if start < highest + SAME_POSITION_MM:
                return True
        return False

    def _has_own_places(self, images: Sequence[Image]) -> bool:
        return bool(np.all(np.diff(self.depths(images)) >= SAME_POSITION_MM))


def _keys(images: Sequence[Image]) -> dict[str, Groups]:
    """Return what may divide `images`, each with the groups it makes."""
    makers: dict[str, Callable[[], Groups]] = {mark: lambda mark=mark: by_value(images, mark) for mark in _BY_VALUE}
    keys = {}
    for name, make in makers.items():
        groups = make()
        if name in _TIMES and len(groups) > 1:
            # Each phase has one time, or each image has one of its own.
            groups = by_pause(images, name) if len(groups) > len(images) // 2 else _by_clock(groups)
        if len(groups) > 1:
            keys[name] = groups
    runs = _by_run(images)
    if len(runs) > 1:
        keys["instance number"] = runs
    folders: Groups = defaultdict(list)
    for image in images:
        folders[image.name if image.frames > 1 else shown_path(image.path.parent.name)].append(image)
    if len(folders) > 1:
        keys["file" if images[0].frames > 1 else "folder"] = dict(folders)
    return keys


def _by_clock(groups: Groups) -> Groups:
    """Return groups by time with the time of day as their label, where that tells them apart."""
    clocks = {time: time[8:14] if len(time) >= 14 else time[:6] for time in groups}
    return (
        {clocks[time]: group for time, group in groups.items()} if len(set(clocks.values())) == len(groups) else groups
    )


def _by_run(images: Sequence[Image]) -> Groups:
    """Group images into the runs in which they lie one after the other when sorted by their instance numbers."""
    texts = [image.marks.get("instance number", "") for image in images]
    if not all(re.fullmatch(r"-?\d{1,9}", text) for text in texts):
        return {}
    numbers = np.array([int(text) for text in texts])
    if len(np.unique(numbers)) < len(numbers):
        return {}
    order = np.argsort(numbers)
    steps = np.sign(np.diff(depths_of(images)[order]))
    starts, direction = [0], 0.0
    for at, step in enumerate(steps, 1):
        if direction == 0:
            direction = step
        elif step != direction:
            starts.append(at)
            direction = 0.0
    groups = {}
    for run in np.split(order, starts[1:]):
        groups[f"{numbers[run[0]]}-{numbers[run[-1]]}"] = [images[number] for number in run]
    return groups


def _nested(groups: Groups, others: Groups) -> Groups:
    """Return the groups that two divisions make together."""
    of = {id(image): name for name, group in others.items() for image in group}
    nested: Groups = defaultdict(list)
    for name, group in groups.items():
        for image in group:
            nested[f"{name}/{of[id(image)]}"].append(image)
    return dict(nested)


def _division(by: str, groups: Groups) -> Division:
    def order(label: str) -> tuple:
        return tuple((int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", label))

    return Division(by, tuple(Part(label, tuple(groups[label])) for label in sorted(groups, key=order)))


def _is_called(images: Sequence[Image], acquisition: str) -> bool:
    """Return whether all images say `acquisition` in one of their marks."""
    return any(all(image.marks.get(mark, "") == acquisition for image in images) for mark in _BY_VALUE) or any(
        all(acquisition in (image.marks.get(mark, "")[8:14], image.marks.get(mark, "")[:6]) for image in images)
        for mark in _TIMES
    )


def _seconds(time: str) -> float | None:
    """Return a DICOM time (HHMMSS.F) or moment (YYYYMMDDHHMMSS.F) in seconds; None where it is neither."""
    match = re.fullmatch(r"(\d{8})?(\d{2})(\d{2})(\d{2}(?:\.\d+)?)(?:[+-]\d{4})?", time)
    if match is None:
        return None
    day = float(match[1][6:]) if match[1] else 0.0
    return ((day * 24 + float(match[2])) * 60 + float(match[3])) * 60 + float(match[4])


def _off_even(depth: np.ndarray) -> float:
    """Return the greatest distance of sorted positions from even steps, mm."""
    numbers = np.arange(len(depth), dtype=float)
    return float(np.abs(np.polyval(np.polyfit(numbers, depth, 1), numbers) - depth).max())

"""Where the frames of a multi-frame (enhanced) CT lie.

SimpleITK hands out no sequences, and without them it takes irregular frames for a regular
volume of 1 mm voxels. So the functional groups are read here, straight from the file.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError

_UNDEFINED = 0xFFFFFFFF
_LONG_FORM = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}
_TRANSFER_SYNTAX = 0x00020010
_IMPLICIT = "1.2.840.10008.1.2"
_UNREADABLE = {"1.2.840.10008.1.2.2": "big endian", "1.2.840.10008.1.2.1.99": "deflated"}
_SHARED, _PER_FRAME, _PIXELS = 0x52009229, 0x52009230, 0x7FE00010
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
# Macro sequence and attribute within it (DICOM PS3.3, C.7.6.16.2 and C.8.15.3.10).
_POSITION = (0x00209113, 0x00200032)
_ORIENTATION = (0x00209116, 0x00200037)
_PIXEL_MM = (0x00289110, 0x00280030)
_INTERCEPT = (0x00289145, 0x00281052)
_SLOPE = (0x00289145, 0x00281053)
_SEQUENCES = {_SHARED, _PER_FRAME, *(macro for macro, _ in (_POSITION, _ORIENTATION, _PIXEL_MM, _INTERCEPT))}


@dataclass(frozen=True)
class Frames:
    """Geometry of the frames of one file: LPS, mm, in the order of the file."""

    positions: tuple[tuple[float, ...], ...]
    orientation: tuple[float, ...]
    pixel_mm: tuple[float, ...]


def read_frames(path: Path) -> Frames:
    """Read the functional groups of a multi-frame file.

    Raises
    ------
    InputError
        Where they are missing, or frames differ in direction, pixel size or rescaling.
    """
    try:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            top = _data_set(data)
        shared = (top.get(_SHARED) or [{}])[0]
        frames = [_Frame(groups, shared) for groups in top[_PER_FRAME]]
        positions = tuple(frame.numbers(_POSITION, 3) for frame in frames)
        orientations = {frame.numbers(_ORIENTATION, 6) for frame in frames}
        pixel_sizes = {frame.numbers(_PIXEL_MM, 2) for frame in frames}
        rescalings = {(frame.text(_INTERCEPT), frame.text(_SLOPE)) for frame in frames}
    except (KeyError, IndexError, ValueError, RecursionError):
        raise InputError(
            f"The frames of {path.name} have no position that can be read; export the series as single slices."
        ) from None
    if len(orientations) > 1 or len(pixel_sizes) > 1 or len(rescalings) > 1:
        raise InputError(
            f"The frames of {path.name} differ in direction, pixel size or scale; export the series as single slices."
        )
    return Frames(positions, orientations.pop(), pixel_sizes.pop())


class _Frame:
    """The functional groups of a frame: its own, else those that all share."""

    def __init__(self, own: dict, shared: dict):
        self._groups = (own, shared)

    def text(self, attribute: tuple[int, int]) -> str:
        macro, tag = attribute
        for groups in self._groups:
            if groups.get(macro):
                return groups[macro][0].get(tag, b"").decode("ascii").strip(" \0")
        return ""

    def numbers(self, attribute: tuple[int, int], count: int) -> tuple[float, ...]:
        values = tuple(float(part) for part in self.text(attribute).split("\\"))
        if len(values) != count:
            raise ValueError("wrong number of values")
        return values


def _data_set(data) -> dict:
    """Return the elements of a Part 10 file up to its pixels: bytes, or a list of such dicts for sequences."""
    meta_length = int.from_bytes(data[140:144], "little")
    start = 144 + meta_length
    meta, _ = _elements(data, 144, start, explicit=True)
    syntax = meta[_TRANSFER_SYNTAX].decode("ascii").strip(" \0")
    if syntax in _UNREADABLE:
        raise ValueError(f"{_UNREADABLE[syntax]} data")
    return _elements(data, start, len(data), explicit=syntax != _IMPLICIT)[0]


def _elements(data, at: int, end: int, explicit: bool) -> tuple[dict, int]:
    """Return the elements from `at` to `end` or to the item's delimiter, and where they end."""
    found: dict[int, bytes | list[dict]] = {}
    while at + 8 <= end:
        tag, form, length, at = _head(data, at, explicit)
        if tag in (_PIXELS, _ITEM_END):
            break
        if form == b"SQ" or tag in _SEQUENCES or length == _UNDEFINED:
            # A sequence of unknown form is written without explicit forms (PS3.5, 6.2.2).
            found[tag], at = _items(data, at, length, explicit and form != b"UN")
        else:
            found[tag] = bytes(data[at : at + length]) if length <= 1024 else b""
            at += length
    return found, at


def _items(data, at: int, length: int, explicit: bool) -> tuple[list[dict], int]:
    end = len(data) if length == _UNDEFINED else at + length
    items = []
    while at + 8 <= end:
        tag, _, item_length, at = _head(data, at, explicit)
        if tag == _SEQUENCE_END:
            break
        if tag != _ITEM:
            raise ValueError("not an item")
        item_end = end if item_length == _UNDEFINED else at + item_length
        item, stopped = _elements(data, at, item_end, explicit)
        items.append(item)
        at = stopped if item_length == _UNDEFINED else item_end
    return items, at


def _head(data, at: int, explicit: bool) -> tuple[int, bytes, int, int]:
    """Return tag, form (VR), length and the place of the value."""
    tag = int.from_bytes(data[at : at + 2], "little") << 16 | int.from_bytes(data[at + 2 : at + 4], "little")
    if explicit and tag >> 16 != 0xFFFE:
        form = bytes(data[at + 4 : at + 6])
        if form in _LONG_FORM:
            return tag, form, int.from_bytes(data[at + 8 : at + 12], "little"), at + 12
        return tag, form, int.from_bytes(data[at + 6 : at + 8], "little"), at + 8
    return tag, b"", int.from_bytes(data[at + 4 : at + 8], "little"), at + 8

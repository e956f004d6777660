"""Where the pixels stand in a DICOM file, whether all are there, and, where they are not compressed, what they are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np

from .elements import Elements

_UNDEFINED = 0xFFFFFFFF
_PIXELS, _ITEM, _SEQUENCE_END = (0x7FE0, 0x0010), (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_DEFLATED = "1.2.840.10008.1.2.1.99"


class PixelPlace(NamedTuple):
    """Where pixels stand.

    Attributes
    ----------
    is_whole : bool
        Whether all are there.
    at : int or None
        Where they begin in the file; None where they are compressed.
    order : str
        ``<`` for little endian, else ``>``.
    """

    is_whole: bool
    at: int | None = None
    order: str = "<"


NO_PIXELS = PixelPlace(False)


def find_pixels(file, header: Elements, syntax: str, expected: int) -> PixelPlace:
    """Return where the pixels that follow the header stand.

    Libraries fill a cut image up or decode a part of it, so whether it is cut is looked at in the file itself.

    Parameters
    ----------
    file : binary file
        Where pydicom stopped: at the pixels, if there are any.
    header : Elements
    syntax : str
        Transfer syntax UID.
    expected : int
        Bytes that the pixels take where they are not compressed.
    """
    if syntax == _DEFLATED:  # nothing can be seen before all is inflated; GDCM complains about what is missing
        return PixelPlace(True)
    implicit, little = header.encoding()
    order: Literal["little", "big"] = "little" if little else "big"
    at, size = file.tell(), os.fstat(file.fileno()).st_size
    head = file.read(12)
    if _tag(head, order) != _PIXELS:
        return NO_PIXELS
    start, length = (at + 8, head[4:8]) if implicit else (at + 12, head[8:12])
    length = int.from_bytes(length, order)
    if length != _UNDEFINED:
        return PixelPlace(expected <= length <= size - start, start, "<" if little else ">")
    at = start
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        tag, length = _tag(head, order), int.from_bytes(head[4:], order)
        if tag == _SEQUENCE_END:
            return PixelPlace(True)
        if tag != _ITEM:
            return NO_PIXELS
        at += 8 + length
    return PixelPlace(at == size)  # without the end mark, but with all that was begun


def pixels_as_stored(path: Path, place: PixelPlace, bits: int, signed: bool, shape: tuple[int, ...]) -> np.ndarray:
    """Return pixels that are not compressed as they stand in the file, bits beyond those that count included."""
    kind = np.dtype(f"{place.order}{'i' if signed else 'u'}{bits // 8}")
    return np.fromfile(path, kind, count=int(np.prod(shape)), offset=place.at).reshape(shape)


def _tag(head: bytes, order: Literal["little", "big"]) -> tuple[int, int]:
    return int.from_bytes(head[:2], order), int.from_bytes(head[2:4], order)

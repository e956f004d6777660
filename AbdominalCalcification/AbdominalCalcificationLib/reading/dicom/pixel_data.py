"""Whether a DICOM file holds all of its pixels."""

from __future__ import annotations

import os

from .elements import Elements

_UNDEFINED = 0xFFFFFFFF
_PIXELS, _ITEM, _SEQUENCE_END = (0x7FE0, 0x0010), (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
_DEFLATED = "1.2.840.10008.1.2.1.99"


def pixels_are_whole(file, header: Elements, syntax: str, expected: int) -> bool:
    """Return whether the pixels that follow the header are all there.

    Libraries fill a cut image up or decode a part of it, so this is looked at in the file itself.

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
        return True
    implicit, little = header.encoding()
    order = "little" if little else "big"
    at, size = file.tell(), os.fstat(file.fileno()).st_size
    head = file.read(12)
    if _tag(head, order) != _PIXELS:
        return False
    start, length = (at + 8, head[4:8]) if implicit else (at + 12, head[8:12])
    length = int.from_bytes(length, order)
    if length != _UNDEFINED:
        return expected <= length <= size - start
    at = start
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        tag, length = _tag(head, order), int.from_bytes(head[4:], order)
        if tag == _SEQUENCE_END:
            return True
        if tag != _ITEM:
            return False
        at += 8 + length
    return at == size  # without the end mark, but with all that was begun


def _tag(head: bytes, order: str) -> tuple[int, int]:
    return int.from_bytes(head[:2], order), int.from_bytes(head[2:4], order)

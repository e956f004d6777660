"""What the markers of a JPEG file say (ITU-T T.81, JFIF 1.02), and whether it is whole.

libjpeg fills up what is cut.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path

from .raw import check_size, damaged
from .tiff import orientation_in

MAGIC = b"\xff\xd8\xff"
_END, _SCAN, _APP0, _APP1 = 0xD9, 0xDA, 0xE0, 0xE1
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ALONE = {0x01, *range(0xD0, 0xD8)}
_TAIL = 1 << 16


@dataclass(frozen=True)
class JpegHeader:
    """Size, bits, whether a camera says that it is to be turned, and the pixel's aspect as far as it is said."""

    rows: int
    columns: int
    bits: int
    is_turned: bool
    aspect: tuple[float, float] | None = None


def parse_jpeg(path: Path) -> JpegHeader:
    """Return what a JPEG file says.

    Raises
    ------
    InputError
        For what is none, or is cut short.
    """
    aspect, turned = None, False
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        at = 2
        while at + 4 <= size:
            file.seek(at)
            mark, code, length = struct.unpack(">BBH", file.read(4))
            if mark != 0xFF or (code not in _ALONE and code != 0xFF and length < 2):
                break
            if code == 0xFF or code in _ALONE:
                at += 1 if code == 0xFF else 2
                continue
            if code in _FRAMES:
                bits, rows, columns = struct.unpack(">BHH", file.read(5).ljust(5, b"\0"))
                check_size(path, rows, columns)
                _check_end(path, file, size)
                return JpegHeader(rows, columns, bits, turned, aspect)
            if code in (_SCAN, _END):
                break
            content = file.read(min(length - 2, 14))
            if code == _APP0 and content[:5] == b"JFIF\0" and len(content) >= 12:
                across, down = struct.unpack_from(">HH", content, 8)
                # Unit 0 is the pixel's aspect, 1 and 2 are dots per inch and cm.
                aspect = (1 / down, 1 / across) if across and down else None
            elif code == _APP1 and content[:6] == b"Exif\0\0":
                turned = orientation_in(path, file, at + 10, length - 8) != 1
            at += 2 + length
    raise damaged(path, "it has no size")


def _check_end(path: Path, file, size: int) -> None:
    file.seek(max(0, size - _TAIL))
    if b"\xff\xd9" not in file.read():
        raise damaged(path, "it has no end")

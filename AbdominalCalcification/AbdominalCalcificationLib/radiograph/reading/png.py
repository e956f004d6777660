"""What the parts of a PNG file say (ISO/IEC 15948), and whether all of it is there.

libpng would decode what is left of one.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from .raw import check_size, damaged

MAGIC = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_GREY_WITH_OPACITY = 4
# Of a file that is read into memory as it is; unpacked, 100 million pixels of 16 bits have 200 MB.
_MOST_BYTES = 1 << 30


@dataclass(frozen=True)
class PngHeader:
    """Size, bits of a value, and the pixel's width and height as far as they are said (only their ratio counts)."""

    rows: int
    columns: int
    bits: int
    aspect: tuple[float, float] | None = None


def parse_png(path: Path) -> PngHeader:
    """Return what a PNG file says, all of whose parts are whole.

    Raises
    ------
    InputError
    """
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"'{path.name}' is larger than any radiograph; export it again.")
    parts = _parts(path, path.read_bytes())
    if not parts or parts[0][0] != b"IHDR" or len(parts[0][1]) != 13:
        raise damaged(path, "it does not begin with its size")
    columns, rows, bits, kind, packing, filtering, interlaced = struct.unpack(">IIBBBBB", parts[0][1])
    if bits not in _DEPTHS.get(kind, ()) or packing or filtering or interlaced > 1:
        raise damaged(path, "its header is none")
    check_size(path, rows, columns)
    if interlaced:
        raise InputError(f"'{path.name}' is an interlaced PNG; save it without interlacing.")
    if kind == _GREY_WITH_OPACITY or any(name == b"tRNS" for name, _ in parts):
        raise InputError(f"'{path.name}' has transparency; save it without.")
    _check_lines(
        path, b"".join(data for name, data in parts if name == b"IDAT"), rows, columns * _CHANNELS[kind] * bits
    )
    return PngHeader(rows, columns, bits, _aspect(parts))


def _parts(path: Path, content: bytes) -> list[tuple[bytes, bytes]]:
    """Return names and contents of all parts, whose sums are right, up to the end mark."""
    parts: list[tuple[bytes, bytes]] = []
    at = len(MAGIC)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        name, data = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        check = content[at + 8 + length : at + 12 + length]
        if len(check) < 4 or zlib.crc32(name + data) != struct.unpack(">I", check)[0]:
            raise damaged(path, f"its part {name.decode('ascii', 'replace')}")
        if name == b"IEND":
            return parts
        parts.append((name, data))
        at += 12 + length
    raise damaged(path, "it has no end")


def _check_lines(path: Path, packed: bytes, rows: int, line_bits: int) -> None:
    """Refuse pixels that are too few or too many, or that are filtered as no PNG is."""
    stride = 1 + (line_bits + 7) // 8
    unpacker = zlib.decompressobj()
    try:
        lines = unpacker.decompress(packed, rows * stride + 1)
    except zlib.error as error:
        raise damaged(path, str(error)) from None
    if len(lines) != rows * stride:
        raise damaged(path, f"{len(lines)} bytes of pixels, where {rows * stride} belong")
    if (np.frombuffer(lines, np.uint8)[::stride] > 4).any():
        raise damaged(path, "its lines are filtered as no PNG is")


def _aspect(parts: list[tuple[bytes, bytes]]) -> tuple[float, float] | None:
    """Return steps between rows and columns in one unit; a resolution on paper is no size in the patient."""
    for name, data in parts:
        if name == b"pHYs" and len(data) == 9:
            across, down, _ = struct.unpack(">IIB", data)
            return (1 / down, 1 / across) if across and down else None
    return None

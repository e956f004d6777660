"""What the directory of a TIFF file says (TIFF 6.0), also of the one that a JPEG file carries (Exif 2.3)."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ...errors import InputError
from .raw import check_size, damaged

MAGICS = (b"II*\0", b"MM\0*")
BIG_MAGICS = (b"II+\0", b"MM\0+")
_TYPES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 6: "b", 7: "B", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d"}
_COLUMNS, _ROWS, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_OFFSETS, _ORIENTATION, _SAMPLES, _COUNTS, _RESOLUTION_X, _RESOLUTION_Y = 273, 274, 277, 279, 282, 283
_PLANES, _TILE_WIDTH, _FORMAT = 284, 322, 339
_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB, _PALETTE = 0, 1, 2, 3
_LOSSY = (6, 7)
_MOST_ENTRIES, _MOST_VALUES, _MOST_PAGES = 4096, 1 << 20, 4


@dataclass(frozen=True)
class TiffHeader:
    """Size, bits, polarity and aspect of the one image in a TIFF file."""

    rows: int
    columns: int
    bits: int
    dense_is_dark: bool
    is_lossy: bool
    aspect: tuple[float, float] | None = None


def parse_tiff(path: Path) -> TiffHeader:
    """Return what a TIFF file with one image says, whose strips are all there.

    Raises
    ------
    InputError
    """
    with open(path, "rb") as file:
        head = file.read(4)
        if head in BIG_MAGICS:
            raise InputError(f"'{path.name}' is a BigTIFF; save it as a plain TIFF.")
        entries, others = _Directory(path, file, 0, os.fstat(file.fileno()).st_size).read()
        if others:
            raise InputError(f"'{path.name}' holds several images; give a file with the radiograph alone.")
        return _header(path, entries, os.fstat(file.fileno()).st_size)


def orientation_in(path: Path, file: BinaryIO, start: int, length: int) -> int:
    """Return the orientation (1 for upright) in a TIFF structure within a file, 1 where it says none."""
    try:
        entries, _ = _Directory(path, file, start, length).read()
    except InputError:  # a camera's notes that cannot be read say nothing about the pixels
        return 1
    return _one(entries, _ORIENTATION, 1)


class _Directory:
    """The first directory of a TIFF structure, which begins at a byte of a file."""

    def __init__(self, path: Path, file: BinaryIO, start: int, length: int):
        self._path, self._file, self._start, self._length = path, file, start, length

    def read(self) -> tuple[dict[int, tuple], bool]:
        """Return its entries, and whether another directory follows."""
        head = self._bytes(0, 8)
        if head[:4] not in MAGICS:
            raise damaged(self._path, "it does not begin as a TIFF does")
        order = "<" if head[:2] == b"II" else ">"
        (at,) = struct.unpack(order + "I", head[4:])
        (count,) = struct.unpack(order + "H", self._bytes(at, 2))
        if count > _MOST_ENTRIES:
            raise damaged(self._path, f"{count} entries")
        body = self._bytes(at + 2, 12 * count + 4)
        entries = {}
        for number in range(count):
            tag, kind, values = struct.unpack_from(order + "HHI", body, 12 * number)
            entries[tag] = self._values(order, kind, values, body[12 * number + 8 : 12 * number + 12])
        return entries, struct.unpack_from(order + "I", body, 12 * count)[0] != 0

    def _values(self, order: str, kind: int, count: int, place: bytes) -> tuple:
        code = _TYPES.get(kind)
        if code is None or code == "s" or not 0 < count <= _MOST_VALUES:
            return ()
        size = struct.calcsize(order + code) * count
        content = place[:size] if size <= 4 else self._bytes(struct.unpack(order + "I", place)[0], size)
        numbers = struct.unpack(order + code * count, content)
        return tuple(zip(numbers[::2], numbers[1::2], strict=True)) if len(code) == 2 else numbers

    def _bytes(self, at: int, length: int) -> bytes:
        if at + length > self._length:
            raise damaged(self._path, "its directory points beyond its end")
        self._file.seek(self._start + at)
        content = self._file.read(length)
        if len(content) != length:
            raise damaged(self._path, "its directory ends too early")
        return content


def _header(path: Path, entries: dict[int, tuple], size: int) -> TiffHeader:
    rows, columns = _one(entries, _ROWS, 0), _one(entries, _COLUMNS, 0)
    check_size(path, rows, columns)
    bits, samples = entries.get(_BITS, (1,)), _one(entries, _SAMPLES, 1)
    photometric = _one(entries, _PHOTOMETRIC, -1)
    if _TILE_WIDTH in entries:
        raise InputError(f"'{path.name}' is a tiled TIFF; save it in strips, without tiles.")
    if not 8 <= min(bits) <= 32 or len(set(bits)) > 1 or photometric not in (_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB):
        raise InputError(
            f"'{path.name}' stores {bits[0]} bits a value in a way that is not known here (photometric {photometric}); "
            "save it in 8 or 16 bits of grey."
        )
    if samples > 1 and _one(entries, _PLANES, 1) != 1:
        raise InputError(f"'{path.name}' stores its channels one after the other; save it in grey.")
    if _one(entries, _ORIENTATION, 1) != 1:
        raise InputError(f"'{path.name}' says that it is to be turned before it is shown; save it as it is shown.")
    _check_strips(path, entries, size)
    compression = _one(entries, _COMPRESSION, 1)
    return TiffHeader(rows, columns, max(bits), photometric == _MIN_IS_WHITE, compression in _LOSSY, _aspect(entries))


def _check_strips(path: Path, entries: dict[int, tuple], size: int) -> None:
    offsets, counts = entries.get(_OFFSETS, ()), entries.get(_COUNTS, ())
    whole = all(isinstance(each, int) for each in (*offsets, *counts))
    if not offsets or len(offsets) != len(counts) or not whole:
        raise damaged(path, "it does not say where its pixels are")
    if any(at + length > size for at, length in zip(offsets, counts, strict=True)):
        raise damaged(path, "its pixels are not all there")


def _aspect(entries: dict[int, tuple]) -> tuple[float, float] | None:
    across, down = (entries.get(tag, ((0, 1),)) for tag in (_RESOLUTION_X, _RESOLUTION_Y))
    if not all(len(each) == 1 and isinstance(each[0], tuple) and all(each[0]) for each in (across, down)):
        return None
    return down[0][1] / down[0][0], across[0][1] / across[0][0]


def _one(entries: dict[int, tuple], tag: int, otherwise: int) -> int:
    values = entries.get(tag, ())
    return int(values[0]) if values and isinstance(values[0], int) else otherwise

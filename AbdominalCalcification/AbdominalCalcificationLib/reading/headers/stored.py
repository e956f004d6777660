"""Whether the files of voxels hold as many as a header says, and nothing but numbers.

ITK leaves memory as it finds it where a compressed stream of a MetaImage file is broken or shorter than it should be,
takes text that is no number for 0, crashes on long words of it, and passes over voxels that the header does not count.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

import numpy as np

from .said import check_held, contradiction, damaged, truncated

_CHUNK_BYTES = 1 << 22
# What follows the voxels in a file that was padded to whole blocks.
_MOST_TRAILING = 512
_LONGEST_WORD = 64
_GZIP_MAGIC, _GZIP_OR_ZLIB = b"\x1f\x8b", 47


class Encoding(Enum):
    """How voxels are stored."""

    RAW = "raw"
    COMPRESSED = "compressed"  # gzip or zlib
    TEXT = "text"
    HEX = "hex"


@dataclass(frozen=True)
class Stored:
    """What a header says about its voxels.

    Attributes
    ----------
    files : sequence of Path
        Each holds an equal part.
    dtype : dtype
    count : int
        Of all numbers.
    encoding : Encoding
    start : int
        Byte at which they begin in each file; -1 where they are the last ones of it.
    lines, skipped : int
        Lines, and then bytes of the (unpacked) content, that come before them.
    beside_header : bool
        Whether the files hold nothing but voxels.
    compressed_bytes : int or None
        Of the stream, where that is stated.
    """

    files: Sequence[Path]
    dtype: np.dtype
    count: int
    encoding: Encoding
    start: int = 0
    lines: int = 0
    skipped: int = 0
    beside_header: bool = False
    compressed_bytes: int | None = None

    @property
    def least(self) -> int:
        """The fewest bytes (unpacked) that all voxels take."""
        needed = self.count * self.dtype.itemsize
        return {Encoding.TEXT: self.count, Encoding.HEX: 2 * needed}.get(self.encoding, needed)


def check_stored(path: Path, stored: Stored) -> None:
    """Refuse files of voxels that hold others than the header `path` says.

    Raises
    ------
    InputError
        For too few or too many bytes, a stream that cannot be unpacked, and text that is no list of numbers.
    """
    count, rest = divmod(stored.count, len(stored.files))
    if rest:
        raise contradiction(path, f"{stored.count} voxels cannot be divided among {len(stored.files)} files")
    needed = count * stored.dtype.itemsize
    for file_path in stored.files:
        held = file_path.stat().st_size - max(stored.start, 0)
        check_held(path, stored.least // len(stored.files), held, stored.encoding is Encoding.COMPRESSED)
        with open(file_path, "rb") as file:
            file.seek(max(stored.start, 0))
            for _ in range(stored.lines):
                if not file.readline():
                    raise truncated(path)
            if stored.encoding is Encoding.RAW:
                _check_raw(path, stored, needed, held - (file.tell() - max(stored.start, 0)))
            elif stored.encoding is Encoding.COMPRESSED:
                _check_compressed(path, stored, needed, file)
            elif stored.encoding is Encoding.TEXT:
                _check_text(path, stored.dtype, count, file)
            else:
                _check_hex(path, needed, file)


def _check_raw(path: Path, stored: Stored, needed: int, held: int) -> None:
    if stored.start < 0 or stored.skipped < 0:  # the last bytes of the file, whatever comes before
        if needed > held:
            raise truncated(path)
        return
    _check_count(path, needed, held - stored.skipped, 0 if stored.beside_header else _MOST_TRAILING)


def _check_count(path: Path, needed: int, held: int, most_trailing: int = _MOST_TRAILING) -> None:
    if held < needed:
        raise truncated(path)
    if held > needed + most_trailing:
        raise contradiction(path, f"its voxels take {needed} bytes by its header, and {held} are there")


def _check_compressed(path: Path, stored: Stored, needed: int, file: BinaryIO) -> None:
    begin, one_stream = file.tell(), stored.compressed_bytes is not None
    if not one_stream and file.read(2) != _GZIP_MAGIC:
        return  # not compressed after all: the NRRD library reads that as it is, and counts it
    file.seek(begin)
    done, used = _inflated(path, file, needed + max(stored.skipped, 0) + _MOST_TRAILING, one_stream)
    # The MetaIO library has no room for anything beside the voxels.
    _check_count(path, needed, done - max(stored.skipped, 0), 0 if one_stream else _MOST_TRAILING)
    if one_stream and stored.compressed_bytes != used:
        raise contradiction(
            path, f"its compressed voxels take {stored.compressed_bytes} bytes by its header, and {used} are there"
        )


def _inflated(path: Path, file: BinaryIO, most: int, one_stream: bool) -> tuple[int, int]:
    """Return the bytes that a stream holds, or a few more than `most`, and those that it takes in the file."""
    done = used = 0
    stream, content = zlib.decompressobj(_GZIP_OR_ZLIB), b""
    while done <= most:
        content = content or file.read(_CHUNK_BYTES)
        if not content:
            if not stream.eof:
                raise truncated(path)
            break
        try:
            done += len(stream.decompress(content, _CHUNK_BYTES))
        except zlib.error:
            raise truncated(path) from None
        rest = stream.unused_data if stream.eof else stream.unconsumed_tail
        used += len(content) - len(rest)
        content = rest
        if stream.eof:
            content = content or file.read(_CHUNK_BYTES)
            if one_stream or content[:2] != _GZIP_MAGIC:
                break
            stream = zlib.decompressobj(_GZIP_OR_ZLIB)
    return done, used


def _words(path: Path, file: BinaryIO) -> Iterator[list[bytes]]:
    """Yield the words of a text, many at a time."""
    kept = b""
    while content := file.read(_CHUNK_BYTES):
        words = (kept + content).split()
        kept = words.pop() if words and not content[-1:].isspace() else b""
        if len(kept) > _LONGEST_WORD or any(len(word) > _LONGEST_WORD for word in words):
            raise damaged(path, "words that are no numbers")
        yield words
    yield [kept] if kept else []


def _check_text(path: Path, dtype: np.dtype, count: int, file: BinaryIO) -> None:
    found, whole = 0, dtype.kind in "iu"
    for words in _words(path, file):
        try:
            values = np.array([float(word) for word in words])
        except ValueError:
            raise damaged(path, "words that are no numbers") from None
        found += len(values)
        if whole and len(values):
            limits = np.iinfo(dtype)
            inside = (values >= limits.min) & (values <= limits.max) & (values == np.rint(values))
            if not inside.all():
                value = values[np.flatnonzero(~inside)[0]]
                raise contradiction(path, f"it holds {value:g}, which its type ({dtype.name}) cannot be")
    if found < count:
        raise truncated(path)
    if found > count:
        raise contradiction(path, f"it has {count} voxels by its header, and {found} numbers are there")


def _check_hex(path: Path, needed: int, file: BinaryIO) -> None:
    found = 0
    while content := file.read(_CHUNK_BYTES):
        digits = b"".join(content.split())
        if digits.strip(b"0123456789abcdefABCDEF"):
            raise damaged(path, "digits that are not hexadecimal")
        found += len(digits)
    if found < 2 * needed:
        raise truncated(path)
    if found > 2 * needed + _MOST_TRAILING:
        raise contradiction(path, f"its voxels take {2 * needed} digits by its header, and {found} are there")

"""A file of records that only grows: whatever moment its writer is killed at, all whole records are read again."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..bounded import MAX_XML_BYTES
from ..errors import InputError

_BEGINNING = b"AbdominalCalcification journal 1\n"
_HEAD = struct.Struct("<QII")  # bytes of the payload, of its JSON part, CRC-32 of the payload
_LONGEST = 16 * MAX_XML_BYTES


def beginning() -> bytes:
    """Return what a file of records begins with."""
    return _BEGINNING


def record(said: Mapping, data: bytes = b"") -> bytes:
    """Return one record: JSON values and, behind them, bytes."""
    text = json.dumps(said, separators=(",", ":")).encode()
    payload = text + data
    return _HEAD.pack(len(payload), len(text), zlib.crc32(payload)) + payload


def records(path: Path) -> Iterator[tuple[dict, bytes]]:
    """Yield the records of a file up to the first that is not whole.

    Raises
    ------
    InputError
        Where the file is something else.
    """
    with open(path, "rb") as file:
        if file.read(len(_BEGINNING)) != _BEGINNING:
            raise InputError(f"'{path}' is no journal of this version; remove its folder.")
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            size, text, checksum = _HEAD.unpack(head)
            if not text <= size <= _LONGEST:
                return
            payload = file.read(size)
            if len(payload) < size or zlib.crc32(payload) != checksum:
                return
            try:
                said = json.loads(payload[:text])
            except ValueError:
                return
            yield said, payload[text:]

"""Texts, documents and archives from outside, read up to a size and a depth, and refused beyond.

Whatever is wrong with one is a :class:`ValueError` whose text is the reason, so that who reads it can say which file.
The limits are far above what honest files hold; they keep a damaged or hostile one from filling memory.
"""

from __future__ import annotations

import json
import lzma
import os
import shutil
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

MIB = 1 << 20
# Documents of nnU-Net, of cohorts and of results; the longest that was seen, a fingerprint of 500 cases, has 3 MiB.
MAX_JSON_BYTES = 64 * MIB
# A .mrml of a scene with 20 segmentations has 200 KiB.
MAX_XML_BYTES = 64 * MIB
MAX_XML_DEPTH = 200
# A directory entry takes about 100 bytes, and a kilobyte in memory.
MAX_ZIP_DIRECTORY_BYTES = 16 * MIB
# Largest file of an archive, and all of it: a float CT of 512 × 512 × 4000 voxels has 4 GiB.
MAX_UNPACKED_BYTES = 8 << 30

# What zipfile raises for archives that were cut or changed.
DAMAGED_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    struct.error,
)


def read_bytes(path: Path, limit: int) -> bytes:
    """Return the content of a file of at most `limit` bytes; OSError, ValueError."""
    with open(path, "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise ValueError(f"larger than {limit // MIB} MiB")
    return content


def read_text(path: Path, limit: int) -> str:
    """Return a UTF-8 text, with or without a byte order mark; OSError, ValueError."""
    try:
        return read_bytes(path, limit).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8 text") from None


def read_json(path: Path) -> Any:
    """Return the content of a JSON file; OSError, ValueError."""
    return parse_json(read_text(path, MAX_JSON_BYTES))


def parse_json(text: str) -> Any:
    """Return what a JSON text says; ValueError also where it is nested too deeply."""
    if len(text) > MAX_JSON_BYTES:
        raise ValueError(f"larger than {MAX_JSON_BYTES // MIB} MiB")
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def parse_xml(content: bytes) -> Element:
    """Return the root of an XML document; ValueError also where it is too large, too deep or declares entities.

    Entities are refused because a few lines of them expand to gigabytes ("billion laughs"), or name other files.
    """
    if len(content) > MAX_XML_BYTES:
        raise ValueError(f"larger than {MAX_XML_BYTES // MIB} MiB")
    builder, depth = TreeBuilder(), 0

    def start(name: str, attributes: dict) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_XML_DEPTH:
            raise ValueError("nested too deeply")
        builder.start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(name)

    def refuse(*_) -> NoReturn:
        raise ValueError("it declares entities")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ValueError(str(error)) from None
    return builder.close()


def check_zip(path: Path) -> None:
    """Raise ValueError for a zip with a directory too large to be read; OSError.

    What is no zip at all is left to whoever opens it. The directory's size stands at the end of a zip (PKWARE's
    APPNOTE 4.3.16, and 4.3.14 for the large ones), and ``zipfile`` reads as much.
    """
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - (1 << 16) - 22 - 20))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) < at + 22:
            return
        (directory,) = struct.unpack_from("<L", tail, at + 12)
        if directory == 0xFFFFFFFF and at >= 20 and tail[at - 20 : at - 16] == b"PK\x06\x07":
            (offset,) = struct.unpack_from("<Q", tail, at - 12)
            file.seek(min(offset, size))
            record = file.read(56)
            if len(record) == 56:
                (directory,) = struct.unpack_from("<Q", record, 40)
    if directory > MAX_ZIP_DIRECTORY_BYTES:
        raise ValueError(f"its list of files is larger than {MAX_ZIP_DIRECTORY_BYTES // MIB} MiB")


def check_unpacked(size: int, folder: Path) -> None:
    """Raise ValueError where a file of `size` bytes is too large to be unpacked, at all or into `folder`."""
    if size > MAX_UNPACKED_BYTES:
        raise ValueError(f"it holds a file of {size / 2**30:.0f} GiB")
    free = shutil.disk_usage(folder).free
    if size > free:
        raise ValueError(f"it holds a file of {size / 2**30:.1f} GiB, and {free / 2**30:.1f} GiB are free in {folder}")

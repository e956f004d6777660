"""Whether an image file holds all of its voxels, told without unpacking them.

What packs voxels writes a checksum and a size after them (RFC 1950, RFC 1952). Where these are there, and are those of
the voxels in memory, everything before them was written: packers stop at the first error. Unpacking everything to see
the same takes several times as long as writing it.
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

# Bytes of a voxel, by the names that the NRRD format has for its types.
_NRRD_BYTES = {
    **dict.fromkeys(("signed char", "int8", "int8_t", "uchar", "unsigned char", "uint8", "uint8_t"), 1),
    **dict.fromkeys(("short", "signed short", "int16", "int16_t", "ushort", "unsigned short", "uint16", "uint16_t"), 2),
    **dict.fromkeys(("int", "signed int", "int32", "int32_t", "uint", "unsigned int", "uint32", "uint32_t"), 4),
    "float": 4,
    **dict.fromkeys(("int64", "int64_t", "uint64", "uint64_t", "long long", "unsigned long long", "double"), 8),
}


def holds(stream: BinaryIO, suffix: str, voxels: np.ndarray) -> bool:
    """Return whether an image file that is to hold `voxels` does.

    Parameters
    ----------
    stream : binary file
        At its beginning.
    suffix : {'.nii.gz', '.nii', '.nrrd', '.mha'}
    voxels : ndarray
        In the order of the file.
    """
    begin = stream.read(1 << 16)
    end = stream.seek(0, os.SEEK_END)
    header, packing = b"", "raw"  # what is packed along with the voxels
    try:
        if suffix == ".nii.gz":
            begin, packing = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(begin, 352), "gzip"
        if suffix.startswith(".nii"):
            # Where the voxels begin, as the header says: a 32-bit float at byte 108.
            start = int(np.frombuffer(begin, np.float32, 1, 108)[0])
            header = begin[:start] if packing == "gzip" else b""
        elif suffix == ".nrrd":
            start = begin.index(b"\n\n") + 2
            packing = _nrrd_fields(begin)["encoding"]
        else:
            start = begin.index(b"ElementDataFile = LOCAL\n") + len(b"ElementDataFile = LOCAL\n")
            packing = "zlib" if b"CompressedData = True" in begin else "raw"
    except (ValueError, KeyError, zlib.error):
        return False
    if packing == "raw":
        stream.seek(start)
        return end - start == voxels.nbytes and zlib.crc32(stream.read()) == zlib.crc32(voxels.data)
    stream.seek(max(0, end - 8))
    ending = stream.read()
    if packing == "zlib":
        return ending[-4:] == struct.pack(">I", zlib.adler32(voxels.data))
    checksum = zlib.crc32(voxels.data, zlib.crc32(header))
    return ending == struct.pack("<II", checksum, (len(header) + voxels.nbytes) % 2**32)


def is_whole_nifti(path: Path) -> bool:
    """Return whether a packed NIfTI file holds as many voxels as its header says; readers fill up what is missing.

    Files that were packed in several pieces do not say their size at the end: these are unpacked to count.
    """
    try:
        with gzip.open(path) as stream:
            header = stream.read(352)
            order = "<" if struct.unpack_from("<i", header)[0] == 348 else ">"
            count, *sizes = struct.unpack_from(f"{order}8h", header, 40)
            (bits,) = struct.unpack_from(f"{order}h", header, 72)
            (start,) = struct.unpack_from(f"{order}f", header, 108)
            wanted = int(start) + math.prod(sizes[:count]) * bits // 8
            with open(path, "rb") as packed:
                packed.seek(-4, os.SEEK_END)
                if struct.unpack("<I", packed.read())[0] == wanted % 2**32:
                    return True
            found = len(header)
            while piece := stream.read(1 << 20):
                found += len(piece)
            return found >= wanted
    except (OSError, EOFError, zlib.error, struct.error):
        return False


def is_whole_nrrd(begin: bytes, ending: bytes, size: int) -> bool:
    """Return whether a NRRD file holds as many voxels as its header says.

    Parameters
    ----------
    begin : bytes
        Its first bytes, with the whole header.
    ending : bytes
        Its last 8 bytes.
    size : int
        Of the file, in bytes.
    """
    try:
        fields = _nrrd_fields(begin)
        wanted = math.prod(int(each) for each in fields["sizes"].split()) * _NRRD_BYTES[fields["type"]]
        if fields["encoding"] == "raw":
            return size - begin.index(b"\n\n") - 2 == wanted
        return fields["encoding"] == "gzip" and struct.unpack("<I", ending[4:])[0] == wanted % 2**32
    except (ValueError, KeyError, struct.error):
        return False


def _nrrd_fields(begin: bytes) -> dict[str, str]:
    lines = begin[: begin.index(b"\n\n")].decode("utf-8", "replace").splitlines()
    fields = {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return {**fields, "encoding": {"gz": "gzip"}.get(fields["encoding"], fields["encoding"])}

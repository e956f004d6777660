"""What the NIfTI reader of ITK lets pass: it fills a truncated file up with zeros and turns NaN into 0."""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

from ..errors import InputError

_HEADER_BYTES = 544
_CHUNK_BYTES = 1 << 22
_FLOATS = {16: "f4", 64: "f8"}  # NIfTI datatype codes


def is_nifti(path: Path) -> bool:
    """Return whether the file's name is that of a NIfTI file with header and voxels in one."""
    return path.name.lower().endswith((".nii", ".nii.gz"))


def check_voxels(path: Path) -> None:
    """Read the file through once and refuse it where voxels are missing or no numbers.

    Raises
    ------
    InputError
    """
    try:
        with open(path, "rb") as raw:
            compressed = raw.read(2) == b"\x1f\x8b"
        with gzip.open(path) if compressed else open(path, "rb") as file:
            header = file.read(_HEADER_BYTES)
            order, start, count, code, bits = _layout(header)
            file.seek(start)
            expected = count * bits // 8
            while expected > 0:
                chunk = file.read(min(_CHUNK_BYTES, expected))
                if not chunk:
                    raise EOFError
                expected -= len(chunk)
                if code in _FLOATS and not _finite(chunk, order + _FLOATS[code]):
                    raise InputError(
                        f"'{path.name}' holds voxels that are not numbers (NaN or infinite); export it again."
                    )
            while compressed and file.read(_CHUNK_BYTES):  # to the checksum at the end
                pass
    except (EOFError, gzip.BadGzipFile, zlib.error, struct.error):
        raise InputError(f"'{path.name}' is truncated or damaged; copy or export it again.") from None


def _layout(header: bytes) -> tuple[str, int, int, int, int]:
    """Return byte order, place of the voxels, their number, datatype code and bits of one voxel."""
    for order in "<>":
        size = struct.unpack_from(order + "i", header)[0]
        if size == 348:
            dims = struct.unpack_from(order + "8h", header, 40)
            code, bits = struct.unpack_from(order + "2h", header, 70)
            start = int(struct.unpack_from(order + "f", header, 108)[0])
        elif size == 540:  # NIfTI-2
            code, bits = struct.unpack_from(order + "2h", header, 12)
            dims = struct.unpack_from(order + "8q", header, 16)
            start = struct.unpack_from(order + "q", header, 168)[0]
        else:
            continue
        count = int(np.prod([max(1, n) for n in dims[1 : 1 + dims[0]]], dtype=np.int64))
        return order, start, count, code, bits
    raise EOFError


def _finite(chunk: bytes, dtype: str) -> bool:
    whole = len(chunk) - len(chunk) % np.dtype(dtype).itemsize
    return bool(np.isfinite(np.frombuffer(chunk[:whole], dtype)).all())

"""NIfTI files, voxels included.

Nothing but the header's own words decides here. The NIfTI library behind ITK fills a truncated file up with zeros,
turns NaN into 0 and knows no NIfTI-2.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from ..errors import InputError
from ..geometry import Volume
from .headers.nifti import HEADER_BYTES, NiftiHeader, parse_nifti
from .headers.said import Said, check_held, truncated

_CHUNK_BYTES = 1 << 22
# What follows the voxels in files that were padded to whole blocks.
_MOST_TRAILING, _MOST_COUNTED = 512, 1 << 28
_SINGLE, _PAIR = (".nii", ".nii.gz"), {".hdr": ".img", ".img": ".hdr"}


def is_nifti(path: Path) -> bool:
    """Return whether the file's name is one of a NIfTI file, or of either file of a pair."""
    name = path.name.lower()
    return name.endswith(_SINGLE) or name.removesuffix(".gz").endswith(tuple(_PAIR))


def nifti_header(path: Path) -> Said:
    """Return what the header says; raises as :func:`read_nifti` does for what is wrong with it."""
    return _header(path)[0].said


def read_nifti(path: Path, plane: bool = False) -> tuple[Volume, Said]:
    """Read a scalar 3D image.

    Parameters
    ----------
    path : Path
        ``.nii`` or ``.hdr`` with ``.img``, compressed or not.
    plane : bool
        Whether an image of two dimensions will do; it has one slice.

    Returns
    -------
    volume : Volume
        Of the file's own voxel type; what is scaled, and 64-bit fractions, as 32-bit ones.
    said : Said

    Raises
    ------
    InputError
        For headers that :func:`headers.nifti.parse_nifti` refuses, missing voxels, voxels too many, and voxels that
        are no numbers.
    """
    header, data = _header(path, plane)
    shape = header.said.grid.shape
    count = int(np.prod(shape, dtype=object))
    needed = count * header.dtype.itemsize
    with _unpacked(data) as (file, compressed):
        check_held(path, needed, data.stat().st_size - (0 if compressed else header.start), compressed)
        try:
            array = np.empty(count, header.dtype)
        except MemoryError:
            raise InputError(f"'{path.name}' does not fit into memory ({needed >> 20} MiB); crop it.") from None
        try:
            _fill(array.view(np.uint8), file, header.start)
            trailing = _count_rest(file)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise truncated(path) from None
    if trailing > _MOST_TRAILING:
        raise InputError(
            f"'{path.name}' contradicts itself: {trailing} bytes follow after the last voxel of its header's "
            f"{' × '.join(map(str, reversed(shape)))} voxels; export it again."
        )
    array = array.reshape(shape).astype(header.dtype.newbyteorder("="), copy=False)
    if array.dtype.kind == "f" and not all(np.isfinite(plane).all() for plane in array):
        raise InputError(f"'{path.name}' holds voxels that are not numbers (NaN or infinite); export it again.")
    return Volume(_scaled(array, header), header.said.grid), header.said


def _header(path: Path, plane: bool = False) -> tuple[NiftiHeader, Path]:
    """Return the header and the file that holds the voxels."""
    header_path, data_path = nifti_files(path)
    try:
        with _unpacked(header_path) as (file, _):
            content = file.read(HEADER_BYTES)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise truncated(path) from None
    return parse_nifti(path, content, header_path == data_path, plane), data_path


def nifti_files(path: Path) -> tuple[Path, Path]:
    """Return the files that hold header and voxels.

    Raises
    ------
    InputError
        Where one of a pair is missing.
    """
    if path.name.lower().endswith(_SINGLE):
        return path, path
    packed = path.name[-3:] if path.name.lower().endswith(".gz") else ""
    plain = path.with_name(path.name.removesuffix(packed))
    other = _PAIR[plain.suffix.lower()]
    stem = plain.name[: -len(plain.suffix)]
    endings = [other + packed, other, f"{other}.gz"]
    found = next((each for ending in endings if (each := path.with_name(stem + ending)).is_file()), None)
    if found is None:
        raise InputError(f"'{path.name}' is one of two files, and '{stem}{other}' is not beside it; copy both.")
    return (path, found) if plain.suffix.lower() == ".hdr" else (found, path)


@contextmanager
def _unpacked(path: Path) -> Iterator[tuple[BinaryIO, bool]]:
    """Open a file, whether or not it is compressed, and say whether it is."""
    with open(path, "rb") as raw:
        compressed = raw.read(2) == b"\x1f\x8b"
    with gzip.open(path) if compressed else open(path, "rb") as file:
        yield cast(BinaryIO, file), compressed


def _fill(content: np.ndarray, file: BinaryIO, start: int) -> None:
    """Read all bytes of `content` from `start` on."""
    while start > 0:
        skipped = len(file.read(min(start, _CHUNK_BYTES)))
        if not skipped:
            raise EOFError
        start -= skipped
    view, done = content.data, 0
    while done < len(view):
        read = cast(BufferedIOBase, file).readinto(view[done : done + _CHUNK_BYTES])
        if not read:
            raise EOFError
        done += read


def _count_rest(file: BinaryIO) -> int:
    """Return the number of bytes that are left, or of the first of very many; checks a checksum at the end."""
    count = 0
    while count < _MOST_COUNTED and (rest := len(file.read(_CHUNK_BYTES))):
        count += rest
    return count


def _scaled(array: np.ndarray, header: NiftiHeader) -> np.ndarray:
    plain = (header.slope, header.intercept) == (1, 0)
    if plain and array.dtype != np.float64:
        return array
    scaled = np.empty(array.shape, np.float32)
    with np.errstate(over="ignore"):  # what does not fit is infinite, and refused later
        for plane, target in zip(array, scaled, strict=True):
            target[...] = plane if plain else plane * np.float64(header.slope) + header.intercept
    return scaled

"""Volumes written as image files."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..durable import CutShort, written
from ..errors import InputError
from ..geometry import Volume
from ..paths import native_path
from ..progress import drained
from .packed import holds

_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha")
# NIfTI-1 (nifti.nimh.nih.gov): header and the four bytes after it; where the sizes i, j, k are, 16 bits each.
_NIFTI_HEADER, _NIFTI_SIZES = 352, 42
# What zlib takes when nobody says otherwise. A part of a CT takes it about a tenth of a second.
_LEVEL = 6
_PART = 1 << 20


def write_volume(path: str | Path, volume: Volume) -> None:
    """Write `volume` so that a reader finds every voxel where it was; truth values as uint8.

    The file appears complete or not at all, and only after a look at what it holds.

    Raises
    ------
    InputError
        Where the axes are not at right angles (image files cannot say so), and, as a WriteError, where the file
        cannot be written.
    """
    drained(write_volume_steps(path, volume))


def write_volume_steps(path: str | Path, volume: Volume) -> Generator[float, None, None]:
    """Write `volume` in small parts, see :func:`write_volume`; yield which part of it is done, 0 to 1."""
    path = Path(path)
    suffix = next((suffix for suffix in _SUFFIXES if path.name.lower().endswith(suffix)), None)
    if suffix is None:
        raise InputError(f"'{path.name}' has no known image ending; use {', '.join(_SUFFIXES)}.")
    with written(path, lambda file: _check(file, volume, suffix), suffix) as temporary:
        header = image_header(volume, suffix, temporary)
        with open(temporary, "wb") as file:
            for done, part in packed_parts(volume, suffix, header):
                file.write(part)
                yield done


def image_header(volume: Volume, suffix: str, scratch: Path) -> bytes:
    """Return the header of an image file as ITK writes it: that of one voxel, with the sizes of all.

    Parameters
    ----------
    volume : Volume
    suffix : {'.nii.gz', '.nii', '.nrrd', '.mha'}
    scratch : Path
        A file with this ending that may be written over.

    Raises
    ------
    InputError
        Where the axes are not at right angles.
    CutShort
    """
    sizes = volume.grid.shape[::-1]
    voxel = sitk_image(volume.cropped((slice(1),) * 3))
    try:
        sitk.WriteImage(voxel, native_path(scratch), useCompression=suffix == ".nrrd")
        begin = scratch.read_bytes()
        if suffix.startswith(".nii"):
            sized = bytearray(gzip.decompress(begin) if suffix == ".nii.gz" else begin)[:_NIFTI_HEADER]
            struct.pack_into("<3h", sized, _NIFTI_SIZES, *sizes)
            return bytes(sized)
        field, end = (b"sizes: ", b"\n\n") if suffix == ".nrrd" else (b"DimSize = ", b"ElementDataFile = LOCAL\n")
        header = begin[: begin.index(end) + len(end)]
    except (RuntimeError, EOFError, ValueError, struct.error, zlib.error, gzip.BadGzipFile):  # cut without a word
        raise CutShort("the disk may be full or read-only") from None
    return header.replace(field + b"1 1 1\n", field + b"%d %d %d\n" % sizes)


def packed_parts(volume: Volume, suffix: str, header: bytes, level: int = _LEVEL) -> Iterator[tuple[float, bytes]]:
    """Yield an image file in parts that each take little time, with which part of the whole is done then, 0 to 1.

    Parameters
    ----------
    volume : Volume
    suffix : str
        As for :func:`image_header`, which gave the `header`.
    level : int
        Of packing, 1 (quick) to 9.
    """
    packer = zlib.compressobj(level, wbits=zlib.MAX_WBITS | 16) if suffix in (".nii.gz", ".nrrd") else None
    yield 0.0, packer.compress(header) if packer is not None and suffix == ".nii.gz" else header
    array = _stored(volume.array)
    for number, plane in enumerate(array, start=1):
        voxels = np.ascontiguousarray(plane).data.cast("B")
        for start in range(0, len(voxels), _PART):
            part = voxels[start : start + _PART]
            yield number / len(array), bytes(part) if packer is None else packer.compress(part)
    if packer is not None:
        yield 1.0, packer.flush()


def _stored(array: np.ndarray) -> np.ndarray:
    """Return an array as its voxels are stored."""
    return array.view(np.uint8) if array.dtype == bool else array


def sitk_image(volume: Volume) -> sitk.Image:
    """Return `volume` as a SimpleITK image (LPS); truth values become uint8."""
    array = volume.array
    image = sitk.GetImageFromArray(array.astype(np.uint8) if array.dtype == bool else array)
    if not volume.grid.is_rectangular:
        raise InputError("The axes of the volume are not at right angles; resample it onto a rectangular grid first.")
    lps = volume.grid.ijk_to_lps
    spacing = np.array(volume.grid.spacing_mm)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((lps[:3, :3] / spacing).ravel().tolist())
    image.SetOrigin(lps[:3, 3].tolist())
    return image


def _check(file: Path, volume: Volume, suffix: str) -> None:
    """Raise CutShort where a file does not have the size of `volume` in its header, or does not hold its voxels."""
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(file))
    try:
        reader.ReadImageInformation()
        with open(file, "rb") as stream:
            is_whole = holds(stream, suffix, np.ascontiguousarray(_stored(volume.array)))
    except RuntimeError:
        is_whole = False
    if not is_whole or reader.GetSize() != volume.grid.shape[::-1]:
        raise CutShort("the file is not whole")

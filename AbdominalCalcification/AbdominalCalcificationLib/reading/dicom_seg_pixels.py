"""The pixels of a DICOM segmentation: one bit, a fraction or a number for each, compressed or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import SimpleITK as sitk

from ..errors import InputError
from ..paths import native_path
from .dicom.elements import DamagedFileError, foreign_parser
from .quiet import quiet_libraries

# Of the largest value that a fraction can have: from here on a voxel is in the segment.
FRACTION = 0.5
_BITS = {"BINARY": (1, 8), "FRACTIONAL": (8,), "LABELMAP": (8, 16)}
_RLE = "1.2.840.10008.1.2.5"
# Of compressed pixels, which a small file can say that it has many of: ten structures in every slice of a large CT, a
# large detector, and what run-length encoding (PS3.5, annex G) makes of one byte at most.
_MOST_PIXELS, _MOST_LINES, _MOST_REPEATED = 1_500_000_000, 4096, 64


class Planes:
    """The frames of one file, made when they are asked for.

    Attributes
    ----------
    shape : tuple of int
        Frames, rows, columns.
    partial : bool
        Whether there are voxels that are in a segment only in part.
    """

    def __init__(self, shape: tuple[int, int, int], plane_of: Callable[[int], np.ndarray], partial: bool = False):
        self.shape = shape
        self.partial = partial
        self._plane_of = plane_of

    def __getitem__(self, number: int) -> np.ndarray:
        return self._plane_of(number)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[number] for number in range(self.shape[0]))


def read_planes(dataset, frame_shape: tuple[int, int], kind: str, name: str) -> Planes:
    """Return the frames of a segmentation: truth values; of a label map numbers of segments.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With its pixels.
    frame_shape : tuple of int
        Rows, columns.
    kind : {'BINARY', 'FRACTIONAL', 'LABELMAP'}
    name : str
        Of the file.

    Raises
    ------
    InputError
        Where pixels are missing, or stored in a way that cannot be read here.
    """
    try:
        with foreign_parser():
            count = int(dataset.get("NumberOfFrames") or 1)
            bits = int(dataset.get("BitsAllocated") or 0)
            most = int(dataset.get("MaximumFractionalValue") or 255)
            background = int(dataset.get("PixelPaddingValue") or 0)
            data = bytes(dataset.get("PixelData") or b"")
            syntax = getattr(dataset.file_meta, "TransferSyntaxUID", None)
            is_compressed = syntax is not None and syntax.is_compressed and not syntax.is_deflated
            is_little = syntax is None or syntax.is_little_endian
    except DamagedFileError:
        raise InputError(f"The pixels of '{name}' are not described as DICOM wants it; export it again.") from None
    if bits not in _BITS[kind] or min(frame_shape) < 1:
        raise InputError(f"'{name}' has pixels of {bits} bits, which no {kind} segmentation has; export it again.")
    if not is_little:
        raise InputError(f"'{name}' is stored big endian, which is not read here; export it again.")
    if kind == "LABELMAP" and background:
        raise InputError(f"The background of '{name}' has the value {background} instead of 0; export it again.")
    shape = (count, *frame_shape)
    if is_compressed:
        return _compressed(dataset, shape, kind, most, len(data), name)
    raw = _stored(data, shape, bits, name)
    if kind == "LABELMAP":
        return Planes(shape, raw)
    if kind == "BINARY":
        return Planes(shape, lambda number: raw(number) != 0)
    partial = any(_is_partial(raw(number), most) for number in range(count))
    return Planes(shape, lambda number: raw(number) >= FRACTION * most, partial)


def _is_partial(plane: np.ndarray, most: int) -> bool:
    return bool(((plane > 0) & (plane < most)).any())


def _stored(data: bytes, shape: tuple[int, int, int], bits: int, name: str) -> Callable[[int], np.ndarray]:
    """Return what gives the stored pixels of a frame."""
    count, frame_shape = shape[0], shape[1:]
    pixels = int(np.prod(frame_shape))
    bytes_ = np.frombuffer(data, np.uint8)
    if bytes_.size * 8 < count * pixels * bits:
        raise InputError(f"'{name}' is truncated: it holds fewer pixels than its frames have; export it again.")
    if bits > 1:
        stored = bytes_[: count * pixels * bits // 8].view(np.uint8 if bits == 8 else "<u2")
        return lambda number: stored[number * pixels : (number + 1) * pixels].reshape(frame_shape)

    def unpacked(number: int) -> np.ndarray:
        start, stop = number * pixels, (number + 1) * pixels
        packed = bytes_[start // 8 : -(-stop // 8)]
        first = start % 8
        return np.unpackbits(packed, bitorder="little")[first : first + pixels].reshape(frame_shape)

    return unpacked


def _compressed(dataset, shape: tuple[int, int, int], kind: str, most: int, size: int, name: str) -> Planes:
    """Return compressed frames, each decoded once and kept as bits where it is one of truth values."""
    syntax = dataset.file_meta.TransferSyntaxUID
    total = int(np.prod(shape, dtype=np.int64))
    if total > _MOST_PIXELS or max(shape[1:]) > _MOST_LINES or (syntax == _RLE and total > _MOST_REPEATED * size):
        raise InputError(f"'{name}' says that it has {total:.2g} pixels, more than it can hold; export it again.")
    kept, partial = [], False
    for plane in _decoded(dataset, shape, name, syntax):
        if plane.shape != shape[1:]:
            raise InputError(f"'{name}' holds other pixels than it describes; export it again.")
        if kind == "LABELMAP":
            kept.append(plane)
            continue
        partial = partial or (kind == "FRACTIONAL" and _is_partial(plane, most))
        kept.append(np.packbits(plane >= FRACTION * most if kind == "FRACTIONAL" else plane != 0))
    if len(kept) != shape[0]:
        raise InputError(f"'{name}' holds {len(kept)} of the {shape[0]} frames that it describes; export it again.")
    if kind == "LABELMAP":
        return Planes(shape, kept.__getitem__)
    pixels = shape[1] * shape[2]
    return Planes(shape, lambda number: np.unpackbits(kept[number])[:pixels].reshape(shape[1:]).astype(bool), partial)


def _decoded(dataset, shape: tuple[int, int, int], name: str, syntax) -> Iterator[np.ndarray]:
    """Yield compressed frames, by what pydicom has for them, else by the GDCM that comes with SimpleITK."""
    done = 0
    try:
        with foreign_parser():
            for plane in _by_pydicom(dataset, shape):
                yield plane
                done += 1
        return
    except DamagedFileError:
        pass
    try:
        if syntax == _RLE or done:  # pydicom itself decodes it: another decoder would fail as well
            raise RuntimeError
        with quiet_libraries():
            reader = sitk.ImageFileReader()
            reader.SetImageIO("GDCMImageIO")
            reader.SetFileName(native_path(dataset.filename))
            pixels = sitk.GetArrayFromImage(reader.Execute())
    except RuntimeError:
        raise InputError(
            f"The pixels of '{name}' are damaged, or compressed in a way that cannot be read here ({syntax.name}); "
            "export it uncompressed."
        ) from None
    yield from pixels.reshape(-1, *pixels.shape[-2:])


def _by_pydicom(dataset, shape: tuple[int, int, int]) -> Iterator[np.ndarray]:
    try:
        from pydicom.pixels import iter_pixels
    except ImportError:  # before pydicom 3 only all at once
        yield from np.asarray(dataset.pixel_array).reshape(shape)
    else:
        yield from map(np.asarray, iter_pixels(dataset))

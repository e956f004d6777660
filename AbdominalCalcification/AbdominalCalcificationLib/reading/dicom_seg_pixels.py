"""The pixels of a DICOM segmentation: one bit, a fraction or a number for each, compressed or not."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk

from ..errors import InputError
from .quiet import quiet_libraries

# Of the largest value that a fraction can have: from here on a voxel is in the segment.
FRACTION = 0.5
# Ten structures in every slice of the largest CT.
_MOST_PIXELS = 4_000_000_000


class Planes:
    """The frames of one file, made when they are asked for.

    Attributes
    ----------
    shape : tuple of int
        Frames, rows, columns.
    """

    def __init__(self, count: int, frame_shape: tuple[int, int], plane_of):
        self.shape = (count, *frame_shape)
        self._plane_of = plane_of

    def __getitem__(self, number: int) -> np.ndarray:
        return self._plane_of(number)

    def __iter__(self):
        return (self[number] for number in range(self.shape[0]))


def read_planes(dataset, frame_shape: tuple[int, int], kind: str, name: str) -> tuple[Planes, bool]:
    """Return the frames of a segmentation.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With its pixels.
    frame_shape : tuple of int
        Rows, columns.
    kind : {'BINARY', 'FRACTIONAL', 'LABELMAP'}
    name : str
        Of the file.

    Returns
    -------
    planes : Planes
        Truth values; of a label map numbers of segments.
    partial : bool
        Whether there are voxels that are in a segment only in part.

    Raises
    ------
    InputError
        Where pixels are missing, or compressed in a way that cannot be read here.
    """
    count = int(dataset.get("NumberOfFrames") or 1)
    bits = int(dataset.get("BitsAllocated") or 0)
    if bits not in {"BINARY": (1, 8), "FRACTIONAL": (8,), "LABELMAP": (8, 16)}[kind] or min(frame_shape) < 1:
        raise InputError(f"'{name}' has pixels of {bits} bits, which no {kind} segmentation has; export it again.")
    raw = _raw(dataset, count, frame_shape, bits, name)
    if kind == "LABELMAP":
        background = int(dataset.get("PixelPaddingValue") or 0)
        if not background:
            return Planes(count, frame_shape, raw), False
        raise InputError(f"The background of '{name}' has the value {background} instead of 0; export it again.")
    if kind == "BINARY":
        return Planes(count, frame_shape, lambda number: raw(number) != 0), False
    most = int(dataset.get("MaximumFractionalValue") or 255)
    whole = np.zeros(256, bool)
    for number in range(count):
        whole[raw(number)] = True
    partial = bool(whole[1:most].any())
    return Planes(count, frame_shape, lambda number: raw(number) >= FRACTION * most), partial


def _raw(dataset, count: int, frame_shape: tuple[int, int], bits: int, name: str):
    """Return a function that gives the stored pixels of a frame."""
    pixels = int(np.prod(frame_shape))
    syntax = getattr(dataset.file_meta, "TransferSyntaxUID", None)
    if count * pixels > _MOST_PIXELS:
        raise InputError(f"'{name}' says that it has {count * pixels:.2g} pixels; that is no segmentation of one CT.")
    if syntax is not None and not syntax.is_little_endian:
        raise InputError(f"'{name}' is stored big endian, which is not read here; export it again.")
    if syntax is not None and syntax.is_compressed and not syntax.is_deflated:
        decoded = _decoded(dataset, name, syntax).reshape(-1)
        if decoded.size != count * pixels:
            raise InputError(f"'{name}' holds fewer pixels than its frames have; export it again.")
        return lambda number: decoded[number * pixels : (number + 1) * pixels].reshape(frame_shape)
    data = np.frombuffer(dataset.get("PixelData") or b"", np.uint8)
    if data.size * 8 < count * pixels * bits:
        raise InputError(f"'{name}' is truncated: it holds fewer pixels than its frames have; export it again.")
    if bits == 1:

        def unpacked(number: int) -> np.ndarray:
            start, stop = number * pixels, (number + 1) * pixels
            packed = data[start // 8 : -(-stop // 8)]
            first = start % 8
            return np.unpackbits(packed, bitorder="little")[first : first + pixels].reshape(frame_shape)

        return unpacked
    stored = data[: count * pixels * bits // 8].view(np.uint8 if bits == 8 else "<u2")
    return lambda number: stored[number * pixels : (number + 1) * pixels].reshape(frame_shape)


def _decoded(dataset, name: str, syntax) -> np.ndarray:
    """Return compressed pixels, by what pydicom has for it, else by the GDCM that comes with SimpleITK."""
    try:
        return np.asarray(dataset.pixel_array)
    except Exception:  # whatever the decoders of others raise; the next is tried
        pass
    try:
        with quiet_libraries():
            reader = sitk.ImageFileReader()
            reader.SetImageIO("GDCMImageIO")
            reader.SetFileName(str(dataset.filename))
            return sitk.GetArrayFromImage(reader.Execute())
    except Exception:
        raise InputError(
            f"The pixels of '{name}' are compressed in a way that cannot be read here ({syntax.name}), or damaged; "
            "export it uncompressed."
        ) from None

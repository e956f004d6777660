"""Pixels of DICOM images in HU, as GDCM decodes them, with air where nothing was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...errors import InputError
from ...flags import Flag
from ...paths import native_path
from ..hounsfield import AIR_HU, LOWEST_HU
from .assembly import Plane
from .header import Image, Rescale
from .pixel_data import pixels_as_stored

# A padding value above this is one that lungs and tissue have as well.
_ONLY_AIR_HU = -900
# Padding surrounds what was scanned; where it is nearly everything, the header is wrong.
_MOST_PADDED = 0.9
# Decoded bytes for each byte of the file. No compression saves more, so what says more is damaged.
_MOST_COMPRESSED = 1000
# Of single precision, relative to the greatest value; whole slopes and intercepts below the other stay in 32 bits.
_ROUNDING, _WHOLE = 1e-6, 30000


class PixelReader:
    """Reads images in HU, and counts what is padding.

    The last two files stay in memory, since frames are asked for one by one, and those of two files in turns.
    """

    def __init__(self):
        self._decoded: dict[Path, tuple[np.ndarray, np.ndarray | None]] = {}
        self._padded = self._pixels = 0
        self._padding_hu: set[float] = set()

    def read(self, image: Image) -> Plane:
        """Return the pixels of `image`.

        Raises
        ------
        InputError
            Where they cannot be decoded, or are others than the header says.
        """
        if image.path not in self._decoded:
            for oldest in list(self._decoded)[:-1]:
                del self._decoded[oldest]
            self._decoded[image.path] = _decode(image)
        decoded, as_stored = (None if each is None else each[image.frame] for each in self._decoded[image.path])
        if as_stored is None:
            _check_range(image, decoded)
            stored = _stored_values(image, decoded)
        else:
            _check_decoded(image, decoded, as_stored)
            stored = as_stored
        hu = _rescaled(image, decoded, stored)
        padding = _padding_in(image, stored)
        holes = hu < LOWEST_HU if hu.min() < LOWEST_HU else None
        if padding is not None:
            self._padded += int(np.count_nonzero(padding))
            self._padding_hu.update((float(hu[padding].min()), float(hu[padding].max())))
            hu = np.where(padding, hu.dtype.type(AIR_HU), hu)
            holes = padding if holes is None else holes | padding
        self._pixels += hu.size
        return Plane(hu, holes)

    def forget(self) -> None:
        """Count padding anew from here."""
        self._padded = self._pixels = 0
        self._padding_hu = set()

    def flags(self) -> tuple[Flag, ...]:
        """Return what the padding of all images read so far means.

        Raises
        ------
        InputError
            Where nearly everything is padding.
        """
        if not self._padded:
            return ()
        share = self._padded / self._pixels
        values = " to ".join(f"{value:g}" for value in sorted({min(self._padding_hu), max(self._padding_hu)}))
        if share > _MOST_PADDED:
            raise InputError(
                f"The headers call {100 * share:.0f} % of the pixels padding ({values} HU); export the series again."
            )
        message = (
            f"{self._padded} pixels ({100 * share:.1f} %) have the value that the headers call padding "
            f"({values} HU); they count as air."
        )
        return (Flag("padding" if max(self._padding_hu) <= _ONLY_AIR_HU else "padding_like_tissue", message),)


def same_pixels(one: Plane, other: Plane) -> bool:
    """Return whether two planes show the same."""
    return np.array_equal(one.hu, other.hu)


def _decode(image: Image) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the pixels of one file, shape (frame, row, column): as GDCM rescales them, and as they are stored.

    The latter only where they are not compressed.
    """
    shape = (image.frames, image.rows, image.columns)
    size = int(np.prod(shape, dtype=object)) * image.stored.bits_allocated // 8
    if size > _MOST_COMPRESSED * image.path.stat().st_size:
        raise InputError(f"'{image.name}' is truncated or damaged; copy the series again.")
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(native_path(image.path))
    try:
        pixels = sitk.GetArrayFromImage(reader.Execute())
        pixels = pixels.reshape(shape)
    except (RuntimeError, ValueError):
        raise InputError(
            f"The pixels of '{image.name}' cannot be decoded{_syntax(image)}; copy the series again, "
            "or export it without compression."
        ) from None
    # Unsigned and 64-bit integers would not mix with the air around a slice that is moved.
    if pixels.dtype.kind != "f" and pixels.dtype not in (np.int16, np.int32):
        pixels = pixels.astype(np.int32)
    if image.pixels.at is None:
        return pixels, None
    stored = image.stored
    return pixels, pixels_as_stored(image.path, image.pixels, stored.bits_allocated, stored.signed, shape)


def _syntax(image: Image) -> str:
    from pydicom.uid import UID

    return f" ({UID(image.syntax).name})" if image.syntax else ""


def _check_range(image: Image, decoded: np.ndarray) -> None:
    """Refuse values that the header's slope and intercept cannot make of what its bits hold."""
    slope, intercept = image.gdcm_rescale.applied
    ends = sorted(slope * limit + intercept for limit in image.stored.limits)
    slack = 1e-6 * (ends[1] - ends[0])
    if decoded.min() < ends[0] - slack or decoded.max() > ends[1] + slack:
        raise InputError(
            f"The pixels of '{image.name}' reach from {decoded.min():g} to {decoded.max():g}, and its header "
            f"allows {ends[0]:g} to {ends[1]:g}; export the series again."
        )


def _check_decoded(image: Image, decoded: np.ndarray, stored: np.ndarray) -> None:
    """Refuse pixels that GDCM reads otherwise than the header says.

    It cuts values to the bits that count without a word, so that metal on a wide scale would become air, and which
    slope and intercept it applies depends on the kind of object.
    """
    least, most = image.stored.limits
    fits: np.ndarray | bool = True
    if stored.min() < least or stored.max() > most:
        fits = (stored >= least) & (stored <= most)
        padding = _padding_in(image, stored)
        strange = stored[~fits if padding is None else ~(fits | padding)]
        if strange.size:
            raise InputError(
                f"'{image.name}' holds values such as {strange[0]}, which do not fit into the "
                f"{image.stored.bits_stored} bits that its header names; export the series again."
            )
    off = np.abs(decoded - _scaled(stored, image.gdcm_rescale))
    if np.max(off, where=fits, initial=0) > _ROUNDING * max(1.0, np.abs(decoded).max()):
        raise InputError(f"The pixels of '{image.name}' are not what its header says; export the series again.")


def _stored_values(image: Image, decoded: np.ndarray) -> np.ndarray:
    slope, intercept = image.gdcm_rescale.applied
    return np.rint((decoded - intercept) / slope).astype(np.int64)


def _rescaled(image: Image, decoded: np.ndarray, stored: np.ndarray) -> np.ndarray:
    """Return HU: what GDCM gives, but where frames have a slope or intercept of their own, which it passes over."""
    return decoded if image.rescale.applied == image.gdcm_rescale.applied else _scaled(stored, image.rescale)


def _scaled(stored: np.ndarray, rescale: Rescale) -> np.ndarray:
    """Return stored values in HU, whole ones as integers."""
    slope, intercept = rescale.applied
    if all(number.is_integer() and abs(number) < _WHOLE for number in (slope, intercept)):
        return stored.astype(np.int32) * np.int32(slope) + np.int32(intercept)
    return slope * stored.astype(np.float64) + intercept


def _padding_in(image: Image, stored: np.ndarray) -> np.ndarray | None:
    """Return where pixels hold the padding value, or one of its range; None for nowhere."""
    if image.stored.padding is None:
        return None
    low, high = image.stored.padding
    padding = (stored >= low) & (stored <= high)
    return padding if padding.any() else None

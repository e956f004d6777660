"""Pixels of a DICOM radiograph: as they are stored, through the modality's table or scale, without any window.

A window or table for display (VOI LUT) is not applied: it would clip what is measured.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk

from ...errors import InputError
from ...paths import native_path
from ...reading.dicom.elements import DamagedFileError, foreign_parser
from ...reading.dicom.pixel_data import pixels_as_stored
from ...reading.quiet import quiet_libraries
from .dicom_header import RadiographHeader, Table

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

# Decoded bytes for each byte of the file. No compression saves more, so what says more is damaged.
_MOST_COMPRESSED = 1000
# Where nearly everything is padding, the header is wrong.
_MOST_PADDED = 0.9


def stored_pixels(path: Path, header: RadiographHeader) -> np.ndarray:
    """Return grey pixels (rows, columns) as they are stored, integers.

    Raises
    ------
    InputError
        Where they cannot be decoded, or do not fit into the bits that the header names.
    """
    shape, stored = (header.rows, header.columns), header.stored
    if header.pixels.at is not None:
        pixels = pixels_as_stored(path, header.pixels, stored.bits_allocated, stored.signed, shape)
        pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
        if header.has_overlay_bits:
            pixels = _without_overlay(pixels, stored.bits_stored, stored.signed)
    else:
        pixels = _decoded(path, header)
        if pixels.shape != shape:
            raise _undecodable(path, header)
    least, most = stored.limits
    outside = (pixels < least) | (pixels > most)
    if stored.padding is not None:
        outside &= ~((pixels >= stored.padding[0]) & (pixels <= stored.padding[1]))
    if outside.any():
        raise InputError(
            f"'{path.name}' holds values such as {pixels[outside][0]}, which do not fit into the {stored.bits_stored} "
            "bits that its header names; export it again."
        )
    return pixels


def colour_pixels(path: Path, header: RadiographHeader) -> np.ndarray:
    """Return pixels (rows, columns, 3) of a colour image as RGB; InputError where they cannot be decoded."""
    if header.stored.bits_allocated != 8:
        raise _undecodable(path, header)
    pixels = _decoded(path, header)
    if pixels.shape != (header.rows, header.columns, 3):
        raise _undecodable(path, header)
    return pixels


def padding_in(path: Path, header: RadiographHeader, pixels: np.ndarray) -> np.ndarray | None:
    """Return which stored pixels the header calls padding; None for none. InputError where nearly all are."""
    if header.stored.padding is None:
        return None
    low, high = header.stored.padding
    padding = (pixels >= low) & (pixels <= high)
    share = float(padding.mean())
    if share > _MOST_PADDED:
        raise InputError(
            f"The header of '{path.name}' calls {100 * share:.0f} % of its pixels padding; export it again."
        )
    return padding if share else None


def meant_values(path: Path, header: RadiographHeader, pixels: np.ndarray) -> np.ndarray:
    """Return what stored pixels mean, by the Modality LUT or slope and intercept; InputError where those are none."""
    if header.table is not None:
        return _through(header.table, pixels)
    slope, intercept = header.slope, header.intercept
    if not (np.isfinite(slope) and np.isfinite(intercept)) or slope == 0:
        raise InputError(
            f"'{path.name}' scales its values in a way that is none ({slope:g}, {intercept:g}); export it again."
        )
    return pixels if (slope, intercept) == (1, 0) else pixels * np.float64(slope) + intercept


def _through(table: Table, pixels: np.ndarray) -> np.ndarray:
    at = np.clip(pixels.astype(np.int64) - table.first, 0, len(table.values) - 1)
    return np.asarray(table.values, np.int32)[at]


def _without_overlay(pixels: np.ndarray, bits: int, signed: bool) -> np.ndarray:
    """Return values of the bits that count alone."""
    values = pixels.astype(np.int64) & ((1 << bits) - 1)
    return np.where(values >> (bits - 1) & 1, values - (1 << bits), values) if signed else values


def _decoded(path: Path, header: RadiographHeader) -> np.ndarray:
    """Return pixels as GDCM decodes them.

    It is given a file with nothing but the pixels and how they are stored. Otherwise it scales them, turns MONOCHROME1
    over, and fails on that for the 12 of 16 bits that most detectors store.
    """
    import pydicom

    size = header.rows * header.columns * header.samples * header.stored.bits_allocated // 8
    if size > _MOST_COMPRESSED * path.stat().st_size:
        raise InputError(f"'{path.name}' is truncated or damaged; copy it again.")
    with tempfile.TemporaryDirectory() as scratch, quiet_libraries():
        bare = Path(scratch, "pixels.dcm")
        try:
            with foreign_parser():
                _bare(pydicom.dcmread(path, force=True), header).save_as(bare, enforce_file_format=True)
            reader = sitk.ImageFileReader()
            reader.SetImageIO("GDCMImageIO")
            reader.SetFileName(native_path(bare))
            pixels = sitk.GetArrayFromImage(reader.Execute())
        except (RuntimeError, DamagedFileError):
            raise _undecodable(path, header) from None
    return pixels[0] if pixels.shape[0] == 1 else pixels


def _bare(given: Dataset, header: RadiographHeader) -> Dataset:
    """Return a data set with the pixels of another, and what is needed to decode them."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, SecondaryCaptureImageStorage

    bare, meta = Dataset(), FileMetaDataset()
    meta.MediaStorageSOPClassUID = bare.SOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = bare.SOPInstanceUID = UID("1.2.3")
    syntax = given.file_meta.TransferSyntaxUID
    meta.TransferSyntaxUID = syntax if syntax.is_compressed and not syntax.is_deflated else UID(ExplicitVRLittleEndian)
    bare.file_meta = meta
    bare.Rows, bare.Columns, bare.SamplesPerPixel = header.rows, header.columns, header.samples
    bare.PhotometricInterpretation = "MONOCHROME2" if header.samples == 1 else header.photometric
    if header.samples > 1:
        bare.PlanarConfiguration = int(given.get("PlanarConfiguration") or 0)
    stored = header.stored
    bare.BitsAllocated, bare.BitsStored, bare.HighBit = (
        stored.bits_allocated,
        stored.bits_stored,
        stored.bits_stored - 1,
    )
    bare.PixelRepresentation = int(stored.signed)
    bare.PixelData = given.PixelData
    return bare


def _undecodable(path: Path, header: RadiographHeader) -> InputError:
    from pydicom.uid import UID

    syntax = f" ({UID(header.syntax).name})" if header.syntax else ""
    return InputError(
        f"The pixels of '{path.name}' cannot be decoded{syntax}; copy it again, or export it without compression."
    )

"""Radiographs as pictures: PNG, TIFF and JPEG, which say little about themselves.

What decides is read from the file here (:mod:`.png`, :mod:`.tiff`, :mod:`.jpeg`), before a library decodes its pixels.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...errors import InputError
from ...flags import Flag
from ...paths import native_path
from ...reading.quiet import quiet_libraries
from . import jpeg, png, tiff
from .raw import Raw, as_grey, damaged, plane_grid

_MAGICS = {png.MAGIC: "PNG", jpeg.MAGIC: "JPEG", **dict.fromkeys((*tiff.MAGICS, *tiff.BIG_MAGICS), "TIFF")}
_LIBRARIES = {"PNG": "PNGImageIO", "JPEG": "JPEGImageIO", "TIFF": "TIFFImageIO"}
# Two steps are the same up to rounding of dots per inch.
_SAME_STEP = 0.01


def picture_kind(path: Path) -> str | None:
    """Return the format of a picture by its first bytes: PNG, TIFF or JPEG; None for anything else."""
    with open(path, "rb") as file:
        head = file.read(8)
    return next((kind for magic, kind in _MAGICS.items() if head.startswith(magic)), None)


def read_picture(path: Path, kind: str) -> Raw:
    """Read a picture of the format that :func:`picture_kind` told.

    Raises
    ------
    InputError
        For files that are damaged, hold several images or colours, or store pixels in a way that cannot be read whole.
    """
    header: png.PngHeader | tiff.TiffHeader | jpeg.JpegHeader
    dark, lossy = False, kind == "JPEG"
    if kind == "PNG":
        header = png.parse_png(path)
    elif kind == "TIFF":
        header = tiff.parse_tiff(path)
        dark, lossy = header.dense_is_dark, header.is_lossy
    else:
        header = jpeg.parse_jpeg(path)
        if header.is_turned:
            raise InputError(f"'{path.name}' says that it is to be turned before it is shown; save it as it is shown.")
    array = _decoded(path, kind)
    if array.shape[:2] != (header.rows, header.columns):
        raise damaged(
            path, f"{array.shape[1]} x {array.shape[0]} pixels, where it says {header.columns} x {header.rows}"
        )
    pixels, flags = as_grey(path, array)
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise InputError(f"'{path.name}' has pixels without a value (NaN or infinite); export it again.")
    told = list(flags)
    if lossy:
        told.append(Flag("lossy_compression", "It was compressed with loss (JPEG)."))
    if header.bits <= 8:
        told.append(Flag("eight_bit", "It has no more than 256 grey values."))
    return Raw(
        pixels,
        plane_grid(pixels.shape, None),
        dense_is_dark=dark,
        aspect=_aspect_of(header.aspect),
        flags=tuple(told),
        said={"format": kind},
    )


def _decoded(path: Path, kind: str) -> np.ndarray:
    """Return the pixels that ITK reads."""
    reader = sitk.ImageFileReader()
    reader.SetImageIO(_LIBRARIES[kind])
    reader.SetFileName(native_path(path))
    with quiet_libraries() as heard:
        try:
            array = sitk.GetArrayFromImage(reader.Execute())
        except RuntimeError:
            raise damaged(path) from None
    # libjpeg makes up what is missing, and ITK cuts what its TIFF reader does not know to 8 bits: both only warn.
    if heard.lines and kind != "PNG" and (kind == "JPEG" or any("Data loss" in line for line in heard.lines)):
        raise damaged(path, heard.lines[0])
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[-1] > 4):
        raise InputError(f"'{path.name}' holds several images; give a file with the radiograph alone.")
    return array


def _aspect_of(said: tuple[float, float] | None) -> tuple[float, float]:
    """Return steps of rows and of columns whose ratio is the file's, 1 and 1 where it says nothing or nearly that."""
    if said is None or abs(said[0] / said[1] - 1) <= _SAME_STEP:
        return 1.0, 1.0
    return said[0] / said[1], 1.0

"""Radiographs as DICOM files (CR, DX and what is used in their place)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ...errors import InputError
from ...flags import Flag
from ...paths import native_path
from ...reading.quiet import quiet_libraries
from . import dicom_kinds
from .choices import ReadingChoices
from .dicom_header import RadiographHeader, read_radiograph_header
from .dicom_pixels import colour_pixels, meant_values, padding_in, stored_pixels
from .dicom_spacing import spacing_of
from .raw import Raw, as_grey, plane_grid

_MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
_RAW = "FOR PROCESSING"


def read_dicom_radiograph(path: Path, choices: ReadingChoices) -> Raw:
    """Read a DICOM file with one radiograph.

    Parameters
    ----------
    path : Path
    choices : ReadingChoices
        Who says where the patient's front is says that it is a lateral view, too.

    Raises
    ------
    InputError
        For what is no radiograph, or cannot be read as one image in grey.
    """
    header = read_radiograph_header(path)
    flags = list(dicom_kinds.flags_of(path, header, choices.faces is not None))
    padding = None
    if header.samples == 1 and header.photometric in (*_MONOCHROME, ""):
        stored = stored_pixels(path, header)
        padding = padding_in(path, header, stored)
        pixels = meant_values(path, header, stored)
        dark, doubts = _polarity(header)
        if header.intent == _RAW and header.relationship == "LIN":
            pixels, dark = _logarithm(pixels, dark)
        flags += doubts
    elif header.samples == 3:
        pixels, told = as_grey(path, colour_pixels(path, header))
        flags += told
        dark = False
    else:
        kind = header.photometric or f"{header.samples} values a pixel"
        raise InputError(f"'{path.name}' stores colours ({kind}); give the radiograph itself, in grey.")
    if header.stored.bits_stored <= 8:
        flags.append(Flag("eight_bit", "It has no more than 256 grey values."))
    if header.is_lossy:
        flags.append(Flag("lossy_compression", "Its header says that it was compressed with loss."))
    spacing, aspect, source, told_of_spacing = spacing_of(path, header.lengths, choices.pixel_spacing_mm is not None)
    flags += told_of_spacing
    directions = header.orientation if len(header.orientation) == 2 else None
    return Raw(
        pixels,
        plane_grid(pixels.shape, _shown_spacing(path) or spacing),
        dense_is_dark=dark,
        spacing_mm=spacing,
        aspect=aspect,
        directions=directions if directions and all(directions) else None,
        padding=padding,
        flags=tuple(flags),
        said=_said(header, source),
    )


def _said(header: RadiographHeader, source: str) -> dict[str, str]:
    """Return what the header says of the image, for the record; nothing about the patient."""
    said = {
        "format": "DICOM",
        "modality": header.modality,
        "manufacturer": header.manufacturer,
        "description": header.description,
        "view": header.view or (header.views[0] if header.views else ""),
        "body_part": header.body_part,
        "study_uid": header.uids["study"],
        "series_uid": header.uids["series"],
        "instance_uid": header.uids["sop_instance"],
        "spacing_source": source,
    }
    return {key: value for key, value in said.items() if value}


def _shown_spacing(path: Path) -> tuple[float, float] | None:
    """Return the spacing of rows and of columns at which ITK, and so Slicer, shows the file."""
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(native_path(path))
    with quiet_libraries():
        try:
            reader.ReadImageInformation()
        except RuntimeError:
            return None
    columns, rows = reader.GetSpacing()[:2]
    return rows, columns


def _polarity(header: RadiographHeader) -> tuple[bool, list[Flag]]:
    """Return whether larger values are less dense, and a flag where the header says it in two ways.

    Photometric Interpretation says what is shown bright; of a radiograph that is what is dense (PS3.3 C.8.11.3). The
    sign of the pixels' relation to the intensity (0028,1041) says the same of the values, -1 where larger are denser,
    and Presentation LUT Shape says INVERSE with MONOCHROME1 alone. Values that are not for presentation have no look
    of their own: there the sign decides.
    """
    dark = header.photometric == "MONOCHROME1"
    by_sign = {1: True, -1: False}.get(header.sign or 0)
    if header.intent == _RAW and by_sign is not None:
        return by_sign, []
    by_shape = {"INVERSE": True, "IDENTITY": False}.get(header.shape)
    doubts = []
    if by_sign is not None and by_sign != dark:
        doubts.append(f"Pixel Intensity Relationship Sign {header.sign}")
    if by_shape is not None and by_shape != dark:
        doubts.append(f"Presentation LUT Shape {header.shape}")
    if not header.photometric:
        doubts.append("no Photometric Interpretation")
    if not doubts:
        return dark, []
    shown = "dark" if dark else "bright"
    said = f"{header.photometric or '–'}, {', '.join(doubts)}"
    return dark, [Flag("polarity_doubtful", f"Its header says in two ways what is dense ({said}); taken as {shown}.")]


def _logarithm(pixels: np.ndarray, dark: bool) -> tuple[np.ndarray, bool]:
    """Return raw intensities as attenuation, which grows with the logarithm: dense is bright then."""
    values = pixels.astype(np.float64)
    # Counts; of what is stored with more for less, those that are missing to the most.
    counts = values - min(0.0, float(values.min())) if dark else values.max() - values
    return -np.log1p(counts), False

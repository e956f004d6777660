"""What the header of a DICOM radiograph says, as it stands there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import InputError
from ...reading.dicom.elements import DamagedFileError, Elements, foreign_parser
from ...reading.dicom.header import Stored, stored_of
from ...reading.dicom.pixel_data import PixelPlace, find_pixels
from .raw import check_size

_NAMES = {
    "modality": 0x00080060,
    "intent": 0x00080068,
    "image_type": 0x00080008,
    "body_part": 0x00180015,
    "view": 0x00185101,
    "orientation": 0x00200020,
    "photometric": 0x00280004,
    "relationship": 0x00281040,
    "shape": 0x20500020,
    "lossy": 0x00282110,
}
_WRITTEN = {"manufacturer": 0x00080070, "description": 0x0008103E}
_UIDS = {"sop_class": 0x00080016, "sop_instance": 0x00080018, "study": 0x0020000D, "series": 0x0020000E}
_PIXEL_MM, _IMAGER_MM, _SCANNED_MM, _ASPECT = 0x00280030, 0x00181164, 0x00182010, 0x00280034
_CALIBRATION, _MAGNIFIED, _TO_DETECTOR, _TO_PATIENT = 0x00280A02, 0x00181114, 0x00181110, 0x00181111
_ROWS, _COLUMNS, _FRAMES, _SAMPLES, _SIGN = 0x00280010, 0x00280011, 0x00280008, 0x00280002, 0x00281041
_INTERCEPT, _SLOPE, _LUT, _LUT_SHAPE, _LUT_DATA = 0x00281052, 0x00281053, 0x00283000, 0x00283002, 0x00283006
_VIEW_CODES, _MEANING = 0x00540220, 0x00080104
# What _stored reads: bits, sign and padding.
_STORED = (0x00280100, 0x00280101, 0x00280102, 0x00280103, 0x00280120, 0x00280121)
# Bit positions of overlays that old files keep in the unused bits of the pixels (retired since 2004).
_OVERLAY_BITS = tuple(0x60000102 + (group << 16) for group in range(0, 32, 2))
_TAGS = sorted(
    {
        *(*_NAMES.values(), *_WRITTEN.values(), *_UIDS.values(), *_STORED, *_OVERLAY_BITS),
        *(_PIXEL_MM, _IMAGER_MM, _SCANNED_MM, _ASPECT, _CALIBRATION, _MAGNIFIED, _TO_DETECTOR, _TO_PATIENT),
        *(_ROWS, _COLUMNS, _FRAMES, _SAMPLES, _SIGN, _INTERCEPT, _SLOPE, _LUT, _VIEW_CODES),
    }
)
_SYNTAX = 0x00020010
_LONGEST_LUT = 1 << 16


@dataclass(frozen=True)
class Table:
    """A lookup table from stored values: `first` is the one that its first entry is for; both ends go on for ever."""

    first: int
    values: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Lengths:
    """What a header says about lengths, each empty or None where it does not; numbers that are none are NaN.

    Attributes
    ----------
    pixel, imager, scanned, aspect : tuple of float
        Of rows and columns: Pixel Spacing, Imager Pixel Spacing, Nominal Scanned Pixel Spacing, Pixel Aspect Ratio.
    calibration : str
        Type of the calibration of Pixel Spacing.
    magnification, to_detector, to_patient : float or None
        Factor, and distances of the source, mm.
    """

    pixel: tuple[float, ...] = ()
    imager: tuple[float, ...] = ()
    scanned: tuple[float, ...] = ()
    aspect: tuple[float, ...] = ()
    calibration: str = ""
    magnification: float | None = None
    to_detector: float | None = None
    to_patient: float | None = None


@dataclass(frozen=True, eq=False)
class RadiographHeader:
    """The header; text is empty where the file is silent, and in capitals where it is a code."""

    rows: int
    columns: int
    samples: int
    modality: str
    intent: str
    image_type: str
    body_part: str
    view: str
    views: tuple[str, ...]
    orientation: tuple[str, ...]
    photometric: str
    relationship: str
    sign: int | None
    shape: str
    is_lossy: bool
    manufacturer: str
    description: str
    uids: dict[str, str]
    lengths: Lengths
    stored: Stored
    slope: float
    intercept: float
    table: Table | None
    has_overlay_bits: bool
    syntax: str
    pixels: PixelPlace


def read_radiograph_header(path: Path) -> RadiographHeader:
    """Read the header of a DICOM file with one image.

    Raises
    ------
    InputError
        For what is no such file, holds several images, or does not say how its pixels are stored.
    """
    import pydicom  # only once there is DICOM to read

    with open(path, "rb") as file:
        try:
            with foreign_parser():
                data_set = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=_TAGS)
                return _header(path, file, Elements(data_set), Elements(data_set.file_meta).text(_SYNTAX))
        except DamagedFileError:
            raise InputError(f"'{path.name}' is truncated or damaged; copy it again.") from None


def _header(path: Path, file, header: Elements, syntax: str) -> RadiographHeader:
    rows, columns = header.integer(_ROWS) or 0, header.integer(_COLUMNS) or 0
    names = {name: header.text(tag).upper() for name, tag in _NAMES.items()}
    if not (rows and columns):
        what = f" (a {names['modality']} object)" if names["modality"] else ""
        raise InputError(f"'{path.name}' holds no image{what}; give the radiograph itself.")
    check_size(path, rows, columns)
    frames = header.number(_FRAMES)
    if frames is not None and frames != 1:
        raise InputError(f"'{path.name}' holds {frames:g} images; give a file with the radiograph alone.")
    stored, fault = stored_of(header)
    if fault:
        raise InputError(f"'{path.name}' {fault}; export it again.")
    samples = header.integer(_SAMPLES) or 1
    pixels = find_pixels(file, header, syntax, rows * columns * samples * stored.bits_allocated // 8)
    if not pixels.is_whole:
        raise InputError(f"'{path.name}' is truncated or damaged; copy it again.")
    slope, intercept = header.number(_SLOPE), header.number(_INTERCEPT)
    orientation, lossy = names.pop("orientation"), names.pop("lossy")
    return RadiographHeader(
        rows=rows,
        columns=columns,
        samples=samples,
        **names,
        views=tuple(each.text(_MEANING).upper() for each in header.items(_VIEW_CODES)),
        orientation=tuple(part.strip() for part in orientation.split("\\")) if orientation else (),
        sign=header.integer(_SIGN, signed=True),
        is_lossy=lossy == "01",
        **{name: header.written(tag) for name, tag in _WRITTEN.items()},
        uids={name: header.text(tag) for name, tag in _UIDS.items()},
        lengths=_lengths(header),
        stored=stored,
        slope=1.0 if slope is None else slope,
        intercept=0.0 if intercept is None else intercept,
        table=_table(path, header, stored),
        has_overlay_bits=any((header.integer(tag) or 0) > 0 for tag in _OVERLAY_BITS),
        syntax=syntax,
        pixels=pixels,
    )


def _lengths(header: Elements) -> Lengths:
    return Lengths(
        pixel=header.numbers(_PIXEL_MM),
        imager=header.numbers(_IMAGER_MM),
        scanned=header.numbers(_SCANNED_MM),
        aspect=header.numbers(_ASPECT),
        calibration=header.text(_CALIBRATION).upper(),
        magnification=header.number(_MAGNIFIED),
        to_detector=header.number(_TO_DETECTOR),
        to_patient=header.number(_TO_PATIENT),
    )


def _table(path: Path, header: Elements, stored: Stored) -> Table | None:
    """Return the Modality LUT, if there is one (PS3.3 C.11.1.1)."""
    items = header.items(_LUT)
    if not items:
        return None
    shape = _integers(items[0], _LUT_SHAPE)
    values = _integers(items[0], _LUT_DATA)
    if len(shape) != 3 or (shape[0] or _LONGEST_LUT) != len(values):
        raise InputError(f"'{path.name}' has a table of values (Modality LUT) that is damaged; export it again.")
    first = shape[1] - (1 << 16) if stored.signed and shape[1] >= 1 << 15 else shape[1]
    return Table(first, values)


def _integers(item: Elements, tag: int) -> tuple[int, ...]:
    """Return binary integers of 16 bits without a sign, as whatever kind they are stored."""
    text = item.shown(tag)
    try:
        return tuple(int(part) & 0xFFFF for part in text.split("\\")) if text else ()
    except ValueError:
        return _words(item, tag)


def _words(item: Elements, tag: int) -> tuple[int, ...]:
    content = item.content(tag)
    return (
        ()
        if content is None
        else tuple(int.from_bytes(content[at : at + 2], "little") for at in range(0, len(content), 2))
    )

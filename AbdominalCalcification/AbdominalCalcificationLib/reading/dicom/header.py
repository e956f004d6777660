"""What the header of a DICOM image says, as it stands there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...paths import shown_path
from .elements import DamagedFileError, Elements, foreign_parser
from .pixel_data import NO_PIXELS, PixelPlace, find_pixels

_PREAMBLE = 128
# Without preamble a file begins with one of these groups: that about the file itself, or the first of the data set.
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00", b"\x00\x08")
_LONGEST_FIRST_VALUE = 1024
# Rows or columns; CT has up to 2048. What says more is damaged, and would fill the memory.
_LARGEST = 8192

#: CT images, and enhanced CT as .2.1 and .2.2.
CT_CLASSES = "1.2.840.10008.5.1.4.1.1.2"

#: What may tell volumes of one series apart: its name in messages, and its element.
MARKS = {
    "temporal position": 0x00200100,
    "acquisition number": 0x00200012,
    "trigger time": 0x00181060,
    "kernel": 0x00181210,
    "image type": 0x00080008,
    "tube voltage": 0x00180060,
    "contrast agent": 0x00180010,
    "series number": 0x00200011,
    "series description": 0x0008103E,
    "slice thickness": 0x00180050,
    "frame of reference": 0x00200052,
    "study": 0x0020000D,
    "content time": 0x00080033,
    "instance number": 0x00200013,
}
_SAID_TWICE = {
    "SpacingBetweenSlices": 0x00180088,
    "GantryDetectorTilt": 0x00181120,
    "ImagerPixelSpacing": 0x00181164,
}
_MOMENT, _DATE, _TIME = 0x0008002A, 0x00080022, 0x00080032
_ENERGIES, _ENERGY = 0x00189364, 0x0018937C
_CLASS, _INSTANCE, _STUDY, _SERIES = 0x00080016, 0x00080018, 0x0020000D, 0x0020000E
_MODALITY, _MANUFACTURER, _UNITS = 0x00080060, 0x00080070, 0x00541001
_NAME, _ID, _BIRTH = 0x00100010, 0x00100020, 0x00100030
_POSITION, _ORIENTATION, _PIXEL_MM = 0x00200032, 0x00200037, 0x00280030
_SAMPLES, _PHOTOMETRIC, _FRAMES, _ROWS, _COLUMNS = 0x00280002, 0x00280004, 0x00280008, 0x00280010, 0x00280011
_ALLOCATED, _STORED, _HIGHEST, _SIGNED = 0x00280100, 0x00280101, 0x00280102, 0x00280103
_PADDING, _PADDING_LIMIT = 0x00280120, 0x00280121
_INTERCEPT, _SLOPE, _UNIT, _LOOKUP = 0x00281052, 0x00281053, 0x00281054, 0x00283000
_TAGS = sorted(
    {
        *MARKS.values(),
        *_SAID_TWICE.values(),
        *(_MOMENT, _DATE, _TIME, _ENERGIES, _ENERGY, _CLASS, _INSTANCE, _STUDY, _SERIES, _MODALITY, _MANUFACTURER),
        *(_UNITS, _NAME, _ID, _BIRTH, _POSITION, _ORIENTATION, _PIXEL_MM, _SAMPLES, _PHOTOMETRIC, _FRAMES, _ROWS),
        *(
            _COLUMNS,
            _ALLOCATED,
            _STORED,
            _HIGHEST,
            _SIGNED,
            _PADDING,
            _PADDING_LIMIT,
            _INTERCEPT,
            _SLOPE,
            _UNIT,
            _LOOKUP,
        ),
    }
)
_META_CLASS, _META_SYNTAX = 0x00020002, 0x00020010


class NotDicomError(Exception):
    """The file does not begin as DICOM files do."""


@dataclass(frozen=True)
class Rescale:
    """How stored values become HU (0028,1052 to 1054): None or empty where the file is silent, NaN for no number."""

    slope: float | None = None
    intercept: float | None = None
    unit: str = ""

    @property
    def is_given(self) -> bool:
        """Whether the file says both."""
        return self.slope is not None and self.intercept is not None

    @property
    def applied(self) -> tuple[float, float]:
        """Slope and intercept as GDCM applies them, which takes what is missing for 1 and 0."""
        return 1.0 if self.slope is None else self.slope, 0.0 if self.intercept is None else self.intercept


@dataclass(frozen=True)
class Stored:
    """How pixels are stored (0028,0100 to 0121).

    Attributes
    ----------
    bits_allocated, bits_stored : int
    signed : bool
    padding : tuple of int, or None
        Least and greatest stored value that stand for nothing; both ends count.
    """

    bits_allocated: int = 0
    bits_stored: int = 0
    signed: bool = False
    padding: tuple[int, int] | None = None

    @property
    def limits(self) -> tuple[int, int]:
        """Least and greatest value that the bits hold."""
        half = 1 << (self.bits_stored - 1)
        return (-half, half - 1) if self.signed else (0, 2 * half - 1)


@dataclass(frozen=True, eq=False)
class Image:
    """One image: a file, or one frame of a multi-frame file.

    Text is empty and tuples are shorter where the file is silent; a number that is none is NaN.

    Attributes
    ----------
    patient : str
        Tells patients apart; never to be shown or written.
    marks : mapping of str to str
        What may tell volumes of one series apart: :data:`MARKS`, ``acquisition time`` and ``energy``.
    said : mapping of str to tuple of float
        What the file says a second time: ``SpacingBetweenSlices``, ``GantryDetectorTilt``, ``ImagerPixelSpacing``.
    frames, frame : int
        How many frames the file has (0 for no image), and which of them this is.
    gdcm_rescale : Rescale
        What GDCM applies when it reads the file; another than `rescale` where frames differ.
    fault : str
        Why the pixels or the place cannot be had though this is an image; empty where they can.
    """

    path: Path
    sop_class: str = ""
    sop_instance: str = ""
    study: str = ""
    series: str = ""
    patient: str = ""
    modality: str = ""
    image_type: tuple[str, ...] = ()
    description: str = ""
    manufacturer: str = ""
    units: str = ""
    position: tuple[float, ...] = ()
    orientation: tuple[float, ...] = ()
    pixel_mm: tuple[float, ...] = ()
    rows: int = 0
    columns: int = 0
    frames: int = 0
    frame: int = 0
    samples: int = 1
    photometric: str = ""
    syntax: str = ""
    rescale: Rescale = Rescale()
    gdcm_rescale: Rescale = Rescale()
    stored: Stored = Stored()
    pixels: PixelPlace = NO_PIXELS
    marks: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    fault: str = ""

    @property
    def name(self) -> str:
        """Name of the file, as it can be printed."""
        return shown_path(self.path.name)


def is_dicom(path: Path) -> bool:
    """Return whether the file begins as a DICOM file does: with a preamble (Part 10), or at once with its data set."""
    with open(path, "rb") as file:
        return _begins_as_dicom(file)


def read_header(path: Path) -> Image:
    """Read the header of a DICOM file, its pixels left out.

    Raises
    ------
    NotDicomError, DamagedFileError, OSError
    """
    import pydicom  # only once there is DICOM to read: this takes longer than all other imports of reading

    with open(path, "rb") as file:
        if not _begins_as_dicom(file):
            raise NotDicomError
        file.seek(0)
        with foreign_parser():
            data_set = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=_TAGS)
            return _image(path, file, Elements(data_set), Elements(data_set.file_meta))


def rescale_of(elements: Elements) -> Rescale:
    """Return what a data set, or an item of Pixel Value Transformation, says about rescaling."""
    return Rescale(elements.number(_SLOPE), elements.number(_INTERCEPT), elements.text(_UNIT).upper())


def place_of(position: Elements, orientation: Elements, measures: Elements) -> dict[str, tuple[float, ...]]:
    """Return position, orientation and pixel size, each from the data set or item that holds it."""
    return {
        "position": position.numbers(_POSITION),
        "orientation": orientation.numbers(_ORIENTATION),
        "pixel_mm": measures.numbers(_PIXEL_MM),
    }


def energy_of(elements: Elements) -> str:
    """Return the energy in keV that monoenergetic images stand for; empty where none is said."""
    for each in (elements, *elements.items(_ENERGIES)):
        value = each.real(_ENERGY)
        if value is not None:
            return f"{value:g}"
    return ""


def _begins_as_dicom(file) -> bool:
    head = file.read(_PREAMBLE + 4)
    if head[_PREAMBLE:] == b"DICM":
        return True
    # (gggg,eeee) of a known group, then a VR or, in implicit form, the length of a short value.
    length = int.from_bytes(head[4:8], "little")
    return head[:2] in _FIRST_GROUPS and (
        re.fullmatch(rb"[A-Z]{2}", head[4:6]) is not None or length <= _LONGEST_FIRST_VALUE
    )


def _image(path: Path, file, header: Elements, meta: Elements) -> Image:
    sop_class = header.text(_CLASS) or meta.text(_META_CLASS)
    rows, columns = header.integer(_ROWS) or 0, header.integer(_COLUMNS) or 0
    if not sop_class and not rows and not header.text(_MODALITY):
        raise DamagedFileError("neither a class nor an image")
    about = {
        "path": path,
        "sop_class": sop_class,
        "sop_instance": header.text(_INSTANCE),
        "study": header.text(_STUDY),
        "series": header.text(_SERIES),
        "patient": _patient(header),
        "modality": header.text(_MODALITY).upper(),
        "description": header.written(MARKS["series description"]),
        "manufacturer": header.written(_MANUFACTURER),
        "units": header.text(_UNITS).upper(),
    }
    stored, fault = stored_of(header)
    frames = header.number(_FRAMES)
    frames = 1 if frames is None else int(frames) if 1 <= frames < 1e6 else 0
    syntax = meta.text(_META_SYNTAX)
    if not (rows and columns):
        # Reports and the like have no size; a CT without one has lost it.
        return Image(**about, syntax=syntax, fault="is truncated or damaged")
    pixels = find_pixels(file, header, syntax, frames * rows * columns * stored.bits_allocated // 8)
    if not pixels.is_whole or max(rows, columns) > _LARGEST:
        fault = "is truncated or damaged"
    elif frames == 0:
        fault = f"says that it has '{header.text(_FRAMES)}' frames"
    elif _LOOKUP in header:
        fault = "has a table instead of slope and intercept (Modality LUT), so its values are no HU"
    rescale = rescale_of(header)
    return Image(
        **about,
        **place_of(header, header, header),
        image_type=tuple(part for part in header.text(MARKS["image type"]).upper().split("\\") if part),
        rows=rows,
        columns=columns,
        frames=frames,
        samples=header.integer(_SAMPLES) or 1,
        photometric=header.text(_PHOTOMETRIC).upper(),
        syntax=syntax,
        rescale=rescale,
        gdcm_rescale=rescale,
        stored=stored,
        pixels=pixels,
        marks=_marks(header),
        said={name: numbers for name, tag in _SAID_TWICE.items() if (numbers := header.numbers(tag))},
        fault=fault,
    )


def _patient(header: Elements) -> str:
    """Return what tells patients apart: the ID, or the name where there is none, and the date of birth."""
    who = header.text(_ID) or header.text(_NAME)
    return f"{who}|{header.text(_BIRTH)}" if who else ""


def _marks(header: Elements) -> dict[str, str]:
    marks = {name: header.text(tag) for name, tag in MARKS.items()}
    time = header.text(_TIME)
    marks["acquisition time"] = header.text(_MOMENT) or (header.text(_DATE) + time if time else "")
    marks["energy"] = energy_of(header)
    return marks


def stored_of(header: Elements) -> tuple[Stored, str]:
    """Return how pixels are stored, and what is wrong with that."""
    allocated, bits = header.integer(_ALLOCATED) or 0, header.integer(_STORED) or 0
    sign = header.integer(_SIGNED)
    signed = sign == 1
    highest = header.integer(_HIGHEST)
    if allocated not in (8, 16, 32) or not 1 <= bits <= allocated or highest not in (None, bits - 1):
        said = f"says that it stores {bits} of {allocated} bits, the highest being bit {highest}"
        return Stored(allocated, max(bits, 1), signed), said
    if sign not in (0, 1):
        return Stored(allocated, bits), "does not say whether its pixels have a sign (Pixel Representation)"
    # The two fields' VR (US or SS) is often the wrong one, so the pixels' own sign decides.
    ends = [header.integer(tag, signed) for tag in (_PADDING, _PADDING_LIMIT)]
    padding = None
    if ends[0] is not None:
        other = ends[0] if ends[1] is None else ends[1]
        padding = (min(ends[0], other), max(ends[0], other))
    return Stored(allocated, bits, signed, padding), ""

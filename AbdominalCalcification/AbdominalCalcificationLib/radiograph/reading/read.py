"""A lateral radiograph from a file of any known kind: upright, dense bright, facing a known side."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...flags import Flag
from ...geometry import Grid
from ...paths import native_path
from ...reading.dicom import is_dicom
from ...reading.nifti import is_nifti
from ..image import Radiograph
from .choices import ReadingChoices
from .dicom import read_dicom_radiograph
from .nifti import read_nifti_radiograph
from .pictures import picture_kind, read_picture
from .placement import Placement, placed_by
from .raw import Raw, damaged

# Fewer are not enough to tell deposits from what lies behind them.
_FEW_GREYS = 32
# A lumbar spine of 20 cm in fewer has pixels of more than 0.7 mm.
_COARSE_PIXELS = 300
# Air of a CT in HU, and bone: a radiograph has no such scale.
_AIR_HU, _BONE_HU = (-1100, -850), 150
_SAME = 0.01
_KNOWN = "DICOM, PNG, TIFF, JPEG or NIfTI"


@dataclass(frozen=True, eq=False)
class RadiographImage:
    """A radiograph as it was read.

    Attributes
    ----------
    radiograph : Radiograph
        Upright; `faces` is None where nothing says where the patient's front is.
    flags : tuple of Flag
        What is unusual about the file.
    identity : dict
        What reproduces the input: name, format, UIDs, where the spacing is from, how the pixels lie in the file and a
        checksum of them; nothing about the patient. JSON values.
    placement : Placement
        How the pixels lie in the file.
    grid : Grid
        Of the pixels of the file, shape (1, rows, columns): where a viewer shows it, and masks of it belong.
    path : Path
    """

    radiograph: Radiograph
    flags: tuple[Flag, ...]
    identity: dict
    placement: Placement
    grid: Grid
    path: Path = field(default_factory=Path)


def read_radiograph(path: str | Path, choices: ReadingChoices | None = None) -> RadiographImage:
    """Read a radiograph.

    Parameters
    ----------
    path : str or Path
        DICOM, PNG, TIFF, JPEG or NIfTI; or a folder that holds one DICOM file.
    choices : ReadingChoices, optional

    Raises
    ------
    InputError
        For what cannot be read as one radiograph in grey, or is none.
    """
    path, choices = Path(path), choices or ReadingChoices()
    native_path(path)
    try:
        path = _file_of(path)
        raw = _read(path, choices)
    except OSError as error:
        raise InputError(f"'{path.name}' cannot be read ({error.strerror or error}); check its permissions.") from None
    except MemoryError:
        raise InputError(f"'{path.name}' does not fit into memory; export it in its own size.") from None
    return _image(path, raw, choices)


def pixels_checksum(pixels: np.ndarray) -> str:
    """Return the SHA-256 of the pixels of a :class:`..image.Radiograph` (rows, columns; little endian), hexadecimal."""
    return hashlib.sha256(np.ascontiguousarray(pixels, "<f4").data).hexdigest()


def _file_of(path: Path) -> Path:
    """Return the file itself, or the only DICOM file of a folder."""
    if path.is_file():
        if path.stat().st_size == 0:
            raise InputError(f"'{path.name}' is empty; copy or export it again.")
        return path
    if not path.is_dir():
        what = "is neither a file nor a folder" if path.exists() else "does not exist"
        raise InputError(f"'{path}' {what}; name a radiograph ({_KNOWN}).")
    files = (each for each in sorted(path.rglob("*")) if each.is_file() and each.name.upper() != "DICOMDIR")
    found = [each for each in files if is_dicom(each)]
    if len(found) != 1:
        what = "no DICOM file" if not found else f"{len(found)} DICOM files"
        raise InputError(f"'{path}' holds {what}; name the file of the radiograph itself.")
    return found[0]


def _read(path: Path, choices: ReadingChoices) -> Raw:
    if is_nifti(path):
        return read_nifti_radiograph(path)
    if (kind := picture_kind(path)) is not None:
        return read_picture(path, kind)
    if is_dicom(path):
        return read_dicom_radiograph(path, choices)
    raise InputError(f"'{path.name}' is no radiograph that can be read here; give {_KNOWN}.")


def _image(path: Path, raw: Raw, choices: ReadingChoices) -> RadiographImage:
    pixels, flags = _dense_bright(path, raw, choices.invert)
    placement, front = Placement(), None
    if raw.directions is not None and (placed := placed_by(*raw.directions)) is not None:
        placement, front = placed
    faces, how = _facing(path, front, choices)
    if not placement.is_as_stored:
        flags.append(Flag("turned_upright", "It lies on its side or upside down in its file, and was turned upright."))
    spacing, source, told = _spacing(raw, choices)
    flags = [*raw.flags, *told, *flags]
    radiograph = Radiograph(
        placement.upright(pixels),
        None if spacing is None else placement.steps(spacing),
        faces,
        placement.steps(raw.aspect),
    )
    flags += _of_pixels(raw, radiograph)
    identity = {
        "name": path.name,
        **raw.said,
        "rows": pixels.shape[0],
        "columns": pixels.shape[1],
        "spacing_source": source,
        "faces_source": how,
        "inverted": raw.dense_is_dark != choices.invert,
        "placement": placement.document(),
        "pixels_sha256": pixels_checksum(radiograph.pixels),
    }
    return RadiographImage(radiograph, tuple(flags), identity, placement, raw.grid, path)


def _facing(path: Path, front: str | None, choices: ReadingChoices) -> tuple[str | None, str]:
    """Return which way the patient faces, and who says so; None where nobody does."""
    if choices.faces is not None:
        return choices.faces, "user"
    if choices.flip:
        if front is None:
            raise InputError(f"'{path.name}' does not say where the patient's front is; give --faces, not --flip.")
        return ("left" if front == "right" else "right"), "user"
    return front, "file" if front is not None else "unknown"


def _spacing(raw: Raw, choices: ReadingChoices) -> tuple[tuple[float, float] | None, str, list[Flag]]:
    """Return the spacing of rows and columns of the file, where it is from, and flags."""
    given, said = choices.pixel_spacing_mm, raw.spacing_mm
    if given is not None:
        return given, "user", other_than_given(given, said, "its file")
    if said is None:
        shape = "" if raw.aspect != (1.0, 1.0) else ", which were taken as square"
        told = [Flag("pixel_size_unknown", f"Its file does not say how large its pixels are{shape}.")]
        return None, "unknown", [] if any(f.code == "pixel_size_implausible" for f in raw.flags) else told
    return said, str(raw.said.get("spacing_source") or "file"), []


def other_than_given(given: tuple[float, float], said: tuple[float, float] | None, who: str) -> list[Flag]:
    """Return the flag of a spacing that the user gives where `who` says another one; where nobody does, none."""
    if said is None or all(abs(a - b) <= _SAME * b for a, b in zip(given, said, strict=True)):
        return []
    text = f"Pixels of {given[0]:g} x {given[1]:g} mm were given, and {who} says {said[0]:.4g} x {said[1]:.4g} mm."
    return [Flag("pixel_size_given", text)]


def _dense_bright(path: Path, raw: Raw, invert: bool) -> tuple[np.ndarray, list[Flag]]:
    """Return pixels with dense bright, those that stand for nothing as dark as the darkest of the others, and flags."""
    with np.errstate(over="ignore"):  # what does not fit is infinite, and refused
        pixels = raw.pixels.astype(np.float32)
    if not np.isfinite(pixels).all():
        raise damaged(path, "values too large for a radiograph")
    seen = pixels if raw.padding is None else pixels[~raw.padding]
    least, most = float(seen.min()), float(seen.max())
    if least == most:
        raise InputError(f"'{path.name}' is blank: all of its pixels have one value; export it again.")
    if raw.dense_is_dark != invert:
        pixels = (least + most) - pixels
    flags: list[Flag] = []
    if raw.padding is not None:
        pixels[raw.padding] = least
        share = 100 * float(raw.padding.mean())
        text = f"Its header calls {share:.1f} % of its pixels padding; they count as the darkest of the others."
        flags.append(Flag("padded_pixels", text))
    return pixels, flags


def _of_pixels(raw: Raw, radiograph: Radiograph) -> list[Flag]:
    """Return what is unusual about the values, whatever they show."""
    flags, pixels = [], radiograph.pixels
    greys = len(np.unique(pixels[:: max(1, pixels.shape[0] // 512), :: max(1, pixels.shape[1] // 512)]))
    if greys < _FEW_GREYS:
        flags.append(Flag("few_grey_values", f"It has {greys} grey values, as a drawing has."))
    if max(pixels.shape) < _COARSE_PIXELS:
        flags.append(
            Flag("coarse_image", f"It is {pixels.shape[1]} x {pixels.shape[0]} pixels large, as a thumbnail is.")
        )
    least, most = float(raw.pixels.min()), float(raw.pixels.max())
    if raw.said.get("format") != "DICOM" and _AIR_HU[0] <= least <= _AIR_HU[1] and most > _BONE_HU:
        flags.append(Flag("looks_like_ct", f"Its values, {least:g} to {most:g}, are those of a CT in HU."))
    return flags

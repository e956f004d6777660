"""DICOM CT series: which files belong together, and what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ..errors import InputError
from ..flags import Flag
from ..geometry.volume import Volume
from .frames import read_frames
from .quiet import quiet_libraries
from .stack import assemble, plan_stack

_MAGIC_OFFSET = 128
_NOT_IMAGES = "1.2.840.10008.1.3.10"  # Media Storage Directory: a DICOMDIR
_IMAGE_CLASSES = "1.2.840.10008.5.1.4.1.1.2"  # CT, and enhanced CT as .2.1 and .2.2
_LISTED_SERIES = 12
# Directions (cosines) and pixel sizes (relative) that differ by no more are those of one stack. Scanners and archives
# round them; over 512 pixels this is half a pixel.
_SAME_LAYOUT = 1e-3


@dataclass(frozen=True)
class Header:
    """What is needed of one DICOM image; empty strings where the file is silent."""

    path: Path
    sop_instance: str
    study: str
    series: str
    modality: str
    image_type: str
    description: str
    manufacturer: str
    kernel: str
    acquisition: str
    position: tuple[float, ...]
    orientation: tuple[float, ...]
    pixel_mm: tuple[float, ...]
    columns: int
    rows: int
    frames: int
    components: int

    @property
    def usable(self) -> bool:
        """Whether the image can be a slice of a CT volume (no localizer, no screenshot)."""
        kind = self.image_type.upper()
        return (
            self.modality == "CT"
            and self.components == 1
            and "LOCALIZER" not in kind
            and "SCOUT" not in kind
            and (self.frames > 1 or (len(self.position), len(self.orientation), len(self.pixel_mm)) == (3, 6, 2))
        )

    @property
    def layout(self) -> tuple:
        """Series, kind and shape of the image, its directions and pixel size; a key for sorting."""
        return (self.series, self.frames > 1, self.rows, self.columns, self.orientation, self.pixel_mm)

    def fits(self, other: Header) -> bool:
        """Return whether both images can lie in one volume."""
        return self.layout[:4] == other.layout[:4] and _same_layout(
            (self.orientation, self.pixel_mm), (other.orientation, other.pixel_mm)
        )


def is_dicom(path: Path) -> bool:
    """Return whether the file starts as a DICOM file does (Part 10: "DICM" after 128 bytes)."""
    with open(path, "rb") as file:
        file.seek(_MAGIC_OFFSET)
        return file.read(4) == b"DICM"


def read_dicom(path: Path, series: str | None) -> tuple[Volume, tuple[Flag, ...], dict]:
    """Read the CT series under `path`: the largest, or the one with the UID `series`.

    Parameters
    ----------
    path : Path
        A folder, searched with all its folders, or one multi-frame file.
    series : str, optional
        Series Instance UID.

    Returns
    -------
    volume : Volume
        HU.
    flags : tuple of Flag
    identity : dict
        What the headers say about the series; nothing about the patient.

    Raises
    ------
    InputError
        Where there is no such series, it is no CT, or its geometry cannot be trusted.
    """
    with quiet_libraries():
        headers = _headers(path)
        chosen, flags = choose_slices(headers, series, path.name)
        volume, stack_flags = _read_slices(chosen)
    first = chosen[0]
    identity = {
        "study_uid": first.study or None,
        "series_uid": first.series or None,
        "modality": first.modality or None,
        "description": first.description or None,
        "manufacturer": first.manufacturer or None,
        "kernel": first.kernel or None,
        "image_count": len(chosen),
    }
    return volume, (*flags, *stack_flags), identity


def choose_slices(headers: Sequence[Header], series: str | None, name: str) -> tuple[list[Header], list[Flag]]:
    """Return the images of the chosen series and flags about the choice.

    Parameters
    ----------
    headers : sequence of Header
    series : str, optional
        Series Instance UID; by default the CT series with most slices.
    name : str
        What to call the folder in messages.
    """
    if not headers:
        raise InputError(f"'{name}' holds no DICOM images; name a folder with a CT series, or an image file.")
    if series is not None and series not in {header.series for header in headers}:
        raise InputError(f"'{name}' has no series {series}; it has {_list_series(headers)}.")
    named = [header for header in headers if series is None or header.series == series]
    usable = _without_copies([header for header in named if header.usable])
    if not usable:
        modalities = sorted({header.modality or "unknown" for header in named})
        if "CT" in modalities:
            raise InputError(f"'{name}' has CT images but no axial slices with a position; export the CT series again.")
        raise InputError(f"'{name}' holds {', '.join(modalities)} images and no CT; choose a CT series.")
    stacks = _stacks(usable)
    chosen = min(stacks, key=lambda stack: (-sum(header.frames for header in stack), stack[0].layout))
    flags = []
    others = {header.series for header in usable} - {chosen[0].series}
    if others:
        what = f"'{chosen[0].description}'" if chosen[0].description else chosen[0].series or "without UID"
        flags.append(
            Flag(
                "several_series",
                f"There are {len(others) + 1} CT series; the largest was read ({what}, {len(chosen)} images).",
            )
        )
    left_out = sum(header.series == chosen[0].series for header in usable) - len(chosen)
    if left_out:
        flags.append(
            Flag(
                "mixed_series",
                f"{left_out} images of the series differ in size or direction from the other {len(chosen)} "
                "and were left out.",
            )
        )
    return chosen, flags


def _stacks(headers: Sequence[Header]) -> list[list[Header]]:
    """Divide images into those that can lie in one volume, each being compared with the first of a stack."""
    stacks: list[list[Header]] = []
    for header in headers:
        stack = next((stack for stack in stacks if header.fits(stack[0])), None)
        if stack is None:
            stacks.append([header])
        else:
            stack.append(header)
    return stacks


def _same_layout(one: tuple, other: tuple) -> bool:
    """Return whether two pairs of directions (six cosines) and pixel size (mm) are the same but for rounding."""
    (directions, pixel_mm), (other_directions, other_pixel_mm) = one, other
    return (
        (len(directions), len(pixel_mm)) == (len(other_directions), len(other_pixel_mm))
        and all(abs(a - b) <= _SAME_LAYOUT for a, b in zip(directions, other_directions, strict=True))
        and all(abs(a - b) <= _SAME_LAYOUT * abs(b) for a, b in zip(pixel_mm, other_pixel_mm, strict=True))
    )


def _headers(path: Path) -> list[Header]:
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    headers, damaged = [], []
    for file in files:
        if not is_dicom(file):
            continue
        header = _header(file)
        if header is not None:
            headers.append(header)
        elif _is_damaged_image(file):
            damaged.append(file.name)
    if damaged:
        raise InputError(
            f"{len(damaged)} DICOM file(s) are truncated or damaged ({damaged[0]}); copy the series again."
        )
    return headers


def _header(path: Path) -> Header | None:
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
    except RuntimeError:
        return None

    def text(tag: str) -> str:
        if not reader.HasMetaDataKey(tag):
            return ""
        value = reader.GetMetaData(tag)
        # Characters that the file's declared encoding does not explain must not break JSON later.
        return value.encode("utf-8", "replace").decode("utf-8").strip(" \0")

    def numbers(tag: str) -> tuple[float, ...]:
        try:
            return tuple(float(part) for part in text(tag).split("\\") if part.strip())
        except ValueError:
            return ()

    size = reader.GetSize()
    return Header(
        path=path,
        sop_instance=text("0008|0018"),
        study=text("0020|000d"),
        series=text("0020|000e"),
        modality=text("0008|0060"),
        image_type=text("0008|0008"),
        description=text("0008|103e"),
        manufacturer=text("0008|0070"),
        kernel=text("0018|1210"),
        acquisition=text("0020|0012"),
        position=numbers("0020|0032"),
        orientation=numbers("0020|0037"),
        pixel_mm=numbers("0028|0030"),
        columns=size[0],
        rows=size[1],
        frames=size[2] if len(size) > 2 else 1,
        components=reader.GetNumberOfComponents(),
    )


def _is_damaged_image(path: Path) -> bool:
    """Return whether an unreadable DICOM file should have been a CT image, as far as it tells.

    Reports, presentation states and the like are no images and may lie beside a series.
    """
    with open(path, "rb") as file:
        head = file.read(2048)
    # (0002,0002) Media Storage SOP Class UID; the group 0002 is always explicit little endian.
    at = head.find(b"\x02\x00\x02\x00UI")
    if at < 0:
        return True
    length = int.from_bytes(head[at + 6 : at + 8], "little")
    sop_class = head[at + 8 : at + 8 + length].decode("ascii", "replace").strip(" \0")
    return sop_class.startswith(_IMAGE_CLASSES)


def _without_copies(headers: list[Header]) -> list[Header]:
    """Drop files that are copies of one image (the same SOP Instance UID)."""
    seen, kept = set(), []
    for header in headers:
        if header.sop_instance and header.sop_instance in seen:
            continue
        seen.add(header.sop_instance)
        kept.append(header)
    return kept


def _list_series(headers: Sequence[Header]) -> str:
    counts = Counter((header.series, header.modality, header.description) for header in headers)
    listed = [
        f"{uid or '(no UID)'} ({modality or 'no modality'}{', ' + text if text else ''}, {count} images)"
        for (uid, modality, text), count in counts.most_common(_LISTED_SERIES)
    ]
    more = len(counts) - len(listed)
    return "; ".join(listed) + (f"; and {more} more" if more > 0 else "")


def _read_slices(headers: list[Header]) -> tuple[Volume, tuple[Flag, ...]]:
    first = headers[0]
    orientation, pixel_mm = first.orientation, first.pixel_mm
    slices = [(header, 0, header.position) for header in headers]
    if first.frames > 1:
        slices, layouts = [], []
        for header in headers:
            frames = read_frames(header.path)
            slices += [(header, number, position) for number, position in enumerate(frames.positions)]
            layouts.append((frames.orientation, frames.pixel_mm))
        if not all(_same_layout(layout, layouts[0]) for layout in layouts):
            raise InputError("The files of the series differ in direction or pixel size; export one volume alone.")
        orientation, pixel_mm = layouts[0]
    plan = plan_stack(
        [position for _, _, position in slices], orientation[:3], orientation[3:], pixel_mm, (first.rows, first.columns)
    )
    flags = (*plan.flags, *_interleaving([slices[number][0].acquisition for number in plan.order]))
    held: dict[Path, np.ndarray] = {}

    def read_slice(number: int) -> np.ndarray:
        header, frame, _ = slices[number]
        if header.path not in held:
            held.clear()
            held[header.path] = _pixels(header)
        return held[header.path][frame]

    return assemble(plan, read_slice), flags


def _interleaving(acquisitions: list[str]) -> tuple[Flag, ...]:
    """Flag acquisitions that lie between each other: perhaps two phases that share a series."""
    runs = 1 + sum(a != b for a, b in pairwise(acquisitions))
    if runs == len(set(acquisitions)):
        return ()
    message = "Slices of several acquisitions alternate; the series may mix phases, which would make it useless."
    return (Flag("interleaved_acquisitions", message),)


def _pixels(header: Header) -> np.ndarray:
    """Return the pixels of one file, shape (frame, row, column), in HU (GDCM applies slope and intercept)."""
    reader = sitk.ImageFileReader()
    reader.SetImageIO("GDCMImageIO")
    reader.SetFileName(str(header.path))
    try:
        pixels = sitk.GetArrayFromImage(reader.Execute())
    except RuntimeError:
        raise InputError(f"The pixels of {header.path.name} cannot be read; copy the series again.") from None
    pixels = pixels.reshape(header.frames, header.rows, header.columns)
    # Unsigned and 64-bit integers would not mix with the air around a slice that is moved.
    return pixels if pixels.dtype.kind == "f" or pixels.dtype in (np.int16, np.int32) else pixels.astype(np.int32)

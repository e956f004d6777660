"""DICOM CT series: which files belong together, what they say, and the volume that they make."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ...errors import InputError
from ...flags import Flag
from ...geometry.volume import Volume
from ...paths import shown_path
from ..quiet import quiet_libraries
from .accounts import flags_about_files
from .agreement import check_acquisitions, check_geometry, check_kind, check_scale, check_uids
from .assembly import assemble
from .choice import Choice, choose_stack, same_series, stacks_of, with_patients
from .copies import without_copies
from .elements import DamagedFileError
from .folder import Folder, read_folder
from .frames import frames_of
from .header import Image, NotDicomError, is_dicom, read_header
from .kinds import why_no_slice
from .mixture import alternating_phases
from .pixels import PixelReader
from .source import SourceImage, SourceSeries, source_series
from .stack import plan_stack
from .volumes import Division, Part, divide, pick, pick_alternating

__all__ = ["DicomCt", "SourceImage", "SourceSeries", "is_dicom", "read_dicom", "source_of_files"]


class DicomCt(NamedTuple):
    """What was read of a series.

    Attributes
    ----------
    volume : Volume
        HU.
    flags : tuple of Flag
    identity : dict
        What the headers say about the series; nothing about the patient.
    source : SourceSeries
        Which images the planes are.
    """

    volume: Volume
    flags: tuple[Flag, ...]
    identity: dict
    source: SourceSeries


def read_dicom(path: Path, series: str | None, acquisition: str | None = None) -> DicomCt:
    """Read the CT series under `path`: the largest original one, or the one with the UID `series`.

    Parameters
    ----------
    path : Path
        A folder, searched with all its folders, or one multi-frame file.
    series : str, optional
        Series Instance UID.
    acquisition : str, optional
        Which volume, where the series holds several: what the message that refuses them calls it.

    Raises
    ------
    InputError
        Where there is no such series, it is no CT, it holds several volumes, or its geometry or scale cannot be
        trusted.
    """
    with quiet_libraries() as heard:
        folder = _open(path)
        choice = choose_stack(folder.images, series, shown_path(path.name))
        reader = PixelReader()
        stack = _stack(choice, acquisition)
        _check_faults(stack, folder.images)
        named = None if choice.beside else acquisition
        images, copies, asked = _one_volume(stack, reader, named)
        images, volume, flags, source = _assembled(images, reader, asked)
    first = images[0]
    flags = (
        *flags_about_files(folder, images, copies, choice, is_named=series is not None),
        *check_kind(images),
        *flags,
        *heard.flags(f"'{shown_path(path.name)}'"),
    )
    identity = {
        "study_uid": first.study or None,
        "series_uid": first.series or None,
        "frame_of_reference_uid": first.marks.get("frame of reference") or None,
        "modality": first.modality or None,
        "description": first.description or None,
        "manufacturer": first.manufacturer or None,
        "kernel": first.marks.get("kernel") or None,
        "image_count": len({image.path for image in images}),
        **({"acquisition": acquisition} if acquisition is not None else {}),
    }
    return DicomCt(volume, flags, identity, source)


def source_of_files(paths: Sequence[Path]) -> SourceSeries:
    """Return the source of a volume that another program has read of certain files.

    Only their headers are read.

    Raises
    ------
    InputError
        Where the files are no slices of one volume, or cannot be read.
    """
    try:
        frames = [frame for path in paths for frame in frames_of(read_header(path))]
    except (OSError, NotDicomError, DamagedFileError):
        raise InputError("Files of the CT's DICOM series are gone or damaged; import the series again.") from None
    stacks = stacks_of([image for image in frames if why_no_slice(image) is None and not image.fault])
    if len(stacks) != 1 or len(stacks[0].images) < len(frames):
        raise InputError("The files of the CT's DICOM series are not the slices of one volume; load one volume alone.")
    first = stacks[0].first
    plan = plan_stack(
        [image.position for image in frames],
        first.orientation[:3],
        first.orientation[3:],
        first.pixel_mm,
        (first.rows, first.columns),
    )
    return source_series(plan, [frames[number] for number in plan.order])


def _open(path: Path) -> Folder:
    """Read all headers, multi-frame files as their frames."""
    folder = read_folder(path)
    if folder.damaged:
        raise InputError(
            f"{len(folder.damaged)} DICOM file(s) are truncated or damaged ({shown_path(folder.damaged[0].name)}); "
            "copy the series again."
        )
    folder.images = with_patients([frame for image in folder.images for frame in frames_of(image)])
    return folder


def _stack(choice: Choice, acquisition: str | None) -> list[Image]:
    """Return the images of the chosen stack; where the series has several, of the one that `acquisition` names."""
    if not choice.beside:
        return list(choice.chosen.images)
    parts = tuple(Part(stack.label, stack.images) for stack in (choice.chosen, *choice.beside))
    return pick(Division("size and direction", parts), [], acquisition)


def _check_faults(stack: Sequence[Image], images: Sequence[Image]) -> None:
    """Refuse images of the series that are there and cannot be read: passing them over would leave holes."""
    first = stack[0]
    for image in stack:
        if image.photometric != "MONOCHROME2" and not image.fault:
            raise InputError(
                f"'{image.name}' is stored as {image.photometric or 'no known kind of grey'} (Photometric "
                "Interpretation) and not as MONOCHROME2, as CT is; export the series again."
            )
    faulty = [image for image in images if image.fault and same_series(image, first) and why_no_slice(image) is None]
    if faulty:
        more = f" (and {len(faulty) - 1} more)" if len(faulty) > 1 else ""
        raise InputError(f"'{faulty[0].name}'{more} {faulty[0].fault}; copy or export the series again.")


def _one_volume(
    stack: Sequence[Image], reader: PixelReader, acquisition: str | None
) -> tuple[list[Image], list[Image], str | None]:
    """Return the images of one volume in `stack`, copies of them, and what of `acquisition` only pixels can answer."""
    images, copies, conflict = without_copies(stack, reader.read)
    division = divide(images)
    images = pick(division, images, acquisition)
    if division is None:
        return images, copies, acquisition
    if conflict:
        images, copies, _ = without_copies(images, reader.read)
    return images, copies, None


def _assembled(
    images: list[Image], reader: PixelReader, acquisition: str | None
) -> tuple[list[Image], Volume, tuple[Flag, ...], SourceSeries]:
    """Return the volume, the images that it was made of, what is to be said about them, and which plane each is."""
    flags = check_scale(images)
    first = images[0]
    plan = plan_stack(
        [image.position for image in images],
        first.orientation[:3],
        first.orientation[3:],
        first.pixel_mm,
        (first.rows, first.columns),
    )
    ordered = [images[number] for number in plan.order]
    flags += (*plan.flags, *check_geometry(ordered, plan), *check_uids(ordered), *check_acquisitions(ordered))
    reader.forget()
    volume = assemble(plan, lambda number: reader.read(images[number]))
    part = pick_alternating(alternating_phases(volume.array), images, acquisition)
    if part is not None:
        return _assembled(part, reader, None)
    return images, volume, (*flags, *reader.flags()), source_series(plan, ordered)

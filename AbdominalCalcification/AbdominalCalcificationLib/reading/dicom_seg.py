"""DICOM segmentations (SEG, PS3.3 A.51 and A.87): which segments they hold, and where their voxels lie.

Only what the file says about itself is used: segments by their codes and labels, frames by their own position. Frames
may be left out where a segment has nothing, come in any order, and overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..anatomy import Code
from ..common_grid import MAX_VOXELS
from ..errors import InputError
from ..flags import Flag
from ..geometry.lattice import resized
from ..geometry.plausible import check_body_size
from ..terminology import entry_of_codes
from .dicom.elements import DamagedFileError, foreign_parser
from .dicom_seg_frames import Frames, plan_frames
from .dicom_seg_pixels import FRACTION, read_planes
from .meanings import Segment
from .segments import Drawing, DrawnOn

_SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
# What else is given as a mask, by the beginning of its SOP class UID, and what to do.
_IMAGES = "it is the image, not a mask"
_CONTOURS = "load it into Slicer and save it as .seg.nrrd"
_OTHER_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.481.3": ("an RT structure set (contours)", _CONTOURS),
    "1.2.840.10008.5.1.4.1.1.481.": ("an object of radiotherapy", _IMAGES),
    "1.2.840.10008.5.1.4.1.1.66.5": ("a surface segmentation", _CONTOURS),
    "1.2.840.10008.5.1.4.1.1.66": ("a registration or raw data", "name the segmentation"),
    "1.2.840.10008.5.1.4.1.1.30": ("a parametric map", "make a segmentation of it"),
    "1.2.840.10008.5.1.4.1.1.88.": ("a structured report", "name the segmentation that it refers to"),
    "1.2.840.10008.5.1.4.1.1.11.": ("a presentation state", "name the segmentation"),
    "1.2.840.10008.5.1.4.1.1.104.": ("a document", "name the segmentation"),
    "1.2.840.10008.5.1.4.1.1.7": ("a screenshot (secondary capture)", "name the segmentation"),
    "1.2.840.10008.5.1.4.1.1.2": ("a CT image", _IMAGES),
    "1.2.840.10008.5.1.4.1.1.4": ("an MR image", _IMAGES),
    "1.2.840.10008.5.1.4.1.1.128": ("a PET image", _IMAGES),
    "1.2.840.10008.1.3.10": ("a DICOMDIR", "name the segmentation, or the folder that holds it"),
}
_DAMAGED = "is truncated or damaged, or no DICOM segmentation; export it again"


@dataclass(frozen=True)
class _Said:
    """What the header of a segmentation says, as plain values."""

    kind: str
    segments: tuple[Segment, ...]
    count: int  # of frames, as it is stated
    frames: Frames
    numbers: tuple[int, ...]  # of the segment that each frame shows; empty for a label map
    drawn_on: DrawnOn


def what_is(path: Path) -> tuple[str, str] | None:
    """Return what a DICOM file is where it is no segmentation, and what to do instead; None where it is one.

    Raises
    ------
    InputError
        Where the file does not say what it is.
    """
    uid = _sop_class(path)
    if not uid:
        raise InputError(f"'{path.name}' {_DAMAGED}.")
    if uid in _SEGMENTATIONS:
        return None
    for beginning, said in _OTHER_CLASSES.items():
        if uid == beginning or uid.startswith(beginning if beginning.endswith(".") else beginning + "."):
            return said
    return f"a DICOM file of the class {uid}", "name a segmentation"


def _sop_class(path: Path) -> str:
    import pydicom

    try:
        with foreign_parser():
            found = pydicom.dcmread(path, force=True, stop_before_pixels=True, specific_tags=["SOPClassUID"])
            return str(found.get("SOPClassUID") or getattr(found.file_meta, "MediaStorageSOPClassUID", ""))
    except DamagedFileError:
        return ""


def read_dicom_seg(path: Path) -> Drawing:
    """Read a DICOM segmentation: BINARY, FRACTIONAL (what is at least 50 % counts) or LABELMAP.

    Raises
    ------
    InputError
        Where the file is another object, is damaged, or says nothing clear about where its frames lie.
    """
    import pydicom

    other = what_is(path)
    if other is not None:
        raise InputError(f"'{path.name}' is {other[0]}; {other[1]}.")
    try:
        with foreign_parser():
            dataset = pydicom.dcmread(path, force=True)
            said = _said(dataset)
    except DamagedFileError:
        raise InputError(f"'{path.name}' {_DAMAGED}.") from None
    _check(said, path.name)
    plan = plan_frames(said.frames, path.name)
    check_body_size(plan.grid, f"'{path.name}'")
    planes = read_planes(dataset, said.frames.shape, said.kind, path.name)
    flags = list(plan.flags)
    if planes.partial:
        text = f"'{path.name}' holds probabilities: what is at least {100 * FRACTION:.0f} % counts as in the segment."
        flags.append(Flag("mask_fractional", text))
    rows, columns = _used(planes)
    layers = _layers(said, plan.places, planes, rows, columns, plan.grid.shape[0], path.name)
    first, last = (0, rows.start, columns.start), (plan.grid.shape[0] - 1, rows.stop - 1, columns.stop - 1)
    segments = said.segments
    if layers.of is not None:
        segments = tuple(replace(each, layer=layers.of.get(each.value, 0)) for each in segments)
    grid = resized(plan.grid, first, last)
    return Drawing(f"'{path.name}'", segments, layers.arrays, grid, plan.grid, said.drawn_on, tuple(flags))


@dataclass(frozen=True, eq=False)
class _Layers:
    """Label maps beside each other, and in which of them each segment is (None: in the only one)."""

    arrays: list[np.ndarray]
    of: dict[int, int] | None


def _layers(said: _Said, places: Sequence[int], planes, rows: slice, columns: slice, slices: int, name: str) -> _Layers:
    """Return the label maps (k, j, i) of the part `rows`, `columns`; a segment goes where it overlaps no other."""
    shape = slices, rows.stop - rows.start, columns.stop - columns.start
    most = max((each.value for each in said.segments), default=1)
    dtype = np.uint8 if said.kind != "LABELMAP" and most < 256 else np.uint16

    def empty(count: int) -> np.ndarray:
        if count * np.prod(shape, dtype=float) > 2 * MAX_VOXELS:
            raise InputError(f"The segments in '{name}' overlap so often that they do not fit in memory; divide them.")
        return np.zeros(shape, dtype)

    if said.kind == "LABELMAP":
        layer, seen = empty(1), set()
        for number, place in enumerate(places):
            plane = planes[number][rows, columns]
            if place in seen:
                _refuse_second(layer[place], plane, name)
            seen.add(place)
            layer[place] = plane
        return _Layers([layer.astype(np.uint8) if layer.max(initial=0) < 256 else layer], None)
    frames_of: dict[int, dict[int, np.ndarray]] = {}
    for number, (place, segment) in enumerate(zip(places, said.numbers, strict=True)):
        plane = planes[number][rows, columns]
        earlier = frames_of.setdefault(segment, {}).setdefault(place, plane)
        if earlier is not plane:
            _refuse_second(earlier, plane, name)
    arrays, of = [empty(1)], {}
    for segment, drawn in sorted(frames_of.items()):
        free = (
            number
            for number, array in enumerate(arrays)
            if not any(array[place][plane].any() for place, plane in drawn.items())
        )
        which = next(free, len(arrays))
        if which == len(arrays):
            arrays.append(empty(which + 1))
        of[segment] = which
        for place, plane in drawn.items():
            arrays[which][place][plane] = segment
    return _Layers(arrays, of)


def _refuse_second(earlier: np.ndarray, plane: np.ndarray, name: str) -> None:
    """Refuse a second frame at a place: the first one is missing elsewhere, or it is another time point."""
    if not np.array_equal(earlier, plane):
        raise InputError(f"'{name}' shows two things at one place; export its time points apart.")
    if plane.any():
        raise InputError(
            f"'{name}' has the same frame twice at one place, so another place may lack one; export it again."
        )


def _used(planes) -> tuple[slice, slice]:
    """Return the rows and columns in which any frame shows something; the first of each where none does."""
    found = []
    for axis in (1, 0):
        hit = np.zeros(planes.shape[2 - axis], bool)
        for plane in planes:
            hit |= plane.any(axis=axis)
        where = np.flatnonzero(hit)
        found.append(slice(int(where[0]), int(where[-1]) + 1) if where.size else slice(0, 1))
    return found[0], found[1]


def _said(dataset) -> _Said:
    """Return what a pydicom dataset says; raises whatever pydicom does where it does not."""
    kind = "LABELMAP" if dataset.SOPClassUID == _SEGMENTATIONS[1] else str(dataset.SegmentationType)
    shared = (dataset.get("SharedFunctionalGroupsSequence") or [None])[0]
    count = int(dataset.get("NumberOfFrames") or 1)
    frames = list(dataset.get("PerFrameFunctionalGroupsSequence") or ([None] if count == 1 else []))

    def group(frame, sequence: str):
        for groups in (frame, shared):
            if groups is not None and groups.get(sequence):
                return groups[sequence][0]
        return None

    def numbers(frame, sequence: str, keyword: str) -> tuple[float, ...]:
        found = group(frame, sequence)
        return () if found is None else tuple(float(value) for value in found.get(keyword) or ())

    of_segments: tuple[int, ...] = ()
    if kind in ("BINARY", "FRACTIONAL"):
        of_segments = tuple(
            int(group(frame, "SegmentIdentificationSequence").ReferencedSegmentNumber) for frame in frames
        )
    measures = [group(frame, "PixelMeasuresSequence") for frame in frames]
    described = Frames(
        (int(dataset.Rows), int(dataset.Columns)),
        tuple(numbers(frame, "PlanePositionSequence", "ImagePositionPatient") for frame in frames),
        tuple(numbers(frame, "PlaneOrientationSequence", "ImageOrientationPatient") for frame in frames),
        tuple(numbers(frame, "PixelMeasuresSequence", "PixelSpacing") for frame in frames),
        tuple(_number(each, "SpacingBetweenSlices") for each in measures),
        tuple(_number(each, "SliceThickness") for each in measures),
    )
    series = [str(each.get("SeriesInstanceUID", "")) for each in dataset.get("ReferencedSeriesSequence") or []]
    drawn_on = DrawnOn(series[0] if len(series) == 1 else None, str(dataset.get("FrameOfReferenceUID") or "") or None)
    segments = tuple(_segment(each) for each in dataset.SegmentSequence)
    return _Said(kind, segments, count, described, of_segments, drawn_on)


def _check(said: _Said, name: str) -> None:
    """Refuse what contradicts itself."""
    if said.kind not in ("BINARY", "FRACTIONAL", "LABELMAP"):
        raise InputError(
            f"'{name}' is a segmentation of the kind '{said.kind}', which is not known; export it as BINARY."
        )
    described = len(said.frames.positions)
    if described != said.count:
        raise InputError(f"'{name}' says that it has {said.count} frames and describes {described}; export it again.")
    known = {each.value for each in said.segments}
    if len(known) < len(said.segments) or not all(0 <= number < 1 << 16 for number in known):
        raise InputError(f"Segments in '{name}' have the same number, or none; export it again.")
    strangers = set(said.numbers) - known
    if strangers:
        raise InputError(
            f"'{name}' has frames of a segment {min(strangers)} that it does not describe; export it again."
        )


def _number(item, keyword: str) -> float | None:
    value = None if item is None else item.get(keyword)
    return None if value in (None, "") else float(value)


def _segment(item) -> Segment:
    """Return what an item of the Segment Sequence says."""
    kind = _first_of(item, "SegmentedPropertyTypeCodeSequence")
    region = _first_of(item, "AnatomicRegionSequence")
    entry = entry_of_codes(
        _code(_first_of(item, "SegmentedPropertyCategoryCodeSequence")),
        _code(kind),
        _code(_first_of(kind, "SegmentedPropertyTypeModifierCodeSequence")),
        _code(region),
        _code(_first_of(region, "AnatomicRegionModifierSequence")),
    )
    label = str(item.get("SegmentLabel") or "").strip()
    described = str(item.get("SegmentDescription") or "").strip()
    return Segment(label, described, entry, value=int(item.SegmentNumber), coded_first=True)


def _first_of(item, sequence: str):
    found = None if item is None else item.get(sequence)
    return found[0] if found else None


def _code(item) -> Code | None:
    if item is None:
        return None
    value = item.get("CodeValue") or item.get("LongCodeValue") or ""
    return Code(str(item.get("CodingSchemeDesignator") or ""), str(value), str(item.get("CodeMeaning") or ""))

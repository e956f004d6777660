"""The frames of a multi-frame (enhanced) CT: each is an image with a place and a scale of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .elements import DamagedFileError, Elements, foreign_parser
from .header import Image, energy_of, place_of, rescale_of

# Enhanced CT and Legacy Converted Enhanced CT.
_ENHANCED = ("1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")
_SHARED, _PER_FRAME = 0x52009229, 0x52009230
# Macros of the functional groups (DICOM PS3.3, C.7.6.16.2 and C.8.15.3).
_PLANE_POSITION, _PLANE_ORIENTATION, _MEASURES, _VALUES = 0x00209113, 0x00209116, 0x00289110, 0x00289145
_CONTENT, _CARDIAC, _KERNEL, _FRAME_TYPE, _DETAILS = 0x00209111, 0x00189118, 0x00189314, 0x00189329, 0x00189325
_ACQUISITION, _MULTI_ENERGY = 0x00189304, 0x00189364
_MARKS = {
    "temporal position": (_CONTENT, 0x00209128),
    "acquisition number": (_CONTENT, 0x00209156),
    "acquisition time": (_CONTENT, 0x00189074),
    "stack": (_CONTENT, 0x00209056),
    "cardiac phase": (_CARDIAC, 0x00209241),
    "kernel": (_KERNEL, 0x00181210),
    "image type": (_FRAME_TYPE, 0x00089007),
    "tube voltage": (_DETAILS, 0x00180060),
    "slice thickness": (_MEASURES, 0x00180050),
}
_SAID_TWICE = {"SpacingBetweenSlices": (_MEASURES, 0x00180088), "GantryDetectorTilt": (_ACQUISITION, 0x00181120)}


def frames_of(image: Image) -> list[Image]:
    """Return the images of a file: itself, or its frames; itself with a fault where they cannot be told.

    Parameters
    ----------
    image : Image
        As read from the header of the file.
    """
    if image.fault or (image.frames == 1 and image.sop_class not in _ENHANCED):
        return [image]
    if image.sop_class not in _ENHANCED:
        return [
            replace(image, fault=f"has {image.frames} frames and is no enhanced CT, so nothing says where they lie")
        ]
    import pydicom

    try:
        with foreign_parser():
            data_set = pydicom.dcmread(
                image.path, stop_before_pixels=True, force=True, specific_tags=[_SHARED, _PER_FRAME]
            )
            top = Elements(data_set)
            return _frames(image, top.items(_SHARED), top.items(_PER_FRAME))
    except DamagedFileError:
        return [replace(image, fault="has frames with no position that can be read")]


def _frames(image: Image, shared: Sequence[Elements], own: Sequence[Elements]) -> list[Image]:
    if len(own) != image.frames:
        fault = f"says that it has {image.frames} frames and describes {len(own)}"
        return [replace(image, fault=fault)]
    groups = [_Groups([frame, *shared[:1]]) for frame in own]
    frames = [_frame(image, number, each) for number, each in enumerate(groups)]
    if any(not (frame.position and frame.orientation and frame.pixel_mm) for frame in frames):
        return [replace(image, fault="has frames with no position that can be read")]
    common = _Groups(shared[:1])
    if common.has(_VALUES) and any(_Groups([frame]).has(_VALUES) for frame in own):
        return [replace(image, fault="gives slope and intercept for all frames and again for single ones")]
    if image.rescale.is_given and any(frame.rescale.applied != image.rescale.applied for frame in frames):
        return [replace(image, fault="gives slope and intercept for the file and others for its frames")]
    return [replace(frame, gdcm_rescale=frames[0].rescale) for frame in frames]


class _Groups:
    """The functional groups of a frame: its own, else those that all share."""

    def __init__(self, items: Sequence[Elements]):
        self._items = items

    def has(self, macro: int) -> bool:
        return any(item.items(macro) for item in self._items)

    def macro(self, macro: int) -> Elements:
        return next((each for item in self._items for each in item.items(macro)[:1]), Elements({}))


def _frame(image: Image, number: int, groups: _Groups) -> Image:
    marks = dict(image.marks)
    for name, (macro, tag) in _MARKS.items():
        marks[name] = groups.macro(macro).shown(tag) or marks.get(name, "")
    marks["energy"] = energy_of(groups.macro(_MULTI_ENERGY)) or marks["energy"]
    marks["instance number"] = ""
    said = {name: groups.macro(macro).numbers(tag) for name, (macro, tag) in _SAID_TWICE.items()}
    values = groups.macro(_VALUES)
    return replace(
        image,
        **place_of(groups.macro(_PLANE_POSITION), groups.macro(_PLANE_ORIENTATION), groups.macro(_MEASURES)),
        frame=number,
        rescale=rescale_of(values) if groups.has(_VALUES) else image.rescale,
        marks=marks,
        said={**image.said, **{name: numbers for name, numbers in said.items() if numbers}},
    )

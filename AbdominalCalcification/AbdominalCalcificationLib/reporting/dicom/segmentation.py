"""DICOM SEG (PS3.3, A.51) of a mask."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from ... import __version__
from ...anatomy import CALCIFICATION_COLOR, territory_of_label
from ...errors import InputError
from ...geometry import Volume, bounding_box
from . import codes
from .headers import SourceHeaders
from .objects import MANUFACTURER, MODEL, content_moment, finish
from .origin import MaskOrigin, editors, mask_origin, one_text
from .planes import Planes, planes_of
from .uids import new_uid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

#: Segmentation Type: one bit for each segment, which every viewer reads; or numbers, which few do.
KINDS = ("BINARY", "LABELMAP")
_TITLES = {"arteries": "Arteries", "calcification": "Calcification of arteries"}
_NUMBERS = {"arteries": 9101, "calcification": 9102}
_CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"
_DERIVATION = codes.Code("DCM", "113076", "Segmentation")
_PURPOSE = codes.Code("DCM", "121322", "Source image for image processing operation")


def segmentation(
    role: str,
    mask: Volume,
    document: Mapping,
    headers: SourceHeaders,
    kind: str = "BINARY",
    moment: datetime | None = None,
) -> Dataset | None:
    """Return a mask as a DICOM segmentation in the study of its CT; None where the mask is empty.

    Each call makes a new instance in a series of its own; what its segments track has the same UIDs as before.

    Parameters
    ----------
    role : {'arteries', 'calcification'}
    mask : Volume
        Territory labels; or non-zero = calcified.
    document : mapping
        ``measurements.json`` of the result.
    headers : SourceHeaders
    kind : {'BINARY', 'LABELMAP'}
    moment : datetime, optional
        When it was made; now by default.
    """
    import highdicom

    array = mask.array.astype(np.uint8, copy=False) if role == "arteries" else (mask.array != 0).view(np.uint8)
    box = bounding_box(array)
    if box is None:
        return None
    labels = _labels_in(array[box])
    planes = planes_of(Volume(array, mask.grid), headers.source)
    # What lies above and below the mask costs time and gets no frame.
    filled = (bounding_box(planes.array) or box)[0]
    origin = mask_origin(document, role, int(np.count_nonzero(array[box])))
    described = [_described(role, label, number, origin, headers) for number, label in enumerate(labels, start=1)]
    date, time = content_moment(headers, moment)
    who = editors(document, role)
    made = highdicom.seg.Segmentation(
        source_images=[_stand_in(headers, planes)],
        pixel_array=_numbered(planes.array[filled], labels),
        segmentation_type=kind,
        segment_descriptions=described,
        series_instance_uid=new_uid(),
        series_number=_NUMBERS[role],
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MODEL,
        software_versions=__version__,
        device_serial_number="none",
        content_label=role.upper(),
        content_description=_TITLES[role],
        content_creator_name=None if headers.is_anonymous or not who else person_name(who[-1]),
        series_description=f"{_TITLES[role]} ({MODEL})",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        omit_empty_frames=True,
        content_date=date,
        content_time=time,
        **_geometry(planes, filled),
    )
    if "ContentCreatorName" not in made:
        made.ContentCreatorName = ""  # type 2 in older editions of the Content Identification macro
    _refer(made, planes, headers)
    return finish(made, headers)


def _labels_in(array: np.ndarray) -> list[int]:
    """Return the labels in a part of a mask; plane by plane, since counting makes 8 bytes of each voxel."""
    found = np.zeros(256, bool)
    for plane in array:
        found |= np.bincount(plane.ravel(), minlength=256) > 0
    return [int(label) for label in np.flatnonzero(found) if label]


def _numbered(array: np.ndarray, labels: Sequence[int]) -> np.ndarray:
    """Return a mask with labels replaced by the numbers of their segments, which count from 1."""
    numbers = np.zeros(256, np.uint8)
    numbers[list(labels)] = np.arange(1, len(labels) + 1)
    if list(labels) == [*range(1, len(labels) + 1)]:
        return np.ascontiguousarray(array)
    numbered = np.empty(array.shape, np.uint8)
    for plane, out in zip(array, numbered, strict=True):
        out[:] = numbers[plane]
    return numbered


def person_name(text: str) -> str:
    """Return what a person calls itself as a DICOM name (PN): the whole as the family name where it has no parts."""
    parts = one_text(text.replace("\\", " ").replace("=", " ")).split("^", 4)
    # Five components; what follows a further caret belongs to the last.
    name = "^".join([*parts[:4], *(part.replace("^", " ") for part in parts[4:])])[:64]
    return name if "^" in name else f"{name[:63]}^"


def _described(role: str, label: int, number: int, origin: MaskOrigin, headers: SourceHeaders):
    from highdicom.color import CIELabColor
    from highdicom.content import AlgorithmIdentificationSequence
    from highdicom.seg import SegmentDescription

    if role == "arteries":
        try:
            territory = territory_of_label(label)
        except KeyError:
            raise InputError(f"The artery mask has a label {label} that is no territory; measure it anew.") from None
        title, color, name = territory.title, territory.color, territory.name
        category, kind, regions = codes.ANATOMICAL_STRUCTURE, codes.artery(territory), None
    else:
        title, color, name = "Calcification", CALCIFICATION_COLOR, role
        category, kind = codes.ABNORMAL_STRUCTURE, codes.CALCIFICATION
        territory, regions = None, [codes.concept(codes.ARTERY)]
    algorithm = None
    if origin.kind != "MANUAL":
        algorithm = AlgorithmIdentificationSequence(
            origin.name,
            codes.concept(origin.family),
            origin.version,
            source=MANUFACTURER,
            parameters=dict(origin.parameters) or None,
        )
    described = SegmentDescription(
        number,
        title,
        codes.concept(category),
        codes.concept(kind),
        origin.kind,
        algorithm,
        tracking_uid=headers.uid_of("segment", name),
        tracking_id=name,
        anatomic_regions=regions,
        display_color=CIELabColor.from_rgb(*(round(255 * part) for part in color)),
    )
    if territory is not None and territory.laterality is not None:
        side = codes.concept(territory.laterality)
        described.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [side]
    return described


def _stand_in(headers: SourceHeaders, planes: Planes) -> Dataset:
    """Return a header for highdicom to take patient and study from; :func:`_refer` says what the frames were made of.

    Headers of real series differ in the last digits of what must be the same, and multi-frame files hold other volumes.
    """
    from copy import deepcopy

    image = deepcopy(headers.first)
    for keyword in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "NumberOfFrames"):
        if keyword in image:
            delattr(image, keyword)
    image.SOPClassUID = _CT_IMAGE
    image.Modality = "CT"
    image.Rows, image.Columns = planes.array.shape[1:]
    image.ImageOrientationPatient = _decimals(planes.orientation)
    image.ImagePositionPatient = _decimals(planes.positions_lps[0])
    image.PixelSpacing = _decimals(planes.pixel_mm)
    image.SliceThickness = _decimals([planes.step_mm])[0]
    return image


def _geometry(planes: Planes, filled: slice) -> dict:
    from highdicom import PixelMeasuresSequence, PlaneOrientationSequence, PlanePositionSequence

    return {
        "pixel_measures": PixelMeasuresSequence(
            [float(x) for x in planes.pixel_mm], slice_thickness=planes.step_mm, spacing_between_slices=planes.step_mm
        ),
        "plane_orientation": PlaneOrientationSequence("PATIENT", [float(x) for x in planes.orientation]),
        "plane_positions": [
            PlanePositionSequence("PATIENT", [float(x) for x in position]) for position in planes.positions_lps[filled]
        ],
    }


def _refer(made: Dataset, planes: Planes, headers: SourceHeaders) -> None:
    """Say which images of the source each frame was made of, and all of them once more by series."""
    from pydicom.dataset import Dataset

    starts = np.asarray(planes.positions_lps)
    derivations: dict[tuple, Dataset] = {}  # several segments have frames on one plane
    for frame in made.PerFrameFunctionalGroupsSequence:
        at = tuple(float(x) for x in frame.PlanePositionSequence[0].ImagePositionPatient)
        if at not in derivations:
            k = int(np.abs(starts - at).max(axis=1).argmin())
            derivations[at] = _derivation(planes, k, headers)
        frame.DerivationImageSequence = [derivations[at]]
    series = Dataset()
    series.SeriesInstanceUID = headers.first.SeriesInstanceUID
    first_of_file = {file: number for number, (file, _) in reversed([*enumerate(headers.numbers)])}
    firsts = [first_of_file[file] for file in sorted(first_of_file)]
    series.ReferencedInstanceSequence = [_reference(number, headers) for number in firsts]
    made.ReferencedSeriesSequence = [series]
    if "SourceImageSequence" in made:
        del made.SourceImageSequence


def _derivation(planes: Planes, k: int, headers: SourceHeaders) -> Dataset:
    """Return what says which images plane k was made of."""
    from pydicom.dataset import Dataset

    sources = []
    for number in planes.images[k]:
        item = _reference(number, headers)
        which, of_file = headers.numbers[number]
        if headers.files[which].get("NumberOfFrames"):
            item.ReferencedFrameNumber = of_file + 1
        item.PurposeOfReferenceCodeSequence = [codes.concept(_PURPOSE)]
        item.SpatialLocationsPreserved = "YES" if planes.as_stored[k] else "NO"
        sources.append(item)
    derivation = Dataset()
    derivation.DerivationCodeSequence = [codes.concept(_DERIVATION)]
    derivation.SourceImageSequence = sources
    return derivation


def _reference(number: int, headers: SourceHeaders) -> Dataset:
    """Return a reference to the file of an image of the source."""
    from pydicom.dataset import Dataset

    file = headers.files[headers.numbers[number][0]]
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = file.SOPClassUID, file.SOPInstanceUID
    return item


def _decimals(numbers) -> list:
    from pydicom.valuerep import DSfloat

    return [DSfloat(float(each), auto_format=True) for each in numbers]

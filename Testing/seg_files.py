"""DICOM segmentations made on the fly, so that tests can leave out or change any attribute; label maps with names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import ExplicitVRLittleEndian

SEGMENTATION, LABELMAP = "1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"
LEFT, RIGHT = ("SCT", "7771000", "Left"), ("SCT", "24028007", "Right")
CODES = {
    "aorta": ("SCT", "15825003", "Aorta"),
    "renal": ("SCT", "2841007", "Renal artery"),
    "calcification": ("SCT", "18115005", "Pathologic calcification"),
    "tissue": ("SCT", "85756007", "Tissue"),
    "liver": ("SCT", "10200004", "Liver"),
}


@dataclass(frozen=True)
class Described:
    """What an item of the Segment Sequence says; codes are (scheme, value, meaning)."""

    number: int
    label: str = ""
    code: tuple[str, str, str] | None = None
    side: tuple[str, str, str] | None = None
    region: tuple[str, str, str] | None = None
    description: str = ""


@dataclass(frozen=True)
class Place:
    """Where slices lie (LPS, mm): slice k at ``origin + k * slice_mm * normal``."""

    origin: tuple[float, float, float] = (-20.0, -30.0, 100.0)
    orientation: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    pixel_mm: tuple[float, float] = (0.7, 0.8)  # between rows, between columns
    slice_mm: float = 2.0

    def position(self, k: float) -> list[float]:
        normal = np.cross(self.orientation[:3], self.orientation[3:])
        return [float(x) for x in np.array(self.origin) + k * self.slice_mm * normal]

    def affine_lps(self) -> np.ndarray:
        """Return the affine from (i, j, k, 1) to LPS mm."""
        across, down = np.array(self.orientation[:3]), np.array(self.orientation[3:])
        matrix = np.eye(4)
        matrix[:3, 0], matrix[:3, 1] = across * self.pixel_mm[1], down * self.pixel_mm[0]
        matrix[:3, 2] = np.cross(across, down) * self.slice_mm
        matrix[:3, 3] = self.origin
        return matrix


def write_seg(
    path: Path,
    masks: Mapping[int, np.ndarray],
    segments: Sequence[Described],
    place: Place = Place(),
    *,
    kind: str = "BINARY",
    sparse: bool = True,
    shuffled: bool = False,
    per_frame: bool = False,
    between: float | str | None = "true",
    thickness: float | None = None,
    series: str | None = "1.2.3.4",
    frame_of_reference: str = "1.2.3.9",
    change=None,
) -> Path:
    """Write a segmentation.

    Parameters
    ----------
    path : Path
    masks : mapping of int to ndarray, shape (k, j, i)
        What each segment has: truth values, fractions of 255 (FRACTIONAL); one map of numbers under 0 (LABELMAP).
    segments : sequence of Described
    place : Place
    kind : {'BINARY', 'FRACTIONAL', 'LABELMAP'}
    sparse : bool
        Leave out frames that show nothing.
    shuffled : bool
        Write the frames in another order.
    per_frame : bool
        Say directions and pixel size with each frame instead of once for all.
    between : float or None
        Spacing Between Slices; that of `place` by default.
    thickness : float, optional
        Slice Thickness.
    series : str, optional
        Series that the segmentation refers to.
    frame_of_reference : str
    change : callable, optional
        Takes the dataset before it is written.
    """
    frames = [
        (number, k, plane)
        for number, mask in masks.items()
        for k, plane in enumerate(mask)
        if not sparse or np.any(plane) or (k == 0 and not np.any(mask))
    ]
    if shuffled:
        frames = [frames[n] for n in np.random.default_rng(1).permutation(len(frames))]
    dataset = _empty_dataset(LABELMAP if kind == "LABELMAP" else SEGMENTATION)
    dataset.FrameOfReferenceUID = frame_of_reference
    dataset.SegmentationType = kind
    if series is not None:
        dataset.ReferencedSeriesSequence = Items([_item(SeriesInstanceUID=series)])
    dataset.SegmentSequence = Items([_segment(each) for each in segments])
    rows, columns = frames[0][2].shape
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = rows, columns, len(frames)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    bits = {"BINARY": 1, "FRACTIONAL": 8, "LABELMAP": 8}[kind]
    if kind == "LABELMAP" and max(int(plane.max()) for _, _, plane in frames) > 255:
        bits = 16
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    if kind == "FRACTIONAL":
        dataset.MaximumFractionalValue, dataset.SegmentationFractionalType = 255, "PROBABILITY"
    measures = _item(PixelSpacing=list(place.pixel_mm))
    if between is not None:
        measures.SpacingBetweenSlices = place.slice_mm if between == "true" else between
    if thickness is not None:
        measures.SliceThickness = thickness
    layout = {
        "PixelMeasuresSequence": Items([measures]),
        "PlaneOrientationSequence": Items([_item(ImageOrientationPatient=list(place.orientation))]),
    }
    dataset.SharedFunctionalGroupsSequence = Items([_item(**({} if per_frame else layout))])
    groups = [_frame(place, k, None if kind == "LABELMAP" else number) for number, k, _ in frames]
    for group in groups if per_frame else ():
        group.update(_item(**layout))
    dataset.PerFrameFunctionalGroupsSequence = Items(groups)
    dataset.PixelData = _pixel_data(np.stack([plane for _, _, plane in frames]), bits)
    if change is not None:
        change(dataset)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def _empty_dataset(kind: str) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = kind
    dataset.SOPInstanceUID = "1.2.3.77"
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.Modality, dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "SEG", "1.2.3", "1.2.3.5"
    return dataset


def _frame(place: Place, k: int, segment: int | None) -> Dataset:
    """What is said with one frame: where it lies, and which segment it shows."""
    group = _item(PlanePositionSequence=Items([_item(ImagePositionPatient=place.position(k))]))
    if segment is not None:
        group.SegmentIdentificationSequence = Items([_item(ReferencedSegmentNumber=segment)])
    return group


def _pixel_data(pixels: np.ndarray, bits: int) -> bytes:
    if bits == 1:
        data = np.packbits((pixels != 0).ravel(), bitorder="little").tobytes()
    else:
        data = pixels.astype("<u2" if bits == 16 else np.uint8).tobytes()
    return data + b"\0" * (len(data) % 2)


def with_label_table(path: Path, names: Mapping[int, str]) -> Path:
    """Put a table of labels into an uncompressed NIfTI file as TotalSegmentator does."""
    rows = "".join(
        f'<Label Key="{key}" Red="1" Green="0" Blue="0" Alpha="1"><![CDATA[{name}]]></Label>\n'
        for key, name in names.items()
    )
    head = '<?xml version="1.0" encoding="UTF-8"?> <CaretExtension> <VolumeInformation Index="0"> <LabelTable>'
    text = f"{head}\n{rows}</LabelTable></VolumeInformation></CaretExtension>"
    content = bytearray(path.read_bytes())
    data = text.encode() + b" " * (-(len(text.encode()) + 8) % 16)
    content[108:112] = np.float32(352 + len(data) + 8).tobytes()
    content[348:352] = b"\1\0\0\0"
    content[352:352] = np.array([len(data) + 8, 0], "<i4").tobytes() + data
    path.write_bytes(content)
    return path


def _item(**attributes) -> Dataset:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def _code(code: tuple[str, str, str]) -> Items:
    scheme, value, meaning = code
    return Items([_item(CodingSchemeDesignator=scheme, CodeValue=value, CodeMeaning=meaning)])


def _segment(described: Described) -> Dataset:
    item = _item(SegmentNumber=described.number, SegmentLabel=described.label, SegmentAlgorithmType="MANUAL")
    item.SegmentedPropertyCategoryCodeSequence = _code(("SCT", "123037004", "Anatomical Structure"))
    if described.description:
        item.SegmentDescription = described.description
    if described.code is not None:
        item.SegmentedPropertyTypeCodeSequence = _code(described.code)
        if described.side is not None and described.region is None:
            item.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = _code(described.side)
    if described.region is not None:
        item.AnatomicRegionSequence = _code(described.region)
        if described.side is not None:
            item.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = _code(described.side)
    return item

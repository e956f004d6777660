"""DICOM segmentations that contradict themselves, are silent, or are none."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.reading import other_ct_flags, read_arteries
from dicom_files import write_file
from seg_cases import AORTA, ARTERIES, SHAPE, on_grid, some_masks
from seg_files import Place, write_seg

POSITION = "PlanePositionSequence", "ImagePositionPatient"


@pytest.mark.parametrize(
    ("sop_class", "what"),
    [
        ("1.2.840.10008.5.1.4.1.1.481.3", "an RT structure set .contours.; load it into Slicer"),
        ("1.2.840.10008.5.1.4.1.1.88.33", "a structured report"),
        ("1.2.840.10008.5.1.4.1.1.11.1", "a presentation state"),
        ("1.2.840.10008.5.1.4.1.1.2", "a CT image; it is the image, not a mask"),
        ("1.2.840.10008.5.1.4.1.1.2.1", "a CT image"),
        ("1.2.840.10008.5.1.4.1.1.66.5", "a surface segmentation"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "a document"),
        ("1.2.840.10008.5.1.4.1.1.77.1.1", r"a DICOM file of the class 1\.2\.840"),
    ],
)
def test_what_is_no_segmentation_is_called_what_it_is(tmp_path, sop_class, what):
    path = write_file(tmp_path / "x.dcm", sop_class, "1.2.3", {(0x0008, 0x0060): ("CS", "OT")})
    with pytest.raises(InputError, match=rf"^'x\.dcm' is {what}[^\n]*$"):
        read_arteries(path)


def drop(*keywords):
    def change(dataset):
        for keyword in keywords:
            delattr(dataset, keyword)

    return change


def in_frames(keyword, attribute, value):
    def change(dataset):
        for number, frame in enumerate(dataset.PerFrameFunctionalGroupsSequence):
            setattr(frame[keyword][0], attribute, value(number))

    return change


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"between": 5.0}, "says that slices lie 5 mm apart, but it has frames 2 mm apart"),
        ({"between": 1.55}, "lie unevenly"),
        ({"change": drop("PerFrameFunctionalGroupsSequence")}, "frames and describes 0"),
        ({"change": drop("PixelData")}, "is truncated"),
        ({"change": drop("SegmentSequence")}, "damaged"),
        ({"change": drop("SharedFunctionalGroupsSequence")}, "have no orientation"),
        ({"change": lambda d: setattr(d, "Rows", 500)}, "truncated"),
        ({"change": lambda d: setattr(d, "BitsAllocated", 32)}, "pixels of 32 bits"),
        ({"change": lambda d: setattr(d, "SegmentationType", "OTHER")}, "of the kind 'OTHER'"),
        ({"change": in_frames("SegmentIdentificationSequence", "ReferencedSegmentNumber", lambda n: 9)}, "segment 9"),
        (
            {
                "change": in_frames(
                    "PlanePositionSequence", "ImagePositionPatient", lambda n: [0, 0, 2 * n + (n == 3) / 2]
                )
            },
            "unevenly",
        ),
        ({"change": in_frames(*POSITION, lambda n: [n, 0, 2 * n])}, "displaced"),
        ({"change": in_frames(*POSITION, lambda n: None)}, "no position"),
        ({"change": in_frames(*POSITION, lambda n: [0, 0, 0])}, "at one place"),
        ({"between": None, "thickness": None, "change": None, "only": 6}, "does not say how far its slices are apart"),
    ],
)
def test_a_segmentation_that_contradicts_itself_or_is_silent_is_refused(tmp_path, options, message):
    options = dict(options)
    only = options.pop("only", None)
    masks = {1: some_masks()[1]}
    if only is not None:
        masks[1][np.arange(SHAPE[0]) != only] = False
    path = write_seg(tmp_path / "a.dcm", masks, ARTERIES, **options)
    with pytest.raises(InputError, match=message) as refusal:
        read_arteries(path)
    assert "\n" not in str(refusal.value)
    assert "a.dcm" in str(refusal.value)


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_a_frame_that_is_there_twice_leaves_a_hole_elsewhere_and_is_refused(tmp_path, kind):
    mask = np.zeros(SHAPE, np.uint8)
    mask[2:7, 2:5, 3:6] = 1  # slices that are all alike

    def moved(dataset):
        frames = dataset.PerFrameFunctionalGroupsSequence
        frames[3].PlanePositionSequence = frames[2].PlanePositionSequence

    masks = {0: mask} if kind == "LABELMAP" else {1: mask != 0}
    path = write_seg(tmp_path / "a.dcm", masks, ARTERIES[:1], kind=kind, change=moved)
    with pytest.raises(InputError, match="same frame twice"):
        read_arteries(path)


def test_where_no_frames_are_neighbours_the_file_says_how_far_slices_are_apart(tmp_path):
    mask = np.zeros(SHAPE, bool)
    mask[[0, 4, 7], 3, 3] = True
    found = read_arteries(write_seg(tmp_path / "a.dcm", {1: mask}, ARTERIES))
    assert np.array_equal(on_grid(found, Place()), mask * AORTA)
    by_thickness = read_arteries(write_seg(tmp_path / "b.dcm", {1: mask}, ARTERIES, between=None, thickness=2.0))
    assert np.array_equal(on_grid(by_thickness, Place()), mask * AORTA)
    assert [flag.code for flag in (*found.flags, *by_thickness.flags)] == ["header_warning"] * 2
    assert "2 mm apart" in found.flags[0].message
    assert "6 mm" in found.flags[0].message


def test_a_segmentation_of_another_series_is_flagged_and_one_of_this_is_not(tmp_path):
    mask = read_arteries(write_seg(tmp_path / "a.dcm", some_masks(), ARTERIES))
    ct = {"series_uid": "1.2.3.4", "frame_of_reference_uid": "1.2.3.9"}
    assert other_ct_flags(mask, ct, "artery mask") == []
    assert other_ct_flags(mask, {"series_uid": None}, "artery mask") == []
    (flag,) = other_ct_flags(mask, {**ct, "series_uid": "1.2.3.44"}, "artery mask")
    assert flag.code == "mask_of_another_ct"
    assert "another series, of the same examination (1.2.3.4) than this CT (1.2.3.44)" in flag.message
    (flag,) = other_ct_flags(mask, {"series_uid": "1.2.3.44", "frame_of_reference_uid": "1.1"}, "artery mask")
    assert "of the same examination" not in flag.message
    (flag,) = other_ct_flags(mask, {**ct, "frame_of_reference_uid": "1.1"}, "artery mask")
    assert "though it names this CT's series" in flag.message
    silent = read_arteries(write_seg(tmp_path / "b.dcm", some_masks(), ARTERIES, series=None))
    (flag,) = other_ct_flags(silent, {**ct, "frame_of_reference_uid": "1.1"}, "artery mask")
    assert "another frame of reference" in flag.message

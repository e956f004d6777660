"""DICOM segmentations as masks: written by hand, by highdicom, and damaged."""

from __future__ import annotations

import time

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from pydicom.uid import RLELossless

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.reading import read_arteries, read_calcification
from dicom_files import write_series
from seg_cases import AORTA, ARTERIES, LEFT_RENAL, RIGHT_RENAL, SHAPE, grid_of, on_grid, some_masks
from seg_files import CODES, RIGHT, Described, Place, write_seg

OBLIQUE = Place(orientation=(0.8, 0.0, -0.6, 0.0, 1.0, 0.0), slice_mm=1.3)

SAGITTAL = Place(orientation=(0.0, 1.0, 0.0, 0.0, 0.0, -1.0), pixel_mm=(0.5, 0.9), slice_mm=0.8)

HEAD_LAST = Place(orientation=(-1.0, 0.0, 0.0, 0.0, 1.0, 0.0))


def labels_of(masks: dict[int, np.ndarray]) -> np.ndarray:
    array = np.zeros(SHAPE, np.uint8)
    for number, label in ((1, AORTA), (2, LEFT_RENAL), (3, RIGHT_RENAL)):
        array[masks[number]] = label
    return array


@pytest.mark.parametrize("place", [Place(), OBLIQUE, SAGITTAL, HEAD_LAST])
@pytest.mark.parametrize("options", [{}, {"sparse": False}, {"shuffled": True}, {"per_frame": True, "shuffled": True}])
def test_every_voxel_is_read_in_its_place(tmp_path, place, options):
    masks = some_masks()
    found = read_arteries(write_seg(tmp_path / "a.dcm", masks, ARTERIES, place, **options))
    assert np.array_equal(on_grid(found, place), labels_of(masks))
    assert found.volume.grid.voxel_volume_mm3 == pytest.approx(grid_of(place).voxel_volume_mm3)
    assert found.flags == ()


@pytest.mark.parametrize("most", [3, 300])
def test_a_label_map_segmentation_is_read(tmp_path, most):
    masks = some_masks()
    numbers = {1: 1, 2: 2, 3: most}
    array = np.zeros(SHAPE, np.uint16)
    for number, mask in masks.items():
        array[mask] = numbers[number]
    segments = [Described(numbers[each.number], each.label, each.code, each.side) for each in ARTERIES]
    path = write_seg(tmp_path / "a.dcm", {0: array}, segments, OBLIQUE, kind="LABELMAP", shuffled=True)
    found = read_arteries(path)
    assert np.array_equal(on_grid(found, OBLIQUE), labels_of(masks))
    assert found.flags == ()


def test_of_probabilities_a_half_and_more_counts_and_it_is_said(tmp_path):
    share = np.zeros(SHAPE, np.uint8)
    share[2, 3, 4:9] = 255, 128, 127, 200, 1
    described = [Described(1, "Calcification", CODES["calcification"])]
    found = read_calcification(write_seg(tmp_path / "a.dcm", {1: share}, described, kind="FRACTIONAL"))
    assert np.array_equal(on_grid(found, Place()), share >= 127.5)
    assert [flag.code for flag in found.flags] == ["mask_fractional"]
    assert "at least 50 %" in found.flags[0].message
    whole = write_seg(tmp_path / "b.dcm", {1: np.where(share > 0, 255, 0)}, described, kind="FRACTIONAL")
    assert read_calcification(whole).flags == ()


def test_segments_that_overlap_keep_all_their_voxels(tmp_path):
    masks = some_masks()
    masks[2] = masks[1].copy()
    masks[2][:3] = False
    masks[4] = masks[1].copy()
    path = write_seg(tmp_path / "a.dcm", masks, [*ARTERIES, Described(4, "plaque")], OBLIQUE, shuffled=True)
    expected = labels_of(masks)  # a branch wins over its parent
    found = read_arteries(path)
    assert np.array_equal(on_grid(found, OBLIQUE), expected)
    assert [flag.code for flag in found.flags] == ["masks_overlap"]
    volume_mm3 = masks[2].sum() * grid_of(OBLIQUE).voxel_volume_mm3
    assert f"{volume_mm3:.1f} mm³" in found.flags[0].message
    assert np.array_equal(on_grid(read_calcification(path), OBLIQUE), masks[4])


@pytest.mark.parametrize(
    ("described", "label"),
    [
        (Described(1, "irgendwas", ("SRT", "T-42500", "Abdominal aorta")), AORTA),
        (Described(1, "", ("99SDM", "T-46600", "Renal artery"), ("SRT", "G-A101", "Left")), LEFT_RENAL),
        (Described(1, "2", ("SCT", "51114001", "Artery"), RIGHT, CODES["renal"]), RIGHT_RENAL),
        (Described(1, "Left renal artery", CODES["renal"]), LEFT_RENAL),
        (Described(1, "iliac_artery_left", CODES["tissue"]), territory("common_iliac_left").label),
        (Described(1, "A. mesenterica superior"), territory("superior_mesenteric").label),
        (Described(1, "3", CODES["tissue"], description="Bauchaorta"), AORTA),
        (Described(1, "celiac_trunk", ("SCT", "57850000", "Celiac artery")), territory("celiac_trunk").label),
    ],
)
def test_a_segment_is_known_by_its_codes_then_by_its_label_and_description(tmp_path, described, label):
    found = read_arteries(write_seg(tmp_path / "a.dcm", {1: some_masks()[1]}, [described]))
    assert set(np.unique(found.volume.array)) - {0} == {label}


@pytest.mark.parametrize(
    "described",
    [
        Described(1, "Aorta", CODES["calcification"]),
        Described(1, "x", ("SCT", "29483008", "Calcified atheromatous plaque")),
        Described(1, "x", ("SRT", "M-55420", "Calcification")),
        Described(1, "Kalk", CODES["tissue"]),
        Described(1, "Verkalkungen li. A. iliaca"),
        Described(1, "Segment 1", description="calcified plaque"),
    ],
)
def test_calcification_is_known_by_its_codes_and_names(tmp_path, described):
    mask = some_masks()[1]
    path = write_seg(tmp_path / "a.dcm", {1: mask, 2: mask}, [described, Described(2, "liver", CODES["liver"])])
    found = read_calcification(path)
    assert np.array_equal(on_grid(found, Place()), mask)
    assert [flag.code for flag in found.flags] == ["segments_left_out"]
    assert "'liver' (2)" in found.flags[0].message


@pytest.mark.parametrize(
    ("label", "code", "side"),
    [
        ("Left renal artery", CODES["renal"], RIGHT),
        ("calcification", CODES["aorta"], None),
        ("SMA", CODES["aorta"], None),
        ("Vena cava", CODES["aorta"], None),
        ("Aorta thrombus", CODES["aorta"], None),
    ],
)
def test_codes_that_contradict_the_label_are_refused(tmp_path, label, code, side):
    path = write_seg(tmp_path / "a.dcm", {1: some_masks()[1]}, [Described(1, label, code, side)])
    with pytest.raises(InputError, match=f"'{label}' .1. is called something else than its codes say"):
        read_arteries(path)
    assert read_arteries(path, {1: "aorta"}).volume.array.any()


def test_segments_that_are_no_arteries_are_left_out_and_said_or_refused_with_their_names(tmp_path):
    masks = some_masks()
    segments = [ARTERIES[0], Described(2, "Leber", CODES["liver"]), Described(3, "Segment 3", CODES["tissue"])]
    found = read_arteries(write_seg(tmp_path / "a.dcm", masks, segments))
    assert set(np.unique(found.volume.array)) == {0, AORTA}
    assert [flag.code for flag in found.flags] == ["segments_left_out"]
    assert "'Leber' (2), 'Segment 3' (3)" in found.flags[0].message
    path = write_seg(tmp_path / "b.dcm", {2: masks[2], 3: masks[3]}, segments[1:])
    with pytest.raises(InputError, match=r"'Leber' \(2\), 'Segment 3' \(3\); .*--artery-labels 'Leber=aorta'"):
        read_arteries(path)
    found = read_arteries(path, {"segment 3": "renal_right", 2: "aorta"})
    assert set(np.unique(found.volume.array)) == {0, AORTA, RIGHT_RENAL}
    with pytest.raises(InputError, match="is called 'Segment_33'; there are 'Leber'"):
        read_arteries(path, {"Segment_33": "aorta", 2: "aorta"})


@pytest.mark.parametrize("name", ["a.dcm", "a", "IM0001"])
def test_a_file_is_known_by_its_content_and_not_by_its_name(tmp_path, name):
    masks = some_masks()
    path = write_seg(tmp_path / name, masks, ARTERIES)
    assert np.array_equal(on_grid(read_arteries(path), Place()), labels_of(masks))
    path.write_bytes(path.read_bytes()[132:])  # no preamble
    assert np.array_equal(on_grid(read_arteries(path), Place()), labels_of(masks))


def test_a_folder_with_a_segmentation_beside_its_ct_gives_the_segmentation(tmp_path):
    write_series(tmp_path / "ct", np.zeros((3, 4, 5)), [(0, 0, z) for z in range(3)])
    with pytest.raises(InputError, match=r"no DICOM segmentation, but 3 × a CT image"):
        read_arteries(tmp_path)
    masks = some_masks()
    write_seg(tmp_path / "seg" / "a.dcm", {1: masks[1]}, ARTERIES[:1])
    write_seg(tmp_path / "seg" / "b.dcm", {2: masks[2], 3: masks[3]}, ARTERIES[1:])
    assert np.array_equal(on_grid(read_arteries(tmp_path), Place()), labels_of(masks))
    write_seg(tmp_path / "seg" / "second reader.dcm", {1: masks[1]}, ARTERIES[:1])
    with pytest.raises(InputError, match=r"'a\.dcm' and 'second reader\.dcm' both hold the aorta; name the file"):
        read_arteries(tmp_path)


def test_compressed_pixels_are_read(tmp_path):
    masks = some_masks()
    share = {number: np.where(mask, 255, 0).astype(np.uint8) for number, mask in masks.items()}
    path = write_seg(tmp_path / "a.dcm", share, ARTERIES, kind="FRACTIONAL")
    dataset = pydicom.dcmread(path)
    dataset.compress(RLELossless)
    dataset.save_as(path)
    assert np.array_equal(on_grid(read_arteries(path), Place()), labels_of(masks))


def a_series(folder):
    """Write a CT and return its slices as highdicom wants them."""
    place = Place()
    write_series(folder, np.zeros(SHAPE), [place.position(k) for k in range(SHAPE[0])], pixel_mm=place.pixel_mm)
    slices = [pydicom.dcmread(path) for path in folder.iterdir()]
    for each in slices:
        each.FrameOfReferenceUID, each.PatientID, each.StudyID, each.AccessionNumber = "1.2.3.9", "x", "1", "2"
        each.SliceThickness = place.slice_mm
        each.PatientBirthDate = each.PatientSex = each.StudyDate = each.StudyTime = each.ReferringPhysicianName = ""
    return sorted(slices, key=lambda each: each.ImagePositionPatient[2])


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80"])
def test_what_highdicom_writes_is_read(tmp_path, kind, syntax):
    highdicom = pytest.importorskip("highdicom", reason="writes the segmentations of this test")
    if kind == "BINARY" and syntax != "1.2.840.10008.1.2.1":
        pytest.skip("single bits are not compressed that way")

    def code(name):
        scheme, value, meaning = CODES[name]
        return highdicom.sr.CodedConcept(value, scheme, meaning)

    said = [
        highdicom.seg.SegmentDescription(number, label, code("tissue"), code(kind_of), "MANUAL")
        for number, label, kind_of in [(1, "Aorta", "aorta"), (2, "Left renal artery", "renal"), (3, "R", "renal")]
    ]
    said[2].SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [
        highdicom.sr.CodedConcept(RIGHT[1], RIGHT[0], RIGHT[2])
    ]
    masks = some_masks()
    array = np.stack([masks[number] for number in (1, 2, 3)], axis=-1).astype(np.uint8)
    segmentation = highdicom.seg.Segmentation(
        source_images=a_series(tmp_path / "ct"),
        pixel_array=array,
        segmentation_type=kind,
        segment_descriptions=said,
        series_instance_uid="1.2.3.5",
        series_number=2,
        sop_instance_uid="1.2.3.77",
        instance_number=1,
        manufacturer="Maker",
        manufacturer_model_name="Model",
        software_versions="1",
        device_serial_number="1",
        transfer_syntax_uid=syntax,
    )
    segmentation.save_as(tmp_path / "seg.dcm")
    found = read_arteries(tmp_path / "seg.dcm")
    assert np.array_equal(on_grid(found, Place()), labels_of(masks))
    assert found.drawn_on[0].series_uid == "1.2.3.1"
    assert found.drawn_on[0].frame_of_reference_uid == "1.2.3.9"


def test_bytes_changed_at_random_end_in_a_mask_or_in_one_line(tmp_path):
    path = tmp_path / "a.dcm"
    write_seg(path, some_masks(), ARTERIES, OBLIQUE)
    whole = path.read_bytes()
    rng = np.random.default_rng(7)
    begin = time.process_time()
    refused = 0
    for _ in range(60):
        content = bytearray(whole)
        for at in rng.integers(0, len(whole), rng.integers(1, 9)):
            content[at] = rng.integers(256)
        path.write_bytes(bytes(content[: rng.integers(len(whole) // 2, len(whole) + 1)]))
        try:
            read_arteries(path)
        except InputError:  # anything else is a fault of the reader
            refused += 1
    assert refused > 10
    assert time.process_time() - begin < 60


def test_sitk_sees_the_geometry_that_is_read(tmp_path):
    """ITK knows the place of the first frame of an axial stack: a second opinion on the way from DICOM to RAS."""
    path = write_seg(tmp_path / "a.dcm", {1: np.ones(SHAPE, bool)}, ARTERIES[:1])
    found = read_arteries(path).volume.grid
    first = sitk.GetImageFromArray(np.zeros(SHAPE, np.uint8))
    first.SetOrigin(Place().position(0))
    first.SetSpacing((0.8, 0.7, 2.0))
    for index in [(0, 0, 0), (16, 12, 8)]:
        lps = np.array(first.TransformIndexToPhysicalPoint(index))
        assert found.ras_of_kji([index[::-1]])[0] == pytest.approx(lps * [-1, -1, 1], abs=1e-6)

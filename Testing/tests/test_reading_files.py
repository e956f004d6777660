"""CT volumes and masks in single files, and what the command line says about them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reading import (
    aligned_mask,
    artery_labels,
    parse_kept_lengths,
    parse_label_mapping,
    read_arteries,
    read_calcification,
    read_ct,
    read_mask,
)
from AbdominalCalcificationLib.reporting import write_volume
from AbdominalCalcificationLib.terminology import entry_of_calcification, entry_of_territory


@pytest.fixture
def oblique_image() -> sitk.Image:
    """A 6 × 5 × 4 image (i, j, k) turned about z, its voxels numbered from -50."""
    image = sitk.GetImageFromArray(np.arange(-50, 70, dtype=np.int16).reshape(4, 5, 6))
    image.SetSpacing((0.7, 0.8, 2.0))
    image.SetOrigin((-12.5, 30.0, 7.0))
    image.SetDirection((0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1))
    return image


def save(image: sitk.Image, path):
    sitk.WriteImage(image, str(path))
    return path


@pytest.mark.parametrize("name", ["ct.nii.gz", "ct.nii", "ct.nrrd", "ct.mha"])
def test_every_format_gives_the_same_voxels_in_the_same_places(tmp_path, oblique_image, name, capfd):
    ct = read_ct(save(oblique_image, tmp_path / name))
    assert ct.volume.array.dtype == np.int16
    assert np.array_equal(ct.volume.array, sitk.GetArrayFromImage(oblique_image))
    for ijk in [(0, 0, 0), (5, 4, 3), (2, 0, 1)]:
        lps = np.array(oblique_image.TransformIndexToPhysicalPoint(ijk))
        assert ct.volume.grid.ras_of_kji([ijk[::-1]])[0] == pytest.approx(lps * [-1, -1, 1], abs=1e-4)
    assert ct.identity["name"] == name
    assert ct.identity["series_uid"] is None
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [(np.int16, np.int16), (np.int32, np.int16), (np.float64, np.float32), (np.float32, np.float32)],
)
def test_hu_are_kept_in_as_little_memory_as_they_need(tmp_path, dtype, expected):
    image = sitk.GetImageFromArray(np.linspace(-1000, 3000, 60).reshape(3, 4, 5).astype(dtype))
    assert read_ct(save(image, tmp_path / "ct.nrrd")).volume.array.dtype == expected


def test_values_that_are_no_hu_are_flagged(tmp_path):
    image = sitk.GetImageFromArray(np.arange(60, dtype=np.uint8).reshape(3, 4, 5))
    assert [flag.code for flag in read_ct(save(image, tmp_path / "ct.nrrd")).flags] == ["not_hu"]


def test_a_nifti_file_without_orientation_is_flagged(tmp_path, oblique_image):
    path = save(oblique_image, tmp_path / "ct.nii")
    content = bytearray(path.read_bytes())
    content[252:256] = bytes(4)  # qform_code and sform_code
    path.write_bytes(content)
    assert "unknown_orientation" in {flag.code for flag in read_ct(path).flags}


def test_an_nrrd_file_without_a_space_is_flagged(tmp_path):
    path = tmp_path / "ct.nrrd"
    header = "NRRD0004\ntype: short\ndimension: 3\nsizes: 5 4 3\nspacings: 1 1 1\nencoding: raw\nendian: little\n\n"
    path.write_bytes(header.encode() + bytes(120))
    assert "unknown_orientation" in {flag.code for flag in read_ct(path).flags}


def make_empty(path):
    path.write_bytes(b"")


def make_text(path):
    path.write_text("patient,value\n1,2\n" * 200)


def make_flat(path):
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((5, 6), np.int16)), str(path))


def make_slice(path):
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((1, 5, 6), np.int16)), str(path))


def make_moving(path):
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((2, 4, 5, 6), np.int16), isVector=False), str(path))


def make_colour(path):
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 5, 6, 3), np.uint8), isVector=True), str(path))


def make_truncated(path, keep=5000):
    array = np.random.default_rng(0).integers(-999, 999, (40, 50, 60)).astype(np.int16)
    sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
    path.write_bytes(path.read_bytes()[:keep])


def make_cut_short(path):
    make_truncated(path, keep=-3)


def make_not_a_number(path):
    array = np.zeros((4, 5, 6), np.float32)
    array[2, 2, 2] = np.nan
    sitk.WriteImage(sitk.GetImageFromArray(array), str(path))


def make_sheared(path):
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 5, 6), np.int16)), str(path))
    content = bytearray(path.read_bytes())
    content[76:92] = struct.pack("<4f", 1, 1, 1, 1.25**0.5)
    content[252:256] = struct.pack("<2h", 0, 1)  # no qform; sform
    content[280:328] = struct.pack("<12f", 1, 0, 0.5, 0, 0, 1, 0, 0, 0, 0, 1, 0)
    path.write_bytes(content)


def make_sheared_nrrd(path):
    directions = "space: left-posterior-superior\nspace directions: (1,0,0) (0,1,0) (0.5,0,1)\nspace origin: (0,0,0)\n"
    header = "NRRD0004\ntype: short\ndimension: 3\nsizes: 5 4 3\n" + directions + "encoding: raw\nendian: little\n\n"
    path.write_bytes(header.encode() + bytes(120))


REFUSED = [
    (make_sheared_nrrd, ".nrrd", "not at right angles"),
    (make_sheared, ".nii", "not at right angles"),
    (make_empty, ".nii.gz", "is empty"),
    (make_empty, ".dcm", "is empty"),
    (make_text, ".nii.gz", "not an image this program can read"),
    (make_text, ".nrrd", "not an image this program can read"),
    (make_text, ".dcm", "not an image this program can read"),
    (make_flat, ".nii.gz", "2 dimensions|single slice"),
    (make_flat, ".mha", "2 dimensions"),
    (make_slice, ".mha", "single slice"),
    (make_moving, ".nii.gz", "4 dimensions"),
    (make_moving, ".nrrd", "4 dimensions"),
    (make_slice, ".tif", "not an image this program can read"),
    (make_colour, ".mha", "colour or vector"),
    (make_colour, ".nii.gz", "colour or vector"),
    (make_truncated, ".nii.gz", "truncated or damaged"),
    (make_truncated, ".nii", "truncated or damaged"),
    (make_truncated, ".nrrd", "truncated or damaged"),
    (make_truncated, ".mha", "truncated or damaged"),
    (make_not_a_number, ".nii.gz", "not numbers"),
    (make_not_a_number, ".nii", "not numbers"),
    (make_not_a_number, ".nrrd", "not numbers"),
    (make_cut_short, ".nii.gz", "truncated or damaged"),
    (make_cut_short, ".nii", "truncated or damaged"),
    (make_cut_short, ".nrrd", "truncated or damaged"),
    (make_cut_short, ".mha", "truncated or damaged"),
]


@pytest.mark.parametrize(("make", "suffix", "message"), REFUSED)
def test_what_cannot_be_measured_is_refused_in_one_line(tmp_path, make, suffix, message, capfd):
    path = tmp_path / f"input{suffix}"
    make(path)
    capfd.readouterr()
    with pytest.raises(InputError, match=message) as refusal:
        read_ct(path)
    assert "\n" not in str(refusal.value)
    assert path.name in str(refusal.value)
    assert capfd.readouterr() == ("", "")


def test_the_series_option_is_for_folders(tmp_path, oblique_image):
    with pytest.raises(InputError, match="DICOM folders"):
        read_ct(save(oblique_image, tmp_path / "ct.nii.gz"), series="1.2.3")


def test_a_mask_keeps_its_values_whatever_its_type(tmp_path):
    array = np.zeros((3, 4, 5), np.float64)
    array[1, 2, 3], array[0, 0, 0] = 52, 300
    mask = read_mask(save(sitk.GetImageFromArray(array), tmp_path / "mask.nii.gz"))
    assert mask.array.dtype == np.uint16
    assert np.array_equal(mask.array, array)


def test_an_all_zero_mask_is_a_mask(tmp_path):
    mask = read_mask(save(sitk.GetImageFromArray(np.zeros((3, 4, 5), np.uint8)), tmp_path / "mask.nii.gz"))
    assert not mask.array.any()
    assert not artery_labels(mask, {52: "aorta"}).array.any()
    assert not artery_labels(mask).array.any()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([0, 0.5], "not whole numbers"),
        ([0, -1], "label map"),
        ([-1000, 70000], "label map"),
        ([0, np.nan], "whole|finite"),
    ],
)
def test_an_image_is_refused_as_a_mask(tmp_path, values, message):
    image = sitk.GetImageFromArray(np.resize(np.array(values, np.float32), (2, 4, 5)))
    with pytest.raises(InputError, match=message):
        read_mask(save(image, tmp_path / "mask.nrrd"))


def test_a_mask_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_mask(tmp_path / "mask.nii.gz")
    with pytest.raises(InputError, match="is a folder"):
        read_mask(tmp_path)


def labels(*values) -> Volume:
    """A row of voxels along i; i grows to the patient's left."""
    array = np.array(values, np.uint8).reshape(1, 1, -1)
    return Volume(array, Grid.from_spacing(array.shape, directions_ras=np.diag([-1, -1, 1])))


def a_segmentation(path, *segments, array=None):
    """Write a ``.seg.nrrd``: values 0 to 3, or `array`; segments are a name and a value, or what the header says."""
    image = sitk.GetImageFromArray(np.arange(24, dtype=np.uint8).reshape(2, 3, 4) % 4 if array is None else array)
    for number, segment in enumerate(segments):
        said = segment
        if not isinstance(segment, dict):
            said = {"ID": f"Segment_{number + 1}", "Name": segment[0], "LabelValue": segment[1], "Layer": 0}
        for key, value in said.items():
            image.SetMetaData(f"Segment{number}_{key}", str(value))
    return save(image, path)


def values(volume) -> list[int]:
    return sorted(np.unique(volume.array).tolist())


def test_the_names_of_a_slicer_segmentation_say_which_artery_is_which(tmp_path):
    path = a_segmentation(tmp_path / "a.seg.nrrd", ("aorta", 3), ("Left renal artery", 1), ("calcification", 2))
    found, note = read_arteries(path)
    assert np.array_equal(found.array, artery_labels(read_mask(path), {3: "aorta", 1: "renal_left"}).array)
    assert values(found) == [0, territory("aorta").label, territory("renal_left").label]
    assert note == ""  # calcification is known, though no artery
    found, note = read_arteries(path, {2: "aorta"})
    assert np.array_equal(found.array > 0, read_mask(path).array == 2)
    assert note == ""


def test_a_segment_with_a_name_of_its_own_is_known_by_its_id_then_by_its_terminology(tmp_path):
    coded = {"Name": "Gefäß 7", "ID": "Segment_1", "LabelValue": 2, "Layer": 0}
    coded["Tags"] = f"Segmentation.Status:inprogress|TerminologyEntry:{entry_of_territory(territory('renal_right'))}|"
    named = {"Name": "My favourite vessel", "ID": "aorta", "LabelValue": 1, "Layer": 0}
    calcium = {"Name": "white", "ID": "Segment_3", "LabelValue": 3, "Layer": 0}
    calcium["Tags"] = f"TerminologyEntry:{entry_of_calcification()}|"
    path = a_segmentation(tmp_path / "a.seg.nrrd", coded, named, calcium)
    found, note = read_arteries(path)
    assert values(found) == [0, territory("aorta").label, territory("renal_right").label]
    assert note == ""
    found, note = read_calcification(path)
    assert np.array_equal(found.array, read_mask(path).array == 3)
    assert note == ""


def test_a_segmentation_of_something_else_is_not_measured_by_its_numbers(tmp_path):
    path = a_segmentation(tmp_path / "a.seg.nrrd", ("Liver", 1), ("Spleen", 2), ("Segment_3", 3))
    listed = r"'Liver' \(1\), 'Spleen' \(2\), 'Segment_3' \(3\)"
    with pytest.raises(InputError, match=f"{listed}.*--artery-labels 1=aorta"):
        read_arteries(path)
    with pytest.raises(InputError, match=f"{listed}.*--label-names 'Liver=aorta'"):
        read_arteries(path, complete=True)
    assert values(read_arteries(path, {2: "aorta"})[0]) == [0, territory("aorta").label]
    assert values(read_arteries(path, label_names={"liver": "aorta"})[0]) == [0, territory("aorta").label]


def test_segments_that_stand_for_nothing_are_told_or_refused_but_never_dropped_in_silence(tmp_path):
    path = a_segmentation(tmp_path / "a.seg.nrrd", ("aorta", 1), ("SMA stem", 2), ("nothing", 7))
    found, note = read_arteries(path)
    assert values(found) == [0, territory("aorta").label]
    assert "left out: 'SMA stem' (2), one without a name (3);" in note
    with pytest.raises(InputError, match=r"'SMA stem' \(2\).*--label-names"):
        read_arteries(path, complete=True)
    names = {"SMA stem": "superior_mesenteric"}
    assert territory("superior_mesenteric").label in values(read_arteries(path, label_names=names)[0])


def test_arteries_that_lie_beside_calcification_are_not_calcified(tmp_path):
    path = a_segmentation(tmp_path / "both.seg.nrrd", ("aorta", 1), ("Calcification", 2), ("plaque", 3))
    found, note = read_calcification(path)
    assert np.array_equal(found.array, read_mask(path).array >= 2)
    assert note == ""
    path = a_segmentation(tmp_path / "helper.seg.nrrd", ("calcification", 1), ("bone", 2), ("aorta", 3))
    found, note = read_calcification(path)
    assert np.array_equal(found.array, read_mask(path).array == 1)
    assert "left out: 'bone' (2);" in note
    with pytest.raises(InputError, match="'bone'"):
        read_calcification(path, complete=True)


@pytest.mark.parametrize("names", [["aorta", "sma", "celiac_trunk"], ["aorta"], ["Liver"], ["Segment_1", "Segment_2"]])
def test_a_segmentation_without_calcification_is_refused_with_its_names(tmp_path, names):
    path = a_segmentation(tmp_path / "a.seg.nrrd", *((name, number) for number, name in enumerate(names, start=1)))
    with pytest.raises(InputError, match=f"no segment of calcification.*'{names[0]}'.*rename"):
        read_calcification(path)
    assert read_calcification(path, {names[0]: "calcification"})[0].array.any()


@pytest.mark.parametrize("name", ["Segment_1", "Segment 12", "", "Label_3", "1"])
def test_a_single_segment_that_nobody_named_is_the_calcification_but_no_artery(tmp_path, name):
    mask = (np.arange(24).reshape(2, 3, 4) % 4 == 1).astype(np.uint8)
    path = a_segmentation(tmp_path / "a.seg.nrrd", (name, 1), array=mask)
    found, note = read_calcification(path)
    assert np.array_equal(found.array, mask)
    assert note == ""
    with pytest.raises(InputError, match="no segment of an artery"):
        read_arteries(path)


def test_segments_that_overlap_are_read_as_slicer_stores_them(tmp_path):
    layers = np.zeros((2, 3, 4, 2), np.uint8)
    layers[..., 0] = 1
    layers[0, 1, :, 1] = 1
    layers[1, 1, :2, 1] = 2
    described = [("renal_right", 0, 1), ("Aorta", 0, 2), ("aorta", 1, 1), ("calcification", 1, 2)]
    segments = [{"Name": name, "Layer": layer, "LabelValue": value} for name, layer, value in described]
    path = a_segmentation(tmp_path / "a.seg.nrrd", *segments, array=layers)
    found, _ = read_arteries(path)
    assert (found.array == territory("renal_right").label).all()  # a branch wins over its parent
    assert np.array_equal(read_calcification(path)[0].array, layers[..., 1] == 2)
    # Files of old versions of Slicer: a label map for each segment, without a number for either.
    old = a_segmentation(tmp_path / "old.seg.nrrd", {"Name": "aorta"}, {"Name": "calcium"}, array=layers % 2)
    assert np.array_equal(read_calcification(old)[0].array, layers[..., 1] % 2)


def test_a_label_of_both_sides_is_split_in_a_segmentation_too(tmp_path):
    array = np.array([3, 3, 0, 1, 0, 3], np.uint8).reshape(1, 1, 6)
    path = a_segmentation(tmp_path / "a.seg.nrrd", ("aorta", 1), ("Renal arteries", 3), array=array)
    # The i axis of the file runs to the patient's left.
    right, left = territory("renal_right").label, territory("renal_left").label
    assert read_arteries(path)[0].array.ravel().tolist() == [right, right, 0, 1, 0, left]
    path = a_segmentation(tmp_path / "b.seg.nrrd", ("celiac_trunk", 1), ("renal_arteries", 3), array=array)
    with pytest.raises(InputError, match=r"aorta in 'b\.seg\.nrrd' left and right cannot be told"):
        read_arteries(path)
    path = a_segmentation(tmp_path / "c.seg.nrrd", ("calcification", 1), ("renal_arteries", 3), array=array)
    assert np.array_equal(read_calcification(path)[0].array, array == 1)


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        ([("aorta", 1), ("sma", 1)], "have the same voxels"),
        ([("aorta", "one")], "damaged"),
        ([{"Name": "aorta", "Layer": 4, "LabelValue": 1}], "does not hold"),
        ([{"Name": "aorta"}, {"Name": "sma"}], "does not hold"),
    ],
)
def test_a_segmentation_whose_header_contradicts_it_is_refused(tmp_path, segments, message):
    path = a_segmentation(tmp_path / "a.seg.nrrd", *segments)
    with pytest.raises(InputError, match=message):
        read_arteries(path)


def test_a_file_that_says_nothing_about_segments_is_a_label_map(tmp_path):
    path = a_segmentation(tmp_path / "a.seg.nrrd")
    assert values(read_arteries(path)[0]) == [0, 1, 2, 3]
    assert values(read_calcification(path)[0]) == [0, 1, 2, 3]


@pytest.mark.parametrize("read", [read_arteries, read_calcification])
def test_files_of_segments_are_checked_as_masks_are(tmp_path, read):
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "mask.seg.nrrd")
    array = np.random.default_rng(0).integers(0, 2, (40, 40, 40)).astype(np.uint8)
    path = a_segmentation(tmp_path / "a.seg.nrrd", ("aorta", 1), array=array)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match="truncated or damaged"):
        read(path)


def test_the_part_of_a_mask_outside_the_image_is_told():
    mask = Volume(np.ones((2, 3, 8), np.uint8), Grid((2, 3, 8)))
    inside, note = aligned_mask(mask, Grid((2, 3, 6)), "artery")
    assert inside.array.shape == (2, 3, 6)
    assert note == "25.0 % of the artery mask lies outside the image and is not counted."
    assert aligned_mask(mask, mask.grid, "artery")[1] == ""


def test_named_values_become_territories_and_the_rest_background():
    found = artery_labels(labels(0, 52, 65, 7, 66), {52: "aorta", 65: "iliac_artery_left", 9: "celiac_trunk"})
    assert found.array.dtype == np.uint8
    assert found.array.ravel().tolist() == [0, territory("aorta").label, territory("common_iliac_left").label, 0, 0]


def test_a_label_of_both_sides_is_split_at_the_aorta():
    found = artery_labels(labels(3, 3, 0, 52, 0, 3, 3, 3), {3: "renal_arteries", 52: "aorta"})
    right, left, aorta = (territory(name).label for name in ("renal_right", "renal_left", "aorta"))
    assert found.array.ravel().tolist() == [right, right, 0, aorta, 0, left, left, left]


@pytest.mark.parametrize("mapping", [{3: "renal_arteries"}, {3: "renal_arteries", 52: "aorta"}])
def test_a_label_of_both_sides_without_an_aorta_is_refused_rather_than_halved(mapping):
    one_kidney = labels(0, 0, 0, 0, 0, 3, 3, 3)
    with pytest.raises(InputError, match=r"'renal_arteries'.*aorta.*--artery-labels 3=renal_left"):
        artery_labels(one_kidney, mapping)
    left = territory("renal_left").label
    assert artery_labels(one_kidney, {3: "renal_left"}).array.ravel().tolist() == [0] * 5 + [left] * 3
    assert not artery_labels(labels(0, 0, 0), mapping).array.any()


def test_without_names_only_territory_labels_are_taken():
    assert artery_labels(labels(0, 1, 8)).array.ravel().tolist() == [0, 1, 8]
    with pytest.raises(InputError, match=r"no territory \(52\).*--artery-labels 52=aorta"):
        artery_labels(labels(0, 1, 52))


def test_the_label_mapping_is_read_from_text():
    assert parse_label_mapping("52=aorta, 65=common_iliac_left,") == {52: "aorta", 65: "common_iliac_left"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("52=heart", "'heart' is not an artery.*aorta.*renal_arteries"),
        ("aorta=52", "not a mask value"),
        ("0=aorta", "not a mask value"),
        ("52=aorta,52=celiac_trunk", "named twice"),
        ("52", "write it like 52=aorta"),
        ("", "write it like 52=aorta"),
        ("52=", "write it like 52=aorta"),
        ("1=2=aorta", "write it like 52=aorta"),
    ],
)
def test_a_wrong_label_mapping_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_label_mapping(text)


def test_kept_lengths_are_read_from_text():
    assert parse_kept_lengths("renal=25.5,common_iliac=inf") == {"renal": 25.5, "common_iliac": float("inf")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("aorta=3", "no kept length called 'aorta'; use mesenteric, renal, common_iliac"),
        ("renal=-1", "not a length"),
        ("renal=nan", "not a length"),
        ("renal=3cm", "not a length"),
        ("renal=3,renal=4", "given twice"),
        ("30", "write it like renal=30"),
    ],
)
def test_wrong_kept_lengths_are_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_kept_lengths(text)


def test_what_is_written_is_read_back_in_place(tmp_path):
    grid = Grid.from_spacing((3, 4, 5), (0.7, 0.8, 2.5), (10, -20, 30), [[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, -1]])
    volume = Volume(np.arange(60, dtype=np.uint8).reshape(grid.shape), grid)
    for name in ("mask.nii.gz", "mask.nrrd"):
        write_volume(tmp_path / name, volume)
        again = read_mask(tmp_path / name)
        assert again.grid.same_as(grid)
        assert np.array_equal(again.array, volume.array)

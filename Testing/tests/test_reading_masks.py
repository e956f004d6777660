"""Masks of arteries and of calcification: what segments and values stand for, and how several files become one."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reading import (
    artery_labels,
    parse_calcification_labels,
    parse_label_mapping,
    read_arteries,
    read_calcification,
    read_mask,
)
from AbdominalCalcificationLib.terminology import entry_of_calcification, entry_of_territory
from mask_files import a_segmentation, values


def told(mask) -> tuple[Volume, str]:
    """Return a mask, and what reading it had to say."""
    return mask.volume, " ".join(flag.message for flag in mask.flags)


def labels(*values) -> Volume:
    """A row of voxels along i; i grows to the patient's left."""
    array = np.array(values, np.uint8).reshape(1, 1, -1)
    return Volume(array, Grid.from_spacing(array.shape, directions_ras=np.diag([-1, -1, 1])))


def test_the_names_of_a_slicer_segmentation_say_which_artery_is_which(tmp_path):
    path = a_segmentation(tmp_path / "a.seg.nrrd", ("aorta", 3), ("Left renal artery", 1), ("calcification", 2))
    found, note = told(read_arteries(path))
    assert np.array_equal(found.array, artery_labels(read_mask(path), {3: "aorta", 1: "renal_left"}).array)
    assert values(found) == [0, territory("aorta").label, territory("renal_left").label]
    assert note == ""  # calcification is known, though no artery
    found, note = told(read_arteries(path, {2: "aorta"}))
    assert np.array_equal(found.array > 0, read_mask(path).array == 2)
    assert "not named with the others were left out: 'aorta' (3), 'Left renal artery' (1);" in note


def test_a_segment_with_a_name_of_its_own_is_known_by_its_id_then_by_its_terminology(tmp_path):
    coded = {"Name": "Gefäß 7", "ID": "Segment_1", "LabelValue": 2, "Layer": 0}
    coded["Tags"] = f"Segmentation.Status:inprogress|TerminologyEntry:{entry_of_territory(territory('renal_right'))}|"
    named = {"Name": "My favourite vessel", "ID": "aorta", "LabelValue": 1, "Layer": 0}
    calcium = {"Name": "white", "ID": "Segment_3", "LabelValue": 3, "Layer": 0}
    calcium["Tags"] = f"TerminologyEntry:{entry_of_calcification()}|"
    path = a_segmentation(tmp_path / "a.seg.nrrd", coded, named, calcium)
    found, note = told(read_arteries(path))
    assert values(found) == [0, territory("aorta").label, territory("renal_right").label]
    assert note == ""
    found, note = told(read_calcification(path))
    assert np.array_equal(found.array, read_mask(path).array == 3)
    assert note == ""


def test_a_segmentation_of_something_else_is_not_measured_by_its_numbers(tmp_path):
    path = a_segmentation(tmp_path / "a.seg.nrrd", ("Liver", 1), ("Spleen", 2), ("Segment_3", 3))
    listed = r"'Liver' \(1\), 'Spleen' \(2\), 'Segment_3' \(3\)"
    with pytest.raises(InputError, match=f"{listed}.*--artery-labels 'Liver=aorta'"):
        read_arteries(path)
    with pytest.raises(InputError, match=f"{listed}.*--label-names 'Liver=aorta'"):
        read_arteries(path, complete=True)
    assert values(read_arteries(path, {2: "aorta"}).volume) == [0, territory("aorta").label]
    assert values(read_arteries(path, label_names={"liver": "aorta"}).volume) == [0, territory("aorta").label]


def test_segments_that_stand_for_nothing_are_told_or_refused_but_never_dropped_in_silence(tmp_path):
    path = a_segmentation(tmp_path / "a.seg.nrrd", ("aorta", 1), ("SMA stem", 2), ("nothing", 7))
    found, note = told(read_arteries(path))
    assert values(found) == [0, territory("aorta").label]
    assert "left out: 'SMA stem' (2), one without a name (3);" in note
    with pytest.raises(InputError, match=r"'SMA stem' \(2\).*--label-names"):
        read_arteries(path, complete=True)
    names = {"SMA stem": "superior_mesenteric"}
    assert territory("superior_mesenteric").label in values(read_arteries(path, label_names=names).volume)


def test_arteries_that_lie_beside_calcification_are_not_calcified(tmp_path):
    path = a_segmentation(tmp_path / "both.seg.nrrd", ("aorta", 1), ("Calcification", 2), ("plaque", 3))
    found, note = told(read_calcification(path))
    assert np.array_equal(found.array, read_mask(path).array >= 2)
    assert note == ""
    path = a_segmentation(tmp_path / "helper.seg.nrrd", ("calcification", 1), ("bone", 2), ("aorta", 3))
    found, note = told(read_calcification(path))
    assert np.array_equal(found.array, read_mask(path).array == 1)
    assert "left out: 'bone' (2);" in note
    with pytest.raises(InputError, match="'bone'"):
        read_calcification(path, complete=True)


@pytest.mark.parametrize("names", [["aorta", "sma", "celiac_trunk"], ["aorta"], ["Liver"], ["Segment_1", "Segment_2"]])
def test_a_segmentation_without_calcification_is_refused_with_its_names(tmp_path, names):
    path = a_segmentation(tmp_path / "a.seg.nrrd", *((name, number) for number, name in enumerate(names, start=1)))
    with pytest.raises(InputError, match=f"no segment of calcification.*'{names[0]}'.*rename"):
        read_calcification(path)
    assert read_calcification(path, {names[0]: "calcification"}).volume.array.any()


@pytest.mark.parametrize("name", ["Segment_1", "Segment 12", "", "Label_3", "1"])
def test_a_single_segment_that_nobody_named_is_the_calcification_but_no_artery(tmp_path, name):
    mask = (np.arange(24).reshape(2, 3, 4) % 4 == 1).astype(np.uint8)
    path = a_segmentation(tmp_path / "a.seg.nrrd", (name, 1), array=mask)
    found, note = told(read_calcification(path))
    assert np.array_equal(found.array, mask)
    assert note == f"The only segment of 'a.seg.nrrd' ('{name or 'Segment_1'}') was taken for the calcification."
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
    found = read_arteries(path).volume
    assert (found.array == territory("renal_right").label).all()  # a branch wins over its parent
    assert np.array_equal(read_calcification(path).volume.array, layers[..., 1] == 2)
    # Files of old versions of Slicer: a label map for each segment, without a number for either.
    old = a_segmentation(tmp_path / "old.seg.nrrd", {"Name": "aorta"}, {"Name": "calcium"}, array=layers % 2)
    assert np.array_equal(read_calcification(old).volume.array, layers[..., 1] % 2)


def test_a_label_of_both_sides_is_split_in_a_segmentation_too(tmp_path):
    array = np.array([3, 3, 0, 1, 0, 3], np.uint8).reshape(1, 1, 6)
    path = a_segmentation(tmp_path / "a.seg.nrrd", ("aorta", 1), ("Renal arteries", 3), array=array)
    # The i axis of the file runs to the patient's left.
    right, left = territory("renal_right").label, territory("renal_left").label
    assert read_arteries(path).volume.array.ravel().tolist() == [right, right, 0, 1, 0, left]
    path = a_segmentation(tmp_path / "b.seg.nrrd", ("celiac_trunk", 1), ("renal_arteries", 3), array=array)
    with pytest.raises(InputError, match=r"aorta in 'b\.seg\.nrrd' left and right cannot be told"):
        read_arteries(path)
    path = a_segmentation(tmp_path / "c.seg.nrrd", ("calcification", 1), ("renal_arteries", 3), array=array)
    assert np.array_equal(read_calcification(path).volume.array, array == 1)


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
    assert values(read_arteries(path).volume) == [0, 1, 2, 3]
    found = read_calcification(path)
    assert np.array_equal(found.volume.array, read_mask(path).array > 0)
    assert [flag.code for flag in found.flags] == ["values_united"]
    assert "(1, 2, 3)" in found.flags[0].message
    chosen = read_calcification(path, {2: "calcification"})
    assert np.array_equal(chosen.volume.array, read_mask(path).array == 2)
    assert chosen.flags == ()


@pytest.mark.parametrize("read", [read_arteries, read_calcification])
def test_files_of_segments_are_checked_as_masks_are(tmp_path, read):
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "mask.seg.nrrd")
    array = np.random.default_rng(0).integers(0, 2, (40, 40, 40)).astype(np.uint8)
    path = a_segmentation(tmp_path / "a.seg.nrrd", ("aorta", 1), array=array)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match="truncated or damaged"):
        read(path)


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
    with pytest.raises(
        InputError, match=r"'Left renal artery and Right renal artery'.*aorta.*--artery-labels 3=renal_left"
    ):
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
        ("aorta=52", "write the value first, as in 52=aorta"),
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


@pytest.mark.parametrize(
    "name", ["Kalk", "Verkalkungen", "calc", "Calcified plaques 2", "calcificación", "钙化", "Kalk li"]
)
def test_calcification_is_known_in_many_languages(tmp_path, name):
    path = a_segmentation(tmp_path / "a.seg.nrrd", ("aorta", 1), (name, 2), ("Segment_3", 3))
    found = read_calcification(path)
    assert np.array_equal(found.volume.array, read_mask(path).array == 2)
    assert [flag.code for flag in found.flags] == ["segments_left_out"]


@pytest.mark.parametrize("name", ["meins", "Kalk Müller", "Läsion", "hell"])
def test_a_single_segment_with_a_name_that_says_nothing_is_the_calcification_and_that_is_said(tmp_path, name):
    mask = (np.arange(24).reshape(2, 3, 4) % 4 == 1).astype(np.uint8)
    found = read_calcification(a_segmentation(tmp_path / "a.seg.nrrd", (name, 1), array=mask))
    assert np.array_equal(found.volume.array, mask)
    assert [flag.code for flag in found.flags] == ["segment_assumed"]


@pytest.mark.parametrize(
    "name", ["non-calcified plaque", "soft plaque", "Thrombus", "A. femoralis", "Knochen", "vertebrae_L3"]
)
def test_a_single_segment_that_says_it_is_something_else_is_not(tmp_path, name):
    mask = (np.arange(24).reshape(2, 3, 4) % 4 == 1).astype(np.uint8)
    path = a_segmentation(tmp_path / "a.seg.nrrd", (name, 1), array=mask)
    with pytest.raises(InputError, match=f"no segment of calcification, but '{name}'.*--calcification-labels '{name}'"):
        read_calcification(path)
    assert read_calcification(path, parse_calcification_labels(name)).volume.array.any()


def test_segments_that_nobody_named_can_be_named_by_their_name_or_number(tmp_path):
    path = a_segmentation(tmp_path / "a.seg.nrrd", ("Segment_52", 1), ("Segment_7", 2), ("bone", 3))
    with pytest.raises(InputError, match=r"--artery-labels 'Segment_52=aorta'.*column artery_labels"):
        read_arteries(path)
    found = read_arteries(path, parse_label_mapping("Segment 52=aorta; 2=A. renalis links"))
    expected = artery_labels(read_mask(path), {1: "aorta", 2: "renal_left"}).array
    assert np.array_equal(found.volume.array, expected)
    with pytest.raises(InputError, match=r"'Segment_52' .*; nothing in it is called 'Segment_25'"):
        read_arteries(path, {"Segment_25": "aorta"})
    with pytest.raises(InputError, match="Nothing in the artery mask is called 'Segment_25'; there are 'Segment_52'"):
        read_arteries(path, {"Segment_25": "renal_left", 1: "aorta"})
    with pytest.raises(InputError, match=r"no segment of calcification, but 'Segment_52' .*'Segment_7'"):
        read_calcification(path)
    found = read_calcification(path, parse_calcification_labels("Segment_7,3"))
    assert np.array_equal(found.volume.array, read_mask(path).array >= 2)


def test_which_values_are_calcification_is_read_from_text():
    assert parse_calcification_labels("2, Segment_3;Kalk x=plaque") == {
        2: "calcification",
        "Segment_3": "calcification",
        "Kalk x": "calcification",
    }
    for text, message in (
        ("0", "not a mask value"),
        ("2,2", "named twice"),
        ("2=aorta", "like 2,Segment_3"),
        ("", "like"),
    ):
        with pytest.raises(InputError, match=message):
            parse_calcification_labels(text)

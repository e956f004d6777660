"""Masks spread over several files, and what a file's name says."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.reading import (
    read_arteries,
    read_calcification,
)
from mask_files import a_segmentation, save
from seg_files import with_label_table

AORTA, LEFT_RENAL, RIGHT_RENAL = (territory(name).label for name in ("aorta", "renal_left", "renal_right"))


def image_of(array, spacing=(1.0, 1.0, 1.0), origin=(0.0, 0.0, 0.0)) -> sitk.Image:
    image = sitk.GetImageFromArray(np.ascontiguousarray(array))
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    return image


@pytest.fixture
def drawn() -> np.ndarray:
    """Territory labels: an aorta in the middle, a renal artery to each side (i runs to the patient's left)."""
    array = np.zeros((6, 8, 20), np.uint8)
    array[:, 3:6, 8:12] = AORTA
    array[3, 4, 12:18] = LEFT_RENAL
    array[2, 4, 2:8] = RIGHT_RENAL
    return array


def a_folder(folder, drawn, **files):
    """Write a file for each artery, as TotalSegmentator does; `files` gives name and what is in it."""
    folder.mkdir()
    for name, mask in files.items():
        save(image_of(np.asarray(mask, np.uint8)), folder / f"{name}.nii.gz")
    return folder


def test_a_folder_with_a_file_for_each_artery_is_one_mask(tmp_path, drawn):
    others = {
        name: np.ones(drawn.shape)
        for name in ("liver", "kidney_left", "vertebrae_L1", "portal_vein", "iliac_vena_left")
    }
    folder = a_folder(
        tmp_path / "segmentations",
        drawn,
        aorta=drawn == AORTA,
        renal_arteries=drawn > AORTA,
        iliac_artery_left=np.zeros(drawn.shape),
        **others,
    )
    found = read_arteries(folder)
    assert np.array_equal(found.volume.array, drawn)
    (flag,) = found.flags
    assert flag.code == "segments_left_out"
    assert "3 files of 'segmentations' were read; 5 others are of something else (iliac_vena_left, " in flag.message


def test_a_file_of_a_folder_can_be_named_too(tmp_path, drawn):
    folder = a_folder(tmp_path / "f", drawn, aorta=drawn == AORTA, vessel2=drawn == LEFT_RENAL)
    found = read_arteries(folder, {"vessel2": "renal_left"})
    assert np.array_equal(found.volume.array, np.where(drawn == RIGHT_RENAL, 0, drawn))
    assert found.flags == ()


@pytest.mark.parametrize("reader", [read_arteries, read_calcification])
def test_a_folder_that_holds_no_such_mask_is_refused_with_what_it_holds(tmp_path, drawn, reader):
    folder = a_folder(tmp_path / "f", drawn, liver=drawn, spleen=drawn)
    with pytest.raises(InputError, match=r"no file that is called after .* but 'liver.nii.gz', 'spleen.nii.gz'"):
        reader(folder)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="nothing that is known here"):
        reader(empty)


def test_the_only_file_of_a_folder_needs_no_name(tmp_path, drawn):
    folder = a_folder(tmp_path / "f", drawn, case_7=drawn)
    assert np.array_equal(read_arteries(folder).volume.array, drawn)
    assert np.array_equal(read_calcification(folder).volume.array, drawn > 0)


def test_a_folder_that_holds_an_artery_twice_is_refused_and_so_is_a_dead_link(tmp_path, drawn):
    folder = a_folder(tmp_path / "f", drawn, aorta=drawn == AORTA, aorta_abdominalis=drawn > 0)
    with pytest.raises(InputError, match=r"'aorta\.nii\.gz' and 'aorta_abdominalis\.nii\.gz' both hold the aorta"):
        read_arteries(folder)
    (folder / "aorta_abdominalis.nii.gz").unlink()
    (folder / "renal_artery_left.nii.gz").symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match=r"'renal_artery_left.nii.gz' in 'f' is a link to a file that is not there"):
        read_arteries(folder)


def test_several_files_are_merged_by_name_and_what_two_claim_is_counted(tmp_path, drawn):
    wide = drawn == LEFT_RENAL
    wide[3, 4, 10:12] = True  # two voxels of the aorta
    files = [
        save(image_of((drawn == AORTA).astype(np.uint8)), tmp_path / "Bauchaorta.nii.gz"),
        a_segmentation(
            tmp_path / "renals.seg.nrrd",
            ("L renal artery", 1),
            ("right renal a.", 2),
            array=wide + 2 * (drawn == RIGHT_RENAL).astype(np.uint8),
        ),
    ]
    expected = np.where(wide, LEFT_RENAL, drawn)
    for order in (files, files[::-1]):
        found = read_arteries(order)
        assert np.array_equal(found.volume.array, expected)
        (flag,) = found.flags
        assert (flag.code, flag.territory) == ("masks_overlap", "renal_left")
        assert "2.0 mm³ of it are also in Aorta; they count for Left renal artery" in flag.message


def test_the_same_artery_in_two_files_is_united_and_said(tmp_path, drawn):
    first, second = np.where(drawn == AORTA, 1, 0), np.where(drawn == AORTA, 1, 0)
    first[4:], second[:2] = 0, 0
    paths = [
        save(image_of(part.astype(np.uint8)), tmp_path / f"{name}.nii.gz")
        for name, part in (("aorta", first), ("abdominal aorta", second))
    ]
    found = read_arteries(paths)
    assert np.array_equal(found.volume.array, np.where(drawn == AORTA, AORTA, 0))
    assert f"{2 * 3 * 4:.1f} mm³ are in two segments that are called so" in found.flags[0].message


def test_files_that_are_cropped_differently_or_coarser_lie_on_one_grid(tmp_path, drawn):
    aorta = save(image_of((drawn[:, 2:7, 7:13] == AORTA).astype(np.uint8), origin=(7, 2, 0)), tmp_path / "aorta.nii.gz")
    renal = save(image_of((drawn[2:5] == LEFT_RENAL).astype(np.uint8), origin=(0, 0, 2)), tmp_path / "renal_left.nrrd")
    found = read_arteries([aorta, renal])
    expected = np.where(drawn == RIGHT_RENAL, 0, drawn)
    assert found.flags == ()
    assert found.volume.grid.shape == drawn.shape
    assert np.array_equal(found.volume.array, expected)
    twice = np.kron((drawn == LEFT_RENAL).astype(np.uint8), np.ones((2, 2, 2), np.uint8))
    fine = save(image_of(twice, (0.5, 0.5, 0.5), (-0.25, -0.25, -0.25)), tmp_path / "Nierenarterie links.nrrd")
    found = read_arteries([aorta, fine])
    assert np.array_equal(found.volume.array[::2, ::2, ::2], expected)
    assert found.volume.grid.voxel_volume_mm3 == pytest.approx(0.125)
    (flag,) = found.flags
    assert flag.code == "mask_grid"
    assert "artery mask 'aorta.nii.gz'" in flag.message
    assert "72.0 mm³ there, 72.0 mm³ here" in flag.message


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("renal_artery_left", 1, LEFT_RENAL),
        ("aorta", 255, AORTA),
        ("A. renalis dextra", 1, RIGHT_RENAL),
        ("Aorta", 52, AORTA),
        ("case 7", 1, AORTA),
        ("renal_left", 5, LEFT_RENAL),
    ],
)
def test_a_file_called_after_an_artery_is_that_artery_whatever_its_value(tmp_path, drawn, name, value, label):
    path = save(image_of(((drawn == AORTA) * value).astype(np.uint8)), tmp_path / f"{name}.nii.gz")
    assert np.array_equal(read_arteries(path).volume.array, np.where(drawn == AORTA, label, 0))


@pytest.mark.parametrize(
    ("name", "present", "message"),
    [
        ("renal_left", [3], r"is called 'renal_left', but its values are 3 \(superior_mesenteric\)"),
        ("renal_left", [1, 2], r"is called 'renal_left', but its values are 1 \(aorta\), 2 "),
        ("calcification", [1], "no name of an artery"),
        ("case", [1, 52], r"no territory \(52\)"),
    ],
)
def test_a_file_whose_name_and_values_contradict_each_other_is_refused(tmp_path, name, present, message):
    path = save(image_of(np.resize(np.array([0, *present], np.uint8), (3, 4, 5))), tmp_path / f"{name}.nii.gz")
    with pytest.raises(InputError, match=message):
        read_arteries(path)
    assert read_arteries(path, {present[0]: "aorta"}).volume.array.any()


def test_of_several_files_one_without_a_name_is_refused(tmp_path, drawn):
    aorta = save(image_of((drawn == AORTA).astype(np.uint8)), tmp_path / "aorta.nii.gz")
    other = save(image_of((drawn == LEFT_RENAL).astype(np.uint8)), tmp_path / "vessel.nii.gz")
    with pytest.raises(InputError, match="--artery-labels 'vessel=aorta'"):
        read_arteries([aorta, other])
    found = read_arteries([aorta, other], {"vessel": "renal_left"})
    assert np.array_equal(found.volume.array, np.where(drawn == RIGHT_RENAL, 0, drawn))
    labels_of_all = save(image_of(drawn), tmp_path / "label map.nii.gz")
    assert np.array_equal(read_arteries([labels_of_all, aorta]).volume.array, drawn)


def test_names_in_a_nifti_file_say_which_value_is_which(tmp_path, drawn):
    values = np.array([0, 5, 0, 0, 0, 3, 4, 0, 0], np.uint8)[drawn] + 2 * (drawn == 0)
    path = save(image_of(values.astype(np.uint8)), tmp_path / "total.nii")
    names = {1: "spleen", 2: "liver", 3: "renal_artery_left", 4: "renal_artery_right", 5: "aorta"}
    found = read_arteries(with_label_table(path, names))
    assert np.array_equal(found.volume.array, drawn)
    (flag,) = found.flags
    assert "'liver' (2)" in flag.message
    with pytest.raises(InputError, match=r"no segment of calcification, but 'liver' \(2\), 'renal_artery_left' \(3\)"):
        read_calcification(path)
    organs = with_label_table(save(image_of((drawn > 0).astype(np.uint8)), tmp_path / "organs.nii"), {1: "spleen"})
    with pytest.raises(InputError, match=r"no segment of an artery .*'spleen' \(1\)"):
        read_arteries(organs)


def test_what_is_doubtful_about_the_header_of_a_mask_is_told(tmp_path, drawn):
    path = save(image_of(drawn), tmp_path / "mask.nii")
    content = bytearray(path.read_bytes())
    content[252:256] = bytes(4)  # qform_code and sform_code
    path.write_bytes(content)
    (flag,) = read_arteries(path).flags
    assert flag.code == "unknown_orientation"
    assert "'mask.nii'" in flag.message
    segments = a_segmentation(tmp_path / "s.seg.nrrd", ("aorta", 1), array=(drawn == AORTA).astype(np.uint8))
    segments.write_bytes(segments.read_bytes().replace(b"space: left-posterior-superior\n", b"space dimension: 3\n"))
    assert [flag.code for flag in read_arteries(segments).flags] == ["unknown_orientation"]
    assert [flag.code for flag in read_arteries([path, segments], {"mask": "sma"}).flags][:2] == [
        "unknown_orientation"
    ] * 2


@pytest.mark.parametrize(
    ("given", "overruled"),
    [
        ({52: "aorta", 51: "common_iliac_left"}, ["'iliac_artery_right' (52) counts as aorta"]),
        ({7: "aorta", 5: "renal_left"}, ["'liver' (5) counts as left renal artery"]),
        ({7: "aorta", 51: "common_iliac_left", 3: "common_iliac_right"}, []),
    ],
)
def test_what_the_user_says_against_the_names_in_the_file_counts_and_is_said(tmp_path, drawn, given, overruled):
    # TotalSegmentator's first version had 52 for the right iliac artery, its second has it for the aorta.
    names = {7: "aorta", 51: "iliac_artery_left", 52: "iliac_artery_right", 5: "liver", 3: "Segment 3"}
    array = np.zeros_like(drawn)
    for n, value in enumerate(names):
        array[:, n, :] = value
    found = read_arteries(with_label_table(save(image_of(array), tmp_path / "total.nii"), names), given)
    assert set(np.unique(found.volume.array)) - {0} == {territory(name).label for name in given.values()}
    said = [flag.message for flag in found.flags if flag.code == "names_overruled"]
    assert len(said) == len(overruled[:1])
    assert all(text in said[0] for text in overruled)

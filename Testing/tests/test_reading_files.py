"""CT volumes and masks in single files, and what the command line says about them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reading import parse_kept_lengths, read_ct, read_mask
from AbdominalCalcificationLib.reporting import write_volume


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

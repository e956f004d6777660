"""Image files of every format: what other programs write, giant claims, files apart from their header, warnings."""

from __future__ import annotations

import math
import os
import struct

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.reading.images import header_flags, read_flagged
from AbdominalCalcificationLib.reporting import write_volume
from image_headers import (
    SPACING,
    a_ct,
    a_mask,
    codes,
    refused,
    write_meta,
    write_nifti,
    write_nrrd,
)

DI, DJ, DK = SPACING


def test_our_own_files_are_read_without_a_word(tmp_path):
    grid = Grid.from_spacing((3, 4, 5), (0.7, 0.8, 2.5), (10, -20, 30), [[0.6, 0.8, 0], [-0.8, 0.6, 0], [0, 0, -1]])
    for name in ("mask.nii.gz", "mask.nrrd"):
        write_volume(tmp_path / name, Volume(np.ones(grid.shape, np.uint8), grid))
        assert header_flags(tmp_path / name) == ()


def oblique(array):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((0.7421875, 0.7421875, 0.625))
    image.SetOrigin((-187.1, -203.4, 1102.75))
    a, b = 0.21, -1.2
    turn = np.array([[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]])
    tilt = np.array([[1, 0, 0], [0, math.cos(b), -math.sin(b)], [0, math.sin(b), math.cos(b)]])
    image.SetDirection((turn @ tilt).ravel().tolist())
    return image


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.nhdr", "a.mhd"])
@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, 1), (1, -1, -1)])
def test_what_itk_writes_is_read_without_a_word(tmp_path, name, flip, capfd):
    for array in (a_ct(), a_mask()):
        image = oblique(array)
        image.SetDirection((np.array(image.GetDirection()).reshape(3, 3) * flip).ravel().tolist())
        sitk.WriteImage(image, str(tmp_path / name))
        volume, flags = read_flagged(tmp_path / name)
        assert flags == ()
        corner = tuple(n - 1 for n in image.GetSize())
        lps = np.array(image.TransformIndexToPhysicalPoint(corner))
        assert volume.grid.ras_of_kji([corner[::-1]])[0] == pytest.approx(lps * (-1, -1, 1), abs=2e-3)
        assert np.array_equal(volume.array, array)
    assert capfd.readouterr() == ("", "")


def giant_nifti(path):
    return write_nifti(path, a_ct(), dim=(3, 30000, 30000, 30000, 1, 1, 1, 1))


def giant_nifti2(path):
    nibabel = pytest.importorskip("nibabel")
    nibabel.save(nibabel.Nifti2Image(a_ct().transpose(2, 1, 0), np.diag([*SPACING, 1])), path)
    content = bytearray(path.read_bytes())
    struct.pack_into("<8q", content, 16, 3, 2**40, 2**40, 2**40, 1, 1, 1, 1)
    path.write_bytes(content)
    return path


GIANTS = [
    ("a.nii", giant_nifti),
    ("a.nii.gz", giant_nifti),
    ("two.nii", giant_nifti2),
    ("a.nrrd", lambda path: write_nrrd(path, a_ct(), sizes="60000 60000 8000")),
    ("packed.nrrd", lambda path: write_nrrd(path, a_ct(), sizes="60000 60000 8000", encoding="gzip")),
    ("text.nrrd", lambda path: write_nrrd(path, a_ct(), sizes="60000 60000 8000", encoding="ascii")),
    ("a.nhdr", lambda path: write_nrrd(path, a_ct(), sizes="60000 60000 8000")),
    ("a.mha", lambda path: write_meta(path, a_ct(), DimSize="60000 60000 8000")),
    ("packed.mha", lambda path: write_meta(path, a_ct(), DimSize="60000 60000 8000", CompressedData="True")),
    ("a.mhd", lambda path: write_meta(path, a_ct(), DimSize="60000 60000 8000")),
]


@pytest.mark.parametrize(("name", "make"), GIANTS)
def test_a_header_that_claims_more_than_the_file_holds_takes_no_memory(tmp_path, name, make, monkeypatch):
    def forbidden(*_):
        raise AssertionError("memory was taken for voxels that are not there")

    path = make(tmp_path / name)
    monkeypatch.setattr(np, "empty", forbidden)
    monkeypatch.setattr(sitk.ImageFileReader, "Execute", forbidden)
    for read in (read_ct, read_mask):
        with pytest.raises(InputError):
            read(path)


def test_a_detached_header_names_its_voxels_in_several_ways(tmp_path):
    ct = a_ct()
    for k, plane in enumerate(ct):
        (tmp_path / f"plane{k}.raw").write_bytes(plane.tobytes())
    listed = "\n".join(["", *(f"plane{k}.raw" for k in range(8))])
    for path in (
        write_nrrd(tmp_path / "pattern.nhdr", ct, data_file="plane%d.raw 0 7 1 2"),
        write_nrrd(tmp_path / "list.nhdr", ct, data_file=f"LIST 2{listed}"),
        write_meta(tmp_path / "pattern.mhd", ct, ElementDataFile="plane%d.raw 0 7 1"),
        write_meta(tmp_path / "list.mhd", ct, ElementDataFile=f"LIST 2{listed}"),
    ):
        path.with_suffix(".raw").unlink(missing_ok=True)
        assert np.array_equal(read_ct(path).volume.array, ct)
    (tmp_path / "plane3.raw").unlink()
    for name in ("pattern.nhdr", "list.nhdr", "pattern.mhd", "list.mhd"):
        with pytest.raises(InputError, match=r"keeps its voxels in 'plane3\.raw', which is not there"):
            read_ct(tmp_path / name)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("special", ["/dev/zero", "pipe"])
def test_voxels_are_not_read_from_a_device(tmp_path, special):
    if special == "pipe":
        os.mkfifo(tmp_path / "pipe")
    for path in (
        write_nrrd(tmp_path / "a.nhdr", a_ct(), data_file=special),
        write_meta(tmp_path / "a.mhd", a_ct(), ElementDataFile=special),
    ):
        refused(path, "which is not there")


def test_more_dimensions_of_size_1_are_none(tmp_path):
    image = sitk.JoinSeries([sitk.GetImageFromArray(a_ct())])
    image.SetSpacing((*SPACING, 1))
    for name in ("a.nii", "a.nrrd", "a.mha"):
        sitk.WriteImage(image, str(tmp_path / name))
        volume, _ = read_flagged(tmp_path / name)
        assert volume.grid.spacing_mm == pytest.approx(SPACING)
        assert np.array_equal(volume.array, a_ct())


@pytest.mark.parametrize("name", ["a.nrrd", "a.mha"])
def test_what_the_library_warns_about_becomes_a_flag_and_is_not_printed(tmp_path, name, monkeypatch, capfd):
    path = write_nrrd(tmp_path / name, a_ct()) if name == "a.nrrd" else write_meta(tmp_path / name, a_ct())
    execute = sitk.ImageFileReader.Execute

    def talkative(reader):
        os.write(2, b"MetaImage: something is odd\n")
        return execute(reader)

    monkeypatch.setattr(sitk.ImageFileReader, "Execute", talkative)
    flags = read_ct(path).flags
    assert codes(flags) == ["header_warning"]
    assert flags[0].message == f"Reading '{name}', the image library warns: MetaImage: something is odd"
    assert capfd.readouterr() == ("", "")


def test_a_file_that_itk_reads_in_another_way_is_refused(tmp_path, monkeypatch):
    path = write_nrrd(tmp_path / "a.nrrd", a_ct())
    monkeypatch.setattr(sitk.ImageFileReader, "GetSpacing", lambda _: (DI, DJ, 3.0))
    refused(path, "can be read in two ways", "0.8 × 0.7 × 2 mm by its format", "0.8 × 0.7 × 3 mm by ITK")

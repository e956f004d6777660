"""NIfTI headers: contradictions, gaps, units, orientation and scales, of CTs and of masks."""

from __future__ import annotations

import gzip
import math

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.reading.images import header_flags, read_flagged
from image_headers import (
    AXIAL,
    ORIGIN_RAS,
    SPACING,
    a_ct,
    a_mask,
    codes,
    nifti_bytes,
    refused,
    write_meta,
    write_nifti,
    write_nrrd,
)

nan, inf = float("nan"), float("inf")
DI, DJ, DK = SPACING
X, Y, Z = ORIGIN_RAS


def srow(i=DI, j=DJ, k=DK, x=X, y=Y, z=Z):
    return (i, 0, 0, x, 0, j, 0, y, 0, 0, k, z)


def pixdim(*sizes, qfac=1):
    return (qfac, *sizes, 0, 0, 0, 0)


CONTRADICTIONS = {
    "sform and pixdim": ({"srow": srow(k=5)}, ["0.8 × 0.7 × 2 mm", "0.8 × 0.7 × 5 mm", "sform"]),
    "sform and pixdim, no qform": ({"srow": srow(k=5), "qform_code": 0}, ["× 2 mm by pixdim", "× 5 mm by its sform"]),
    "sizes exchanged": ({"srow": srow(i=DJ, j=DI)}, ["0.8 × 0.7 × 2 mm by pixdim", "0.7 × 0.8 × 2 mm by its sform"]),
    "pixdim left at 1": ({"pixdim": pixdim(1, 1, 1)}, ["1 × 1 × 1 mm by pixdim", "0.8 × 0.7 × 2 mm by its sform"]),
    "left and right": ({"srow": srow(i=-DI)}, ["RAS by its qform", "LAS by its sform"]),
    "handedness": ({"pixdim": pixdim(*SPACING, qfac=-1)}, ["RAI by its qform", "RAS by its sform"]),
    "a quarter turn": ({"quatern": (0, 0, math.sqrt(0.5))}, ["ALS by its qform", "RAS by its sform"]),
    "a slight turn": ({"quatern": (0, 0, 0.02)}, ["2.3 degrees"]),
    "places": ({"qoffset": (X, Y, Z + 30)}, ["-370) mm by its qform", "-400) mm by its sform"]),
    "bits of a voxel": ({"bitpix": 8}, ["8 bits by bitpix", "16 by datatype"]),
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
@pytest.mark.parametrize("order", "<>")
def test_a_nifti_header_that_says_two_things_is_refused_with_both(tmp_path, what, order):
    changed, parts = CONTRADICTIONS[what]
    path = write_nifti(tmp_path / "a.nii", a_ct(), order=order, **changed)
    refused(path, "contradicts itself", *parts)


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"pixdim": pixdim(0, 0, 0)}, "pixdim: 0 × 0 × 0; sform: 0.8 × 0.7 × 2"),
        ({"pixdim": pixdim(DI, DJ, 0)}, "pixdim: 0.8 × 0.7 × 0"),
        ({"pixdim": pixdim(DI, nan, DK)}, "pixdim: 0.8 × nan × 2"),
        ({"pixdim": pixdim(DI, DJ, inf)}, "pixdim: 0.8 × 0.7 × inf"),
        ({"pixdim": pixdim(-DI, DJ, DK)}, "pixdim: -0.8 × 0.7 × 2"),
        ({"pixdim": pixdim(0, 0, 0), "sform_code": 0, "qform_code": 0}, "pixdim: 0 × 0 × 0)"),
        ({"srow": (0,) * 12}, "sform: 0 × 0 × 0; pixdim: 0.8 × 0.7 × 2"),
        ({"srow": (nan,) * 12, "qform_code": 0}, "sform: nan × nan × nan; pixdim"),
    ],
)
def test_a_nifti_header_without_voxel_sizes_is_refused(tmp_path, changed, shown):
    refused(write_nifti(tmp_path / "a.nii.gz", a_ct(), **changed), "does not say how large its voxels are", shown)


def scaled_nifti(factor, unit):
    i, j, k = (size * factor for size in SPACING)
    x, y, z = (place * factor for place in ORIGIN_RAS)
    where = {"qoffset": (x, y, z), "srow": srow(i, j, k, x, y, z)}
    return {"pixdim": pixdim(i, j, k), "xyzt_units": unit, **where}


@pytest.mark.parametrize("code", [{}, {"sform_code": 0}, {"qform_code": 0}])
@pytest.mark.parametrize(
    ("factor", "unit"), [(1, 0), (1, 2), (1, 8), (1e-3, 1), (1e-3, 1 + 16), (1e3, 3), (1e3, 3 + 24)]
)
def test_units_of_nifti_are_converted(tmp_path, factor, unit, code):
    for array in (a_ct(), a_mask()):
        path = write_nifti(tmp_path / "a.nii", array, **scaled_nifti(factor, unit), **code)
        volume, flags = read_flagged(path)
        assert flags == ()
        assert volume.grid.same_as(AXIAL)
        assert np.array_equal(volume.array, array)


def test_a_unit_that_nifti_does_not_define_is_refused(tmp_path):
    refused(write_nifti(tmp_path / "a.nii", a_ct(), xyzt_units=5), "a unit that NIfTI does not define (5)")


def test_lengths_that_are_those_of_no_body_are_refused(tmp_path):
    refused(write_nifti(tmp_path / "micron.nii", a_ct(), xyzt_units=3), "0.0008 × 0.0007 × 0.002 mm")
    refused(write_nifti(tmp_path / "metre.nii", a_ct(), xyzt_units=1), "800 × 700 × 2000 mm")
    refused(write_nifti(tmp_path / "thick.nii", a_ct(), **scaled_nifti(11, 2)), "8.8 × 7.7 × 22 mm")
    long = np.zeros((2, 2, 4000), np.uint8)
    refused(write_nifti(tmp_path / "long.nii", long, dim=(3, 4000, 2, 2, 1, 1, 1, 1)), "3.2 m long")
    refused(write_nrrd(tmp_path / "a.nrrd", a_ct(), space_units='"um" "um" "um"'), "0.0008 × 0.0007 × 0.002 mm")
    refused(write_meta(tmp_path / "a.mha", a_ct(), ElementSpacing="0.04 0.7 2"), "0.04 × 0.7 × 2 mm")


def test_a_nifti_file_without_orientation_keeps_its_voxel_sizes_and_is_flagged(tmp_path):
    path = write_nifti(tmp_path / "a.nii", a_ct(), qform_code=0, sform_code=0)
    ct = read_ct(path)
    assert codes(ct.flags)[0] == "unknown_orientation"
    assert ct.volume.grid.spacing_mm == pytest.approx(SPACING)
    assert codes(header_flags(write_nifti(tmp_path / "m.nii", a_mask(), qform_code=0, sform_code=0))) == [
        "unknown_orientation"
    ]


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"scl_slope": 0, "scl_inter": -1024}, "scl_slope 0, scl_inter -1024"),
        ({"scl_slope": nan, "scl_inter": -1024}, "scl_slope nan, scl_inter -1024"),
        ({"scl_slope": -1}, "scl_slope -1"),
        ({"scl_slope": inf}, "scl_slope inf"),
        ({"scl_slope": 1, "scl_inter": nan}, "scl_inter nan"),
    ],
)
def test_a_scale_that_is_none_is_refused(tmp_path, changed, shown):
    path = write_nifti(tmp_path / "a.nii", a_ct(), **changed)
    for read in (read_ct, read_mask):
        with pytest.raises(InputError, match="values") as refusal:
            read(path)
        assert shown in str(refusal.value)


@pytest.mark.parametrize(("slope", "intercept"), [(0, 0), (nan, nan), (nan, 0), (1, 0)])
def test_no_scale_leaves_the_values_as_they_are(tmp_path, slope, intercept):
    ct = read_ct(write_nifti(tmp_path / "a.nii", a_ct(), scl_slope=slope, scl_inter=intercept))
    assert ct.volume.array.dtype == np.int16
    assert np.array_equal(ct.volume.array, a_ct())


def test_slope_and_intercept_are_applied(tmp_path):
    stored = ((a_ct().astype(np.float64) + 1024) * 2).astype(np.int16)
    path = write_nifti(tmp_path / "a.nii", stored, scl_slope=0.5, scl_inter=-1024)
    assert np.array_equal(read_ct(path).volume.array, a_ct())
    functions = {"ElementToIntensityFunctionSlope": "0.5", "ElementToIntensityFunctionOffset": "-1024"}
    assert np.array_equal(read_ct(write_meta(tmp_path / "a.mha", stored, **functions)).volume.array, a_ct())


def by_nibabel(path, array, **more):
    nibabel = pytest.importorskip("nibabel")
    turn = np.array([[math.cos(0.3), -math.sin(0.3), 0], [math.sin(0.3), math.cos(0.3), 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn * (-0.683594, 0.683594, 1.25)
    affine[:3, 3] = 171.123, -180.7, -300.2
    kind = {"pair": nibabel.Nifti1Pair, "two": nibabel.Nifti2Image}.get(more.get("kind"), nibabel.Nifti1Image)
    image = kind(array.transpose(2, 1, 0), affine)
    if more.get("again"):  # a header that is used again for another grid
        affine[:3, :3] *= 1.5
        image = kind(array.transpose(2, 1, 0), affine, image.header)
    if more.get("both"):
        image.set_qform(affine, 1)
        image.set_sform(affine, 1)
        image.header.set_xyzt_units("mm", "sec")
    if more.get("qform"):
        image.set_qform(affine, 1)
        image.set_sform(None, 0)
    nibabel.save(image, path)
    return path, Grid(array.shape, affine)


NIBABEL = [
    ("a.nii.gz", {}),
    ("a.nii", {"both": True}),
    ("a.nii", {"qform": True}),
    ("a.nii", {"again": True}),
    ("a.nii", {"again": True, "both": True}),
    ("a.img", {"kind": "pair"}),
    ("a.hdr", {"kind": "pair", "both": True}),
    ("a.img.gz", {"kind": "pair"}),
    ("a.nii.gz", {"kind": "two"}),
    ("a.nii", {"kind": "two", "both": True}),
]


@pytest.mark.parametrize(("name", "how"), NIBABEL)
def test_what_nibabel_writes_is_read_without_a_word(tmp_path, name, how):
    for array in (a_ct(), a_mask()):
        path, grid = by_nibabel(tmp_path / name, array, **how)
        volume, flags = read_flagged(path)
        assert flags == ()
        assert volume.grid.same_as(grid, tolerance_mm=1e-3)
        assert np.array_equal(volume.array, array)
        assert header_flags(path) == ()


# Headers as other programs write them (fields that matter here), and the grid that they mean.
OTHER_PROGRAMS = {
    # radiological order: i to the left
    "fsl.nii.gz": (
        {
            "pixdim": pixdim(*SPACING, qfac=-1),
            "quatern": (0, 1, 0),
            "qoffset": (8.8, Y, Z),
            "srow": srow(i=-DI, x=8.8),
            "xyzt_units": 10,
        },
        Grid.from_spacing((8, 10, 12), SPACING, (8.8, Y, Z), np.diag([-1, 1, 1])),
    ),
    "dcm2niix.nii": ({}, AXIAL),
    "mrtrix.nii": ({"pixdim": pixdim(DI, DJ, DK), "sform_code": 1, "qform_code": 1}, AXIAL),
    "spm.nii": ({"sform_code": 2, "qform_code": 2, "xyzt_units": 10}, AXIAL),
    "sform only.nii": ({"qform_code": 0, "quatern": (0, 0, 0), "qoffset": (0, 0, 0)}, AXIAL),
    "qform only.nii": ({"sform_code": 0, "srow": (0,) * 12}, AXIAL),
    "no handedness.nii": ({"pixdim": pixdim(*SPACING, qfac=0)}, AXIAL),
    "four dimensions.nii": ({"dim": (4, 12, 10, 8, 1, 1, 1, 1), "pixdim": (1, DI, DJ, DK, 1, 0, 0, 0)}, AXIAL),
    "rounded.nii": ({"srow": srow(i=0.80004, j=0.69997), "qoffset": (X + 0.001, Y, Z)}, None),
}


@pytest.mark.parametrize("name", OTHER_PROGRAMS)
def test_what_other_programs_write_is_read_without_a_word(tmp_path, name):
    changed, grid = OTHER_PROGRAMS[name]
    volume, flags = read_flagged(write_nifti(tmp_path / name, a_ct(), **changed))
    assert flags == ()
    assert volume.grid.same_as(AXIAL if grid is None else grid, tolerance_mm=0.01 if grid is None else 1e-4)


def test_both_files_of_a_pair_are_needed(tmp_path):
    content = nifti_bytes(a_ct(), magic=b"ni1\0", vox_offset=0)
    (tmp_path / "a.hdr").write_bytes(content[:352])
    with pytest.raises(InputError, match=r"'a\.img' is not beside it"):
        read_ct(tmp_path / "a.hdr")
    (tmp_path / "a.img").write_bytes(content[352:])
    for name in ("a.hdr", "a.img"):
        assert np.array_equal(read_ct(tmp_path / name).volume.array, a_ct())
    (tmp_path / "a.img").write_bytes(content[352:-1])
    with pytest.raises(InputError, match="truncated"):
        read_ct(tmp_path / "a.img")
    (tmp_path / "a.hdr").write_bytes(content[:344] + bytes(8))
    with pytest.raises(InputError, match=r"Analyze 7\.5"):
        read_ct(tmp_path / "a.hdr")


@pytest.mark.parametrize(
    "changed",
    [
        {"magic": b"ni1\0"},
        {"magic": bytes(4)},
        {"vox_offset": 0},
        {"vox_offset": 350},
        {"vox_offset": 352.5},
        {"vox_offset": nan},
        {"dim": (9, 12, 10, 8, 1, 1, 1, 1)},
        {"dim": (3, 12, -10, 8, 1, 1, 1, 1)},
        {"dim": (3, 12, 0, 8, 1, 1, 1, 1)},
        {"datatype": 77},
        {"quatern": (3, 0, 0)},
        {"quatern": (nan, 0, 0)},
    ],
)
def test_a_nifti_header_that_means_nothing_is_refused(tmp_path, changed):
    refused(write_nifti(tmp_path / "a.nii", a_ct(), **changed))


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_voxels_that_the_header_does_not_know_are_refused(tmp_path, name):
    path = write_nifti(tmp_path / name, a_ct(), dim=(3, 12, 10, 4, 1, 1, 1, 1))
    with pytest.raises(InputError, match=r"contradicts itself: 960 bytes follow.*12 × 10 × 4"):
        read_ct(path)
    padded = nifti_bytes(a_ct()) + bytes(512 - 480)
    path.write_bytes(gzip.compress(padded) if name.endswith("gz") else padded)
    assert np.array_equal(read_ct(path).volume.array, a_ct())

"""NRRD headers: contradictions, gaps, units and spaces, of CTs and of masks."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid
from AbdominalCalcificationLib.reading import read_ct
from AbdominalCalcificationLib.reading.images import read_flagged
from image_headers import (
    AXIAL_LPS,
    ORIGIN_RAS,
    SPACING,
    a_ct,
    a_mask,
    codes,
    refused,
    write_meta,
    write_nrrd,
)

DI, DJ, DK = SPACING
X, Y, Z = ORIGIN_RAS


NRRD_WITHOUT_SIZES = {
    "nothing": ({"space_directions": None}, "no space directions; no spacings either"),
    "ends only": ({"space_directions": None, "axis_mins": "0 0 0", "axis_maxs": "9 7 16"}, "axis maxs: 9 7 16"),
    "an axis without": ({"space_directions": f"({DI},0,0) (0,{DJ},0) none"}, "no space direction for k"),
    "not a number": ({"space_directions": f"({DI},0,0) (0,{DJ},0) (nan,nan,nan)"}, "0.8 × 0.7 × nan"),
    "zero": ({"space_directions": f"({DI},0,0) (0,{DJ},0) (0,0,0)"}, "0.8 × 0.7 × 0"),
    "spacings without a number": ({"space_directions": None, "space_origin": None, "space": None,
                                   "spacings": "0.8 nan 2"}, "0.8 × nan × 2"),
    "spacings below zero": ({"space_directions": None, "space_origin": None, "space": None,
                             "spacings": "0.8 -0.7 2"}, "0.8 × -0.7 × 2"),
}  # fmt: skip


@pytest.mark.parametrize("what", NRRD_WITHOUT_SIZES)
@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr"])
def test_a_nrrd_header_without_voxel_sizes_is_refused(tmp_path, what, name):
    changed, shown = NRRD_WITHOUT_SIZES[what]
    refused(write_nrrd(tmp_path / name, a_ct(), **changed), "does not say how large its voxels are", shown)


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        ({"spacings": "0.8 0.7 5"}, ["0.8 by space directions", "0.8 by spacings"]),
        ({"space_directions": None, "space_origin": None, "space": None, "spacings": "0.8 0.7 2",
          "axis_mins": "0 0 0", "axis_maxs": "9.6 7 40"}, ["2 by spacings", "5 by axis mins and maxs"]),
    ],
)  # fmt: skip
def test_a_nrrd_header_that_says_two_things_is_refused_with_both(tmp_path, changed, parts):
    refused(write_nrrd(tmp_path / "a.nrrd", a_ct(), **changed), "contradicts itself", *parts)


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("mm", 1), ("", 1), ("um", 1e3), ("µm", 1e3), ("micron", 1e3), ("microns", 1e3), ("cm", 0.1), ("m", 1e-3)],
)
def test_units_of_nrrd_and_metaimage_are_converted(tmp_path, unit, factor):
    i, j, k = (f"{size * factor:.9g}" for size in SPACING)
    x, y, z = (f"{place * factor:.9g}" for place in (-X, -Y, Z))
    nrrd = {
        "space_directions": f"({i},0,0) (0,{j},0) (0,0,{k})",
        "space_origin": f"({x},{y},{z})",
        "space_units": f'"{unit}" "{unit}" "{unit}"',
    }
    meta = {"ElementSpacing": f"{i} {j} {k}", "Offset": f"{x} {y} {z}", "DistanceUnits": unit or "?"}
    for array in (a_ct(), a_mask()):
        for path in (
            write_nrrd(tmp_path / "a.nrrd", array, **nrrd),
            write_nrrd(tmp_path / "a.nhdr", array, **nrrd),
            write_meta(tmp_path / "a.mha", array, **meta),
            write_meta(tmp_path / "b.mhd", array, **meta),
        ):
            volume, flags = read_flagged(path)
            assert flags == ()
            assert volume.grid.same_as(AXIAL_LPS)
            assert np.array_equal(volume.array, array)


def test_each_direction_of_space_has_its_own_unit(tmp_path):
    directions = f"(0,{DI * 1000},0) ({DJ / 10},0,0) (0,0,{DK})"
    path = write_nrrd(
        tmp_path / "a.nrrd", a_ct(), space_directions=directions, space_units='"cm" "um" "mm"', space_origin="(1,2,3)"
    )
    grid = read_ct(path).volume.grid
    assert grid.spacing_mm == pytest.approx(SPACING)
    assert grid.ras_of_kji([[0, 0, 0]])[0] == pytest.approx([-10, -0.002, 3])


def test_units_that_are_not_known_are_refused(tmp_path):
    refused(write_nrrd(tmp_path / "a.nrrd", a_ct(), space_units='"inch" "inch" "inch"'), "'inch'", "not known")
    refused(write_nrrd(tmp_path / "b.nrrd", a_ct(), space_units='"mm" "mm" "s"'), "'s'")
    refused(write_meta(tmp_path / "a.mha", a_ct(), DistanceUnits="furlong"), "'furlong'", "not known")


@pytest.mark.parametrize(
    ("space", "factors"),
    [
        ("LPS", (-1, -1, 1)),
        ("right-anterior-superior", (1, 1, 1)),
        ("RAS", (1, 1, 1)),
        ("Left-Anterior-Superior", (-1, 1, 1)),
        ("las", (-1, 1, 1)),
    ],
)
def test_spaces_that_say_how_the_patient_lies_are_taken_at_their_word(tmp_path, space, factors):
    volume, flags = read_flagged(write_nrrd(tmp_path / "a.nrrd", a_ct(), space=space))
    assert flags == ()
    expected = Grid.from_spacing(
        (8, 10, 12), SPACING, np.array([-X, -Y, Z]) * factors, np.diag(np.array(factors, float))
    )
    assert volume.grid.same_as(expected)


@pytest.mark.parametrize("space", ["3D-right-handed", "3D-left-handed", "scanner-xyz", "scanner-xyz-time", None])
@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr"])
def test_spaces_that_do_not_say_it_are_flagged(tmp_path, space, name):
    changed = {"space": space} if space else {"space": None, "space_dimension": "3"}
    if space and space.endswith("-time"):
        refused(write_nrrd(tmp_path / name, a_ct(), **changed))
        return
    for array in (a_ct(), a_mask()):
        volume, flags = read_flagged(write_nrrd(tmp_path / name, array, **changed))
        assert codes(flags) == ["unknown_orientation"]
        assert (space or "no space") in flags[0].message
        assert volume.grid.spacing_mm == pytest.approx(SPACING)


def test_spacings_alone_give_sizes_and_no_orientation(tmp_path):
    plain = {"space": None, "space_directions": None, "space_origin": None, "kinds": None}
    path = write_nrrd(tmp_path / "a.nrrd", a_ct(), **plain, spacings="80 70 200", units='"cm" "mm" "um"')
    with pytest.raises(InputError, match=r"800 × 70 × 0.2 mm"):
        read_ct(path)
    path = write_nrrd(tmp_path / "b.nrrd", a_ct(), **plain, spacings="0.08 0.7 2000", units='"cm" "mm" "um"')
    volume, flags = read_flagged(path)
    assert codes(flags) == ["unknown_orientation"]
    assert volume.grid.spacing_mm == pytest.approx(SPACING)


def test_a_missing_origin_is_flagged(tmp_path):
    for path in (
        write_nrrd(tmp_path / "a.nrrd", a_ct(), space_origin=None),
        write_nrrd(tmp_path / "b.nrrd", a_ct(), space_origin="(nan,nan,nan)"),
        write_meta(tmp_path / "a.mha", a_ct(), Offset=None),
    ):
        volume, flags = read_flagged(path)
        assert codes(flags) == ["header_warning"]
        assert "does not say where it lies" in flags[0].message
        assert volume.grid.ras_of_kji([[0, 0, 0]])[0] == pytest.approx([0, 0, 0])


@pytest.mark.parametrize(
    "changed",
    [
        {"space": "upside-down"},
        {"space_directions": "(0.8,0,0) (0,0.7,0)"},
        {"space_directions": "(0.8,0) (0,0.7) (0,0)"},
        {"space_directions": "(0.8,0,0) (0,0.7,0) (0,0,2"},
        {"space_directions": "(0.8,0,0) (0,0.7,0) (0.8,0.7,0)"},
        {"space_origin": "(1,2)"},
        {"space_origin": "(1,2,x)"},
        {"space_units": '"mm" "mm"'},
        {"space_units": "mm mm mm"},
        {"sizes": "12 10"},
        {"sizes": "12 10 -8"},
        {"sizes": "12 10 0"},
        {"sizes": "12 10 8.0"},
        {"dimension": "four"},
        {"type": "block"},
        {"kinds": "domain domain"},
        {"kinds": "domain domain time"},
        {"encoding": "magic"},
        {"sizes": "12 10 8\nsizes: 12 10 4"},
        {"space_directions": "(0.8,0,0) (0,0.7,0) (0,0,2)\nspace directions: (1,0,0) (0,1,0) (0,0,1)"},
    ],
)
def test_a_nrrd_header_that_means_nothing_is_refused(tmp_path, changed):
    refused(write_nrrd(tmp_path / "a.nrrd", a_ct(), **changed))


@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr"])
@pytest.mark.parametrize(
    "line", ["no such field: 1", "key:value", "space units: %", "labels: %", "data file: %", "%: 1", "%"]
)
def test_lines_that_crash_the_library_do_not_reach_it(tmp_path, name, line):
    path = write_nrrd(tmp_path / name, a_ct())
    begin, rest = path.read_bytes().split(b"\n", 1)
    long = line.replace("%", "100% |" * 2000).encode()
    path.write_bytes(begin + b"\n" + long + b"\n" + rest)
    refused(path, "the line '", long[:20].decode())


@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr"])
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("key:=value\r" + "v" * 700, "a bare carriage return"),  # crashed the library
        ("# remark\rspace units: mm", "a bare carriage return"),  # the library took the second part for a field
        ("# remark\n\r# more", "a bare carriage return"),  # ended the library's header, so that voxels began elsewhere
        ("key:=a\r\rb", "a bare carriage return"),
        ("key:=a\0b", "a NUL"),
    ],
)
def test_lines_that_the_library_reads_differently_are_refused(tmp_path, name, line, told):
    path = write_nrrd(tmp_path / name, a_ct())
    begin, rest = path.read_bytes().split(b"\n", 1)
    path.write_bytes(begin + b"\n" + line.encode() + b"\n" + rest)
    refused(path, told)


def test_key_value_pairs_and_comments_may_be_long(tmp_path):
    path = write_nrrd(tmp_path / "a.nrrd", a_ct())
    begin, rest = path.read_bytes().split(b"\n", 1)
    path.write_bytes(
        begin + b"\n# " + b"x" * 5000 + b"\nkey:=" + b"v" * 5000 + b"\ncontent: " + b"c" * 5000 + b"\n" + rest
    )
    assert read_ct(path).volume.grid.spacing_mm == pytest.approx(SPACING)

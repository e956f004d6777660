"""MetaImage headers: contradictions, gaps and orientation, of CTs and of masks."""

from __future__ import annotations

import pytest

from AbdominalCalcificationLib.geometry import Grid
from AbdominalCalcificationLib.reading.images import header_flags, read_flagged
from image_headers import (
    AXIAL_LPS,
    SPACING,
    a_ct,
    a_mask,
    codes,
    refused,
    write_meta,
)

META_WITHOUT_SIZES = [
    ({"ElementSpacing": None}, "no ElementSpacing, no ElementSize"),
    ({"ElementSpacing": None, "elementSpacing": "0.8 0.7 2"}, "no ElementSpacing"),
    ({"ElementSpacing": "0.8 0.7 0"}, "ElementSpacing: 0.8 × 0.7 × 0"),
    ({"ElementSpacing": "0.8 nan 2"}, "0.8 × nan × 2"),
    ({"ElementSpacing": "0.8 -0.7 2"}, "0.8 × -0.7 × 2"),
]


@pytest.mark.parametrize(("changed", "shown"), META_WITHOUT_SIZES)
@pytest.mark.parametrize("name", ["a.mha", "a.mhd"])
def test_a_metaimage_without_voxel_sizes_is_refused(tmp_path, changed, shown, name):
    refused(write_meta(tmp_path / name, a_ct(), **changed), "does not say how large its voxels are", shown)


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        ({"ElementSize": "0.8 0.7 5"}, ["0.8 × 0.7 × 2 mm by ElementSpacing", "0.8 × 0.7 × 5 mm by ElementSize"]),
        ({"Position": "1 2 3"}, ["Offset is 25.0 -12.0 -400.0", "Position 1 2 3"]),
        ({"Orientation": "0 1 0 1 0 0 0 0 1"}, ["TransformMatrix is 1 0 0", "Orientation 0 1 0"]),
    ],
)
def test_a_metaimage_that_says_two_things_is_refused_with_both(tmp_path, changed, parts):
    refused(write_meta(tmp_path / "a.mha", a_ct(), **changed), "contradicts itself", *parts)


def test_element_size_alone_is_the_voxel_size(tmp_path):
    path = write_meta(tmp_path / "a.mha", a_ct(), ElementSpacing=None, ElementSize="0.8 0.7 2")
    volume, flags = read_flagged(path)
    assert flags == ()
    assert volume.grid.same_as(AXIAL_LPS)


@pytest.mark.parametrize("names", [("Rotation", "Position"), ("Orientation", "Origin")])
def test_directions_and_origin_of_metaimage_have_several_names(tmp_path, names):
    changed = {names[0]: "-1 0 0 0 -1 0 0 0 1", names[1]: "-25 12 -400", "TransformMatrix": None, "Offset": None}
    volume, flags = read_flagged(write_meta(tmp_path / "a.mha", a_ct(), **changed, AnatomicalOrientation="LPI"))
    assert flags == ()
    assert volume.grid.same_as(Grid.from_spacing((8, 10, 12), SPACING, (25, -12, -400)))


@pytest.mark.parametrize("stated", ["RAI", "LPS", "lps", "???", "", None])
def test_an_orientation_that_fits_its_matrix_by_either_convention_is_no_contradiction(tmp_path, stated):
    assert header_flags(write_meta(tmp_path / "a.mha", a_ct(), AnatomicalOrientation=stated)) == ()


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"AnatomicalOrientation": "RAS"}, "AnatomicalOrientation RAS, but its TransformMatrix points LPS"),
        ({"AnatomicalOrientation": "AIR"}, "AIR"),
        ({"TransformMatrix": "-1 0 0 0 1 0 0 0 1"}, "RAI, but its TransformMatrix points RPS"),
        ({"TransformMatrix": None}, None),
        ({"TransformMatrix": None, "AnatomicalOrientation": None}, "no TransformMatrix"),
        ({"TransformMatrix": None, "AnatomicalOrientation": "RPI"}, "no TransformMatrix"),
    ],
)
def test_an_orientation_of_metaimage_that_is_missing_or_contradicted_is_flagged(tmp_path, changed, shown):
    for array in (a_ct(), a_mask()):
        flags = header_flags(write_meta(tmp_path / "a.mha", array, **changed))
        assert codes(flags) == ([] if shown is None else ["unknown_orientation"])
        assert shown is None or shown in flags[0].message


@pytest.mark.parametrize(
    "changed",
    [
        {"NDims": "2"},
        {"NDims": "x"},
        {"NDims": None},
        {"DimSize": "12 10"},
        {"DimSize": "12 10 -8"},
        {"DimSize": None},
        {"ElementSpacing": "0.8 0.7"},
        {"ElementSpacing": "0.8 0.7 2 1"},
        {"ElementSpacing": "0.8,0.7,2"},
        {"ElementSpacing": "0.8 0.7 2\nElementSpacing = 1 1 1"},
        {"TransformMatrix": "1 0 0 0 1 0"},
        {"TransformMatrix": "2 0 0 0 1 0 0 0 1"},
        {"TransformMatrix": "1 0 0 1 0 0 0 0 1"},
        {"TransformMatrix": "nan 0 0 0 1 0 0 0 1"},
        {"Offset": "1 2"},
        {"Offset": "1 2 inf"},
        {"ElementType": "MET_STRING"},
        {"ElementType": None},
        {"ObjectType": "Mesh"},
        {"ElementToIntensityFunctionSlope": "0"},
        {"ElementToIntensityFunctionSlope": "-1"},
    ],
)
def test_a_metaimage_header_that_means_nothing_is_refused(tmp_path, changed):
    refused(write_meta(tmp_path / "a.mha", a_ct(), **changed))

"""Quality flags that travel with the result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import measure
from phantoms import Phantom, aorta, beside_aorta, grid_over, reoriented


def a_case(spacing_mm=(1.0, 1.0, 1.0), lumen_hu=300):
    labels = np.zeros((30, 30, 30), np.uint8)
    labels[5:25, 10:20, 10:20] = 1
    hu = np.where(labels, lumen_hu, 30).astype(np.int16)
    return hu, labels, np.zeros(labels.shape, bool), Grid.from_spacing(labels.shape, spacing_mm)


def flags_of(hu, labels, calcified, grid):
    ct = None if hu is None else Volume(hu, grid)
    return measure(ct, Volume(labels, grid), Volume(calcified, grid)).flags


def codes(flags):
    return {flag.code for flag in flags}


def test_a_good_case_only_lacks_the_arteries_that_are_not_there():
    flags = flags_of(*a_case())
    assert codes(flags) == {"territory_missing"}
    names = {flag.territory for flag in flags}
    assert names == {
        "superior_mesenteric",
        "renal_left",
        "renal_right",
        "common_iliac_left",
        "common_iliac_right",
    }


@pytest.mark.parametrize(("lumen_hu", "flagged"), [(40, True), (149, True), (150, False), (400, False)])
def test_a_lumen_below_150_hu_is_not_enhanced(lumen_hu, flagged):
    assert ("no_arterial_enhancement" in codes(flags_of(*a_case(lumen_hu=lumen_hu)))) == flagged


def test_calcification_and_the_rim_do_not_make_a_lumen_look_enhanced():
    hu, labels, calcified, grid = a_case(lumen_hu=60)
    calcified[5:25, 10:17, 10:20] = True
    hu[calcified] = 900
    hu[5:25, 10:20, 19] = 500
    hu[5:25, 19, 10:20] = 500
    assert "no_arterial_enhancement" in codes(flags_of(hu, labels, calcified, grid))


@pytest.mark.parametrize(("lumen_hu", "flagged"), [(140, True), (300, False)])
def test_what_lies_outside_the_scanned_field_is_no_lumen(lumen_hu, flagged):
    hu, labels, calcified, grid = a_case(lumen_hu=lumen_hu)
    hu[:, :, 13:] = -1024  # 70 % of the artery
    assert ("no_arterial_enhancement" in codes(flags_of(hu, labels, calcified, grid))) == flagged
    hu[:] = -1024
    assert "no_arterial_enhancement" in codes(flags_of(hu, labels, calcified, grid))


def test_without_a_ct_nothing_is_said_about_hu():
    _, labels, calcified, grid = a_case()
    assert codes(flags_of(None, labels, calcified, grid)) == {"territory_missing"}


@pytest.mark.parametrize(("spacing_mm", "flagged"), [((1, 1, 3.0), False), ((1, 1, 3.2), True), ((5, 1, 1), True)])
def test_slices_more_than_3_mm_apart_are_flagged(spacing_mm, flagged):
    assert ("thick_slices" in codes(flags_of(*a_case(spacing_mm)))) == flagged


@pytest.mark.parametrize("orientation", [((0, 1, 2), (False,) * 3), ((2, 0, 1), (True, False, True))])
@pytest.mark.parametrize(
    ("part", "side"),
    [
        (np.s_[0, 12, 12], "lower"),
        (np.s_[29, 12, 12], "upper"),
        (np.s_[12, 0, 12], "back"),
        (np.s_[12, 29, 12], "front"),
        (np.s_[12, 12, 0], "left"),
        (np.s_[12, 12, 29], "right"),
    ],
)
def test_an_artery_at_the_border_of_the_volume_is_flagged_with_its_side(part, side, orientation):
    _, labels, calcified, grid = a_case()
    labels[part] = 1
    volumes = [reoriented(Volume(array, grid), *orientation) for array in (labels, calcified)]
    (flag,) = [f for f in measure(None, *volumes).flags if f.code == "truncated_field_of_view"]
    assert flag.territory == "aorta"
    assert f"touches the {side} border" in flag.message


@pytest.mark.parametrize(("where", "flagged"), [(np.s_[10, 22, 15], True), (np.s_[10, 28, 28], False)])
def test_metal_counts_only_near_an_artery(where, flagged):
    hu, labels, calcified, grid = a_case()
    hu[where] = 3071
    assert ("metal" in codes(flags_of(hu, labels, calcified, grid))) == flagged


@pytest.mark.parametrize(("distance_mm", "flagged"), [(0, True), (4, True), (14, True), (None, False)])
def test_a_branch_with_both_ends_as_near_to_its_parent_is_flagged(distance_mm, flagged):
    if distance_mm is None:  # its upper end is much nearer
        tube = replace(beside_aorta(4), direction=(0.0, 0.3, -1.0))
    else:
        tube = beside_aorta(distance_mm)
    phantom = Phantom({"aorta": (aorta(120),), "inferior_mesenteric": (tube,)})
    flags = measure(*phantom.painted(grid_over((-11, -11, -62), (11, 50, 62), 1.2))).flags
    unclear = [flag for flag in flags if flag.code == "territory_beginning_unclear"]
    assert [flag.territory for flag in unclear] == ["inferior_mesenteric"] * flagged
    assert all("upper" in flag.message for flag in unclear)


@pytest.mark.parametrize(("share", "flagged"), [(0.5, False), (0.9, False), (0.91, True), (1.0, True)])
def test_an_artery_that_is_hardly_anything_but_calcification_is_flagged(share, flagged):
    hu, labels, calcified, grid = a_case()
    kji = np.argwhere(labels)
    calcified[tuple(kji[: int(np.ceil(share * len(kji)))].T)] = True
    raised = [flag for flag in flags_of(hu, labels, calcified, grid) if flag.code == "all_calcified"]
    assert [flag.territory for flag in raised] == (["aorta"] if flagged else [])
    assert all(f"{100 * share:.0f} %" in flag.message for flag in raised)

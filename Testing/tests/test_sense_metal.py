"""Stents are told from calcium by their shape, dissections by their flap."""

from __future__ import annotations

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.sense.dissection import dissection_steps
from AbdominalCalcificationLib.sense.metal import stent_flags, without_struts_steps
from AbdominalCalcificationLib.sense.stents import Stent, find_stents_steps
from AbdominalCalcificationLib.sense.telling import once, seen_in_steps, told_with

SHAPE = (60, 44, 44)
GRID = Grid.from_spacing(SHAPE, (1.0, 1.0, 1.0))
S, A, R = np.indices(SHAPE).astype(float)
AWAY, ANGLE = np.hypot(R - 22, A - 22), np.arctan2(A - 22, R - 22)


def a_vessel(strut_hu=2000, length_mm=40, wires=12, spread=1.0, width=0.1, mask_mm=12.0, radius_mm=10.0):
    """Return CT, mask and what is bright: upright struts, `width` radian to both sides, around a lumen."""
    hu = np.where(radius_mm >= AWAY, 350, 40).astype(np.int16)
    turn = (ANGLE + np.pi) / (2 * np.pi) / spread * wires
    beside = np.abs(turn - np.floor(turn) - 0.5) * 2 * np.pi * spread / wires
    metal = (np.abs(AWAY - radius_mm) <= 0.6) & (beside <= width) & (turn < wires) & (S >= 10) & (length_mm > S - 10)
    hu[metal] = strut_hu
    return Volume(hu, GRID), Volume((mask_mm >= AWAY).astype(np.uint8), GRID), metal


def stents(**more):
    ct, mask, _ = a_vessel(**more)
    return drain(find_stents_steps(ct, mask))


def test_a_stent_is_found_where_it_lies_and_its_struts_are_no_calcium():
    ct, mask, metal = a_vessel()
    plaque = np.zeros(SHAPE, bool)
    plaque[2:5, 22, 31] = True
    calcification = Volume((metal | plaque).astype(np.uint8), GRID)
    left, (flag,) = drain(without_struts_steps(ct, mask, calcification))
    assert np.array_equal(left.array != 0, plaque)
    assert calcification.array[metal].all()
    assert (flag.code, flag.territory) == ("stent", "aorta")
    assert "4 cm of struts all around 2" in flag.message
    assert f"{np.count_nonzero(metal):.1f} mm³ called calcification there were left out" in flag.message


@pytest.mark.parametrize("more", [{"spread": 0.4, "wires": 6}, {"wires": 3, "width": 0.4}, {"width": 1.0}])
def test_plaques_on_some_sides_and_calcified_rings_are_no_stents(more):
    ct, mask, metal = a_vessel(**more)
    calcification = Volume(metal.astype(np.uint8), GRID)
    assert drain(without_struts_steps(ct, mask, calcification)) == (calcification, [])


def test_a_thick_crescent_seen_from_its_own_middle_is_no_cage():
    grid = Grid.from_spacing((36, 40, 40), (0.8, 0.8, 3.0))
    _, j, i = np.indices(grid.shape)
    away = np.hypot(j - 20, i - 20)
    # Of three voxels' depth, on one side.
    plaque = (away <= 8) & (away > 5) & (i > 20)
    hu = np.where(plaque, 2000, np.where(away <= 8, 350, -60)).astype(np.int16)
    assert drain(find_stents_steps(Volume(hu, grid), Volume((away <= 8).astype(np.uint8), grid))) == []


def test_a_cage_beside_the_artery_is_none_of_its():
    ct, _, _ = a_vessel()
    beside = Volume((np.hypot(R - 22, A - 40) <= 3).astype(np.uint8), GRID)
    assert drain(find_stents_steps(ct, beside)) == []


def test_given_masks_are_told_of_it_and_stay():
    ct, mask, _ = a_vessel()
    (flag,) = drain(seen_in_steps(ct, mask, True, True))
    assert flag.code == "stent"
    assert "left out" not in flag.message


def test_what_was_told_when_a_mask_was_made_is_told_again_and_once():
    ct, mask, metal = a_vessel()
    _, told = drain(without_struts_steps(ct, mask, Volume(metal.astype(np.uint8), GRID)))
    kept = {"flags": [{"code": f.code, "message": f.message, "territory": f.territory} for f in told]}
    assert once([*told_with([kept, {}]), *drain(seen_in_steps(ct, mask, True, True))]) == told
    assert told_with([{"flags": [{"code": "of another version", "message": "", "territory": None}]}]) == []


def of_arcs(count, arc_mm, shift_mm, seen=(0, 1, 2), strut_hu=2000):
    """Return the stents of a lumen with arcs around it, elsewhere in each slice, and only in the slices of `seen`."""
    ct, mask, _ = a_vessel()
    hu = np.where(ct.array > 350, 350, ct.array)
    around_mm = ((ANGLE + np.pi) * 10.0 + shift_mm * S) % (2 * np.pi * 10.0 / count)
    there = (np.abs(AWAY - 10.0) <= 0.6) & (around_mm < arc_mm) & (S >= 10) & (S < 50) & np.isin(S % 3, seen)
    return drain(find_stents_steps(Volume(np.where(there, strut_hu, hu).astype(np.int16), GRID), mask))


def test_struts_are_cut_across_in_arcs_of_9_mm():
    assert of_arcs(5, 5.0, 2.0, seen=(0, 1))
    assert not of_arcs(3, 11.0, 2.0, seen=(0, 1))


def test_struts_leave_gaps_of_14_mm():
    assert of_arcs(4, 3.0, 4.0)
    assert not of_arcs(3, 3.0, 5.0)


def test_struts_have_500_hu_at_two_thresholds():
    assert stents(strut_hu=700)
    # At 500 HU alone.
    assert not stents(strut_hu=600)


def test_what_looks_like_a_cage_at_one_threshold_alone_is_none():
    ct, mask, metal = a_vessel(strut_hu=700)
    # Blurred plaques run on between their dense parts.
    wall = (np.abs(AWAY - 10.0) <= 0.6) & (S >= 10) & (S < 50)
    faded = np.where(wall & ~metal, 560, ct.array).astype(np.int16)
    assert drain(find_stents_steps(ct, mask))
    assert not drain(find_stents_steps(Volume(faded, GRID), mask))


def test_only_what_hangs_on_the_artery_is_looked_at():
    # As much bone as would be too much to look at, far from the artery.
    ct, mask, _ = a_vessel()
    far = Grid.from_spacing((60, 44, 244), (1.0, 1.0, 1.0))
    hu = np.full(far.shape, 900, np.int16)
    hu[:, :, :44] = ct.array
    labels = np.zeros(far.shape, np.uint8)
    labels[:, :, :44] = mask.array
    labels[30, 22, 230] = 1
    (flag,) = stent_flags(drain(find_stents_steps(Volume(hu, far), Volume(labels, far))))
    assert "4 cm of struts all around 2" in flag.message


def test_struts_lie_within_10_mm_of_the_mask():
    # From a mask of the middle: 9 mm, and 13 mm.
    assert stents(mask_mm=1.0)
    assert not stents(mask_mm=1.0, radius_mm=14.0, wires=16, width=0.07)
    assert stents(mask_mm=10.0, radius_mm=14.0, wires=16, width=0.07)


def test_struts_are_in_three_fifths_of_the_directions():
    assert stents(wires=12, width=0.05)
    assert not stents(wires=8, width=0.1, radius_mm=6.0)


def test_struts_fill_less_than_half_of_their_wall():
    assert stents(wires=12, width=0.1)
    assert not stents(wires=14, width=0.12)


def test_a_stent_is_15_mm_long():
    assert stents(length_mm=20)
    assert not stents(length_mm=10)


def test_metal_shines_3_mm_around_it():
    stent = Stent(territory("aorta"), 0.0, np.zeros((10, 2)), np.full(10, 8.0))
    assert stent.holds(np.array([[10.5, 0, 15.0], [11.5, 0, 15.0]])).tolist() == [True, False]


def flapped(flap_hu=40, blood_hu=350, at=22, length_mm=30, tissue_hu=40):
    """Return the flags of an aorta whose lumen a flap 3 mm thick parts."""
    inside = AWAY <= 12
    hu = np.where(inside, blood_hu, tissue_hu).astype(np.int16)
    hu[inside & (np.abs(R - at) <= 1.5) & (S >= 5) & (length_mm > S - 5)] = flap_hu
    return drain(dissection_steps(Volume(hu, GRID), Volume(inside.astype(np.uint8), GRID)))


def test_a_flap_that_parts_the_lumen_is_flagged_with_its_length():
    (flag,) = flapped()
    assert (flag.code, flag.territory) == ("dissection_suspected", "aorta")
    assert "3 cm" in flag.message


def test_clot_on_one_side_is_no_flap():
    inside = AWAY <= 12
    hu = np.where(inside & (R > 18), 350, 40).astype(np.int16)
    assert drain(dissection_steps(Volume(hu, GRID), Volume(inside.astype(np.uint8), GRID))) == []


def test_a_flap_is_darker_by_three_tenths_of_the_contrast():
    assert flapped(flap_hu=220)
    assert not flapped(flap_hu=275)


def test_each_lumen_holds_15_per_cent():
    assert flapped(at=17)
    assert not flapped(at=16)


def test_a_flap_is_15_mm_long():
    assert flapped(length_mm=20)
    assert not flapped(length_mm=12)


def test_a_flap_needs_a_lumen_of_150_hu():
    assert flapped(blood_hu=200)
    assert not flapped(blood_hu=120)

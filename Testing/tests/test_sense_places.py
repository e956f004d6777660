"""Probes of the constants of anatomical sense: each fails where its constant is moved (test_sense_constants.py)."""

from __future__ import annotations

import numpy as np

from AbdominalCalcificationLib.flags import Effect
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.sense import body, sides, trunk
from AbdominalCalcificationLib.sense.pieces import Piece
from sense_cases import AORTA, ILIAC_LEFT, ILIAC_RIGHT, TREE, codes, count, sense

NO_MASK = np.zeros((40, 60, 60), np.uint8)


def a_body(*blocks, air_hu=-1000):
    """Find the body in a field of 180 x 180 x 120 mm: blocks are HU and spans along j and i, in voxels of 3 mm."""
    hu = np.full(NO_MASK.shape, air_hu, np.int16)
    for value, (top, bottom), (left, right) in blocks:
        hu[:, top:bottom, left:right] = value
    return body.body_of(Volume(hu, Grid.from_spacing(hu.shape, (3.0, 3.0, 3.0))))


def test_tissue_is_brighter_than_minus_300_hu():
    # Fat, and the foam of a mattress on it.
    found = a_body((-200, (15, 45), (15, 45)), (-450, (45, 55), (15, 45)))
    assert found.has_outline
    assert not found.outside[20, 20:44, 20:44].any()
    assert found.outside[20, 47:54, 20:40].all()


def test_sheets_are_thinner_than_12_mm():
    found = a_body((50, (15, 45), (15, 45)), (50, (44, 54), (20, 23)), (50, (5, 16), (30, 36)))
    assert found.outside[20, 50, 21]
    assert not found.outside[20, 8, 32]


def test_parts_of_three_tenths_of_the_trunk_belong_to_it():
    found = a_body((50, (10, 40), (10, 30)), (50, (10, 34), (40, 52)))
    assert not found.outside[20, 20, 45]
    found = a_body((50, (10, 40), (10, 30)), (50, (10, 28), (40, 52)))
    assert found.outside[20, 15, 45]


def test_what_reaches_the_border_is_air_below_minus_950_hu():
    assert a_body((50, (15, 45), (15, 45))).has_outline
    assert not a_body((50, (15, 45), (15, 45)), air_hu=-850).has_outline


def test_the_skin_is_8_mm_thick():
    to_the_front = ("superior_mesenteric", (-3, 9, 120), (6, 75, 129))
    # Two layers of voxels that end 6 mm and 3 mm below the air.
    for high, stays in ((84, True), (87, False)):
        layers = ("superior_mesenteric", (-3, high - 6, 120), (6, high, 129))
        found = sense(*TREE, to_the_front, layers)
        assert (count(found, "superior_mesenteric") == 9 * (22 + 2)) == stays


def with_lung(thick_mm, lowest_mm=-99, hu=-850):
    """Return whether a renal artery stays with lung around it, of a thickness, from a height (S) upwards."""
    renal = ("renal_left", (-39, -6, 99), (-9, 3, 105))
    lung = (hu, (-39 - thick_mm, -6 - thick_mm, max(99 - thick_mm, lowest_mm)), (-9, 3 + thick_mm, 105 + thick_mm))
    return count(sense(*TREE, renal, tissue=(lung,)), "renal_left") > 0


def test_lung_is_looked_for_within_6_mm_of_a_branch():
    assert not with_lung(3)
    assert with_lung(3, lowest_mm=99)


def test_a_branch_with_lung_around_two_fifths_of_it_is_a_vessel_of_the_lung():
    assert not with_lung(15, lowest_mm=102)
    assert with_lung(15, lowest_mm=105)


def test_a_trunk_has_250_square_centimetres():
    assert count(sense(*TREE, body=((-75, -66, -99), (75, 69, 300))), "aorta") == 0
    assert count(sense(*TREE, body=((-75, -99, -99), (75, 102 - 6, 300))), "aorta") > 0


def share_with(hu, right, front):
    """Return the share of levels of a line at R 90, A 90 that have a vertebra behind, painted at R and A from there."""
    array = np.zeros(NO_MASK.shape, np.int16)
    spans = [[round((90 + edge) / 3) for edge in span] for span in (front, right)]
    array[:, slice(*spans[0]), slice(*spans[1])] = hu
    found = body.body_of(Volume(array, Grid.from_spacing(array.shape, (3.0, 3.0, 3.0))))
    line = np.stack([np.full(30, 90.0), np.full(30, 90.0), np.arange(30.0)], axis=1)
    return trunk.spine_share(line, found, NO_MASK)


def test_bone_has_150_hu():
    assert share_with(200, (-18, 18), (-60, -20)) == 1
    assert share_with(120, (-18, 18), (-60, -20)) == 0


def test_vertebrae_lie_within_70_mm_behind():
    assert share_with(400, (-18, 18), (-66, -48)) == 1
    assert share_with(400, (-18, 18), (-90, -75)) == 0


def test_vertebrae_lie_within_35_mm_to_both_sides():
    assert share_with(400, (24, 39), (-60, -20)) == 1
    assert share_with(400, (42, 60), (-60, -20)) == 0


def test_a_vertebra_has_one_and_a_half_square_centimetres():
    assert share_with(400, (-12, -3), (-42, -24)) == 1  # 6 samples
    assert share_with(400, (-12, -3), (-36, -24)) == 0  # 4 samples


def test_a_spine_has_15_millilitres():
    # Bone beside the aorta: where it is enough to be a spine, this is no aorta.
    assert count(sense(*TREE, spine=((60, -60, 60), (87, -33, 87))), "aorta") == 0
    assert count(sense(*TREE, spine=((60, -60, 60), (87, -39, 81))), "aorta") > 0


def test_an_aorta_has_a_spine_behind_two_fifths_of_it():
    assert count(sense(*TREE, spine=((-18, -60, -9), (18, -18, 105))), "aorta") > 0
    assert count(sense(*TREE, spine=((-18, -60, -9), (18, -18, 75))), "aorta") == 0


def test_the_abdominal_aorta_is_the_lowest_piece_of_half_the_length():
    chest = ("aorta", (-9, -9, 120), (9, 9, 240))
    for top, stays in ((63, "low"), (57, "high")):  # 30 and 24 mm between their levels, 57 mm of the chest in the field
        low = ("aorta", (-9, -9, 30), (9, 9, top))
        kept = sense(chest, low).arteries
        expected = sense(low if stays == "low" else chest).arteries
        np.testing.assert_array_equal(kept.array > 0, expected.array > 0)
        assert kept.array.any()


def test_gaps_are_at_most_10_mm():
    # Voxel centres 9 mm and 12 mm apart.
    assert count(sense(*TREE, ("renal_left", (-39, -6, 99), (-15, 3, 105))), "renal_left") > 0
    assert count(sense(*TREE, ("renal_left", (-42, -6, 99), (-18, 3, 105))), "renal_left") == 0


def test_what_is_left_has_five_voxels():
    for voxels, stays in ((4, False), (6, True)):
        vessel = ("inferior_mesenteric", (0, 9, 60), (3, 9 + 3 * voxels, 63))
        assert (count(sense(*TREE, vessel), "inferior_mesenteric") > 0) == stays


def test_a_quarter_of_an_artery_is_no_speck():
    vessel = ("renal_left", (-39, -3, 99), (-9, 0, 105))  # 20 voxels
    for voxels, effect in ((6, Effect.REVIEW), (4, Effect.NOTE)):
        (flag,) = sense(*TREE, vessel, ("renal_left", (-90, 30, 99), (-90 + 3 * voxels, 33, 102))).flags
        assert flag.effect is effect


def test_pieces_that_together_are_a_quarter_of_an_artery_are_no_specks():
    vessel = ("renal_left", (-39, -3, 99), (-9, 0, 105))  # 20 voxels
    apart = [("renal_left", (-90, 30, 99 + 12 * n), (-81, 33, 102 + 12 * n)) for n in range(2)]  # 3 each
    assert [flag.code for flag in sense(*TREE, vessel, *apart).flags] == ["pieces_left_out"]
    assert [flag.code for flag in sense(*TREE, vessel, apart[0]).flags] == ["specks_cleared"]


def test_the_inferior_mesenteric_artery_begins_within_110_mm_of_the_bifurcation():
    for level, stays in ((120, True), (165, False)):
        vessel = ("inferior_mesenteric", (0, 9, level), (6, 36, level + 6))
        assert (count(sense(*TREE, vessel), "inferior_mesenteric") > 0) == stays


def test_an_iliac_artery_begins_within_60_mm_of_the_aortas_end():
    for level, stays in ((78, True), (108, False)):
        limb = ("common_iliac_right", (9, -6, level), (27, 6, level + 9))
        assert (count(sense(AORTA, ILIAC_LEFT, limb), "common_iliac_right") > 0) == stays


def test_a_branch_is_turned_by_at_most_120_degrees():
    beside = ("superior_mesenteric", (-39, -6, 120), (-9, 6, 129))
    behind = ("superior_mesenteric", (-6, -18, 120), (6, -9, 129))
    assert count(sense(*TREE, beside), "superior_mesenteric") > 0
    assert count(sense(*TREE, behind), "superior_mesenteric") == 0


def test_ostia_are_in_order_where_they_are_10_mm_apart():
    upper = ("superior_mesenteric", (-3, 9, 120), (6, 40, 126))
    for level, flagged in ((111, False), (108, True)):
        lower = ("celiac_trunk", (-3, 9, level), (6, 40, level + 6))
        assert bool(codes(sense(*TREE, lower, upper))) == flagged


def an_iliac_piece(offsets_mm):
    points = np.stack([np.asarray(offsets_mm, float), np.zeros(len(offsets_mm)), np.zeros(len(offsets_mm))], axis=1)
    return Piece(7, np.zeros((len(points), 3), int), points)


MIDDLE = trunk.Axis(np.array([[0.0, 0.0, 30.0], [0.0, 0.0, 60.0]]))


def test_arteries_cross_the_middle_by_10_mm():
    assert not sides._across(an_iliac_piece([8] * 10), MIDDLE, -1.0)
    assert sides._across(an_iliac_piece([13] * 10), MIDDLE, -1.0)


def test_three_quarters_of_a_piece_lie_across():
    assert not sides._across(an_iliac_piece([30] * 6 + [0] * 4), MIDDLE, -1.0)
    assert sides._across(an_iliac_piece([30] * 9 + [0]), MIDDLE, -1.0)


def test_the_probes_stand_on_a_case_that_nothing_is_said_of():
    assert not codes(sense(AORTA, ILIAC_LEFT, ILIAC_RIGHT))

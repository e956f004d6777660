"""What a model calls an artery is left out where it cannot be one, and told; what can be one stays as it is."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.flags import Effect
from AbdominalCalcificationLib.sense import pieces
from AbdominalCalcificationLib.sense.arteries import sensible_arteries
from sense_cases import AORTA, ILIAC_LEFT, ILIAC_RIGHT, TREE, a_case, codes, count, sense

RENAL_LEFT = ("renal_left", (-40, -6, 99), (-9, 3, 105))
RENAL_RIGHT = ("renal_right", (9, -6, 99), (40, 3, 105))
SMA = ("superior_mesenteric", (-3, 9, 120), (6, 40, 129))
WHOLE = (*TREE, RENAL_LEFT, RENAL_RIGHT, SMA)


def test_a_plausible_tree_stays_voxel_by_voxel_and_nothing_is_said():
    ct, arteries = a_case(WHOLE)
    found = sensible_arteries(ct, arteries)
    assert found.arteries is arteries
    assert found.flags == ()


@pytest.mark.parametrize("flips", list(product((False, True), repeat=3)))
def test_the_rules_do_not_depend_on_how_the_grid_is_stored(flips):
    junk = ("renal_left", (60, 60, 99), (75, 75, 105))
    found = sense(*WHOLE, junk, ("common_iliac_left", (18, -6, 0), (27, 6, 3)), flips=flips)
    plain = sense(*WHOLE, junk, ("common_iliac_left", (18, -6, 0), (27, 6, 3)))
    assert [count(found, each.name) for each in TERRITORIES] == [count(plain, each.name) for each in TERRITORIES]
    assert found.flags == plain.flags


def test_the_given_mask_is_not_changed():
    ct, arteries = a_case((*TREE, ("renal_left", (-90, 40, 99), (-80, 50, 105))))
    before = arteries.array.copy()
    assert sensible_arteries(ct, arteries).arteries is not arteries
    assert np.array_equal(arteries.array, before)


def test_table_arms_and_skin_hold_no_artery():
    table = (100, (-60, -117, -99), (60, -114, 300))
    arm = (50, (108, -60, -99), (117, 30, 300))
    found = sense(
        *TREE,
        ("aorta", (-30, -117, 60), (30, -114, 90)),
        ("renal_right", (108, -6, 99), (117, 6, 111)),
        ("superior_mesenteric", (-6, 81, 120), (6, 87, 129)),
        tissue=(table, arm),
    )
    assert codes(found) >= {("pieces_left_out", "renal_right"), ("pieces_left_out", "superior_mesenteric")}
    assert not {"renal_right", "superior_mesenteric"} & {t.name for t in TERRITORIES if count(found, t.name)}
    assert count(found, "aorta") == count(sense(*TREE), "aorta")
    assert "outside the body or in its skin" in " ".join(flag.message for flag in found.flags)


def test_lung_that_a_narrow_field_cuts_is_not_the_air_outside():
    # All of the field is body, half of it lung that reaches the border.
    found = sense(*WHOLE, body=((-300,) * 3, (300,) * 3), tissue=((-800, (-300, 15, -99), (-9, 300, 300)),))
    assert found.flags == ()


def test_a_piece_behind_a_gap_stays_and_carries_the_next_one():
    # Voxel centres 9 mm apart, twice; without the first piece the other one is 36 mm away.
    chain = [("renal_left", (-36, -6, 99), (-15, 3, 105)), ("renal_left", (-60, -6, 99), (-42, 3, 105))]
    found = sense(*TREE, *chain)
    assert found.flags == ()
    without_the_first = sense(*TREE, chain[1])
    assert count(without_the_first, "renal_left") == 0
    (flag,) = without_the_first.flags
    assert (flag.code, flag.territory, flag.effect) == ("pieces_left_out", "renal_left", Effect.REVIEW)
    assert "972 mm³ in 1 piece more than 10 mm from the aorta" in flag.message


def test_specks_beside_an_artery_that_stays_are_a_note():
    found = sense(*WHOLE, ("renal_left", (-80, 40, 99), (-77, 43, 105)))
    (flag,) = found.flags
    assert (flag.code, flag.effect) == ("specks_cleared", Effect.NOTE)
    assert "Left renal artery: 54 mm³ in 1 piece" in flag.message


def test_more_of_the_aorta_beyond_a_gap_is_for_review_however_small_beside_the_rest():
    low = ("aorta", (-9, -9, 0), (9, 9, 12))
    found = sense(AORTA, low)
    assert count(found, "aorta") == count(sense(AORTA), "aorta")
    assert codes(found) == {("pieces_left_out", "aorta")}


def test_a_branch_hangs_on_the_aorta_or_its_own_and_an_iliac_artery_on_the_other_one():
    on_an_iliac = ("renal_left", (-45, -6, 6), (-27, 3, 12))
    assert count(sense(*TREE, on_an_iliac), "renal_left") == 0
    bifurcation = ("common_iliac_right", (-6, -6, 0), (9, 6, 33))
    beyond = ("common_iliac_left", (-36, -6, 0), (-12, 6, 12))
    assert count(sense(AORTA, ILIAC_RIGHT, beyond), "common_iliac_left") == 0
    assert count(sense(AORTA, ILIAC_RIGHT, bifurcation, beyond), "common_iliac_left") > 0


def test_the_longest_tube_in_front_of_the_spine_is_the_aorta_and_not_a_larger_organ():
    heart = ("aorta", (-75, 30, 120), (-21, 75, 180))
    found = sense(*WHOLE, heart)
    assert count(found, "aorta") == count(sense(*WHOLE), "aorta")
    assert count(found, "renal_left") > 0


def test_nothing_is_left_without_an_aorta_and_that_is_said_first():
    spleen = ("aorta", (-90, 30, 90), (-60, 60, 150))
    found = sense(ILIAC_LEFT, ILIAC_RIGHT, spleen)
    assert not found.arteries.array.any()
    assert (found.flags[0].code, found.flags[0].effect) == ("no_abdominal_aorta", Effect.UNUSABLE)


def test_models_that_look_for_no_aorta_keep_their_branches():
    assert count(sense(ILIAC_LEFT, expects_aorta=False), "common_iliac_left") > 0


def test_a_head_or_a_leg_has_no_abdominal_aorta():
    found = sense(*TREE, body=((-60, -63, -99), (60, 60, 300)))
    assert not found.arteries.array.any()
    assert found.flags[0].code == "no_abdominal_aorta"
    assert "cm²" in found.flags[0].message


def test_swapped_iliac_arteries_are_mended_and_said():
    swapped = (
        ("common_iliac_right", *ILIAC_LEFT[1:]),
        ("common_iliac_left", *ILIAC_RIGHT[1:]),
    )
    found = sense(AORTA, RENAL_LEFT, RENAL_RIGHT, *swapped)
    right = sense(AORTA, RENAL_LEFT, RENAL_RIGHT, ILIAC_LEFT, ILIAC_RIGHT)
    assert np.array_equal(found.arteries.array, right.arteries.array)
    assert codes(found) == {("sides_mended", "common_iliac_left"), ("sides_mended", "common_iliac_right")}


def test_where_every_side_is_swapped_a_mirrored_image_or_patient_is_said_and_sides_are_those_of_the_image():
    def other(name):
        return name.replace("left", "LEFT").replace("right", "left").replace("LEFT", "right")

    found = sense(
        AORTA, SMA, *((other(each[0]), *each[1:]) for each in (ILIAC_LEFT, ILIAC_RIGHT, RENAL_LEFT, RENAL_RIGHT))
    )
    assert ("mirrored", None) in codes(found)
    assert np.array_equal(found.arteries.array, sense(*WHOLE).arteries.array)


def test_branches_leave_the_aorta_where_they_can():
    lumbar = ("superior_mesenteric", (-3, -18, 120), (6, -9, 129))
    found = sense(*TREE, lumbar)
    assert count(found, "superior_mesenteric") == 0
    assert "wrong side" in " ".join(flag.message for flag in found.flags)


def test_vessels_of_the_lung_are_no_branches_and_what_lies_in_bowel_gas_may_be_one():
    lung = ((-48, 9, 90), (48, 60, 150))
    for hu, stays in ((-850, False), (-1000, True)):
        found = sense(*TREE, SMA, tissue=((hu, *lung),))
        assert (count(found, "superior_mesenteric") > 0) == stays
        assert ("in a lung" in " ".join(flag.message for flag in found.flags)) != stays
        assert count(found, "aorta") == count(sense(*TREE), "aorta")


def test_what_follows_in_the_wrong_order_is_for_review_and_stays():
    found = sense(*TREE, ("celiac_trunk", (-3, 9, 99), (6, 40, 108)), SMA)
    assert codes(found) == {("place_implausible", "superior_mesenteric")}
    assert count(found, "celiac_trunk")
    assert count(found, "superior_mesenteric")


def test_an_iliac_artery_begins_at_the_lower_end_of_the_aorta():
    high = ("common_iliac_left", (-27, -6, 120), (-9, 6, 150))
    found = sense(*TREE, high)
    assert count(found, "common_iliac_left") == count(sense(*TREE), "common_iliac_left")
    # Where both begin as high, it is the aorta's mask that goes on too far.
    both = sense(AORTA, high, ("common_iliac_right", (9, -6, 120), (27, 6, 150)))
    assert count(both, "common_iliac_left") > 0


def test_what_is_left_of_an_artery_and_smaller_than_any_goes_too():
    found = sense(*TREE, ("superior_mesenteric", (0, 9, 120), (3, 12, 123)))
    assert count(found, "superior_mesenteric") == 0


def test_a_network_gone_wrong_does_not_fill_the_memory(monkeypatch):
    ct, arteries = a_case((*TREE, ("renal_left", (-80, 40, 99), (-60, 43, 105))))
    monkeypatch.setattr(pieces, "MOST_VOXELS", np.count_nonzero(arteries.array) - 1)
    assert sensible_arteries(ct, arteries).arteries is arteries
    monkeypatch.setattr(pieces, "MOST_VOXELS", np.count_nonzero(arteries.array))
    assert sensible_arteries(ct, arteries).arteries is not arteries


def test_an_empty_mask_stays_empty():
    ct, arteries = a_case(())
    assert sensible_arteries(ct, arteries).arteries is arteries

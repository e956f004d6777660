"""Flags and the verdict that is derived from them."""

import ast
from pathlib import Path

import pytest

import AbdominalCalcificationLib
from AbdominalCalcificationLib.flags import KINDS, Effect, Flag
from AbdominalCalcificationLib.trust import Verdict, headline, notes_of, trust_of


def test_a_flag_without_a_row_in_the_table_cannot_be_raised():
    with pytest.raises(ValueError, match="no flag 'nonsense'"):
        Flag("nonsense", "Something.")


def test_every_code_that_the_source_names_has_a_row():
    module_folder = Path(AbdominalCalcificationLib.__file__).parent.parent
    named = {
        node.args[0].value
        for file in module_folder.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Flag" and node.args
        if isinstance(node.args[0], ast.Constant)
    }
    assert len(named) > 10
    assert named <= set(KINDS)


def test_a_result_without_flags_is_fit_to_read():
    assert trust_of([]).verdict is Verdict.OK


@pytest.mark.parametrize("code", sorted(KINDS))
def test_a_flag_alone_leads_to_the_verdict_of_its_row(code):
    trust = trust_of([Flag(code, "Found.", "renal_left")])
    assert trust.verdict.value == {0: "ok", 1: "review", 2: "unusable"}[KINDS[code].effect]
    assert [flag.code for flag in trust.reasons] == ([] if KINDS[code].effect is Effect.NOTE else [code])


def test_the_gravest_flag_decides_and_comes_first():
    flags = [
        Flag("territory_missing", "No right renal artery.", "renal_right"),
        Flag("bundled_model", "Bundled model."),
        Flag("not_hu", "Stored values."),
    ]
    trust = trust_of(flags)
    assert trust.verdict is Verdict.UNUSABLE
    assert [flag.code for flag in trust.reasons] == ["not_hu", "territory_missing"]
    assert trust.territories == ("renal_right",)


def test_every_row_says_what_to_do():
    for code, kind in KINDS.items():
        assert kind.advice.endswith("."), code


def test_an_aorta_that_ends_at_the_border_is_no_reason_but_a_branch_is():
    open_above = [Flag("truncated_field_of_view", "Aorta: touches the upper border.", "aorta")]
    assert trust_of(open_above).verdict is Verdict.OK
    cut = [*open_above, Flag("truncated_field_of_view", "Left renal artery: touches the left border.", "renal_left")]
    assert trust_of(cut).territories == ("renal_left",)


def test_the_verdict_is_one_sentence_that_names_what_to_look_at():
    assert headline(trust_of([])) == "Fit to read."
    flags = [
        Flag("thick_slices", "Slices lie 5.0 mm apart."),
        Flag("territory_missing", "Right renal artery: not in the artery mask.", "renal_right"),
        Flag("territory_detached", "Left renal artery: too far from the aorta.", "renal_left"),
    ]
    assert headline(trust_of(flags)) == (
        "Look at these arteries first: left renal artery, right renal artery. Slices lie 5.0 mm apart."
    )
    unusable = [*flags, Flag("no_abdominal_aorta", "No abdominal aorta: it is not in the artery mask.")]
    assert headline(trust_of(unusable)) == (
        "Do not use these numbers. No abdominal aorta: it is not in the artery mask."
    )


def test_similar_flags_become_one_note_and_those_that_change_a_number_come_first():
    missing = [("renal_left", "Left renal artery"), ("common_iliac_right", "Right common iliac artery")]
    flags = [
        Flag("bundled_model", "Segmented by the bundled model."),
        Flag("gantry_tilt", "The slices are displaced."),
        *(Flag("territory_missing", f"{title}: not in the artery mask.", name) for name, title in missing),
        Flag("no_abdominal_aorta", "No abdominal aorta."),
        Flag("territory_attached_over_gap", "Left renal artery: attached over a gap of 3.0 mm.", "renal_left"),
        Flag("territory_attached_over_gap", "Right renal artery: attached over a gap of 5.0 mm.", "renal_right"),
    ]
    notes = notes_of(flags)
    assert [note.code for note in notes][:2] == ["no_abdominal_aorta", "territory_missing"]
    assert [note.code for note in notes][-2:] == ["bundled_model", "gantry_tilt"]
    both = notes[1]
    assert both.message == "Left renal artery, right common iliac artery: not in the artery mask."
    assert both.territories == ("renal_left", "common_iliac_right")
    gaps = [note.message for note in notes if note.code == "territory_attached_over_gap"]
    assert len(gaps) == 2  # other values are other notes

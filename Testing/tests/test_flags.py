"""Flags and the verdict that is derived from them."""

import ast
from pathlib import Path

import pytest

import AbdominalCalcificationLib
from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.flags import CT_KINDS, KINDS, RADIOGRAPH_KINDS, Effect, Flag
from AbdominalCalcificationLib.trust import Verdict, flags_about, headline, notes_of, trust_of

DOCS = Path(__file__).parents[2] / "Resources" / "docs"
# Where the rules of each table stand.
RULES = {"measurement.md": CT_KINDS, "radiograph.md": RADIOGRAPH_KINDS}


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
    assert headline(trust_of(flags)) == ("Look at these arteries first: L renal, R renal. Slices lie 5.0 mm apart.")
    everywhere = [Flag("territory_detached", f"{each.title}: too far.", each.name) for each in TERRITORIES]
    assert headline(trust_of(everywhere)) == "Look at every artery first."
    assert headline(trust_of(everywhere[1:])).startswith("Look at these arteries first: Coeliac, SMA")
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
    assert [note.code for note in notes] == [
        "no_abdominal_aorta",
        "territory_missing",
        "territory_attached_over_gap",
        "bundled_model",
        "gantry_tilt",
    ]
    both, gaps = notes[1:3]
    assert both.message == "Left renal artery, right common iliac artery: not in the artery mask."
    assert both.territories == ("renal_left", "common_iliac_right")
    assert gaps.message == (
        "Left renal artery: attached over a gap of 3.0 mm. Right renal artery: attached over a gap of 5.0 mm."
    )
    assert gaps.territories == ("renal_left", "renal_right")


def test_a_note_that_weighs_less_is_not_merged_with_one_that_weighs_more():
    flags = [
        Flag("truncated_field_of_view", "Aorta: touches the upper border.", "aorta"),
        Flag("truncated_field_of_view", "Left renal artery: touches the upper border.", "renal_left"),
    ]
    assert [(note.effect, note.territories) for note in notes_of(flags)] == [
        (Effect.REVIEW, ("renal_left",)),
        (Effect.NOTE, ("aorta",)),
    ]


def test_the_trust_of_one_artery_is_that_of_what_is_said_about_it_and_about_the_whole_ct():
    flags = [
        Flag("territory_missing", "Right renal artery: not in the artery mask.", "renal_right"),
        Flag("bifurcation_not_seen", "Aorta: bifurcation not seen.", "aorta"),
    ]
    assert flags_about("renal_right", flags) == flags[:1]
    assert flags_about("aorta", flags) == flags[1:]
    whole = Flag("thick_slices", "Slices lie 5.0 mm apart.")
    assert flags_about("aorta", [*flags, whole]) == [flags[1], whole]
    assert flags_about("renal_left", [*flags, whole]) == [whole]


def rules_in_the_documentation(page: str) -> dict[str, tuple[str, str]]:
    """Effect on trust and whether a number changes, by code, as the table of a page says."""
    text = (DOCS / page).read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| `")
    ]
    effects = {effect.name.lower() for effect in Effect}
    return {row[0].strip("`"): (row[2], row[3]) for row in rows if len(row) == 4 and row[2].split(";")[0] in effects}


def test_no_code_stands_for_two_things():
    assert not set(CT_KINDS) & set(RADIOGRAPH_KINDS)


@pytest.mark.parametrize("page", sorted(RULES))
def test_the_rules_in_the_documentation_are_those_of_the_table(page):
    if not DOCS.is_dir():
        pytest.skip("the documentation is not packaged")
    expected = {}
    for code, kind in RULES[page].items():
        effect = kind.effect.name.lower()
        if kind.effect_on_trunk is not None:
            effect += f"; {kind.effect_on_trunk.name.lower()} for the aorta"
        expected[code] = (effect, "yes" if kind.changes_number else "no")
    documented = rules_in_the_documentation(page)
    missing = sorted(set(expected) - set(documented))
    assert not missing, f"{page}, 'Quality flags': rows are missing for {', '.join(missing)}"
    unknown = sorted(set(documented) - set(expected))
    assert not unknown, f"{page}, 'Quality flags': its table in flags.py has no {', '.join(unknown)}"
    wrong = [
        f"{code}: {documented[code]} and not {rule}" for code, rule in expected.items() if documented[code] != rule
    ]
    assert not wrong, f"{page}, 'Quality flags': it says of {'; of '.join(wrong)}"

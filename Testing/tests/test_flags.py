"""Flags and the verdict that is derived from them."""

import ast
from pathlib import Path

import pytest

import AbdominalCalcificationLib
from AbdominalCalcificationLib.flags import KINDS, Effect, Flag
from AbdominalCalcificationLib.trust import Verdict, trust_of


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
    trust = trust_of([Flag(code, "Found.", "aorta")])
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

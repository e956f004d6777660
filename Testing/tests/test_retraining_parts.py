"""Retraining, part by part: whose cases, how they are divided, and who is better."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import TERRITORIES
from AbdominalCalcificationLib.casework import CaseState, CaseStore, Status
from AbdominalCalcificationLib.comparison.territories import TOTAL
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.retraining import judging, work
from AbdominalCalcificationLib.retraining.corrected import corrected_cases
from AbdominalCalcificationLib.retraining.division import SeenCase, default_held_out, divide


@pytest.fixture(autouse=True)
def jobs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(work.JOBS_VARIABLE, str(tmp_path / "jobs"))
    return tmp_path / "jobs"


# Whose cases.


@pytest.fixture
def listed(tmp_path):
    rows = ["id,ct,patient"] + [f"{name},{name}.nrrd,{name[0]}" for name in ("a1", "a2", "b", "c")]
    (tmp_path / "list.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path / "list.csv"


def done(listed, reader, *names, status=Status.DONE, masks=True):
    store = CaseStore.of(listed, reader)
    for case in store.cases:
        if case.name in names:
            store.keep(case, CaseState(status))
            for role in ("arteries", "calcification") if masks else ():
                file = store.result_of(case) / f"{role}.nii.gz"
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(reader.encode())


def test_cases_that_the_only_reader_has_done_are_taken(listed):
    done(listed, "Ada", "a1", "b")
    done(listed, "Ada", "c", status=Status.REJECTED)
    done(listed, "Bob", "c", status=Status.IN_PROGRESS)
    cases, remarks = corrected_cases(listed)
    assert [(case.name, case.patient) for case in cases] == [("a1", "a"), ("b", "b")]
    assert all(path.endswith(".nii.gz") for case in cases for path in (*case.arteries, *case.calcification))
    assert remarks == []


def test_whose_work_counts_is_said_where_two_have_done_cases(listed):
    done(listed, "Ada", "a1", "b")
    done(listed, "Bob", "b", "c")
    with pytest.raises(InputError, match=r"Ada \(2\), Bob \(2\).*--reader"):
        corrected_cases(listed)
    cases, remarks = corrected_cases(listed, ["Bob", "Ada"])
    assert [case.name for case in cases] == ["b", "c", "a1"]
    assert "Bob" in cases[0].arteries[0]
    assert len(remarks) == 1
    assert "'b' was done by two readers" in remarks[0]
    with pytest.raises(InputError, match=r"'Eve' has read no case.*Ada, Bob"):
        corrected_cases(listed, ["Eve"])


@pytest.mark.parametrize("as_listed", [False, True])
def test_nothing_corrected_is_said(listed, as_listed):
    with pytest.raises(InputError, match="has no mask of arteries" if as_listed else "None of the 4 cases"):
        corrected_cases(listed, as_listed=as_listed)


def test_done_without_masks_is_said(listed):
    done(listed, "Ada", "a1", masks=False)
    with pytest.raises(InputError, match="'a1' is done but has no masks"):
        corrected_cases(listed)


# How they are divided.


def seen(*patients, **others):
    return [
        SeenCase(f"case {n}", patient, others.get("voxels", f"{n:03}"), None, True, True)
        for n, patient in enumerate(patients)
    ]


def test_patients_are_held_out_whole():
    cases = seen("a", "a", "b", "c", "b", "d", "e")
    division = divide(cases, "arteries")
    assert sorted((*division.learnt, *division.held_out)) == [case.name for case in cases]
    of = {case.name: case.patient for case in cases}
    assert not {of[name] for name in division.learnt} & {of[name] for name in division.held_out}
    assert (division.learnt_patients, division.held_out_patients) == (3, 2)


def test_the_division_depends_on_no_name_and_no_order():
    cases = seen(*"abcdefgh")
    first = divide(cases, "arteries")
    renamed = [replace(case, patient=f"{case.patient} x") for case in reversed(cases)]
    assert set(divide(renamed, "arteries").held_out) == set(first.held_out)
    # Another patient changes who is held out by at most that one.
    more = divide([*cases, *seen(*"abcdefghi")[8:]], "arteries")
    assert len(set(more.held_out) & set(first.held_out)) >= len(first.held_out) - 1


def test_cases_of_one_study_or_the_same_ct_are_of_one_patient():
    a, b, c, d = seen(*"abcd")
    cases = [replace(a, study="1.2"), replace(b, study="1.2", voxels="x"), replace(c, voxels="x"), d]
    division = divide(cases, "arteries", held_out=1)
    assert sorted(map(len, (division.learnt, division.held_out))) == [1, 3]
    with pytest.raises(InputError, match="of one patient"):
        divide(cases[:3], "arteries")


@pytest.mark.parametrize(("patients", "held_out"), [(2, 1), (3, 1), (4, 2), (5, 2), (10, 2), (15, 3), (40, 8)])
def test_so_many_are_held_out(patients, held_out):
    assert default_held_out(patients) == held_out


def test_who_was_learnt_from_before_is_never_held_out():
    cases = seen(*"abcdef")
    first = divide(cases, "arteries")
    learnt = {case.voxels for case in cases if case.name in first.held_out}
    assert not set(divide(cases, "arteries", None, learnt).held_out) & set(first.held_out)
    kept = {cases[5].voxels}
    assert "case 5" in divide(cases, "arteries", 1, set(), kept).held_out
    with pytest.raises(InputError, match="1 of the 6 are new"):
        divide(cases, "arteries", 2, {case.voxels for case in cases[1:]})


@pytest.mark.parametrize(("having", "held"), [(8, 4), (9, 4), (5, 2), (2, 1), (10, 5), (1, 0)])
def test_who_has_calcium_is_on_both_sides_alike(having, held):
    cases = [replace(case, has_calcification=n < having) for n, case in enumerate(seen(*"abcdefghij"))]
    division = divide(cases, "calcification", 5)
    assert (division.learnt_labelled, division.held_out_labelled) == (having - held, held)
    assert len(division.held_out) == 5
    none = (5 - (having - held), 5 - held)
    assert (f"{none[0]} and {none[1]} of them have none" in division.text) is any(none)


def test_something_has_to_be_learnt_and_to_be_judged_by():
    cases = [replace(case, has_calcification=case.patient == "a") for case in seen(*"abc")]
    assert divide(cases, "calcification").learnt == ("case 0", *divide(cases, "calcification").learnt[1:])
    with pytest.raises(InputError, match="None of the 2 cases to learn from has calcification"):
        divide([replace(case, has_calcification=False) for case in cases], "calcification")
    two = [replace(case, has_calcification=case.patient in "ab") for case in seen(*"abc")]
    assert divide(two, "calcification").held_out[0] in ("case 0", "case 1")
    with pytest.raises(InputError, match="leave nobody"):
        divide(cases, "arteries", held_out=3)


# Who is better.


def record(name, dice, burden=0.10, reference=0.10, patient=None, failure=None, structure="arteries"):
    """A record as an evaluation writes it; `dice` of a territory, or of all calcification."""
    dice = dice if isinstance(dice, dict) else {("aorta" if structure == "arteries" else TOTAL): dice}
    return {
        "case": name,
        "patient": patient or name,
        "error": None,
        "failures": {"model": failure} if failure else {},
        "overlap": []
        if failure
        else [{"method": "model", "structure": structure, "territory": t, "dice": d} for t, d in dice.items()],
        "measurements": {"reference": {TOTAL: {"burden": reference}}, "model": {TOTAL: {"burden": burden}}},
    }


def judged(present, new, **options):
    structure = options.pop("structure", "arteries")
    make = lambda values: [record(f"c{n}", value, structure=structure) for n, value in enumerate(values)]  # noqa: E731
    return judging.judge(make(present), make(new), structure)


@pytest.mark.parametrize("structure", ["arteries", "calcification"])
def test_better_is_offered_with_how_uncertain_it_is(structure):
    result = judged([0.6, 0.7], [0.7, 0.8], structure=structure)
    assert result.is_better
    assert result.reasons == ()
    assert (result.present, result.new, result.improved) == (pytest.approx(0.65), pytest.approx(0.75), 2)
    assert result.chance == pytest.approx(0.25)
    assert "2 held-out patients (2 of them better)" in result.headline
    assert "25 % of the time; so few patients" in result.headline


@pytest.mark.parametrize(
    ("present", "new", "reason"),
    [
        ([0.7, 0.7], [0.7, 0.715], "at least 0.01 higher"),
        ([0.01, 0.02], [0.05, 0.05], "Dice of 0.05 is below 0.5"),
        ([0.9, 0.9], [0.7, 0.8], "at least 0.01 higher"),
        ([{"aorta": 0.8, "celiac_trunk": 0.6}], [{"aorta": 0.95, "celiac_trunk": 0.5}], "Coeliac trunk fell"),
    ],
)
def test_what_is_not_better_says_why(present, new, reason):
    result = judged(present, new)
    assert not result.is_better
    assert reason in result.headline
    assert "not offered" in result.headline


def test_burden_that_gets_worse_speaks_against_it():
    present, new = [record("c", 0.7, 0.11)], [record("c", 0.9, 0.13)]
    assert "from 1.00 to 3.00 percentage points" in judging.judge(present, new, "arteries").headline
    assert judging.judge(present, [record("c", 0.9, 0.114)], "arteries").is_better
    result = judging.judge(present, [record("c", 0.9, None)], "arteries")
    assert "unmeasured" in result.headline


def test_a_failure_of_the_new_model_alone_speaks_against_it():
    present = [record("c", 0.6), record("d", 0.6)]
    new = [record("c", 0.9), record("d", 0, failure="out of memory")]
    result = judging.judge(present, new, "arteries")
    assert not result.is_better
    assert "failed on 'd': out of memory" in result.headline
    both = judging.judge([present[0], new[1]], new, "arteries")
    assert both.is_better
    assert both.patients == 1
    nothing = judging.judge([new[1]], [new[1]], "arteries")
    assert not nothing.is_better
    assert "nothing" not in nothing.reasons
    assert "could not be judged" in nothing.headline


def test_calcium_found_where_there_is_none_counts():
    none, some = {TOTAL: None}, {TOTAL: 0.0}
    result = judged([0.7, none], [0.9, some], structure="calcification")
    assert not result.is_better
    assert (result.present, result.new) == (pytest.approx(0.85), pytest.approx(0.45))
    assert judged([0.7, some], [0.7, none], structure="calcification").is_better
    assert judged([0.7, none], [0.8, none], structure="calcification").patients == 1


def test_cases_of_one_patient_count_once():
    present = [record("c", 0.6, patient="p"), record("d", 0.6, patient="p"), record("e", 0.6)]
    new = [record("c", 0.7, patient="p"), record("d", 0.7, patient="p"), record("e", 0.6)]
    result = judging.judge(present, new, "arteries")
    assert (result.patients, result.cases, result.new) == (2, 3, pytest.approx(0.65))


def test_chance_is_the_share_of_signs():
    differences = [0.03, -0.01, 0.05, 0.02, -0.02]
    signed = [np.mean(np.multiply(differences, signs)) for signs in product([1, -1], repeat=5)]
    expected = np.mean([value >= np.mean(differences) - 1e-12 for value in signed])
    result = judged([0.7] * 5, [0.7 + d for d in differences])
    assert result.chance == pytest.approx(expected)
    assert judged([0.7], [0.8]).chance == 0.5
    assert {row.name for row in result.rows} == {TERRITORIES[0].name}

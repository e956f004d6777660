"""Tables of cases and seeds as users write them."""

from __future__ import annotations

import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.evaluation import parse_seeds, read_cohort, simulated_cohort

HEADER = "case,arteries,calcification"


def a_table(folder, text, name="cohort.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_says_where_everything_is(tmp_path):
    text = (
        "case,patient,ct,arteries,artery_labels,calcification,calcification:net,arteries:net,calcification:reader 2,"
        'group:phase\nA,P1,a/ct.nrrd,a/art.nrrd,"52=aorta,65=common_iliac_left",a/calc.nrrd,n/c.nrrd,n/a.nrrd,,arterial\n'
    )
    (case,) = read_cohort(a_table(tmp_path, text))
    assert (case.name, case.patient) == ("A", "P1")
    assert case.ct == tmp_path / "a" / "ct.nrrd"
    assert case.reference.arteries == tmp_path / "a" / "art.nrrd"
    assert case.reference.artery_labels == "52=aorta,65=common_iliac_left"
    assert list(case.predictions) == ["net", "reader 2"]
    assert case.predictions["net"].arteries == tmp_path / "n" / "a.nrrd"
    assert case.predictions["reader 2"].calcification is None
    assert case.groups == {"phase": "arterial"}


@pytest.mark.parametrize(("delimiter", "name"), [(";", "t.csv"), ("\t", "t.tsv"), (",", "t.csv")])
def test_spreadsheets_of_every_country_are_read(tmp_path, delimiter, name):
    text = "\ufeff" + f"{HEADER}\nA,x,y\n".replace(",", delimiter)
    (case,) = read_cohort(a_table(tmp_path, text, name))
    assert case.reference.calcification == tmp_path / "y"
    assert case.patient == "A"
    assert case.ct is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no cases"),
        (f"{HEADER}\n", "no cases"),
        (f"{HEADER},volume\nA,x,y,z\n", "'volume'"),
        (f"{HEADER},mask:net\nA,x,y,z\n", "'mask:net'"),
        (f"{HEADER},calcification:\nA,x,y,z\n", "'calcification:'"),
        (f"{HEADER}\n,x,y\n", "Line 2"),
        (f"{HEADER}\nA,,y\n", "'A' needs a file in the column arteries"),
        (f"{HEADER}\nA,x\n", "Line 2"),
        (f"{HEADER}\nA,x,y,z\n", "Line 2"),
        (f"{HEADER}\nA,x,y\nA,x,y\n", "line 3"),
        (f"{HEADER},calcification:net,calcification:net\nA,x,y,z,z\n", "two columns of one name"),
        (f"{HEADER},group:method\nA,x,y,z\n", "column of the results"),
    ],
)
def test_a_table_that_cannot_be_understood_is_refused(tmp_path, text, words):
    with pytest.raises(InputError, match=words) as error:
        read_cohort(a_table(tmp_path, text))
    assert "\n" not in str(error.value)


def test_files_that_are_no_table_are_refused(tmp_path):
    binary = tmp_path / "image.csv"
    binary.write_bytes(b"\xff\xfe\x00\x81")
    for path in (binary, tmp_path / "missing.csv", tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            read_cohort(path)


def test_seeds_are_numbers_and_ranges():
    assert parse_seeds("3, 5-7,90000") == [3, 5, 6, 7, 90000]
    for text in ("", "5-3", "a", "1,,2", "-1", "1,1", "1-3,2", "0-99999999"):
        with pytest.raises(InputError):
            parse_seeds(text)


def test_a_phase_is_named_once():
    with pytest.raises(InputError, match="twice"):
        simulated_cohort([4], ["arterial", "arterial"])


def test_a_virtual_patient_is_one_patient_in_every_phase():
    cases = simulated_cohort([4, 5], ["arterial", "portal_venous"], (1, 1, 1), (20, 30, 40))
    assert [case.patient for case in cases] == ["seed 4", "seed 4", "seed 5", "seed 5"]
    assert len({case.name for case in cases}) == 4
    assert cases[1].simulation == {
        "seed": 4,
        "phase": "portal_venous",
        "spacing_mm": (1, 1, 1),
        "shape": (20, 30, 40),
    }

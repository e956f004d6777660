"""What names stand for, in several languages."""

from __future__ import annotations

import doctest

import pytest

from AbdominalCalcificationLib.anatomy import PAIRED_ALIASES, TERRITORIES, territories_of_name
from AbdominalCalcificationLib.names import is_calcification_name, names_something_else
from AbdominalCalcificationLib.reading import meanings


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("A. renalis links", ["renal_left"]),
        ("Nierenarterie re.", ["renal_right"]),
        ("artère rénale gauche", ["renal_left"]),
        ("LeftRenalArtery", ["renal_left"]),
        ("Right common iliac a.", ["common_iliac_right"]),
        ("arteria ilíaca común izquierda", ["common_iliac_left"]),
        ("Iliac artery (R)", ["common_iliac_right"]),
        ("Bauchaorta", ["aorta"]),
        ("AORTA mask", ["aorta"]),
        ("SMA", ["superior_mesenteric"]),
        ("A. mesenterica inferior", ["inferior_mesenteric"]),
        ("tronc cœliaque", ["celiac_trunk"]),
        ("Truncus coeliacus", ["celiac_trunk"]),
        ("left and right renal arteries", ["renal_left", "renal_right"]),
        ("Renal arteries", ["renal_left", "renal_right"]),
        ("renal", []),
        ("left kidney", []),
        ("renal vein left", []),
        ("external iliac artery left", []),
        ("aorta thrombus", []),
        ("aortic wall", []),
        ("aorta_2", []),
        ("thoracic aorta", []),
        ("artery", []),
        ("left", []),
        ("", []),
    ],
)
def test_arteries_are_known_by_their_words_and_by_nothing_less(name, expected):
    assert [each.name for each in territories_of_name(name)] == expected


def test_every_name_of_the_table_means_its_own_artery():
    for each in TERRITORIES:
        for name in (each.name, each.title, *each.aliases):
            assert territories_of_name(name) == (each,), name
    for name, sides in PAIRED_ALIASES.items():
        assert tuple(each.name for each in territories_of_name(name)) == sides


@pytest.mark.parametrize(
    "name",
    [
        *("Kalk", "Verkalkung", "calc", "Calcs_2", "Calcium", "plaque", "calcified plaque", "Placche calcificate"),
        *("aortic calcification", "Calcification of the left renal artery", "förkalkningar"),
        *("石灰化", "석회화", "кальцинаты"),
    ],
)
def test_calcification_is_known(name):
    assert is_calcification_name(name)
    assert not names_something_else(name)
    assert territories_of_name(name) == ()


@pytest.mark.parametrize(
    "name", ["soft plaque", "non-calcified plaque", "no calcification", "Knochen", "Aorta", "rib 7"]
)
def test_what_is_something_else_is_no_calcification(name):
    assert not is_calcification_name(name)
    assert names_something_else(name)


@pytest.mark.parametrize("name", ["Segment_1", "Segment 12", "label-3", "", "7", "ROI 1", "Müller"])
def test_names_that_say_nothing_say_nothing_else_either(name):
    assert not names_something_else(name)
    assert not is_calcification_name(name)


def test_the_examples_of_the_rules_hold():
    assert doctest.testmod(meanings).failed == 0
    assert doctest.testmod(meanings).attempted >= 5

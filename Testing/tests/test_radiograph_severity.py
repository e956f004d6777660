"""Groups of severity of the Kauppila score: their tables, what is refused, and tables of a site's own."""

from __future__ import annotations

import doctest
import json

import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.radiograph import severity
from AbdominalCalcificationLib.radiograph.severity import DEFAULT, TABLES, ScoreGroups, groups_of_document
from AbdominalCalcificationLib.radiograph.severity_files import score_groups


@pytest.mark.parametrize(
    ("table", "group_of"),
    [
        ("ml-aac24", {0: "low", 1: "low", 2: "moderate", 5: "moderate", 6: "high", 24: "high", 5.9: "moderate"}),
        ("dialysis", {0: "low", 4: "low", 5: "middle", 15: "middle", 16: "high", 24: "high"}),
        ("none-to-severe", {0: "none", 1: "mild", 4: "mild", 5: "moderate", 15: "moderate", 16: "severe"}),
    ],
)
def test_a_score_belongs_to_the_group_that_the_literature_puts_it_in(table, group_of):
    assert {score: TABLES[table].group_of(score) for score in group_of} == group_of


def test_the_default_is_the_table_that_was_read_in_its_source():
    assert DEFAULT.name == "ml-aac24"
    assert "10.1016/j.ebiom.2023.104676" in DEFAULT.source


def test_bounds_are_told_as_scores():
    assert TABLES["ml-aac24"].bounds() == ("0–1", "2–5", "6–24")
    assert TABLES["none-to-severe"].bounds() == ("0", "1–4", "5–15", "16–24")
    assert ScoreGroups("own", (0, 2.5, 24), ("a", "b", "c")).bounds() == ("0 to below 2.5", "2.5 to below 24", "24")


def test_what_was_not_scored_has_no_group_but_may_have_possible_ones():
    document = DEFAULT.document(None, (1, 4))
    assert document["group"] is None
    assert document["possible"] == ["low", "moderate"]
    assert DEFAULT.document(None)["possible"] == []
    assert DEFAULT.document(7) | {"groups": 0, "source": 0, "table": 0} == {
        "groups": 0,
        "source": 0,
        "table": 0,
        "group": "high",
        "possible": ["high"],
    }


@pytest.mark.parametrize("score", [-1, 25, float("nan"), float("inf")])
def test_what_is_no_score_is_refused(score):
    with pytest.raises(InputError, match="between 0 and 24"):
        DEFAULT.group_of(score)


@pytest.mark.parametrize(
    ("lowest", "names"),
    [
        ((0,), ("a",)),
        ((0, 5), ("a", "b", "c")),
        ((1, 5), ("a", "b")),
        ((0, 5, 5), ("a", "b", "c")),
        ((0, 6, 5), ("a", "b", "c")),
        ((0, 25), ("a", "b")),
        ((0, float("nan")), ("a", "b")),
        ((0, True), ("a", "b")),
        ((0, "5"), ("a", "b")),
        ((0, 5), ("a", "A")),
        ((0, 5), ("a", " ")),
        ((0, 5), ("a", "b\nc")),
        ((0, 5), ("a", "b" * 41)),
    ],
)
def test_a_table_that_divides_nothing_is_refused(lowest, names):
    with pytest.raises(InputError):
        ScoreGroups("own", lowest, names)


@pytest.mark.parametrize("table", TABLES.values(), ids=str)
def test_a_table_is_read_back_from_the_document_of_a_result(table):
    assert groups_of_document(json.loads(json.dumps(table.document(3)))) == table


def test_a_site_names_a_table_or_gives_its_own(tmp_path):
    assert score_groups("Dialysis") is TABLES["dialysis"]
    written = tmp_path / "ours.json"
    written.write_text(
        json.dumps({"name": "ours", "groups": [{"name": "few", "from": 0}, {"name": "many", "from": 9}]})
    )
    assert score_groups(str(written)) == ScoreGroups("ours", (0, 9), ("few", "many"))
    table = tmp_path / "clinic.csv"
    table.write_text("name;from\nfew;0\nmany;9\n", encoding="utf-8-sig")
    assert score_groups(str(table)) == ScoreGroups("clinic", (0, 9), ("few", "many"), "clinic.csv")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", ""),
        ("a.csv", "name,from\nfew,0\n"),
        ("a.csv", "name,from\nfew,0\nmany\n"),
        ("a.csv", 'name,from\nfew,0\nmany,"9,5"\n'),
        ("a.csv", "name,to\nfew,0\nmany,9\n"),
        ("a.csv", "name,from\nfew,0\nmany,1e400\n"),
        ("a.json", "[]"),
        ("a.json", '{"groups": 3}'),
        ("a.json", '{"groups": [{"name": 3, "from": 0}, {"name": "b", "from": 2}]}'),
        ("a.json", '{"groups": [{"name": "a", "from": 0}, {"name": "b", "from": NaN}]}'),
        ("a.json", '{"groups": [{"name": "a", "from": 0}, {"name": "b"}]}'),
        ("a.json", "{"),
        ("missing.json", None),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_line(tmp_path, name, text):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as error:
        score_groups(str(tmp_path / name))
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_the_examples_hold():
    result = doctest.testmod(severity)
    assert result.attempted >= 2
    assert result.failed == 0

"""What evaluations of radiographs read: tables of readers, documents and truths, and what they refuse."""

from __future__ import annotations

import csv
import json

import pytest

from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.evaluation.radiographs.cohort import read_radiographs
from AbdominalCalcificationLib.evaluation.radiographs.readings import read_reading, reading_of_document
from cohorts import write_table
from radiograph_cohorts import (
    document_of,
    evaluate_radiographs,
    shares_of,
)


@pytest.mark.parametrize(
    ("columns", "cells", "said"),
    [
        ("case,score", "a,25", "write a number from 0 to 24"),
        ("case,score", "a,-1", "write a number from 0 to 24"),
        ("case,score", "a,seven", "write a number from 0 to 24"),
        ("case,score", 'a,"7,5"', "write a number from 0 to 24"),
        ("case,score", "a,", "no reference"),
        ("case,score", ",3", "no name"),
        ("case,score", "a,3\na,4", "twice"),
        ("case,L1_anterior", "a,4", "write a number from 0 to 3"),
        ("case,L1_anterior", "a,1.5", "write 0, 1, 2 or 3"),
        ("case,L5_anterior", "a,1", "not known"),
        ("case,score,L1_anterior", "a,22.5,1", "not that of its parts"),
        ("case,score,L1_anterior", "a,0,1", "not that of its parts"),
        ("case,score,result", "a,3,x.json", "leave one of them empty"),
        ("case,score,score", "a,3,3", "two columns"),
        ("case,score,group:side", "a,3,b", "name the group otherwise"),
        ("case,score,result:", "a,3,b", "not known"),
    ],
)
def test_a_table_that_says_no_score_is_refused_in_one_line(tmp_path, columns, cells, said):
    table = tmp_path / "table.csv"
    table.write_text(f"{columns}\n{cells}\n")
    with pytest.raises(InputError, match=said) as error:
        read_radiographs(table)
    assert "\n" not in str(error.value)


def test_cells_without_a_score_are_not_assessed(tmp_path):
    header = ["case", *(f"{v}_{w}" for v in ("L1", "L2", "L3", "L4") for w in ("anterior", "posterior"))]
    rows = [["a", "0", "1", "-", "NA", "n/a", "2", "3.0", ""]]
    with open(tmp_path / "t.csv", "w", newline="") as file:
        csv.writer(file, delimiter=";").writerows([header, *rows])
    (case,) = read_radiographs(tmp_path / "t.csv")
    assert [each.score for each in case.reference.reading.score.segments] == [0, 1, None, None, None, 2, 3, None]
    assert case.reference.reading.total is None


def test_a_total_beside_parts_that_are_not_all_assessed_is_kept():
    document = document_of([3, None, *[0] * 6])
    assert reading_of_document({**document, "score": 5}).total == 5
    with pytest.raises(InputError, match="from 3 to 6"):
        reading_of_document({**document, "score": 7})


def test_the_truth_of_a_simulation_may_be_what_the_image_shows():
    shown = document_of([0, 1, 0, 0, 0, 0, 0, 0])
    document = document_of([1] * 8, visible_segments=shown["segments"], visible_score=1, lumbar_vertebrae=6)
    assert reading_of_document(document).total == 8
    assert reading_of_document(document, visible=True).total == 1
    assert reading_of_document(document).groups == {"lumbar vertebrae": "6"}
    assert reading_of_document(document).truths == reading_of_document(document, visible=True).truths == (8, 1)
    assert reading_of_document(document_of([1] * 8)).truths is None
    assert reading_of_document(document_of([1] * 8), visible=True).total == 8


def test_the_report_tells_how_much_of_the_truth_images_show(tmp_path):
    for number, seen in enumerate((6, 8)):
        made = {"seed": number, "device": {"kind": "vfa"}, "visible_segments": [], "visible_score": seen}
        (tmp_path / f"{number}.json").write_text(json.dumps(document_of([1] * 8, **made)))
    rows = [{"case": str(each), "result": f"{each}.json", "score:a": "8"} for each in (0, 1)]
    document = evaluate_radiographs(write_table(tmp_path / "t.csv", rows), tmp_path / "out", resamples=0)
    assert document["shown"] == {"radiographs": 2, "mean_absolute_difference": 1, "mean_difference": 1}
    assert "lies 1.00 points below" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_a_stored_interval_is_taken_with_its_level_and_inflation():
    document = document_of([1] * 8, shares_of([1] * 8), score_interval=[4, 12], score_interval_level=0.7)
    said = reading_of_document({**document, "score_interval_inflation": 1.5}).record((0.5, 0.9))["intervals"]
    assert said["0.7"] == (4, 12)
    plain = reading_of_document(document).record((0.9,))["intervals"]["0.9"]
    assert said["0.9"][1] - said["0.9"][0] > plain[1] - plain[0]


@pytest.mark.parametrize(
    "changed",
    [
        {"segments": None},
        {"segments": [3]},
        {"segments": [{"vertebra": "L1"}]},
        {"segments": [{"vertebra": "L9", "wall": "anterior", "score": 1}]},
        {"segments": [{"vertebra": "L1", "wall": "anterior", "score": 1}] * 2},
        {"segments": [{"vertebra": "L1", "wall": "anterior", "score": 4}]},
        {"segments": [{"vertebra": "L1", "wall": "anterior", "score": 0.5}]},
        {"segments": [{"vertebra": "L1", "wall": "anterior", "score": True}]},
        {"segments": [{"vertebra": "L1", "wall": "anterior", "score": 1, "probabilities": [1, 1, 1, 1]}]},
        {"segments": [{"vertebra": "L1", "wall": "anterior", "score": 1, "probabilities": "high"}]},
        {"segments": "L1 anterior"},
        {"segments": [{"vertebra": ["L1"], "wall": "anterior", "score": 1}]},
        {"segments": [{"vertebra": "L1", "wall": {}, "score": 1}]},
        {"segments": [{"vertebra": "L1", "wall": "anterior", "score": 1, "origin": 3}]},
        {"score": "much"},
        {"score": 3},
        {"score": float("nan")},
    ],
)
def test_a_document_that_contradicts_itself_is_refused(tmp_path, changed):
    path = tmp_path / "radiograph.json"
    path.write_text(json.dumps({**document_of([1] * 8), **changed}))
    with pytest.raises(InputError, match=r"radiograph\.json"):
        read_reading(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"null"])
def test_a_file_that_is_no_document_is_refused(tmp_path, content):
    (tmp_path / "truth.json").write_bytes(content)
    with pytest.raises(InputError):
        read_reading(tmp_path)
    with pytest.raises(InputError, match="neither"):
        read_reading(tmp_path.parent)

"""Radiographs from table to report: numbers against second implementations, what is missing, what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import cohen_kappa_score

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.evaluation.html import rows_of
from AbdominalCalcificationLib.evaluation.radiographs.cohort import radiographs_below, read_radiographs
from AbdominalCalcificationLib.evaluation.radiographs.published import PUBLISHED
from AbdominalCalcificationLib.evaluation.radiographs.readings import reading_of_document
from AbdominalCalcificationLib.evaluation.radiographs.vertebrae import read_vertebrae, vertebra_rows
from AbdominalCalcificationLib.evaluation.summary import ALL
from AbdominalCalcificationLib.radiograph.severity import TABLES
from cohorts import rows_in, write_table
from radiograph_cohorts import (
    NAMES,
    a_radiograph_cohort,
    bodies,
    document_of,
    drawn_scores,
    evaluate_radiographs,
    intervals_of,
    shares_of,
    write_labels,
)


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    return a_radiograph_cohort(tmp_path_factory.mktemp("films") / "cases", count=24)


@pytest.fixture(scope="module")
def evaluated(films, tmp_path_factory):
    output = tmp_path_factory.mktemp("evaluated") / "result"
    return output, evaluate_radiographs(films, output)


def one(document, part, **wanted):
    (row,) = rows_of(document, part, group=ALL, method="model", **wanted)
    return row


def test_the_score_is_compared_as_scipy_and_the_definition_do(evaluated):
    truth, found = (each.sum(axis=1) for each in drawn_scores(24))
    row = one(evaluated[1], "agreement", quantity="total")
    assert (row["pairs"], row["patients"]) == (24, 12)
    assert row["mean_absolute_error"]["value"] == pytest.approx(np.abs(found - truth).mean())
    assert row["bias"]["value"] == pytest.approx((found - truth).mean())
    assert row["spearman"]["value"] == pytest.approx(stats.spearmanr(truth, found).statistic)
    # ICC(2,1) from the mean squares of the two-way table, Shrout & Fleiss 1979.
    table = np.stack([truth, found], axis=1).astype(float)
    rows, columns, grand = table.mean(axis=1), table.mean(axis=0), table.mean()
    between = 2 * ((rows - grand) ** 2).sum() / 23
    judges = 24 * ((columns - grand) ** 2).sum()
    error = ((table - rows[:, None] - columns + grand) ** 2).sum() / 23
    assert row["icc"]["value"] == pytest.approx((between - error) / (between + error + 2 * (judges - error) / 24))
    for name in ("mean_absolute_error", "bias", "spearman", "icc"):
        low, high = row[name]["bootstrap"]
        assert low < row[name]["value"] < high


def test_severity_and_parts_are_graded_as_scikit_learn_does(evaluated):
    truth, found = drawn_scores(24)
    groups = TABLES["ml-aac24"]
    expected, said = ([groups.index_of(each) for each in side.sum(axis=1).tolist()] for side in (truth, found))
    row = one(evaluated[1], "severity")
    assert row["quadratic_kappa"]["value"] == pytest.approx(cohen_kappa_score(expected, said, weights="quadratic"))
    high = np.array(expected) == 2
    assert row["sensitivity"][2]["value"] == pytest.approx((np.array(said)[high] == 2).mean())
    assert row["specificity"][2]["value"] == pytest.approx((np.array(said)[~high] != 2).mean())
    part = one(evaluated[1], "segments", segment="L3 posterior")
    assert part["exact"]["value"] == pytest.approx((truth[:, 5] == found[:, 5]).mean())
    assert part["within_one"]["value"] == 1
    kappa = cohen_kappa_score(truth[:, 5], found[:, 5], weights="quadratic")
    assert part["quadratic_kappa"]["value"] == pytest.approx(kappa)
    everything = one(evaluated[1], "segments", segment="all parts")
    assert everything["pairs"] == 24 * 8
    affected = one(evaluated[1], "affected", quantity="affected_segments")
    vertebrae = [(each.reshape(24, 4, 2).max(axis=2) > 0).sum(axis=1) for each in (truth, found)]
    assert affected["exact"]["value"] == pytest.approx((vertebrae[0] == vertebrae[1]).mean())


def test_intervals_hold_what_a_loop_counts(evaluated):
    truth, found = drawn_scores(24)
    for level in (0.5, 0.9):
        ends = [intervals_of(shares_of(each), level) for each in found]
        inside = [low <= total <= high for (low, high), total in zip(ends, truth.sum(axis=1), strict=True)]
        row = one(evaluated[1], "intervals", level=level)
        assert row["covered"]["value"] == pytest.approx(np.mean(inside))
        assert row["width"]["value"] == pytest.approx(np.mean([high - low for low, high in ends]))
    assert one(evaluated[1], "calibration")["pairs"] == 24 * 8
    # Who gives no probabilities has no intervals, not certain ones.
    assert not rows_of(evaluated[1], "intervals", method="Anna")


def test_vertebrae_are_compared_and_a_shifted_count_is_not_right(evaluated):
    row = one(evaluated[1], "vertebrae", vertebra="all")
    assert row["bodies"] == 24 * 6
    assert row["named_right"]["value"] == pytest.approx(23 / 24)
    assert row["found"]["value"] == 1
    overlaps = {0: 1.0, 1: 0.95, 2: 0.9}
    dice = [0.0 if number == 3 else overlaps[number % 3] for number in range(24)]
    assert row["dice"]["value"] == pytest.approx(np.mean(dice))
    assert one(evaluated[1], "vertebrae", vertebra="whole image")["named_right"]["value"] == pytest.approx(23 / 24)


def test_groups_of_the_table_and_of_the_truth_divide_the_cohort(evaluated):
    names = {each["group"]: each["cases"] for each in evaluated[1]["groups"]}
    assert names == {ALL: 24, "device: radiography": 12, "device: vfa": 12, "site: north": 12, "site: south": 12}
    truth, found = (each.sum(axis=1)[::2] for each in drawn_scores(24))
    (row,) = rows_of(evaluated[1], "agreement", group="device: radiography", method="model", quantity="total")
    assert row["mean_absolute_error"]["value"] == pytest.approx(np.abs(found - truth).mean())


def test_the_report_tells_what_is_simulated_and_what_others_report(evaluated):
    text = (evaluated[0] / "report.html").read_text(encoding="utf-8")
    assert "All radiographs are simulated" in text
    assert "The figures are no comparison" in text
    for each in PUBLISHED:
        assert each.name in text
    assert "<script" not in text
    assert {each.name for each in (evaluated[0] / "plots").iterdir()} == {
        "bland-altman-score.svg",
        "calibration.svg",
        "coverage.svg",
        "scatter-score.svg",
    }
    listed = rows_in(evaluated[0] / "cases.csv")
    assert len(listed) == 24 * 3
    assert listed[0]["side"] == "reference"
    assert listed[0]["severity"] in TABLES["ml-aac24"].names


def test_what_is_missing_is_counted_and_is_no_zero(tmp_path):
    folder = tmp_path / "cases"
    folder.mkdir()
    scores = [3, 3, 3, 3, 3, 3, 3, 3]
    gap = [None, *scores[1:]]
    documents = {
        "truth": document_of(scores),
        "gap": document_of(gap, shares_of(scores)),
        "useless": document_of([0] * 8, trust={"verdict": "unusable"}, flags=[{"code": "not_lateral"}]),
    }
    for name, document in documents.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    rows = [
        {"case": "a", "result": "truth.json", "result:m": "truth.json", "score:total": "24"},
        {"case": "b", "result": "truth.json", "result:m": "gap.json", "score:total": ""},
        {"case": "c", "result": "truth.json", "result:m": "useless.json", "score:total": "23"},
        {"case": "d", "result": "gap.json", "result:m": "truth.json", "score:total": "24"},
        {"case": "e", "result": "truth.json", "result:m": "missing.json", "score:total": "24"},
    ]
    document = evaluate_radiographs(write_table(folder / "t.csv", rows), tmp_path / "out", resamples=0)
    (scored,) = rows_of(document, "scored", method="m")
    assert scored == {
        "group": ALL,
        "method": "m",
        "cases": 5,
        "without_result": 1,
        "compared": 1,
        "reference_not_scored": 1,
        "method_not_scored": 2,
        "unusable": 1,
        "to_review": 0,
        "reference_parts_not_assessed": 1,
        "method_parts_not_assessed": 9,
    }
    (row,) = rows_of(document, "agreement", method="m", quantity="total")
    assert row["mean_absolute_error"]["value"] == 0
    (parts,) = rows_of(document, "segments", method="m", segment="all parts")
    assert parts["pairs"] == 8 + 7 + 7
    (totals,) = rows_of(document, "agreement", method="total", quantity="total")
    assert (totals["pairs"], totals["mean_absolute_error"]["value"]) == (3, pytest.approx(1 / 3))
    reasons = {(each["case"], each["method"]): each["reason"] for each in document["failed"]}
    assert set(reasons) == {("b", "total"), ("e", "m")}
    assert "missing.json" in reasons["e", "m"]
    cells = {row["side"]: row for row in rows_in(tmp_path / "out" / "cases.csv") if row["case"] == "c"}
    assert cells["m"]["total"] == ""
    assert cells["m"]["trust"] == "unusable"


def test_an_interrupted_evaluation_goes_on_and_ends_the_same(films, evaluated, tmp_path):
    from AbdominalCalcificationLib.evaluation.radiographs.run import evaluate_radiographs_steps
    from AbdominalCalcificationLib.evaluation.radiographs.settings import RadiographSettings

    output = tmp_path / "result"
    steps = evaluate_radiographs_steps(read_radiographs(films), output, RadiographSettings(resamples=100), jobs=1)
    for _ in range(12):
        next(steps)
    steps.close()
    assert 0 < len(list((output / "cases").iterdir())) < 24
    evaluate_radiographs(films, output)
    for name in ("evaluation.json", "report.html", "cases.csv", "agreement.csv", "segments.csv"):
        assert (output / name).read_bytes() == (evaluated[0] / name).read_bytes()


def test_an_anonymous_evaluation_names_nobody(films, tmp_path):
    evaluate_radiographs(films, tmp_path / "out", resamples=0, anonymous=True)
    written = "".join(each.read_text(encoding="utf-8") for each in (tmp_path / "out").rglob("*") if each.is_file())
    assert "film 1" not in written
    assert "patient 0" not in written
    assert "case 1" in written


def test_a_folder_of_cts_evaluated_is_not_written_over(films, tmp_path):
    (tmp_path / "evaluation.json").write_text(json.dumps({"subject": "CTs"}))
    with pytest.raises(InputError, match="holds an evaluation of CTs"):
        evaluate_radiographs(films, tmp_path)


def test_case_folders_do_without_a_table(films):
    cases = radiographs_below(films.parent)
    assert len(cases) == 24
    assert cases[0].reference.mask.name == "vertebrae.nii.gz"
    with pytest.raises(InputError, match="name a table"):
        radiographs_below(films.parent / "film0" / "nothing")


def test_a_body_that_is_missed_is_not_named_and_one_more_is_not_judged():
    reference, prediction = bodies(), bodies(("T12", "L1", "L2", "L3", "L4", "L5"))
    shifted = {row["vertebra"]: row["named"] for row in vertebra_rows(reference, prediction)[:-1]}
    assert shifted == {"L1": "T12", "L2": "L1", "L3": "L2", "L4": "L3", "L5": "L4", "S1": "L5"}
    missed = np.where(reference == 1, 0, reference)
    rows = vertebra_rows(reference, missed)
    assert (rows[0]["found"], rows[0]["named"], rows[0]["dice"]) == (False, None, 0)
    assert rows[-1]["dice"] == pytest.approx(2 * 5 / 11)
    # T12, which the reference does not hold.
    more = np.where((prediction == 8) & (reference == 0), 8, reference)
    more[-6:, 20:40] = 8
    assert vertebra_rows(reference, more)[-1]["dice"] == 1


def test_oddities_of_a_document_that_say_no_score_are_passed_over():
    odd = {"flags": 3, "trust": ["ok"], "device": 3, "score_interval": "wide", "score_interval_inflation": None}
    assert reading_of_document(document_of([1] * 8, **odd)).total == 8


def test_a_reference_without_bodies_judges_none(tmp_path):
    folder = tmp_path / "cases"
    folder.mkdir()
    (folder / "r.json").write_text(json.dumps(document_of([1] * 8)))
    maps = {"none": bodies(()), "some": bodies(), "low": bodies(("L5", "S1"))}
    for name, labels in maps.items():
        write_labels(folder / f"{name}.nii.gz", labels)
    rows = [
        {
            "case": name,
            "result": "r.json",
            "vertebrae": f"{name}.nii.gz",
            "result:m": "r.json",
            "vertebrae:m": "some.nii.gz",
        }
        for name in maps
    ]
    document = evaluate_radiographs(write_table(folder / "t.csv", rows), tmp_path / "out", resamples=0)
    (row,) = rows_of(document, "vertebrae", vertebra="all")
    assert (row["bodies"], row["dice"]["value"]) == (8, pytest.approx(6 / 8))
    (whole,) = rows_of(document, "vertebrae", vertebra="whole image")
    assert (whole["bodies"], whole["named_right"]["value"]) == (1, 1)


def test_label_maps_that_do_not_fit_are_refused(tmp_path):
    write_labels(tmp_path / "odd.nii.gz", np.full((40, 40), 9, np.uint8))
    with pytest.raises(InputError, match="no vertebra"):
        read_vertebrae(tmp_path / "odd.nii.gz")
    write_labels(tmp_path / "deep.nii.gz", np.zeros((3, 40, 40), np.uint8))
    with pytest.raises(InputError, match="not one image"):
        read_vertebrae(tmp_path / "deep.nii.gz")
    (tmp_path / "bad.nii.gz").write_bytes(b"no image")
    with pytest.raises(InputError, match="cannot be read"):
        read_vertebrae(tmp_path / "bad.nii.gz")
    with pytest.raises(InputError, match="on the radiograph's pixels"):
        vertebra_rows(bodies(), bodies(shape=(150, 60)))
    write_labels(tmp_path / "good.nii.gz", bodies())
    assert (read_vertebrae(tmp_path / "good.nii.gz") == bodies()).all()
    assert len(NAMES) == 6


def test_the_command_reads_a_table_and_says_what_it_found(films, tmp_path, capsys):
    command = ["evaluate", "--radiographs", str(films), "--output", str(tmp_path / "out"), "--resamples", "20"]
    assert cli.main([*command, "--severity-groups", "dialysis", "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert "model: mean absolute error" in said
    assert "24 radiographs in" in said
    document = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert document["settings"]["severity"]["table"] == "dialysis"
    assert document["subject"] == "radiographs"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--radiographs", "T", "--tolerance", "2"), "--tolerance is about CTs"),
        (("--radiographs", "T", "--simulated", "1"), "--simulated is about CTs"),
        (("--radiographs", "T", "--method", "realistic"), "'realistic' is no method for radiographs"),
        (("--radiographs", "T", "--severity-groups", "none"), "no table of severity"),
        (("--radiographs",), "Name a table of radiographs"),
        (("T", "--severity-groups", "dialysis"), "--severity-groups is about radiographs"),
        (("T", "--visible"), "--visible is about radiographs"),
        (("T", "--model", "x"), "--model is about radiographs"),
        (("--radiographs", "nothing.csv"), "cannot be read"),
    ],
)
def test_options_that_say_nothing_of_it_are_refused(films, tmp_path, options, said, capsys):
    given = [str(films) if each == "T" else each for each in options]
    assert cli.main(["evaluate", *given, "--output", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_networks_run_where_nobody_else_says_anything(tmp_path, without_networks, capsys):
    from radiograph_cases import EXTENTS, a_radiograph, drawn_labels, of_extents, write_dicom

    for number, faces in enumerate(("left", "right", "left")):
        folder = tmp_path / "films" / f"seed_{number}"
        write_dicom(folder / "radiograph.dcm", a_radiograph(faces, seed=number))
        truth = document_of(of_extents(EXTENTS), seed=number, device={"kind": "vfa"})
        (folder / "truth.json").write_text(json.dumps(truth))
        labels = drawn_labels() if faces == "left" else drawn_labels()[:, ::-1]
        write_labels(folder / "vertebrae.nii.gz", np.ascontiguousarray(labels))
    write_dicom(tmp_path / "films" / "seed_9" / "radiograph.dcm", a_radiograph())
    (tmp_path / "films" / "seed_9" / "truth.json").write_text(json.dumps(document_of([0] * 8)))
    (tmp_path / "films" / "seed_9" / "radiograph.dcm").write_bytes(b"broken")
    command = [
        "evaluate",
        "--radiographs",
        str(tmp_path / "films"),
        "--output",
        str(tmp_path / "out"),
        "--resamples",
        "0",
    ]
    assert cli.main(command) == 0
    document = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert document["methods"] == ["model"]
    assert document["settings"]["models"]
    assert [each["case"] for each in document["failed"]] == ["seed_9"]
    assert one(document, "vertebrae", vertebra="all")["dice"]["value"] == 1
    assert one(document, "vertebrae", vertebra="all")["named_right"]["value"] == 1
    row = one(document, "agreement", quantity="total")
    assert row["pairs"] == 3
    totals = [each for each in rows_in(tmp_path / "out" / "cases.csv") if each["side"] == "model" and each["total"]]
    errors = [abs(float(each["total"]) - sum(of_extents(EXTENTS))) for each in totals]
    assert row["mean_absolute_error"]["value"] == pytest.approx(np.mean(errors))

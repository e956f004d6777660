"""Association with outcomes: what an analysis says of a table, and what it refuses."""

from __future__ import annotations

import json
import re
from html import escape

import numpy as np
import pytest

pytest.importorskip("statsmodels", reason="curves and propensity scores")

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.outcomes.report import report_html
from AbdominalCalcificationLib.outcomes.settings import Settings, parse_match
from AbdominalCalcificationLib.outcomes.words import in_brief, methods_text, still_missing
from outcome_tables import analysed, rows_of_patients, write_rows

ADJUSTED = {"covariates": ("age", "sex")}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return write_rows(tmp_path_factory.mktemp("outcomes") / "cohort.csv", rows_of_patients())


@pytest.fixture(scope="module")
def whole(table):
    """An analysis with all that there is."""
    return analysed(
        table,
        exposures=("total_burden_percent", "renal_left_burden_percent"),
        **ADJUSTED,
        exact=("sex",),
        propensity=("age",),
        ratio=2,
        imputations=3,
        unit="years",
        groups="0.5,1.5",
    )


def models(analysis, **wanted):
    return [row for row in analysis.document["models"] if all(row[name] == value for name, value in wanted.items())]


def changed(tmp_path, change):
    rows = rows_of_patients()
    change(rows)
    return write_rows(tmp_path / "changed.csv", rows)


def test_rows_that_cannot_be_used_are_left_out_and_told(whole):
    document = whole.document
    assert document["flow"] == [{"reason": "trust is unusable", "rows": 3}]
    assert document["analysed"]["rows"] == 117
    assert document["verdicts"] == {"ok": 105, "review": 12, "unusable": 3}
    assert any("12 rows of these" in line and "review" in line for line in in_brief(document))
    missing = {each["column"]: each["missing"] for each in document["missing"]}
    assert missing["renal_left_burden_percent"] == 6
    assert missing["age"] > 0


def test_a_known_effect_is_found_and_the_p_values_are_corrected(whole):
    (alone,) = models(whole, exposure="total_burden_percent", form="per_sd", data="complete", covariates=[])
    assert alone["terms"][0]["lower"] > 1
    assert alone["tested_exposures"] == 2
    assert alone["test"]["corrected_p_value"] >= alone["test"]["p_value"]
    assert {test["term"] for test in alone["proportional_hazards"]} == {"total_burden_percent", "all"}


def test_complete_cases_and_imputations_have_the_rows_that_they_say(whole):
    (complete,) = models(
        whole, exposure="total_burden_percent", form="per_sd", data="complete", covariates=["age", "sex"]
    )
    (imputed,) = models(whole, exposure="total_burden_percent", form="per_sd", data="imputed")
    missing = next(each["missing"] for each in whole.document["missing"] if each["column"] == "age")
    assert complete["rows"] == 117 - missing
    assert (imputed["rows"], imputed["imputed_values"]) == (117, missing)
    age = next(term for term in imputed["terms"] if term["term"] == "age")
    sex = next(term for term in imputed["terms"] if term["term"] == "sex")
    assert age["missing_information"] > sex["missing_information"] > 0
    (renal,) = models(whole, exposure="renal_left_burden_percent", form="per_sd", data="imputed")
    assert renal["rows"] == 111, "what was not measured is not imputed"


def test_matched_sets_are_balanced_and_compared_within(whole):
    matching = whole.document["matching"]
    assert matching["sets"] == sum(each["sets"] for each in matching["sizes"])
    sex = next(each for each in matching["balance"] if each["name"].startswith("sex"))
    assert sex["difference_after"] == pytest.approx(0, abs=1e-12)
    rows = models(whole, kind="conditional", exposure="total_burden_percent", form="per_sd")
    assert [row["covariates"] for row in rows] == [[], ["age"]], "sex is the same within sets"


def test_curves_say_who_is_at_risk(whole):
    first = whole.document["curves"][0]
    assert [group["name"] for group in first["groups"]] == ["below 0.5", "0.5 to below 1.5", "1.5 or more"]
    assert sum(group["at_risk"][0] for group in first["groups"]) == 117
    assert first["log_rank"]["degrees"] == 2


def test_calibration_counts_everybody_and_agrees_in_all(whole):
    calibration = whole.document["prediction"]["calibration"]
    assert sum(row["rows"] for row in calibration["groups"]) == calibration["all"]["rows"]
    assert calibration["observed_over_predicted"] == pytest.approx(1, abs=0.1)


def test_the_same_table_gives_the_same_bytes(table, tmp_path):
    contents = []
    for name in ("one", "two"):
        arguments = ["associate", table, "--output", tmp_path / name, "--outcome", "event", "--time", "years"]
        arguments += ["--covariates", "age", "--resamples", 10, "--imputations", 2, "--match", "exact:sex", "--quiet"]
        assert cli.main([str(each) for each in arguments]) == 0
        contents.append({file.name: file.read_bytes() for file in sorted((tmp_path / name).iterdir())})
    assert contents[0] == contents[1]
    assert set(contents[0]) == {"association.json", "balance.csv", "curves.csv", "models.csv", "report.html"}
    document = json.loads(contents[0]["association.json"])
    assert document["schema_version"] == "1.0"


def test_the_report_says_what_was_done_and_needs_nothing_else(whole):
    html = report_html(whole.document, whole.curves)
    assert not re.search(r"<script|https?://(?!www\.w3\.org/2000/svg)", html)
    text = " ".join(methods_text(whole.document))
    for words in ("Efron", "Rubin", "Holm", "Nelson–Aalen", "conditional logistic", "log-rank", "117 of 117 patients"):
        assert words in text
    assert all(escape(paragraph) in html for paragraph in methods_text(whole.document))
    assert any(line.startswith("12: competing events") for line in still_missing(whole.document))


def test_names_of_columns_are_no_html(tmp_path):
    rows = [
        {("<b>x</b>" if name == "event" else name): value for name, value in row.items()} for row in rows_of_patients()
    ]
    analysis = analysed(write_rows(tmp_path / "c.csv", rows), outcome="<b>x</b>", resamples=0)
    assert "<b>x</b>" not in report_html(analysis.document, analysis.curves)


REFUSED = {
    "outcome that is neither": (lambda rows: rows[4].update(event="yes"), {}, r"'yes'.*line 6.*neither 1"),
    "date of an event": (lambda rows: rows[0].update(event="2020-01-31"), {}, "neither 1"),
    "negative time": (lambda rows: rows[2].update(years=-1), {}, r"not positive, first on line 4"),
    "no time": (lambda rows: rows[2].update(years=0), {}, "not positive"),
    "date for a time": (lambda rows: rows[2].update(years="2020-01-31"), {}, "dates are not read"),
    "infinite": (lambda rows: rows[2].update(total_burden_percent="inf"), {}, "must be finite"),
    "text in a number": (lambda rows: rows[2].update(total_burden_percent="high"), {}, r"'high'.*line 4"),
    "text among ages": (lambda rows: rows[2].update(age="old"), ADJUSTED, r"'old'.*not a number, though others"),
    "two rows of one name": (lambda rows: rows[2].update(id="c0"), {}, r"lines 2 and 4"),
    "no verdict": (lambda rows: rows[2].update(trust="fine"), {}, "no verdict"),
    "constant exposure": (lambda rows: [r.update(total_burden_percent=1) for r in rows], {}, "one value for everybody"),
    "constant covariate": (lambda rows: [r.update(sex="male") for r in rows], ADJUSTED, "one value for everybody"),
    "unmeasured exposure": (lambda rows: [r.update(total_burden_percent="–") for r in rows], {}, "measured in nobody"),
    "no event": (lambda rows: [r.update(event=0) for r in rows], {}, "no row has the event"),
    "all unusable": (lambda rows: [r.update(trust="unusable") for r in rows], {}, "No row of"),
    "collinear": (
        lambda rows: [r.update(months=12 * r["age"] if r["age"] else "") for r in rows],
        {"covariates": ("age", "months")},
        r"'months'.*collinear",
    ),
    "exposure again": (
        lambda rows: [r.update(twice=2 * r["total_burden_percent"]) for r in rows],
        {"covariates": ("twice",)},
        "collinear",
    ),
    "absurd age": (lambda rows: rows[2].update(age=3e300), ADJUSTED, "too large to work with"),
    "names as categories": (lambda rows: None, {"covariates": ("id",)}, "120|117 categories"),
    "no column": (lambda rows: None, {"covariates": ("bmi",)}, "no column 'bmi'"),
    "commas and points": (lambda rows: rows[2].update(total_burden_percent="1,5"), {}, "commas and points"),
    "severity of ages": (lambda rows: None, {"exposures": ("age",), "groups": "severity"}, "divides burdens"),
    "cut points": (lambda rows: None, {"groups": "1,x"}, "no cut points"),
    "late horizon": (lambda rows: None, {"horizon": 99.0, "resamples": 100_000}, "beyond the longest"),
    "nobody to match": (lambda rows: None, {"propensity": ("event2",)}, "no column"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_analysed_is_refused_in_a_line(name, tmp_path):
    change, settings, words = REFUSED[name]
    with pytest.raises(InputError, match=words) as error:
        analysed(changed(tmp_path, change), **settings)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"time": None},
        {"outcome": "years"},
        {"covariates": ("event",)},
        {"ratio": 0},
        {"imputations": 1},
        {"resamples": -1},
        {"caliper": 0.0},
        {"caliper": float("nan")},
        {"exact": ("sex",), "propensity": ("sex",)},
        {"exact": ("event",)},
        {"exposures": ("aorta_burden_percent",), "propensity": ("aorta_burden_percent",)},
    ],
)
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(InputError):
        Settings(**{"outcome": "event", "time": "years", **settings})


@pytest.mark.parametrize("rule", ["sex", "near:sex", "exact:", "exact"])
def test_a_rule_of_matching_has_a_form(rule):
    with pytest.raises(InputError, match="does not say how to match"):
        parse_match([rule])


def test_separation_gives_a_reason_and_no_number(tmp_path):
    def separate(rows):
        for row in rows:
            row["marker"] = 10 + row["event"]

    analysis = analysed(changed(tmp_path, separate), covariates=("marker",), resamples=0)
    (model,) = models(analysis, form="per_sd", covariates=["marker"])
    assert "without end" in model["refused"]
    assert (model["terms"], model["test"]) == ([], None)
    assert analysis.document["prediction"]["discrimination"]["refused"]
    assert "no estimate" in report_html(analysis.document, analysis.curves)


def test_a_group_without_events_gives_no_ratio(tmp_path):
    def none_below(rows):
        for row in rows:
            row["event"] = row["event"] if row["total_burden_percent"] >= 0.5 else 0

    analysis = analysed(changed(tmp_path, none_below), groups="0.5,1.5", resamples=0)
    (model,) = models(analysis, form="groups")
    assert re.search("nobody of 'below 0.5'.*had the event", model["refused"])
    assert analysis.document["curves"][0]["log_rank"]["p_value"] < 0.05, "curves can be compared"


def test_an_empty_group_is_told(table):
    analysis = analysed(table, groups="0.5,1.5,1e6", resamples=0)
    assert any("nobody is in the group 1000000 or more" in note for note in analysis.document["notes"])
    assert len(analysis.document["curves"][0]["groups"]) == 3


def test_few_events_are_told(table):
    analysis = analysed(table, covariates=("age", "sex", "smoker"), groups="0.5,1,2", resamples=0)
    (model,) = models(analysis, form="groups", covariates=["age", "sex", "smoker"])
    assert model["events_per_coefficient"] < 10
    assert model["few_events"]
    assert "Peduzzi" in report_html(analysis.document, analysis.curves)


def test_decimal_commas_are_read_where_they_can_be_nothing_else(tmp_path):
    def commas(rows):
        for row in rows:
            for name in ("total_burden_percent", "years"):
                row[name] = f"{row[name]:.4f}".replace(".", ",")

    plain = analysed(write_rows(tmp_path / "plain.csv", rows_of_patients()), resamples=0).document
    found = analysed(changed(tmp_path, commas), resamples=0).document
    ratios = [[term["ratio"] for term in document["models"][0]["terms"]] for document in (plain, found)]
    assert ratios[0] == pytest.approx(ratios[1], rel=1e-9)


def test_patients_with_several_rows_are_refused_taken_once_or_clustered(tmp_path):
    def pairs(rows):
        for number, row in enumerate(rows):
            row["patient"] = f"p{number // 2}"

    path = changed(tmp_path, pairs)
    with pytest.raises(InputError, match="several rows, 'p0' among them"):
        analysed(path)
    first = analysed(path, repeated="first", resamples=0)
    assert first.document["analysed"]["rows"] == first.document["analysed"]["patients"] == 60
    clustered = analysed(path, repeated="cluster", resamples=10)
    assert clustered.document["models"][0]["robust"]
    assert "clustered by patient" in " ".join(methods_text(clustered.document))
    with pytest.raises(InputError, match="one row for each patient"):
        analysed(path, repeated="cluster", exact=("sex",))


def test_exposed_people_are_matched_and_compared_by_hazards(table):
    analysis = analysed(table, propensity=("age",), matched="exposed", groups="1", resamples=0, ratio=1)
    (model,) = models(analysis, data="matched")
    assert model["robust"]
    assert model["rows"] == 2 * analysis.document["matching"]["sets"]
    assert [each["data"] for each in analysis.document["curves"]] == ["all", "matched"]
    assert any("matched" in line for line in in_brief(analysis.document))


def test_a_case_control_study_needs_no_times(table):
    analysis = analysed(table, time=None, exact=("sex",), propensity=("age",))
    assert {row["kind"] for row in analysis.document["models"]} == {"conditional"}
    assert analysis.document["prediction"] is None
    assert "Cox" not in " ".join(methods_text(analysis.document))
    report_html(analysis.document, analysis.curves)


def test_exact_matching_takes_many_categories_and_compares_numbers(tmp_path):
    def sites(rows):
        for number, row in enumerate(rows):
            row["site"] = f"site {number // 4}"
            row["year"] = ("2020", "2020.0")[number % 2]
        rows[0]["year"] = "2021"

    analysis = analysed(changed(tmp_path, sites), exact=("site", "year"), time=None)
    assert analysis.document["matching"]["sets"] > 10
    assert [each["name"] for each in analysis.document["matching"]["balance"]] == ["year"]


def test_another_report_is_not_replaced(table, tmp_path, capsys):
    (tmp_path / "report.html").write_text("mine", encoding="utf-8")
    arguments = ["associate", table, "--output", tmp_path, "--outcome", "event", "--time", "years"]
    assert cli.main([str(each) for each in arguments]) == 2
    assert "another report" in capsys.readouterr().err
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "mine"


def test_times_in_other_units_change_nothing_but_the_times(tmp_path):
    def days(rows):
        for row in rows:
            row["years"] = round(row["years"] * 400)

    plain = analysed(write_rows(tmp_path / "plain.csv", rows_of_patients()), resamples=0).document
    found = analysed(changed(tmp_path, days), resamples=0).document
    assert plain["models"][0]["terms"] == found["models"][0]["terms"]
    assert found["prediction"]["calibration"]["horizon"] == pytest.approx(
        400 * plain["prediction"]["calibration"]["horizon"]
    )
    assert np.isclose(found["follow_up"]["median"], 400 * plain["follow_up"]["median"])

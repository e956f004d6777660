"""What an analysis of outcomes must not do without a word: take other numbers or people, say other things."""

from __future__ import annotations

import csv

import pytest

pytest.importorskip("statsmodels", reason="curves and propensity scores")

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.outcomes.report import report_html
from AbdominalCalcificationLib.outcomes.run import curves_csv, models_csv
from AbdominalCalcificationLib.outcomes.settings import Settings
from AbdominalCalcificationLib.outcomes.words import in_brief, methods_text, p_text, still_missing
from outcome_tables import analysed, rows_of_patients, write_rows


def changed(tmp_path, change):
    rows = rows_of_patients()
    for number, row in enumerate(rows):
        change(number, row)
    return write_rows(tmp_path / "changed.csv", rows)


def words_of(analysis):
    return " ".join(methods_text(analysis.document))


def test_points_between_thousands_are_no_decimal_points(tmp_path):
    def german(number, row):
        row["total_burden_percent"] = f"{row['total_burden_percent']:.2f}".replace(".", ",")
        days = round(float(row["years"]) * 365)
        row["years"] = f"{days:,}".replace(",", ".")

    with pytest.raises(InputError, match=r"column 'years' \(line \d+\) may be thousands"):
        analysed(changed(tmp_path, german))


@pytest.mark.parametrize(
    ("writing", "words"),
    [(("None", "former", "now"), "'none' in the column 'habit'"), (("Yes", "yes", "no"), "differ only in capitals")],
)
def test_categories_that_may_be_something_else_are_refused(tmp_path, writing, words):
    path = changed(tmp_path, lambda number, row: row.update(habit=writing[number % 3]))
    with pytest.raises(InputError, match=words):
        analysed(path, covariates=("habit",), resamples=0)


def test_numbers_that_are_categories_are_compared_as_numbers(tmp_path):
    path = changed(tmp_path, lambda number, row: row.update(stage=("1", "1.0", "2")[number % 3]))
    analysis = analysed(path, covariates=("stage",), categorical=("stage",), resamples=0)
    assert (analysis.document["covariates"][0]["reference"], analysis.document["covariates"][0]["levels"]) == (
        "1",
        ["2"],
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"covariates": ("stage",), "categorical": ("stagee",)}, "'stagee'"),
        ({"matched": "exposed"}, "--matched does nothing without --match"),
        ({"ratio": 2}, "--ratio does nothing"),
        ({"time": None, "exact": ("sex",), "horizon": 2.0}, "--horizon does nothing"),
        ({"imputations": 5}, "--imputations does nothing without --covariates"),
    ],
)
def test_what_would_do_nothing_is_refused(settings, words):
    with pytest.raises(InputError, match=words):
        Settings(**{"outcome": "event", "time": "years", **settings})


@pytest.mark.parametrize("name", ["models.csv", "curves.csv", "balance.csv", "association.json"])
def test_a_table_is_not_replaced_by_its_results(tmp_path, name, capsys):
    table = write_rows(tmp_path / name, rows_of_patients())
    before = table.read_bytes()
    arguments = ["associate", table, "--output", tmp_path, "--outcome", "event", "--time", "years", "--resamples", 0]
    assert cli.main([str(each) for each in arguments]) == 2
    assert "is the table itself" in capsys.readouterr().err
    other = write_rows(tmp_path / "cohort.csv", rows_of_patients())
    if name != "association.json":
        assert cli.main([str(each) for each in [arguments[0], other, *arguments[2:]]]) == 2
        assert f"another {name}" in capsys.readouterr().err
    assert table.read_bytes() == before


def test_few_resamples_make_no_interval(tmp_path):
    path = changed(tmp_path, lambda number, row: None)
    few, enough = (analysed(path, resamples=count) for count in (39, 40))
    assert few.document["prediction"]["discrimination"]["change"]["interval"] is None
    assert "too few for intervals" in words_of(few)
    low, high = enough.document["prediction"]["discrimination"]["change"]["interval"]
    assert low < high
    assert "intervals are percentiles" in words_of(enough)


def test_methods_do_not_say_what_was_not_done(tmp_path):
    alone = analysed(changed(tmp_path, lambda number, row: None), groups="none", resamples=0)
    assert "log-rank" not in words_of(alone)
    assert "bootstrap" not in words_of(alone)


def test_only_what_was_imputed_is_said_to_be(tmp_path):
    def staged(number, row):
        row["stage"] = ("a", "b", "c", "")[number % 4]
        row["mass"] = 20 + number % 11

    path = changed(tmp_path, staged)
    analysis = analysed(path, covariates=("mass", "stage"), imputations=3, resamples=0)
    assert not [each for each in analysis.document["models"] if each["data"] == "imputed"]
    assert "imputed" not in words_of(analysis).split("tested")[0]
    assert any("Nothing was imputed" in note for note in analysis.document["notes"])
    assert any("not imputed" in line for line in still_missing(analysis.document))
    both = words_of(analysed(path, covariates=("age", "stage"), imputations=3, resamples=0))
    assert "missing values of age were imputed 3 times" in both
    assert "Nor were categories of more than two levels (stage)" in both


def test_rows_to_be_looked_at_are_those_that_were_analysed(tmp_path):
    def without(number, row):
        row.update(event="" if row["trust"] == "review" and number < 50 else row["event"])

    analysis = analysed(changed(tmp_path, without), resamples=0)
    assert analysis.document["verdicts"]["review"] == 12
    assert analysis.document["analysed"]["review"] == 7
    assert "In 7 of the analysed rows" in words_of(analysis)
    assert any(line.startswith("7 rows of these") for line in in_brief(analysis.document))


def test_cut_points_are_told_as_they_are(tmp_path):
    path = changed(tmp_path, lambda number, row: row.update(agatston=10_000 + number / 10))
    settings = {"exposures": ("agatston",), "resamples": 0}
    given = analysed(path, groups="10004.12,10004.57", **settings).document["curves"][0]["groups"]
    assert [each["name"] for each in given] == ["below 10004.12", "10004.12 to below 10004.57", "10004.57 or more"]
    made = analysed(path, groups="quantiles:3", **settings).document["exposures"][0]["groups"]
    assert len({each["name"] for each in made}) == 3
    first = float(made[0]["bounds"].split()[-1])
    values = [10_000 + n / 10 for n in range(120) if n % 40 != 7]  # without the unusable
    assert sum(value < first for value in values) == made[0]["rows"]


def test_equal_values_make_fewer_quantiles_with_a_word(tmp_path):
    path = changed(tmp_path, lambda number, row: row.update(total_burden_percent=max(0, number - 60)))
    notes = analysed(path, groups="quantiles:3", resamples=0).document["notes"]
    assert any("quantiles:3 makes 2 groups" in note for note in notes)


def test_rows_without_names_are_told(tmp_path):
    path = changed(tmp_path, lambda number, row: row.pop("id"))
    assert any("each row was taken for another patient" in x for x in analysed(path, resamples=0).document["notes"])
    again = changed(tmp_path, lambda number, row: row.update(Patient=number // 2))
    with pytest.raises(InputError, match="several rows"):
        analysed(again, resamples=0)


def test_a_group_is_not_followed_beyond_its_follow_up(tmp_path):
    def short(number, row):
        row["years"] = min(float(row["years"]), 3.0) if row["sex"] == "male" else row["years"]
        row["total_burden_percent"] = 1 + number / 1000 if row["sex"] == "male" else number / 1000

    analysis = analysed(changed(tmp_path, short), groups="1", horizon=5.0, resamples=0)
    men = analysis.document["curves"][0]["groups"][1]
    assert men["at_risk"][-1] == 0
    assert men["survival"][-1] == {"value": None, "lower": None, "upper": None}
    assert men["survival"][1]["value"] is not None
    calibration = analysis.document["prediction"]["calibration"]
    assert all((row["observed"] is None) == (row["at_risk"] == 0) for row in calibration["groups"])
    assert any(row["observed"] is None for row in calibration["groups"])
    assert "–" in report_html(analysis.document, analysis.curves)
    assert ",0,,,\n" in curves_csv(analysis.document)


def test_unequal_numbers_of_controls_are_told(tmp_path):
    path = changed(tmp_path, lambda number, row: None)
    settings = {"exact": ("sex",), "matched": "exposed", "resamples": 0}
    unequal = analysed(path, groups="1.1", ratio=4, **settings)
    assert len(unequal.document["matching"]["sizes"]) > 1
    assert any("unequal numbers of controls" in note for note in unequal.document["notes"])
    assert "not weighted by the sizes" in words_of(unequal)
    equal = analysed(path, groups="1.1", ratio=1, **settings)
    assert not any("unequal" in note for note in equal.document["notes"])


def test_holm_stands_beside_the_p_value_that_it_corrects(tmp_path):
    path = changed(tmp_path, lambda number, row: None)
    analysis = analysed(path, groups="0.5,1.5", resamples=0)
    model = next(each for each in analysis.document["models"] if each["form"] == "groups")
    assert len(model["terms"]) == 2
    html = report_html(analysis.document, analysis.curves)
    p_value = p_text(model["test"]["p_value"]).removeprefix("p = ").removeprefix("p ").replace("<", "&lt;")
    line = html[html.index("all groups together") :].split("</tr>")[0]
    assert line.count(p_value) == 2, "one exposure: corrected and not are the same"
    rows = list(csv.DictReader(models_csv(analysis.document).splitlines()))
    told = [row["exposure_p_value"] for row in rows if row["form"] == "groups"]
    assert told == [str(model["test"]["p_value"])] * 2


def test_codes_for_missing_are_no_burdens(tmp_path):
    path = changed(tmp_path, lambda number, row: row.update(total_burden_percent=-99) if number == 5 else None)
    with pytest.raises(InputError, match="negative burdens, first on line 7"):
        analysed(path)

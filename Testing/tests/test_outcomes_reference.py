"""Reference values by age and sex: made of a cohort, read again, and refused where CTs differ."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.outcomes.reference import (
    PERCENTILES,
    Band,
    make_reference,
    percentiles_csv,
    place_of,
    read_reference,
    reference_csv,
)
from AbdominalCalcificationLib.outcomes.table import read_table
from outcome_tables import write_rows

AGES = (40, 60, 80)


def people(count=50):
    """Rows of women of 50 with burdens 0, 1, 2, …, and a man for every ten."""
    rows = [{"id": n, "age": 50, "sex": "F", "trust": "ok", "flags": "", "burden": n} for n in range(count)]
    return rows + [{**row, "id": f"m{row['id']}", "sex": "male"} for row in rows[::10]]


def made(tmp_path, rows, **arguments):
    table = read_table(write_rows(tmp_path / "cohort.csv", rows))
    return make_reference(table, "burden", "age", "sex", **{"kind": "cta", "ages": AGES, **arguments})


def test_percentiles_are_those_of_the_cohort(tmp_path):
    reference, notes = made(tmp_path, people())
    (band,) = reference.bands
    assert (band.sex, band.age_from, band.age_below, band.people) == ("female", 40, 60, 50)
    assert np.allclose(band.values, np.percentile(np.arange(50), PERCENTILES))
    assert any("male, 40 to below 60 years: 5 people, fewer than 20" in note for note in notes)


def test_a_reference_is_read_as_it_was_written(tmp_path):
    reference, _ = made(tmp_path, people())
    path = tmp_path / "reference.csv"
    path.write_text(reference_csv(reference), encoding="utf-8")
    assert read_reference(read_table(path)) == reference


def test_rows_in_doubt_make_no_reference(tmp_path):
    rows = people()
    for row in rows[:10]:
        row["trust"] = "review"
    rows[10]["flags"] = "thick_slices no_arterial_enhancement"
    rows[11]["burden"] = "–"
    reference, notes = made(tmp_path, rows)
    assert reference.bands[0].people == 38
    assert any("not enhanced as in cta" in note for note in notes)
    unenhanced, _ = made(tmp_path, rows, kind="unenhanced")
    assert unenhanced.bands[0].people == 39


@pytest.mark.parametrize(
    ("value", "place"),
    [(-1, (0, 5)), (0, (0, 75)), (0.1, (50, 75)), (1, (50, 95)), (2.5, (90, 95)), (3, (90, 100)), (9, (95, 100))],
)
def test_equal_percentiles_make_a_range(value, place):
    band = Band("female", 40, 60, 100, (0, 0, 0, 0, 1, 1, 3))
    assert place_of(value, band) == place, "what equals the 75th and the 90th lies between the 50th and the 95th"


def test_patients_get_a_place_or_a_reason(tmp_path):
    reference, _ = made(tmp_path, people())
    rows = people()[:3]
    rows[0].update(burden=30)
    rows[1].update(burden="")
    rows[2].update(age=85)
    text, notes = percentiles_csv(read_table(write_rows(tmp_path / "p.csv", rows)), reference, "age", "sex", "cta")
    first, second, third = csv.DictReader(text.splitlines())
    assert (first["percentile_from"], first["percentile_to"], first["no_percentile"]) == ("50.0", "75.0", "")
    assert (second["percentile_from"], second["no_percentile"]) == ("", "not measured")
    assert "nobody of this sex and age" in third["no_percentile"]
    assert any("2 of 3 rows" in note for note in notes)


def test_a_reference_of_another_kind_of_ct_is_refused(tmp_path, capsys):
    cohort = write_rows(tmp_path / "cohort.csv", people())
    reference, out = tmp_path / "reference.csv", tmp_path / "out.csv"
    arguments = ["reference", cohort, "--measure", "burden", "--kind", "unenhanced", "--output", reference]
    assert cli.main([str(each) for each in arguments]) == 0
    arguments = ["percentiles", cohort, "--reference", reference, "--output", out, "--kind"]
    assert cli.main([*map(str, arguments), "cta"]) == 2
    assert "a reference of the same kind" in " ".join(capsys.readouterr().err.split())
    assert not out.exists()
    assert cli.main([*map(str, arguments), "unenhanced"]) == 0
    assert out.exists()
    assert cli.main([*map(str, arguments), "unenhanced"]) == 2, "a table that is there stays"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[0].update(p50=1000), "fall"),
        (lambda rows: rows[0].update(p95=""), "lacks a value"),
        (lambda rows: rows[0].update(kind="mri"), "no kind of CT"),
        (lambda rows: rows.append({**rows[0], "kind": "unenhanced"}), "mixes"),
        (lambda rows: rows.append({**rows[0], "age_from": 50}), "overlaps"),
        (lambda rows: rows[0].update(people="many"), "not a number"),
    ],
)
def test_a_damaged_reference_is_refused(tmp_path, change, words):
    reference, _ = made(tmp_path, people())
    rows = list(csv.DictReader(reference_csv(reference).splitlines()))
    change(rows)
    with pytest.raises(InputError, match=words):
        read_reference(read_table(write_rows(tmp_path / "reference.csv", rows)))


def test_ages_that_are_none_are_refused(tmp_path):
    rows = people()
    rows[0]["age"] = 500
    with pytest.raises(InputError, match="above 130"):
        made(tmp_path, rows)
    with pytest.raises(InputError, match="rising"):
        made(tmp_path, people(), ages=(60, 40))


def test_a_patient_counts_once_in_a_reference(tmp_path):
    rows = people()
    for row in rows:
        row["Patient"] = row["id"]
    rows[1]["Patient"] = rows[0]["Patient"]
    with pytest.raises(InputError, match="several rows, '0' among them"):
        made(tmp_path, rows)
    rows[1]["trust"] = "review"  # left out
    assert made(tmp_path, rows)[0].bands[0].people == 49
    rows[2]["id"] = rows[3]["id"]
    with pytest.raises(InputError, match="stands on lines 4 and 5"):
        made(tmp_path, rows)


@pytest.mark.parametrize("sex", ["1", "h", "Frau"])
def test_a_code_of_sex_that_may_mean_another_is_refused(tmp_path, sex):
    rows = people()
    rows[4]["sex"] = sex
    with pytest.raises(InputError, match=rf"'{sex}' in the column 'sex' \(line 6\) is no sex"):
        made(tmp_path, rows)


def test_what_was_not_looked_at_is_told(tmp_path):
    rows = people()
    for row in rows:
        del row["trust"]
    reference, notes = made(tmp_path, rows)
    assert any("no column trust" in note for note in notes)
    rows[0].update(sex="")
    text, _ = percentiles_csv(read_table(write_rows(tmp_path / "p.csv", rows)), reference, "age", "sex", "cta")
    assert next(csv.DictReader(text.splitlines()))["no_percentile"] == "age or sex is missing"


def test_a_folder_is_no_table_to_write(tmp_path, monkeypatch, capsys):
    cohort = write_rows(tmp_path / "cohort.csv", people())
    monkeypatch.chdir(tmp_path)
    for folder in (".", str(tmp_path), "/"):
        arguments = ["reference", str(cohort), "--measure", "burden", "--kind", "cta", "--output", folder]
        assert cli.main([*arguments, "--overwrite"]) == 2
        assert "it is a folder" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["cohort.csv"]

"""Territories that a reference does not draw are in no comparison, and it is said."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib.anatomy import TERRITORIES, territory
from AbdominalCalcificationLib.comparison.judged import ALL, judged, left_out_territories, left_out_text
from AbdominalCalcificationLib.comparison.territories import artery_rows, calcification_rows, compare_steps
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.evaluation import Settings, evaluate_steps, read_cohort, simulated_cohort
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.measurement import measure
from AbdominalCalcificationLib.progress import drain

AORTA, RENAL = territory("aorta").label, territory("renal_left").label
SHAPE = (20, 24, 48)
GRID = Grid.from_spacing(SHAPE)


def phantom():
    """An aorta with a left renal artery, and plaques in both, at the renal ostium and beside everything."""
    arteries = np.zeros(SHAPE, np.uint8)
    arteries[:, 6:16, 4:14] = AORTA
    arteries[8:12, 9:13, 14:40] = RENAL
    plaques = {name: np.zeros(SHAPE, np.uint8) for name in ("aorta", "ostium", "renal", "far")}
    plaques["aorta"][3:6, 8:11, 5:8] = 1
    plaques["ostium"][9:11, 10:12, 14:16] = 1
    plaques["renal"][9:11, 10:12, 30:34] = 1
    plaques["far"][16:18, 20:22, 44:46] = 1
    return arteries, plaques


def union(plaques, *names):
    return np.maximum.reduce([plaques[name] for name in names])


def compare(reference_arteries, reference, arteries, prediction, declared=None):
    """Return rows of calcification and of arteries, and the two measurements, as the evaluation compares them."""
    volumes = [Volume(each, GRID) for each in (reference_arteries, reference, arteries, prediction)]
    known = judged(*volumes[:2], left_out_territories(volumes[0], declared))
    own, found = volumes[2:]
    full = measure(None, own, found)
    own, found = known.arteries_of(own), known.calcification_of(found, full, own)
    measured = measure(None, known.arteries, known.calcification), measure(None, own, found)
    options = {"left_out": known.left_out}
    rows = {row["territory"]: row for row in calcification_rows(*measured, known.calcification, found, **options)}
    of_arteries = {row["territory"]: row for row in artery_rows(*measured, known.arteries, own, **options)}
    return rows, of_arteries, measured


def test_what_a_method_finds_in_an_artery_that_is_not_drawn_is_not_false():
    arteries, plaques = phantom()
    only_aorta = np.where(arteries == AORTA, arteries, 0)
    found = union(plaques, "aorta", "ostium", "renal")
    rows, of_arteries, (reference, prediction) = compare(only_aorta, plaques["aorta"], arteries, found)
    assert "renal_left" not in rows
    assert "renal_left" not in of_arteries
    for place in ("aorta", "total", "whole mask"):
        assert (rows[place]["dice"], rows[place]["precision"]) == (1, 1), place
        assert (of_arteries[place]["dice"], of_arteries[place]["precision"]) == (1, 1), place
    assert rows["total"]["lesions"] == {"reference_count": 1, "found_count": 1, "prediction_count": 1, "true_count": 1}
    assert prediction.total == reference.total


def test_what_the_reference_judges_is_judged():
    arteries, plaques = phantom()
    only_aorta = np.where(arteries == AORTA, arteries, 0)
    # A false plaque in the drawn aorta, one far from everything, and a plaque of the reference that is missed.
    reference = plaques["aorta"].copy()
    reference[14:16, 10:12, 6:8] = 1
    found = union(plaques, "renal", "far")
    found[0:2, 12:14, 10:12] = 1
    rows, _, _ = compare(only_aorta, reference, arteries, found)
    assert rows["aorta"]["state"] == "both"
    assert (rows["aorta"]["dice"], rows["total"]["dice"]) == (0, 0)
    assert rows["aorta"]["prediction_mm3"] == rows["total"]["prediction_mm3"] == 8
    assert rows["whole mask"]["prediction_mm3"] == 16, "what lies near no artery is false as ever"
    assert rows["total"]["reference_mm3"] == rows["whole mask"]["reference_mm3"] == 35


def test_calcium_that_the_reference_has_there_is_counted_alike_on_both_sides():
    arteries, plaques = phantom()
    only_aorta = np.where(arteries == AORTA, arteries, 0)
    everything = union(plaques, "aorta", "ostium", "renal")
    rows, _, (reference, prediction) = compare(only_aorta, everything, arteries, everything)
    assert rows["aorta"]["dice"] == rows["total"]["dice"] == rows["whole mask"]["dice"] == 1
    assert reference.total == prediction.total
    assert reference.total.calcified_volume_mm3 == 27 + 8, "the ostium is within 3 mm of the aorta"


def test_an_aorta_that_is_called_renal_is_still_an_error():
    arteries, plaques = phantom()
    only_aorta = np.where(arteries == AORTA, arteries, 0)
    misnamed = np.where(only_aorta, RENAL, 0).astype(np.uint8)
    rows, of_arteries, _ = compare(only_aorta, plaques["aorta"], misnamed, plaques["aorta"])
    assert rows["aorta"]["state"] == of_arteries["aorta"]["state"] == "missed"
    assert rows["total"]["dice"] == of_arteries["total"]["dice"] == 1


def test_an_artery_that_is_declared_and_not_drawn_is_not_there():
    arteries, plaques = phantom()
    only_aorta = np.where(arteries == AORTA, arteries, 0)
    found = union(plaques, "aorta", "renal")
    rows, of_arteries, _ = compare(only_aorta, plaques["aorta"], arteries, found, declared=ALL)
    assert (rows["renal_left"]["state"], of_arteries["renal_left"]["state"]) == ("extra", "extra")
    assert rows["total"]["precision"] < 1


def test_an_artery_that_is_drawn_and_not_declared_is_left_out_on_both_sides():
    arteries, plaques = phantom()
    partly = arteries.copy()
    partly[:, :, 25:] = np.where(partly[:, :, 25:] == RENAL, 0, partly[:, :, 25:])
    reference, found = union(plaques, "aorta", "ostium"), union(plaques, "aorta", "renal")
    rows, of_arteries, (ours, theirs) = compare(partly, reference, arteries, found, declared=("aorta",))
    assert "renal_left" not in rows
    for place in ("aorta", "total", "whole mask"):
        assert rows[place]["dice"] == of_arteries[place]["dice"] == 1, place
    assert ours.total == theirs.total


def test_nothing_is_left_out_where_everything_is_drawn():
    arteries, plaques = phantom()
    volume = Volume(arteries, GRID)
    known = judged(volume, Volume(plaques["aorta"], GRID), left_out_territories(volume, ALL))
    assert known.left_out == ()
    assert known.arteries_of(volume) is volume
    assert left_out_territories(volume) == tuple(name for name in ALL if name not in ("aorta", "renal_left"))
    assert left_out_text(()) == ""
    assert left_out_text(("renal_left", "renal_right")) == (
        "Not judged by the reference, so left out: left renal artery, right renal artery."
    )


def test_two_artery_masks_in_slicer_are_compared_alike():
    arteries, _ = phantom()
    only_aorta = Volume(np.where(arteries == AORTA, arteries, 0), GRID)
    left_out = left_out_territories(only_aorta)
    rows = drain(compare_steps("arteries", only_aorta, Volume(arteries, GRID), left_out=left_out))
    assert [row["territory"] for row in rows] == ["aorta", "total", "whole mask"]
    assert all(row["dice"] == 1 for row in rows)


# --- The evaluation -----------------------------------------------------------------------------------


def write(path, array):
    sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
    return path.name


@pytest.fixture
def a_cohort(tmp_path):
    """Four cases; the reference of the last two has aortas alone, the method finds renal arteries in all."""

    def make(**columns):
        rows = []
        for number in range(4):
            arteries, plaques = phantom()
            plaques["aorta"][12 : 13 + number, 8:10, 5:7] = 1
            drawn = arteries if number < 2 else np.where(arteries == AORTA, arteries, 0)
            names = ("aorta", "renal") if number < 2 else ("aorta",)
            rows.append(
                {
                    "case": f"case {number}",
                    "arteries": write(tmp_path / f"r{number}.nrrd", drawn),
                    "calcification": write(tmp_path / f"rc{number}.nrrd", union(plaques, *names)),
                    "arteries:net": write(tmp_path / f"a{number}.nrrd", arteries),
                    "calcification:net": write(tmp_path / f"c{number}.nrrd", union(plaques, "aorta", "renal")),
                    **{name: values[number] for name, values in columns.items()},
                }
            )
        with open(tmp_path / "cohort.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return tmp_path / "cohort.csv"

    return make


def evaluate(table, output):
    return drain(evaluate_steps(read_cohort(table), output, Settings(resamples=50), jobs=1))


def row_of(rows, **wanted):
    return next(row for row in rows if all(row[name] == value for name, value in wanted.items()))


def test_an_evaluation_leaves_out_what_references_do_not_draw_and_says_so(a_cohort, tmp_path):
    document = evaluate(a_cohort(), tmp_path / "out")
    left_out = {each["territory"]: each["cases"] for each in document["left_out"]}
    assert (left_out["renal_left"], left_out["renal_right"]) == (2, 4)
    for structure in ("calcification", "arteries"):
        for place in ("aorta", "renal_left", "total", "whole mask"):
            row = row_of(document["overlap"], group="all cases", structure=structure, territory=place)
            assert row["cases"] == (2 if place == "renal_left" else 4)
            assert row["metrics"]["precision"]["mean"] == 1, (structure, place)
    for place in ("aorta", "renal_left", "total"):
        for quantity in ("burden", "calcified_volume_mm3", "cluster_count"):
            row = row_of(document["agreement"], group="all cases", territory=place, quantity=quantity)
            assert row["pairs"] == (2 if place == "renal_left" else 4)
            assert row["found_by_prediction_only"] == 0
            assert row["mean_absolute_error"]["value"] == pytest.approx(0, abs=1e-12)
    record = json.loads(next((tmp_path / "out" / "cases").glob("case_3-*")).read_text(encoding="utf-8"))
    assert "renal_left" in record["left_out"]
    assert "left renal artery" in record["notes"]["reference"]["text"]
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Left renal artery in 2 cases" in report
    assert "Not judged by the reference" in report
    with open(tmp_path / "out" / "cases.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    states = [r["state"] for r in rows if (r["territory"], r["structure"]) == ("renal_left", "calcification")]
    assert states == ["both", "both", "left out", "left out"]


def test_the_table_says_what_a_reference_judges(a_cohort, tmp_path):
    document = evaluate(a_cohort(territories=["", "all", "aorta renal_left", "aorta"]), tmp_path / "out")
    row = row_of(document["overlap"], group="all cases", structure="calcification", territory="renal_left")
    assert row["states"] == {"both": 2, "missed": 0, "extra": 1, "neither": 0}


@pytest.mark.parametrize(("cell", "expected"), [("", None), ("all", ALL), ("aorta; renal_arteries", None)])
def test_cells_of_territories_are_read(tmp_path, cell, expected):
    if cell.startswith("aorta"):
        expected = ("aorta", "renal_left", "renal_right")
    (tmp_path / "cohort.csv").write_text(f'case,arteries,calcification,territories\nA,a,c,"{cell}"\n', encoding="utf-8")
    assert read_cohort(tmp_path / "cohort.csv")[0].territories == expected


def test_a_territory_that_is_none_is_refused(tmp_path):
    (tmp_path / "cohort.csv").write_text("case,arteries,calcification,territories\nA,a,c,liver\n", encoding="utf-8")
    with pytest.raises(InputError, match="'liver', which is no artery"):
        read_cohort(tmp_path / "cohort.csv")


def test_a_reference_that_judges_nothing_is_a_failed_case(a_cohort, tmp_path):
    table = a_cohort()
    write(tmp_path / "r1.nrrd", np.zeros(SHAPE, np.uint8))
    document = evaluate(table, tmp_path / "out")
    assert [(each["case"], each["method"]) for each in document["failed"]] == [("case 1", None)]
    assert "judges no artery" in document["failed"][0]["reason"]


def test_virtual_patients_judge_everything():
    assert all(case.territories == tuple(each.name for each in TERRITORIES) for case in simulated_cohort([1, 2]))


def test_differences_of_burdens_are_in_percentage_points(a_cohort, tmp_path):
    table = a_cohort()
    _, plaques = phantom()
    for number in range(4):  # the method misses something in every aorta, more and more
        missed = union(plaques, "aorta")
        missed[:, :, : 6 + number % 2] = 0
        write(tmp_path / f"c{number}.nrrd", missed)
    document = evaluate(table, tmp_path / "out")
    recorded = row_of(document["agreement"], group="all cases", territory="aorta", quantity="burden")
    assert recorded["unit"] == "fraction"
    with open(tmp_path / "out" / "agreement.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    written = row_of(rows, group="all cases", territory="aorta", quantity="burden")
    assert written["unit"] == "percentage points"
    for name in ("bias", "lower_limit", "upper_limit", "mean_absolute_error"):
        assert float(written[name]) == pytest.approx(100 * recorded[name]["value"])
        low, high = recorded[name]["bootstrap"]
        assert float(written[f"{name}_bootstrap_low"]) == pytest.approx(100 * low)
        assert float(written[f"{name}_bootstrap_high"]) == pytest.approx(100 * high)
    assert float(written["spearman"]) == pytest.approx(recorded["spearman"]["value"])
    volumes = row_of(rows, group="all cases", territory="aorta", quantity="calcified_volume_mm3")
    assert volumes["unit"] == "mm³"
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Burden [percentage points]" in report
    assert "prediction − reference [percentage points]" in report
    assert "Burden bias [%]" not in report

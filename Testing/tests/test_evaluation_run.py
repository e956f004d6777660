"""A cohort from table to report: numbers, broken cases, dying processes, resuming, cancelling."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.evaluation import Settings, evaluate_steps, read_cohort, simulated_cohort
from AbdominalCalcificationLib.evaluation.store import Store
from AbdominalCalcificationLib.evaluation.study import changed_record
from AbdominalCalcificationLib.progress import drain
from cohorts import SHAPE, a_cohort, evaluate, rows_in, write, write_table

VOXEL_MM3 = 0.8 * 0.7 * 1.25


def row_of(rows, **wanted):
    return next(row for row in rows if all(row[name] == value for name, value in wanted.items()))


def test_the_per_case_table_holds_what_counting_voxels_gives(cohort, evaluation):
    rows = rows_in(evaluation[0] / "cases.csv")
    folder = cohort.parent
    for number in range(4):
        aorta, reference, careless = (
            sitk.GetArrayFromImage(sitk.ReadImage(str(folder / f"{name}{number}.nrrd"))) != 0
            for name in ("aorta", "plaques", "careless")
        )
        row = row_of(rows, case=f"case {number}", method="careless", structure="calcification", territory="total")
        common = (reference & careless).sum()
        assert float(row["reference_mm3"]) == pytest.approx(reference.sum() * VOXEL_MM3)
        assert float(row["common_mm3"]) == pytest.approx(common * VOXEL_MM3)
        burdens = [mask.sum() / (aorta | mask).sum() for mask in (reference, careless)]
        assert float(row["reference_burden"]) == pytest.approx(burdens[0])
        assert float(row["prediction_burden"]) == pytest.approx(burdens[1])
        if number == 0:
            assert (row["state"], row["dice"]) == ("neither", "")
        else:
            assert float(row["dice"]) == pytest.approx(2 * common / (reference.sum() + careless.sum()))


def test_segment_names_in_slicers_own_files_say_which_artery_is_which(tmp_path):
    table = a_cohort(tmp_path / "cases", count=2)
    row = rows_in(table)[1]
    mask = sitk.ReadImage(str(table.parent / row["arteries"])) * 5  # 5 would be an artery of a kidney
    mask.SetMetaData("Segment0_Name", "Aorta")
    mask.SetMetaData("Segment0_LabelValue", "5")
    sitk.WriteImage(mask, str(table.parent / "named.seg.nrrd"))
    write_table(table, [{**row, "arteries": "named.seg.nrrd"}])
    evaluate(table, tmp_path / "result")
    structure = {"method": "exact", "structure": "calcification"}
    rows = rows_in(tmp_path / "result" / "cases.csv")
    total = row_of(rows, territory="total", **structure)
    assert float(total["reference_burden"]) > 0
    assert row_of(rows, territory="aorta", **structure)["reference_burden"] == total["reference_burden"]


def test_segments_say_what_counts_and_what_is_unknown_is_no_artery(tmp_path):
    table = a_cohort(tmp_path / "cases", count=3)
    row = rows_in(table)[2]
    folder = table.parent
    arteries, plaques = (sitk.ReadImage(str(folder / row[name])) for name in ("arteries", "calcification"))

    def segments(name, image, *names):
        for number, said in enumerate(names):
            image.SetMetaData(f"Segment{number}_Name", said)
            image.SetMetaData(f"Segment{number}_LabelValue", str(number + 1))
        sitk.WriteImage(image, str(folder / name))
        return name

    both = arteries + plaques  # plaques that lie in the aorta
    row["calcification:exact"] = segments("both.seg.nrrd", both, "Aorta", "calcification")
    half = sitk.GetArrayFromImage(arteries)
    half[:8] *= 2
    reference = sitk.GetImageFromArray(half)
    reference.CopyInformation(arteries)
    row["arteries"] = segments("reference.seg.nrrd", reference, "aorta", "SMA stem")
    row["arteries:careless"] = segments("organ.seg.nrrd", arteries * 1, "Liver")
    document = evaluate(write_table(table, [row]), tmp_path / "result")
    assert [each["method"] for each in document["failed"]] == ["careless"]
    assert "'Liver' (1)" in document["failed"][0]["reason"]
    total = row_of(
        rows_in(tmp_path / "result" / "cases.csv"), method="exact", structure="calcification", territory="total"
    )
    assert float(total["dice"]) == 1
    report = (tmp_path / "result" / "report.html").read_text(encoding="utf-8")
    assert "Reference: Segments of the artery mask" in report
    assert "SMA stem" in report


def test_the_summary_is_the_mean_of_the_cases_where_there_is_something(evaluation):
    output, document = evaluation
    own = [
        float(row["dice"])
        for row in rows_in(output / "cases.csv")
        if (row["method"], row["structure"], row["territory"]) == ("careless", "calcification", "total") and row["dice"]
    ]
    row = row_of(
        document["overlap"], group="all cases", method="careless", structure="calcification", territory="total"
    )
    assert row["cases"] == 4
    assert row["states"] == {"both": 3, "missed": 0, "extra": 0, "neither": 1}
    assert row["metrics"]["dice"] == {
        "cases": 3,
        "mean": pytest.approx(np.mean(own)),
        "sd": pytest.approx(np.std(own, ddof=1)),
        "median": pytest.approx(np.median(own)),
    }


def test_an_exact_reader_and_a_clear_threshold_agree_perfectly(evaluation):
    for method in ("exact", "idealised", "fixed:500"):
        overlap = row_of(
            evaluation[1]["overlap"], group="all cases", method=method, structure="calcification", territory="total"
        )
        for metric, summary in overlap["metrics"].items():
            assert summary["mean"] == pytest.approx(0 if metric == "hausdorff95_mm" else 1), metric
        agreement = row_of(
            evaluation[1]["agreement"], group="all cases", method=method, quantity="burden", territory="total"
        )
        assert agreement["bias"]["value"] == 0
        assert agreement["concordance"]["value"] == pytest.approx(1)
        assert (agreement["pairs"], agreement["patients"]) == (4, 2)
        severity = row_of(evaluation[1]["severity"], group="all cases", method=method)
        assert severity["accuracy"] == 1


def test_groups_divide_the_cohort(evaluation):
    assert evaluation[1]["groups"] == [
        {"group": "all cases", "cases": 4},
        {"group": "phase: arterial", "cases": 2},
        {"group": "phase: venous", "cases": 2},
    ]


def test_methods_in_the_references_arteries_have_no_artery_rows(evaluation):
    assert {row["structure"] for row in evaluation[1]["overlap"]} == {"calcification"}


def test_arteries_of_a_method_are_compared_and_measured_with(cohort, tmp_path):
    row = rows_in(cohort)[3]
    aorta = sitk.GetArrayFromImage(sitk.ReadImage(str(cohort.parent / row["arteries"])))
    thinner = np.where(np.roll(aorta, 2, axis=1) & aorta, 52, 0).astype(np.uint8)
    absolute = {name: str(cohort.parent / row[name]) for name in ("ct", "arteries", "calcification")}
    own = {
        "calcification:other": absolute["calcification"],
        "arteries:other": write(tmp_path / "thinner.nrrd", thinner),
        "artery_labels:other": "52=aorta",
    }
    table = write_table(tmp_path / "cohort.csv", [{"case": "one", **absolute, **own}])
    document = evaluate(table, tmp_path / "out")
    arteries = row_of(document["overlap"], structure="arteries", territory="aorta")
    expected = 2 * (thinner > 0).sum() / ((thinner > 0).sum() + aorta.sum())
    assert arteries["metrics"]["dice"]["mean"] == pytest.approx(expected)
    assert row_of(document["agreement"], quantity="burden", territory="total")["bias"]["value"] > 0


def test_a_broken_case_is_listed_with_its_reason_and_stops_nothing(cohort, tmp_path):
    rows = [
        {name: str(cohort.parent / text) if text.endswith(".nrrd") else text for name, text in row.items()}
        for row in rows_in(cohort)
    ]
    rows[1]["calcification"] = str(tmp_path / "gone.nrrd")
    (tmp_path / "text.nrrd").write_text("no image")
    rows[2]["calcification:careless"] = str(tmp_path / "text.nrrd")
    rows[3]["calcification:exact"] = ""
    document = evaluate(write_table(tmp_path / "cohort.csv", rows), tmp_path / "out")

    failed = {(each["case"], each["method"]): each["reason"] for each in document["failed"]}
    assert set(failed) == {("case 1", None), ("case 2", "careless"), ("case 3", "exact")}
    assert "gone.nrrd" in failed["case 1", None]
    assert "text.nrrd" in failed["case 2", "careless"]
    assert "names no calcification mask" in failed["case 3", "exact"]
    counts = {
        row["method"]: row["cases"]
        for row in document["overlap"]
        if (row["group"], row["territory"]) == ("all cases", "total")
    }
    assert counts == {"exact": 2, "careless": 2}
    assert "gone.nrrd" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")

    write(tmp_path / "gone.nrrd", np.zeros(SHAPE, np.uint8))
    rows[3]["calcification:exact"] = rows[3]["calcification"]
    again = evaluate(write_table(tmp_path / "cohort.csv", rows), tmp_path / "out")
    assert [each["case"] for each in again["failed"]] == ["case 2"]


def test_one_method_that_breaks_costs_no_other(cohort, tmp_path, monkeypatch):
    from AbdominalCalcificationLib.evaluation import case as one_case

    whole = one_case.calcification_rows

    def calcification_rows(reference, prediction, *rest, **options):
        if prediction.total.cluster_count != reference.total.cluster_count:
            raise MemoryError("no room")
        return whole(reference, prediction, *rest, **options)

    monkeypatch.setattr(one_case, "calcification_rows", calcification_rows)
    case = read_cohort(cohort)[3]
    monkeypatch.setitem(case.predictions, "careless", read_cohort(cohort)[0].predictions["careless"])
    result = one_case.evaluate_case(case, Settings(methods=("fixed:500",)), worker=None)
    assert result["failures"].keys() == {"careless"}
    assert "not enough memory" in result["failures"]["careless"]
    assert set(result["measurements"]) == {"reference", "exact", "fixed:500"}
    assert {row["method"] for row in result["overlap"]} == {"exact", "fixed:500"}


@pytest.mark.skipif(os.name == "nt", reason="names of that length are refused elsewhere on Windows")
def test_a_path_that_cannot_be_looked_at_costs_its_case_alone(tmp_path):
    rows = rows_in(a_cohort(tmp_path / "cases"))
    for row in rows:
        for name in ("ct", "arteries", "calcification", "calcification:exact", "calcification:careless"):
            row[name] = str(tmp_path / "cases" / row[name])
    rows[1]["calcification"] = "x" * 300
    document = evaluate(write_table(tmp_path / "cohort.csv", rows), tmp_path / "out")
    assert [(each["case"], each["method"]) for each in document["failed"]] == [("case 1", None)]
    assert document["cases"] == 4


def test_a_blank_cell_is_listed_and_not_tried_again(tmp_path):
    rows = rows_in(a_cohort(tmp_path / "cases"))
    rows[3]["calcification:exact"] = ""
    table = write_table(tmp_path / "cases" / "cohort.csv", rows)
    evaluate(table, tmp_path / "out")
    before = {each.name: each.stat().st_mtime_ns for each in (tmp_path / "out" / "cases").iterdir()}
    document = evaluate(table, tmp_path / "out")
    assert [(each["case"], each["method"]) for each in document["failed"]] == [("case 3", "exact")]
    assert before == {each.name: each.stat().st_mtime_ns for each in (tmp_path / "out" / "cases").iterdir()}


def test_files_that_change_during_the_evaluation_make_no_current_record(tmp_path):
    table = a_cohort(tmp_path / "cases")
    case = read_cohort(table)[1]
    store = Store(tmp_path / "records", Settings())
    fingerprint = store.fingerprint(case)
    write(case.predictions["careless"].calcification, np.zeros(SHAPE, np.uint8))
    store.write(case, None, fingerprint=fingerprint)
    assert store.read(case) is None
    assert changed_record(case)["error"].startswith("Its files changed")


def test_results_below_a_folder_of_images_do_not_make_themselves_old(tmp_path):
    table = a_cohort(tmp_path / "cases")
    case = replace(read_cohort(table)[1], ct=tmp_path / "cases")
    store = Store(tmp_path / "cases" / "out" / "cases", Settings())
    store.write(case, None)
    assert store.read(case) is not None
    write(tmp_path / "cases" / "another.nrrd", np.zeros(SHAPE, np.uint8))
    assert store.read(case) is None


def test_pooled_values_and_tests_are_those_of_the_per_case_table(evaluation):
    output, document = evaluation
    rows = [r for r in rows_in(output / "cases.csv") if r["structure"] == "calcification" and r["territory"] == "total"]
    of = {m: [r for r in rows if r["method"] == m] for m in ("exact", "careless", "idealised", "fixed:500")}
    sums = {
        name: sum(float(r[name]) for r in of["careless"]) for name in ("reference_mm3", "prediction_mm3", "common_mm3")
    }
    wanted = {"group": "all cases", "structure": "calcification", "territory": "total", "method": "careless"}
    pooled = row_of(document["overlap"], **wanted)["pooled"]
    both = sums["reference_mm3"] + sums["prediction_mm3"]
    assert pooled["dice"] == pytest.approx(2 * sums["common_mm3"] / both)
    assert pooled["sensitivity"] == pytest.approx(sums["common_mm3"] / sums["reference_mm3"])
    assert pooled["precision"] == pytest.approx(sums["common_mm3"] / sums["prediction_mm3"])
    assert pooled["jaccard"] == pytest.approx(sums["common_mm3"] / (both - sums["common_mm3"]))
    assert pooled["volumetric_similarity"] == pytest.approx(
        1 - abs(sums["prediction_mm3"] - sums["reference_mm3"]) / both
    )
    family = [test for test in document["tests"] if test["metric"] == "absolute error of burden"]
    assert len(family) == 6
    for test in family:
        differences = {}
        for a, b in zip(of[test["first"]], of[test["second"]], strict=True):
            errors = [abs(float(r["prediction_burden"]) - float(r["reference_burden"])) for r in (a, b)]
            differences.setdefault(a["patient"], []).append(errors[1] - errors[0])
        means = [np.mean(each) for each in differences.values()]
        assert test["pairs"] == len(means) == 2
        assert test["median_difference"] == pytest.approx(np.median(means))
        assert test["p_value"] is None  # two patients say nothing


def test_the_idealised_threshold_is_the_best_where_methods_are_compared(tmp_path):
    """Calcium beyond the kept length, fainter than the rest, must not draw the threshold down."""
    shape = (120, 24, 24)
    k, j, i = np.indices(shape)
    vessel = (i - 12) ** 2 + (j - 12) ** 2 <= 25
    labels = np.where(vessel, np.where(k >= 90, 1, 6), 0).astype(np.uint8)
    labels[labels == 6] = territory("common_iliac_left").label
    faint, dense, false = (np.zeros(shape, bool) for _ in range(3))
    faint[2:20, 10:14, 8:16] = True
    dense[100:104, 10:13, 10:13] = True
    false[110:114, 10:15, 10:15] = True
    ct = np.where(dense, 900, np.where(false, 450, np.where(faint, 420, np.where(vessel, 200, 0))))
    row = {
        "case": "long iliac",
        "ct": write(tmp_path / "ct.nrrd", (ct + np.random.default_rng(0).normal(0, 5, shape)).astype(np.int16)),
        "arteries": write(tmp_path / "arteries.nrrd", labels),
        "calcification": write(tmp_path / "calcium.nrrd", faint | dense),
    }
    table = write_table(tmp_path / "cohort.csv", [row])
    evaluate(table, tmp_path / "out", methods=("idealised", "fixed:600"))
    rows = rows_in(tmp_path / "out" / "cases.csv")
    by_method = {r["method"]: r for r in rows if r["territory"] == "total" and r["structure"] == "calcification"}
    assert float(by_method["idealised"]["dice"]) == pytest.approx(1)
    assert float(by_method["fixed:600"]["dice"]) == pytest.approx(1)


def test_virtual_patients_are_a_cohort(tmp_path):
    cases = simulated_cohort([1], ["arterial", "portal_venous"], (2.8, 2.8, 2.8), (36, 36, 36))
    document = drain(
        evaluate_steps(cases, tmp_path / "out", Settings(methods=("idealised", "realistic"), resamples=10), jobs=2)
    )
    assert document["failed"] == []
    assert (document["cases"], document["patients"]) == (2, 1)
    assert {"phase: arterial", "phase: portal_venous"} <= {each["group"] for each in document["groups"]}
    dice = {
        row["method"]: row["metrics"]["dice"]["mean"]
        for row in document["overlap"]
        if (row["group"], row["territory"]) == ("all cases", "whole mask")
    }
    assert dice["idealised"] >= dice["realistic"]
    # What was taken for calcification adds up to the false positives of the whole mask.
    for row in document["mistaken"]:
        assert row["cases"] == 2
        wrong = [
            record["prediction_mm3"] - record["common_mm3"]
            for path in (tmp_path / "out" / "cases").iterdir()
            for record in json.loads(path.read_text(encoding="utf-8"))["overlap"]
            if (record["method"], record["territory"]) == (row["method"], "whole mask")
        ]
        assert sum(row["mean_mm3"].values()) == pytest.approx(np.mean(wrong))
        assert sum(row["mean_mm3"].values()) > 0
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "What was taken for calcification" in report
    assert "Rim of true calcification" in report

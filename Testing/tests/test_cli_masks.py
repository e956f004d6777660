"""Masks in the forms that people have, through the command line, tables of cases and training sets."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.evaluation.case import evaluate_case
from AbdominalCalcificationLib.evaluation.cohort import read_cohort
from AbdominalCalcificationLib.evaluation.settings import Settings
from AbdominalCalcificationLib.evaluation.store import Store
from AbdominalCalcificationLib.training.cases import find_sources, read_cases
from AbdominalCalcificationLib.training.dataset import export_steps
from AbdominalCalcificationLib.training.tasks import TASKS
from dicom_files import write_series
from seg_files import CODES, Described, Place, write_seg

SHAPE, SPACING_MM = (14, 40, 44), (0.8, 0.8, 5.0)
ORIGIN = (-17.6, -16.0, 100.0)
DOCS = Path(__file__).parents[2] / "Resources" / "docs"


def write(path, array, spacing=SPACING_MM, origin=ORIGIN):
    image = sitk.GetImageFromArray(np.ascontiguousarray(array))
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(image, str(path))
    return path


@pytest.fixture
def case(tmp_path):
    """A straight aorta in slices of 5 mm, and a plaque that was drawn in slices of 0.5 mm."""
    _, j, i = np.indices(SHAPE)
    aorta = np.hypot(i - 22, j - 20) <= 12
    hu = np.random.default_rng(1).normal(-60, 15, SHAPE)
    hu[:, :4] = -1000
    hu[aorta] = 350
    hu[6, 18:21, 26:31] = 800
    fine = np.zeros((SHAPE[0] * 10, *SHAPE[1:]), np.uint8)
    fine[63:67, 18:21, 26:31] = fine[60, 19, 20] = fine[81, 20, 25] = 1
    folder = tmp_path / "case"
    return {
        "hu": np.rint(hu).astype(np.int16),
        "ct": write(folder / "ct.nrrd", np.rint(hu).astype(np.int16)),
        "aorta": aorta,
        "arteries": write(folder / "arteries.nii.gz", aorta.astype(np.uint8)),
        "calcification": write(folder / "calcification.nrrd", fine, (0.8, 0.8, 0.5), (*ORIGIN[:2], ORIGIN[2] - 2.25)),
        "calcified_mm3": int(fine.sum()) * 0.8 * 0.8 * 0.5,
        "artery_mm3": int(aorta.sum()) * 0.8 * 0.8 * 5.0,
    }


def analyze(*arguments):
    return cli.main(["analyze", *map(str, arguments), "--quiet"])


def result_in(folder):
    return json.loads((folder / "measurements.json").read_text(encoding="utf-8"))


def codes_in(result):
    return [flag["code"] for flag in result["flags"]]


def test_a_plaque_between_two_slices_of_the_ct_is_measured_as_it_was_drawn(case, tmp_path):
    masks = ["--arteries", case["arteries"], "--calcification", case["calcification"]]
    assert analyze(case["ct"], "--output", tmp_path / "out", *masks) == 0
    result = result_in(tmp_path / "out")
    assert result["total"]["calcified_volume_mm3"] == pytest.approx(case["calcified_mm3"], rel=1e-6)
    assert result["total"]["artery_volume_mm3"] == pytest.approx(case["artery_mm3"], rel=1e-6)
    assert result["total"]["cluster_count"] == 3
    assert [each["mean_hu"] for each in result["clusters"]][:1] == [800.0]
    codes = codes_in(result)
    assert codes.count("mask_grid") == 2  # measured on that of the calcification; the arteries are brought to it
    assert "thick_slices" in codes
    assert "mask_resampled" not in codes

    written = {name: tmp_path / "out" / f"{name}.nii.gz" for name in ("arteries", "calcification")}
    assert nibabel.load(written["calcification"]).header.get_zooms() == pytest.approx((0.8, 0.8, 0.5))
    again = ["--arteries", written["arteries"], "--calcification", written["calcification"]]
    assert analyze(case["ct"], "--output", tmp_path / "again", *again) == 0
    total = result_in(tmp_path / "again")["total"]
    for name, value in result["total"].items():  # NIfTI keeps voxel sizes to seven digits
        assert total[name] == (pytest.approx(value, rel=1e-6) if isinstance(value, (int, float)) else value)


def test_a_threshold_is_measured_in_the_voxels_of_finer_arteries(case, tmp_path):
    fine = np.repeat(case["aorta"], 10, axis=0).astype(np.uint8)
    path = write(tmp_path / "fine.nrrd", fine, (0.8, 0.8, 0.5), (*ORIGIN[:2], ORIGIN[2] - 2.25))
    results = []
    for name, arteries in (("coarse", case["arteries"]), ("fine", path)):
        options = ["--arteries", arteries, "--calcification-threshold", "fixed:500"]
        assert analyze(case["ct"], "--output", tmp_path / name, *options) == 0
        results.append(result_in(tmp_path / name)["total"]["calcified_volume_mm3"])
    assert results[0] == pytest.approx(15 * 3.2)
    assert results[1] == pytest.approx(results[0])


def test_a_dicom_segmentation_of_the_ct_and_one_of_another(case, tmp_path, capsys):
    place = Place(ORIGIN, pixel_mm=(0.8, 0.8), slice_mm=5.0)
    series = tmp_path / "study" / "ct"
    write_series(series, case["hu"], [place.position(k) for k in range(SHAPE[0])], pixel_mm=place.pixel_mm)
    calcified = np.zeros(SHAPE, bool)
    calcified[6, 18:21, 26:31] = True
    segments = [Described(1, "Aorta", CODES["aorta"]), Described(2, "Kalk", CODES["calcification"])]
    for number, (drawn_on, flagged) in enumerate([("1.2.3.1", False), ("1.2.3.7", True)]):
        seg = tmp_path / "study" / f"seg{number}.dcm"
        write_seg(seg, {1: case["aorta"], 2: calcified}, segments, place, series=drawn_on)
        out = tmp_path / f"out{number}"
        assert analyze(series, "--output", out, "--arteries", seg, "--calcification", seg) == 0
        result = result_in(out)
        assert result["total"]["calcified_volume_mm3"] == pytest.approx(15 * 3.2)
        assert result["total"]["artery_volume_mm3"] == pytest.approx(case["artery_mm3"])
        assert ("mask_of_another_ct" in codes_in(result)) == flagged
    assert analyze(series, "--output", tmp_path / "x", "--arteries", seg, "--calcification", series) == 2
    assert "no DICOM segmentation, but 14 × a CT image" in capsys.readouterr().err


def test_several_masks_and_what_their_parts_are_called(case, tmp_path, capsys):
    upper = case["aorta"].astype(np.uint8)
    upper[7:] = 0
    lower = case["aorta"].astype(np.uint8) - upper
    first, second = write(tmp_path / "Bauchaorta.nii.gz", upper), write(tmp_path / "part2.nii.gz", lower)
    options = [case["ct"], "--arteries", first, second, "--calcification", case["calcification"]]
    assert analyze(*options, "--output", tmp_path / "out") == 2
    assert "--artery-labels 'part2=aorta'" in capsys.readouterr().err
    assert analyze(*options, "--output", tmp_path / "out", "--artery-labels", "part2=aorta") == 0
    result = result_in(tmp_path / "out")
    assert result["total"]["artery_volume_mm3"] == pytest.approx(case["artery_mm3"], rel=1e-6)
    assert result["provenance"]["parameters"]["artery_labels"] == {"part2": "aorta"}


def test_which_values_are_calcification_can_be_said_and_is_recorded(case, tmp_path, capsys):
    values = case["aorta"].astype(np.uint8)
    values[6, 18:21, 26:31] = 2
    both = write(tmp_path / "both.nii.gz", values)
    options = [case["ct"], "--arteries", case["arteries"], "--calcification", both]
    assert analyze(*options, "--output", tmp_path / "all") == 0
    assert "values_united" in codes_in(result_in(tmp_path / "all"))
    assert analyze(*options, "--output", tmp_path / "two", "--calcification-labels", "2") == 0
    result = result_in(tmp_path / "two")
    assert result["total"]["calcified_volume_mm3"] == pytest.approx(15 * 3.2)
    assert result["provenance"]["parameters"]["calcification_labels"] == {"2": "calcification"}
    assert "values_united" not in codes_in(result)
    assert analyze(case["ct"], "--output", tmp_path / "x", "--calcification-labels", "2") == 2
    assert "name the mask with --calcification" in capsys.readouterr().err


def the_table_in(page: str) -> str:
    """Return the example table of cases of a page of the manual."""
    return re.search(r"```\n(case,[^`]*)```", (DOCS / page).read_text(encoding="utf-8"))[1]


def test_the_example_table_of_the_manual_is_read_and_evaluated(case, tmp_path):
    """Make every file that the table names, in the form that its name says, and evaluate the cases."""
    (tmp_path / "cohort.csv").write_text(the_table_in("inputs.md"), encoding="utf-8")
    cases = read_cohort(tmp_path / "cohort.csv")
    assert [each.name for each in cases] == ["p01", "p02", "p03"]
    aorta, iliac = case["aorta"].astype(np.uint8), np.zeros(SHAPE, np.uint8)
    for side in (slice(2, 8), slice(36, 42)):
        iliac[:3, 16:24, side] = 1
    calcified = np.zeros(SHAPE, np.uint8)
    calcified[6, 18:21, 26:31] = 1
    place = Place(ORIGIN, pixel_mm=(0.8, 0.8), slice_mm=5.0)
    write_series(tmp_path / "p01/ct", case["hu"], [place.position(k) for k in range(SHAPE[0])], pixel_mm=(0.8, 0.8))
    write(tmp_path / "p01/total/aorta.nii.gz", aorta)
    write(tmp_path / "p01/total/iliac_artery_left.nii.gz", iliac * (np.arange(SHAPE[2]) > 22).astype(np.uint8))
    write(tmp_path / "p01/total/iliac_artery_right.nii.gz", iliac * (np.arange(SHAPE[2]) < 22).astype(np.uint8))
    write(tmp_path / "p01/total/liver.nii.gz", iliac)
    segmentation = sitk.GetImageFromArray(calcified)
    segmentation.SetSpacing(SPACING_MM)
    segmentation.SetOrigin(ORIGIN)
    segmentation.SetMetaData("Segment0_Name", "Kalk")
    segmentation.SetMetaData("Segment0_LabelValue", "1")
    sitk.WriteImage(segmentation, str(tmp_path / "p01/kalk.seg.nrrd"))
    write_seg(tmp_path / "p01/reader2.dcm", {1: calcified}, [Described(1, "plaque")], place, series=None)
    write(tmp_path / "p02/ct.nii.gz", case["hu"])
    left = np.arange(SHAPE[2]) > 22
    write(tmp_path / "p02/total.nii.gz", 52 * aorta + iliac * np.where(left, 65, 66).astype(np.uint8))
    for name in ("p02/cal.nii.gz", "p02/reader2.nrrd", "p03/cal.nii.gz"):
        write(tmp_path / name, calcified)
    write(tmp_path / "p03/ct.nrrd", case["hu"])
    write(tmp_path / "p03/aorta.nrrd", aorta)
    write(tmp_path / "p03/iliacs.nrrd", iliac)
    found = [evaluate_case(each, Settings(methods=("fixed:500",)), worker=None) for each in cases]
    for each, result in zip(cases, found, strict=True):
        reference = result["measurements"]["reference"]
        assert reference["aorta"]["calcified_volume_mm3"] == pytest.approx(15 * 3.2), each.name
        assert reference["aorta"]["artery_volume_mm3"] == pytest.approx(case["artery_mm3"])
        for side in ("left", "right"):
            assert reference[f"common_iliac_{side}"]["artery_volume_mm3"] == pytest.approx(3 * 8 * 6 * 3.2)
        assert set(result["failures"]) == ({"reader2"} if each.name == "p03" else set())
    assert "1 other is of something else (liver)" in found[0]["notes"]["reference"]["text"]
    store = Store(tmp_path / "evaluation" / "cases", Settings())
    before = [store.fingerprint(each) for each in cases]
    write(tmp_path / "p03/iliacs.nrrd", iliac * 0)
    write(tmp_path / "p01/total/aorta.nii.gz", aorta * 0)
    after = [store.fingerprint(each) for each in cases]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True, False]


def test_a_cell_with_commas_that_is_not_quoted_is_told_how(tmp_path):
    (tmp_path / "cohort.csv").write_text("case,artery_labels,arteries\np01,52=aorta,65=sma,a.nii\n", encoding="utf-8")
    with pytest.raises(Exception, match=r'Line 2 .* needs quotation marks, as in "52=aorta,65=common_iliac_left"'):
        read_cohort(tmp_path / "cohort.csv")


def test_a_prediction_in_finer_voxels_says_what_the_grid_of_the_reference_makes_of_it(case, tmp_path):
    calcified = np.zeros(SHAPE, np.uint8)
    calcified[6, 18:21, 26:31] = 1
    reference = write(tmp_path / "reference.nrrd", calcified)
    row = f"p,{case['ct']},{case['arteries']},{reference},{case['calcification']}"
    (tmp_path / "cohort.csv").write_text(
        f"case,ct,arteries,calcification,calcification:fine\n{row}\n", encoding="utf-8"
    )
    result = evaluate_case(read_cohort(tmp_path / "cohort.csv")[0], Settings(), worker=None)
    assert result["measurements"]["reference"]["aorta"]["calcified_volume_mm3"] == pytest.approx(15 * 3.2)
    assert f"{case['calcified_mm3']:.1f} mm³ there" in result["notes"]["fine"]["text"]
    assert "clusters: 3 there" in result["notes"]["fine"]["text"]


def test_a_training_set_says_what_the_ct_makes_of_masks_in_finer_voxels(case, tmp_path):
    steps = export_steps(find_sources([case["ct"].parent]), [], tmp_path / "Dataset102_C", TASKS["calcification"])
    while True:
        try:
            next(steps)
        except StopIteration as end:
            exported = end.value
            break
    assert exported.training == 1
    assert f"{case['calcified_mm3']:.1f} mm³ there" in " ".join(exported.remarks)


def test_a_case_folder_holds_its_masks_in_any_form(case, tmp_path):
    calcified = np.zeros(SHAPE, bool)
    calcified[6, 18:21, 26:31] = True
    place = Place(ORIGIN, pixel_mm=(0.8, 0.8), slice_mm=5.0)
    folder = tmp_path / "cases" / "p1"
    write(folder / "ct.nrrd", case["hu"])
    write(folder / "arteries" / "aorta.nii.gz", case["aorta"].astype(np.uint8))
    write_seg(folder / "calcification.dcm", {1: calcified}, [Described(1, "Verkalkung")], place)
    (source,) = find_sources([tmp_path / "cases"])
    (found,) = read_cases(source)
    assert np.array_equal(found.arteries.array > 0, case["aorta"])
    assert np.array_equal(found.calcification.array > 0, calcified)


def test_the_table_of_test_cases_of_the_manual_is_made_and_read(case, tmp_path, monkeypatch):
    for task, name in (("arteries", "Dataset101_Arteries"), ("calcification", "Dataset102_Calcification")):
        write(
            tmp_path / "c" / "calcification.nrrd", case["aorta"].astype(np.uint8) * (np.arange(14)[:, None, None] == 6)
        )
        write(tmp_path / "c" / "ct.nrrd", case["hu"])
        write(tmp_path / "c" / "arteries.nrrd", case["aorta"].astype(np.uint8))
        list(export_steps([], find_sources([tmp_path / "c"]), tmp_path / name, TASKS[task]))
    page = (DOCS / "inputs.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    exec(compile(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], "inputs.md", "exec"), {})
    with open("test.csv", encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 1
    (only,) = read_cohort("test.csv")
    result = evaluate_case(only, Settings(), worker=None)
    assert result["measurements"]["reference"]["aorta"]["calcified_volume_mm3"] > 0


def test_what_is_read_is_not_replaced_by_the_result(case, tmp_path, capsys):
    out = tmp_path / "out"
    ct = write(out / "calcification.nii.gz", case["hu"])
    options = ["--arteries", case["arteries"], "--calcification", case["calcification"]]
    assert analyze(ct, "--output", out, "--overwrite", *options) == 2
    assert "is read and would be replaced" in capsys.readouterr().err
    assert sorted(each.name for each in out.iterdir()) == ["calcification.nii.gz"]
    other = write(tmp_path / "second" / "arteries.nii.gz", case["aorta"].astype(np.uint8) * 52)
    options = ["--arteries", other, "--artery-labels", "52=aorta", "--calcification", case["calcification"]]
    assert analyze(case["ct"], "--output", other.parent, "--overwrite", *options) == 2
    assert sitk.GetArrayFromImage(sitk.ReadImage(str(other))).max() == 52


def test_an_empty_name_of_a_folder_is_not_the_current_one(case, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path / "case")
    before = sorted(each.name for each in (tmp_path / "case").iterdir())
    options = ["--arteries", case["arteries"], "--calcification", case["calcification"]]
    assert analyze(case["ct"], "--output", "", *options) == 2
    assert "an empty name stands for no file" in capsys.readouterr().err
    assert sorted(each.name for each in (tmp_path / "case").iterdir()) == before

"""The command line on given masks: files, exit codes, messages."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import SimpleITK as sitk

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.reporting import measurements_schema

SPACING_MM = (0.8, 0.7, 1.25)
AORTA = 1


def write(path, array):
    image = sitk.GetImageFromArray(array)
    image.SetSpacing(SPACING_MM)
    image.SetOrigin((-20.0, 30.0, -400.0))
    sitk.WriteImage(image, str(path))
    return path


@pytest.fixture
def case(tmp_path):
    """A straight aorta with two plaques, as CT and masks; and what counting says about it."""
    _, j, i = np.indices((40, 50, 60))
    aorta = (i - 30) ** 2 + (j - 25) ** 2 <= 100
    plaques = np.zeros(aorta.shape, bool)
    plaques[10:13, 25, 38:42] = True
    plaques[30, 20:22, 35] = True
    ct = np.full(aorta.shape, -50, np.int16)
    ct[aorta] = 350
    ct[plaques] = 800
    volume_mm3 = float(np.prod(SPACING_MM))
    folder = tmp_path / "case"
    folder.mkdir()
    return {
        "ct": write(folder / "ct.nii.gz", ct),
        "arteries": write(folder / "arteries.nii.gz", np.where(aorta, AORTA, 0).astype(np.uint8)),
        "calcification": write(folder / "calcification.nii.gz", plaques.astype(np.uint8)),
        "calcified_mm3": plaques.sum() * volume_mm3,
        "artery_mm3": (aorta | plaques).sum() * volume_mm3,
    }


def analyze(case, output, *options):
    masks = ["--arteries", case["arteries"], "--calcification", case["calcification"]]
    return cli.main([str(part) for part in ("analyze", case["ct"], "--output", output, *masks, *options)])


def result_in(folder):
    return json.loads((folder / "measurements.json").read_text(encoding="utf-8"))


def test_given_masks_are_measured_exactly(case, tmp_path):
    assert analyze(case, tmp_path / "out") == 0

    result = result_in(tmp_path / "out")
    assert result["total"]["calcified_volume_mm3"] == pytest.approx(case["calcified_mm3"], rel=1e-6)
    assert result["total"]["burden"] == pytest.approx(case["calcified_mm3"] / case["artery_mm3"], rel=1e-6)
    assert result["total"]["cluster_count"] == 2
    renal = next(each for each in result["territories"] if each["name"] == "renal_left")
    assert renal["found"] is False
    assert renal["burden"] is None


def test_every_promised_file_is_written_and_nothing_else(case, tmp_path):
    pytest.importorskip("slicer", reason="scene.mrb needs slicer-core")
    assert analyze(case, tmp_path / "out") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "arteries.nii.gz",
        "calcification.nii.gz",
        "clusters.csv",
        "measurements.json",
        "scene.mrb",
        "territories.csv",
        "views.png",
    ]


def test_measuring_the_written_masks_again_gives_the_same_numbers(case, tmp_path):
    assert analyze(case, tmp_path / "first") == 0
    again = {**case, **{name: tmp_path / "first" / f"{name}.nii.gz" for name in ("arteries", "calcification")}}
    assert analyze(again, tmp_path / "second") == 0

    first, second = result_in(tmp_path / "first"), result_in(tmp_path / "second")
    for part in ("territories", "total", "clusters", "flags"):
        assert first[part] == second[part]


def test_the_cluster_table_holds_the_numbers_of_the_json(case, tmp_path):
    assert analyze(case, tmp_path / "out") == 0
    with open(tmp_path / "out" / "clusters.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    clusters = result_in(tmp_path / "out")["clusters"]
    assert len(rows) == 2
    assert [float(row["volume_mm3"]) for row in rows] == pytest.approx([each["volume_mm3"] for each in clusters])


def test_an_existing_result_is_kept_unless_overwriting_is_asked_for(case, tmp_path, capsys):
    assert analyze(case, tmp_path / "out") == 0
    before = (tmp_path / "out" / "measurements.json").read_bytes()
    assert analyze(case, tmp_path / "out") == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (tmp_path / "out" / "measurements.json").read_bytes() == before
    assert analyze(case, tmp_path / "out", "--overwrite", "--max-distance", "2") == 0
    assert result_in(tmp_path / "out")["parameters"]["max_distance_mm"] == 2


def test_quiet_prints_nothing(case, tmp_path, capfd):
    assert analyze(case, tmp_path / "out", "--quiet") == 0
    assert tuple(capfd.readouterr()) == ("", "")


def test_the_summary_shows_what_was_not_measured_as_a_dash(case, tmp_path, capsys):
    assert analyze(case, tmp_path / "out") == 0
    lines = capsys.readouterr().out.splitlines()
    renal = next(line for line in lines if line.startswith("Left renal artery"))
    assert renal.split()[3:] == ["–"] * 7


def test_mask_values_are_named_on_the_command_line(case, tmp_path):
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(case["arteries"])))
    case["arteries"] = write(tmp_path / "labels.nii.gz", np.where(labels, 52, 7).astype(np.uint8))
    assert analyze(case, tmp_path / "out", "--artery-labels", "52=aorta") == 0
    result = result_in(tmp_path / "out")
    assert result["total"]["artery_volume_mm3"] == pytest.approx(case["artery_mm3"], rel=1e-6)
    assert result["provenance"]["parameters"]["artery_labels"] == {"52": "aorta"}
    jsonschema.validate(result, measurements_schema())


def test_what_the_user_did_not_say_about_names_is_not_recorded(case, tmp_path):
    assert analyze(case, tmp_path / "out") == 0
    assert result_in(tmp_path / "out")["provenance"]["parameters"] == {"device": None, "arteries": "given mask"}


def as_segments(path, array, *names):
    """Write values from 1 as segments of these names, as Slicer's Segment Editor saves them."""
    write(path, array)
    image = sitk.ReadImage(str(path))
    for number, name in enumerate(names):
        said = {"ID": f"Segment_{number + 1}", "Name": name, "LabelValue": number + 1, "Layer": 0}
        for key, value in said.items():
            image.SetMetaData(f"Segment{number}_{key}", str(value))
    sitk.WriteImage(image, str(path))
    return path


def masks_of(case):
    return [sitk.GetArrayFromImage(sitk.ReadImage(str(case[name]))) for name in ("arteries", "calcification")]


def test_a_segmentation_of_organs_is_no_artery_mask(case, tmp_path, capsys):
    aorta, plaques = masks_of(case)
    organs = as_segments(tmp_path / "organs.seg.nrrd", np.where(plaques, 2, aorta), "Liver", "Spleen")
    assert analyze({**case, "arteries": organs}, tmp_path / "out") == 2
    assert "'Liver' (1), 'Spleen' (2)" in capsys.readouterr().err
    assert analyze({**case, "calcification": organs}, tmp_path / "out") == 2
    assert "no segment of calcification, but 'Liver' (1), 'Spleen' (2)" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert analyze({**case, "arteries": organs}, tmp_path / "out", "--artery-labels", "1=aorta,2=aorta") == 0
    assert result_in(tmp_path / "out")["total"]["artery_volume_mm3"] == pytest.approx(case["artery_mm3"], rel=1e-6)


def test_one_segmentation_may_hold_arteries_and_calcification(case, tmp_path):
    aorta, plaques = masks_of(case)
    both = as_segments(tmp_path / "both.seg.nrrd", np.where(plaques, 2, aorta), "Aorta", "Calcification")
    assert analyze({**case, "arteries": both, "calcification": both}, tmp_path / "out") == 0
    result = result_in(tmp_path / "out")
    assert result["total"]["calcified_volume_mm3"] == pytest.approx(case["calcified_mm3"], rel=1e-6)
    assert result["total"]["burden"] == pytest.approx(case["calcified_mm3"] / case["artery_mm3"], rel=1e-6)
    assert "segments_left_out" not in {flag["code"] for flag in result["flags"]}


def test_segments_that_are_not_known_are_flagged_and_printed(case, tmp_path, capsys):
    aorta, plaques = masks_of(case)
    aorta[:10][aorta[:10] > 0] = 2
    arteries = as_segments(tmp_path / "arteries.seg.nrrd", aorta, "Aorta", "SMA stem")
    plaques[:12][plaques[:12] > 0] = 2
    calcification = as_segments(tmp_path / "calcification.seg.nrrd", plaques, "calcification", "maybe")
    assert analyze({**case, "arteries": arteries, "calcification": calcification}, tmp_path / "out") == 0
    messages = [flag["message"] for flag in result_in(tmp_path / "out")["flags"] if flag["code"] == "segments_left_out"]
    assert len(messages) == 2
    assert "'SMA stem' (2)" in messages[0]
    assert "'maybe' (2)" in messages[1]
    printed = capsys.readouterr().out
    assert all(message in printed for message in messages)


def test_masks_with_nothing_in_them_are_a_valid_result(case, tmp_path):
    nothing = write(tmp_path / "nothing.nii.gz", np.zeros((40, 50, 60), np.uint8))
    assert analyze({**case, "arteries": nothing, "calcification": nothing}, tmp_path / "out") == 0
    total = result_in(tmp_path / "out")["total"]
    assert total["found"] is False
    assert total["burden"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["analyse"], "analyse"),
        (["analyze", "nothing-here.nii.gz", "--output", "out"], "nothing-here.nii.gz"),
        (["analyze", "ct.nii.gz"], "--output"),
        (["analyze", "ct.nii.gz", "--output", "out", "--max-distance", "far"], "far"),
        (["analyze", "ct.nii.gz", "--output", "out", "--max-distance", "-1"], "max_distance_mm"),
        (["analyze", "ct.nii.gz", "--output", "out", "--max-distance", "inf"], "'max_distance_mm' cannot be infinite"),
        (["analyze", "ct.nii.gz", "--output", "out", "--max-distance", "nan"], "max_distance_mm"),
        (["analyze", "ct.nii.gz", "--output", "out", "--min-cluster", "inf"], "'min_cluster_volume_mm3' cannot be"),
        (["evaluate", "cohort.csv", "--output", "out", "--max-distance", "inf"], "'max_distance_mm' cannot be"),
        (["analyze", "ct.nii.gz", "--output", "out", "--kept-length", "femoral=3"], "femoral"),
        (["analyze", "ct.nii.gz", "--output", "out", "--artery-labels", "1=aorta"], "--arteries"),
        (["analyze", "ct.nii.gz", "--output", "out", "--device", "abacus"], "abacus"),
        (
            ["analyze", "c", "--output", "o", "--calcification", "m", "--calcification-threshold", "300"],
            "not allowed with",
        ),
        (["models", "check", "no-such-folder"], "no-such-folder"),
        (["simulate", "--seed", "one", "--output", "out"], "one"),
    ],
)
def test_bad_usage_is_one_line_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == 2
    complaint = capsys.readouterr().err.strip()
    assert words in complaint.splitlines()[-1]
    assert "Traceback" not in complaint
    assert list(tmp_path.iterdir()) == []


def test_an_unexpected_error_is_exit_code_1(case, tmp_path, monkeypatch, capsys):
    def broken(*_, **__):
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("AbdominalCalcificationLib.api.read_ct", broken)
    assert analyze(case, tmp_path / "out") == 1
    assert "broken on purpose" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_interrupting_leaves_nothing_behind(case, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("AbdominalCalcificationLib.reporting.files.clusters_csv", interrupted)
    before = sorted(tmp_path.iterdir())
    assert analyze(case, tmp_path / "out") == 130
    assert sorted(tmp_path.iterdir()) == before


def test_every_module_imports_without_torch_nnunetv2_or_qt():
    program = """
import importlib, pkgutil, sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torch", "nnunetv2", "qt", "ctk", "dynamic_network_architectures"}:
            raise ImportError(f"{name} must not be needed")
sys.meta_path.insert(0, Refuse())
import AbdominalCalcificationLib as library
names = [m.name for m in pkgutil.walk_packages(library.__path__, "AbdominalCalcificationLib.")]
for name in names:
    if ".scene" not in name and not name.endswith("__main__"):
        importlib.import_module(name)
assert len(names) > 20, names
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).resolve().parents[1])}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr

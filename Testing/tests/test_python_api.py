"""Other programs: the examples of the README run as they stand there, and one call does what the command does."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from AbdominalCalcificationLib import analyze, resources
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.reading import read_ct, read_mask
from AbdominalCalcificationLib.reporting import write_volume
from AbdominalCalcificationLib.resources import sample_case
from AbdominalCalcificationLib.trust import Verdict
from small_case import small_sample

REPOSITORY = Path(__file__).parents[2]


def examples(saying: str) -> list[str]:
    """The Python examples of the README that hold `saying`."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    return [code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if saying in code]


def python(code: str, folder: Path) -> subprocess.CompletedProcess:
    """Run `code` in `folder`, in a process that finds the library as an installed one does."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "AbdominalCalcification")}
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=500, env=environment)


def burdens_of(measurement) -> dict:
    return {each.name: each.burden for each in measurement.territories}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """CT, arteries and calcification of the small sample, as files."""
    folder = tmp_path_factory.mktemp("sample")
    names = {"ct": sample_case().name, "arteries": "arteries.nrrd", "calcification": "calcification.nrrd"}
    for role, volume in small_sample().items():
        write_volume(folder / names[role], volume)
    return [folder / name for name in names.values()]


@pytest.fixture(scope="module")
def measured(files):
    return analyze(*files)


def test_the_example_for_plain_python_runs(files, tmp_path):
    (example,) = examples("import analyze")
    shutil.copy(files[0], tmp_path / "ct.nrrd")
    shutil.copy(files[1], tmp_path / "arteries.nrrd")
    done = python(example, tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.fullmatch(r"aorta 0\.\d+ \d+\.\d+", lines[0])
    assert lines[-1].startswith("Verdict.")


def test_importing_the_package_imports_nothing_heavy(tmp_path):
    code = "import sys, AbdominalCalcificationLib as a; print([m for m in ('numpy', 'torch') if m in sys.modules]);"
    done = python(code, tmp_path)
    assert done.stdout.strip() == "[]", done.stderr
    with pytest.raises(ImportError):
        from AbdominalCalcificationLib import analyse  # noqa: F401


def test_files_and_arrays_give_the_same_numbers(files, measured):
    ct, arteries, calcification = read_ct(files[0]).volume, read_mask(files[1]), read_mask(files[2])
    of_arrays = analyze(ct, arteries, calcification).measurement
    assert burdens_of(of_arrays) == burdens_of(measured.measurement)
    assert measured.measurement.trust.verdict is Verdict.OK
    assert measured.measurement.provenance["input"]["name"] == sample_case().name


def test_choices_are_those_of_the_pipeline(files, measured):
    steps = []
    ct, arteries, _ = files
    result = analyze(ct, [arteries], calcification_threshold="fixed:400", report=steps.append)
    assert result.measurement.provenance["calcification_source"]["threshold_hu"] == 400
    assert [step.stage for step in steps[:2]] == ["Reading the CT", "Reading the artery mask"]
    assert burdens_of(result.measurement) != burdens_of(measured.measurement)
    with pytest.raises(TypeError, match="treshold"):
        analyze(ct, arteries, calcification_treshold="fixed:400")
    with pytest.raises(InputError, match="nonsense"):
        analyze(ct, arteries, calcification_threshold="nonsense")


def test_output_gets_the_files_of_the_command_and_is_kept(files, measured, tmp_path):
    folder = tmp_path / "results"
    measurement = analyze(*map(str, files), output=str(folder)).measurement
    document = json.loads((folder / "measurements.json").read_text(encoding="utf-8"))
    assert document["total"]["burden"] == pytest.approx(measurement.total.burden)
    assert np.array_equal(read_mask(folder / "arteries.nii.gz").array, measured.arteries.array)
    with pytest.raises(InputError, match="results"):
        analyze(*files, output=folder)


def test_a_result_does_not_take_the_place_of_the_ct(files, measured, tmp_path):
    place = tmp_path / "arteries.nii.gz"
    write_volume(place, measured.ct)
    content = place.read_bytes()
    with pytest.raises(InputError, match="is read and would be replaced"):
        analyze(place, *files[1:], output=tmp_path, overwrite=True)
    assert place.read_bytes() == content


@pytest.mark.scene
@pytest.mark.nnunet
def test_the_example_for_slicer_runs(module, capsys, monkeypatch, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("nnunetv2")
    from AbdominalCalcificationLib.scene.results import find_results

    middle = tmp_path / "simulated_cta.nrrd"  # fewer tiles: quick
    write_volume(middle, read_ct(sample_case()).volume.cropped(np.s_[60:105, 45:105, 50:115]))
    monkeypatch.setattr(resources, "sample_case", lambda: middle)
    monkeypatch.setattr(resources, "SAMPLE_SHA256", hashlib.sha256(middle.read_bytes()).hexdigest())
    module.registerSampleData()  # what Slicer calls when it has started
    (example,) = examples("AbdominalCalcificationLogic")
    names = {}
    exec(compile(example, "README.md", "exec"), names)
    verdict, burden = capsys.readouterr().out.split()[-2:]
    assert verdict.startswith("Verdict.")
    assert 0 < float(burden) < 1
    result = names["result"]
    import slicer

    shown = find_results(slicer.mrmlScene, names["ct"]).document
    assert shown["total"]["burden"] == pytest.approx(result.measurement.total.burden)
    assert result.case.arteries.GetScene() is slicer.mrmlScene


@pytest.mark.scene
def test_given_segmentations_are_measured_and_left_alone(files, module):
    import slicer

    from AbdominalCalcificationLib.scene.segmentations import show_arteries, show_calcification

    ct = slicer.util.loadVolume(str(files[0]))
    arteries = show_arteries(ct, read_mask(files[1]))
    calcification = show_calcification(ct, read_mask(files[2]))
    before = (arteries.GetSegmentation().GetMTime(), calcification.GetSegmentation().GetMTime())
    steps = []
    logic = module.AbdominalCalcificationLogic()
    result = logic.process(ct, arteries, calcification, progress=steps.append)
    assert steps
    assert result.case.arteries is arteries
    assert (arteries.GetSegmentation().GetMTime(), calcification.GetSegmentation().GetMTime()) == before
    assert result.measurement.territory("aorta").burden > 0
    again = logic.process(ct, arteries, calcification_threshold="fixed:400")
    assert again.case.calcification is not calcification
    assert (arteries.GetSegmentation().GetMTime(), calcification.GetSegmentation().GetMTime()) == before
    with pytest.raises(InputError, match="No CT"):
        logic.process(None)

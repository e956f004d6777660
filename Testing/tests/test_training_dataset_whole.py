"""A dataset is changed as a whole or not at all, and what does not belong in it is refused."""

import json

import numpy as np
import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reading import read_mask
from AbdominalCalcificationLib.reporting import write_volume
from AbdominalCalcificationLib.training import dataset
from AbdominalCalcificationLib.training.cases import find_sources
from AbdominalCalcificationLib.training.tasks import TASKS, check_cases, open_dataset
from dataset_cases import LPS, SHAPE, a_patient, export, files_below


def test_an_interrupted_export_leaves_everything_as_it_was(cases, tmp_path):
    folder = tmp_path / "Dataset101_Arteries"
    steps = dataset.export_steps(find_sources([cases]), [], folder, TASKS["arteries"])
    for _ in range(3):
        next(steps)
    steps.close()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["corrected"]


def test_a_failure_while_files_are_moved_is_undone(cases, tmp_path, monkeypatch):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    before = files_below(folder)
    a_patient(cases / "new", 7)
    real, left = dataset.os.rename, [3]

    def failing(source, target):
        left[0] -= 1
        if left[0] == 0:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(dataset.os, "rename", failing)
    with pytest.raises(InputError, match="No space left"):
        export([cases], folder)
    assert files_below(folder) == before


def corrected_again(cases, folder):
    """Export, and correct a mask of one case; return what the dataset holds."""
    export([cases], folder)
    path = cases / "Jane Doe 1" / "arteries.nii.gz"
    mask = read_mask(path)
    mask.array[0, 0, 0] = 1
    write_volume(path, mask)
    return files_below(folder)


@pytest.mark.parametrize("count", range(1, 9))
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_interrupt_around_any_move_is_undone(cases, tmp_path, monkeypatch, when, count):
    folder = tmp_path / "Dataset101_Arteries"
    before = corrected_again(cases, folder)
    real, left = dataset.os.rename, [count]

    def interrupted(source, target):
        left[0] -= 1
        if left[0] == 0 and when == "before":
            raise KeyboardInterrupt
        real(source, target)
        if left[0] == 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(dataset.os, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        export([cases], folder, update=True)
    assert left[0] <= 0
    assert files_below(folder) == before
    assert sorted(each.name for each in tmp_path.iterdir()) == [folder.name, "corrected"]


def test_what_cannot_be_put_back_is_kept_and_its_place_is_said(cases, tmp_path, monkeypatch):
    folder = tmp_path / "Dataset101_Arteries"
    before = corrected_again(cases, folder)
    real = dataset.os.rename

    def failing(source, target):
        if dataset.INDEX_FILE in str(source) and ".unfinished-" in str(source):
            raise OSError(28, "No space left on device")
        if ".replaced-" in str(source) and "labelsTr" in str(source):
            raise PermissionError(13, "Permission denied")
        real(source, target)

    monkeypatch.setattr(dataset.os, "rename", failing)
    with pytest.raises(InputError, match="Permission denied") as caught:
        export([cases], folder, update=True)
    (kept,) = folder.glob(".replaced-*")
    assert str(kept) in str(caught.value)
    (name,) = files_below(kept).keys() - {".journal"}
    assert files_below(kept)[name] == before[name]
    assert {each: content for each, content in files_below(folder).items() if each in before and each != name} == {
        each: content for each, content in before.items() if each != name
    }


@pytest.mark.parametrize(
    ("prepare", "complaint"),
    [
        (lambda here: here.mkdir(), "holds no cases"),
        (lambda here: None, "does not exist"),
        (lambda here: a_result_without_ct(here), "without its CT"),
    ],
)
def test_where_there_is_nothing_to_export_it_is_said(tmp_path, prepare, complaint):
    prepare(tmp_path / "here")
    with pytest.raises(InputError, match=complaint):
        export([tmp_path / "here"], tmp_path / "Dataset101_Arteries")


def a_result_without_ct(folder):
    folder.mkdir()
    (folder / "measurements.json").write_text("{}")


def test_a_dataset_of_another_kind_is_not_added_to(cases, tmp_path):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    with pytest.raises(InputError, match="other labels"):
        export([cases], folder, task="calcification")
    (folder / "cases.json").unlink()
    with pytest.raises(InputError, match=r"no cases\.json"):
        export([cases], folder)
    with pytest.raises(InputError, match="Dataset101_Arteries"):
        export([cases], tmp_path / "my cases")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"labels": {"background": 0, "liver": 1}}, "'liver'"),
        ({"labels": {"background": 0}}, "nothing among its labels"),
        ({"labels": {"aorta": 1}}, "background 0"),
        ({"labels": {"background": 0, "aorta": [1, 2]}}, "region-based"),
        ({"channel_names": {"0": "MR"}}, "CT as its only channel"),
    ],
)
def test_a_dataset_that_does_not_teach_the_task_is_refused(cases, tmp_path, change, complaint):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    document = json.loads((folder / "dataset.json").read_text())
    (folder / "dataset.json").write_text(json.dumps({**document, **change}))
    with pytest.raises(InputError, match=complaint):
        open_dataset(folder, TASKS["arteries"])


def test_an_image_without_a_label_is_refused(cases, tmp_path):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    with pytest.raises(InputError, match="learns 'calcification' alone"):
        open_dataset(folder, TASKS["calcification"])
    next((folder / "labelsTr").iterdir()).unlink()
    with pytest.raises(InputError, match="lacks its label"):
        open_dataset(folder, TASKS["arteries"])


def test_label_maps_that_nnunet_would_stumble_over_are_found_first(cases, tmp_path):
    folder = tmp_path / "Dataset101_Arteries"
    export([cases], folder)
    raw = open_dataset(folder, TASKS["arteries"])
    assert list(check_cases(raw)) == [1, 2, 3]
    label = folder / "labelsTr" / f"{raw.cases[1]}.nii.gz"
    mask = read_mask(label)
    moved = Grid.from_spacing(SHAPE, (0.8, 0.9, 2.0), (11.0, 20.0, 30.0), LPS)
    for wrong, complaint in (
        (mask.with_array(mask.array * 3), "holds 15"),
        (Volume(mask.array, moved), "one grid"),
    ):
        write_volume(label, wrong)
        with pytest.raises(InputError, match=f"{raw.cases[1]}.*{complaint}|{complaint}.*{raw.cases[1]}"):
            list(check_cases(raw))
    for case in raw.cases:
        write_volume(folder / "labelsTr" / f"{case}.nii.gz", mask.with_array(mask.array * 0))
    with pytest.raises(InputError, match="nothing to learn"):
        list(check_cases(raw))


@pytest.mark.scene
def test_a_result_folder_with_its_scene_is_a_case(tmp_path, capsys):
    pytest.importorskip("slicer", reason="needs slicer-core")
    _, arteries = a_patient(tmp_path / "case", 1)
    masks = [arg for name in ("arteries", "calcification") for arg in (f"--{name}", tmp_path / f"case/{name}.nii.gz")]
    command = ["analyze", tmp_path / "case" / "ct.nii.gz", "--output", tmp_path / "results" / "a", *masks]
    assert cli.main([str(part) for part in command]) == 0
    folder = tmp_path / "Dataset101_Arteries"
    command = ["export-dataset", tmp_path / "results", "--task", "artery", "--output", folder]
    assert cli.main([str(part) for part in command]) == 0
    assert "aorta: in 1 of 1" in capsys.readouterr().out
    (label,) = (folder / "labelsTr").iterdir()
    assert np.array_equal(read_mask(label).array, arteries.array)

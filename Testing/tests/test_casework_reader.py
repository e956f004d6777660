"""Cases of a list read in a process of their own, ahead of time, and put into the scene."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.casework import ListedCase
from AbdominalCalcificationLib.casework.reader import CaseReader
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.evaluation.cohort import Masks
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.inference.worker import CALCIFICATION_FILE
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.reading import read_ct
from AbdominalCalcificationLib.reporting import write_volume

SHAPE = (20, 24, 28)


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Two cases with masks, one of them on another grid, and one whose CT is missing."""
    folder = tmp_path_factory.mktemp("cases")
    k, j, i = np.indices(SHAPE)
    grid = Grid.from_spacing(SHAPE, (1.0, 1.0, 4.0), (5.0, -7.0, 30.0))
    arteries = np.where(np.hypot(j - 12, i - 14) < 5, territory("aorta").label, 0).astype(np.uint8)
    calcified = ((arteries > 0) & (i > 16) & (k > 5) & (k < 9)).astype(np.uint8)
    rng = np.random.default_rng(1)
    hu = np.where(calcified, 900, np.where(arteries, 350, -100)) + rng.normal(0, 20, SHAPE)
    write_volume(folder / "ct.nii.gz", Volume(hu.astype(np.int16), grid))
    write_volume(folder / "arteries.nii.gz", Volume(arteries, grid))
    part = slice(3, 12), slice(0, 24), slice(4, 28)
    write_volume(folder / "calcification.nii.gz", Volume(calcified, grid).cropped(part))
    masks = Masks(folder / "calcification.nii.gz", folder / "arteries.nii.gz")
    return [
        ListedCase("first", folder / "ct.nii.gz", masks),
        ListedCase("second", folder / "ct.nii.gz"),
        ListedCase("gone", folder / "gone.nii.gz"),
    ]


@pytest.fixture
def reader():
    reader = CaseReader()
    yield reader
    reader.close()


def test_case_is_read_as_the_library_reads_it(reader, cases):
    loaded = drain(reader.read_steps(cases[0], cases[0].masks))
    ct = read_ct(cases[0].ct)
    assert np.array_equal(loaded.ct.array, ct.volume.array)
    assert loaded.ct.grid.same_as(ct.volume.grid)
    assert loaded.identity == ct.identity
    assert set(loaded.masks) == {"arteries", "calcification"}
    assert all(mask.grid.same_as(ct.volume.grid) for mask in loaded.masks.values())
    assert loaded.masks["calcification"].array.sum() > 0
    assert drain(reader.read_steps(cases[1], Masks())).masks == {}


def test_next_case_is_read_ahead(reader, cases):
    drain(reader.read_steps(cases[0], cases[0].masks))
    reader.read_ahead(cases[1], Masks())
    pid = reader._worker.pid
    loaded = drain(reader.read_steps(cases[1], Masks()))
    assert loaded.ct.grid.shape == SHAPE
    assert reader._worker.pid == pid
    # Another one than was read ahead, and one whose masks are others now.
    reader.read_ahead(cases[1], Masks())
    assert set(drain(reader.read_steps(cases[0], cases[0].masks)).masks) == {"arteries", "calcification"}
    reader.read_ahead(cases[0], Masks())
    assert set(drain(reader.read_steps(cases[0], cases[0].masks)).masks) == {"arteries", "calcification"}


def test_a_mask_that_somebody_else_saved_since_is_read_again(reader, cases, tmp_path):
    path = tmp_path / cases[0].masks.calcification.name
    shutil.copy(cases[0].masks.calcification, path)
    masks = replace(cases[0].masks, calcification=path)
    before = drain(reader.read_steps(cases[0], masks)).masks["calcification"]
    reader.read_ahead(cases[0], masks)
    folder, until = reader._ahead[2], time.monotonic() + 120
    while not (folder / CALCIFICATION_FILE).exists() and time.monotonic() < until:
        time.sleep(0.05)
    write_volume(path, before.with_array(np.zeros_like(before.array)))
    assert not drain(reader.read_steps(cases[0], masks)).masks["calcification"].array.any()


def test_errors_are_told_when_the_case_is_wanted(reader, cases):
    reader.read_ahead(cases[2], Masks())
    with pytest.raises(InputError, match=r"gone\.nii\.gz"):
        drain(reader.read_steps(cases[2], Masks()))
    assert drain(reader.read_steps(cases[1], Masks())).ct.grid.shape == SHAPE


def test_reading_can_be_cancelled(reader, cases):
    steps = reader.read_steps(cases[0], cases[0].masks)
    next(steps)
    steps.close()
    assert drain(reader.read_steps(cases[1], Masks())).ct.grid.shape == SHAPE


def test_nothing_is_left_behind(reader, cases, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    drain(reader.read_steps(cases[0], cases[0].masks))
    folder = reader._worker.folder
    assert not [each for each in folder.iterdir() if each.is_dir()]
    reader.read_ahead(cases[1], Masks())
    reader.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.scene
def test_case_in_the_scene(scene, reader, cases):
    from AbdominalCalcificationLib.scene import edits
    from AbdominalCalcificationLib.scene.masks import calcification_from_node
    from AbdominalCalcificationLib.scene.opened_case import listed_name, remove_case, show_case_steps
    from AbdominalCalcificationLib.scene.source_files import ct_from_node
    from AbdominalCalcificationLib.scene.volumes import identity_of_node

    before = scene.GetNumberOfNodes()
    loaded = drain(reader.read_steps(cases[0], cases[0].masks))
    case = drain(show_case_steps(loaded, "first", scene))
    assert listed_name(case.ct) == "first"
    assert set(loaded.flags) <= set(ct_from_node(case.ct)[1])
    assert identity_of_node(case.ct)["opened_from"] == loaded.identity
    mask = calcification_from_node(case.calcification, case.ct)
    assert np.array_equal(mask.array != 0, loaded.masks["calcification"].array != 0)
    assert edits.changed_voxels(case.calcification, mask) == 0
    remove_case(case.ct)
    assert scene.GetNumberOfNodesByClass("vtkMRMLVolumeNode") == 0
    assert scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0
    assert scene.GetNumberOfNodes() - before <= 2  # what the scene makes for itself with its first volume


@pytest.mark.scene
def test_half_a_case_is_none(scene, reader, cases):
    from AbdominalCalcificationLib.scene.opened_case import show_case_steps

    loaded = drain(reader.read_steps(cases[0], cases[0].masks))
    steps = show_case_steps(loaded, "first", scene)
    for _ in range(3):
        next(steps)
    steps.close()
    assert scene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 0
    assert scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 0

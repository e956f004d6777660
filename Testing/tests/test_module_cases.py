"""The case list of the panel: open, correct, save, go on, hand over."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.casework import CaseStore, Status
from AbdominalCalcificationLib.evaluation.cohort import read_cohort
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.reading import read_mask
from AbdominalCalcificationLib.reporting import write_volume
from panels import asked, erase_lower_half, parameters_of, settle, shown_in, status
from workers_here import reading_here

SHAPE = (24, 24, 28)


@pytest.fixture(scope="module")
def case_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    k, j, i = np.indices(SHAPE)
    grid = Grid.from_spacing(SHAPE, (1.0, 1.0, 1.5))
    arteries = np.where(np.hypot(j - 12, i - 14) < 5, territory("aorta").label, 0).astype(np.uint8)
    calcified = ((arteries > 0) & (i > 16) & (k > 5) & (k < 15)).astype(np.uint8)
    hu = np.where(calcified, 900, np.where(arteries, 350, -100)) + np.random.default_rng(1).normal(0, 20, SHAPE)
    for name, array in (("ct", hu.astype(np.int16)), ("arteries", arteries), ("calcification", calcified)):
        write_volume(folder / f"{name}.nii.gz", Volume(array, grid))
    return folder


@pytest.fixture
def listed(case_files, tmp_path):
    """A table of three cases: two with masks, one without."""
    files = [case_files / f"{name}.nii.gz" for name in ("ct", "arteries", "calcification")]
    rows = ["id,ct,arteries,calcification"]
    rows += [",".join([name, *map(str, files)]) for name in ("one", "two")] + [f"three,{files[0]},,"]
    (tmp_path / "list.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path / "list.csv"


@pytest.fixture
def reading(panel, listed):
    """The panel with the list open, read by Ada."""
    with reading_here():
        open_list(panel, listed, "Ada")
        yield panel


def open_list(widget, path, reader):
    widget.ui.caseListButton.collapsed = False
    widget.ui.caseListPath.currentPath = str(path)
    widget.ui.readerName.text = reader
    widget.ui.caseListOpenButton.click()


def click(widget, name):
    getattr(widget.ui, name).click()
    settle(widget)


def statuses(widget):
    return [row[0] for row in shown_in(widget.ui.caseTable)]


def test_cases_are_opened_one_after_the_other(panel, listed):
    import slicer

    # By a process, as users' are.
    reading = panel
    open_list(reading, listed, "Ada")
    assert statuses(reading) == ["untouched"] * 3
    assert not reading.ui.caseSaveButton.enabled
    click(reading, "caseNextButton")
    assert "Case 1 of 3: one" in reading.ui.caseLabel.text
    assert parameters_of(reading).ct.GetName() == "one"
    assert parameters_of(reading).arteries is not None
    click(reading, "caseNextButton")
    assert parameters_of(reading).ct.GetName() == "two"
    # One patient at a time.
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScalarVolumeNode") == 1
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 2
    click(reading, "caseNextButton")
    assert parameters_of(reading).ct.GetName() == "three"
    assert parameters_of(reading).arteries is None
    click(reading, "caseNextButton")
    assert "No more cases" in status(reading)
    click(reading, "casePreviousButton")
    assert parameters_of(reading).ct.GetName() == "two"


def test_masks_that_a_case_brought_are_measured_by_run(reading, choices, monkeypatch):
    parameters = parameters_of(reading)
    parameters.calcificationSource = choices.CalcificationSource.THRESHOLD
    monkeypatch.setattr(reading.logic, "missingPackages", lambda: pytest.fail("no model is needed"))
    click(reading, "caseNextButton")
    assert parameters.arterySource is choices.ArterySource.EXISTING
    assert parameters.calcificationSource is choices.CalcificationSource.EXISTING
    masks = parameters.arteries, parameters.calcification
    click(reading, "runButton")
    assert not asked(reading)
    assert status(reading) == "Done."
    assert (parameters.arteries, parameters.calcification) == masks
    # A case without masks gets them from where the user wanted them.
    click(reading, "caseNextButton")
    click(reading, "caseNextButton")
    assert parameters.ct.GetName() == "three"
    assert parameters.arterySource is choices.ArterySource.BUNDLED
    assert parameters.calcificationSource is choices.CalcificationSource.THRESHOLD


def test_correction_is_saved_beside_the_list_and_opened_again(reading, listed):
    click(reading, "caseNextButton")
    erase_lower_half(reading)
    reading.ui.caseNotes.plainText = "lower half was a stent"
    reading.ui.caseRatingComboBox.currentIndex = 4
    click(reading, "caseSaveButton")
    assert statuses(reading)[0] == "in progress"
    assert "one" in reading.ui.caseLabel.text  # it stays open
    store = CaseStore.of(listed, "Ada")
    state = store.state_of(store.cases[0])
    assert (state.status, state.rating, state.notes) == (Status.IN_PROGRESS, 4, "lower half was a stent")
    saved = read_mask(store.result_of(store.cases[0]) / "calcification.nii.gz").array
    assert 0 < saved.sum() < read_mask(store.cases[0].masks.calcification).array.sum()
    assert (store.result_of(store.cases[0]) / "measurements.json").is_file()

    click(reading, "caseNextButton")
    click(reading, "casePreviousButton")
    from AbdominalCalcificationLib.scene.masks import calcification_from_node

    parameters = parameters_of(reading)
    shown = calcification_from_node(parameters.calcification, parameters.ct).array
    assert np.array_equal(shown != 0, saved != 0)
    assert reading.ui.caseNotes.plainText == "lower half was a stent"


def test_what_is_corrected_while_it_is_saved_is_not_saved_and_asked_about(reading, listed):
    from host.application import run_until

    click(reading, "caseNextButton")
    reading.ui.caseSaveButton.click()
    assert run_until(lambda: reading.ui.progressBar.value > 300, 60)
    assert reading.isBusy
    erase_lower_half(reading)
    settle(reading)
    store = CaseStore.of(listed, "Ada")
    saved = read_mask(store.result_of(store.cases[0]) / "calcification.nii.gz").array
    assert saved.sum() == read_mask(store.cases[0].masks.calcification).array.sum()
    click(reading, "caseNextButton")
    assert "was changed and not saved" in asked(reading)
    reading.ui.firstAnswer.click()
    settle(reading)
    assert parameters_of(reading).ct.GetName() == "two"
    saved = read_mask(store.result_of(store.cases[0]) / "calcification.nii.gz").array
    assert 0 < saved.sum() < read_mask(store.cases[0].masks.calcification).array.sum()


def test_what_is_not_saved_is_asked_about(reading, listed):
    click(reading, "caseNextButton")
    erase_lower_half(reading)
    click(reading, "caseNextButton")
    assert "'one' was changed and not saved" in asked(reading)
    reading.ui.lastAnswer.click()  # stay
    assert parameters_of(reading).ct.GetName() == "one"
    click(reading, "caseNextButton")
    reading.ui.firstAnswer.click()  # save, then go on
    settle(reading)
    settle(reading)
    assert parameters_of(reading).ct.GetName() == "two"
    store = CaseStore.of(listed, "Ada")
    assert (store.result_of(store.cases[0]) / "calcification.nii.gz").is_file()

    reading.ui.caseNotes.plainText = "never mind"
    click(reading, "casePreviousButton")
    assert "'two' was changed" in asked(reading)
    reading.ui.secondAnswer.click()  # go on without
    settle(reading)
    assert parameters_of(reading).ct.GetName() == "one"
    assert store.state_of(store.cases[1]).notes == ""


def test_a_saved_mask_that_is_gone_is_told_and_not_replaced_by_the_one_of_the_list(reading, listed):
    store = CaseStore.of(listed, "Ada")
    click(reading, "caseNextButton")
    erase_lower_half(reading)
    click(reading, "caseSaveButton")
    click(reading, "caseNextButton")
    path = next(store.result_of(store.cases[0]).glob("calcification.n*"))
    lost = path.rename(path.with_name("elsewhere"))
    click(reading, "casePreviousButton")
    assert "lacks the mask of calcification that you saved" in status(reading)
    assert not reading.ui.caseSaveButton.enabled
    lost.rename(path)
    reading.panel.case_list.open(reading.panel.case_list._store.cases[0])
    settle(reading)
    assert parameters_of(reading).ct.GetName() == "one"
    shutil.rmtree(store.folder_of(store.cases[0]) / "result")
    click(reading, "caseNextButton")
    click(reading, "casePreviousButton")
    assert status(reading) == "You have saved no masks of this case; these are the list's."


def test_what_was_said_that_cannot_be_read_is_told_and_not_written_over(reading, listed):
    store = CaseStore.of(listed, "Ada")
    click(reading, "caseNextButton")
    click(reading, "caseSaveButton")
    path = store.folder_of(store.cases[0]) / "review.json"
    path.write_text("{broken", encoding="utf-8")
    reading.ui.caseNotes.plainText = "hello"
    erase_lower_half(reading)
    click(reading, "caseSaveButton")
    assert "cannot be read" in status(reading)
    assert path.read_text(encoding="utf-8") == "{broken"
    assert reading.ui.caseNotes.plainText == "hello"
    click(reading, "caseNextButton")
    assert "was changed and not saved" in asked(reading)


def test_finished_cases_are_passed_over_and_handed_over(reading, listed):
    click(reading, "caseNextButton")
    reading.ui.caseStatusComboBox.currentIndex = list(Status).index(Status.DONE)
    click(reading, "caseSaveButton")
    click(reading, "caseNextOpenButton")
    assert parameters_of(reading).ct.GetName() == "two"
    reading.ui.caseStatusComboBox.currentIndex = list(Status).index(Status.REJECTED)
    click(reading, "caseSaveButton")
    assert statuses(reading) == ["done", "rejected", "untouched"]
    click(reading, "caseNextOpenButton")
    assert parameters_of(reading).ct.GetName() == "three"
    # Without masks only what was said is kept.
    reading.ui.caseRatingComboBox.currentIndex = 2
    click(reading, "caseSaveButton")
    assert statuses(reading)[2] == "in progress"
    click(reading, "caseNextOpenButton")
    assert "No case is left" in status(reading)
    click(reading, "caseHandOverButton")
    assert "1 cases that are done" in status(reading)
    table = next((listed.parent / "reviews").rglob("cases.csv"))
    assert [case.name for case in read_cohort(table)] == ["one"]


def test_case_that_somebody_else_has_open_is_told(reading, module, listed):
    click(reading, "caseNextButton")
    other = CaseStore.of(listed, "Ada")
    own = CaseStore.of(listed, "Grace")
    assert other.folder != own.folder
    assert own.state_of(own.cases[0]).status is Status.UNTOUCHED


def test_faults_are_told(panel, listed, tmp_path):
    open_list(panel, tmp_path / "nothing", "Ada")
    assert "There is no" in status(panel)
    open_list(panel, listed, " ")
    assert "Say who reads" in status(panel)
    open_list(panel, listed, "Ada")
    store = CaseStore.of(listed, "Ada")
    store.folder_of(store.cases[0]).mkdir(parents=True)
    (store.folder_of(store.cases[0]) / "review.json").write_text("{")
    open_list(panel, listed, "Ada")
    assert statuses(panel)[0] == "⚠"
    click(panel, "caseNextButton")
    assert "cannot be read" in status(panel)


def test_closing_the_scene_lets_go_of_the_case(reading, listed):
    import slicer

    click(reading, "caseNextButton")
    slicer.mrmlScene.Clear()
    assert "No case is open" in reading.ui.caseLabel.text
    store = CaseStore.of(listed, "Ada")
    assert store.state_of(store.cases[0]).seconds > 0
    with store.opened(store.cases[0]):
        pass


def test_time_stops_when_nobody_does_anything(reading, listed, monkeypatch):
    import slicer

    from AbdominalCalcificationLib.work_clock import PAUSE_S, WorkClock
    from host.slice_views import click as click_in_view

    now, view = [0.0], reading.panel.case_list
    monkeypatch.setattr(view, "_clock", WorkClock(lambda: now[0]))
    monkeypatch.setattr(view._activity, "_touched", lambda: view._clock.touch())
    slicer.mrmlScene.AddNode(slicer.vtkMRMLCrosshairNode())
    click_in_view((0, 0, 0))  # there are views now
    click(reading, "caseNextButton")
    opened = now[0]
    now[0] += 100
    click_in_view((1, 2, 3))  # leafs through slices
    now[0] += 5000
    slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode").SetCursorPositionRAS([4.0, 5.0, 6.0])
    now[0] += 50
    assert view._clock.seconds == pytest.approx(100 + PAUSE_S + 50)
    assert opened == 0
    click(reading, "caseSaveButton")
    store = CaseStore.of(listed, "Ada")
    assert store.state_of(store.cases[0]).seconds == pytest.approx(100 + PAUSE_S + 50)
    assert view._clock.seconds == 0

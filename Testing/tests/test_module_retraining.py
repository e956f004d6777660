"""Retraining in the panel: begun from the case list, looked at, found again, stopped, and its model used."""

from __future__ import annotations

import json
import shutil

import pytest

from AbdominalCalcificationLib.casework import CaseStore
from AbdominalCalcificationLib.claiming import claimed
from AbdominalCalcificationLib.progress import Progress
from AbdominalCalcificationLib.retraining import launch, work
from AbdominalCalcificationLib.retraining.plan import Plan
from dataset_cases import a_patient
from panels import parameters_of, status, whole
from retraining_cases import have_done


@pytest.fixture(autouse=True)
def jobs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(work.JOBS_VARIABLE, str(tmp_path / "jobs"))


@pytest.fixture
def started(monkeypatch, panel):
    """The work folders that a process would have been started for; nothing is missing that trains."""
    found = []
    monkeypatch.setattr(launch, "start", found.append)
    monkeypatch.setattr(panel.panel.packages, "ask_to_install", lambda _again: False)
    return found


@pytest.fixture
def site(tmp_path):
    """Three cases, of which Ada has done two."""
    folder = tmp_path / "site"
    for number in range(3):
        a_patient(folder / f"p{number}", number)
    store = CaseStore.of(folder, "Ada")
    have_done(store, store.cases[:2])
    return folder


def open_list(panel, path, reader="Ada"):
    panel.ui.caseListPath.currentPath = str(path)
    panel.ui.readerName.text = reader
    panel.ui.caseListOpenButton.click()
    panel.ui.retrainSection.collapsed = False


def text(panel):
    return whole(panel.ui.retrainLabel)


def test_without_a_list_nothing_can_be_begun(panel, started):
    panel.ui.retrainSection.collapsed = False
    assert not panel.ui.retrainButton.enabled
    assert not panel.ui.retrainCancelButton.enabled
    assert "offered where it is better" in text(panel)
    assert panel.ui.retrainProgress.isHidden()


def test_a_reader_who_has_done_nothing_is_told(panel, started, site):
    open_list(panel, site, "Bob")
    panel.ui.retrainButton.click()
    assert "None of the 3 cases" in status(panel)
    assert started == []
    assert not (site / "retraining").exists()


def test_a_job_is_begun_looked_at_stopped_and_taken_up_again(panel, started, site, choices):
    open_list(panel, site)
    parameters = parameters_of(panel)
    parameters.retrainMinutes = 12
    panel.ui.retrainButton.click()
    (folder,) = started
    assert folder == site / "retraining" / "arteries-1"
    plan = Plan.read(folder)
    assert (len(plan.cases), plan.minutes, plan.initial, plan.task_name) == (2, 12.0, None, "arteries")

    with claimed(folder):
        work.write_state(folder, work.State(work.Status.RUNNING))
        work.Recorder(folder).record(Progress("Training, epoch 7", 0.5, 300.0))
        panel.panel.retraining.look()
        assert text(panel) == "Training, epoch 7, about 5 min left"
        assert panel.ui.retrainProgress.value == 500
        assert not panel.ui.retrainProgress.isHidden()
        assert not panel.ui.retrainButton.enabled
        assert not panel.ui.retrainResumeButton.enabled
        panel.ui.retrainCancelButton.click()
        assert (folder / work.STOP_FILE).exists()
        assert "Resume goes on from there" in status(panel)
    work.write_state(folder, work.State(work.Status.STOPPED))
    panel.panel.retraining.look()
    assert "Stopped" in text(panel)
    assert not panel.ui.retrainCancelButton.enabled
    parameters.retrainMinutes = 20
    panel.ui.retrainResumeButton.click()
    assert started == [folder, folder]
    assert Plan.read(folder).minutes == 20.0
    assert not (folder / work.STOP_FILE).exists()


def test_a_job_is_found_again_by_its_list_and_without_it(panel, started, site, choices):
    open_list(panel, site)
    panel.ui.retrainButton.click()
    (folder,) = started
    other = type(panel)()
    try:
        other.enter()
        assert other.ui.retrainSection.collapsed
        with claimed(folder):
            other.enter()
            assert text(other) == "site: Starting"
        other.panel.retraining.find()
        assert text(other) == "site: Not begun."
        # A process that is gone.
        work.write_state(folder, work.State(work.Status.RUNNING))
        other.panel.retraining.find()
        assert "gone without a word" in text(other)
        assert other.ui.retrainResumeButton.enabled
        open_list(other, site)
        assert "gone without a word" in text(other)
        assert not text(other).startswith("site")
        # There is none of the other task.
        parameters_of(other).retrainTask = choices.RetrainTask.CALCIFICATION
        assert "offered where it is better" in text(other)
        parameters_of(other).retrainTask = choices.RetrainTask.ARTERIES
        shutil.rmtree(folder)
        other.panel.retraining.look()
        assert "removed or moved" in text(other)
        assert not other.ui.retrainResumeButton.enabled
    finally:
        other.cleanup()


@pytest.mark.parametrize("task", ["arteries", "calcification"])
def test_the_model_that_is_offered_is_used_and_the_next_one_starts_from_it(panel, started, site, choices, task):
    from AbdominalCalcificationLib import resources

    model = getattr(resources, {"arteries": "bundled_artery_model"}.get(task, "bundled_calcification_model"))()
    parameters = parameters_of(panel)
    parameters.retrainTask = choices.RetrainTask(task)
    open_list(panel, site)
    panel.ui.retrainButton.click()
    (folder,) = started
    assert not panel.ui.retrainUseButton.enabled
    work.write_state(folder, work.State(work.Status.FINISHED, "The new model is better: …", model=str(model)))
    panel.panel.retraining.look()
    assert text(panel) == "The new model is better: …"
    panel.ui.retrainUseButton.click()
    if task == "arteries":
        assert (parameters.arterySource, parameters.arteryModels) == (choices.ArterySource.MODELS, str(model))
    else:
        chosen = parameters.calcificationSource, parameters.calcificationModel
        assert chosen == (choices.CalcificationSource.MODEL, str(model))
    panel.ui.retrainButton.click()
    assert Plan.read(started[-1]).initial == str(model)
    assert started[-1].name == f"{task}-2"


def test_what_is_offered_and_gone_is_told(panel, started, site, tmp_path):
    open_list(panel, site)
    panel.ui.retrainButton.click()
    (folder,) = started
    work.write_state(folder, work.State(work.Status.FINISHED, "Better.", model=str(tmp_path / "gone")))
    panel.panel.retraining.look()
    panel.ui.retrainUseButton.click()
    assert "any more" in status(panel)


def test_damaged_files_of_a_job_are_told(panel, started, site):
    open_list(panel, site)
    panel.ui.retrainButton.click()
    (folder,) = started
    (folder / work.STATE_FILE).write_text("{")
    panel.panel.retraining.look()
    assert "cannot be read" in text(panel)
    plan = folder / "retraining.json"
    plan.write_text(json.dumps({"cases": 3}))
    panel.ui.retrainResumeButton.click()
    assert "cannot be read" in status(panel)
    assert len(started) == 1


def test_several_models_cannot_be_started_from(panel, started, site, choices):
    parameters = parameters_of(panel)
    parameters.arterySource, parameters.arteryModels = choices.ArterySource.MODELS, "/a;/b"
    open_list(panel, site)
    panel.ui.retrainButton.click()
    assert "choose the one to start from" in status(panel)
    assert started == []

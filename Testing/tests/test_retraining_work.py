"""The folder of a retraining: what is planned in it, how far it is, and whether anybody is at work."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import replace
from datetime import datetime

import pytest

from AbdominalCalcificationLib.claiming import claimed, is_claimed
from AbdominalCalcificationLib.errors import InputError
from AbdominalCalcificationLib.progress import Progress
from AbdominalCalcificationLib.retraining import work
from AbdominalCalcificationLib.retraining.launch import begin, dataset_name, go_on
from AbdominalCalcificationLib.retraining.plan import PLAN_FILE, Plan, PlannedCase


@pytest.fixture(autouse=True)
def jobs_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(work.JOBS_VARIABLE, str(tmp_path / "jobs"))
    return tmp_path / "jobs"


def a_plan(**changes):
    case = PlannedCase("a", "a", "/there/ct.nrrd", ["/there/a.nrrd"], ["/there/c.nrrd"])
    return Plan("arteries", (case, replace(case, name="b", patient="b")), "", **changes)


@pytest.fixture
def begun(tmp_path):
    folder = tmp_path / "arteries-1"
    begin(a_plan(), folder, "list")
    return folder


def test_a_plan_is_read_as_it_was_written(begun):
    plan = Plan.read(begun)
    assert plan.cases == a_plan().cases
    assert plan.dataset.startswith("Dataset701_list_arteries_")
    assert work.read_state(begun).status is work.Status.NEW
    assert list(work.known_jobs()) == [begun]
    with pytest.raises(InputError, match="holds a retraining already"):
        begin(a_plan(), begun, "list")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"cases": []}', b"null", None, "minutes", "cases", "held_out", "task_name"],
)
def test_a_damaged_plan_is_told(begun, content):
    path = begun / PLAN_FILE
    if content is None:
        path.unlink()
    elif isinstance(content, str):
        path.write_text(json.dumps({**json.loads(path.read_text()), content: [1, {}]}))
    else:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"cannot be read|holds no retraining"):
        Plan.read(begun)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"status": "running"}', b'{"status": 3}'])
def test_a_damaged_state_does_not_pass_for_another(begun, content):
    (begun / work.STATE_FILE).write_bytes(content)
    state = work.read_state(begun)
    assert state.status is work.Status.FAILED
    assert "cannot be read" in state.text
    assert state.status.can_go_on
    with claimed(begun):
        assert work.read_state(begun).status is work.Status.RUNNING


def test_a_process_that_is_gone_is_told_and_can_be_taken_up_again(begun):
    with claimed(begun):
        work.write_state(begun, work.State(work.Status.RUNNING))
        work.Recorder(begun).record(Progress("Training, epoch 3", 0.4, 90.0))
        assert is_claimed(begun)
        state = work.read_state(begun)
        assert state.status is work.Status.RUNNING
        assert state.text == "40 %, Training, epoch 3, about 2 min left of this"
        with pytest.raises(InputError, match="is running"):
            go_on(begun)
    assert not is_claimed(begun)
    work.Recorder(begun).log("the last word")
    state = work.read_state(begun)
    assert state.status is work.Status.DEAD
    assert "gone without a word" in state.text
    assert "the last word" in state.text
    assert go_on(begun, minutes=7.0).minutes == Plan.read(begun).minutes == 7.0


def test_what_came_to_nothing_goes_on_for_longer_only(begun):
    work.write_state(begun, work.State(work.Status.FINISHED, "The new model is not better."))
    for changes in ({}, {"minutes": 40.0}, {"minutes": 3.0}):
        with pytest.raises(InputError, match=r"is finished.*more minutes"):
            go_on(begun, **changes)
    assert go_on(begun, minutes=41.0).minutes == 41.0
    work.write_state(begun, work.State(work.Status.FINISHED, "Better.", model="/there"))
    with pytest.raises(InputError, match=r"is finished\. Better"):
        go_on(begun, minutes=99.0)


def test_a_process_that_starts_is_given_a_while(begun, monkeypatch):
    work.write_state(begun, work.State(work.Status.STARTING))
    assert work.read_state(begun).status is work.Status.RUNNING
    monkeypatch.setattr(work, "_STARTING_S", 0.0)
    assert work.read_state(begun).status is work.Status.DEAD


def test_without_locks_the_number_of_the_process_tells(begun, monkeypatch):
    monkeypatch.setattr(work, "is_claimed", lambda _: None)
    work.write_state(begun, work.State(work.Status.RUNNING))
    assert work.read_state(begun).status is work.Status.RUNNING
    path = begun / work.STATE_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "pid": 2**22 + 5, "host": platform.node()}))
    assert work.read_state(begun).status is work.Status.DEAD


def test_only_what_runs_is_asked_to_stop(begun):
    with pytest.raises(InputError, match="is not running"):
        work.ask_to_stop(begun)
    with claimed(begun):
        work.ask_to_stop(begun)
    assert (begun / work.STOP_FILE).exists()
    go_on(begun)
    assert not (begun / work.STOP_FILE).exists()


def test_a_folder_that_is_gone_is_told(begun, tmp_path):
    recorder = work.Recorder(begun)
    begun.rename(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="removed or moved"):
        work.read_state(begun)
    with pytest.raises(InputError, match="removed or moved"):
        recorder.record(Progress("Training", 0.5))
    # Which is told once.
    assert list(work.known_jobs(forget=True)) == [begun]
    assert list(work.known_jobs(forget=True)) == []
    assert not any((tmp_path / "jobs").iterdir())
    # It goes on in its new place.
    go_on(tmp_path / "elsewhere")
    assert list(work.known_jobs()) == [tmp_path / "elsewhere"]


def test_progress_is_written_now_and_then(begun):
    now = [0.0]
    recorder = work.Recorder(begun, lambda: now[0])
    told = lambda: json.loads((begun / work.PROGRESS_FILE).read_text())["fraction"]  # noqa: E731
    recorder.record(Progress("Training, epoch 1", 0.1))
    recorder.record(Progress("Training, epoch 1", 0.2))
    assert told() == 0.1
    now[0] += 3.0
    recorder.record(Progress("Training, epoch 1", 0.3, message="half way"))
    assert told() == 0.3
    assert "half way" in work.log_tail(begun)


def test_work_folders_are_numbered(tmp_path):
    assert work.next_work(tmp_path, "arteries") == tmp_path / "arteries-1"
    for name in ("arteries-1", "arteries-10", "arteries-x", "calcification-3"):
        (tmp_path / name).mkdir()
        (tmp_path / name / PLAN_FILE).write_text("{}")
    assert [path.name for path in work.works_of(tmp_path, "arteries")] == ["arteries-1", "arteries-10"]
    assert work.next_work(tmp_path, "arteries").name == "arteries-11"


@pytest.mark.parametrize(
    ("title", "word"), [("Klinik Süd 3", "Klinik_Sud_3"), ("../..", "site"), ("日本", "site"), ("x" * 99, "x" * 40)]
)
def test_names_of_models_are_those_of_nnunet(title, word):
    assert dataset_name("calcification", title, datetime(2026, 1, 31)) == f"Dataset702_{word}_calcification_20260131"


@pytest.mark.skipif(
    os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_place_that_cannot_be_written_is_told_before_anything_begins(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(InputError, match="cannot be written"):
        begin(a_plan(output=str(tmp_path / "closed" / "model")), tmp_path / "work", "list")
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("changes", [{"minutes": -1.0}, {"minutes": float("nan")}, {"held_out": 0}, {"processes": 0}])
def test_senseless_numbers_are_refused(changes):
    with pytest.raises(InputError):
        a_plan(**changes)


def test_a_model_of_the_other_kind_and_a_taken_place_are_refused(tmp_path):
    from AbdominalCalcificationLib import resources

    with pytest.raises(InputError, match="finds no artery"):
        begin(a_plan(initial=str(resources.bundled_calcification_model())), tmp_path / "work", "list")
    with pytest.raises(InputError, match="is not empty"):
        begin(a_plan(output=str(resources.bundled_artery_model())), tmp_path / "work", "list")
    assert not (tmp_path / "work").exists()

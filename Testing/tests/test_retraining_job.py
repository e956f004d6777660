"""A retraining from corrected cases to its verdict: stopped, killed, taken up again, and offered where it is better."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from dataclasses import replace

import pytest

from AbdominalCalcificationLib import cli, resources
from AbdominalCalcificationLib.casework import CaseStore
from AbdominalCalcificationLib.claiming import claimed
from AbdominalCalcificationLib.errors import InputError, WriteError
from AbdominalCalcificationLib.inference import ModelFolder, installed_models
from AbdominalCalcificationLib.progress import drain
from AbdominalCalcificationLib.retraining import beginning, launch, steps, work
from AbdominalCalcificationLib.retraining.corrected import corrected_cases
from AbdominalCalcificationLib.retraining.looking import export_cases_steps, model_history
from AbdominalCalcificationLib.retraining.plan import Plan
from dataset_cases import a_patient
from retraining_cases import a_settings_file, a_site, have_done, quick_nnunet, retrain, retraining_here, status_of

pytestmark = pytest.mark.nnunet


@pytest.fixture(scope="module", autouse=True)
def few_samples():
    with quick_nnunet():
        yield


@pytest.fixture(autouse=True)
def places(tmp_path, monkeypatch):
    monkeypatch.setenv(work.JOBS_VARIABLE, str(tmp_path / "jobs"))
    monkeypatch.setenv("ABDOMINAL_CALCIFICATION_MODELS", str(tmp_path / "models"))


@pytest.fixture
def site(tmp_path):
    return a_site(tmp_path / "site")


def options(site, *more):
    common = ("--as-listed", "--minutes", "0", "--settings", a_settings_file(site.parent), "--device", "cpu")
    return (site, "--task", "artery", *common, "--threads", "1", *more)


def as_better(monkeypatch):
    """Let the new model be judged as better, whatever it is."""
    judge = steps.judge
    better = {
        "is_better": True,
        "reasons": (),
        "present": 0.6,
        "new": 0.7,
        "patients": 2,
        "improved": 2,
        "chance": 0.25,
    }
    monkeypatch.setattr(steps, "judge", lambda *given: replace(judge(*given), **better))


@pytest.mark.usefixtures("warm_worker")
def test_no_better_model_is_offered_to_nobody_and_a_better_one_is_found_by_all(site, tmp_path, capsys, monkeypatch):
    with retraining_here():
        assert retrain(*options(site)) == 0
    said = capsys.readouterr().out
    folder = site / "retraining" / "arteries-1"
    assert "The new model is not better and is not offered" in said
    assert status_of(folder) is work.Status.FINISHED
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "NOT better" in card
    assert "2 corrected cases of 2 patients" in card
    assert "patient 1" not in card
    assert installed_models() == []
    # No step was taken: what is judged as no better has the weights it started from.
    assert "| **what counts" in card or "could not be judged" in card

    # Judged as better, it is put where models are found; what was done before is not done again.
    as_better(monkeypatch)
    (folder / work.STATE_FILE).unlink()
    with retraining_here():
        assert retrain(*options(site)) == 0
    said = capsys.readouterr()
    assert "The new model is better" in said.out
    assert "Preprocessing" not in said.err
    assert "2 cases are finished already" in said.err
    (model,) = installed_models()
    assert work.read_state(folder).model == str(model.path)
    assert (model.path / "MODEL_CARD.md").is_file()
    assert retrain("--status", "--work", folder) == 0
    assert "finished: The new model is better" in capsys.readouterr().out
    assert cli.main(["models", "list"]) == 0
    assert model.name in capsys.readouterr().out

    # The next one that starts from it holds out the same patients: the others it has seen.
    history = model_history(model)
    before = json.loads((folder / "division.json").read_text())["held_out"]
    assert len(history["learnt"]) == len(history["held_out"]) == 2
    begun(site, tmp_path / "next", initial=str(model.path))
    division, _ = drain(export_cases_steps(Plan.read(tmp_path / "next"), tmp_path / "next", model))
    assert list(division.held_out) == before
    begun(site, tmp_path / "more", initial=str(model.path), held_out=3)
    with pytest.raises(InputError, match="2 of the 4 are new"):
        drain(steps.run_steps(tmp_path / "more"))


@pytest.mark.usefixtures("warm_worker")
def test_stopped_it_goes_on_by_the_same_command_and_not_by_another(site, tmp_path, capsys):
    folder = site / "retraining" / "arteries-1"
    begun(site, folder)
    with retraining_here():
        running = steps.run_steps(folder)
        for step in running:
            if step.stage == "Beginning the training":
                work.ask_to_stop(folder)
        assert status_of(folder) is work.Status.STOPPED
        assert not (folder / work.STOP_FILE).exists()
        # Nobody begins a second one in its place with other cases.
        a_patient(site / "patient 9", 9)
        assert retrain(*options(site, "--work", folder)) == 2
        assert "has begun with other cases" in capsys.readouterr().err
        shutil.rmtree(site / "patient 9")
        # What is corrected from now on is not in it, and that is said.
        calcification = site / "patient 0" / "calcification.nii.gz"
        os.utime(calcification, (1, 1))
        assert retrain(*options(site)) == 0
    said = capsys.readouterr()
    assert "Corrected again since this retraining began, and not in it: patient 0." in said.err
    assert status_of(folder) is work.Status.FINISHED
    assert retrain("--resume", "--work", folder) == 2
    assert "is finished" in capsys.readouterr().err


def begun(site, folder, **changes):
    cases, _ = corrected_cases(site, as_listed=True)
    settings = json.loads(a_settings_file(site.parent).read_text())
    plan = Plan("arteries", tuple(cases), "", minutes=0.0, settings=settings, device="cpu", threads=1)
    return launch.begin(replace(plan, **changes), folder, "site")


def test_one_folder_has_one_job(site, tmp_path):
    folder = tmp_path / "work"
    begun(site, folder)
    with claimed(folder):
        with pytest.raises(InputError, match="at work in"):
            launch.start(folder)
        assert retrain("--resume", "--work", folder) == 2
        assert not (folder / work.STATE_FILE).exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            lambda site: shutil.copytree(site / "patient 0", site / "again") and _only(site, "patient 0", "again"),
            "one patient",
        ),
        (lambda site: _empty(site / "patient 1" / "arteries.nii.gz"), "'patient 1' is empty"),
        (lambda site: (site / "patient 2" / "ct.nii.gz").write_bytes(b"no image"), "'patient 2' cannot be used"),
        (lambda site: [_empty(each / "calcification.nii.gz") for each in site.iterdir()], "has calcification"),
    ],
)
def test_cases_that_cannot_be_used_are_told_before_any_training(site, tmp_path, change, reason, capsys):
    change(site)
    task = "calcification" if "calcification" in reason else "artery"
    assert retrain(site, "--task", task, "--as-listed", "--work", tmp_path / "work") == 2
    assert reason in capsys.readouterr().err
    state = work.read_state(tmp_path / "work")
    assert state.status is work.Status.FAILED
    assert reason in state.text
    assert not (tmp_path / "work" / "training").exists()


def _only(site, *names):
    for each in site.iterdir():
        if each.name not in names:
            shutil.rmtree(each)


def _empty(mask):
    from AbdominalCalcificationLib.reading import read_mask
    from AbdominalCalcificationLib.reporting import write_volume

    volume = read_mask(mask)
    write_volume(mask, volume.with_array(0 * volume.array))


def test_cases_of_a_reader_that_are_done_are_learnt(site, tmp_path):
    store = CaseStore.of(site, "Ada")
    have_done(store, store.cases[:3])
    cases, _ = corrected_cases(site)
    folder = tmp_path / "work"
    launch.begin(Plan("arteries", tuple(cases), ""), folder, "site")
    for step in (running := steps.run_steps(folder)):
        if step.stage == "Beginning the training":
            break
    running.close()
    assert status_of(folder) is work.Status.STOPPED
    raw = folder / "raw" / Plan.read(folder).dataset
    assert len(list((raw / "imagesTr").iterdir())) == 2
    assert len(list((raw / "imagesTs").iterdir())) == 1


def test_a_full_disk_is_told_and_it_goes_on_from_there(site, tmp_path, monkeypatch):
    folder = tmp_path / "work"
    begun(site, folder)

    def full(*_given, **_named):
        raise WriteError(folder / "raw", "No space left on device", True)
        yield

    with monkeypatch.context() as patch:
        patch.setattr(steps, "export_cases_steps", full)
        with pytest.raises(WriteError):
            drain(steps.run_steps(folder))
    state = work.read_state(folder)
    assert "No space left on device" in state.text
    assert state.status.can_go_on


def test_a_work_folder_that_is_removed_ends_the_job(site, tmp_path):
    folder = tmp_path / "work"
    begun(site, folder)
    running = steps.run_steps(folder)
    next(running)
    folder.rename(tmp_path / "moved")
    with pytest.raises(InputError, match="removed or moved"):
        drain(running)
    assert not folder.exists()
    assert work.read_state(tmp_path / "moved").status is work.Status.DEAD


def test_in_the_background_and_begun_anew_with_other_cases(site, capsys, monkeypatch):
    started = []
    monkeypatch.setattr(launch, "start", started.append)
    assert retrain(*options(site, "--background")) == 0
    assert "It runs by itself now" in capsys.readouterr().out
    assert retrain(*options(site, "--background")) == 0
    a_patient(site / "patient 9", 9)
    assert retrain(*options(site, "--background")) == 0
    assert "arteries-1' is not finished, but began with other cases; this is a new one." in capsys.readouterr().out
    assert [folder.name for folder in started] == ["arteries-1", "arteries-1", "arteries-2"]
    with claimed(started[-1]):
        assert retrain("--cancel", site, "--task", "artery") == 0
        assert (started[-1] / work.STOP_FILE).exists()
        assert retrain(*options(site)) == 2
    assert "arteries-2' is running" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="ended by signals here")
@pytest.mark.usefixtures("signals_of_a_terminal")
def test_the_process_outlives_who_began_it_and_its_end_is_noticed(site, tmp_path, capsys):
    folder = tmp_path / "work"
    begun(site, folder, minutes=60.0)
    launch.start(folder)
    with pytest.raises(InputError, match="at work in"):
        launch.start(folder)
    (process,) = launch._begun[-1:]
    wait_until(lambda: work.read_state(folder).pid == process.pid)
    assert os.getsid(process.pid) == process.pid != os.getsid(0)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert status_of(folder) is work.Status.DEAD
    assert retrain("--status") == 0
    assert "dead: Its process is gone without a word" in capsys.readouterr().out

    # Taken up again, and ended in order by the system.
    launch.go_on(folder)
    launch.start(folder)
    (process,) = launch._begun[-1:]
    wait_until(lambda: work.read_state(folder).pid == process.pid)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=120) == 0
    assert status_of(folder) is work.Status.STOPPED


def wait_until(condition):
    for _ in range(2400):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("It does not come to pass.")


def test_the_network_of_a_model_decides_how_it_is_trained(models):
    bundled = ModelFolder.open(resources.bundled_calcification_model())
    small = beginning.small_of(bundled, {"learning_rate": 1e-3})
    assert (small.patch, small.learning_rate, small.window_hu) == ((48, 48, 48), 1e-3, (-200.0, 1200.0))
    other = models("aorta")
    assert beginning.small_of(other, {}) is None
    with pytest.raises(InputError, match="another network"):
        beginning.small_of(other, {"patch": [32, 32, 32]})
    with pytest.raises(InputError, match="nothing else"):
        beginning.small_of(bundled, {"wrong": 1})

"""The worker process: what the user is told when it fails, and that nothing of it stays behind.

The workers here are small scripts or the real worker with a stand-in for the network, so torch
is not needed.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from AbdominalCalcificationLib.errors import InferenceError, InputError, ModelError
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.inference import ModelFolder, Worker, segment_steps
from AbdominalCalcificationLib.processes.interpreter import find_python
from AbdominalCalcificationLib.progress import drain
from inference_cases import LIBRARY, ct_of_a_block, stand_in, worker_of
from tiny_models import a_model_folder_without_weights


@pytest.fixture(autouse=True)
def temporary_folder(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def model(tmp_path) -> ModelFolder:
    return ModelFolder.open(a_model_folder_without_weights(tmp_path, ["aorta"]))


@pytest.fixture
def ct() -> Volume:
    return ct_of_a_block()


def is_running(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc").is_dir():
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def until(condition, seconds=240.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


def failure(worker: Worker, ct, model, kind=InferenceError) -> Exception:
    with pytest.raises(kind) as caught:
        drain(segment_steps(ct, [model], None, worker=worker))
    assert "\n" not in str(caught.value)
    assert ";" in str(caught.value), "what is wrong; what to do"
    return caught.value


def test_a_case_goes_through_the_process_and_back(ct, model, temporary_folder):
    steps = []  # plain, since anatomical sense finds no body around these voxels
    with stand_in() as worker:
        result = drain(segment_steps(ct, [model], None, worker=worker, plain_nnunet=True), steps.append)
        assert list(temporary_folder.glob("*/job-*")) == [], "the arrays of a finished job are removed"
    assert np.array_equal(result.arteries.array, ct.array > 100)
    assert result.arteries.array.dtype == np.uint8
    assert result.calcification is None
    assert result.device == "cpu"
    assert "hello" in result.messages
    assert "hello" in [step.message for step in steps]
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert list(temporary_folder.iterdir()) == []


def test_one_process_serves_several_cases(ct, model):
    with stand_in() as worker:
        drain(segment_steps(ct, [model], None, worker=worker))
        pid = worker.pid
        drain(segment_steps(ct, [model], None, worker=worker))
        assert worker.pid == pid


def test_a_process_that_is_not_given_is_ended_after_the_case(ct, model, temporary_folder, monkeypatch):
    monkeypatch.setattr("AbdominalCalcificationLib.inference.segment.Worker", stand_in)
    drain(segment_steps(ct, [model], None))
    assert list(temporary_folder.iterdir()) == []


def test_given_arteries_without_a_model_need_no_process(ct):
    arteries = ct.with_array((ct.array > 0).astype(np.uint8))
    result = drain(segment_steps(ct, [], None, arteries=arteries, worker=worker_of("raise SystemExit(3)")))
    assert result.arteries is arteries
    assert result.device == "none"


def test_cancelling_in_the_middle_ends_the_process_and_removes_its_folder(ct, model, temporary_folder):
    worker = stand_in("TILES = 100000")
    steps = segment_steps(ct, [model], None, worker=worker)
    while (next(steps).fraction or 0) == 0:
        time.sleep(0.01)
    pid = worker.pid
    assert is_running(pid)
    steps.close()
    assert not is_running(pid)
    assert list(temporary_folder.iterdir()) == []


def test_after_a_cancelled_case_the_next_one_starts_a_new_process(ct, model):
    with stand_in() as worker:
        steps = segment_steps(ct, [model], None, worker=worker)
        while (next(steps).fraction or 0) == 0:
            time.sleep(0.01)
        steps.close()
        assert drain(segment_steps(ct, [model], None, worker=worker)).device == "cpu"


def a_child(note: Path) -> str:
    """What makes the process start another one and note down its number."""
    return f"""
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({str(note)!r}, "w").write(str(child.pid))
"""


@pytest.mark.skipif(os.name == "nt", reason="process groups are POSIX's")
def test_cancelling_ends_what_the_process_started_too(ct, model, tmp_path):
    note = tmp_path / "child"
    change = a_child(note) + "TILES = 100000"
    steps = segment_steps(ct, [model], None, worker=stand_in(change))
    while (next(steps).fraction or 0) == 0:
        time.sleep(0.01)
    child = int(note.read_text())
    assert is_running(child)
    steps.close()
    assert until(lambda: not is_running(child))


@pytest.mark.skipif(os.name == "nt", reason="process groups are POSIX's")
def test_what_a_process_started_ends_with_it_also_when_it_dies_by_itself(ct, model, tmp_path):
    note = tmp_path / "child"
    dying = """
import os, signal
class Predictor(Predictor):
    def predict(self, *arguments):
        os.kill(os.getpid(), signal.SIGKILL)"""
    with pytest.raises(InferenceError), stand_in(a_child(note) + dying) as worker:
        drain(segment_steps(ct, [model], None, worker=worker))
    assert until(lambda: not is_running(int(note.read_text())))


def test_a_case_that_does_not_fit_on_the_disk_leaves_nothing_there(tmp_path, ct, monkeypatch):
    from AbdominalCalcificationLib.inference import segment

    def save(path, array):
        Path(path).write_bytes(b"half")
        yield
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(segment, "save_array_steps", save)
    with pytest.raises(InferenceError, match="No space left"):
        drain(segment._hand_over_steps(tmp_path, ct, None))
    assert list(tmp_path.glob("job-*")) == []
    cancelled = segment._hand_over_steps(tmp_path, ct, None)
    next(cancelled)
    cancelled.close()
    assert list(tmp_path.glob("job-*")) == []


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
@pytest.mark.parametrize(
    ("number", "words"), [(signal.SIGKILL, "memory"), (signal.SIGSEGV, "SIGSEGV"), (signal.SIGTERM, "SIGTERM")]
)
def test_a_process_that_is_killed_is_explained(ct, model, temporary_folder, number, words):
    error = failure(
        stand_in(f"import os; Predictor.predict = lambda *a, **k: os.kill(os.getpid(), {int(number)})"), ct, model
    )
    assert words in str(error)
    assert list(temporary_folder.iterdir()) == []


def test_a_process_that_just_ends_is_explained_with_its_last_words(ct, model):
    error = failure(worker_of("print('I quit'); raise SystemExit(7)"), ct, model)
    assert "7" in str(error)
    assert "I quit" in error.details


@pytest.mark.parametrize(
    "script",
    [
        "print('error: [/slicer/bin/python-real] exit abnormally - Report the problem.'); raise SystemExit(1)",
        pytest.param(
            "import os; os._exit(0xC0000005)", marks=pytest.mark.skipif(os.name != "nt", reason="statuses of Windows")
        ),
    ],
    ids=["behind Slicer's launcher", "on Windows"],
)
def test_a_crash_is_told_from_an_orderly_end(ct, model, script):
    assert "crashed" in str(failure(worker_of(script), ct, model))


def test_a_process_that_cannot_be_started_is_explained(ct, model, temporary_folder):
    error = failure(Worker(["/nowhere/python"]), ct, model)
    assert "/nowhere/python" in str(error)
    assert list(temporary_folder.iterdir()) == []


def test_a_failure_comes_as_one_line_with_the_traceback_beside_it(ct, model):
    error = failure(
        stand_in("def fail(*a, **k): raise ValueError('odd\\nnumber')\nPredictor.predict = fail"), ct, model
    )
    assert "ValueError: odd" in str(error)
    assert "Traceback" in error.details


def test_a_failed_case_leaves_the_process_ready_for_the_next(ct, model):
    change = """
good = Predictor.predict
def once(self, *a, **k):
    Predictor.predict = good
    raise MemoryError()
Predictor.predict = once"""
    with stand_in(change) as worker:
        error = failure(worker, ct, model)
        assert "memory" in str(error)
        pid = worker.pid
        assert drain(segment_steps(ct, [model], None, worker=worker)).device == "cpu"
        assert worker.pid == pid


@pytest.mark.parametrize(("raised", "kind"), [("ModelError", ModelError), ("InputError", InputError)])
def test_errors_about_models_and_images_keep_their_kind(ct, model, raised, kind):
    change = f"""
from AbdominalCalcificationLib import errors
def fail(*a, **k): raise errors.{raised}('wrong; repair it')
Predictor.predict = fail"""
    with stand_in(change) as worker:
        assert str(failure(worker, ct, model, kind)) == "wrong; repair it"


@pytest.mark.parametrize("package", ["torch", "nnunetv2"])
def test_a_missing_package_is_named_with_what_to_do(ct, model, package):
    script = f"""
import sys, runpy
sys.modules[{package!r}] = None
sys.argv = ["worker", sys.argv[1]]
sys.path.insert(0, {str(LIBRARY.parent)!r})
import AbdominalCalcificationLib.inference.devices as devices
if {package!r} != "torch": devices.choose_device = lambda device: "cpu"
from AbdominalCalcificationLib.inference.worker import main
main(sys.argv[1])
"""
    with worker_of(script) as worker:
        message = str(failure(worker, ct, model))
    assert package in message
    assert "install" in message


def test_the_worker_itself_starts_by_path_and_ends_with_its_parent(tmp_path):
    folder = tmp_path / "private"
    folder.mkdir()
    process = subprocess.Popen([find_python(), str(LIBRARY / "inference"), str(folder)], stdin=subprocess.PIPE)
    assert until(lambda: (folder / "events.jsonl").exists())
    process.stdin.close()  # what the system does when the parent is gone
    assert process.wait(60) == 0
    assert until(lambda: not folder.exists())


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_a_worker_at_work_ends_when_its_parent_is_killed(tmp_path, temporary_folder):
    script = f"""
import sys, tempfile
sys.path[:0] = [{str(LIBRARY.parent)!r}, {str(Path(__file__).parent)!r}, {str(Path(__file__).parents[1])!r}]
import numpy as np
from pathlib import Path
from test_inference_worker import *
tempfile.tempdir = {str(temporary_folder)!r}
model = ModelFolder.open(a_model_folder_without_weights(Path({str(tmp_path)!r}), ["aorta"]))
worker = stand_in("TILES = 100000")
steps = segment_steps(Volume(np.zeros((6, 7, 8), np.int16), Grid.from_spacing((6, 7, 8))), [model], None, worker=worker)
while (next(steps).fraction or 0) == 0:
    time.sleep(0.01)
print(worker.pid, flush=True)
time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    assert is_running(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert until(lambda: not is_running(pid))
    assert until(lambda: list(temporary_folder.iterdir()) == [])


def test_a_forgotten_generator_leaves_no_process(ct, model, temporary_folder):
    worker = stand_in("TILES = 100000")
    steps = segment_steps(ct, [model], None, worker=worker)
    while (next(steps).fraction or 0) == 0:
        time.sleep(0.01)
    pid = worker.pid
    del steps, worker
    assert until(lambda: not is_running(pid))
    assert list(temporary_folder.iterdir()) == []


def test_polling_never_blocks(ct, model):
    steps = segment_steps(ct, [model], None, worker=worker_of("import time; time.sleep(600)"))
    next(steps)
    next(steps)
    waited = [next(steps) for _ in range(20)]
    assert all(step.waiting for step in waited)
    steps.close()


def test_what_cannot_be_segmented_is_refused_before_a_process_starts(ct, model, temporary_folder):
    nan = ct.with_array(np.full(ct.grid.shape, np.nan, np.float32))
    shifted = Volume(np.zeros((3, 3, 3), np.uint8), Grid.from_spacing((3, 3, 3)))
    for arguments, words in [
        ((nan, [model], None, None), "not numbers"),
        ((ct, [], None, None), "neither"),
        ((ct, [], None, shifted), "grid"),
    ]:
        *positional, arteries = arguments
        with pytest.raises(InputError, match=words):
            drain(segment_steps(*positional, arteries=arteries))
    assert list(temporary_folder.iterdir()) == []


def test_the_interpreter_is_the_environment_variables_then_slicers_then_this_one(monkeypatch, tmp_path):
    monkeypatch.delenv("SLICER_HOME", raising=False)
    assert find_python() == sys.executable
    launcher = tmp_path / "bin" / ("PythonSlicer.exe" if os.name == "nt" else "PythonSlicer")
    launcher.parent.mkdir()
    launcher.write_text("")
    launcher.chmod(0o755)
    monkeypatch.setenv("SLICER_HOME", str(tmp_path))
    assert find_python() == str(launcher)
    monkeypatch.setenv("ABDOMINAL_CALCIFICATION_PYTHON", sys.executable)
    assert find_python() == sys.executable
    monkeypatch.setenv("ABDOMINAL_CALCIFICATION_PYTHON", "/nowhere/python")
    with pytest.raises(InferenceError, match="/nowhere/python"):
        find_python()

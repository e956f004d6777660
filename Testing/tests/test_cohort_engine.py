"""Cases handed out to processes of this computer and to a Dask cluster: what dies, who may work, and what is left."""

from __future__ import annotations

import logging
import multiprocessing
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from AbdominalCalcificationLib.engine import settings
from AbdominalCalcificationLib.engine.places import Places
from AbdominalCalcificationLib.engine.settings import Engine, check_installed, default_jobs
from AbdominalCalcificationLib.engine.work import Answer, answers_of
from AbdominalCalcificationLib.errors import InputError
from cohort_workers import answer, slow

TESTING = Path(__file__).parents[1]
PACKAGE = TESTING.parent / "AbdominalCalcification"


def collected(steps, on_wait=lambda: None):
    """Return the answers by index, and what was told."""
    answers, told = {}, []
    for step in steps:
        if isinstance(step, Answer):
            answers[step.index] = step
        else:
            told += [step.message] if step.message else []
            on_wait()
            time.sleep(0.02)
    return answers, told


def scratch_folders():
    return {each for each in os.listdir(tempfile.gettempdir()) if "abdominal-calcification-dask" in each}


def listening(pids):
    """Return the addresses at which processes wait for connections."""
    psutil = pytest.importorskip("psutil")
    found = [each for pid in pids for each in psutil.Process(pid).net_connections() if each.status == "LISTEN"]
    return {each.laddr.ip for each in found}, len(found)


def test_one_job_is_done_in_this_process_without_dask(monkeypatch):
    monkeypatch.setattr(settings, "is_installed", lambda: False)
    answers, _ = collected(answers_of(answer, ["a", "b"], Engine()))
    assert [answers[index].value[:2] for index in range(2)] == [("a", os.getpid()), ("b", os.getpid())]
    with pytest.raises(InputError, match=r"pip install .*\[cohort\]"):
        next(answers_of(answer, ["a"], Engine(jobs=2)))
    with pytest.raises(InputError, match="--jobs 1"):
        check_installed("--jobs 1")


def test_a_case_that_kills_its_process_costs_itself_alone_and_nothing_is_left(capfd):
    pytest.importorskip("distributed")
    before, seen = scratch_folders(), []
    levels = logging.getLogger("distributed").level
    arguments = [*range(4), "die", *range(5, 9)]

    def look():
        if not seen and (children := multiprocessing.active_children()):
            seen.extend(listening([os.getpid(), *(each.pid for each in children)]))

    answers, told = collected(answers_of(answer, arguments, Engine(jobs=2)), look)
    assert sorted(answers) == list(range(9))
    assert answers[4].lost.startswith("Its process ended each time it was tried")
    assert all(not each.lost and each.value[0] == arguments[index] for index, each in answers.items() if index != 4)
    assert os.getpid() not in {each.value[1] for index, each in answers.items() if index != 4}
    # The scheduler, and two processes each with the one that watches it; no web server, nothing beyond this computer.
    assert seen == [{"127.0.0.1"}, 5]
    assert multiprocessing.active_children() == []
    assert scratch_folders() == before
    assert told == []
    assert logging.getLogger("distributed").level == levels
    out, err = capfd.readouterr()
    assert "distributed" not in out + err


def test_what_a_function_raises_ends_the_work_and_the_processes():
    pytest.importorskip("distributed")
    with pytest.raises(ValueError, match="as told"):
        collected(answers_of(answer, ["a", "fail"], Engine(jobs=1)))
    assert multiprocessing.active_children() == []


@contextmanager
def program(*command, path=PACKAGE):
    """Run a program of Dask; yields the process."""
    environment = {**os.environ, "PYTHONPATH": f"{path}{os.pathsep}{TESTING}", "PYTHONUNBUFFERED": "1"}
    with tempfile.TemporaryDirectory() as scratch:
        arguments = [sys.executable, "-m", "distributed.cli.dask_" + command[0], *map(str, command[1:])]
        process = subprocess.Popen(
            arguments, env=environment, cwd=scratch, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


@pytest.fixture
def scheduler():
    """Address of a Dask scheduler in a process of its own."""
    pytest.importorskip("distributed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = "--host", "127.0.0.1", "--port", port, "--no-dashboard", "--dashboard-address", "127.0.0.1:0"
    with program("scheduler", *options):
        end = time.monotonic() + 120
        while time.monotonic() < end:
            with socket.socket() as trial:
                if trial.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"tcp://127.0.0.1:{port}"


def a_worker(address, path=PACKAGE):
    options = "--nthreads", 2, "--no-nanny", "--host", "127.0.0.1", "--no-dashboard"
    return program("worker", address, *options, path=path)


def another_version(folder):
    """Return where this program lies with another version."""
    copy = folder / "other"
    shutil.copytree(PACKAGE / "AbdominalCalcificationLib", copy / "AbdominalCalcificationLib")
    file = copy / "AbdominalCalcificationLib" / "__init__.py"
    text = re.sub(r'__version__ = ".*"', '__version__ = "99.0"', file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")
    return copy


def test_workers_of_a_scheduler_do_the_work_one_may_be_killed_and_one_of_another_version_gets_none(scheduler, tmp_path):
    from distributed import Client

    begun = tmp_path / "begun"
    begun.mkdir()
    with ExitStack() as stack:
        workers = [stack.enter_context(a_worker(scheduler)) for _ in range(2)]
        stranger = stack.enter_context(a_worker(scheduler, another_version(tmp_path)))
        with Client(scheduler, set_as_default=False) as client:
            client.wait_for_workers(3, timeout=120)

        def kill_one():
            if workers[0].poll() is None and len(list(begun.glob(f"*-{workers[0].pid}"))) >= 2:
                workers[0].send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))

        works = [(str(begun), f"case{number}") for number in range(16)]
        answers, told = collected(answers_of(slow, works, Engine(scheduler=scheduler)), kill_one)
        assert workers[0].poll() is not None
        assert workers[1].poll() is None
        assert stranger.poll() is None
        assert sorted(answers) == list(range(16))
        assert not any(each.lost for each in answers.values())
        assert {each.value for each in answers.values()} <= {each.pid for each in workers}
        assert [each for each in told if "99.0" in each]
        assert all(
            re.fullmatch(r"The worker tcp://\S+ is given no case: .* install the same there\.", each) for each in told
        )

        # It alone is left for who comes now.
        workers[1].kill()
        workers[1].wait()
        with pytest.raises(InputError, match=r"runs version 99\.0 of this program"):
            collected(answers_of(slow, works, Engine(scheduler=scheduler)))
        assert not list(begun.glob(f"*-{stranger.pid}"))


def test_a_worker_that_does_not_see_the_folder_is_refused(scheduler, tmp_path):
    with a_worker(scheduler):
        (tmp_path / "here").mkdir()
        engine = Engine(scheduler=scheduler, places=Places.parse([f"{tmp_path / 'here'}={tmp_path / 'there'}"]))
        with pytest.raises(InputError, match=r"does not see '.*there'; share the folder, or say with --map"):
            collected(answers_of(slow, ["a"], engine, witness=tmp_path / "here"))


def test_a_scheduler_that_is_not_there_is_told_in_one_line(monkeypatch):
    pytest.importorskip("distributed")
    from AbdominalCalcificationLib.engine import embedded

    monkeypatch.setattr(embedded, "_CONNECT_S", 1)
    with pytest.raises(InputError, match=r"No Dask scheduler answers at 'tcp://127\.0\.0\.1:9'") as told:
        collected(answers_of(answer, ["a"], Engine(scheduler="tcp://127.0.0.1:9")))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"scheduler": "localhost:8786"}, "tcp://host:8786"),
        ({"jobs": -1}, "at least 0"),
        ({"dashboard": 0}, "no port"),
    ],
)
def test_an_engine_that_cannot_be_meant_is_refused(arguments, said):
    with pytest.raises(InputError, match=said):
        Engine(**arguments)


def test_jobs_follow_cores_memory_and_gpus(monkeypatch):
    monkeypatch.setattr(settings, "usable_cores", lambda: 8)
    monkeypatch.setattr(settings, "memory_bytes", lambda: 13 << 30)
    assert default_jobs(uses_networks=False) == 4
    monkeypatch.setattr(settings, "memory_bytes", lambda: 1 << 30)
    assert default_jobs(uses_networks=False) == 1
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,5,7")
    assert default_jobs(uses_networks=True) == 3
    assert default_jobs(uses_networks=True, device="cpu") == 1
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert default_jobs(uses_networks=True) == 1


def test_paths_are_called_as_the_workers_call_them():
    from AbdominalCalcificationLib.cohort.cases import CohortCase
    from AbdominalCalcificationLib.evaluation.cohort import Masks

    places = Places.parse(["/data=/mnt/a", "/data/masks/=/mnt/b/"])
    masks = Masks(Path("/data/masks/c.nii"), (Path("/data/x.nii"), Path("/database/x.nii")))
    there = places.there(CohortCase("/data/id", "p", Path("/data/ct.nii"), masks))
    assert (there.id, there.ct) == ("/data/id", Path("/mnt/a/ct.nii"))
    assert there.masks.calcification == Path("/mnt/b/c.nii")
    assert there.masks.arteries == (Path("/mnt/a/x.nii"), Path("/database/x.nii"))
    assert places.here("'/mnt/b/c.nii' and '/mnt/a/ct.nii'") == "'/data/masks/c.nii' and '/data/ct.nii'"
    for wrong in (["/data"], ["data=/mnt"], ["/data=mnt"], ["/a=/b", "/a/=/c"]):
        with pytest.raises(InputError):
            Places.parse(wrong)

"""Signals end the program in order: never in the middle of what must come to its end, and never lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from AbdominalCalcificationLib import cli
from AbdominalCalcificationLib.progress import Progress, drain
from AbdominalCalcificationLib.signals import Interrupted, between_steps, check, exit_code, orderly_signals, shielded

pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's"),
    pytest.mark.usefixtures("signals_of_a_terminal"),
]
NUMBERS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP] if os.name != "nt" else []
PACKAGE_FOLDER = Path(cli.__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def outside_of_slicer(monkeypatch):
    """The test host makes this process look like Slicer, whose signals are its own, to whatever runs after it."""
    monkeypatch.delitem(sys.modules, "slicer", raising=False)


def send(number=signal.SIGTERM):
    os.kill(os.getpid(), number)


def wait(seconds=60.0):
    """Do what a signal may interrupt."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.001)


def interrupted(action) -> Interrupted:
    """Run something that a signal must end, and return what that raised."""
    with pytest.raises(Interrupted) as caught, orderly_signals():
        action()
    return caught.value


@pytest.mark.parametrize("number", NUMBERS)
def test_each_signal_is_raised_and_gives_its_exit_code(number):
    def work():
        send(number)
        wait()

    before = signal.getsignal(number)
    assert exit_code(interrupted(work)) == 128 + number
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", NUMBERS)
def test_the_command_line_ends_with_it(number, monkeypatch, capsys):
    def run(options, report):
        send(number)
        wait()

    monkeypatch.setattr("AbdominalCalcificationLib.commands.models.run_check", run)
    assert cli.main(["models", "check", "x"]) == 128 + number
    assert "Cancelled" in capsys.readouterr().err


def test_an_error_that_a_signal_brought_about_is_no_error_of_its_own(monkeypatch, capsys):
    def run(options, report):
        with shielded():
            send()
            wait(0.05)
            raise ValueError("its process was ended")

    monkeypatch.setattr("AbdominalCalcificationLib.commands.models.run_check", run)
    assert cli.main(["models", "check", "x"]) == 143
    assert "Internal error" not in capsys.readouterr().err


def test_it_waits_for_the_end_of_a_shield():
    done = []

    def work():
        with shielded():
            with shielded():
                send()
                wait(0.1)
                done.append("inner")
            done.append("outer")
        done.append("after")

    interrupted(work)
    assert done == ["inner", "outer"]


def test_a_shield_that_ends_with_an_error_ends_with_that():
    def work():
        with shielded():
            send()
            wait(0.1)
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"), orderly_signals():
        work()


def test_what_is_cleaned_up_after_a_signal_is_not_interrupted_by_another():
    done = []

    def work():
        try:
            send()
            wait()
        finally:
            send(signal.SIGINT)
            wait(0.2)
            done.append("cleaned up")

    interrupted(work)
    assert done == ["cleaned up"]


def test_after_what_was_finished_nothing_comes_any_more_but_at_a_check():
    with orderly_signals():
        with shielded(commits=True):
            send()
        wait(0.1)
        with pytest.raises(Interrupted):
            check()


def test_loading_a_library_is_not_interrupted(tmp_path, monkeypatch):
    (tmp_path / "a_slow_library.py").write_text(
        "import os, signal, time\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
        "end = time.monotonic() + 0.2\n"
        "while time.monotonic() < end: time.sleep(0.001)\n"
        "loaded = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    def work():
        import a_slow_library  # noqa: F401

        wait()

    interrupted(work)
    assert sys.modules.pop("a_slow_library").loaded


def test_one_that_is_swallowed_where_nothing_can_be_raised_comes_again():
    class Forgotten:
        def __del__(self):
            raise Interrupted(signal.SIGTERM)

    def work():
        Forgotten()
        wait()

    assert interrupted(work).number == signal.SIGTERM


def test_one_that_somebody_swallows_comes_again_at_the_next_step():
    def steps():
        try:
            send()
            wait()
        except BaseException:
            yield Progress("Going on")
        yield Progress("Not reached")

    seen = []
    with pytest.raises(Interrupted), orderly_signals():
        drain(steps(), lambda step: seen.append(step.stage))
    assert len(seen) == 1


def test_long_work_ends_between_its_steps_and_is_closed():
    closed = []

    def steps():
        try:
            while True:
                with shielded():
                    wait(0.05)
                yield Progress("Working")
        finally:
            closed.append(True)

    seen = []

    def report(step):
        seen.append(step)
        if len(seen) == 2:
            send()

    with pytest.raises(Interrupted), orderly_signals():
        drain(steps(), report)
    assert closed == [True]
    assert len(seen) == 2


def test_a_training_stops_between_steps_and_a_second_signal_ends_the_waiting():
    said, log = [], []

    def training():
        try:
            while True:
                yield Progress("Training", waiting=True)
        except GeneratorExit:
            drain(checkpoint())
            raise

    def checkpoint():
        log.append("saving")
        send()
        while True:
            yield Progress("Saving", waiting=True)

    def report(step):
        if not log:
            send(signal.SIGINT)
            wait(0.1)
            log.append("the step came to its end")

    with pytest.raises(Interrupted), orderly_signals(), between_steps(lambda: said.append("Stopping")):
        drain(training(), report)
    assert log == ["the step came to its end", "saving"]
    assert said


def test_nothing_is_done_inside_slicer(monkeypatch):
    before = [signal.getsignal(number) for number in NUMBERS]
    monkeypatch.setitem(sys.modules, "slicer", SimpleNamespace(app=object()))
    with orderly_signals():
        assert [signal.getsignal(number) for number in NUMBERS] == before
        with shielded():
            check()


def program(script, *, before="", **options):
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE_FOLDER)}
    text = before + textwrap.dedent(script)
    return subprocess.Popen([sys.executable, "-c", text], env=environment, stdout=subprocess.PIPE, text=True, **options)


def test_what_is_ignored_stays_so():
    script = """
    import os, signal, time
    from AbdominalCalcificationLib.signals import orderly_signals
    with orderly_signals():
        os.kill(os.getpid(), signal.SIGHUP)
        time.sleep(0.1)
        print("still here")
    """
    with program(script, before="import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n") as process:
        assert process.stdout.read() == "still here\n"


@pytest.mark.parametrize("processes", ["pool", "executor"])
def test_processes_of_a_pool_end_with_a_parent_that_is_killed(processes, tmp_path):
    (tmp_path / "work.py").write_text(
        "import os, time\n"
        "def work(n):\n"
        "    print(os.getpid(), flush=True)\n"
        "    time.sleep(600)\n"
        "def of_pool(pipe):\n"
        "    from AbdominalCalcificationLib.processes.spread import follow_parent\n"
        "    follow_parent()\n"
        "    work(0)\n"
    )
    start = {
        "executor": "from AbdominalCalcificationLib.processes.spread import results_of; "
        "list(results_of(work.work, [(1,), (2,)], 2))",
        "pool": "import multiprocessing as m; c = m.get_context('spawn'); "
        "ps = [c.Process(target=work.of_pool, args=(None,)) for _ in range(2)]; [p.start() for p in ps]; ps[0].join()",
    }[processes]
    (tmp_path / "main.py").write_text(f"import work\nif __name__ == '__main__':\n    {start}\n")
    environment = {**os.environ, "PYTHONPATH": f"{PACKAGE_FOLDER}{os.pathsep}{tmp_path}"}
    command = [sys.executable, str(tmp_path / "main.py")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as parent:
        children = [int(parent.stdout.readline()) for _ in range(2)]
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(children[0], number)  # left to the parent
        parent.kill()
        parent.wait()
        end = time.monotonic() + 60
        while time.monotonic() < end and any(map(is_running, children)):
            time.sleep(0.05)
        assert not any(map(is_running, children))


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] != "Z"
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return sys.platform != "linux"

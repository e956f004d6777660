"""Readers of scenes, models, tables and settings on damaged and hostile files."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from AbdominalCalcificationLib import cli
from examples import examples
from fuzzing import KINDS, LONGEST_S

EXAMPLES = examples(60)
MOST_MIB = 2048
NEEDED = {"scene": "slicer", "mrml": "slicer", "checkpoint": "torch"}


class FuzzingProcess:
    """Does the kinds one after the other in one process, as importing takes longest; in a new one after its end."""

    def __init__(self, command: list[str]):
        self._command, self._process, self._said = command, None, None

    def result(self, kind: str) -> dict:
        """Return what became of the changed files of a kind; fails where the process ends over it."""
        if self._process is None:
            self._start()
        with contextlib.suppress(BrokenPipeError):  # how it ended is told below
            print(json.dumps([kind, EXAMPLES]), file=self._process.stdin, flush=True)
        try:
            answer = self._process.stdout.readline()
        except BaseException:  # out of time: what is answered later is no answer to the next order
            self._process.kill()
            self._end()
            raise
        if not answer:
            status, said = self._end()
            pytest.fail(f"The process ended with {status} while it read the kind {kind!r}: {said}")
        return json.loads(answer)

    def _start(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).resolve().parents[1])}
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by _end
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, stderr=self._said, text=True, env=environment
        )

    def end(self) -> None:
        """End the process; fails where it does not end well."""
        if self._process is not None:
            status, said = self._end()
            assert status == 0, f"The process ended with {status} after its last kind: {said}"

    def _end(self) -> tuple[int, str]:
        process, self._process = self._process, None
        try:
            process.communicate()  # closes its input, upon which it ends
        except BrokenPipeError:
            process.wait()
        with self._said as said:
            said.seek(0)
            return process.returncode, said.read().decode(errors="replace")[-4000:]


@pytest.fixture(scope="module")
def fuzzing_process():
    process = FuzzingProcess([sys.executable, str(Path(__file__).parents[1] / "fuzzing.py")])
    yield process
    process.end()


@pytest.mark.skipif(os.name == "nt", reason="alarms of POSIX")
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_file_is_read_or_refused_in_one_line(kind, fuzzing_process):
    if kind in NEEDED:
        pytest.importorskip(NEEDED[kind])
    result = fuzzing_process.result(kind)
    if result["memory_mib"] >= MOST_MIB:
        fuzzing_process.end()  # the peak is that of the process: the next kind begins with one of its own
    assert result["kind"] == kind
    assert result["failures"] == []
    assert result["read"] + result["refused"] == EXAMPLES
    assert result["refused"] > 0, "the changes were changes"
    assert result["slowest_s"] < LONGEST_S
    assert result["memory_mib"] < MOST_MIB


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_a_kind_over_which_the_process_ends_fails_alone():
    answering = """
import json, os, signal, sys
for line in sys.stdin:
    kind, examples = json.loads(line)
    if kind == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    assert kind != "raise", "words of its own"
    print(json.dumps({"kind": kind, "pid": os.getpid()}), flush=True)
sys.exit(3 if kind == "late" else 0)
"""
    process = FuzzingProcess([sys.executable, "-c", answering])
    first = process.result("first")
    assert process.result("second") == {**first, "kind": "second"}, "in the same process"
    for kind, words in (("crash", "-11"), ("raise", "words of its own")):
        with pytest.raises(pytest.fail.Exception, match=f"kind '{kind}'") as caught:
            process.result(kind)
        assert words in str(caught.value)
    after = process.result("late")
    assert after["pid"] != first["pid"]
    with pytest.raises(AssertionError, match="ended with 3 after"):
        process.end()
    process.end()

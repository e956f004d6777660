"""The parent's side of the worker process: start it, poll it, end it. No threads, no Qt.

Slicer's event loop holds Python's lock, so a thread that waits for the worker would stand
still. Instead the worker appends events to a file, and whoever wants progress polls.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO, cast

from ..errors import InferenceError, InputError, ModelError, UnexpectedError
from ..leftovers import scratch_folder
from ..progress import Progress, Steps
from ..signals import shielded
from .interpreter import PYTHON_VARIABLE, find_python

# In the private folder that both sides know: what the worker reports, and what it and its libraries print.
EVENTS_FILE = "events.jsonl"
LOG_FILE = "log.txt"
ERRORS = {"model": ModelError, "input": InputError, "inference": InferenceError, "unexpected": UnexpectedError}


_SEGMENTING = Path(__file__).resolve().parents[1] / "inference"


class Worker:
    """A worker process that starts when first needed and keeps its models between jobs.

    Parameters
    ----------
    command : sequence of str, optional
        How to start it, without its last argument, the private folder; Python on the package that segments by
        default.
    """

    what = "segmentation"
    remedy = "close other programs or crop the image"

    def __init__(self, command: Sequence[str] | None = None):
        self._command = list(command) if command is not None else None
        self._process: subprocess.Popen | None = None
        self._folder: Path | None = None
        self._events: TextIO | None = None
        self._rest = ""
        self._end: weakref.finalize | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """Process id while there is a process."""
        return self._process.pid if self._process is not None else None

    @property
    def folder(self) -> Path:
        """The private folder for this process's files; starts the process where there is none.

        Raises
        ------
        InferenceError
            Where it cannot be started.
        """
        if not self.is_alive:
            self.close()
            self._start()
        return cast(Path, self._folder)

    def close(self) -> None:
        """End the process and what it started at once, and remove its folder."""
        if self._end is not None:
            with shielded():
                self._end()
        self._process = self._folder = self._events = self._end = None
        self._rest = ""

    def steps(self, command: dict) -> Steps[dict]:
        """Send `command` and yield progress until the worker is done with it.

        Closing the generator (cancel) ends the process, as does any failure but one that the
        worker itself reports.

        Returns
        -------
        dict
            The worker's last event, with its ``messages``.

        Raises
        ------
        ModelError, InputError, InferenceError
        """
        settled = False
        last = Progress(f"Starting the {self.what} process", 0.0)
        messages: list[str] = []
        try:
            self._send(command)
            while True:
                # Asked before the events are read: what a process wrote before its end is not missed.
                code = self._process.poll()
                events = self._new_events()
                for event in events:
                    kind = event["event"]
                    if kind == "progress":
                        last = Progress(event["stage"], event["fraction"], event["seconds_left"])
                        yield last
                    elif kind == "message":
                        messages.append(event["message"])
                        yield Progress(last.stage, last.fraction, last.seconds_left, event["message"])
                    elif kind == "error":
                        settled = True
                        raise self._error(event)
                    else:
                        settled = True
                        return {**event, "messages": tuple(messages)}
                if code is not None:
                    log = self._log_tail()
                    raise _obituary(code, log, self.what, self.remedy)
                if not events:
                    yield Progress(last.stage, last.fraction, last.seconds_left, waiting=True)
        finally:
            if not settled:
                self.close()

    def _start(self) -> None:
        command = self._command or [find_python(), str(_SEGMENTING)]
        with shielded():  # until it is known how to end it
            self._start_process(command)

    def _start_process(self, command: Sequence[str]) -> None:
        folder = scratch_folder("worker")
        events = folder / EVENTS_FILE
        events.touch()
        # A process group of its own, so that its children end with it; no console window on Windows.
        group = {"creationflags": subprocess.CREATE_NO_WINDOW} if os.name == "nt" else {"start_new_session": True}
        try:
            with open(folder / LOG_FILE, "wb") as log:
                process = subprocess.Popen(
                    [*command, str(folder)],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    cwd=folder,
                    env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"},
                    **group,
                )
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise InferenceError(
                f"The {self.what} process could not be started ({command[0]}: {error.strerror}); "
                f"name a Python interpreter in {PYTHON_VARIABLE}."
            ) from error
        self._process, self._folder = process, folder
        self._events = open(events, encoding="utf-8", newline="\n")  # noqa: SIM115 - closed by _end
        # Also runs when this object is forgotten and when Python exits.
        self._end = weakref.finalize(self, _end, process, self._events, folder)

    def _send(self, command: dict) -> None:
        try:
            self._process.stdin.write(json.dumps(command).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            pass  # It has ended already; polling says how.

    def _new_events(self) -> list[dict]:
        """Return the events that are complete since the last call."""
        *lines, self._rest = (self._rest + self._events.read()).split("\n")
        return [json.loads(line) for line in lines]

    def _error(self, event: dict) -> Exception:
        error = ERRORS[event["kind"]]
        details = (event["details"],) if issubclass(error, InferenceError) else ()
        return error(event["message"], *details)

    def _log_tail(self) -> str:
        try:
            return (self._folder / LOG_FILE).read_text(encoding="utf-8", errors="replace")[-4000:]
        except OSError:
            return ""


def _obituary(code: int, log: str, what: str, remedy: str) -> InferenceError:
    """Return the error of a process that ended with the exit status `code` before it was done."""
    if code in (-9, 137):
        return InferenceError(
            f"The {what} process was ended from outside (killed), most often by the system for lack of memory; "
            f"{remedy}, then run again.",
            log,
        )
    # Slicer's launcher reports the crash of its child in words; Windows has exit statuses above 255 for crashes.
    if code < 0 or code > 255 or "exit abnormally" in log:
        name = next((each.name for each in signal.Signals if each == -code), f"exit status {code}")
        return UnexpectedError(
            f"The {what} process crashed ({name}), often for lack of memory; "
            f"{remedy}, choose the CPU if it was on a GPU, then run again.",
            log,
        )
    return UnexpectedError(
        f"The {what} process ended unexpectedly (exit status {code}); see the log for what it said last.", log
    )


def _end(process: subprocess.Popen, events, folder: Path) -> None:
    """End `process` with its children and remove its traces."""
    if os.name == "nt" and process.poll() is None:
        # PythonSlicer is a launcher: the interpreter is its child.
        subprocess.run(
            ["taskkill", "/T", "/F", "/PID", str(process.pid)],
            capture_output=True,
            creationflags=subprocess.CREATE_NO_WINDOW,
            check=False,
        )
        process.kill()
    if os.name != "nt":
        # Also what is left of a process that died by itself.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    with contextlib.suppress(OSError):
        process.stdin.close()
    events.close()
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)  # Windows lets go of the files of an ended process a little later.

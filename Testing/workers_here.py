"""Work of other processes done in that of the tests: to start them and to import takes longer than tiny cases do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from AbdominalCalcificationLib.casework import reader
from AbdominalCalcificationLib.casework.process import ReadingSession
from AbdominalCalcificationLib.exporting import apart
from AbdominalCalcificationLib.exporting.process import ExportingSession
from AbdominalCalcificationLib.leftovers import scratch_folder
from AbdominalCalcificationLib.processes.worker import EVENTS_FILE
from AbdominalCalcificationLib.training import run
from AbdominalCalcificationLib.training.process import TrainingSession


class AnswersHere:
    """Put before a :class:`Worker`: the parent's side of a process without one; it answers through the same file."""

    session: type

    @property
    def is_alive(self) -> bool:
        return self._process is not None

    def _start_process(self, command) -> None:
        folder = scratch_folder("worker")
        (folder / EVENTS_FILE).touch()
        self._session = self.session(folder / EVENTS_FILE)
        events = open(folder / EVENTS_FILE, encoding="utf-8", newline="\n")  # noqa: SIM115 - closed by _end
        # It has ended when it is asked for news: the whole answer is there.
        self._process, self._folder, self._events = SimpleNamespace(poll=lambda: 0), folder, events

        def end() -> None:
            events.close()
            self._session._events.close()
            shutil.rmtree(folder)

        self._end = end

    def _send(self, command: dict) -> None:
        self._session.answer(command)


class TrainingHere(AnswersHere, run.TrainingWorker):
    session = TrainingSession


class ReadingHere(AnswersHere, reader._Reader):
    session = ReadingSession


class ExportingHere(AnswersHere, apart.Exporter):
    session = ExportingSession

    def _start(self) -> None:
        self._start_process(())


@contextmanager
def training_here() -> Iterator[None]:
    """Let ``train`` do its work in this process; what it says to nnU-Net in the environment is taken back."""
    before = dict(os.environ)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(run, "TrainingWorker", TrainingHere)
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def reading_here() -> Iterator[None]:
    """Let cases of the case list be read in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_Reader", ReadingHere)
        yield


@contextmanager
def exporting_here() -> Iterator[None]:
    """Let the documents of a result be made in this process."""
    from AbdominalCalcificationLib.scene import session

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "Exporter", ExportingHere)
        yield

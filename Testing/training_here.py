"""Training in the process of the tests: to import PyTorch and nnU-Net takes longer than to train a tiny network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from AbdominalCalcificationLib.leftovers import scratch_folder
from AbdominalCalcificationLib.processes.worker import EVENTS_FILE
from AbdominalCalcificationLib.training import run
from AbdominalCalcificationLib.training.process import TrainingSession


class TrainingHere(run.TrainingWorker):
    """The parent's side of a training process without one: its session answers here, through the same file."""

    @property
    def is_alive(self) -> bool:
        return self._process is not None

    def _start_process(self, command) -> None:
        folder = scratch_folder("worker")
        (folder / EVENTS_FILE).touch()
        self._session = TrainingSession(folder / EVENTS_FILE)
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

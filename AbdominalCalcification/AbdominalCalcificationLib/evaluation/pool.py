"""Cases spread over processes: each does one case at a time, and may die without harm to the others."""

from __future__ import annotations

import os
import traceback
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path

from ..errors import AbdominalCalcificationError, WriteError
from ..explanations import explanation
from ..processes.interpreter import spawning
from ..processes.spread import follow_parent
from ..progress import Progress, Steps
from ..signals import check, shielded
from .cohort import Case
from .settings import Settings

# Cases sent to a process in advance, so that it need not wait until someone looks for its answer.
_AHEAD = 4


def usable_cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_steps(cases: Sequence[Case], folder: Path, settings: Settings, jobs: int) -> Steps[None]:
    """Evaluate `cases` in `jobs` processes and leave their records in `folder`.

    Yields a step for every case that is finished, with `fraction` of `cases`, and waiting steps in
    between. A process that dies costs the case it was at, which is recorded as failed. Closing the
    generator ends the processes.
    """
    from .store import Store

    context = spawning()
    todo = deque(cases)
    done = 0
    running: list[_Process] = []
    try:
        while todo or running:
            while todo and len(running) < jobs:
                with shielded():  # else a process may have started that nobody knows
                    running.append(_Process(context, folder, settings, max(1, usable_cores() // jobs)))
            for process in running:
                process.feed(todo)
            ready = set(wait([process.pipe for process in running], timeout=0))
            for process in [each for each in running if each.pipe in ready]:
                try:
                    reason = process.receive()
                except (EOFError, ConnectionError):
                    check()  # a signal may have ended it
                    case = process.lost(todo)
                    running.remove(process)
                    if case is None:
                        continue
                    reason = f"Its process ended with code {process.exit_code} and no result; out of memory, or killed?"
                    Store(folder, settings).write(case, None, reason)
                done += 1
                yield Progress("Evaluating cases", done / len(cases), message=reason and f"{process.last}: {reason}")
            for process in [each for each in running if not each.pending and not todo]:
                process.end()
                running.remove(process)
            if not ready:
                yield Progress("Evaluating cases", done / len(cases), waiting=True)
    finally:
        with shielded():
            for process in running:
                process.kill()


class _Process:
    """The parent's side of one process."""

    def __init__(self, context, folder: Path, settings: Settings, threads: int):
        self.pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, str(folder), settings, threads), daemon=True)
        self._process.start()
        theirs.close()
        self.pending: deque[Case] = deque()
        self.last = ""

    @property
    def exit_code(self) -> int | None:
        return self._process.exitcode

    def feed(self, todo: deque[Case]) -> None:
        with suppress(ConnectionError):  # a dead process is noticed when its answer is read
            while todo and len(self.pending) < _AHEAD:
                self.pending.append(todo[0])
                self.pipe.send(todo.popleft())

    def receive(self) -> str:
        """Return what failed in the case at hand; empty where nothing did."""
        reason = self.pipe.recv()
        if isinstance(reason, WriteError):
            raise reason
        self.last = self.pending.popleft().name
        return reason

    def lost(self, todo: deque[Case]) -> Case | None:
        """Give back what a dead process did not come to, and return what it was at."""
        self._process.join()
        self.pipe.close()
        case = self.pending.popleft() if self.pending else None
        todo.extendleft(reversed(self.pending))
        self.last = case.name if case else ""
        return case

    def end(self) -> None:
        """Let the process end itself: it has nothing left to do."""
        self.pipe.close()
        self._process.join()

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _work(pipe: Connection, folder: str, settings: Settings, threads: int) -> None:
    """Evaluate cases from `pipe` until it closes; answer each with what failed, or nothing."""
    follow_parent()
    import SimpleITK as sitk

    from ..inference import Worker
    from .case import evaluate_case
    from .store import Store

    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
    store = Store(Path(folder), settings)
    with Worker() as worker, suppress(EOFError, ConnectionError):
        while True:
            case = pipe.recv()
            result, reason, details = None, "", ""
            fingerprint = store.fingerprint(case)
            try:
                result = evaluate_case(case, settings, worker)
            except AbdominalCalcificationError as error:
                reason = str(error)
            except Exception as error:
                reason = explanation(error) or f"Internal error: {type(error).__name__}: {error}"
                details = traceback.format_exc()
            try:
                store.write(case, result, reason or None, details, fingerprint)
            except WriteError as error:  # there is no use in going on
                pipe.send(error)
                return
            failures = [] if result is None else [f"{name}: {text}" for name, text in result["failures"].items()]
            del result  # before the next case comes
            pipe.send(" ".join([reason, *failures]).strip())

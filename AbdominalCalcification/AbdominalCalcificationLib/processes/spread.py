"""Independent pieces of work spread over processes."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for
from typing import Any

from ..errors import InferenceError
from ..signals import leave_to_parent, shielded
from .interpreter import spawning


def results_of(
    function: Callable[..., Any], arguments: Sequence[tuple], processes: int = 1
) -> Iterator[tuple[int, Any] | None]:
    """Yield ``(index, function(*arguments[index]))`` as the results come, and None now and then while waiting.

    With one process everything happens in this one. Closing the generator ends the processes at once, so
    `function` should leave nothing half-written when it is killed: best it writes nothing.

    Raises
    ------
    InferenceError
        Where a process was killed, as systems do that run out of memory.
    """
    if processes <= 1 or len(arguments) <= 1:
        for index, each in enumerate(arguments):
            yield index, function(*each)
        return
    executor = ProcessPoolExecutor(min(processes, len(arguments)), spawning(), follow_parent)
    workers: dict = {}
    try:
        todo = iter(enumerate(arguments))
        running: dict = {}
        while True:
            # Results can be large: none is asked for before there is someone to take it.
            while len(running) < processes and (following := next(todo, None)) is not None:
                with shielded():  # else a process may have started that nobody knows
                    running[executor.submit(function, *following[1])] = following[0]
                    workers = dict(executor._processes or {})
            if not running:
                return
            done, _ = wait(running, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in done:
                yield running.pop(future), future.result()
            if not done:
                yield None
    except BrokenProcessPool:
        raise InferenceError(
            "A process was ended from outside, most often by the system for lack of memory; use fewer --processes."
        ) from None
    finally:
        with shielded():
            for process in workers.values():
                process.kill()
            executor.shutdown(wait=True, cancel_futures=True)


def follow_parent() -> None:
    """In a process that multiprocessing started: leave signals to the parent, and end when it ends, in whatever way."""
    leave_to_parent()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for([parent.sentinel])
        os._exit(1)

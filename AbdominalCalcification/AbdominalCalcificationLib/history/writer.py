"""A file that grows record by record, written in a thread of its own: who edits does not wait for the disk."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .. import durable
from ..errors import WriteError
from ..leftovers import temporary_name
from . import journal

# The file of one case is written anew where it has become so large.
MAX_BYTES = 64 << 20


class JournalWriter:
    """Writes records in the order in which they were asked for.

    Parameters
    ----------
    path : Path
        In a folder of its own.

    Attributes
    ----------
    problem : WriteError or None
        Why something could not be written. Until the file is begun anew nothing is added to it: an edit without the
        one before it is worth nothing.
    """

    def __init__(self, path: Path):
        self.path = path
        self.problem: WriteError | None = None
        self._tasks: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._asked = 0  # tasks that are not done
        self._done = threading.Condition()
        self._size = 0
        self._to_sync = threading.Event()
        self._is_open = True
        # Daemons: they must not keep a program alive that ends without closing this. What was written is safe from the
        # end of this process at once; handing it to the disk, for the end of the computer, may take long and waits.
        self._threads = [threading.Thread(target=each, daemon=True) for each in (self._work, self._sync)]
        for each in self._threads:
            each.start()

    @property
    def is_full(self) -> bool:
        """Whether the file has grown so large that it should be begun anew."""
        return self._size > MAX_BYTES

    def prepare(self, make: Callable[[], object]) -> None:
        """Have something made that will be needed for a record."""
        self._ask(make)

    def begin(self, make: Callable[[], list[bytes]]) -> None:
        """Write the file anew: whole, or as it was before."""

        def write() -> None:
            content = b"".join([journal.beginning(), *make()])
            if self.path.exists():
                with durable.written(self.path) as temporary, open(temporary, "wb", opener=_for_owner_alone) as file:
                    file.write(content)
            else:  # nothing is lost where it does not reach the disk
                temporary = self.path.with_name(temporary_name(self.path.name))
                with open(temporary, "wb", opener=_for_owner_alone) as file:
                    file.write(content)
                os.replace(temporary, self.path)
                self._to_sync.set()
            self._size = len(content)
            self.problem = None

        self._ask(write)

    def append(self, make: Callable[[], bytes]) -> None:
        """Add a record."""

        def write() -> None:
            if self.problem is not None:
                return
            content = make()
            with open(self.path, "r+b", buffering=0) as file:
                file.seek(self._size)  # over what an attempt that failed has left
                written = 0
                while written < len(content):
                    written += file.write(content[written:])
                self._size += len(content)
            self._to_sync.set()

        self._ask(write)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until all that was asked for is done; return whether it is."""
        with self._done:
            return self._done.wait_for(lambda: not self._asked, timeout_s)

    def close(self) -> None:
        """Finish what was asked for and end the threads."""
        self._tasks.put(None)
        self._threads[0].join()
        self._is_open = False
        self._to_sync.set()
        self._threads[1].join()

    def _ask(self, task: Callable[[], object]) -> None:
        with self._done:
            self._asked += 1
        self._tasks.put(task)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                task()
            except WriteError as problem:
                self.problem = problem
            except OSError as problem:
                self.problem = durable.cannot_write(self.path, problem)
            with self._done:
                self._asked -= 1
                self._done.notify_all()

    def _sync(self) -> None:
        while self._to_sync.wait() and self._is_open:
            self._to_sync.clear()
            with suppress(OSError):
                durable.sync(self.path)


def _for_owner_alone(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)

"""Signals that ask the program to end, acted on in order.

Python raises KeyboardInterrupt between any two of its instructions. Where that is inside the loading of a C++ library
the process crashes, inside a clean-up something stays behind, and in a callback of a library the interrupt is lost.
Here a signal is noted at once and raised where it does no harm: between steps of long work (:func:`check`), and in
between wherever nothing is being loaded, cleaned up or put in its place.

Only the command line does this, and never inside Slicer, whose signals are its own. Without :func:`orderly_signals` all
functions here do nothing.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import cast

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
# How soon one that had to wait is tried again.
_AGAIN_S = 0.02
# Code that must come to its end: an exception in the middle would lose a folder, a process or a lock.
_MODULES = (
    "importlib",
    "contextlib",
    "tempfile",
    "weakref",
    "_weakrefset",
    "threading",
    "queue",
    "subprocess",
    "multiprocessing",
    "concurrent.futures",
    "logging",
    "atexit",
)
_FUNCTIONS = ("__del__", "rmtree")


class Interrupted(KeyboardInterrupt):
    """The program was asked to end.

    Attributes
    ----------
    number : int
        Of the signal.
    """

    def __init__(self, number: int):
        super().__init__(f"ended by {signal.Signals(number).name}")
        self.number = number


def exit_code(error: BaseException) -> int:
    """Return the exit code that shells give a program ended by a signal, 128 and its number, for what that raised."""
    return 128 + (getattr(error, "number", 0) or noted() or signal.SIGINT)


class _Watch:
    """What is known of the signals that came, and when they may be acted on.

    Attributes
    ----------
    noted, pending, raised : int
        The last signal that came, the one still to be raised, the last one that was; 0 for none.
    count : int
        Signals that came.
    shields : int
        Blocks around the code at hand in which nothing is raised.
    has_committed : bool
        Something was finished; until the next check that may have been all.
    on_stop : callable or None
        Where set, a first signal is raised by a check alone, after this was called.
    """

    def __init__(self, base: FrameType):
        self._base = base
        self._is_reminding = self._is_reminder = False
        self._before: dict = {}
        self.noted = self.pending = self.raised = self.count = self.shields = 0
        self.has_committed = False
        self.on_stop: Callable[[], None] | None = None

    def install(self) -> None:
        self._hooks = sys.unraisablehook, sys.excepthook
        sys.unraisablehook, sys.excepthook = self._take_unraisable, self._take_unhandled
        for name in NAMES:
            number = getattr(signal, name, None)
            # What is ignored stays so: nohup, and jobs in the background of a script, ask for it.
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._before[number] = signal.signal(number, self._handle)

    def remove(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        sys.unraisablehook, sys.excepthook = self._hooks
        self.pending = 0

    def check(self) -> None:
        # One that was raised and swallowed on the way: nobody would come here if it had arrived.
        if self.raised and not self.pending and sys.exc_info()[1] is None:
            self.pending = self.raised
        if self.pending and not self.shields:
            if self.on_stop is not None:
                self.on_stop()
            self._raise_pending()
        self.has_committed = False

    def leave_shield(self) -> None:
        self.shields -= 1
        if self._may_raise():
            self._raise_pending()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._is_reminder:
            self._is_reminder = False
        else:
            self.noted = self.pending = number
            self.count += 1
        if self._may_raise() and not self._is_delicate(frame):
            self._raise_pending()
        self._remind_later()

    def _may_raise(self) -> bool:
        waits_for_check = self.has_committed or (self.on_stop is not None and self.count < 2)
        # An exception that is being handled, most of all one of ours, means that something is cleaned up.
        return bool(self.pending) and not (self.shields or waits_for_check) and sys.exc_info()[1] is None

    def _is_delicate(self, frame: FrameType | None) -> bool:
        while frame is not None and frame is not self._base:
            code, module = frame.f_code, frame.f_globals.get("__name__") or ""
            if code.co_name in _FUNCTIONS or module.startswith(_MODULES) or "<frozen importlib" in code.co_filename:
                return True
            frame = frame.f_back
        return False

    def _raise_pending(self) -> None:
        self.raised, self.pending = self.pending, 0
        raise Interrupted(self.raised)

    def _remind_later(self) -> None:
        # Not a threading.Thread: starting one takes locks that the code at hand may hold.
        if self.pending and not self._is_reminding:
            self._is_reminding = True
            _thread.start_new_thread(self._remind, ())

    def _remind(self) -> None:
        time.sleep(_AGAIN_S)
        self._is_reminding = False
        if self.pending and _watch is self:
            self._is_reminder = True
            # A signal once more, since that also wakes the main thread where it waits.
            if hasattr(signal, "pthread_kill"):
                signal.pthread_kill(cast(int, threading.main_thread().ident), self.pending)
            else:
                _thread.interrupt_main(signal.Signals(self.pending))

    def _take_unraisable(self, what) -> None:
        if isinstance(what.exc_value, Interrupted):
            self._take_back(what.exc_value)
        else:
            self._hooks[0](what)

    def _take_unhandled(self, kind, error, trace) -> None:
        # C++ libraries report the exceptions of their callbacks so, and go on.
        if isinstance(error, Interrupted):
            self._take_back(error)
        else:
            self._hooks[1](kind, error, trace)

    def _take_back(self, interrupt: Interrupted) -> None:
        self.pending = interrupt.number
        self._remind_later()


_watch: _Watch | None = None


def _watch_here() -> _Watch | None:
    """Return the watch where there is one and this is the thread that signals act on."""
    is_main = threading.current_thread() is threading.main_thread()
    return _watch if is_main else None


@contextmanager
def orderly_signals() -> Iterator[None]:
    """Raise :class:`Interrupted` in the block, where it does no harm, for the signals that ask the program to end.

    Does nothing inside Slicer, outside the main thread, and where it is done already.
    """
    global _watch
    in_slicer = getattr(sys.modules.get("slicer"), "app", None) is not None
    if _watch is not None or in_slicer or threading.current_thread() is not threading.main_thread():
        yield
        return
    watch = _watch = _Watch(sys._getframe(2))
    try:
        watch.install()
        yield
    finally:
        _watch = None
        watch.remove()


def check() -> None:
    """Raise what is to be raised: for a place between two steps, where nothing is half done."""
    if (watch := _watch_here()) is not None:
        watch.check()


def noted() -> int:
    """Return the number of the last signal that came; 0 where none did."""
    return 0 if _watch is None else _watch.noted


@contextmanager
def shielded(commits: bool = False) -> Iterator[None]:
    """Let signals wait for the end of the block.

    Parameters
    ----------
    commits : bool
        The block finishes something. What comes meanwhile, or later, then waits for the next :func:`check`, so that
        a program which has nothing more to do ends as one that is done.
    """
    watch = _watch_here()
    if watch is None:
        yield
        return
    watch.shields += 1
    try:
        yield
        watch.has_committed = watch.has_committed or commits
    finally:
        watch.leave_shield()


@contextmanager
def between_steps(on_stop: Callable[[], None]) -> Iterator[None]:
    """Let a first signal wait for :func:`check` throughout the block; a second one acts as soon as it can.

    Parameters
    ----------
    on_stop : callable
        Called before the first one is raised.
    """
    watch = _watch_here()
    if watch is None:
        yield
        return
    watch.on_stop = on_stop
    try:
        yield
    finally:
        watch.on_stop = None


def leave_to_parent() -> None:
    """In a process of a pool: what a terminal sends to all processes is for the parent to act on."""
    for name in NAMES:
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.SIG_IGN)

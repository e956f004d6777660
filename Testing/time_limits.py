"""Limits for what must come to an end, in time of the processor: what other programs do on the machine is no matter."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

# What waits for nothing in particular takes no time of the processor.
_WAITING = 30


class TooSlow(BaseException):
    """What was at work was ended."""


@contextmanager
def in_time(seconds: float) -> Iterator[None]:
    """Raise :class:`TooSlow` in the block once it has worked for `seconds`, or waited for very much longer; POSIX."""

    def ring(*_):
        raise TooSlow(f"took more than {seconds} s")

    timers = ((signal.SIGPROF, signal.ITIMER_PROF, seconds), (signal.SIGALRM, signal.ITIMER_REAL, _WAITING * seconds))
    before = [signal.signal(number, ring) for number, _, _ in timers]
    try:
        for _, timer, after in timers:
            signal.setitimer(timer, after)
        yield
    finally:
        for (number, timer, _), own in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, own)

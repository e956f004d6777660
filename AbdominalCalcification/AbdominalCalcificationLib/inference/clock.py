"""Telling how far a prediction is, and how long it will still take."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

# (part of this prediction that is done, estimate of the seconds left or None)
Report = Callable[[float, "float | None"], None]

TILES = "tiles"


class Clock:
    """Estimates the time left from the mean time that each kind of work took so far.

    Kinds are told apart because they do not keep step: slices of the image are prepared ahead of
    the tiles, and labelled after them. The first piece of each kind counts only until there is
    another: it also pays for what is set up once.

    Parameters
    ----------
    work : mapping of str to int
        Units of each kind of work that are to be done; ``tiles`` is one of them.
    report : callable
    now : callable
        The time in seconds.
    """

    def __init__(self, work: Mapping[str, int], report: Report, now: Callable[[], float] = time.monotonic):
        self._work, self._report, self._now = work, report, now
        self.restart()

    def restart(self) -> None:
        """Begin anew: nothing is done."""
        self._done = dict.fromkeys(self._work, 0)
        self._first = dict.fromkeys(self._work, (0, 0.0))
        self._spent = dict.fromkeys(self._work, 0.0)
        self._last = self._now()
        self._report(0.0, None)

    def did(self, kind: str, units: int = 1) -> None:
        """Say that the time since the last call went into `units` of `kind`."""
        now = self._now()
        if not self._done[kind]:
            self._first[kind] = units, now - self._last
        self._done[kind] += units
        self._spent[kind] += now - self._last
        self._last = now
        if self._done[TILES]:
            left = sum(self._seconds_per_unit(each) * (count - self._done[each]) for each, count in self._work.items())
            self._report(self._done[TILES] / self._work[TILES], left)

    def _seconds_per_unit(self, kind: str) -> float:
        units, seconds = self._first[kind]
        if self._done[kind] > units:
            return (self._spent[kind] - seconds) / (self._done[kind] - units)
        return seconds / units if units else 0.0

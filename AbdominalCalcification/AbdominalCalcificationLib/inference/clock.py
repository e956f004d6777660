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
    the tiles, and labelled after them.

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
        self._spent = dict.fromkeys(self._work, 0.0)
        self._last = self._now()
        self._report(0.0, None)

    def did(self, kind: str, units: int = 1) -> None:
        """Say that the time since the last call went into `units` of `kind`."""
        now = self._now()
        self._done[kind] += units
        self._spent[kind] += now - self._last
        self._last = now
        if not self._done[TILES]:
            return
        left = sum(
            self._spent[each] / self._done[each] * (count - self._done[each])
            for each, count in self._work.items()
            if self._done[each]
        )
        self._report(self._done[TILES] / self._work[TILES], left)

"""Telling how far a prediction is, and how long it will still take."""

from __future__ import annotations

import time
from collections.abc import Callable

# (part of this prediction that is done, estimate of the seconds left or None)
Report = Callable[[float, "float | None"], None]


class Clock:
    """Counts tiles and estimates the time left from the mean time of those done."""

    def __init__(self, count: int, report: Report):
        self._count, self._report = count, report
        self.restart()

    def restart(self) -> None:
        """Begin anew: none is done."""
        self._done, self._start = 0, time.monotonic()
        self._report(0.0, None)

    def tick(self, tiles: int = 1) -> None:
        """Say that so many more tiles are done."""
        self._done += tiles
        spent = time.monotonic() - self._start
        self._report(self._done / self._count, spent / self._done * (self._count - self._done))

"""How long somebody works on a case: pauses do not count."""

from __future__ import annotations

import time
from collections.abc import Callable

# After so long without a touch nobody is taken to be at work.
PAUSE_S = 180.0


class WorkClock:
    """Counts from its start, and stops three minutes after it was touched last, until it is touched again.

    Parameters
    ----------
    clock : callable
        Returns seconds that only rise.

    Examples
    --------
    >>> now = [0.0]
    >>> work = WorkClock(lambda: now[0])
    >>> now[0] = 60
    >>> work.touch()
    >>> now[0] = 3600
    >>> work.seconds
    240.0
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self.restart()

    @property
    def seconds(self) -> float:
        """How long was worked."""
        return self._seconds + self._since_touch()

    def touch(self) -> None:
        """Note that somebody does something."""
        self._seconds += self._since_touch()
        self._touched = self._clock()

    def restart(self) -> None:
        """Begin anew, at nothing."""
        self._seconds, self._touched = 0.0, self._clock()

    def _since_touch(self) -> float:
        return min(self._clock() - self._touched, PAUSE_S)

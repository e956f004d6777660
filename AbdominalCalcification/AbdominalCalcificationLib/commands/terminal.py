"""What the command line prints while it works."""

from __future__ import annotations

import sys

from ..progress import Progress, duration_text


class Report:
    """Prints progress on standard error: one line that moves on a terminal, plain lines elsewhere."""

    def __init__(self, quiet: bool):
        self._quiet = quiet
        self._moving = sys.stderr.isatty()
        self._width = 0
        self._last = None

    def __call__(self, step: Progress) -> None:
        if self._quiet:
            return
        if step.message:
            self.close()
            print(step.message, file=sys.stderr, flush=True)
        if self._moving:
            share = "" if step.fraction is None else f"{100 * step.fraction:3.0f} %  "
            left = "" if step.seconds_left is None else f"  about {duration_text(step.seconds_left)} left"
            line = f"{share}{step.stage}{left}"
            print(f"\r{line:<{self._width}}", end="", file=sys.stderr, flush=True)
            self._width = len(line)
        elif step.stage != self._last:
            print(step.stage, file=sys.stderr, flush=True)
        self._last = step.stage

    def close(self) -> None:
        """End the moving line, so that what is printed next starts on a line of its own."""
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=sys.stderr, flush=True)
            self._width = 0

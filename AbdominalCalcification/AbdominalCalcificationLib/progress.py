"""Long work as generators of progress.

Everything a user waits for is a generator that yields :class:`Progress` and returns its
result. A command line drains it, a Slicer timer advances it step by step, and closing it
cancels: ``finally`` blocks inside end processes and remove temporary files. No thread is
needed, which matters because Slicer's event loop holds Python's lock.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from .signals import check

Result = TypeVar("Result")
Part = TypeVar("Part")
Shown = TypeVar("Shown")


@dataclass(frozen=True)
class Progress:
    """One step of a long task.

    Attributes
    ----------
    stage : str
        What is being done, for people, in English ("Segmenting arteries").
    fraction : float or None
        Part of the whole task that is done, 0 to 1; None where unknown.
    seconds_left : float or None
        Estimate of the time left of this stage.
    message : str
        A line for the log, empty where there is nothing to say.
    waiting : bool
        True where nothing happened since the last step: the caller may sleep before it asks
        again (another process is at work).
    """

    stage: str
    fraction: float | None = None
    seconds_left: float | None = None
    message: str = ""
    waiting: bool = False


Steps = Generator[Progress, None, Result]


def duration_text(seconds: float) -> str:
    """Return a duration as people are told it: seconds to a minute and a half, minutes to two hours, and so on."""
    for unit, length, least in (("d", 86400, 2), ("h", 3600, 2), ("min", 60, 1.5)):
        if seconds >= least * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def drain(steps: Steps[Result], report: Callable[[Progress], None] | None = None, idle_s: float = 0.05) -> Result:
    """Run `steps` to its end and return its result; between two of them signals are acted on.

    Parameters
    ----------
    steps : generator of Progress
    report : callable, optional
        Called with every step. An exception it raises closes `steps`, which cancels the work.
    idle_s : float
        How long to sleep after a step that says it is waiting, in seconds.
    """
    import time

    try:
        while True:
            step = next(steps)
            if report is not None:
                report(step)
            check()
            if step.waiting:
                time.sleep(idle_s)
    except StopIteration as stop:
        return stop.value
    finally:
        steps.close()


def drained(parts: Generator[Any, None, Result]) -> Result:
    """Run a generator of parts of a work to its end at once, and return its result."""
    while True:
        try:
            next(parts)
        except StopIteration as finished:
            return finished.value


def mapped(parts: Generator[Part, None, Result], show: Callable[[Part], Shown]) -> Generator[Shown, None, Result]:
    """Run a generator, and yield what `show` makes of each of its parts; closing this closes it."""
    try:
        while True:
            yield show(next(parts))
    except StopIteration as finished:
        return finished.value
    finally:
        parts.close()


def shown(parts: Generator[Any, None, Result], progress: Progress) -> Steps[Result]:
    """Show every part of a work as the same progress; how far it is they do not tell."""
    return mapped(parts, lambda _: progress)


def staged(stage: str, parts: Generator[Any, None, Result], start: float, stop: float) -> Steps[Result]:
    """Show the parts of a work, which tell how much of it is done or nothing, as one stage from `start` to `stop`."""

    def part(done) -> Progress:
        fraction = done.fraction if isinstance(done, Progress) else done
        return Progress(stage, start + (stop - start) * (fraction or 0.0))

    return mapped(parts, part)


def scaled(steps: Steps[Result], start: float, stop: float) -> Steps[Result]:
    """Map the fractions of `steps` (0 to 1) into `start` to `stop` of a larger task."""

    def part(step: Progress) -> Progress:
        return step if step.fraction is None else replace(step, fraction=start + (stop - start) * step.fraction)

    return mapped(steps, part)

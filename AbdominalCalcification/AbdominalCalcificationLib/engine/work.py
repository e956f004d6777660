"""One function called for many cases, wherever the engine says."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..progress import Progress, Steps
from .kit import Kit
from .settings import Engine, check_installed, usable_cores

#: What is called: with an argument and what its process keeps, it answers in a few words.
Function = Callable[[Any, Kit], Any]


@dataclass(frozen=True)
class Answer:
    """What one call came to.

    Attributes
    ----------
    index : int
        Of its argument.
    value : object
        What the function returned.
    lost : str
        Why there is nothing that it could have returned: its process died as often as it was tried.
    """

    index: int
    value: Any = None
    lost: str = ""


@dataclass(frozen=True)
class Waiting:
    """Nothing came; `message` is what there is to tell all the same."""

    message: str = ""


def answers_of(
    function: Function, arguments: Sequence[Any], engine: Engine, witness: Path | None = None
) -> Generator[Answer | Waiting, None, None]:
    """Call `function` for each of `arguments`, and yield what comes of it as it comes.

    Closing the generator ends the processes at once: a function leaves nothing half-written when it is killed. It may
    be called twice for one argument, since what a dying worker did is done again.

    Parameters
    ----------
    function : callable
        Of a module, so that other processes find it. What it raises ends the work.
    arguments : sequence
        Small; with absolute paths.
    engine : Engine
    witness : Path, optional
        A file that workers of a cluster must see, as the engine's places call it.

    Raises
    ------
    InputError
        Where Dask is missing, or there is no worker to be used.
    """
    if not arguments:
        return
    if engine.is_here:
        yield from _here(function, arguments)
        return
    check_installed("one job in this process")
    from .crew import Crew
    from .dealing import dealt
    from .embedded import cluster_of

    with cluster_of(engine, len(arguments)) as client:
        crew = Crew(client, engine, witness)
        yield from dealt(client, crew, function, arguments, engine.places)


def answered_steps(
    function: Function,
    arguments: Sequence[Any],
    engine: Engine,
    stage: str,
    take: Callable[[Answer], str],
    witness: Path | None = None,
) -> Steps[None]:
    """Call `function` for each of `arguments`, see :func:`answers_of`, and show how many are done, and the time left.

    Parameters
    ----------
    stage : str
        Of the progress.
    take : callable
        Is given each answer as it comes, and returns what is to be told of it; nothing by an empty text.
    """
    begin, done = time.monotonic(), 0
    answers = answers_of(function, arguments, engine, witness)
    try:
        for answer in answers:
            waiting = isinstance(answer, Waiting)
            done += not waiting
            message = answer.message if isinstance(answer, Waiting) else take(answer)
            left = (time.monotonic() - begin) * (len(arguments) / done - 1) if done else None
            yield Progress(stage, done / len(arguments), left, message, waiting)
    finally:
        answers.close()


def _here(function: Function, arguments: Sequence[Any]) -> Iterator[Answer | Waiting]:
    kit = Kit(usable_cores())
    try:
        for index, argument in enumerate(arguments):
            yield Answer(index, function(argument, kit))
    finally:
        kit.close()

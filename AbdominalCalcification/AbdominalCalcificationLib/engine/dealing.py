"""Hands out cases to the workers of a cluster, a few ahead, and collects what comes of them.

Dask gives a case of a worker that died to another, and gives up after some deaths. Then the case may be the reason, or
only have waited beside the one that was: it is set aside, and tried again at the end with nothing beside it.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import InputError
from .crew import Crew, resource
from .kit import kit_of_worker
from .places import Places
from .work import Answer, Function, Waiting

# So that a worker need not wait until someone looks for its answer.
_PER_WORKER = 2
# So that a cluster that grows with its work has a reason to.
_AT_LEAST = 4
_FETCH_S = 2.0
LOST = (
    "Its process ended each time it was tried, with no result; out of memory, or killed? Crop the CT to the abdomen, "
    "use fewer --jobs or a computer with more memory."
)
GONE = "The connection to the Dask scheduler is lost; start the command again: finished cases stay."


def call(function: Function, argument: Any) -> Any:
    """In a worker: call `function` with what this process keeps."""
    return function(argument, kit_of_worker())


def dealt(
    client: Any, crew: Crew, function: Function, arguments: Sequence[Any], places: Places
) -> Iterator[Answer | Waiting]:
    """Yield the answers of workers as they come; see :func:`work.answers_of`."""
    dealer = _Dealer(client, function, arguments, places)
    while dealer.is_busy:
        told = crew.look()
        yield from map(Waiting, told)
        _check_connection(client)
        if crew.is_renewed:
            dealer.take_back()
        dealer.deal(max(_PER_WORKER * crew.size, _AT_LEAST) if crew.is_foreign else _PER_WORKER * crew.size)
        came = dealer.collect()
        yield from came
        if not came and not told:
            yield Waiting()


def _check_connection(client: Any) -> None:
    if client.status not in ("running", "connecting"):
        raise InputError(GONE)


class _Dealer:
    """What is to be done, in flight, and set aside."""

    def __init__(self, client: Any, function: Function, arguments: Sequence[Any], places: Places):
        self._client, self._function, self._arguments, self._places = client, function, arguments, places
        self._todo = deque(range(len(arguments)))
        self._aside: deque[int] = deque()
        self._flying: dict[Any, int] = {}
        self._alone: set[int] = set()
        self._name = f"case-{uuid.uuid4().hex}"  # others may use the scheduler
        self._count = 0

    @property
    def is_busy(self) -> bool:
        return bool(self._todo or self._aside or self._flying)

    def deal(self, limit: int) -> None:
        """Hand out cases until so many are in flight; those that were set aside one by one, after all others."""
        while self._todo and len(self._flying) < limit:
            self._hand_out(self._todo.popleft())
        if self._aside and not self._todo and not self._flying and limit:
            index = self._aside.popleft()
            self._alone.add(index)
            self._hand_out(index)

    def _hand_out(self, index: int) -> None:
        self._count += 1
        future = self._client.submit(
            call,
            self._function,
            self._places.there(self._arguments[index]),
            key=f"{self._name}-{self._count}",
            resources={resource(): 1},
            pure=False,
        )
        self._flying[future] = index

    def take_back(self) -> None:
        """Take all cases back that are in flight, to hand them out again."""
        for future, index in reversed(self._flying.items()):
            (self._aside if index in self._alone else self._todo).appendleft(index)
            future.release()
        self._flying.clear()

    def collect(self) -> list[Answer]:
        """Return the answers that came."""
        answers = []
        for future in [each for each in self._flying if each.status != "pending"]:
            answer = self._ended(future, self._flying[future])
            if answer is not None:
                answers.append(answer)
        return answers

    def _ended(self, future: Any, index: int) -> Answer | None:
        """Return the answer of a case that is no longer in flight; None where it goes on being worked on."""
        from distributed import KilledWorker, TimeoutError  # asyncio's, another one than Python's before 3.11

        try:
            # A worker can die with an answer that nobody has fetched yet: then it is worked out again.
            value = future.result(timeout=_FETCH_S) if future.status == "finished" else None
        except TimeoutError:
            return None
        status = future.status
        if status == "pending":
            return None
        error = future.exception(timeout=_FETCH_S) if status == "error" else None
        del self._flying[future]
        future.release()
        if status == "finished":
            return Answer(index, value)
        if error is not None and not isinstance(error, KilledWorker):
            raise error
        if index in self._alone and error is not None:
            return Answer(index, lost=LOST)
        # Cancelled, where the scheduler was away for a while: nobody died.
        (self._aside if error is not None else self._todo).append(index)
        return None

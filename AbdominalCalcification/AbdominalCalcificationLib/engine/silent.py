"""Dask's scheduler and worker without the web servers that both open beside what they speak through."""

from __future__ import annotations

from typing import Any

from ..processes.spread import follow_parent

Scheduler: Any
Worker: Any
try:
    from distributed import Scheduler, Worker
except ImportError:  # then nobody makes one
    Scheduler = Worker = object


class SilentScheduler(Scheduler):
    """A scheduler that shows nothing."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Open no port."""


class OwnWorker(Worker):
    """A worker of the cluster of this computer: it leaves signals to the command, and ends with it."""

    def __init__(self, *given: Any, **named: Any):
        follow_parent()
        super().__init__(*given, **named)

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Open no port."""

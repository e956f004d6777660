"""What a process keeps from one case to the next."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from ..inference import Worker
from .settings import usable_cores

_ONE = {"", "1"}
Made = TypeVar("Made")


class Kit:
    """The process that segments, which keeps its models loaded, and how many cores a case may take.

    Parameters
    ----------
    cores : int
    """

    def __init__(self, cores: int):
        import SimpleITK as sitk

        self.cores = cores
        self.worker = Worker()
        self._made: tuple[Hashable, Any] | None = None
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(cores)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what `make` makes, or made when it was last asked for with this `key`."""
        if self._made is None or self._made[0] != key:
            self._made = key, make()
        return self._made[1]

    def close(self) -> None:
        """End the process that segments."""
        self.worker.close()


_kit: Kit | None = None


def kit_of_worker() -> Kit:
    """Return the kit of this process, a Dask worker: made once."""
    global _kit
    if _kit is None:
        from distributed import get_worker

        cores = max(1, min(get_worker().state.nthreads, usable_cores()))
        # Dask tells the libraries of its workers to use one thread, whatever the worker may use.
        if os.environ.get("OMP_NUM_THREADS", "") in _ONE and cores > 1:
            os.environ["OMP_NUM_THREADS"] = str(cores)
        _kit = Kit(cores)
    return _kit

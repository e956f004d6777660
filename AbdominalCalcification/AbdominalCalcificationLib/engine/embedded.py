"""Dask's cluster: one of this computer that ends with the work, or somebody's that is there.

Ours opens no port but those on which its own processes speak, on this computer alone, each with a certificate that
lives as long as the cluster: others on the computer can neither listen nor hand in code.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from ..errors import InferenceError, InputError
from ..leftovers import is_running, scratch_folder
from ..processes.interpreter import spawning
from ..signals import shielded
from .crew import resource
from .settings import CASE_BYTES, Engine, gpus, memory_bytes, usable_cores

_CONNECT_S = 30
_HERE = "127.0.0.1"
_GONE_S = 20.0
# A case that died twice with a worker is set aside (:mod:`.dealing`).
_ALLOWED_FAILURES = 1


@contextmanager
def cluster_of(engine: Engine, cases: int) -> Iterator[Any]:
    """Yield a client of the engine's cluster.

    Raises
    ------
    InputError
        Where the scheduler cannot be reached, or the dashboard not be shown.
    InferenceError
        Where no process can be started.
    """
    with _quiet():
        if engine.scheduler is not None:
            with _somebodys(engine.scheduler) as client:
                yield client
        else:
            with _own(engine, min(engine.jobs, cases)) as client:
                yield client


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Dask logs and warns of off the terminal."""
    import distributed  # noqa: F401  sets its loggers up

    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict if name.startswith("distributed")]
    before = [(each, each.level) for each in (*loggers, logging.getLogger("distributed"))]
    for each, _ in before:
        each.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for each, level in before:
            each.setLevel(level)


@contextmanager
def _somebodys(address: str) -> Iterator[Any]:
    from distributed import Client

    try:
        client = Client(address, timeout=_CONNECT_S, set_as_default=False, name="abdominal-calcification")
    except (OSError, ValueError, ImportError) as error:
        said = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"No Dask scheduler answers at '{address}' ({said}); check the address, and that it runs."
        ) from None
    try:
        yield client
    finally:
        with shielded(), suppress(Exception):
            client.close(timeout=5)  # which cancels what is in flight


@contextmanager
def _own(engine: Engine, jobs: int) -> Iterator[Any]:
    import dask
    from distributed import Client

    cores = max(1, usable_cores() // jobs)
    memory = memory_bytes() // jobs
    if memory < CASE_BYTES // 3:
        raise InputError(
            f"{jobs} jobs leave {memory >> 20} MiB of memory to each, too little for a CT; use fewer --jobs."
        )
    with ExitStack() as stack:
        with shielded():  # else processes may have started that nobody knows
            others = set(multiprocessing.active_children())
            stack.callback(_killed, others)  # where the cluster comes up in part
            folder = scratch_folder("dask")
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            stack.enter_context(dask.config.set(_configuration(str(folder), cores)))
            try:
                cluster = _cluster(jobs, cores, memory, str(folder), engine.dashboard)
            except (OSError, RuntimeError, ValueError) as error:
                raise InferenceError(
                    f"Processes for the cases cannot be started ({error}); use fewer --jobs."
                ) from None
            stack.callback(_end, cluster, others)
            client = Client(cluster, timeout=_CONNECT_S, set_as_default=False)
            stack.callback(_close, client)
        try:
            yield client
        finally:
            with shielded():
                stack.close()


def _configuration(folder: str, cores: int) -> dict[str, Any]:
    """Return what Dask is told: nothing on the disk but in `folder`, and nothing done that is not asked for."""
    return {
        "temporary-directory": folder,
        "distributed.scheduler.allowed-failures": _ALLOWED_FAILURES,
        # A library that keeps Python's lock for minutes is not dead.
        "distributed.scheduler.worker-ttl": None,
        "distributed.scheduler.active-memory-manager.start": False,
        "distributed.scheduler.locks.lease-timeout": "5 minutes",
        "distributed.worker.memory.target": False,
        "distributed.worker.memory.spill": False,
        "distributed.worker.memory.pause": False,
        "distributed.worker.memory.terminate": 0.95,
        "distributed.worker.profile.enabled": False,
        # What looks after itself many times a second takes a tenth of a core.
        "distributed.worker.memory.monitor-interval": "250ms",
        "distributed.admin.tick.interval": "1s",
        "distributed.admin.tick.limit": "10 minutes",
        "distributed.admin.system-monitor.interval": "10s",
        "distributed.diagnostics.nvml": False,
        "distributed.nanny.pre-spawn-environ": {
            "OPENBLAS_NUM_THREADS": 1,
            "OMP_NUM_THREADS": cores,
            "MKL_NUM_THREADS": cores,
        },
    }


def _cluster(jobs: int, cores: int, memory: int, folder: str, dashboard: int | None) -> Any:
    from distributed import Nanny, Scheduler, Security
    from distributed.deploy.spec import SpecCluster

    from .silent import OwnWorker, SilentScheduler

    spawning()  # processes run on the interpreter that the others run on
    security = Security.temporary()
    speaking = {"host": _HERE, "protocol": "tls://", "security": security}
    shown = {} if dashboard is None else {"dashboard": True, "dashboard_address": f"{_HERE}:{dashboard}"}
    if dashboard is not None:
        _check_dashboard()
    options = {
        **speaking,
        "nthreads": cores,
        "resources": {resource(): 1},
        "memory_limit": memory,
        "local_directory": folder,
        "worker_class": OwnWorker,
        "silence_logs": logging.CRITICAL,
    }
    visible = gpus()
    # What a worker that is ended leaves among temporary files goes with the folder.
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), folder)
    of_gpus = [{"CUDA_VISIBLE_DEVICES": each} for each in visible] if len(visible) > 1 else [{}]
    return SpecCluster(
        workers={
            name: {"cls": Nanny, "options": {**options, "env": {**temporary, **of_gpus[name % len(of_gpus)]}}}
            for name in range(jobs)
        },
        scheduler={
            "cls": SilentScheduler if dashboard is None else Scheduler,
            "options": {**speaking, "port": 0, **shown},
        },
        security=security,
        silence_logs=logging.CRITICAL,
        name=f"abdominal-calcification-{os.getpid()}",
    )


def _check_dashboard() -> None:
    from importlib.util import find_spec

    if find_spec("bokeh") is None:
        raise InputError("Dask's dashboard needs the package bokeh; pip install bokeh, or leave --dashboard out.")


def _close(client: Any) -> None:
    with suppress(Exception):
        client.close(timeout=5)


def _end(cluster: Any, others: set[Any]) -> None:
    """End the processes at once, whatever they are at, then what watched them; `others` were there before."""
    for nanny in cluster.workers.values():
        nanny.auto_restart = False
    ours = _killed(others)
    with suppress(Exception):
        cluster.close(timeout=30)
    ours |= _killed(others)  # one that was about to start
    # What they have left is looked for where they are gone.
    end = time.monotonic() + _GONE_S
    while any(is_running(each.pid) for each in ours) and time.monotonic() < end:
        multiprocessing.active_children()  # which takes note of those that have ended
        time.sleep(0.01)


def _killed(others: set[Any]) -> set[Any]:
    ours = set(multiprocessing.active_children()) - others
    for each in ours:
        with suppress(Exception):
            each.kill()
    return ours

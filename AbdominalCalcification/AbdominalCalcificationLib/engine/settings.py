"""Where cases are worked on."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from ..errors import InputError
from .places import Places

PIP = 'pip install "abdominal-calcification[cohort]"'
# For one case with its pictures and its scene; 1.7 GiB were measured for the numbers of a large CT alone.
CASE_BYTES = 3 << 30
_SCHEDULER = re.compile(r"(tcp|tls|ws|wss|ucx|inproc)://\S+")


@dataclass(frozen=True)
class Engine:
    """Where cases are worked on.

    Attributes
    ----------
    jobs : int
        Cases at a time, each in a process of its own; 0 for one at a time in this process, without Dask.
    scheduler : str or None
        Address of a Dask scheduler whose workers are used instead.
    places : Places
        What paths are called where those workers are.
    dashboard : int or None
        Port of this computer, for itself alone, at which Dask shows what it does; none is opened by default.

    Raises
    ------
    InputError
        For what cannot be meant.
    """

    jobs: int = 0
    scheduler: str | None = None
    places: Places = field(default_factory=Places)
    dashboard: int | None = None

    def __post_init__(self):
        if self.jobs < 0:
            raise InputError(f"The number of jobs must be at least 0, not {self.jobs}.")
        if self.scheduler is not None and not _SCHEDULER.fullmatch(self.scheduler):
            raise InputError(f"'{self.scheduler}' is no address of a Dask scheduler; write it like tcp://host:8786.")
        if self.dashboard is not None and not 0 < self.dashboard < 65536:
            raise InputError(f"'{self.dashboard}' is no port for the dashboard; choose one from 1024 to 65535.")

    @property
    def is_here(self) -> bool:
        """Whether all is done in this process."""
        return self.scheduler is None and self.jobs == 0


def usable_cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_installed() -> bool:
    """Return whether Dask is there."""
    from importlib.util import find_spec

    return all(find_spec(name) is not None for name in ("distributed", "cryptography"))


def check_installed(instead: str = "") -> None:
    """Refuse to use several processes where Dask is missing; `instead` is what else can be done, like ``--jobs 1``."""
    if not is_installed():
        raise InputError(f"Several processes need Dask, which is not installed; {PIP}{instead and f', or {instead}'}.")


def default_jobs(uses_networks: bool, device: str = "auto") -> int:
    """Return how many cases are worked on at a time on this computer: as many as its memory, cores and GPUs take.

    A network on a CPU takes all cores, so one case is then at work; on GPUs one for each.
    """
    if uses_networks:
        return max(1, len(gpus()) if device in ("auto", "cuda") else 1)
    return max(1, min(usable_cores(), memory_bytes() // CASE_BYTES))


def memory_bytes() -> int:
    """Return how much memory this process may use: what the computer has, or less where it is told so (cgroups)."""
    from distributed.system import MEMORY_LIMIT

    return int(MEMORY_LIMIT)


def gpus() -> list[str]:
    """Return what names each CUDA device that may be used, as CUDA_VISIBLE_DEVICES lists them."""
    import shutil
    import subprocess

    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    if told is not None:
        return [each.strip() for each in told.split(",") if each.strip() not in ("", "-1")]
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        listed = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=30, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [str(number) for number, line in enumerate(each for each in listed.splitlines() if each.startswith("GPU "))]

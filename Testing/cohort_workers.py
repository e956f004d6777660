"""What workers of a cohort are given in tests: functions that other processes find by name."""

from __future__ import annotations

import os
import time
from pathlib import Path


def answer(argument, kit):
    """Answer with the argument, the process and its cores; ``die`` ends the process, ``fail`` raises."""
    if argument == "die":
        os._exit(9)
    if argument == "fail":
        raise ValueError("as told")
    return argument, os.getpid(), kit.cores


def slow(argument, kit):
    """Write a file that says who began, take half a second, and answer with the process."""
    folder, name = argument
    (Path(folder) / f"{name}-{os.getpid()}").touch()
    time.sleep(0.5)
    return os.getpid()

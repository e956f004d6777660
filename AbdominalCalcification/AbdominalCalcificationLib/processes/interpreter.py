"""Which Python runs the processes that this one starts."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sys
from multiprocessing.context import SpawnContext
from pathlib import Path

from ..errors import InferenceError

PYTHON_VARIABLE = "ABDOMINAL_CALCIFICATION_PYTHON"


def find_python() -> str:
    """Return the interpreter for the worker.

    The environment variable ``ABDOMINAL_CALCIFICATION_PYTHON`` decides where it is set; in Slicer
    it is ``PythonSlicer``, which Slicer keeps on its PATH and in ``SLICER_HOME/bin``; else the
    interpreter that runs this code.

    Raises
    ------
    InferenceError
        Where an application embeds Python and has no interpreter of its own to offer.
    """
    if chosen := os.environ.get(PYTHON_VARIABLE):
        if shutil.which(chosen) is None:
            raise InferenceError(f"{PYTHON_VARIABLE} names '{chosen}', which cannot be run; correct or unset it.")
        return chosen
    if home := os.environ.get("SLICER_HOME"):
        for candidate in (shutil.which("PythonSlicer", path=os.path.join(home, "bin")), shutil.which("PythonSlicer")):
            if candidate:
                return candidate
    if "python" in Path(sys.executable or "").name.lower():
        return sys.executable
    raise InferenceError(f"No Python interpreter was found for the worker process; name one in {PYTHON_VARIABLE}.")


def spawning() -> SpawnContext:
    """Return the context that starts fresh processes on the interpreter of :func:`find_python`, its errors included."""
    context = multiprocessing.get_context("spawn")
    context.set_executable(find_python())
    return context

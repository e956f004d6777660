"""Beginning a retraining: its folder, and the process that outlives this one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..claiming import claimed
from ..durable import cannot_write
from ..errors import InferenceError, InputError
from ..inference import ModelFolder
from ..processes.interpreter import PYTHON_VARIABLE, find_python
from .beginning import initial_model, job_of
from .offering import check_output
from .plan import PLAN_FILE, Plan
from .work import LOG_FILE, STOP_FILE, State, Status, note_job, read_state, write_state

# As nnU-Net numbers datasets; other numbers than those of the bundled models.
_NUMBERS = {"arteries": 701, "calcification": 702}
# Processes that this one began, so that they are asked how they ended: else they would stay in the system's table.
_begun: list[subprocess.Popen] = []


def dataset_name(task_name: str, title: str, when: datetime) -> str:
    """Return the name of a dataset and of the model that comes of it.

    Examples
    --------
    >>> dataset_name("arteries", "Klinik Süd 3", datetime(2026, 1, 31))
    'Dataset701_Klinik_Sud_3_arteries_20260131'
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    word = re.sub(r"\W+", "_", plain, flags=re.ASCII).strip("_")[:40] or "site"
    return f"Dataset{_NUMBERS[task_name]}_{word}_{task_name}_{when:%Y%m%d}"


def begin(plan: Plan, work: Path, title: str) -> Plan:
    """Check a plan, and write it into a new work folder; return it as it was written.

    Raises
    ------
    InputError, ModelError
        With nothing begun.
    """
    work = work.absolute()
    now = datetime.now(timezone.utc)
    plan = replace(plan, dataset=dataset_name(plan.task_name, title, now), begun=now.isoformat(timespec="seconds"))
    _check(plan, work)
    if (work / PLAN_FILE).exists():
        raise InputError(f"'{work}' holds a retraining already; resume it, or name another work folder.")
    try:
        with claimed(work, make=True):
            if any(not each.name.startswith(".") for each in work.iterdir()):
                raise InputError(f"'{work}' holds other things; name a new folder for the work.")
            plan.write(work)
    except OSError as error:
        raise cannot_write(work, error) from None
    note_job(work)
    return plan


def go_on(work: Path, **changes) -> Plan:
    """Let a retraining that stands still be taken up again, with other minutes or another output where they are given.

    One that is finished and came to nothing better goes on only for longer.

    Raises
    ------
    InputError
        Where it runs, is finished, or is gone.
    """
    work = work.absolute()
    state = read_state(work)
    plan = Plan.read(work)
    is_longer = state.may_be_longer and (changes.get("minutes") or 0) > plan.minutes
    if not (state.status.can_go_on or is_longer):
        more = " Name more minutes to train it for longer." if state.may_be_longer else ""
        raise InputError(f"The retraining in '{work}' is {state.status.value}. {state.text}{more}")
    (work / STOP_FILE).unlink(missing_ok=True)
    changed = {name: value for name, value in changes.items() if value is not None}
    if changed:
        plan = replace(plan, **changed)
        _check(plan, work)
        with claimed(work):
            plan.write(work)
    note_job(work)
    return plan


def _check(plan: Plan, work: Path) -> ModelFolder:
    model = initial_model(plan)
    is_of_calcification = model.is_calcification_model()
    if plan.task_name == "calcification" and not is_of_calcification:
        raise InputError(f"{model.name} finds no calcification; name a model of calcification with --initial-weights.")
    if plan.task_name == "arteries" and not model.territory_mapping():
        raise InputError(f"{model.name} finds no artery; name a model of arteries with --initial-weights.")
    job_of(plan, work, model)
    if plan.output is not None:
        check_output(Path(plan.output))
    return model


def start(work: Path) -> None:
    """Start the process that does the work of a folder; returns at once.

    It is in a session of its own: neither the end of this program nor that of its terminal ends it.

    Raises
    ------
    InputError
        Where one is at work there already.
    InferenceError
        Where no process can be started.
    """
    work = work.absolute()
    if read_state(work).status is Status.RUNNING:
        raise InputError(f"A retraining is at work in '{work}' already; wait until it has ended, or cancel it.")
    _begun[:] = [process for process in _begun if process.poll() is None]
    (work / STOP_FILE).unlink(missing_ok=True)
    # Until the process has the folder, this says that there is one.
    write_state(work, State(Status.STARTING))
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    command = [find_python(), str(Path(__file__).resolve().parent), str(work)]
    try:
        with open(work / LOG_FILE, "ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=work.anchor,
                env={**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"},
                **apart,
            )
    except OSError as error:
        raise InferenceError(
            f"The process of the retraining could not be started ({command[0]}: {error.strerror}); name a Python "
            f"interpreter in {PYTHON_VARIABLE}."
        ) from error
    _begun.append(process)

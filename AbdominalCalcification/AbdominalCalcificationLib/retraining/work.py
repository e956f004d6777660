"""The work folder of a retraining: how far it is, told by files that outlive every process."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path

from ..bounded import read_json
from ..casework.folders import RETRAINING
from ..claiming import is_claimed
from ..durable import cannot_write, write_text
from ..errors import InputError, WriteError
from ..leftovers import is_running
from ..paths import data_folder
from ..progress import Progress, duration_text
from .plan import PLAN_FILE

JOBS_VARIABLE = "ABDOMINAL_CALCIFICATION_RETRAINING"
STATE_FILE, PROGRESS_FILE, LOG_FILE, STOP_FILE = "state.json", "progress.json", "log.txt", "stop"
CARD_FILE, CANDIDATE, RAW_FOLDER = "MODEL_CARD.md", "candidate", "raw"
# Beside the card, for the next retraining: which CTs were learnt from, and which judged it.
TRAINING_FILE = "training.json"
# In which a process that was started has to be there.
_STARTING_S = 60.0
# How often progress is written while the stage is the same.
_EVERY_S = 2.0
_LOG_TAIL = 2000


class Status(str, Enum):
    """How a retraining stands. `DEAD` is never written: the process that should be there is not."""

    NEW = "new"
    STARTING = "starting"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    DEAD = "dead"
    FINISHED = "finished"

    @property
    def can_go_on(self) -> bool:
        return self not in (Status.RUNNING, Status.FINISHED)


@dataclass(frozen=True)
class State:
    """What is known of a retraining.

    Attributes
    ----------
    status : Status
    message : str
        Why it failed, or what came of it.
    pid, host : int, str
        Of the process that does or did it.
    changed : str
        When the status changed, ISO 8601 in UTC.
    model : str
        Folder of the model that was offered; empty where none was.
    stage : str
    fraction, seconds_left : float or None
        Of the progress that was told last.
    """

    status: Status = Status.NEW
    message: str = ""
    pid: int = 0
    host: str = ""
    changed: str = ""
    model: str = ""
    stage: str = ""
    fraction: float | None = None
    seconds_left: float | None = None

    @property
    def may_be_longer(self) -> bool:
        """Whether it came to its end without a better model: a longer training may find one."""
        return self.status is Status.FINISHED and not self.model

    @property
    def text(self) -> str:
        """One or two lines for people."""
        if self.status is Status.RUNNING:
            part = "" if self.fraction is None else f"{100 * self.fraction:.0f} %, "
            left = "" if self.seconds_left is None else f", about {duration_text(self.seconds_left)} left of this"
            return f"{part}{self.stage or 'starting'}{left}"
        return {
            Status.NEW: "Not begun.",
            Status.STARTING: "Starting.",
            Status.STOPPED: "Stopped; it can be resumed where it stopped.",
            Status.FAILED: f"{self.message} It can be resumed.",
            Status.DEAD: "Its process is gone without a word (killed, crashed, the disk full, or the computer "
            "turned off). "
            f"{self.message + ' ' if self.message else ''}It can be resumed from its last checkpoint.",
            Status.FINISHED: self.message,
        }[self.status]


# What state.json holds; the rest is the progress.
_WRITTEN = ("status", "message", "pid", "host", "changed", "model")


def read_state(work: Path) -> State:
    """Return how a retraining stands; quick, and never waits for its process.

    Raises
    ------
    InputError
        Where the folder is gone, or a file of it cannot be read.
    """
    if not (work / PLAN_FILE).is_file():
        raise InputError(f"'{work}' holds no retraining (any more): it was removed or moved; name its work folder.")
    held = is_claimed(work)
    path = work / STATE_FILE
    try:
        found = read_json(path)
        values = {name: found[name] for name in _WRITTEN}
        state = State(**{**values, "status": Status(values["status"])})
        if not all(isinstance(getattr(state, name), str) for name in ("message", "host", "changed", "model")):
            raise TypeError("a text is none")
    except FileNotFoundError:
        state = State()
    except (OSError, ValueError, KeyError, TypeError) as error:
        if not held:
            reason = getattr(error, "strerror", None) or error
            return State(Status.FAILED, f"'{path}' cannot be read ({reason}).")
        state = State(Status.RUNNING)
    if held is None:  # no locks there: the number of the process tells, on the computer where it runs
        held = state.status is Status.RUNNING and (state.host != platform.node() or is_running(state.pid))
    if held:
        return _with_progress(replace(state, status=Status.RUNNING), work)
    if state.status is Status.STARTING and _age_s(state) < _STARTING_S:
        return replace(state, status=Status.RUNNING, message="")
    if state.status in (Status.RUNNING, Status.STARTING):
        return replace(state, status=Status.DEAD, message=_last_words(work))
    return state


def _with_progress(state: State, work: Path) -> State:
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = read_json(work / PROGRESS_FILE)
        numbers = [
            told[name] if isinstance(told[name], (int, float)) else None for name in ("fraction", "seconds_left")
        ]
        return replace(state, stage=str(told["stage"]), fraction=numbers[0], seconds_left=numbers[1])
    return state


def _age_s(state: State) -> float:
    with suppress(ValueError, TypeError):
        return abs((datetime.now(timezone.utc) - datetime.fromisoformat(state.changed)).total_seconds())
    return _STARTING_S


def _last_words(work: Path) -> str:
    lines = log_tail(work).strip().splitlines()
    return f"Its log ends with: {lines[-1][:300]}" if lines else ""


def log_tail(work: Path) -> str:
    """Return the end of the log; empty where there is none."""
    try:
        with open(work / LOG_FILE, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LOG_TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def write_state(work: Path, state: State) -> None:
    """Write what became of a retraining; WriteError."""
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    state = replace(state, pid=os.getpid(), host=platform.node(), changed=now)
    told = {name: value for name, value in asdict(state).items() if name in _WRITTEN}
    write_text(work / STATE_FILE, json.dumps({**told, "status": state.status.value}, indent=1) + "\n")


class Recorder:
    """Writes progress into the work folder, and to its log what is new; a full disk does not stop the work.

    Parameters
    ----------
    work : Path
    clock : callable
        Seconds, for tests.
    """

    def __init__(self, work: Path, clock=time.monotonic):
        self._work, self._clock = work, clock
        self._stage, self._last = "", -_EVERY_S

    def record(self, step: Progress) -> None:
        """Take down a step; InputError where the work folder is gone."""
        if step.message:
            self.log(step.message)
        is_new = step.stage != self._stage
        if step.waiting and not is_new and self._clock() - self._last < 30:
            return
        if not is_new and self._clock() - self._last < _EVERY_S:
            return
        if is_new and not step.stage.startswith("Training, epoch"):
            self.log(step.stage)
        self._stage, self._last = step.stage, self._clock()
        if not (self._work / PLAN_FILE).is_file():
            raise InputError(f"The work folder '{self._work}' was removed or moved while the retraining ran; it ends.")
        told = {"stage": step.stage, "fraction": step.fraction, "seconds_left": step.seconds_left}
        with suppress(WriteError):
            write_text(self._work / PROGRESS_FILE, json.dumps(told) + "\n")

    def log(self, line: str) -> None:
        """Add a line to the log, with the time."""
        with suppress(OSError), open(self._work / LOG_FILE, "a", encoding="utf-8") as file:
            file.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {line}\n")


def ask_to_stop(work: Path) -> State:
    """Ask the process of a retraining to end after the step at hand, with a checkpoint; return how it stands.

    Raises
    ------
    InputError
        Where none is at work.
    """
    state = read_state(work)
    if state.status is not Status.RUNNING:
        raise InputError(f"The retraining in '{work}' is not running. {state.text}")
    try:
        (work / STOP_FILE).touch()
    except OSError as error:
        raise cannot_write(work / STOP_FILE, error) from None
    return state


def list_folder(source: Path) -> Path:
    """Return the folder beside a list in which its retrainings are."""
    return (source if source.is_dir() else source.parent).absolute() / RETRAINING


def works_of(folder: Path, task_name: str) -> list[Path]:
    """Return the work folders of a task beside a list, the oldest first."""
    numbered = []
    for path in folder.glob(f"{task_name}-*") if folder.is_dir() else ():
        number = path.name.rpartition("-")[2]
        if number.isdecimal() and (path / PLAN_FILE).is_file():
            numbered.append((int(number), path))
    return [path for _, path in sorted(numbered)]


def next_work(folder: Path, task_name: str) -> Path:
    """Return a work folder that is not there yet."""
    taken = [
        int(number) for path in folder.glob(f"{task_name}-*") if (number := path.name.rpartition("-")[2]).isdecimal()
    ]
    return folder / f"{task_name}-{max(taken, default=0) + 1}"


def note_job(work: Path) -> None:
    """Note down where a retraining is, so that it is found again by whoever does not know its list any more."""
    work = work.absolute()
    key = hashlib.sha256(os.fsencode(str(work))).hexdigest()[:12]
    with suppress(OSError, WriteError):
        _jobs_folder().mkdir(parents=True, exist_ok=True)
        write_text(_jobs_folder() / f"{key}.json", json.dumps({"work": str(work)}) + "\n")


def known_jobs(forget: bool = False) -> Iterator[Path]:
    """Yield the work folders that were noted down, the newest first.

    Parameters
    ----------
    forget : bool
        One that is gone is yielded this once more, so that it is told, and its note goes.
    """
    notes = []
    for note in _jobs_folder().glob("*.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):
            notes.append((note.stat().st_mtime, note, Path(read_json(note)["work"])))
    for _, note, work in sorted(notes, reverse=True):
        # Where the folder around is gone too, its disk may only be away.
        if forget and not (work / PLAN_FILE).is_file() and work.parent.is_dir():
            with suppress(OSError):
                note.unlink()
        yield work


def _jobs_folder() -> Path:
    if chosen := os.environ.get(JOBS_VARIABLE):
        return Path(chosen)
    return data_folder("retraining")


assert set(_WRITTEN) <= {each.name for each in fields(State)}

"""What every cohort does: the cases that are not done yet, each in a folder, wherever the engine says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..claiming import claimed, sweep_claims
from ..engine.settings import Engine
from ..engine.work import Answer, Function, answered_steps
from ..errors import InputError
from ..leftovers import sweep
from ..progress import Progress, Steps, scaled
from ..reporting.published import keep_others, others_in, refuse_named
from ..reporting.text import counted
from .attempt import CaseWork
from .store import CaseFolders, FolderCase

#: Part of the progress that is the cases, before the tables.
CASES_SHARE = 0.95
# Cases that are looked at between two steps.
_AT_A_TIME = 100
# Folders of anonymous cases.
_NUMBERED = r"case-\d{5,}"


@dataclass(frozen=True)
class CohortResult:
    """What a cohort came to.

    Attributes
    ----------
    done : int
        Cases with a result.
    trust : dict of str to int
        How many of them have each verdict.
    failed : tuple of (str, str)
        Id and reason of the others.
    """

    done: int
    trust: dict[str, int]
    failed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Making:
    """How the cases of a cohort are made.

    Attributes
    ----------
    folders : CaseFolders
    make : callable
        Makes one, given its work and the kit of its process; returns why it could not, or nothing.
    recipe : Any
        How; has ``anonymous``.
    stage : str
        Of the progress.
    overwrite : bool
        Make cases again that were made with other settings, from other files, or by another version.
    """

    folders: CaseFolders
    make: Function
    recipe: Any
    stage: str
    overwrite: bool = False


@contextmanager
def held(
    folders: CaseFolders, tables: Sequence[str], cases: Sequence[FolderCase], table: Path | None, overwrite: bool
) -> Iterator[None]:
    """Hold the folder of a cohort alone, and leave nothing half-written in it at the end.

    Raises
    ------
    InputError
        Where it cannot be written, holds what is read, or files that are not ours.
    """
    with claimed(folders.output, make=True, inner=[folders.folder]):
        read = [table, *(path for case in cases for path in case.paths)]
        keep_others(folders.output, tables, read, overwrite=overwrite)
        _keep_apart(cases, folders)
        try:
            yield
        finally:
            sweep(folders.folder)  # what workers that were ended were writing
            sweep_claims(folders.folder)
            with suppress(OSError):
                folders.folder.rmdir()  # where nothing came of it


def made_steps(making: Making, cases: Sequence[FolderCase], engine: Engine) -> Steps[dict[str, str]]:
    """Make the cases that are not done; return why some could not be made, by id."""
    folders = making.folders
    todo = yield from _missing_steps(making, cases)
    folders.folder.mkdir(exist_ok=True)
    failed: dict[str, str] = {}

    def take(answer: Answer) -> str:
        name, reason = todo[answer.index][0], engine.places.here(answer.lost or answer.value)
        if reason:
            failed[name] = reason
        return reason and f"{name}: {reason}"

    works = [work for _, work in todo]
    steps = answered_steps(making.make, works, engine, making.stage, take, witness=folders.folder)
    yield from scaled(steps, CASES_SHARE * (len(cases) - len(works)) / len(cases), CASES_SHARE)
    return failed


def _keep_apart(cases: Sequence[FolderCase], folders: CaseFolders) -> None:
    """Refuse images where the folders of cases are written: a result would take the place of masks of the same name."""
    own = folders.folder.resolve()
    for case in cases:
        for path in case.paths:
            resolved = path.resolve()
            if own == resolved or own in resolved.parents:
                raise InputError(f"'{path}' lies where results are written ('{own}'); name another folder for these.")


def _missing_steps(making: Making, cases: Sequence[FolderCase]) -> Steps[list[tuple[str, CaseWork]]]:
    """Return the work that is left, each with the id of its case."""
    stage, folders = "Looking for finished cases", making.folders
    others = others_in(folders.folder, (case.folder_name for case in cases))
    if making.recipe.anonymous:
        refuse_named(folders.folder, others, _NUMBERED)
    if others:
        shown = f"'{others[0]}'{' and others' if len(others) > 1 else ''}"
        message = f"'{folders.folder}' holds {shown} of no case of this cohort; nothing of that is in the tables."
        yield Progress(stage, 0.0, message=message)
    works, stale = [], []
    for number, case in enumerate(cases):
        if number % _AT_A_TIME == 0:
            yield Progress(stage, 0.0)
        record, fingerprint = folders.record(case), folders.fingerprint(case)
        if record is not None and record["fingerprint"] == fingerprint:
            continue
        if record is not None:
            stale.append(case.id)
        work = CaseWork(case, folders.path_of(case), fingerprint, making.recipe, making.overwrite)
        works.append((case.id, work))
    if stale and not making.overwrite:
        raise InputError(
            f"'{folders.output}' holds {counted(len(stale), 'case')} made from other files, with other settings or by "
            f"another version ('{stale[0]}'{' and others' if len(stale) > 1 else ''}); add --overwrite to make "
            f"{'them' if len(stale) > 1 else 'it'} again, or name another folder."
        )
    if len(works) < len(cases):
        message = f"{counted(len(cases) - len(works), 'case')} of {len(cases)} finished already."
        yield Progress(stage, 0.0, message=message)
    return works

"""New files in the place of old ones, or, where anything goes wrong, the old ones as they were.

The old files wait in a folder ``.replaced-…`` with a journal of all moves. Where the process is killed, a later one
finds that folder and undoes the moves (:func:`restore`). Once all moves are made it is called ``.discarded-…`` and only
has to go.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .durable import sync
from .errors import InputError
from .leftovers import DISCARDED, REPLACED, temporary_name
from .signals import shielded

_JOURNAL = ".journal"


class Replacement:
    """Moves files and folders out of and into a folder; see :func:`replacing`."""

    def __init__(self, folder: Path, old: Path):
        self._folder, self._old = folder, old
        self._touched = {folder}

    def take_out(self, name: str | os.PathLike) -> None:
        """Move what the folder holds under `name` out of the way."""
        self._move(self._folder / name, self._old / name, name)

    def put_in(self, source: Path, name: str | os.PathLike) -> None:
        """Move `source` into the folder under `name`, in the place of what is there."""
        if os.path.lexists(self._folder / name):
            self.take_out(name)
        self._move(source, self._folder / name, name, source)

    def sync(self) -> None:
        """Hand the moves to the disk."""
        for each in self._touched:
            sync(each)

    def _move(self, source: Path, target: Path, name: str | os.PathLike, new: Path | None = None) -> None:
        for each in reversed([each for each in target.parents if not each.exists()]):
            if new is not None:
                self._note(made=os.path.relpath(each, self._folder))
            each.mkdir()
        self._note(name=os.fspath(name), new=None if new is None else os.path.relpath(new, self._folder))
        os.rename(source, target)
        self._touched.add((self._folder / name).parent)

    def _note(self, **move: str | None) -> None:
        """Write into the journal what comes next, since the end may come right after it."""
        with open(self._old / _JOURNAL, "a", encoding="ascii") as journal:
            journal.write(json.dumps(move) + "\n")
            journal.flush()
            os.fsync(journal.fileno())


@contextmanager
def replacing(folder: Path, what: str, final: str = ".") -> Iterator[Replacement]:
    """Replace files of `folder` inside the block: all of them, or on any error, an interrupt included, none.

    Signals wait until it is done.

    Parameters
    ----------
    folder : Path
        On the file system that the new files are on.
    what : str
        What the old files are, for the message ("result").
    final : str
        The one name in `folder` that is replaced, where it is one.

    Raises
    ------
    InputError
        Where the old files could not be put back, with the place where they are; also where an interrupt is the reason.
    """
    old = folder / temporary_name(final, REPLACED)
    with shielded(commits=True):
        old.mkdir()
        replacement = Replacement(folder, old)
        try:
            yield replacement
            replacement.sync()
            discarded = folder / old.name.replace(REPLACED, DISCARDED, 1)
            os.rename(old, discarded)
        except BaseException:
            _put_back(old, what)
            raise
        shutil.rmtree(discarded, ignore_errors=True)


def restore(old: Path, what: str = "result") -> None:
    """Put back what a killed process had moved into `old`, a folder of :func:`replacing`; InputError if impossible."""
    _put_back(old, what)


def _put_back(old: Path, what: str) -> None:
    try:
        _undo(old)
    except BaseException as problem:
        kept = (each for each in old.rglob("*") if each != old / _JOURNAL)
        if any(each.is_symlink() or not each.is_dir() for each in kept):
            reason = (isinstance(problem, OSError) and problem.strerror) or str(problem) or "it was interrupted"
            raise InputError(
                f"The earlier {what} could not be put back into '{old.parent}' ({reason}); "
                f"its files are in '{old}', move them back from there."
            ) from problem
        shutil.rmtree(old, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _undo(old: Path) -> None:
    """Undo all moves that the journal names, the last first, whether they were made yet or not, or undone already."""
    folder, moves = old.parent, _moves(old)
    if not all(_is_inside(move.get("name") or move["made"]) for move in moves):
        raise InputError("its journal names other places")
    replaced = {move["name"] for move in moves if move.get("new", "") is None}
    for move in reversed(moves):
        if "made" in move:
            with suppress(OSError):
                (folder / move["made"]).rmdir()
            continue
        name, new = move["name"], move["new"]
        place, kept = folder / name, old / name
        if new is None:
            if os.path.lexists(kept):
                os.rename(kept, place)
        # A new file in its place has left its own; an old one that was put back already is not to be taken for it.
        elif not os.path.lexists(folder / new) and (name not in replaced or os.path.lexists(kept)):
            _remove(place)


def _is_inside(name: str) -> bool:
    return not os.path.isabs(name) and ".." not in Path(name).parts


def _moves(old: Path) -> list[dict]:
    try:
        lines = (old / _JOURNAL).read_text(encoding="ascii").splitlines(keepends=True)
    except FileNotFoundError:
        return []
    # A line without its end was being written when the process was killed, before its move.
    return [json.loads(line) for line in lines if line.endswith("\n")]


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

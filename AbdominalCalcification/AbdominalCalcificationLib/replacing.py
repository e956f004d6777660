"""New files in the place of old ones, or, where anything goes wrong, the old ones as they were."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import InputError


class Replacement:
    """Moves files and folders out of and into a folder; see :func:`replacing`."""

    def __init__(self, folder: Path, old: Path):
        self._folder, self._old = folder, old
        self._moves: list[tuple[str, bool]] = []

    def take_out(self, name: str | os.PathLike) -> None:
        """Move what the folder holds under `name` out of the way."""
        self._move(self._folder / name, self._old / name, name, is_old=True)

    def put_in(self, source: Path, name: str | os.PathLike) -> None:
        """Move `source` into the folder under `name`, in the place of what is there."""
        if os.path.lexists(self._folder / name):
            self.take_out(name)
        self._move(source, self._folder / name, name, is_old=False)

    def undo(self) -> None:
        """Undo all moves, the last first, whether they were made yet or not."""
        for name, is_old in reversed(self._moves):
            kept, place = self._old / name, self._folder / name
            if not is_old:
                _remove(place)
            elif os.path.lexists(kept):
                os.rename(kept, place)

    def _move(self, source: Path, target: Path, name: str | os.PathLike, is_old: bool) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self._moves.append((os.fspath(name), is_old))  # before it is made: an interrupt may come between the two
        os.rename(source, target)


@contextmanager
def replacing(folder: Path, what: str) -> Iterator[Replacement]:
    """Replace files of `folder` inside the block: all of them, or on any error, an interrupt included, none.

    Parameters
    ----------
    folder : Path
        On the file system that the new files are on.
    what : str
        What the old files are, for the message ("result").

    Raises
    ------
    InputError
        Where the old files could not be put back, with the place where they are; also where an interrupt is the reason.
    """
    old = Path(tempfile.mkdtemp(prefix=".replaced-", dir=folder))
    replacement = Replacement(folder, old)
    try:
        yield replacement
    except BaseException:
        _put_back(replacement, folder, old, what)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _put_back(replacement: Replacement, folder: Path, old: Path, what: str) -> None:
    try:
        replacement.undo()
    except BaseException as problem:
        if any(each.is_symlink() or not each.is_dir() for each in old.rglob("*")):
            reason = (isinstance(problem, OSError) and problem.strerror) or str(problem) or "it was interrupted"
            raise InputError(
                f"The earlier {what} could not be put back into '{folder}' ({reason}); "
                f"its files are in '{old}', move them back from there."
            ) from problem
        shutil.rmtree(old, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

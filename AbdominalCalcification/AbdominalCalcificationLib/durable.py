"""Files that are whole, checked and on the disk before they take their name.

Libraries in C++ cut a file on a full disk without a word. So a file is written under another name, looked at, handed
to the disk, and only then renamed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import WriteError
from .leftovers import temporary_name

_NO_ROOM = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", None)}


class CutShort(Exception):
    """A file is not what was written; the message says in which way."""


@contextmanager
def written(path: Path | str, check: Callable[[Path], None] | None = None, suffix: str = "") -> Iterator[Path]:
    """Hand out a place beside `path` to write to; at the end of the block, what is there becomes `path`.

    Parameters
    ----------
    path : path
        Stays as it is where anything goes wrong.
    check : callable
        Told where the file is, raises :class:`CutShort` where it is not what was to be written.
    suffix : str
        Of the name that is handed out, for libraries that choose a format by it.

    Raises
    ------
    WriteError
        Where the file cannot be written, or is cut short.
    """
    path = Path(path)
    if path.is_dir():  # '.' and '/' have no name beside which anything could be
        raise cannot_write(path, "it is a folder")
    temporary = path.with_name(temporary_name(path.name, suffix=suffix))
    try:
        try:
            yield temporary
        except (OSError, CutShort) as problem:
            raise _explained(problem, temporary, path) from None
        settle(temporary, path, check)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def settle(temporary: Path, path: Path, check: Callable[[Path], None] | None = None) -> None:
    """Let a file that was written under another name take its own, once it is checked and on the disk.

    Parameters
    ----------
    temporary, path : Path
        On one file system.
    check : callable
        As for :func:`written`.

    Raises
    ------
    WriteError
    """
    try:
        if not temporary.is_file():
            raise CutShort("the disk may be full or read-only")
        if check is not None:
            check(temporary)
        sync(temporary)
        os.replace(temporary, path)
        sync(path.parent)
    except (OSError, CutShort) as problem:
        raise _explained(problem, temporary, path) from None


def _explained(problem: Exception, temporary: Path, path: Path) -> WriteError:
    """Return the error about `path`; of a file that is cut short without a reason, trying to go on tells it."""
    if isinstance(problem, CutShort):
        try:
            with open(temporary, "ab") as file:
                file.write(bytes(1 << 16))
                file.flush()
                os.fsync(file.fileno())
        except OSError as reason:
            problem = reason
    return cannot_write(path, problem)


def write_bytes(path: Path | str, content: bytes) -> None:
    """Write a file, whole or not at all; WriteError where that is impossible."""

    def check(temporary: Path) -> None:
        if temporary.read_bytes() != content:
            raise CutShort("it reads back as something else")

    with written(path, check) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path | str, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all; WriteError where that is impossible."""
    write_bytes(path, text.encode("utf-8"))


def sync(path: Path) -> None:
    """Hand a file, or the names in a folder, to the disk."""
    is_folder = path.is_dir()
    if is_folder and os.name == "nt":
        return  # Windows does so by itself
    descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some file systems of networks cannot, least of all with folders.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(descriptor)


def sync_all(folder: Path) -> None:
    """Hand everything below `folder` to the disk."""
    for each in [*folder.rglob("*"), folder]:
        if not each.is_symlink():
            sync(each)


def cannot_write(place: Path | str, problem: object) -> WriteError:
    """Return the error for a file or folder that cannot be written, from an OSError or anything that says why."""
    reason = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
    return WriteError(place, reason, is_no_room(problem))


def is_no_room(problem: object) -> bool:
    """Return whether an error says that the disk, a quota or the allowed size of a file is exhausted."""
    return getattr(problem, "errno", None) in _NO_ROOM

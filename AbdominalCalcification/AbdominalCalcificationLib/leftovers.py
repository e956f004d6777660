"""Names of what is temporary, by which a later run knows what a killed one left, and its removal.

Every temporary file and folder beside a result is called ``.unfinished-KEY-HOST-PID-RANDOM``: what it will become, and
who makes it. It is a leftover where that process is gone, and where this process alone may write what it will become
(:mod:`.claiming`). Folders called ``.replaced-…`` hold an earlier result and are put back (:mod:`.replacing`).
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import secrets
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

# Nothing takes so long from one file to the next.
_SILENT_S = 24 * 3600

UNFINISHED, REPLACED, DISCARDED = "unfinished", "replaced", "discarded"
_PATTERN = re.compile(
    rf"\.(?P<kind>{UNFINISHED}|{REPLACED}|{DISCARDED})-(?P<key>[0-9a-f]{{8}})-(?P<host>[0-9a-f]{{8}})-(?P<pid>\d+)-"
)


def key_of(name: str) -> str:
    """Return the part of a temporary name that says what it will become, from the name of that."""
    return hashlib.sha256(os.fsencode(name)).hexdigest()[:8]


def temporary_name(final: str, kind: str = UNFINISHED, suffix: str = "") -> str:
    """Return a new name for something that will be called `final`, or that has to do with it."""
    return f".{kind}-{key_of(final)}-{_host()}-{os.getpid()}-{secrets.token_hex(4)}{suffix}"


@contextmanager
def unfinished_folder(place: Path, final: str) -> Iterator[Path]:
    """Hand out a new folder in `place` for what will be called `final` there; removed at the end with all it holds."""
    folder = place / temporary_name(final)
    try:
        # Unlike mkdtemp's, with the permissions that folders usually have.
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def scratch_folder(what: str) -> Path:
    """Return a new folder among the computer's temporary files, for its owner alone; removing it is up to the caller.

    Those that killed processes left there are removed.
    """
    place = Path(tempfile.gettempdir())
    sweep(place)
    return Path(tempfile.mkdtemp(prefix=f"{temporary_name(what)}-abdominal-calcification-{what}-", dir=place))


@contextmanager
def scratch(what: str) -> Iterator[Path]:
    """Hand out such a folder; it is removed at the end of the block."""
    folder = scratch_folder(what)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep(place: Path, key: str | None = None) -> None:
    """Remove from `place` what killed processes left there, and put back the earlier results that they had moved away.

    Parameters
    ----------
    place : Path
        Its folders are not searched; it need not exist.
    key : str, optional
        What has to do with this is a leftover whoever made it: the caller alone may write it.

    Raises
    ------
    InputError
        Where an earlier result cannot be put back.
    """
    from .replacing import restore

    try:
        found = [(place / each, match) for each in os.listdir(place) if (match := _PATTERN.match(each))]
    except OSError:
        return
    left = [
        (path, match["kind"])
        for path, match in found
        if _is_own(path) and (match["key"] == key or _is_orphan(path, match))
    ]
    # An earlier result first: what was to replace it tells how far that had come.
    for path, kind in sorted(left, key=lambda each: each[1] != REPLACED):
        if kind == REPLACED:
            restore(path)
        else:
            remove(path)


def remove(path: Path) -> None:
    """Remove a file or a whole folder, as far as it can be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _is_own(path: Path) -> bool:
    """Return whether this user made `path`: where many may write, others could lay out what is to be put back."""
    with suppress(OSError):
        made = path.lstat()
        return not stat.S_ISLNK(made.st_mode) and (os.name == "nt" or made.st_uid == os.geteuid())
    return False


def _is_orphan(path: Path, match: re.Match) -> bool:
    """Return whether the process is gone that made `path`; of one elsewhere only its silence tells."""
    if match["host"] == _host():
        return not is_running(int(match["pid"]))
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > _SILENT_S
    return False


def is_running(pid: int) -> bool:
    """Return whether this computer has a process of this number; in doubt it has."""
    if sys.platform == "win32":
        import ctypes

        query, still_active = 0x1000, 259
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(query, False, pid)
        if not handle:
            return kernel.GetLastError() == 5  # it is, and is somebody else's
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == still_active
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


@cache
def _host() -> str:
    """Return what tells this computer, or container, from others that see the same files."""
    told = platform.node()
    with suppress(OSError):
        told += str(os.stat("/proc/self/ns/pid").st_ino)
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:8]

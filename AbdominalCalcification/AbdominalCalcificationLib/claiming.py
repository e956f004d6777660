"""A folder for one writer at a time: who comes second is told so, and what a killed writer left is swept.

A claim is a lock of the operating system on a small file, ``.claimed-KEY``. It ends with the process that holds it,
however that ends, so no file that was left behind blocks anybody.
"""

from __future__ import annotations

import errno
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from .durable import cannot_write
from .errors import InputError
from .leftovers import key_of, sweep
from .signals import shielded

# Where the byte lies that Windows locks: beyond what is written, since nobody can read a locked one.
_LOCKED_BYTE = 1 << 20
# File systems that know no locks say so; on these anybody may write.
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


@contextmanager
def claimed(folder: Path | str, *, make: bool = False, inner: Sequence[Path] = ()) -> Iterator[None]:
    """Hold a folder for this process alone, and sweep what killed processes left in it or beside it.

    What is missing of the way to the folder is made, and what of that is empty at the end is removed. What this process
    has claimed already it may claim again.

    Parameters
    ----------
    folder : path
        Need not exist.
    make : bool
        Make the folder itself too. Otherwise it is expected to appear as a whole.
    inner : sequence of Path
        Folders below it that are swept too.

    Raises
    ------
    InputError
        Where another process writes the folder.
    WriteError
        Where it cannot be written.
    """
    claim = _Claim(Path(os.path.abspath(folder)), make)
    try:
        with shielded():
            claim.take(inner)
        yield
    finally:
        with shielded():
            claim.give_back()


def is_claimed(folder: Path | str) -> bool | None:
    """Return whether a process holds a folder that is there; None where its file system has no locks, so nobody knows.

    Looking does no harm: a shared lock for a moment, which only who claims in that very moment would meet.
    """
    lock = Path(os.path.abspath(folder)) / f".claimed-{key_of('.')}"
    if lock in _Claim._held:
        return True
    try:
        descriptor = os.open(lock, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    except OSError:
        return False  # who holds it has made the file
    try:
        _lock(descriptor, shared=True)
    except OSError as error:
        return None if error.errno in _NO_LOCKS else True
    finally:
        os.close(descriptor)
    return False


def sweep_claims(folder: Path) -> None:
    """Remove the locks of claims in `folder` that nobody holds any more: those of processes that were killed."""
    for lock in sorted(folder.glob(".claimed-*")):
        with suppress(OSError):
            descriptor = os.open(lock, os.O_RDWR)
            try:
                _lock(descriptor)
            except OSError:
                os.close(descriptor)
            else:
                _close(lock, descriptor)


class _Claim:
    """One claim of one folder: of its name in the folder around it, and of the folder itself where that is there.

    The folder around may be somebody else's, where a disk is mounted in it; then nothing is to appear in it either.
    """

    # By the file that is locked: how often it is claimed, and its descriptor; None where there are no locks.
    _held: ClassVar[dict[Path, tuple[int, int | None]]] = {}

    def __init__(self, folder: Path, make: bool):
        self._folder, self._make = folder, make
        self._made: list[Path] = []
        self._taken: list[Path] = []

    def take(self, inner: Sequence[Path]) -> None:
        around, folder = self._folder.parent, self._folder
        try:
            goal = folder if self._make else around
            for each in reversed([each for each in (goal, *goal.parents) if not each.exists()]):
                each.mkdir()
                self._made.append(each)
            if not folder.is_dir() or os.access(around, os.W_OK | os.X_OK):
                self._take(around, key_of(folder.name))
            if folder.is_dir():
                self._take(folder, key_of("."), inner)
        except OSError as error:
            raise cannot_write(folder, error) from None

    def give_back(self) -> None:
        for lock in reversed(self._taken):
            count, descriptor = self._held.pop(lock)
            if count > 1:
                self._held[lock] = count - 1, descriptor
            elif descriptor is not None:
                _close(lock, descriptor)
        for each in reversed(self._made):
            with suppress(OSError):
                each.rmdir()

    def _take(self, place: Path, key: str, inner: Sequence[Path] = ()) -> None:
        lock = place / f".claimed-{key}"
        count, descriptor = self._held.get(lock) or (0, self._open(lock))
        self._held[lock] = count + 1, descriptor
        self._taken.append(lock)
        if count == 0:
            sweep(place, key if descriptor is not None else None)
            for each in inner:
                sweep(each)

    def _open(self, lock: Path) -> int | None:
        """Return the descriptor of the locked file; None where the file system has no locks."""
        while True:
            try:
                descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
            except PermissionError as denied:
                try:
                    descriptor = os.open(lock, os.O_RDONLY)  # somebody else's, who is gone or not
                except FileNotFoundError:
                    raise denied from None  # the folder takes none
            try:
                _lock(descriptor)
                # Who held it before may have removed it between the two.
                if os.path.samestat(os.fstat(descriptor), os.stat(lock)):
                    with suppress(OSError):
                        os.ftruncate(descriptor, 0)
                        os.write(descriptor, _holder().encode())
                    return descriptor
            except FileNotFoundError:
                pass
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise self._taken_by(descriptor) from None
                _close(lock, descriptor)
                return None
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)

    def _taken_by(self, descriptor: int) -> InputError:
        with open(descriptor, "rb") as file, suppress(OSError):
            holder = file.read(200).decode("utf-8", "replace")
        return InputError(
            f"'{self._folder}' is being written by another process{holder and f' ({holder})'}; "
            "wait until that has ended, or name another folder."
        )


def _holder() -> str:
    return f"{os.getpid()} on {platform.node()}, since {datetime.now():%H:%M}"


def _lock(descriptor: int, shared: bool = False) -> None:
    """Lock an open file until it is closed or the process ends; OSError where another process has."""
    if os.name == "nt":
        import msvcrt

        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
    else:
        import fcntl

        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def _close(lock: Path, descriptor: int) -> None:
    """Remove a locked file and let it go: in this order, so that nobody locks a file that is about to vanish."""
    is_windows = os.name == "nt"
    if is_windows:
        os.close(descriptor)  # Windows removes no open file, and refuses where the next one has opened it
    with suppress(OSError):
        lock.unlink()
    if not is_windows:
        os.close(descriptor)

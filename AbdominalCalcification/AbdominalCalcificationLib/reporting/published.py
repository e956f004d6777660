"""Several files that make up one result, in the place of the earlier ones: all of them, or none."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ..durable import cannot_write, write_bytes
from ..errors import InputError, WriteError
from ..leftovers import unfinished_folder
from ..replacing import replacing


def publish(folder: Path, contents: Mapping[str, str | bytes], what: str, obsolete: Iterable[str] = ()) -> None:
    """Write files into `folder`.

    Parameters
    ----------
    folder : Path
    contents : mapping of str to str or bytes
        By name, also ``folder/name``; text is written in UTF-8. The last one appears last.
    what : str
        What they are, for the message ("evaluation").
    obsolete : iterable of str
        Names of what an earlier result has and this one has not: taken away.

    Raises
    ------
    WriteError
        Where that is impossible; then the earlier ones are as they were.
    """
    try:
        with unfinished_folder(folder, ".") as unfinished:
            for name, content in contents.items():
                (unfinished / name).parent.mkdir(exist_ok=True)
                try:
                    write_bytes(unfinished / name, content.encode("utf-8") if isinstance(content, str) else content)
                except WriteError as error:
                    raise error.of(folder / name) from None
            with replacing(folder, what) as replacement:
                for name in obsolete:
                    if (folder / name).exists():
                        replacement.take_out(name)
                for name in contents:
                    replacement.put_in(unfinished / name, name)
    except OSError as error:
        raise cannot_write(folder, error) from None


def keep_others(folder: Path, names: Sequence[str], read: Iterable[Path | None], *, overwrite: bool = False) -> None:
    """Refuse to publish over files that are not ours, or that are read.

    Parameters
    ----------
    folder : Path
    names : sequence of str
        What will be published; the last one is where the others are, if they are ours.
    read : iterable of Path or None
        Files and folders that are read; a folder that is one of them would get results among its images. None is
        passed over.
    overwrite : bool
        Files that are not ours may be replaced, but for those that are read.

    Raises
    ------
    InputError
    """
    there = [each for each in (folder / name for name in names) if os.path.lexists(each)]
    taken: dict[tuple[int, int] | None, Path] = {_identity(each): each for each in (*there, folder)}
    for each in read:
        identity = None if each is None else _identity(each)
        place = None if identity is None else taken.get(identity)
        if place == folder:
            raise InputError(f"'{folder}' is read, and results would lie among its files; name another folder.")
        if place is not None:
            raise InputError(f"'{place}' is read and would be replaced by the results; name another folder.")
    if there and not os.path.lexists(folder / names[-1]) and not overwrite:
        raise InputError(
            f"'{there[0]}' would be replaced, and is no result of this program, for '{names[-1]}' is not beside it; "
            "move it away, or name another folder."
        )


def others_in(folder: Path, own: Iterable[str]) -> list[str]:
    """Return the names in `folder` beside hidden ones and our `own`, sorted; capitals make no difference."""
    known = {name.lower() for name in own}
    with suppress(OSError):
        return sorted(each for each in os.listdir(folder) if each[:1] != "." and each.lower() not in known)
    return []


def refuse_named(folder: Path, others: Sequence[str], numbered: str) -> None:
    """Refuse an anonymous result beside what an earlier one, with names, left in `folder`.

    Raises
    ------
    InputError
        Where one of `others` is no match of the regular expression `numbered`.
    """
    named = [each for each in others if not re.fullmatch(numbered, each)]
    if named:
        raise InputError(
            f"'{folder}' holds '{named[0]}' of an earlier run, which can name somebody; name another folder for the "
            "anonymous results."
        )


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what two names of one file have in common; None where there is none."""
    with suppress(OSError):  # what cannot be looked at is told where it is read
        stat = os.stat(path)
        return stat.st_dev, stat.st_ino
    return None

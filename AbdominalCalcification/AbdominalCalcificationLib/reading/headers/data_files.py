"""The files that a detached header (``.nhdr``, ``.mhd``) names for its voxels."""

from __future__ import annotations

from pathlib import Path

from ...errors import InputError
from ...paths import native_path, shown_path
from .said import damaged

_MOST_FILES = 100_000


def listed_files(path: Path, text: str, lines: list[str]) -> list[Path]:
    """Return the files of voxels that a header names: one, a list (``LIST``), or a pattern (``ct%03d.raw 1 40 1``).

    Parameters
    ----------
    path : Path
        Of the header; other names are relative to its folder.
    text : str
        What the field says.
    lines : list of str
        What follows after a ``LIST``.
    """
    words = text.split()
    if words[:1] == ["LIST"]:
        names = lines
    elif len(words) >= 4 and "%" in words[0]:
        names = _numbered(path, words)
    else:
        names = [text]
    if not names:
        raise damaged(path, "it names no file of voxels")
    return [path.parent / name for name in names]


def held_by(path: Path, files: list[Path]) -> int:
    """Return the bytes in the files of voxels of a header.

    Raises
    ------
    InputError
        Where one is not there.
    """
    held = 0
    for file in files:
        native_path(file)
        if not file.is_file():
            raise InputError(
                f"'{path.name}' keeps its voxels in '{shown_path(file.name)}', which is not there; copy both."
            )
        held += file.stat().st_size
    return held


def _numbered(path: Path, words: list[str]) -> list[str]:
    try:
        first, last, step = (int(word) for word in words[1:4])
        numbers = range(first, last + (1 if step > 0 else -1), step)
        if len(numbers) > _MOST_FILES:
            raise ValueError
        return [words[0] % number for number in numbers]
    except (ValueError, TypeError, OverflowError):
        raise damaged(path, f"files of voxels '{' '.join(words)[:60]}'") from None

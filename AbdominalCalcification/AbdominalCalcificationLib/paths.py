"""What a path must be before a C++ library is given it: ITK ends the whole process where it is not text."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import unicodedata
from pathlib import Path

from .errors import InputError
from .printable import printable

# What file systems allow for one name: bytes on Linux and macOS, UTF-16 units on Windows.
_LONGEST_NAME = 255
# Windows keeps these for devices.
_RESERVED_NAMES = {"con", "prn", "aux", "nul", *(f"{device}{n}" for device in ("com", "lpt") for n in range(10))}
# Lone surrogates (bytes that Python could not decode), and what breaks or controls lines.
_NO_TEXT = {"Cs", "Cc", "Zl", "Zp"}


def native_path(path: str | os.PathLike[str]) -> str:
    """Return `path` as the text that C++ readers and writers (ITK, VTK, GDCM) can be given.

    Python holds bytes of a file name that are no UTF-8 as lone surrogates; converting such a text for C++ fails, and
    SimpleITK then aborts the process. Whether the file exists is not looked at.

    Parameters
    ----------
    path : str or path-like
        Absolute or relative; every part of it is checked.

    Raises
    ------
    InputError
        For a name that is no text, holds control characters or is longer than file systems allow.
    """
    text = os.fspath(path)
    if any(unicodedata.category(letter) in _NO_TEXT for letter in text) or not _same_bytes(text):
        raise InputError(
            f"The name '{shown_path(text)}' holds bytes that are not text (UTF-8), or control characters; rename it."
        )
    for part in Path(text).parts:
        length = len(part.encode("utf-16-le")) // 2 if os.name == "nt" else len(part.encode())
        if length > _LONGEST_NAME:
            raise InputError(
                f"The name '{part[:40]}…' is {length} bytes long, and file systems allow {_LONGEST_NAME}; shorten it."
            )
    return text


def file_name_of(name: str) -> str:
    """Return a name that any file system takes, for what people call `name`; no two names share one.

    Where letters are replaced, or case alone would tell two apart on some computers, a checksum follows.

    Examples
    --------
    >>> file_name_of("case_012"), file_name_of("Müller/2")
    ('case_012', 'M_ller_2-2fd90416')
    """
    is_plain = re.fullmatch("[a-z0-9_-]{0,60}", name) is not None and name not in _RESERVED_NAMES
    return name if is_plain else told_apart(name)


def told_apart(name: str) -> str:
    """Return the plain letters of a name, and a checksum of it, by which it is told from all others."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:60]
    return f"{plain}-{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()[:8]}"


def data_folder(name: str) -> Path:
    """Return this program's folder for what a user keeps on this computer, and in it the one called `name`."""
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
        return local / "AbdominalCalcification" / name.capitalize()
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/AbdominalCalcification" / name.capitalize()
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "abdominal-calcification" / name


def shown_path(path: str | os.PathLike[str]) -> str:
    """Return `path` as one line that can be printed and stored: what cannot is written as ``\\xe9`` or ``\\n``."""
    return printable(os.fspath(path))


def _same_bytes(text: str) -> bool:
    """Return whether Python and C++, which takes UTF-8, mean the same file (in a Latin-1 locale they would not)."""
    if os.name == "nt":
        return True
    try:
        return os.fsencode(text) == text.encode()
    except UnicodeEncodeError:
        return False

"""What libraries print, kept apart from what this program says."""

from __future__ import annotations

import faulthandler
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .errors import InputError

# As much of the end of what was printed as a message or a bug report needs.
_TAIL_BYTES = 1 << 16
# How VTK, ITK, GDCM, nifti_clib and Python's logging mark what went wrong.
_ERROR = re.compile(r"\bERR\||\bERROR\b|\bError\b|\berror:|\bFATAL\b|\bTraceback\b")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class LibraryOutput:
    """What was printed while :func:`captured` was in force; see there."""

    def __init__(self):
        self.text = ""

    @property
    def errors(self) -> list[str]:
        """The lines that report an error, each once."""
        return list(dict.fromkeys(line for line in self.text.splitlines() if _ERROR.search(line)))


@contextmanager
def captured(inside_applications: bool = False) -> Iterator[LibraryOutput]:
    """Take whatever is printed while the block runs: by Python code, and by C libraries and child processes.

    VTK, ITK, GDCM and the NIfTI library write to the descriptors 1 and 2, not to Python's streams; so both are
    pointed at a file. Where the process crashes, what Python was at is printed where the user sees it.

    Parameters
    ----------
    inside_applications : bool
        Do so in an application that embeds Python too (Slicer, whose own output goes the same way). By default its
        descriptors are left alone: it has a log of its own.

    Yields
    ------
    LibraryOutput
        Its ``text`` is there when the block has ended: the last 64 KiB of what was printed, without colours.

    Raises
    ------
    InputError
        Where no temporary file can be made.
    """
    output = LibraryOutput()
    embedded = not (inside_applications or sys.stdout is None or isinstance(sys.stdout, io.TextIOBase))
    with _log() as log:
        before = sys.stdout, sys.stderr
        kept = {} if embedded else {number: os.dup(number) for number in (1, 2) if _is_open(number)}
        stream = open(os.dup(log), "w", encoding="utf-8", errors="backslashreplace", buffering=1)  # noqa: SIM115
        # What Python has buffered belongs to where it was printed.
        _flush(*before)
        shows_crashes = 2 in kept and not faulthandler.is_enabled()
        try:
            for number in kept:
                os.dup2(log, number)
            if shows_crashes:
                faulthandler.enable(kept[2])
            sys.stdout = sys.stderr = stream
            yield output
        finally:
            _flush(stream, *before)
            sys.stdout, sys.stderr = before
            if shows_crashes:
                faulthandler.disable()
            for number, own in kept.items():
                os.dup2(own, number)
                os.close(own)
            stream.close()
            output.text = _tail(log)


@contextmanager
def _log() -> Iterator[int]:
    """Yield the descriptor of a file without a name."""
    try:
        file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed below
    except OSError as error:
        raise InputError(
            f"No temporary file can be made ({error.strerror or error}); set TMPDIR to a folder with space."
        ) from None
    with file:
        yield file.fileno()


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:  # a Windows program without a console
        return False
    return True


def _flush(*streams) -> None:
    for stream in streams:
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()


def _tail(log: int) -> str:
    with suppress(OSError):
        end = os.lseek(log, 0, os.SEEK_END)
        os.lseek(log, max(0, end - _TAIL_BYTES), os.SEEK_SET)
        return _COLOUR.sub("", os.read(log, _TAIL_BYTES).decode("utf-8", "replace"))
    return ""

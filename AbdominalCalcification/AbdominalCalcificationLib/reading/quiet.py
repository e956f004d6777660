"""Keep what the image libraries print out of the user's terminal, and listen to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import SimpleITK as sitk

from ..flags import Flag
from ..library_output import captured
from ..printable import printable

_MOST_LINES, _MOST_QUOTED = 100, 3
# "NiftiImageIO (0x55a0): ", and in which line of which file of the library it was printed.
_ADDRESS = re.compile(r"^\S+ \(0x[0-9a-f]+\): ")
_PLACE = re.compile(r"^(WARNING|ERROR): In .*, line \d+\s*")


class Heard:
    """What the libraries had to say, one entry a message, without repetitions; complete when the block ends."""

    def __init__(self):
        self.lines: list[str] = []

    def add(self, text: str) -> None:
        """Take down a message, on one line and without places in memory and in source code."""
        line = _ADDRESS.sub("", _PLACE.sub("", " ".join(text.split())).strip())
        if line and line not in self.lines and len(self.lines) < _MOST_LINES:
            self.lines.append(line)

    def flags(self, title: str) -> tuple[Flag, ...]:
        """Return the flag ``header_warning`` where anything was said about the image that `title` names."""
        if not self.lines:
            return ()
        more = len(self.lines) - _MOST_QUOTED
        said = "; ".join(self.lines[:_MOST_QUOTED]) + (f"; and {more} more" if more > 0 else "")
        return (Flag("header_warning", f"Reading {title}, the image library warns: {printable(said)}"),)


class _Listener(sitk.LoggerBase):
    """Takes what ITK itself says; its warnings are no errors, which arrive as exceptions."""

    def __init__(self, heard: Heard):
        super().__init__()
        self._heard = heard

    def DisplayText(self, text):
        self._heard.add(text)

    DisplayWarningText = DisplayErrorText = DisplayGenericOutputText = DisplayText

    def DisplayDebugText(self, text):
        pass


@contextmanager
def quiet_libraries() -> Iterator[Heard]:
    """Take down the warnings of ITK, and what GDCM, Teem, MetaIO and VNL print to standard error.

    Errors still arrive as exceptions. See :func:`library_output.captured`.

    Raises
    ------
    InputError
        Where no temporary file can be made.
    """
    heard = Heard()
    listener = _Listener(heard)
    before = listener.SetAsGlobalITKLogger()
    printed = None
    try:
        with captured(inside_applications=True) as printed:
            yield heard
    finally:
        before.SetAsGlobalITKLogger()
        if printed is not None:
            for line in printed.text.splitlines():
                heard.add(line)

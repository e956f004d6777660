"""What the command line says, and how it gets onto terminals, pipes and files of every kind."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress

from ..progress import Progress, duration_text

# For encodings that lack them; other characters are written as their escapes, so that no name passes for another.
_PLAIN = str.maketrans(
    {
        "−": "-",
        "–": "-",
        "—": "-",
        "─": "-",
        "³": "3",
        "²": "2",
        "×": "x",
        "±": "+-",
        "·": ".",
        "…": "...",
        "°": " deg",
        "µ": "u",
        "≥": ">=",
        "≤": "<=",
        "→": "->",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "\u00a0": " ",
        "\u202f": " ",
    }
)


def showable(text: str, encoding: str) -> str:
    """Return `text` as `encoding` can show it: with plainer characters, else escapes, for those it lacks."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_showable(each, encoding) for each in text)
    return text


def _showable(character: str, encoding: str) -> str:
    for shown in (character, character.translate(_PLAIN)):
        with suppress(UnicodeEncodeError):
            shown.encode(encoding)
            return shown
    return character.encode(encoding, "backslashreplace").decode(encoding)


class Stream:
    """Standard output or standard error, which may be of any encoding, closed, full, or read by nobody any more.

    Parameters
    ----------
    stream : file or None
        ``sys.stdout`` or ``sys.stderr``.
    number : int
        Its descriptor, 1 or 2, where it is the process's own: what is printed goes on to the same place when
        :mod:`library_output` has taken the descriptor away.

    Attributes
    ----------
    failure : OSError or None
        Why nothing more can be written. A reader that has gone is no failure: it has seen what it wanted.
    """

    def __init__(self, stream, number: int):
        self.failure: OSError | None = None
        self._stream, self._own = stream, False
        if stream is None:
            return
        with suppress(OSError, ValueError, AttributeError):
            if stream.fileno() == number:
                stream.flush()
                self._stream = open(os.dup(number), "w", encoding=stream.encoding)  # noqa: SIM115 - closed by close
                self._own = True

    @property
    def is_terminal(self) -> bool:
        """Whether lines can be written over."""
        try:
            return self._stream is not None and self._stream.isatty()
        except (OSError, ValueError, AttributeError):
            return False

    def write(self, text: str) -> None:
        """Write at once; never raises."""
        if self._stream is None:
            return
        try:
            self._stream.write(showable(text, getattr(self._stream, "encoding", None) or "utf-8"))
            self._stream.flush()
        except (OSError, ValueError) as error:
            # EINVAL is what Windows says of a pipe without a reader, ValueError what Python says of a closed file.
            if isinstance(error, OSError) and error.errno not in (errno.EPIPE, errno.EINVAL):
                self.failure = error
            self.close()

    def close(self) -> None:
        """Write nothing from now on."""
        stream, self._stream = self._stream, None
        if self._own and stream is not None:
            with suppress(OSError):
                stream.close()


class Terminal:
    """Says what the program has to say: results on standard output, the rest on standard error.

    Called with a :class:`Progress`, it shows it: one line that moves on a terminal, plain lines elsewhere.

    Attributes
    ----------
    quiet : bool
        Say nothing but complaints.
    """

    def __init__(self, quiet: bool = False):
        _fill_descriptors()
        self.quiet = quiet
        self._out, self._err = Stream(sys.stdout, 1), Stream(sys.stderr, 2)
        self._moving = self._err.is_terminal
        self._width = 0
        self._last: str | None = None

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_) -> None:
        self.close()
        self._out.close()
        self._err.close()

    def __call__(self, step: Progress) -> None:
        if self.quiet:
            return
        if step.message:
            self.notice(step.message)
        if self._moving:
            share = "" if step.fraction is None else f"{100 * step.fraction:3.0f} %  "
            left = "" if step.seconds_left is None else f"  about {duration_text(step.seconds_left)} left"
            line = f"{share}{step.stage}{left}"
            self._err.write(f"\r{line:<{self._width}}")
            self._width = len(line)
        elif step.stage != self._last:
            self._err.write(f"{step.stage}\n")
        self._last = step.stage

    @property
    def failure(self) -> OSError | None:
        """Why results could not be shown; None where they could, and where nobody wanted to see them."""
        return self._out.failure

    def close(self) -> None:
        """End the moving line, so that what is printed next starts on a line of its own."""
        if self._width:
            self._err.write(f"\r{'':<{self._width}}\r")
            self._width = 0

    def say(self, text: str) -> None:
        """Print what the user asked for."""
        if not self.quiet:
            self.close()
            self._out.write(f"{text}\n")

    def notice(self, text: str) -> None:
        """Print what the user should know beside it."""
        if not self.quiet:
            self.complain(text)

    def complain(self, text: str) -> None:
        """Print why something cannot be done."""
        self.close()
        self._err.write(f"{text}\n")


def _fill_descriptors() -> None:
    """Open what of the descriptors 0 to 2 is closed (``>&-``): else the next file gets it, and chatter for content."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)

"""Errors whose message is meant for the user."""

from __future__ import annotations

from .printable import printable


class AbdominalCalcificationError(Exception):
    """Base of every error this package raises on purpose.

    The message is one line: what is wrong, then what to do about it. Text that it quotes from a file may hold anything:
    what would break or control the line is escaped.
    """

    def __str__(self) -> str:
        return printable(super().__str__())


class InputError(AbdominalCalcificationError):
    """The image, a mask or a parameter cannot be used; nothing was written."""


class WriteError(InputError):
    """A file or folder could not be written whole; nothing was kept of it, and what was there before is as it was.

    Parameters
    ----------
    place : path
    reason : str
    is_no_room : bool
        The disk, a quota or the allowed size of a file is exhausted.
    """

    def __init__(self, place, reason: str, is_no_room: bool = False):
        super().__init__(str(place), reason, is_no_room)  # as they are, so that it travels between processes

    @property
    def place(self) -> str:
        """What could not be written."""
        return self.args[0]

    @property
    def reason(self) -> str:
        """Why."""
        return self.args[1]

    def of(self, place) -> WriteError:
        """Return the same about another place: that which a temporary one stands for."""
        return WriteError(place, *self.args[1:])

    def __str__(self) -> str:
        place, reason, is_no_room = self.args
        remedy = "free some space, or name another folder" if is_no_room else "name another folder"
        return printable(f"'{place}' cannot be written ({reason}), so nothing of it was; {remedy}.")


class ModelError(AbdominalCalcificationError):
    """A model folder, checkpoint or archive cannot be used."""


class InferenceError(AbdominalCalcificationError):
    """The worker process failed (crash, out of memory, missing package).

    Attributes
    ----------
    details : str
        The end of the worker's log or traceback, for a bug report; may be empty.
    """

    def __init__(self, message: str, details: str = ""):
        super().__init__(message)
        self.details = details


class UnexpectedError(InferenceError):
    """The worker process failed for no reason that is known: most likely a bug, here or in a library."""

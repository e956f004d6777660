"""Errors whose message is meant for the user."""


class AbdominalCalcificationError(Exception):
    """Base of every error this package raises on purpose.

    The message is one line: what is wrong, then what to do about it.
    """


class InputError(AbdominalCalcificationError):
    """The image, a mask or a parameter cannot be used; nothing was written."""


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

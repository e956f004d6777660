"""Sending, whichever way the destination is spoken to."""

from __future__ import annotations

from collections.abc import Sequence

from ..progress import Steps
from .cstore import store_steps
from .destination import Credentials, Destination
from .files import Outcome, SentFile
from .stow import stow_steps

TIMEOUT_S = 30.0


def send_steps(
    files: Sequence[SentFile],
    destination: Destination,
    credentials: Credentials | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Steps[list[Outcome]]:
    """Send files to an archive, and return what became of each; they stay where they are.

    Parameters
    ----------
    files : sequence of SentFile
    destination : Destination
    credentials : Credentials, optional
    timeout_s : float
        How long the server may take to answer, s.

    Raises
    ------
    InputError
        Where there is no connection; nothing was sent then.
    """
    steps = stow_steps if destination.is_web else store_steps
    return (yield from steps(files, destination, credentials or Credentials(), timeout_s))

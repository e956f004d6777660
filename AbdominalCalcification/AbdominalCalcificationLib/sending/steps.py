"""Sending, whichever way the destination is spoken to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing

from ..progress import Steps
from .cstore import store_steps
from .destination import Credentials, Destination, check_used
from .files import Outcome, SentFile
from .stow import stow_steps

TIMEOUT_S = 30.0


def send_steps(
    files: Sequence[SentFile],
    destination: Destination,
    credentials: Credentials | None = None,
    timeout_s: float = TIMEOUT_S,
    told: Callable[[Outcome], None] | None = None,
) -> Steps[list[Outcome]]:
    """Send files to an archive, and return what became of each; they stay where they are.

    Parameters
    ----------
    files : sequence of SentFile
    destination : Destination
    credentials : Credentials, optional
    timeout_s : float
        How long the server may take to answer, s.
    told : callable, optional
        Called with what became of each file as soon as that is known: after a cancel nothing else tells.

    Raises
    ------
    InputError
        Where there is no connection, or what is given is not for it; nothing was sent then.
    """
    credentials = credentials or Credentials()
    check_used(destination, credentials)
    outcomes: list[Outcome] = []
    steps = stow_steps if destination.is_web else store_steps
    with closing(steps(files, destination, credentials, timeout_s)) as parts:
        for part in parts:
            if not isinstance(part, Outcome):
                yield part
                continue
            outcomes.append(part)
            if told is not None:
                told(part)
    return outcomes

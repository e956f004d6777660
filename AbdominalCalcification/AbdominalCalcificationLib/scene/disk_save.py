"""What the corrections of an image have in common that are kept on the disk: of a CT, and of a radiograph."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from ..errors import InputError, WriteError
from ..history.recovery import RecoveryStore
from .volumes import identity_of_node


class DiskSave:
    """Writes into a recovery store; one that is empty is made anew with :meth:`_new_store`."""

    _store: RecoveryStore

    @property
    def problem(self) -> WriteError | None:
        """Why corrections cannot be kept on the disk; None where they can."""
        return self._store.problem

    @property
    def is_begun(self) -> bool:
        """Whether there is something on the disk."""
        return self._store.is_begun

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until all is written; return whether it is."""
        return self._store.wait(timeout_s)

    def close(self) -> None:
        """Remove what is on the disk, and end."""
        self._store.discard()

    def _forget(self) -> None:
        """Remove what is on the disk, and be ready for more."""
        self._store.discard()
        self._store = self._new_store()

    def _new_store(self) -> RecoveryStore:
        raise NotImplementedError


def once(make: Callable[[], str]) -> Callable[[], str]:
    """Return what makes a text the first time it is asked, by whichever thread."""
    made: list[str] = []
    makers, lock = [make], threading.Lock()

    def get() -> str:
        with lock:
            if not made:
                made.append(makers[0]())
                makers.clear()  # and with it what it was made from
        return made[0]

    return get


def is_alike(node, about: Mapping) -> bool:
    """Return whether a volume has the series or the name of the image that a case is of."""
    identity = identity_of_node(node)
    return any(about.get(key) and identity.get(key) == about[key] for key in ("series_uid", "name"))


def not_loaded(what: str, about: Mapping, size: str) -> InputError:
    """Return what is told where the image of a case is not there; `what` it is, and of which `size`."""
    text = f"The corrections are of the {what} '{about['name']}' ({size}), which is not loaded"
    return InputError(f"{text}; load it, then press Recover again. Nothing is lost until you discard them.")

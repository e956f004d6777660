"""Which workers of a cluster are given work: those with this version of this program that see the same files.

Each case needs one of a resource in Dask's sense, so that a worker has one case at a time, with all its threads.
Processes of this computer begin with it. Another worker is asked once, and gets it where it may work: the others get no
case, whatever happens.
"""

from __future__ import annotations

import hashlib
import time
from functools import cache
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import InferenceError, InputError
from .settings import Engine

# How often is looked for new workers: until there is one, and later.
_FIRST_S, _LATER_S = 0.2, 1.0
# How long a cluster of this computer may be without any.
_PATIENCE_S = 180.0


@cache
def checksum() -> str:
    """Return what tells the files of this program from those of another state of the same version."""
    folder = Path(__file__).resolve().parents[1]
    told = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        told.update(path.relative_to(folder).as_posix().encode())
        told.update(path.read_bytes())
    return told.hexdigest()[:12]


def resource() -> str:
    """Return the name of what a worker of this program has one of."""
    return f"abdominal-calcification-{__version__}-{checksum()}"


async def admit(wanted: tuple[str, str], witness: str | None, dask_worker: Any) -> dict:
    """In a worker: say which version this is, and take part where it is the wanted one.

    Parameters
    ----------
    wanted : (str, str)
        Version and :func:`checksum`.
    witness : str or None
        A file that has to be there.
    """
    own = __version__, checksum()
    sees = witness is None or Path(witness).exists()
    if own == wanted and sees:
        await dask_worker.set_resources(**{resource(): 1})
    return {"version": own[0], "checksum": own[1], "sees": sees}


class Crew:
    """The workers that take part.

    Parameters
    ----------
    client : distributed.Client
    engine : Engine
    witness : Path or None
        A file that they must see.

    Attributes
    ----------
    size : int
        How many there are.
    is_renewed : bool
        Since the last look all left and others came: Dask lets cases wait for ever that came when there was nobody.
    """

    def __init__(self, client: Any, engine: Engine, witness: Path | None):
        self._client, self._engine = client, engine
        self._witness = None if witness is None else str(engine.places.there(witness))
        self._asked: dict[str, bool] = {}
        self._refusal = ""
        self._next = self._alone_since = 0.0
        self.size = 0
        self.is_renewed = False

    @property
    def is_foreign(self) -> bool:
        """Whether the cluster was there before, and others may use it too."""
        return self._engine.scheduler is not None

    def look(self) -> list[str]:
        """Look who is there, now and then; return what is to be told.

        Raises
        ------
        InputError
            Where there are workers, and none of them may work.
        InferenceError
            Where no process of this computer comes up.
        """
        self.is_renewed = False
        now = time.monotonic()
        if now < self._next:
            return []
        there = self._client.nthreads()
        before = {address for address, good in self._asked.items() if good and address in there}
        told = self._ask([address for address in there if address not in self._asked])
        self._asked = {address: good for address, good in self._asked.items() if address in there}
        self.size = sum(self._asked.values())
        self.is_renewed = self.is_foreign and self.size > 0 and not before
        self._next = now + (_LATER_S if self.size else _FIRST_S)
        self._check_patience(now)
        return told

    def _check_patience(self, now: float) -> None:
        if self.size:
            self._alone_since = now
            return
        if self._refusal and self._asked:
            raise InputError(self._refusal)
        self._alone_since = self._alone_since or now
        if not self.is_foreign and now - self._alone_since > _PATIENCE_S:
            raise InferenceError(
                "The processes that work on the cases end again and again, most often for lack of memory; "
                "use fewer --jobs."
            )

    def _ask(self, new: list[str]) -> list[str]:
        told = []
        for address in new:
            reason = self._reason_against(address) if self.is_foreign else None
            self._asked[address] = reason is None
            if reason is not None:
                self._refusal = f"The worker {address} is given no case: {reason}"
                told.append(self._refusal)
        return told

    def _reason_against(self, address: str) -> str | None:
        """Return why a worker is refused; None where it takes part."""
        wanted = __version__, checksum()
        try:
            answer = self._client.run(admit, wanted, self._witness, workers=[address], on_error="return")[address]
        except Exception as error:  # whatever Dask raises where it cannot even be asked
            answer = error
        if isinstance(answer, ImportError | AttributeError):
            return f"it has no such version of this program ({answer}); install {__version__} there."
        if isinstance(answer, Exception):
            return f"it does not answer ({type(answer).__name__}: {answer}); start it again."
        own, other = __version__, answer["version"]
        if other != own:
            return f"it runs version {other} of this program, and this is {own}; install the same there."
        if answer["checksum"] != checksum():
            return f"it runs other files of version {own} of this program; install the same there."
        if not answer["sees"]:
            return f"it does not see '{self._witness}'; share the folder, or say with --map what it is called there."
        return None

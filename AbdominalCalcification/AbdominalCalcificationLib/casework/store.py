"""What a reader did with the cases of a list, on disk: one folder for each reader, and in it one for each case.

Everything is in files, written whole or not at all: whatever ends, the next start goes on from there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path

from .. import __version__
from ..bounded import read_json
from ..claiming import claimed
from ..csv_files import csv_text
from ..durable import cannot_write, write_text
from ..errors import InputError
from ..evaluation.cohort import Masks
from ..paths import file_name_of
from .cases import ListedCase, list_cases
from .folders import REVIEWS

STATE, _RESULT, _HANDED_OVER = "review.json", "result", "cases.csv"
_MASKS = ("arteries", "calcification")
BEST_RATING = 5
_MOST_NOTES = 10_000


class Status(str, Enum):
    """How far a case is."""

    UNTOUCHED = "untouched"
    IN_PROGRESS = "in progress"
    DONE = "done"
    REJECTED = "rejected"


@dataclass(frozen=True)
class CaseState:
    """What a reader said about a case.

    Attributes
    ----------
    status : Status
    notes : str
    rating : int or None
        Of the quality of image or masks, as the readers agreed: 1 to 5.
    seconds : float
        How long the case was worked on, all times together, without pauses (:class:`..work_clock.WorkClock`).
    saved : str
        When it was kept last, ISO 8601 in UTC; empty where it never was.
    """

    status: Status = Status.UNTOUCHED
    notes: str = ""
    rating: int | None = None
    seconds: float = 0.0
    saved: str = ""

    def __post_init__(self):
        object.__setattr__(self, "status", Status(self.status))
        if self.rating is not None and not (type(self.rating) is int and 1 <= self.rating <= BEST_RATING):
            raise InputError(f"A rating is a number from 1 to {BEST_RATING}, not {self.rating}.")
        if not (isinstance(self.seconds, (int, float)) and 0 <= self.seconds < float("inf")):
            raise InputError(f"The time spent cannot be {self.seconds} seconds.")
        if not isinstance(self.notes, str) or len(self.notes) > _MOST_NOTES:
            raise InputError(f"Notes can have {_MOST_NOTES} characters at most; keep longer text in a file of its own.")

    @property
    def is_open(self) -> bool:
        """Whether something is left to do."""
        return self.status in (Status.UNTOUCHED, Status.IN_PROGRESS)


class CaseStore:
    """The cases of a list as one reader works on them.

    Parameters
    ----------
    cases : sequence of ListedCase
    folder : Path
        Where the readers' folders are made, in ``reviews``: beside the table, or in the folder of cases.
    reader : str
        Whose work it is: another reader's is never touched.

    Raises
    ------
    InputError
        For a reader without a name.
    """

    def __init__(self, cases: Sequence[ListedCase], folder: Path, reader: str):
        if not reader.strip():
            raise InputError("Say who reads the cases: work is kept by the reader's name.")
        self.cases = list(cases)
        self.reader = reader.strip()
        self.folder = folder / REVIEWS / file_name_of(self.reader)

    @classmethod
    def of(cls, source: Path | str, reader: str) -> CaseStore:
        """Return the store of a list (see :func:`list_cases`), whose work lies beside it."""
        source = Path(source)
        return cls(list_cases(source), source if source.is_dir() else source.parent, reader)

    def folder_of(self, case: ListedCase) -> Path:
        """Return where this reader's work on a case is."""
        return self.folder / file_name_of(case.name)

    def result_of(self, case: ListedCase) -> Path:
        """Return the result folder of a case, as ``analyze`` and Export write it; need not be there."""
        return self.folder_of(case) / _RESULT

    def state_of(self, case: ListedCase) -> CaseState:
        """Return what was said about a case.

        Raises
        ------
        InputError
            Where that cannot be read: it is never begun anew in its place.
        """
        path = self.folder_of(case) / STATE
        if not path.exists():
            return CaseState()
        try:
            found = read_json(path)
            return CaseState(**{each.name: found[each.name] for each in fields(CaseState)})
        except (OSError, ValueError, KeyError, TypeError, InputError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"'{path}' cannot be read ({reason}); mend it, or move it away to begin anew.") from None

    def keep(self, case: ListedCase, state: CaseState) -> CaseState:
        """Keep what a reader says about a case; returned with its time.

        Raises
        ------
        WriteError
            Where it cannot be written; what was kept before stays.
        """
        state = replace(state, saved=datetime.now(timezone.utc).isoformat(timespec="seconds"))
        folder = self.folder_of(case)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from None
        said = {"case": case.name, "reader": self.reader, **asdict(state), "version": __version__}
        said["status"] = state.status.value
        write_text(folder / STATE, json.dumps(said, indent=1, ensure_ascii=False) + "\n")
        return state

    @contextmanager
    def opened(self, case: ListedCase) -> Iterator[None]:
        """Hold a case while it is worked on: who opens it a second time under the same name is told so.

        Raises
        ------
        InputError
            Where another process has it open.
        """
        with self._claim(case):
            yield

    def _claim(self, case: ListedCase) -> AbstractContextManager[None]:
        return claimed(self.folder_of(case), make=True)

    def masks_of(self, case: ListedCase) -> Masks:
        """Return the masks to go on with: this reader's, else those of the list.

        Raises
        ------
        InputError
            Where one that was saved is not there any more: the list's would pass for it.
        """
        result = self.result_of(case)
        if not result.exists():
            return case.masks
        arteries, calcification = own = [self._mask(case, role) for role in _MASKS]
        lost = [role for role, path in zip(_MASKS, own, strict=True) if path is None]
        if lost:
            raise InputError(
                f"'{result}' lacks the mask of {' and of '.join(lost)} that you saved; put the file back, or move the "
                "folder away to begin anew with the masks of the list."
            )
        return Masks(calcification=calcification, arteries=arteries)

    def _mask(self, case: ListedCase, role: str) -> Path | None:
        return next(iter(sorted(self.result_of(case).glob(f"{role}.n*"))), None)

    def neighbour(self, case: ListedCase | None, step: int = 1, *, only_open: bool = False) -> ListedCase | None:
        """Return the case before (-1) or after (1) another, None at the end of the list.

        Parameters
        ----------
        case : ListedCase or None
            None begins before the first case, or after the last one.
        step : {1, -1}
        only_open : bool
            Pass over cases that are done or rejected. A case whose state cannot be read is open.
        """
        start = self.cases.index(case) + step if case is not None else (0 if step > 0 else len(self.cases) - 1)
        for each in self.cases[start::step] if start >= 0 else ():
            if not only_open or self._is_open(each):
                return each
        return None

    def _is_open(self, case: ListedCase) -> bool:
        try:
            return self.state_of(case).is_open
        except InputError:
            return True

    def done(self) -> list[tuple[ListedCase, Path, Path]]:
        """Return the cases that are done, with the masks that were saved of them: arteries and calcification.

        Raises
        ------
        InputError
            Where a case that is done has no masks, or what was said of a case cannot be read.
        """
        found = []
        for case in self.cases:
            if self.state_of(case).status is not Status.DONE:
                continue
            arteries, calcification = (self._mask(case, role) for role in _MASKS)
            if arteries is None or calcification is None:
                raise InputError(f"The case '{case.name}' is done but has no masks; open it and save it again.")
            found.append((case, arteries, calcification))
        return found

    def hand_over(self) -> tuple[Path, int]:
        """Write a table of the cases that are done, for ``export-dataset`` and ``evaluate``; return how many there are.

        Raises
        ------
        InputError
            Where none is done, or a case that is done has no masks.
        WriteError
        """
        rows = []
        for case, *masks in self.done():
            rows.append([case.name, case.patient or case.name, *(str(path.resolve()) for path in (case.ct, *masks))])
        if not rows:
            raise InputError("No case is done yet; there is nothing to hand over.")
        path = self.folder / _HANDED_OVER
        write_text(path, csv_text(("case", "patient", "ct", *_MASKS), rows))
        return path, len(rows)

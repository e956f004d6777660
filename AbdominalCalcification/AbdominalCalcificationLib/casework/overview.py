"""What all readers did with the cases of a list, without opening one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..bounded import read_json
from ..errors import InputError
from .cases import ListedCase, list_cases
from .folders import REVIEWS
from .store import STATE, CaseState, CaseStore


@dataclass(frozen=True, eq=False)
class ReaderWork:
    """What one reader did.

    Attributes
    ----------
    reader : str
    states : list of (ListedCase, CaseState or None, str)
        In the order of the list; None, and why, where what was said of a case cannot be read.
    """

    reader: str
    states: list[tuple[ListedCase, CaseState | None, str]]


def overview(source: Path | str) -> tuple[list[ListedCase], list[ReaderWork]]:
    """Return the cases of a list, and what each reader did with them, in the order of their names.

    Parameters
    ----------
    source : path
        As for :func:`list_cases`.

    Raises
    ------
    InputError
        As :func:`list_cases`.
    """
    source = Path(source)
    cases = list_cases(source)
    folder = source if source.is_dir() else source.parent
    works = []
    for reader in sorted(set(_readers(folder / REVIEWS))):
        store = CaseStore(cases, folder, reader)
        works.append(ReaderWork(reader, [_state(store, case) for case in cases]))
    return cases, works


def _readers(folder: Path) -> Iterator[str]:
    """Yield the names of those who have said something of a case."""
    for path in sorted(folder.glob(f"*/**/{STATE}")) if folder.is_dir() else ():
        try:
            reader = read_json(path)["reader"]
        except (OSError, ValueError, KeyError, TypeError, InputError):
            reader = path.relative_to(folder).parts[0]  # told of with the case
        if isinstance(reader, str) and reader.strip():
            yield reader


def _state(store: CaseStore, case: ListedCase) -> tuple[ListedCase, CaseState | None, str]:
    try:
        return case, store.state_of(case), ""
    except InputError as error:
        return case, None, str(error)

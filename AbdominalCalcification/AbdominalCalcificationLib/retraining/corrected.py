"""The corrected cases of a case list, of a table or of a folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..casework import CaseStore, ListedCase, Status, list_cases
from ..casework.overview import overview
from ..errors import InputError
from ..evaluation.cohort import Masks
from .plan import PlannedCase


def corrected_cases(
    source: Path | str, readers: Sequence[str] = (), *, as_listed: bool = False
) -> tuple[list[PlannedCase], list[str]]:
    """Return the cases of a list that are corrected, and what there is to say about the choice.

    Parameters
    ----------
    source : path
        A case list: a table or a folder (see :func:`casework.list_cases`).
    readers : sequence of str
        Whose work counts: a case is taken from the first of them who has done it. Needless where one reader alone has
        done cases.
    as_listed : bool
        Take the masks that the list names, of all cases, instead: nobody has marked them.

    Raises
    ------
    InputError
        Where there is none, a case has no masks, or it is not said whose work counts.
    """
    if as_listed:
        return [_planned(case, case.masks) for case in _with_masks(list_cases(source))], []
    cases, works = overview(source)
    done = {
        work.reader: sum(state is not None and state.status is Status.DONE for _, state, _ in work.states)
        for work in works
    }
    if not readers:
        having = [reader for reader, count in done.items() if count]
        if len(having) > 1:
            said = ", ".join(f"{reader} ({done[reader]})" for reader in having)
            raise InputError(f"Several readers have done cases: {said}; name whose work counts with --reader.")
        readers = having
    unknown = [reader for reader in readers if reader.strip() not in done]
    if unknown:
        known = ", ".join(done) or "nobody yet"
        raise InputError(f"'{unknown[0]}' has read no case of '{source}'; readers: {known}.")
    return of_readers([CaseStore.of(source, reader) for reader in readers], str(source), len(cases))


def of_readers(stores: Sequence[CaseStore], source: str, count: int) -> tuple[list[PlannedCase], list[str]]:
    """Return what the readers have done, each case once, and what there is to say; InputError where nothing is."""
    found: dict[str, PlannedCase] = {}
    twice = []
    for store in stores:
        for case, arteries, calcification in store.done():
            if case.name in found:
                twice.append(case.name)
            else:
                found[case.name] = _planned(case, Masks(calcification, arteries))
    if not found:
        raise InputError(
            f"None of the {count} cases of '{source}' is done: correct some, set their status to done and save them "
            "(--as-listed takes the masks of the list as they are)."
        )
    remarks = [f"'{name}' was done by two readers; the first one's masks are taken." for name in twice]
    return list(found.values()), remarks


def _with_masks(cases: Iterable[ListedCase]) -> list[ListedCase]:
    found = []
    for case in cases:
        lacking = [role for role in ("arteries", "calcification") if getattr(case.masks, role) is None]
        if lacking:
            raise InputError(
                f"The case '{case.name}' has no mask of {' and of '.join(lacking)}; both are needed, also to judge the "
                "new model. Add them, or leave the case out."
            )
        found.append(case)
    return found


def _planned(case: ListedCase, masks: Masks) -> PlannedCase:
    return PlannedCase(
        case.name,
        case.patient or case.name,
        str(case.ct.absolute()),
        _files(masks.arteries),
        _files(masks.calcification),
        masks.artery_labels,
        masks.calcification_labels,
    )


def _files(paths: Path | tuple[Path, ...] | None) -> list[str]:
    each = paths if isinstance(paths, tuple) else (paths,)
    return [str(path.absolute()) for path in each if path is not None]

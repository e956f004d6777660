"""What the finished cases of any cohort come to: rows in batches, verdicts counted, the frame of its document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from .. import __version__
from ..errors import AbdominalCalcificationError
from ..progress import Progress, Steps
from ..reporting.documents import json_safe
from ..reporting.published import publish
from .making import CASES_SHARE, CohortResult
from .store import CaseFolders, FolderCase

# Cases that are read at a time.
_AT_A_TIME = 100
# Cases of one image that are told as it runs; the overview lists them all.
_MOST_TOLD = 10
#: In place of reasons that can name files.
REASON_LEFT_OUT = (
    "The reason, which can name files, is left out of this anonymous cohort; it was printed as it ran; run it again."
)


class Sink(Protocol):
    """What takes rows of finished cases."""

    def add(self, rows: Sequence[Any], /) -> None:
        """Take some."""


@dataclass(frozen=True)
class Collected:
    """What a cohort came to.

    Attributes
    ----------
    trust : dict of str to int
        How many cases have each verdict.
    failed : tuple of (str, str)
        Id and reason of those without a result.
    told : tuple of (str, str)
        The same, as files may tell it.
    """

    trust: dict[str, int]
    failed: tuple[tuple[str, str], ...]
    told: tuple[tuple[str, str], ...]

    @property
    def done(self) -> int:
        """How many cases have a result."""
        return sum(self.trust.values())

    def document(self, schema_version: str, settings: Mapping, subject: str | None = None) -> dict:
        """Return the content of cohort.json."""
        return json_safe(
            {
                "schema_version": schema_version,
                **({} if subject is None else {"subject": subject}),
                "software": {"name": "AbdominalCalcification", "version": __version__},
                "cases": self.done + len(self.failed),
                "done": self.done,
                "failed": len(self.failed),
                "trust": self.trust,
                "settings": settings,
            }
        )


def collected_steps(
    cases: Sequence[FolderCase],
    folders: CaseFolders,
    failed: dict[str, str],
    read_row: Callable[[Any, Path], Any],
    sinks: Sequence[Sink],
    *,
    anonymous: bool,
) -> Steps[Collected]:
    """Hand the rows of the finished cases to `sinks`, some at a time; one whose folder cannot be read has failed.

    Parameters
    ----------
    cases : sequence
    folders : CaseFolders
    failed : dict of str to str
        Id and reason of the cases that could not be made; those that cannot be read are added.
    read_row : callable
        Returns the row of a case, given it and its folder; each has its verdict as ``trust``.
    sinks : sequence
    anonymous : bool
        Whether files may not tell reasons.
    """
    counts = dict.fromkeys(("ok", "review", "unusable"), 0)
    for start in range(0, len(cases), _AT_A_TIME):
        yield Progress("Collecting the results", CASES_SHARE + (1 - CASES_SHARE) * start / len(cases))
        rows = list(_rows(cases[start : start + _AT_A_TIME], folders, failed, read_row))
        for sink in sinks:
            sink.add(rows)
        for row in rows:
            counts[row.trust] += 1
    listed = tuple((case.id, failed[case.id]) for case in cases if case.id in failed)
    told = tuple((name, REASON_LEFT_OUT) for name, _ in listed) if anonymous else listed
    return Collected(counts, listed, told)


def twins_steps(twins: Sequence[Sequence[str]], same: str) -> Steps[None]:
    """Tell cases of one image; `same` is what they are, and what to do."""
    for ids in twins[:_MOST_TOLD]:
        yield Progress("Collecting the results", 0.99, message=f"{', '.join(ids[:_MOST_TOLD])}: {same}")
    yield Progress("Writing tables and the overview", 0.99)


def published(
    folders: CaseFolders, tables: Sequence[str], contents: Sequence[str | bytes], collected: Collected
) -> CohortResult:
    """Write the tables, all or none, and return what the cohort came to."""
    publish(folders.output, dict(zip(tables, contents, strict=True)), "cohort")
    return CohortResult(collected.done, collected.trust, collected.failed)


def _rows(
    cases: Sequence[FolderCase],
    folders: CaseFolders,
    failed: dict[str, str],
    read_row: Callable[[Any, Path], Any],
) -> Iterator[Any]:
    for case in cases:
        if case.id not in failed:
            try:
                yield read_row(case, folders.path_of(case))
            except AbdominalCalcificationError as error:
                failed[case.id] = str(error)

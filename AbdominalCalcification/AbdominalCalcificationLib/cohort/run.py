"""A whole cohort: the cases that are not done yet, then tables and the overview."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .. import __version__
from ..claiming import claimed, sweep_claims
from ..engine.settings import Engine
from ..engine.work import Answer, answered_steps
from ..errors import AbdominalCalcificationError, InputError
from ..leftovers import sweep
from ..progress import Progress, Steps, scaled
from ..reporting.anonymous import anonymous_models
from ..reporting.documents import json_safe, json_text, parameters_document
from ..reporting.published import keep_others, others_in, publish, refuse_named
from ..reporting.text import counted
from .case import CaseWork, make_case
from .cases import CohortCase
from .overview import Overview
from .recipe import Recipe
from .rows import CaseRow, read_row
from .store import CaseFolders
from .tables import CohortTable, TerritoryTable, check_packages, failed_csv

SCHEMA_VERSION = "1.0"
#: What is written beside the cases; the last one appears last: where it is, the rest is.
TABLES = ("cohort.csv", "territories.parquet", "failed.csv", "seconds.csv", "overview.html", "cohort.json")
# Part of the progress that is the cases, before the tables.
_CASES = 0.95
# Cases of one CT that are told as it runs; the overview lists them all.
_MOST_TOLD = 10
# Cases that are read at a time for the tables.
_AT_A_TIME = 100
# Folders of anonymous cases.
_NUMBERED = r"case-\d{5,}"
#: In place of reasons that can name files.
_LEFT_OUT = (
    "The reason, which can name files, is left out of this anonymous cohort; it was printed as it ran; run it again."
)


@dataclass(frozen=True)
class CohortResult:
    """What a cohort came to.

    Attributes
    ----------
    done : int
        Cases with a result.
    trust : dict of str to int
        How many of them have each verdict.
    failed : tuple of (str, str)
        Id and reason of the others.
    """

    done: int
    trust: dict[str, int]
    failed: tuple[tuple[str, str], ...]


def cohort_steps(
    cases: Sequence[CohortCase],
    output: Path | str,
    recipe: Recipe | None = None,
    engine: Engine | None = None,
    *,
    overwrite: bool = False,
    table: Path | None = None,
) -> Steps[CohortResult]:
    """Analyze every case and write the results into `output`.

    Cases that are done are not done again; those that failed are tried again. The tables and the overview do not
    depend on interruptions, on the engine or on the time.

    Parameters
    ----------
    cases : sequence of CohortCase
        See :func:`cases.find_cases`.
    output : path
        Gets ``cases/ID/`` with the files of ``analyze``, ``cohort.csv``, ``territories.parquet``, ``failed.csv``,
        ``seconds.csv``, ``overview.html`` and ``cohort.json``.
    recipe : Recipe, optional
    engine : Engine, optional
        This process by default.
    overwrite : bool
        Make cases again that were made with other settings, from other files, or by another version.
    table : Path, optional
        Where the cases are from; it is not replaced.

    Raises
    ------
    InputError
        Where there are such cases and `overwrite` is False, `output` cannot be written, or holds what is read.
    ModelError
        Where a model cannot be used.
    """
    check_packages()
    recipe, engine, output = recipe or Recipe(), engine or Engine(), Path(output).absolute()
    models = recipe.models(cases)
    folders = CaseFolders(output, lambda masks: recipe.made_from(models, masks))
    with claimed(output, make=True, inner=[folders.folder]):
        read = [table, *(path for case in cases for path in case.paths)]
        keep_others(output, TABLES, read, overwrite=overwrite)
        _keep_apart(cases, folders)
        try:
            failed = yield from _make_missing_steps(cases, folders, recipe, engine, overwrite)
            return (yield from _summarise_steps(cases, folders, recipe, models, failed))
        finally:
            sweep(folders.folder)  # what workers that were ended were writing
            sweep_claims(folders.folder)
            with suppress(OSError):
                folders.folder.rmdir()  # where nothing came of it


def _keep_apart(cases: Sequence[CohortCase], folders: CaseFolders) -> None:
    """Refuse images where the folders of cases are written: a result would take the place of masks of the same name."""
    own = folders.folder.resolve()
    for case in cases:
        for path in case.paths:
            resolved = path.resolve()
            if own == resolved or own in resolved.parents:
                raise InputError(f"'{path}' lies where results are written ('{own}'); name another folder for these.")


def _make_missing_steps(
    cases: Sequence[CohortCase], folders: CaseFolders, recipe: Recipe, engine: Engine, overwrite: bool
) -> Steps[dict[str, str]]:
    """Make the cases that are not done; return why some could not be made, by id."""
    works = yield from _missing_steps(cases, folders, recipe, overwrite)
    folders.folder.mkdir(exist_ok=True)
    failed: dict[str, str] = {}

    def take(answer: Answer) -> str:
        name, reason = works[answer.index].case.id, engine.places.here(answer.lost or answer.value)
        if reason:
            failed[name] = reason
        return reason and f"{name}: {reason}"

    steps = answered_steps(make_case, works, engine, "Analyzing cases", take, witness=folders.folder)
    yield from scaled(steps, _CASES * (len(cases) - len(works)) / len(cases), _CASES)
    return failed


def _missing_steps(
    cases: Sequence[CohortCase], folders: CaseFolders, recipe: Recipe, overwrite: bool
) -> Steps[list[CaseWork]]:
    """Return the work that is left."""
    stage = "Looking for finished cases"
    others = others_in(folders.folder, (case.folder_name for case in cases))
    if recipe.anonymous:
        refuse_named(folders.folder, others, _NUMBERED)
    if others:
        shown = f"'{others[0]}'{' and others' if len(others) > 1 else ''}"
        message = f"'{folders.folder}' holds {shown} of no case of this cohort; nothing of that is in the tables."
        yield Progress(stage, 0.0, message=message)
    works, stale = [], []
    for number, case in enumerate(cases):
        if number % _AT_A_TIME == 0:
            yield Progress(stage, 0.0)
        record, fingerprint = folders.record(case), folders.fingerprint(case)
        if record is not None and record["fingerprint"] == fingerprint:
            continue
        if record is not None:
            stale.append(case.id)
        works.append(CaseWork(case, folders.path_of(case), fingerprint, recipe, overwrite))
    if stale and not overwrite:
        raise InputError(
            f"'{folders.output}' holds {counted(len(stale), 'case')} made from other files, with other settings or by "
            f"another version ('{stale[0]}'{' and others' if len(stale) > 1 else ''}); add --overwrite to make "
            f"{'them' if len(stale) > 1 else 'it'} again, or name another folder."
        )
    if len(works) < len(cases):
        message = f"{counted(len(cases) - len(works), 'case')} of {len(cases)} finished already."
        yield Progress(stage, 0.0, message=message)
    return works


def _summarise_steps(
    cases: Sequence[CohortCase], folders: CaseFolders, recipe: Recipe, models, failed: dict[str, str]
) -> Steps[CohortResult]:
    covariates = list(dict.fromkeys(name for case in cases for name in case.covariates))
    table, territories, overview = CohortTable(covariates), TerritoryTable(), Overview(folders.output)
    counts = dict.fromkeys(("ok", "review", "unusable"), 0)
    for start in range(0, len(cases), _AT_A_TIME):
        yield Progress("Collecting the results", _CASES + (1 - _CASES) * start / len(cases))
        rows = list(_rows(cases[start : start + _AT_A_TIME], folders, failed))
        table.add(rows)
        territories.add(rows)
        overview.add(rows)
        for row in rows:
            counts[row.trust] += 1
    listed = [(case.id, failed[case.id]) for case in cases if case.id in failed]
    told = [(name, _LEFT_OUT) for name, _ in listed] if recipe.anonymous else listed
    done = sum(counts.values())
    document = _document(recipe, models, len(cases), done, counts)
    for ids in overview.twins[:_MOST_TOLD]:
        message = f"{', '.join(ids[:_MOST_TOLD])}: the same CT, voxel for voxel; look at the table, or leave one out."
        yield Progress("Collecting the results", 0.99, message=message)
    yield Progress("Writing tables and the overview", 0.99)
    contents = (
        table.text(),
        territories.content(),
        failed_csv(told),
        table.seconds_text(),
        overview.html(len(cases), told),
        json_text(document),
    )
    publish(folders.output, dict(zip(TABLES, contents, strict=True)), "cohort")
    return CohortResult(done, counts, tuple(listed))


def _rows(cases: Sequence[CohortCase], folders: CaseFolders, failed: dict[str, str]) -> Iterator[CaseRow]:
    """Yield the rows of the finished cases; one whose folder cannot be read has failed."""
    for case in cases:
        if case.id not in failed:
            try:
                yield read_row(case, folders.path_of(case))
            except AbdominalCalcificationError as error:
                failed[case.id] = str(error)


def _document(recipe: Recipe, models, count: int, done: int, trust: dict[str, int]) -> dict:
    choices = recipe.choices
    identities = [{"role": role, **model.identity()} for role, model in models]
    return json_safe(
        {
            "schema_version": SCHEMA_VERSION,
            "software": {"name": "AbdominalCalcification", "version": __version__},
            "cases": count,
            "done": done,
            "failed": count - done,
            "trust": trust,
            "settings": {
                "models": anonymous_models(identities) if recipe.anonymous else identities,
                "calcification_threshold": choices.calcification_threshold,
                "parameters": parameters_document(choices.measurement),
                "dicom": recipe.dicom,
                "report": recipe.report is not None,
                "anonymous": recipe.anonymous,
            },
        }
    )

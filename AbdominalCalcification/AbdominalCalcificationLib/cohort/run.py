"""A whole cohort: the cases that are not done yet, then tables and the overview."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .. import __version__
from ..engine.settings import Engine
from ..errors import AbdominalCalcificationError
from ..progress import Progress, Steps
from ..reporting.anonymous import anonymous_models
from ..reporting.documents import json_safe, json_text, parameters_document
from ..reporting.published import publish
from .case import CaseWork, make_case
from .cases import CohortCase
from .making import AT_A_TIME, CASES_SHARE, REASON_LEFT_OUT, CohortResult, Making, held, made_steps
from .overview import Overview
from .recipe import Recipe
from .rows import CaseRow, read_row
from .store import CaseFolders
from .tables import CohortTable, TerritoryTable, check_packages, failed_csv

SCHEMA_VERSION = "1.0"
#: What is written beside the cases; the last one appears last: where it is, the rest is.
TABLES = ("cohort.csv", "territories.parquet", "failed.csv", "seconds.csv", "overview.html", "cohort.json")
# Cases of one CT that are told as it runs; the overview lists them all.
_MOST_TOLD = 10


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
    known: dict[tuple[bool, bool], dict] = {}

    def made_from(case: CohortCase) -> dict:
        given = case.masks.arteries is not None, case.masks.calcification is not None
        if given not in known:
            known[given] = recipe.made_from(models, case.masks)
        return known[given]

    def work(case: CohortCase, folder: Path, fingerprint: str) -> CaseWork:
        return CaseWork(case, folder, fingerprint, recipe, overwrite)

    folders = CaseFolders(output, made_from)
    making = Making(folders, make_case, work, "Analyzing cases", recipe.anonymous, overwrite)
    with held(folders, TABLES, cases, table, overwrite):
        failed = yield from made_steps(making, cases, engine)
        return (yield from _summarise_steps(cases, folders, recipe, models, failed))


def _summarise_steps(
    cases: Sequence[CohortCase], folders: CaseFolders, recipe: Recipe, models, failed: dict[str, str]
) -> Steps[CohortResult]:
    covariates = list(dict.fromkeys(name for case in cases for name in case.covariates))
    table, territories, overview = CohortTable(covariates), TerritoryTable(), Overview(folders.output)
    counts = dict.fromkeys(("ok", "review", "unusable"), 0)
    for start in range(0, len(cases), AT_A_TIME):
        yield Progress("Collecting the results", CASES_SHARE + (1 - CASES_SHARE) * start / len(cases))
        rows = list(_rows(cases[start : start + AT_A_TIME], folders, failed))
        table.add(rows)
        territories.add(rows)
        overview.add(rows)
        for row in rows:
            counts[row.trust] += 1
    listed = [(case.id, failed[case.id]) for case in cases if case.id in failed]
    told = [(name, REASON_LEFT_OUT) for name, _ in listed] if recipe.anonymous else listed
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

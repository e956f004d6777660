"""A whole cohort of radiographs: those that are not done yet, then the table and the overview."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ... import __version__
from ...csv_files import csv_text
from ...engine.settings import Engine
from ...errors import AbdominalCalcificationError
from ...progress import Progress, Steps
from ...radiograph.files import DOCUMENT_FILE
from ...reporting.anonymous import anonymous_models
from ...reporting.documents import json_safe, json_text
from ...reporting.published import publish
from ...reporting.tables import cell_text
from ..making import AT_A_TIME, CASES_SHARE, REASON_LEFT_OUT, CohortResult, Making, held, made_steps
from ..store import CaseFolders
from ..tables import failed_csv
from .case import RadiographWork, make_radiograph
from .cases import CohortRadiograph
from .columns import radiograph_columns
from .overview import TABLE, RadiographOverview
from .recipe import RadiographRecipe
from .rows import RadiographRow, read_radiograph_row

SCHEMA_VERSION = "1.0"
#: What is written beside the cases; the last one appears last: where it is, the rest is.
TABLES = (TABLE, "failed.csv", "seconds.csv", "overview.html", "cohort.json")
# Radiographs of one image that are told as it runs; the overview lists them all.
_MOST_TOLD = 10


def radiographs_steps(
    cases: Sequence[CohortRadiograph],
    output: Path | str,
    recipe: RadiographRecipe | None = None,
    engine: Engine | None = None,
    *,
    overwrite: bool = False,
    table: Path | None = None,
) -> Steps[CohortResult]:
    """Score every radiograph and write the results into `output`.

    Radiographs that are done are not done again; those that failed are tried again. Parameters and errors are those of
    :func:`..run.cohort_steps`; `output` gets ``cases/ID/`` with the files of ``radiograph``, ``radiographs.csv``,
    ``failed.csv``, ``seconds.csv``, ``overview.html`` and ``cohort.json``.
    """
    recipe, engine, output = recipe or RadiographRecipe(), engine or Engine(), Path(output).absolute()
    models = recipe.models()
    made_from = recipe.made_from(models)

    def work(case: CohortRadiograph, folder: Path, fingerprint: str) -> RadiographWork:
        return RadiographWork(case, folder, fingerprint, recipe, overwrite)

    folders = CaseFolders(output, lambda _: made_from, DOCUMENT_FILE)
    making = Making(folders, make_radiograph, work, "Reading radiographs", recipe.anonymous, overwrite)
    with held(folders, TABLES, cases, table, overwrite):
        failed = yield from made_steps(making, cases, engine)
        return (yield from _summarise_steps(cases, folders, recipe, models, failed))


def _summarise_steps(
    cases: Sequence[CohortRadiograph],
    folders: CaseFolders,
    recipe: RadiographRecipe,
    models: list[dict],
    failed: dict[str, str],
) -> Steps[CohortResult]:
    covariates = list(dict.fromkeys(name for case in cases for name in case.covariates))
    overview = RadiographOverview(folders.output, recipe.groups)
    counts = dict.fromkeys(("ok", "review", "unusable"), 0)
    lines: list[list] = []
    seconds: list[list] = []
    for start in range(0, len(cases), AT_A_TIME):
        yield Progress("Collecting the results", CASES_SHARE + (1 - CASES_SHARE) * start / len(cases))
        rows = list(_rows(cases[start : start + AT_A_TIME], folders, failed))
        lines += [[cell_text(each) for each in json_safe(row.cells(covariates, recipe.groups))] for row in rows]
        seconds += [[row.case.id, cell_text(row.seconds)] for row in rows]
        overview.add(rows)
        for row in rows:
            counts[row.trust] += 1
    listed = [(case.id, failed[case.id]) for case in cases if case.id in failed]
    told = [(name, REASON_LEFT_OUT) for name, _ in listed] if recipe.anonymous else listed
    done = sum(counts.values())
    for ids in overview.twins[:_MOST_TOLD]:
        message = f"{', '.join(ids[:_MOST_TOLD])}: the same image, pixel for pixel; look at it, or leave one out."
        yield Progress("Collecting the results", 0.99, message=message)
    yield Progress("Writing tables and the overview", 0.99)
    contents = (
        csv_text(radiograph_columns(covariates), lines),
        failed_csv(told),
        csv_text(["id", "seconds"], seconds),
        overview.html(len(cases), told),
        json_text(_document(recipe, models, len(cases), done, counts)),
    )
    publish(folders.output, dict(zip(TABLES, contents, strict=True)), "cohort")
    return CohortResult(done, counts, tuple(listed))


def _rows(cases: Sequence[CohortRadiograph], folders: CaseFolders, failed: dict[str, str]) -> Iterator[RadiographRow]:
    """Yield the rows of the finished radiographs; one whose folder cannot be read has failed."""
    for case in cases:
        if case.id not in failed:
            try:
                yield read_radiograph_row(case, folders.path_of(case))
            except AbdominalCalcificationError as error:
                failed[case.id] = str(error)


def _document(recipe: RadiographRecipe, models: list[dict], count: int, done: int, trust: dict[str, int]) -> dict:
    return json_safe(
        {
            "schema_version": SCHEMA_VERSION,
            "subject": "radiographs",
            "software": {"name": "AbdominalCalcification", "version": __version__},
            "cases": count,
            "done": done,
            "failed": count - done,
            "trust": trust,
            "settings": {
                "models": anonymous_models(models) if recipe.anonymous else models,
                "image": recipe.choices.document(),
                "severity": recipe.groups.document(None),
                "report": recipe.report is not None,
                "anonymous": recipe.anonymous,
            },
        }
    )

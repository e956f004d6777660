"""A whole cohort: the cases that are not done yet, then tables and the overview."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..engine.settings import Engine
from ..progress import Steps
from ..reporting.anonymous import anonymous_models
from ..reporting.documents import json_text, parameters_document
from .case import make_case
from .cases import CohortCase
from .collecting import collected_steps, published, twins_steps
from .columns import cohort_columns
from .making import CohortResult, Making, held, made_steps
from .overview import Overview
from .recipe import Recipe
from .rows import read_row
from .store import CaseFolders
from .tables import CohortTable, TerritoryTable, check_packages, failed_csv

SCHEMA_VERSION = "1.0"
#: What is written beside the cases; the last one appears last: where it is, the rest is.
TABLES = ("cohort.csv", "territories.parquet", "failed.csv", "seconds.csv", "overview.html", "cohort.json")


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

    folders = CaseFolders(output, made_from)
    making = Making(folders, make_case, recipe, "Analyzing cases", overwrite)
    with held(folders, TABLES, cases, table, overwrite):
        failed = yield from made_steps(making, cases, engine)
        return (yield from _summarise_steps(cases, folders, recipe, models, failed))


def _summarise_steps(
    cases: Sequence[CohortCase], folders: CaseFolders, recipe: Recipe, models, failed: dict[str, str]
) -> Steps[CohortResult]:
    covariates = list(dict.fromkeys(name for case in cases for name in case.covariates))
    table = CohortTable(cohort_columns(covariates), lambda row: row.cells(covariates))
    territories, overview = TerritoryTable(), Overview(folders.output)
    sinks = (table, territories, overview)
    collected = yield from collected_steps(cases, folders, failed, read_row, sinks, anonymous=recipe.anonymous)
    yield from twins_steps(overview.twins, "the same CT, voxel for voxel; look at the table, or leave one out.")
    contents = (
        table.text(),
        territories.content(),
        failed_csv(collected.told),
        table.seconds_text(),
        overview.html(len(cases), collected.told),
        json_text(collected.document(SCHEMA_VERSION, _settings(recipe, models))),
    )
    return published(folders, TABLES, contents, collected)


def _settings(recipe: Recipe, models) -> dict:
    choices = recipe.choices
    identities = [{"role": role, **model.identity()} for role, model in models]
    return {
        "models": anonymous_models(identities) if recipe.anonymous else identities,
        "calcification_threshold": choices.calcification_threshold,
        "parameters": parameters_document(choices.measurement),
        "dicom": recipe.dicom,
        "report": recipe.report is not None,
        "anonymous": recipe.anonymous,
    }

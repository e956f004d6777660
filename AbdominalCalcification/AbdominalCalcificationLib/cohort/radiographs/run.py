"""A whole cohort of radiographs: those that are not done yet, then the table and the overview."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...engine.settings import Engine
from ...progress import Steps
from ...radiograph.files import DOCUMENT_FILE
from ...reporting.anonymous import anonymous_models
from ...reporting.documents import json_text
from ..collecting import collected_steps, published, twins_steps
from ..making import CohortResult, Making, held, made_steps
from ..store import CaseFolders
from ..tables import CohortTable, failed_csv
from .case import make_radiograph
from .cases import CohortRadiograph
from .columns import radiograph_columns
from .overview import TABLE, RadiographOverview
from .recipe import RadiographRecipe
from .rows import read_radiograph_row

SCHEMA_VERSION = "1.0"
#: What is written beside the cases; the last one appears last: where it is, the rest is.
TABLES = (TABLE, "failed.csv", "seconds.csv", "overview.html", "cohort.json")


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

    folders = CaseFolders(output, lambda _: made_from, DOCUMENT_FILE)
    making = Making(folders, make_radiograph, recipe, "Reading radiographs", overwrite)
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
    table = CohortTable(radiograph_columns(covariates), lambda row: row.cells(covariates, recipe.groups))
    overview = RadiographOverview(folders.output, recipe.groups)
    sinks, hidden = (table, overview), recipe.anonymous
    collected = yield from collected_steps(cases, folders, failed, read_radiograph_row, sinks, anonymous=hidden)
    yield from twins_steps(overview.twins, "the same image, pixel for pixel; look at it, or leave one out.")
    contents = (
        table.text(),
        failed_csv(collected.told),
        table.seconds_text(),
        overview.html(len(cases), collected.told),
        json_text(collected.document(SCHEMA_VERSION, _settings(recipe, models), "radiographs")),
    )
    return published(folders, TABLES, contents, collected)


def _settings(recipe: RadiographRecipe, models: list[dict]) -> dict:
    return {
        "models": anonymous_models(models) if recipe.anonymous else models,
        "image": recipe.choices.document(),
        "severity": recipe.groups.document(None),
        "report": recipe.report is not None,
        "anonymous": recipe.anonymous,
    }

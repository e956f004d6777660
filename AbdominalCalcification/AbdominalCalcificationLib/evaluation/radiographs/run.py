"""A whole evaluation of radiographs: cases, then statistics, tables, plots and the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ... import __version__
from ...progress import Progress, Steps
from ...reporting.anonymous import anonymous_models
from ...reporting.documents import json_safe, json_text
from ..study import DOCUMENT, Study, publish_evaluation, study_steps
from .case import evaluate_radiograph
from .cohort import RadiographCase
from .settings import SCHEMA_VERSION, RadiographSettings

#: What is written beside the cases and plots; the last one appears last.
TABLES = (
    "cases.csv",
    "agreement.csv",
    "segments.csv",
    "severity.csv",
    "intervals.csv",
    "vertebrae.csv",
    "report.html",
    DOCUMENT,
)
SUBJECT = "radiographs"


def evaluate_radiographs_steps(
    cases: Sequence[RadiographCase],
    output: str | Path,
    settings: RadiographSettings | None = None,
    *,
    jobs: int | None = None,
    table: Path | None = None,
) -> Steps[dict]:
    """Evaluate Kauppila scores of radiographs and write the results into `output`.

    Goes on where it was interrupted, as :func:`..run.evaluate_steps` does; parameters and errors as there.

    Returns
    -------
    dict
        The content of ``evaluation.json``.
    """
    study = Study(SUBJECT, evaluate_radiograph, _summarise_steps, TABLES)
    return (yield from study_steps(study, cases, output, settings or RadiographSettings(), jobs, table))


def _summarise_steps(
    records: Sequence[dict], methods: Sequence[str], settings: RadiographSettings, output: Path
) -> Steps[dict]:
    from .plots import draw_plots
    from .report import report_html
    from .summary import summarise
    from .tables import cases_csv, severity_csv, statistics_csv

    groups = settings.groups
    summary = summarise(records, methods, settings)
    models = settings.identities()
    document = json_safe(
        {
            "schema_version": SCHEMA_VERSION,
            "subject": SUBJECT,
            "software": {"name": "AbdominalCalcification", "version": __version__},
            "cases": len(records),
            "patients": len({record["patient"] for record in records}),
            "methods": list(methods),
            "settings": {
                "methods": settings.methods,
                "models": anonymous_models(models) if settings.anonymous else models,
                "device": settings.device if settings.uses_models else None,
                "visible": settings.visible,
                "severity": groups.document(None),
                "bootstrap_resamples": settings.resamples,
                "bootstrap_seed": settings.seed,
                "anonymous": settings.anonymous,
            },
            **summary,
        }
    )
    yield Progress("Writing tables, plots and the report", 0.98)
    plots = draw_plots(records, methods, document)
    contents = (
        cases_csv(records, groups),
        statistics_csv(summary["agreement"]),
        statistics_csv(summary["segments"]),
        severity_csv(summary["severity"], groups),
        statistics_csv(summary["intervals"]),
        statistics_csv(summary["vertebrae"]),
        report_html(document, records, plots, groups),
        json_text(document),
    )
    gone = [name for name in ("coverage", "calibration") if name not in plots]
    publish_evaluation(output, plots, TABLES, contents, gone)
    return document

"""A whole evaluation: cases, then statistics, tables, plots and the report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .. import __version__
from ..progress import Progress, Steps
from ..reporting.anonymous import anonymous_models
from ..reporting.documents import json_safe, json_text
from .case import evaluate_case, model_folders
from .cohort import Case
from .settings import SCHEMA_VERSION, Settings
from .study import DOCUMENT, Study, publish_evaluation, study_steps

#: What is written beside the cases and plots; the last one appears last: where it is, the rest is.
TABLES = ("cases.csv", "overlap.csv", "agreement.csv", "report.html", DOCUMENT)


def evaluate_steps(
    cases: Sequence[Case],
    output: str | Path,
    settings: Settings | None = None,
    *,
    jobs: int | None = None,
    table: Path | None = None,
) -> Steps[dict]:
    """Evaluate a cohort and write the results into `output`.

    What an earlier, interrupted evaluation left there is used again where its inputs and settings
    are the same; cases that failed are tried again, and what was found in a part of one stays where
    trying again finds nothing at all. The result does not depend on interruptions,
    on `jobs` or on the time: the same cohort gives the same files.

    Parameters
    ----------
    cases : sequence of Case
    output : path
        Gets ``report.html``, ``evaluation.json``, ``cases.csv``, ``overlap.csv``, ``agreement.csv``,
        ``plots/*.svg`` and ``cases/*.json``.
    settings : Settings, optional
    jobs : int, optional
        Processes; by default as many as cores and memory take, but one where networks run, since these use all cores
        themselves. One job is done in this process.
    table : Path, optional
        Where the cases are from; it is not replaced.

    Returns
    -------
    dict
        The content of ``evaluation.json``.

    Raises
    ------
    InputError
        Where there is nothing to compare, `output` cannot be written, or holds files that are read or not ours.
    """
    study = Study("CTs", evaluate_case, _summarise_steps, TABLES)
    return (yield from study_steps(study, cases, output, settings or Settings(), jobs, table))


def _identities(settings: Settings) -> list[dict]:
    """Return name and checksum of the models that ran."""
    if not settings.uses_models:
        return []
    of_arteries, of_calcification = model_folders(settings)
    roles = [*(("arteries", model) for model in of_arteries), ("calcification", of_calcification)]
    identities = [{"role": role, "name": model.name, "checksum": model.checksum} for role, model in roles]
    return anonymous_models(identities) if settings.anonymous else identities


def _summarise_steps(records: Sequence[dict], methods: Sequence[str], settings: Settings, output: Path) -> Steps[dict]:
    from .plots import draw_plots
    from .report import report_html
    from .summary import summarise
    from .tables import agreement_csv, cases_csv, overlap_csv

    summary = summarise(records, methods, settings)
    document = json_safe(
        {
            "schema_version": SCHEMA_VERSION,
            "subject": "CTs",
            "software": {"name": "AbdominalCalcification", "version": __version__},
            "cases": len(records),
            "patients": len({record["patient"] for record in records}),
            "methods": list(methods),
            "settings": {
                "methods": settings.methods,
                "models": _identities(settings),
                "label_names": {} if settings.anonymous else settings.label_names,
                "plain_road": settings.plain_nnunet,
                "device": settings.device if settings.uses_models else None,
                "kept_length_mm": settings.parameters.kept_length_mm,
                "max_distance_mm": settings.parameters.max_distance_mm,
                "min_cluster_volume_mm3": settings.parameters.min_cluster_volume_mm3,
                "surface_tolerance_mm": settings.tolerance_mm,
                "lesion_coverage": settings.coverage,
                "severity_cut_points": settings.severity.cut_points,
                "severity_groups": settings.severity.names,
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
        cases_csv(records),
        overlap_csv(summary["overlap"]),
        agreement_csv(summary["agreement"]),
        report_html(document, records, plots),
        json_text(document),
    )
    publish_evaluation(output, plots, TABLES, contents)
    return document

"""A whole evaluation: cases, then statistics, tables, plots and the report."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .. import __version__
from ..claiming import claimed
from ..engine.settings import PIP, Engine, default_jobs, is_installed, usable_cores
from ..engine.work import Answer, answered_steps
from ..errors import InputError
from ..leftovers import sweep
from ..progress import Progress, Steps, scaled
from ..reporting.anonymous import anonymous_models
from ..reporting.documents import json_safe, json_text
from ..reporting.published import keep_others, others_in, publish, refuse_named
from .case import model_folders
from .cohort import Case, numbered
from .settings import Settings
from .store import SCHEMA_VERSION, Store, empty_result
from .stored_case import evaluate_and_store

CASES_FOLDER, PLOTS_FOLDER = "cases", "plots"
#: What is written beside the cases and plots; the last one appears last: where it is, the rest is.
TABLES = ("cases.csv", "overlap.csv", "agreement.csv", "report.html", "evaluation.json")
# Records of anonymous cases.
_NUMBERED = r"case_\d+-[0-9a-f]{8}\.json"
# Part of the progress that is the cases, before the tables.
_CASES = 0.95
# For fewer cases it takes longer to start processes than they spare.
_WORTH_PROCESSES = 8


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
    settings = settings or Settings()
    given = list(dict.fromkeys(name for case in cases for name in case.predictions))
    methods = [*given, *settings.methods]
    if not cases or not methods:
        raise InputError("There is nothing to compare: name predictions in the table, or methods with --method.")
    if "reference" in methods or set(given) & set(settings.methods):
        raise InputError("Give every prediction a name of its own, other than 'reference' and the methods' names.")
    if settings.anonymous:
        cases = numbered(cases)
    output = Path(output)
    folder = output / CASES_FOLDER
    with claimed(output, make=True, inner=[folder, output / PLOTS_FOLDER]):
        keep_others(output, TABLES, [table, *(path for case in cases for path in case.paths)])
        store = _store(cases, folder, settings)
        try:
            yield from _evaluate_missing_steps(cases, store, settings, jobs)
            yield Progress("Summarising", _CASES)
            records = [store.read(case) or changed_record(case) for case in cases]
            return (yield from _summarise_steps(records, methods, settings, output))
        finally:
            sweep(folder)  # what processes that were ended were writing
            with suppress(OSError):
                folder.rmdir()  # where nothing came of it


def _store(cases: Sequence[Case], folder: Path, settings: Settings) -> Store:
    """Return the records; refuse anonymous ones beside others."""
    store = Store(folder, settings)
    if settings.anonymous:
        own = (store.path_of(case).name for case in cases)
        refuse_named(folder, others_in(folder, own), _NUMBERED)
    return store


def _evaluate_missing_steps(cases: Sequence[Case], store: Store, settings: Settings, jobs: int | None) -> Steps[None]:
    """Evaluate what the store does not have."""
    yield Progress("Looking for finished cases", 0.0)
    todo = [case for case in cases if not store.is_done(case)]
    if len(todo) < len(cases):
        yield Progress(
            "Looking for finished cases", 0.0, message=f"{len(cases) - len(todo)} cases are finished already."
        )
    engine, told = _engine(jobs, settings, len(todo))
    if told:
        yield Progress("Evaluating cases", 0.0, message=told)
    works = [(case, store.folder.absolute(), settings) for case in todo]

    def take(answer: Answer) -> str:
        case, reason = todo[answer.index], answer.lost or answer.value
        if answer.lost:
            store.write(case, None, reason)
        return reason and f"{case.name}: {reason}"

    steps = answered_steps(evaluate_and_store, works, engine, "Evaluating cases", take)
    yield from scaled(steps, _CASES * (len(cases) - len(todo)) / len(cases), _CASES)


def _engine(jobs: int | None, settings: Settings, count: int) -> tuple[Engine, str]:
    """Return where so many cases are evaluated, and what is to be said of that.

    Several in processes; small cohorts, and networks that use all cores, are done one at a time in this process.
    """
    if jobs is not None:
        return Engine(jobs=jobs if jobs > 1 else 0), ""
    if settings.uses_models or count < _WORTH_PROCESSES or usable_cores() == 1:
        return Engine(), ""
    if not is_installed():
        return Engine(), f"One case at a time, since Dask is not installed; for several at a time: {PIP}."
    return Engine(jobs=default_jobs(uses_networks=False)), ""


def changed_record(case: Case) -> dict:
    """Return the record of a case whose files changed while, or after, it was evaluated."""
    reason = "Its files changed during the evaluation; run it again."
    return {"case": case.name, "error": reason, "details": "", **empty_result(case)}


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
    publish(
        output,
        {
            **{f"{PLOTS_FOLDER}/{name}.svg": svg for name, svg in plots.items()},
            **dict(zip(TABLES, contents, strict=True)),
        },
        "evaluation",
    )
    return document

"""An analysis of outcomes as files: the document, its tables, and the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..claiming import claimed
from ..csv_files import csv_text
from ..errors import InputError
from ..progress import Progress, Steps, scaled
from ..reporting.documents import json_text
from ..reporting.published import publish
from .analysis import Analysis, analysis_steps
from .settings import Settings
from .table import Table

DOCUMENT = "association.json"
_FILES = ("report.html", "models.csv", "curves.csv", "balance.csv", DOCUMENT)
_OF_MODELS = ("kind", "data", "exposure", "form", "covariates", "rows", "events", "sets", "robust", "refused")
_OF_TERMS = (
    "term",
    "level",
    "reference",
    "coefficient",
    "standard_error",
    "ratio",
    "lower",
    "upper",
    "p_value",
    "missing_information",
)


def associate_steps(table: Table, output: str | Path, settings: Settings) -> Steps[dict]:
    """Analyse a table, and write the results into `output`; the same table and settings give the same files.

    Parameters
    ----------
    table : Table
    output : path
        Gets ``report.html``, ``association.json``, ``models.csv``, ``curves.csv``, and ``balance.csv`` where people
        were matched: all or, where that is impossible, none.
    settings : Settings

    Returns
    -------
    dict
        The content of ``association.json``.

    Raises
    ------
    InputError
        Where there is nothing to analyse, or `output` cannot be written.
    """
    output = Path(output)
    refuse_others(table, output)
    analysis = yield from scaled(analysis_steps(table, settings), 0.0, 0.95)
    yield Progress("Writing tables and the report", 0.97)
    with claimed(output, make=True):
        texts = _texts(analysis)
        is_ours = (output / DOCUMENT).exists()  # then what this analysis lacks is of an earlier one
        publish(output, texts, "analysis", [name for name in _FILES if is_ours and name not in texts])
    return analysis.document


def refuse_others(table: Table, output: Path) -> None:
    """Raise InputError where the results would replace the table itself, or files of something else."""
    for name in _FILES:
        if not (output / name).exists():
            continue
        if table.path is not None and table.path.exists() and (output / name).samefile(table.path):
            raise InputError(f"'{output / name}' is the table itself; name another folder with --output.")
        if not (output / DOCUMENT).exists():
            what = "report" if name == "report.html" else name
            raise InputError(f"'{output}' holds another {what}; name another folder with --output.")


def _texts(analysis: Analysis) -> dict[str, str]:
    from .report import report_html

    document = analysis.document
    texts = {
        "report.html": report_html(document, analysis.curves),
        "models.csv": models_csv(document),
        "curves.csv": curves_csv(document),
    }
    if document["matching"] is not None:
        texts["balance.csv"] = balance_csv(document)
    return {**texts, DOCUMENT: json_text(document)}  # last: where it is, the rest is


def models_csv(document: Mapping) -> str:
    """Return one row for each coefficient; a model without an estimate has one row with the reason and no number."""
    rows = []
    for model in document["models"]:
        own = [_cell(model.get(name)) for name in _OF_MODELS]
        for term in model["terms"] or [{}]:
            test = (model["test"] or {}) if term.get("term") == model["exposure"] else {}
            tested = [test.get(name) for name in ("p_value", "corrected_p_value")]
            rows.append([*own, *(_cell(term.get(name)) for name in _OF_TERMS), *tested])
    return csv_text([*_OF_MODELS, *_OF_TERMS, "exposure_p_value", "exposure_p_value_holm"], rows)


def curves_csv(document: Mapping) -> str:
    """Return one row for each group and time."""
    rows = [
        [
            each["exposure"],
            each["data"],
            group["name"],
            time,
            at_risk,
            *(part[name] for name in ("value", "lower", "upper")),
        ]
        for each in document["curves"]
        for group in each["groups"]
        for time, at_risk, part in zip(each["times"], group["at_risk"], group["survival"], strict=True)
    ]
    header = ("exposure", "data", "group", "time", "at_risk", "without_event", "lower", "upper")
    return csv_text(header, rows)


def balance_csv(document: Mapping) -> str:
    """Return one row for each column that people were matched on."""
    rows = []
    for each in document["matching"]["balance"]:
        after = each["after"] or (None, None)
        rows.append([each["name"], *each["before"], each["difference_before"], *after, each["difference_after"]])
    header = (
        "column",
        "matched_before",
        "controls_before",
        "smd_before",
        "matched_after",
        "controls_after",
        "smd_after",
    )
    return csv_text(header, rows)


def _cell(value):
    if isinstance(value, list | tuple):
        return " ".join(value)
    return int(value) if isinstance(value, bool) else value

"""The tables of an evaluation of radiographs as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ...csv_files import csv_text
from ...radiograph.severity import ScoreGroups
from .cohort import PART_COLUMNS

_SCORES = ("total", "affected_segments", "affected_walls")


def cases_csv(records: Sequence[dict], groups: ScoreGroups) -> str:
    """Return one line for each case and side, the reference first, and one for each failure."""
    names = list(dict.fromkeys(name for record in records for name in record["groups"]))
    header = ["case", "patient", *names, "side", *_SCORES, "severity", *PART_COLUMNS, "low_90", "high_90", "trust"]
    rows = []
    for record in records:
        start = {"case": record["case"], "patient": record["patient"], **record["groups"]}
        for method, reason in [(None, record["error"])] if record["error"] else record["failures"].items():
            rows.append({**start, "side": method, "error": reason})
        for side, said in record.get("readings", {}).items():
            low, high = said["intervals"].get("0.9") or (None, None)
            note = record["notes"][side]
            rows.append(
                {
                    **start,
                    "side": side,
                    **{name: said[name] for name in _SCORES},
                    "severity": groups.group_of(said["total"]),
                    **dict(zip(PART_COLUMNS, said["parts"], strict=True)),
                    "low_90": low,
                    "high_90": high,
                    "trust": note["trust"],
                    "flags": " ".join(note["flags"]),
                }
            )
    return _csv([*header, "flags", "error"], rows)


def statistics_csv(rows: Sequence[Mapping]) -> str:
    """Return a line for each row of statistics, every estimate with the ends of its intervals."""
    flat = [_flat(row) for row in rows]
    columns = list(dict.fromkeys(name for row in flat for name in row))
    return _csv(columns or ["group"], flat)


def severity_csv(rows: Sequence[Mapping], groups: ScoreGroups) -> str:
    """Return a line for each group of severity: sensitivity, specificity and how many the reference puts there."""
    lines = []
    for row in rows:
        start = {name: row[name] for name in ("group", "method", "pairs", "patients")}
        for place, name in enumerate(groups.names):
            measures = {"sensitivity": row["sensitivity"][place], "specificity": row["specificity"][place]}
            counts = {f"predicted_{other}": row["confusion"][place][to] for to, other in enumerate(groups.names)}
            lines.append({**start, "severity": name, **counts, **_flat(measures)})
        summary = {name: row[name] for name in ("exact", "linear_kappa", "quadratic_kappa")}
        lines.append({**start, "severity": "all", **_flat(summary)})
    columns = list(dict.fromkeys(name for line in lines for name in line))
    return _csv(columns or ["group"], lines)


def _flat(row: Mapping) -> dict:
    line: dict = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and "value" in value:
            line[name] = value["value"]
            low, high = value["bootstrap"] or (None, None)
            line |= {f"{name}_low": low, f"{name}_high": high}
        elif not isinstance(value, (Mapping, list, tuple)):
            line[name] = value
    return line


def _csv(header: Sequence[str], rows: Iterable[Mapping]) -> str:
    return csv_text(header, ([row.get(name) for name in header] for row in rows))

"""The parts of the report about grades: severity, the eight parts of the score, affected segments and walls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ...radiograph.severity import ScoreGroups
from ...reporting.text import counted
from ..html import number, rows_of, table
from ..summary import ALL

QUANTITIES = {
    "total": "Score (0–24)",
    "affected_segments": "Affected segments (0–4)",
    "affected_walls": "Affected walls (0–8)",
}
_ORDINAL = {
    "exact": "Same",
    "within_one": "Within one",
    "bias": "Bias",
    "quadratic_kappa": "Kappa, quadratic",
    "linear_kappa": "Kappa, linear",
}


def estimate_cell(estimate: Mapping | None, points: bool = False) -> str:
    """Return a statistic with the ends of its interval as a cell; `points` for what is in points of the score."""
    if estimate is None or estimate["value"] is None:
        return "–"

    def shown(value: float) -> str:
        return f"{round(value, 2) + 0.0:.2f}" if points else number(value)  # never −0.00

    interval = estimate["bootstrap"]
    ends = "" if interval is None else f"<br><small>{shown(interval[0])} to {shown(interval[1])}</small>"
    return shown(estimate["value"]) + ends


def _confusion(row: Mapping, names: Sequence[str]) -> str:
    """Return counts, the darker the more of the reference's grade."""
    lines = []
    for name, counts, sensitivity, specificity in zip(
        names, row["confusion"], row["sensitivity"], row["specificity"], strict=True
    ):
        total = sum(counts)
        shaded = [
            f'<td style="background:rgba(0,114,178,{0.6 * count / total if total else 0:.2f})">{count}</td>'
            for count in counts
        ]
        lines.append([f"reference: {escape(name)}", *shaded, estimate_cell(sensitivity), estimate_cell(specificity)])
    return table(["", *(escape(name) for name in names), "Sensitivity", "Specificity"], lines)


def severity(document: Mapping, groups: ScoreGroups) -> str:
    """Return how often methods put radiographs into the reference's group."""
    names = [f"{name} ({bounds})" for name, bounds in zip(groups.names, groups.bounds(), strict=True)]
    parts = [f"<p class=quiet>{escape(groups.source)}</p>" if groups.source else ""]
    for row in rows_of(document, "severity", group=ALL):
        told = ", ".join(
            f"{title} {number(row[name]['value'])}{_between(row[name])}"
            for name, title in (("exact", "same group"), ("quadratic_kappa", "kappa, quadratic"))
        )
        parts.append(
            f"<h3>{escape(row['method'])}</h3><p class=quiet>{counted(row['pairs'], 'radiograph')} · {told}</p>"
            + _confusion(row, names)
        )
    return "".join(parts)


def _between(estimate: Mapping) -> str:
    interval = estimate["bootstrap"]
    return "" if interval is None else f" ({number(interval[0])} to {number(interval[1])})"


def _ordinal_cells(row: Mapping) -> list[str]:
    return [str(row["pairs"]), *(estimate_cell(row[name], name == "bias") for name in _ORDINAL)]


def segments(document: Mapping) -> str:
    """Return how well methods agree on each of the eight parts."""
    parts = []
    for method in document["methods"]:
        rows = rows_of(document, "segments", group=ALL, method=method)
        lines = [[escape(row["segment"]), *_ordinal_cells(row)] for row in rows]
        confusion = _confusion(rows[0], ["0", "1", "2", "3"])
        parts.append(
            f"<h3>{escape(method)}</h3>{table(['Part', 'Pairs', *_ORDINAL.values()], lines, first=(1, len(rows) - 2))}"
            f"<details><summary>All parts, grade by grade</summary>{confusion}</details>"
        )
    return "".join(parts)


def affected(document: Mapping) -> str:
    """Return how well methods agree on how many segments and walls are affected."""
    lines = [
        [QUANTITIES[row["quantity"]], escape(row["method"]), *_ordinal_cells(row)]
        for row in rows_of(document, "affected", group=ALL)
    ]
    return table(["Quantity", "Method", "Pairs", *_ORDINAL.values()], lines, left=2)

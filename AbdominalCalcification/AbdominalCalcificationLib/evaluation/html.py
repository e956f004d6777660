"""Numbers and tables as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from ..reporting.text import counted

TITLES = {
    "dice": "Dice",
    "volumetric_similarity": "Volumetric similarity",
    "sensitivity": "Sensitivity",
    "precision": "Precision",
    "jaccard": "Jaccard",
    "surface_dice": "Surface Dice",
    "hausdorff95_mm": "Hausdorff 95 % [mm]",
    "lesion_sensitivity": "Lesion sensitivity",
    "lesion_precision": "Lesion precision",
    "lesion_f1": "Lesion F1",
    "burden": "Burden [%]",
    "calcified_volume_mm3": "Calcified volume [mm³]",
    "cluster_count": "Clusters",
}

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#222;max-width:1500px;margin:0 auto;padding:1.5rem}
h1{font-size:1.7rem;margin:.2rem 0}h2{font-size:1.25rem;margin:2.2rem 0 .6rem;border-bottom:1px solid #ddd}
h3{font-size:1rem;margin:1.4rem 0 .4rem}.quiet{color:#666}.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .5rem;border-bottom:1px solid #e6e6e6;text-align:right;white-space:nowrap}
th{background:#f5f6f8;vertical-align:bottom}th:first-child,td:first-child,td.l,th.l{text-align:left}
td.w{white-space:normal;text-align:left}td small{color:#777}tr.first td{border-top:2px solid #ccc}
.best{font-weight:700}.warn{background:#fff6e0;border-left:4px solid #e69f00;padding:.5rem 1rem}
summary{cursor:pointer;margin:.6rem 0}svg{max-width:100%;height:auto}.scroll svg{max-width:none}li{margin:.2rem 0}
@media print{details{display:none}}
"""


def page(title: str, parts: Iterable[str], style: str = "") -> str:
    """Return a whole page of parts that are HTML, empty ones left out: no scripts, no links to other files.

    `style` is what a page adds to the look that all have, as CSS.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}{style}</style></head><body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body></html>\n"
    )


def number(value: float | None, metric: str = "") -> str:
    """Return a value as it is shown, a dash where there is none; burdens times 100, as their headings say."""
    if value is None:
        return "–"
    if metric == "burden":
        return f"{100 * value:.2f}"
    if metric in ("calcified_volume_mm3", "cluster_count", "hausdorff95_mm"):
        return f"{value:.1f}"
    return f"{value:.3f}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1, first: Iterable[int] = ()) -> str:
    """Return a table; cells are HTML already, the first `left` columns are text, rows in `first` begin a block."""
    marks = [' class="l"' if column < left else "" for column in range(len(header))]
    head = "".join(f"<th{mark}>{cell}</th>" for mark, cell in zip(marks, header, strict=True))
    starts = set(first)
    body = "".join(
        f"<tr{' class=first' if place in starts else ''}>"
        + "".join(
            cell if cell.startswith("<td") else f"<td{mark}>{cell}</td>" for mark, cell in zip(marks, row, strict=True)
        )
        + "</tr>"
        for place, row in enumerate(rows)
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def rows_of(document: Mapping, part: str, **wanted) -> list[Mapping]:
    """Return the rows of a part of ``evaluation.json`` that have the wanted values."""
    return [row for row in document[part] if all(row[name] == value for name, value in wanted.items())]


def methods_on_top(rows: Sequence[Mapping]) -> list[str]:
    """Return the headers of columns that stand for methods."""
    return [f"{escape(row['method'])}<br><small>{counted(row['cases'], 'case')}</small>" for row in rows]

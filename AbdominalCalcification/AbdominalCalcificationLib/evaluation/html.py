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

"""The parts of the report about agreement: bias and limits, severity groups, tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ..comparison.territories import TOTAL
from ..reporting.text import counted
from .html import TITLES, number, rows_of, table
from .summary import ALL, territory_title
from .units import ERROR_OF, unit_of_difference

_STATISTICS = {
    "bias": "Bias",
    "lower_limit": "Lower limit",
    "upper_limit": "Upper limit",
    "mean_absolute_error": "Mean abs. error",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "icc": "ICC(2,1)",
    "concordance": "Concordance",
}


def agreement(document: Mapping, territory: str, group: str) -> str:
    """Return the table of agreement in one territory, or in total, and one group of the cohort."""
    rows = rows_of(document, "agreement", group=group, territory=territory)
    lines: list[list[str]] = []
    first: list[int] = []
    for quantity in dict.fromkeys(row["quantity"] for row in rows):
        first.append(len(lines))
        for row in (each for each in rows if each["quantity"] == quantity):
            unit = [quantity] * 4 + [""] * 4
            cells = [_estimate(row[name], in_unit) for name, in_unit in zip(_STATISTICS, unit, strict=True)]
            lines.append([_with_unit(quantity), escape(row["method"]), str(row["pairs"]), *cells])
    return table(["Quantity", "Method", "Pairs", *_STATISTICS.values()], lines, left=2, first=first[1:])


def agreement_details(document: Mapping) -> str:
    """Return the tables of every territory and group, folded."""
    places = dict.fromkeys(
        row["territory"] for row in rows_of(document, "agreement", group=ALL) if row["territory"] != TOTAL
    )
    body = "".join(f"<h3>{territory_title(place)}</h3>{agreement(document, place, ALL)}" for place in places)
    groups = [group["group"] for group in document["groups"] if group["group"] != ALL]
    body += "".join(f"<h3>All arteries, {escape(group)}</h3>{agreement(document, TOTAL, group)}" for group in groups)
    return f"<details><summary>Agreement by territory and group</summary>{body}</details>"


def severity(document: Mapping) -> str:
    """Return how often methods put patients into the reference's group of severity."""
    names = document["settings"]["severity_groups"]
    parts = []
    for row in rows_of(document, "severity", group=ALL):
        lines = [
            [
                f"reference: {escape(name)}",
                *(str(count) for count in counts),
                number(sensitivity),
                number(specificity),
            ]
            for name, counts, sensitivity, specificity in zip(
                names, row["confusion"], row["sensitivity"], row["specificity"], strict=True
            )
        ]
        parts.append(
            f"<h3>{escape(row['method'])}</h3><p class=quiet>{counted(row['cases'], 'case')} · same group "
            f"{number(row['accuracy'])} · weighted kappa {number(row['quadratic_kappa'])} (quadratic), "
            f"{number(row['linear_kappa'])} (linear)</p>"
            + table(["", *(escape(name) for name in names), "Sensitivity", "Specificity"], lines)
        )
    return "".join(parts)


def tests_of(tests: Sequence[Mapping]) -> str:
    """Return the table of tests between methods; empty where there are none."""
    if not tests:
        return ""
    lines = [
        [
            _with_unit(test["metric"]),
            f"{escape(test['second'])} − {escape(test['first'])}",
            str(test["pairs"]),
            _difference(test),
            _p(test["p_value"]),
            _p(test["corrected_p_value"]),
        ]
        for test in tests
    ]
    header = ["Metric", "Difference", "Patients", "Median difference", "p", "p, corrected"]
    return "<h2>Do methods differ?</h2>" + table(header, lines, left=2)


def _estimate(estimate: Mapping, quantity: str = "") -> str:
    if estimate["value"] is None:
        return "–"
    interval = estimate["bootstrap"]
    shown = "" if interval is None else " to ".join(number(each, quantity) for each in interval)
    return number(estimate["value"], quantity) + (f"<br><small>{shown}</small>" if shown else "")


def _with_unit(quantity: str) -> str:
    """Return the title of a quantity, metric or absolute error with the unit of its differences."""
    unit, _ = unit_of_difference(quantity)
    title = TITLES[quantity.removeprefix(ERROR_OF)].partition(" [")[0]
    if quantity.startswith(ERROR_OF):
        title = f"{ERROR_OF}{title[0].lower()}{title[1:]}".capitalize()
    return f"{title} [{unit}]" if unit and unit.capitalize() != title else title


def _difference(test: Mapping) -> str:
    if test["median_difference"] is None:
        return "–"
    unit, factor = unit_of_difference(test["metric"])
    return f"{factor * test['median_difference']:+.4g} {unit}".rstrip()


def _p(value: float | None) -> str:
    if value is None:
        return "–"
    text = f"{value:.3f}" if value >= 0.001 else "&lt; 0.001"
    return f"<b>{text}</b>" if value < 0.05 else text

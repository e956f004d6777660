"""What the numbers say, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..comparison.territories import TOTAL
from ..reporting.text import counted
from .summary import ALL

_SIGNIFICANT = 0.05
# Nobody leads in a group with fewer cases to compare.
_FEWEST = 3


def plain_reading(document: Mapping) -> list[str]:
    """Return sentences on who is best where, and how far off in burden.

    Parameters
    ----------
    document : mapping
        The content of ``evaluation.json``.
    """
    return [
        *_overall(document),
        *_burden(document),
        *_by_group(document),
    ]


def _dice(document: Mapping, group: str) -> list[tuple[str, float, int]]:
    """Return methods with their mean Dice and of how many cases it is, best first."""
    rows = [
        (row["method"], row["metrics"]["dice"]["mean"], row["metrics"]["dice"]["cases"])
        for row in document["overlap"]
        if (row["group"], row["structure"], row["territory"]) == (group, "calcification", TOTAL)
        and row["metrics"]["dice"]["mean"] is not None
    ]
    return sorted(rows, key=lambda row: -row[1])


def _overall(document: Mapping) -> Iterator[str]:
    ranked = _dice(document, ALL)
    if not ranked:
        yield "No case has calcification to compare."
        return
    text = ", ".join(f"{method} {value:.3f} ({counted(cases, 'case')})" for method, value, cases in ranked)
    yield f"Mean Dice of the calcification in all arteries, of the cases where there is any: {text}."
    if len(ranked) > 1:
        first, second = ranked[0][0], ranked[1][0]
        p_value, lead = _tested(document, "dice", first, second)
        tested = f"Wilcoxon, Holm's correction, p = {p_value:.2g}" if p_value is not None else ""
        if p_value is None:
            yield f"Too few patients to test whether {first} and {second} differ."
        elif p_value >= _SIGNIFICANT:
            yield f"{first} and {second} do not differ significantly in Dice (p = {p_value:.2g})."
        elif lead > 0:
            yield f"The lead of {first} over {second} is significant ({tested})."
        else:
            # The mean may be of other cases, or pulled down by a few.
            yield (
                f"{first} and {second} differ significantly ({tested}), but not in favour of {first}: its "
                "mean is higher, its Dice in most of the patients that both have is not."
            )


def _tested(document: Mapping, metric: str, first: str, second: str) -> tuple[float | None, float]:
    """Return the p value of two methods, and the median by which the first is greater."""
    test = next(
        test
        for test in document["tests"]
        if test["metric"] == metric and {test["first"], test["second"]} == {first, second}
    )
    difference = test["median_difference"] or 0.0
    return test["corrected_p_value"], -difference if test["first"] == first else difference


def _burden(document: Mapping) -> Iterator[str]:
    for row in document["agreement"]:
        if (row["group"], row["quantity"], row["territory"]) != (ALL, "burden", TOTAL):
            continue
        if row["bias"]["value"] is None:
            yield f"Burden by {row['method']}: nothing to compare."
            continue
        bias, limits = 100 * row["bias"]["value"], [row[name]["value"] for name in ("lower_limit", "upper_limit")]
        side = "high" if bias > 0 else "low"
        text = f"Burden by {row['method']}: {abs(bias):.2f} percentage points too {side} on average"
        if None not in limits:
            text += f", 95 % of cases between {100 * limits[0]:+.2f} and {100 * limits[1]:+.2f} points"
        if row["spearman"]["value"] is not None:
            text += f"; rank correlation {row['spearman']['value']:.3f}"
        yield text + "."


def _by_group(document: Mapping) -> Iterator[str]:
    overall = _dice(document, ALL)
    for group in document["groups"]:
        ranked = _dice(document, group["group"])
        if group["group"] == ALL or len(ranked) < 2:
            continue
        (first, best, of_first), (second, next_best, of_second) = ranked[:2]
        if min(of_first, of_second) < _FEWEST:
            continue
        surprise = "" if first == overall[0][0] else " – other than in all cases together"
        cases = counted(group["cases"], "case")
        title = group["group"].capitalize().replace("_", " ")
        yield f"{title} ({cases}): {first} leads with {best:.3f} before {second} with {next_best:.3f}{surprise}."

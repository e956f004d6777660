"""What the numbers of radiographs say, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...reporting.text import counted
from ..html import rows_of
from ..summary import ALL


def plain_reading(document: Mapping) -> list[str]:
    """Return sentences on how far off each method is, what it did not score, and whether methods differ."""
    return [line for method in document["methods"] for line in _of_method(document, method)] + list(_tests(document))


def _of_method(document: Mapping, method: str) -> Iterator[str]:
    (scored,) = rows_of(document, "scored", group=ALL, method=method)
    (row,) = rows_of(document, "agreement", group=ALL, method=method, quantity="total")
    if row["mean_absolute_error"]["value"] is None:
        yield f"{method}: no score to compare."
    else:
        text = f"{method}: mean absolute error {row['mean_absolute_error']['value']:.2f} points"
        text += f", bias {row['bias']['value']:+.2f}"
        limits = [row[name]["value"] for name in ("lower_limit", "upper_limit")]
        if None not in limits:
            text += f" (95 % of differences from {limits[0]:+.1f} to {limits[1]:+.1f})"
        for name, title in (("spearman", "Spearman"), ("icc", "ICC(2,1)")):
            if row[name]["value"] is not None:
                text += f", {title} {row[name]['value']:.3f}"
        yield f"{text}, in {counted(row['pairs'], 'radiograph')} of {counted(row['patients'], 'patient')}."
    if scored["compared"] < scored["cases"]:
        yield f"{method}: {' and '.join(_missing(scored))}; these are in no number about the score, and are no 0."
    for each in rows_of(document, "vertebrae", group=ALL, method=method, vertebra="all"):
        yield (
            f"{method}: vertebral bodies with a Dice of {each['dice']['value']:.3f} on average, "
            f"{100 * each['named_right']['value']:.1f} % of {each['bodies']} named right."
        )


def _missing(scored: Mapping) -> Iterator[str]:
    for name, text in (
        ("without_result", "failed or not given"),
        ("reference_not_scored", "without a score in the reference"),
        ("method_not_scored", "without a score of its own"),
    ):
        if scored[name]:
            yield f"{scored[name]} of {counted(scored['cases'], 'radiograph')} {text}"


def _tests(document: Mapping) -> Iterator[str]:
    for test in document["tests"]:
        if test["corrected_p_value"] is None:
            yield f"Too few patients to test whether {test['first']} and {test['second']} differ."
        elif test["corrected_p_value"] < 0.05:
            better = test["first" if (test["median_difference"] or 0) > 0 else "second"]
            yield (
                f"The absolute errors of {test['first']} and {test['second']} differ significantly (Wilcoxon, Holm's "
                f"correction, p = {test['corrected_p_value']:.2g})"
                + (f"; those of {better} are smaller in most patients." if test["median_difference"] else ".")
            )
        else:
            yield (
                f"The absolute errors of {test['first']} and {test['second']} do not differ significantly "
                f"(p = {test['corrected_p_value']:.2g})."
            )

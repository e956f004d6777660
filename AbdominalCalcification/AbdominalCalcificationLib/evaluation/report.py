"""The report of an evaluation: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from .. import __version__
from ..comparison.territories import TOTAL
from ..reporting.text import counted
from ..trust import Verdict
from .conclusions import plain_reading
from .html import TITLES, methods_on_top, number, page, rows_of, table
from .report_agreement import agreement, agreement_details, severity, tests_of
from .summary import ALL, METRICS, territory_title

_VERDICTS = [verdict.value for verdict in Verdict]
_STATES = {
    "missed": "calcification in the reference alone",
    "extra": "calcification in the prediction alone",
    "neither": "no calcification in either",
}


def report_html(document: Mapping, records: Sequence[dict], plots: Mapping[str, str]) -> str:
    """Return the report as one HTML text: no scripts, no links to other files.

    Parameters
    ----------
    document : mapping
        The content of ``evaluation.json``.
    records : sequence of dict
        The cases' records.
    plots : mapping of str to str
        SVG texts of :func:`plots.draw_plots`.
    """
    methods = document["methods"]
    done = sum(record["error"] is None for record in records)
    parts = [
        f"<h1>Evaluation of {counted(len(methods), 'method')}</h1>",
        f"<p class=quiet>{done} of {counted(document['cases'], 'case')}, {counted(document['patients'], 'patient')} · "
        f"AbdominalCalcification {__version__} · research use, not for diagnosis</p>",
        failures(document["failed"]),
        "<h2>In brief</h2>",
        "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in plain_reading(document)) + "</ul>",
        _left_out(document),
        "<h2>Calcification: overlap in all arteries</h2>",
        _overlap_by_method(document, "calcification"),
        plots["dice-by-territory"],
        _division(document),
        "<h2>Calcification: overlap by territory</h2>",
        *(_overlap_by_territory(document, "calcification", method) for method in methods),
        _arteries(document, methods),
        _mistaken(document["mistaken"]),
        "<h2>Agreement in all arteries</h2>",
        agreement(document, TOTAL, ALL),
        "<h3>Burden</h3>",
        plots["scatter-burden"],
        plots["bland-altman-burden"],
        "<h3>Calcified volume</h3>",
        plots["scatter-calcified-volume"],
        plots["bland-altman-calcified-volume"],
        agreement_details(document),
        "<h2>Severity groups by total burden</h2>",
        severity(document),
        tests_of(document["tests"]),
        "<h2>Cases</h2>",
        _cases(records),
        "<h2>How to read it</h2>",
        _definitions(document),
    ]
    return page("Evaluation of calcification methods", parts)


def failures(failed: Sequence[Mapping]) -> str:
    """Return the table of what failed, and is in no number; empty where nothing did."""
    if not failed:
        return ""
    rows = [
        (escape(each["case"]), escape(each["method"] or "all"), f'<td class="w">{escape(each["reason"])}</td>')
        for each in failed
    ]
    return (
        f'<div class="warn"><p><b>{counted(len(failed), "failure")}</b>: what failed is in none of the '
        f"numbers below. Running the same command again tries it again.</p>"
        f"{table(('Case', 'Method', 'Reason'), rows, left=3)}</div>"
    )


def _left_out(document: Mapping) -> str:
    """Return what is compared in fewer cases, since references do not judge it; empty where they judge all."""
    if not document["left_out"]:
        return ""
    parts = (
        f"{territory_title(each['territory'])} in {counted(each['cases'], 'case')}" for each in document["left_out"]
    )
    return (
        f'<div class="warn"><p><b>Left out</b>, since the reference does not judge them: {"; ".join(parts)}. What '
        "methods find there is in no number, and totals are of the other arteries. A reference judges the territories "
        "that it draws, or those that the column <code>territories</code> names.</p></div>"
    )


def _metric_cell(row: Mapping, metric: str, best: float | None) -> str:
    summary = row["metrics"][metric]
    if summary["mean"] is None:
        return "–"
    mark = ' class="best"' if summary["mean"] == best else ""
    spread = "" if summary["sd"] is None else f" ± {number(summary['sd'], metric)}"
    count = "" if summary["cases"] == row["cases"] else f" <small>n = {summary['cases']}</small>"
    return f"<span{mark}>{number(summary['mean'], metric)}</span><small>{spread}</small>{count}"


def _overlap_by_method(document: Mapping, structure: str, group: str = ALL) -> str:
    """Return the table that puts methods side by side, metrics as rows."""
    rows = rows_of(document, "overlap", group=group, structure=structure, territory=TOTAL)
    lines = []
    for metric in METRICS:
        means = [row["metrics"][metric]["mean"] for row in rows if row["metrics"][metric]["mean"] is not None]
        best = (min if metric == "hausdorff95_mm" else max)(means) if len(means) > 1 else None
        lines.append([TITLES[metric], *(_metric_cell(row, metric, best) for row in rows)])
    for metric in ("dice", "lesion_f1"):
        lines.append([f"{TITLES[metric]}, pooled", *(number(row["pooled"][metric]) for row in rows)])
    for state, title in _STATES.items():
        lines.append([f"Cases: {title}", *(str(row["states"][state]) for row in rows)])
    return table(["Mean ± standard deviation", *methods_on_top(rows)], lines, first=(len(METRICS), len(METRICS) + 2))


def _overlap_by_territory(document: Mapping, structure: str, method: str) -> str:
    rows = rows_of(document, "overlap", group=ALL, structure=structure, method=method)
    lines = []
    for row in rows:
        states = row["states"]
        counts = f"{states['both']} / {states['missed']} / {states['extra']} / {states['neither']}"
        lines.append(
            [territory_title(row["territory"]), counts, *(_metric_cell(row, metric, None) for metric in METRICS)]
        )
    header = ["Territory", "both / missed /<br>extra / neither", *(TITLES[metric] for metric in METRICS)]
    return f"<h3>{escape(method)}</h3>" + table(header, lines, first=(len(lines) - 2,))


def _arteries(document: Mapping, methods: Sequence[str]) -> str:
    own = [m for m in methods if rows_of(document, "overlap", group=ALL, structure="arteries", method=m)]
    if not own:
        return ""
    tables = "".join(_overlap_by_territory(document, "arteries", method) for method in own)
    return (
        "<h2>Arteries: overlap by territory</h2><p class=quiet>After shortening; the whole mask is not shortened."
        + (f" Methods that are not listed used the arteries of the reference.</p>{tables}")
    )


def _mistaken(rows: Sequence[Mapping]) -> str:
    """Return the table of false positives by what they were taken from (virtual patients)."""
    if not rows:
        return ""
    kinds = list(rows[0]["mean_mm3"])
    lines = [[escape(kind.capitalize()), *(f"{row['mean_mm3'][kind]:.1f}" for row in rows)] for kind in kinds]
    lines.append(["All", *(f"{sum(row['mean_mm3'].values()):.1f}" for row in rows)])
    counts = dict.fromkeys(str(row["cases_without_calcification"]) for row in rows)
    lines.append(
        [
            f"All, of the {' or '.join(counts)} cases without calcification",
            *(number(row["mean_mm3_without_calcification"], "calcified_volume_mm3") for row in rows),
        ]
    )
    return (
        "<h2>What was taken for calcification</h2><p class=quiet>Mean false positive volume of the whole mask in a "
        "case [mm³], by the nearest thing within 2 mm.</p>"
        + table(["Taken from", *methods_on_top(rows)], lines, first=(len(kinds),))
    )


def _division(document: Mapping) -> str:
    groups = [group for group in document["groups"] if group["group"] != ALL]
    if not groups:
        return ""
    methods = document["methods"]
    lines: list[list[str]] = []
    first: list[int] = []
    last = ""
    for group in groups:
        if (kind := group["group"].split(":")[0]) != last:
            first.append(len(lines))
            last = kind
        rows = {
            row["method"]: row
            for row in rows_of(document, "overlap", group=group["group"], structure="calcification", territory=TOTAL)
        }
        burden = {
            row["method"]: row
            for row in rows_of(document, "agreement", group=group["group"], quantity="burden", territory=TOTAL)
        }
        means = [row["metrics"]["dice"]["mean"] for row in rows.values() if row["metrics"]["dice"]["mean"] is not None]
        best = max(means) if len(means) > 1 else None
        dice = [_metric_cell(rows[m], "dice", best) if m in rows else "–" for m in methods]
        bias = [number(burden[m]["bias"]["value"], "burden") for m in methods]
        lines.append([escape(group["group"]), str(group["cases"]), *dice, *bias])
    header = [
        "Group",
        "Cases",
        *(f"Dice<br>{escape(m)}" for m in methods),
        *(f"Burden bias [percentage points]<br>{escape(m)}" for m in methods),
    ]
    return "<h2>By group</h2>" + table(header, lines, first=first)


def _notes(record: dict, method: str) -> str:
    """Return what is to be known of the masks of a method, and of those it is compared with."""
    of_reference = record["notes"]["reference"]["text"]
    return " ".join(filter(None, (record["notes"][method]["text"], of_reference and f"Reference: {of_reference}")))


def _trust(record: dict, method: str) -> str:
    """Return the verdicts on the numbers of a method and, where it is another one, on those of the reference."""
    own, of_reference = (record["notes"][side]["trust"] for side in (method, "reference"))
    return own if own == of_reference else f"{own} (reference: {of_reference})"


def _gravity(record: dict) -> int:
    """Return how grave the gravest verdict on the numbers of a case is; 0 where all are ok."""
    return max(_VERDICTS.index(note["trust"]) for note in record["notes"].values())


def _cases(records: Sequence[dict]) -> str:
    lines: list[list[str]] = []
    first: list[int] = []
    # Those to be looked at first; else in the order of the cohort.
    for record in sorted((each for each in records if each["error"] is None), key=_gravity, reverse=True):
        first.append(len(lines))
        rows = {
            row["method"]: row
            for row in record["overlap"]
            if (row["structure"], row["territory"]) == ("calcification", TOTAL)
        }
        reference = record["measurements"]["reference"][TOTAL]
        for method, row in rows.items():
            found = record["measurements"][method][TOTAL]
            lines.append(
                [
                    escape(record["case"]),
                    escape(", ".join(record["groups"].values())),
                    escape(method),
                    _trust(record, method),
                    *(number(row[name], name) for name in ("dice", "sensitivity", "precision", "lesion_f1")),
                    *(
                        f"{number(side[name], name)}"
                        for name in ("burden", "calcified_volume_mm3")
                        for side in (reference, found)
                    ),
                    f"{reference['cluster_count']} / {found['cluster_count']}",
                    f'<td class="w">{escape(_notes(record, method))}</td>',
                ]
            )
    header = ["Case", "Groups", "Method", "Trust", "Dice", "Sensitivity", "Precision", "Lesion F1"]
    header += ["Burden ref. [%]", "Burden [%]", "Volume ref. [mm³]", "Volume [mm³]", "Clusters ref. / found", "Notes"]
    body = table(header, lines, left=4, first=first[1:])
    title = f"{counted(len(first), 'case')}, all arteries (cases.csv has every territory)"
    doubtful = sum(_gravity(record) > 0 for record in records if record["error"] is None)
    if doubtful:
        title += f"; {doubtful} to be looked at, first in the list"
    return f"<details><summary>{title}</summary>{body}</details>"


def _definitions(document: Mapping) -> str:
    chosen = document["settings"]
    cuts = ", ".join(f"{100 * cut:g} %" for cut in chosen["severity_cut_points"])
    lines = [
        "Each side's calcification is divided into territories by its own arteries, after shortening: a plaque that "
        "a method puts into another territory is missed in one and extra in the other. “All arteries” is everything "
        "counted in any territory; “whole mask” also what lies beyond a kept length or far from every artery.",
        "Where one side is empty, ratios that are 0/0 and distances to nothing are left out (n is then smaller); the "
        "others are 0, as their formulas say. Where both are empty every metric is left out, and the case is counted.",
        "A territory that the reference does not judge (by default: does not draw) is left out of its case on both "
        "sides: it has no row, and calcification that a method finds in it, outside the arteries that the reference "
        "draws, is neither right nor wrong.",
        "Differences of burdens are percentage points: 3 % against 2 % is one point.",
        "“Pooled” adds the volumes (or lesions) of all cases before dividing.",
        f"Surface Dice: the part of both surfaces that lies within {chosen['surface_tolerance_mm']:g} mm of the other. "
        "Hausdorff 95 %: the distance that 95 % of each surface keeps, of the two directions the larger.",
        "A lesion is found where the other side covers "
        + (
            f"at least {100 * chosen['lesion_coverage']:g} % of it."
            if chosen["lesion_coverage"]
            else "one voxel of it."
        ),
        f"Small numbers under statistics are 95 % bootstrap intervals over patients ({chosen['bootstrap_resamples']} "
        f"resamples, seed {chosen['bootstrap_seed']}); shaded bands in the difference plots are "
        "Bland and Altman's, or those of the bootstrap where a patient comes more than once.",
        "Differences between methods: Wilcoxon's signed-rank test over patients, corrected with Holm's method over "
        "the pairs of methods, for each metric.",
        f"Severity groups are divided at a total burden of {cuts}. The default cut points are this project's own "
        "choice and have not been related to outcomes.",
        "Threshold methods and “model-calcification” look in the arteries of the reference. The idealised threshold "
        "knows the reference and cannot be had in practice: in “All arteries” it is the most that any "
        "threshold could reach.",
    ]
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"

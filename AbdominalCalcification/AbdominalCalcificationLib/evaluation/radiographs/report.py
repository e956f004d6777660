"""The report of an evaluation of radiographs: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ... import __version__
from ...radiograph.severity import ScoreGroups
from ...reporting.text import counted
from ...trust import Verdict
from ..html import page, rows_of, table
from ..report import failures
from ..summary import ALL
from .conclusions import plain_reading
from .published import PUBLISHED
from .report_grades import QUANTITIES, affected, estimate_cell, segments, severity
from .summary import ALL_PARTS

_AGREEMENT = {
    "mean_absolute_error": "Mean abs. error",
    "bias": "Bias",
    "lower_limit": "Lower limit",
    "upper_limit": "Upper limit",
    "spearman": "Spearman",
    "pearson": "Pearson",
    "icc": "ICC(2,1)",
    "concordance": "Concordance",
}
_IN_POINTS = ("mean_absolute_error", "bias", "lower_limit", "upper_limit")
_VERDICTS = [verdict.value for verdict in Verdict]


def report_html(document: Mapping, records: Sequence[dict], plots: Mapping[str, str], groups: ScoreGroups) -> str:
    """Return the report as one HTML text: no scripts, no links to other files.

    Parameters
    ----------
    document : mapping
        The content of ``evaluation.json``.
    records : sequence of dict
        The cases' records.
    plots : mapping of str to str
        SVG texts of :func:`.plots.draw_plots`.
    groups : ScoreGroups
    """
    methods = document["methods"]
    done = sum(record["error"] is None for record in records)
    parts = [
        f"<h1>Kauppila scores by {counted(len(methods), 'method')}</h1>",
        f"<p class=quiet>{done} of {counted(document['cases'], 'radiograph')}, "
        f"{counted(document['patients'], 'patient')} · AbdominalCalcification {__version__} · "
        "research use, not for diagnosis</p>",
        _simulated(document, done),
        failures(document["failed"]),
        "<h2>In brief</h2>",
        "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in plain_reading(document)) + "</ul>",
        "<h2>What is compared</h2>",
        _scored(document),
        "<h2>The score</h2>",
        _agreement(document, ALL),
        plots["scatter-score"],
        plots["bland-altman-score"],
        _division(document),
        f"<h2>Severity groups: {escape(groups.name)}</h2>",
        severity(document, groups),
        "<h2>The eight parts</h2>",
        segments(document),
        "<h2>Affected segments and walls</h2>",
        affected(document),
        _uncertainty(document, plots),
        _vertebrae(document),
        "<h2>What others report</h2>",
        _published(document, done),
        "<h2>Radiographs</h2>",
        _cases(records, groups),
        "<h2>How to read it</h2>",
        _definitions(document, groups),
    ]
    return page("Evaluation of Kauppila scores", parts)


def _simulated(document: Mapping, done: int) -> str:
    count = document["simulated"]
    if not count:
        return ""
    which = "All radiographs" if count == done else f"{count} of {done} radiographs"
    visible = document["settings"]["visible"]
    truth = "what these images show (contrast above noise)" if visible else "all that was simulated, seen or not"
    return (
        f'<div class="warn"><p><b>{which} are simulated</b>, and the reference is the truth of the simulation: '
        f"{truth}. How methods do on patients is not known from this.{_shown(document['shown'])}</p></div>"
    )


def _shown(shown: Mapping) -> str:
    """Return what an image can tell of the truth at most."""
    if not shown["radiographs"]:
        return ""
    return (
        f" Of {counted(shown['radiographs'], 'radiograph')} the score of what the image shows lies "
        f"{shown['mean_difference']:.2f} points below that of all that is there on average (mean absolute difference "
        f"{shown['mean_absolute_difference']:.2f}): what an image does not show can only be guessed."
    )


def _scored(document: Mapping) -> str:
    titles = {
        "cases": "Radiographs with a reference",
        "compared": "Scores that both have",
        "without_result": "Failed or not given",
        "reference_not_scored": "No score in the reference",
        "method_not_scored": "No score of the method",
        "unusable": "of these, unusable by its own verdict",
        "to_review": "To be reviewed by its own verdict",
        "reference_parts_not_assessed": "Parts that the reference did not assess",
        "method_parts_not_assessed": "Parts that the method did not assess",
    }
    rows = rows_of(document, "scored", group=ALL)
    lines = [[title, *(str(row[name]) for row in rows)] for name, title in titles.items()]
    return table(["", *(escape(row["method"]) for row in rows)], lines) + (
        "<p class=quiet>What was not scored is in no number, and is never taken for 0.</p>"
    )


def _agreement(document: Mapping, group: str) -> str:
    lines: list[list[str]] = []
    first: list[int] = []
    for quantity, title in QUANTITIES.items():
        first.append(len(lines))
        for row in rows_of(document, "agreement", group=group, quantity=quantity):
            cells = [estimate_cell(row[name], name in _IN_POINTS) for name in _AGREEMENT]
            lines.append([title, escape(row["method"]), str(row["pairs"]), *cells])
    return table(["Quantity", "Method", "Pairs", *_AGREEMENT.values()], lines, left=2, first=first[1:])


def _division(document: Mapping) -> str:
    """Return the score, and the vertebrae, by group of the cohort: by device, say."""
    groups = [group for group in document["groups"] if group["group"] != ALL]
    lines: list[list[str]] = []
    first: list[int] = []
    last = ""
    for group in groups:
        if (kind := group["group"].split(":")[0]) != last:
            first.append(len(lines))
            last = kind
        for row in rows_of(document, "agreement", group=group["group"], quantity="total"):
            of = {"group": group["group"], "method": row["method"]}
            (severity,) = rows_of(document, "severity", **of)
            (parts,) = rows_of(document, "segments", segment=ALL_PARTS, **of)
            bodies = next(iter(rows_of(document, "vertebrae", vertebra="all", **of)), {})
            lines.append(
                [
                    escape(group["group"]),
                    escape(row["method"]),
                    f"{row['pairs']} of {group['cases']}",
                    *(estimate_cell(row[name], True) for name in ("mean_absolute_error", "bias")),
                    *(estimate_cell(row[name]) for name in ("spearman", "icc")),
                    estimate_cell(severity["quadratic_kappa"]),
                    estimate_cell(parts["quadratic_kappa"]),
                    *(estimate_cell(bodies.get(name)) for name in ("dice", "named_right")),
                ]
            )
    header = ["Group", "Method", "Pairs", "Mean abs. error", "Bias", "Spearman", "ICC(2,1)", "Kappa of severity"]
    header += ["Kappa of parts", "Dice of bodies", "Named right"]
    return f"<h2>By group</h2>{table(header, lines, left=2, first=first[1:])}" if lines else ""


def _uncertainty(document: Mapping, plots: Mapping[str, str]) -> str:
    rows = rows_of(document, "intervals", group=ALL)
    if not rows:
        return ""
    lines = [
        [
            escape(row["method"]),
            f"{100 * row['level']:g} %",
            str(row["pairs"]),
            estimate_cell(row["covered"]),
            estimate_cell(row["width"], True),
        ]
        for row in rows
    ]
    told = table(["Method", "Level", "Pairs", "Holds the reference", "Mean width [points]"], lines)
    scores = [
        [escape(row["method"]), str(row["pairs"]), estimate_cell(row["error"]), estimate_cell(row["ranked_score"])]
        for row in rows_of(document, "calibration", group=ALL)
    ]
    header = ["Method", "Parts", "Expected calibration error", "Ranked probability score"]
    return (
        f"<h2>Intervals and probabilities</h2>{told}{plots.get('coverage', '')}"
        + (table(header, scores) + plots.get("calibration", "") if scores else "")
        + "<p class=quiet>Scores are whole numbers: intervals of them hold somewhat more than their level even where "
        "the probabilities behind them are right.</p>"
    )


def _vertebrae(document: Mapping) -> str:
    rows = rows_of(document, "vertebrae", group=ALL)
    if not rows:
        return ""
    titles = {"all": "All bodies", "whole image": "Whole image (L1 to L4 all named right)"}
    lines = [
        [escape(row["method"]), titles.get(row["vertebra"], row["vertebra"]), str(row["bodies"])]
        + [estimate_cell(row[name]) for name in ("dice", "found", "named_right")]
        for row in rows
    ]
    return (
        "<h2>Vertebral bodies</h2><p class=quiet>Found: at least half of a body is covered by bodies of any name. "
        "Named right: the one that covers most of it has its name; a body that was not found is not.</p>"
        + table(["Method", "Vertebra", "Bodies or images", "Dice", "Found", "Named right"], lines, left=2)
    )


def _published(document: Mapping, done: int) -> str:
    lines = []
    for row in rows_of(document, "agreement", group=ALL, quantity="total"):
        (severity,) = rows_of(document, "severity", group=ALL, method=row["method"])
        images = "simulated radiographs" if document["simulated"] == done else "these radiographs"
        told = f"right group {100 * severity['exact']['value']:.1f} %" if severity["exact"]["value"] is not None else ""
        lines.append(
            [
                f"<b>{escape(row['method'])}, here</b>",
                f"{images}: {row['pairs']}",
                estimate_cell(row["mean_absolute_error"], True),
                estimate_cell(row["spearman"]),
                estimate_cell(row["icc"]),
                f'<td class="w">{told}</td>',
            ]
        )
    first = len(lines)
    for each in PUBLISHED:
        measures = each.mean_absolute_error, each.spearman, each.icc
        lines.append(
            [
                f'<td class="w">{escape(each.name)}</td>',
                f'<td class="w">{escape(each.images)}</td>',
                *("–" if value is None else f"{value:g}" for value in measures),
                f'<td class="w">{escape(each.by_group)}</td>',
            ]
        )
    plainly = (
        "The radiographs evaluated here are simulated; the others are of patients, read by readers. The figures are no "
        "comparison of the systems."
        if document["simulated"]
        else "Other radiographs, readers and devices: the figures are no comparison of the systems."
    )
    return (
        f'<div class="warn"><p>{plainly} Figures of others are from abstracts, those of Shao et al. as they are quoted '
        "elsewhere; the cut points of their groups are not in what was read.</p></div>"
        + table(
            ["System", "Images", "Mean abs. error", "Spearman", "ICC", "Groups of severity"],
            lines,
            left=2,
            first=(first,),
        )
    )


def _cases(records: Sequence[dict], groups: ScoreGroups) -> str:
    lines: list[list[str]] = []
    first: list[int] = []
    done = [record for record in records if record["error"] is None]
    for record in sorted(done, key=_gravity, reverse=True):
        first.append(len(lines))
        reference = record["readings"]["reference"]
        for method, found in record["readings"].items():
            if method == "reference":
                continue
            low, high = found["intervals"].get("0.9") or (None, None)
            lines.append(
                [
                    escape(record["case"]),
                    escape(", ".join(record["groups"].values())),
                    escape(method),
                    record["notes"][method]["trust"] or "–",
                    _score(reference["total"]),
                    _score(found["total"]),
                    "–" if low is None else f"{low:g}–{high:g}",
                    escape(f"{groups.group_of(reference['total']) or '–'} / {groups.group_of(found['total']) or '–'}"),
                    _parts(reference),
                    _parts(found),
                    f'<td class="w">{escape(" ".join(record["notes"][method]["flags"]))}</td>',
                ]
            )
    header = ["Case", "Groups", "Method", "Trust", "Score ref.", "Score", "90 % interval", "Severity ref. / found"]
    header += ["Parts ref.", "Parts", "Flags"]
    return (
        f"<details><summary>{counted(len(done), 'radiograph')}, the largest errors first (cases.csv has every part)"
        f"</summary>{table(header, lines, left=4, first=first[1:])}</details>"
    )


def _gravity(record: dict) -> float:
    """Return how far off the farthest method is; a score that is missing comes first."""
    reference = record["readings"]["reference"]["total"]
    found = [said["total"] for side, said in record["readings"].items() if side != "reference"]
    return max((99.0 if None in (reference, each) else abs(each - reference) for each in found), default=99.0)


def _score(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def _parts(said: Mapping) -> str:
    """Return the eight parts in short: both walls of L1, of L2, and so on."""
    marks = ["–" if part is None else str(part) for part in said["parts"]]
    return " ".join("".join(marks[place : place + 2]) for place in range(0, len(marks), 2))


def _definitions(document: Mapping, groups: ScoreGroups) -> str:
    chosen = document["settings"]
    lines = [
        "The score sums eight parts: of the anterior and the posterior wall of the aorta in front of L1 to L4, each 0 "
        "to 3 (Kauppila et al. 1997, doi 10.1016/S0021-9150(97)00106-8).",
        "Bias and errors are prediction − reference. Limits of agreement: Bland and Altman, bias ± 1.96 s.",
        "ICC(2,1): two-way random effects, absolute agreement, single reading (Shrout and Fleiss 1979). Kappa: "
        "Cohen's, weighted (1968).",
        f"Small numbers are 95 % bootstrap intervals over patients ({chosen['bootstrap_resamples']} resamples, seed "
        f"{chosen['bootstrap_seed']}): several radiographs of a patient stay together.",
        f"Severity groups: {groups.name}. Where the groups have other cut points elsewhere, sensitivities and "
        "specificities are not of the same thing.",
        "Parts in the list of radiographs: anterior and posterior wall of L1, L2, L3 and L4; a dash was not assessed.",
    ]
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"

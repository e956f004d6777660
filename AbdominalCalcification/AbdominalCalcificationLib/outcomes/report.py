"""The report of an analysis of outcomes: one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from .. import __version__
from ..evaluation.html import page, table
from ..reporting.text import counted
from .curves import Curve
from .figures import calibration_picture, curves_picture, ratios_picture
from .words import in_brief, kind_of_ratio, methods_text, number_text, p_text, ratio_text, still_missing

_DATA = {"complete": "complete cases", "imputed": "imputed", "matched": "matched"}
_KINDS = {"cox": "Cox", "conditional": "Conditional logistic"}


def report_html(document: Mapping, curves: Sequence[Curve]) -> str:
    """Return the report as one HTML text.

    Parameters
    ----------
    document : mapping
        The content of ``association.json``.
    curves : sequence of Curve
        Of the first of ``curves`` in the document.
    """
    settings = document["settings"]
    parts = [
        f"<h1>Calcification and {escape(settings['outcome'])}</h1>",
        f"<p class=quiet>{escape(document['table']['name'])} · {counted(document['analysed']['rows'], 'row')}, "
        f"{counted(document['analysed']['events'], 'event')} · AbdominalCalcification {__version__} · research use, "
        "not for diagnosis</p>",
        _warnings(document),
        "<h2>In brief</h2>",
        _listed(in_brief(document)),
        _wide(ratios_picture(document["models"])),
        "<h2>Who was analysed</h2>",
        _people(document),
        "<h2>Associations</h2>",
        _models(document["models"]),
        _hazards(document["models"]),
        _curves(document, curves),
        _prediction(document["prediction"], settings["unit"]),
        _matching(document["matching"]),
        "<h2>Methods, in words</h2>",
        *(f"<p>{escape(paragraph)}</p>" for paragraph in methods_text(document)),
        "<h2>What a paper still has to say</h2>",
        "<p class=quiet>After STROBE (von Elm et al. 2007); numbers are those of its items.</p>",
        _listed(still_missing(document)),
    ]
    return page("Calcification and outcome", parts)


def _wide(picture: str) -> str:
    """Return a picture that keeps its size on narrow screens, where it is moved to and fro."""
    return f'<div class="scroll">{picture}</div>' if picture else ""


def _listed(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _warnings(document: Mapping) -> str:
    """Return what would make a reader of the numbers alone go wrong; empty where there is nothing."""
    lines = list(document["notes"])
    refused = [model for model in document["models"] if model["refused"]]
    if refused:
        lines.append(f"{counted(len(refused), 'model')} without an estimate; the table says why.")
    if any(model["few_events"] for model in document["models"]):
        lines.append(
            "Models marked * have fewer than 10 events for each coefficient: estimates may be biased and intervals too "
            "narrow (Peduzzi et al. 1995, J Clin Epidemiol 48:1503; a rule of thumb)."
        )
    suspicious = [model for model in document["models"] if _violates(model)]
    if suspicious:
        lines.append(
            f"Hazards are not proportional (p < 0.05) in {counted(len(suspicious), 'model')}: a single ratio is an "
            "average over the follow-up there."
        )
    return f'<div class="warn">{_listed(lines)}</div>' if lines else ""


def _violates(model: Mapping) -> bool:
    return any(test["p_value"] < 0.05 for test in model.get("proportional_hazards") or ())


def _people(document: Mapping) -> str:
    rows = [["Rows of the table", str(document["table"]["rows"])]]
    rows += [[f"left out: {escape(each['reason'])}", str(each["rows"])] for each in document["flow"]]
    rows.append(["<b>Analysed</b>", f"<b>{document['analysed']['rows']}</b>"])
    rows += [
        [f"of the table, trust is {escape(name or 'missing')}", str(count)]
        for name, count in document["verdicts"].items()
    ]
    for each in document["missing"]:
        rows.append([f"missing of the analysed: {escape(each['column'])}", str(each["missing"])])
    parts = [table(["", "Rows"], rows, first=(1 + len(document["flow"]),))]
    lines = []
    for each in document["exposures"]:
        quartiles = " / ".join(number_text(value) for value in each["quartiles"])
        lines.append([escape(each["name"]), f"{number_text(each['mean'])} ± {number_text(each['sd'])}", quartiles])
    for each in document["covariates"]:
        if each["reference"] is None:
            lines.append([escape(each["name"]), f"{number_text(each['mean'])} ± {number_text(each['sd'])}", ""])
            continue
        lines.append([f"{escape(each['name'])}: {escape(each['reference'])}", "reference", ""])
        lines += [
            [f"{escape(each['name'])}: {escape(level)}", f"{100 * share:.1f} %", ""]
            for level, share in zip(each["levels"], each["shares"], strict=True)
        ]
    parts.append(table(["Column", "Mean ± SD, or part", "Quartiles"], lines))
    return "".join(parts)


def _models(models: Sequence[Mapping]) -> str:
    """Return the table of what is asked for, calcification; covariates are folded."""
    whole = _table_of_models(models, True)
    return _table_of_models(models, False) + (
        f"<details><summary>Every coefficient, those of covariates too</summary>{whole}</details>"
    )


def _table_of_models(models: Sequence[Mapping], with_covariates: bool) -> str:
    lines: list[list[str]] = []
    first: list[int] = []
    for model in models:
        first.append(len(lines))
        adjusted = f"adjusted for {', '.join(model['covariates'])}" if model["covariates"] else "alone"
        how = escape(f"{_KINDS[model['kind']]}, {_DATA[model['data']]}, {adjusted}")
        name = f"{escape(model['exposure'])}{' *' if model['few_events'] else ''}<br><small>{how}</small>"
        sets = f"<br><small>{counted(model['sets'], 'set')}</small>" if "sets" in model else ""
        counts = f"{model['rows']} / {model['events']}{sets}"
        if model["refused"]:
            reason = f'<td class="w">no estimate: {escape(model["refused"])}</td>'
            lines.append([f'<td class="w">{name}</td>', reason, "–", "–", "–", counts])
            continue
        lines += _terms(model, f'<td class="w">{name}</td>', counts, with_covariates)
    header = ["Exposure and model", "", "Ratio (95 % interval)", "p", "Holm", "Rows / events"]
    return table(header, lines, left=2, first=first[1:])


def _terms(model: Mapping, name: str, counts: str, with_covariates: bool) -> list[list[str]]:
    lines = []
    own_terms = [term for term in model["terms"] if term["term"] == model["exposure"]]
    several = len(own_terms) > 1
    for place, term in enumerate(model["terms"]):
        is_exposure = term["term"] == model["exposure"]
        if not is_exposure and not with_covariates:
            continue
        title = term["level"] if is_exposure else f"{term['term']}, {term['level']}"
        against = f" <small>against {escape(term['reference'])}</small>" if term["reference"] else ""
        ratio = f"{ratio_text(term)} <small>{kind_of_ratio(model)}</small>"
        holm = _p(model["test"].get("corrected_p_value")) if place == 0 and not several else ""
        own, told = (name, counts) if place == 0 else ("", "")
        lines.append([own, f"{escape(title)}{against}", ratio, _p(term["p_value"]), holm, told])
        if several and term is own_terms[-1]:
            test = model["test"]
            lines.append(["", "all groups together", "", _p(test["p_value"]), _p(test.get("corrected_p_value")), ""])
    return lines


def _p(value: float | None) -> str:
    return escape(p_text(value).removeprefix("p = ").removeprefix("p "))


def _hazards(models: Sequence[Mapping]) -> str:
    lines: list[list[str]] = []
    first: list[int] = []
    for model in models:
        tests = model.get("proportional_hazards")
        if not tests:
            continue
        first.append(len(lines))
        adjusted = "adjusted" if model["covariates"] else "alone"
        for place, test in enumerate(tests):
            name = f"{escape(model['exposure'])}, {model['form'].replace('_', ' ')}, {adjusted}" if place == 0 else ""
            mark = "b" if test["p_value"] < 0.05 else "span"
            p_value = f"<{mark}>{_p(test['p_value'])}</{mark}>"
            lines.append([name, escape(test["term"]), f"{test['statistic']:.2f}", str(test["degrees"]), p_value])
    if not lines:
        return ""
    body = table(["Model", "Term", "χ²", "df", "p"], lines, left=2, first=first[1:])
    return f"<details><summary>Are hazards proportional?</summary>{body}</details>"


def _curves(document: Mapping, curves: Sequence[Curve]) -> str:
    parts = []
    for place, each in enumerate(document["curves"]):
        test = each["log_rank"]
        said = "no log-rank test" if test is None else f"log-rank χ² {test['statistic']:.2f}, {p_text(test['p_value'])}"
        matched = ", matched" if each["data"] == "matched" else ""
        parts.append(f"<h3>{escape(each['exposure'])}{matched}</h3><p class=quiet>{escape(said)}</p>")
        if place == 0 and curves:
            parts.append(_wide(curves_picture(curves, each, document["settings"]["unit"])))
        times = [number_text(time) for time in each["times"]]
        rows = []
        for group in each["groups"]:
            cells = [
                f"{_part(part['value'])}<br><small>{_limits(part)}n = {count}</small>"
                for part, count in zip(group["survival"], group["at_risk"], strict=True)
            ]
            rows.append([f"{escape(group['name'])}<br><small>{counted(group['events'], 'event')}</small>", *cells])
        body = table(["Without the event at", *times], rows)
        parts.append(f"<details><summary>Numbers at each time</summary>{body}</details>")
    return "<h2>Curves by group</h2>" + "".join(parts) if parts else ""


def _part(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _limits(part: Mapping) -> str:
    if part["lower"] is None or part["upper"] is None:
        return ""
    return f"{part['lower']:.3f} to {part['upper']:.3f}<br>"


def _prediction(prediction: Mapping | None, unit: str) -> str:
    if prediction is None:
        return ""
    found, parts = prediction["discrimination"], ["<h2>Prediction</h2>"]
    parts.append(
        f"<p class=quiet>Model with {escape(prediction['exposure'])}, {counted(prediction['rows'], 'row')} in which "
        "all is known.</p>"
    )
    if found.get("refused"):
        parts.append(f"<p>No estimate: {escape(found['refused'])}.</p>")
    else:
        rows = []
        for name, title in (
            ("without", "covariates alone"),
            ("with_exposure", "with calcification"),
            ("change", "change"),
        ):
            each = found[name]
            corrected = each.get("optimism_corrected")
            rows.append(
                [
                    title,
                    f"{each['value']:.3f}",
                    "–" if each["interval"] is None else " to ".join(f"{limit:.3f}" for limit in each["interval"]),
                    "–" if corrected is None else f"{corrected:.3f}",
                ]
            )
        parts.append(table(["Harrell's C", "", "95 % interval", "corrected for optimism"], rows))
        if found["resamples"] < found["asked"]:
            parts.append(f"<p>{found['resamples']} of {found['asked']} resamples gave a model.</p>")
        if found["slope"] is not None:
            parts.append(f"<p>Calibration slope, corrected for optimism: {found['slope']:.3f} (1 is ideal).</p>")
    if prediction["calibration"]:
        parts.append(_calibration(prediction["calibration"], unit))
    return "".join(parts)


def _calibration(calibration: Mapping, unit: str) -> str:
    rows = [
        [
            title,
            f"{row['rows']} / {row['events']}",
            f"{100 * row['predicted']:.1f}",
            ("–" if row["observed"] is None else f"{100 * row['observed']:.1f}")
            + (
                ""
                if row["lower"] is None or row["upper"] is None
                else f" ({100 * row['lower']:.1f} to {100 * row['upper']:.1f})"
            ),
            str(row["at_risk"]),
        ]
        for title, row in (
            *((f"group {place}", row) for place, row in enumerate(calibration["groups"], 1)),
            ("all", calibration["all"]),
        )
    ]
    at = f"{number_text(calibration['horizon'])}{f' {unit}' if unit else ''}"
    header = ["By predicted risk", "Rows / events", "Predicted [%]", "Observed [%]", "At risk then"]
    return (
        f"<h3>Calibration at {escape(at)}</h3><p class=quiet>In the people that the model was made from.</p>"
        + calibration_picture(calibration)
        + table(header, rows, first=(len(rows) - 1,))
    )


def _matching(matching: Mapping | None) -> str:
    if matching is None:
        return ""
    sizes = "; ".join(f"{each['sets']} with {counted(each['controls'], 'control')}" for each in matching["sizes"])
    rows = []
    for each in matching["balance"]:
        after = each["after"] or (None, None)
        rows.append(
            [
                escape(each["name"]),
                *(number_text(value) for value in each["before"]),
                _difference(each["difference_before"]),
                *(number_text(value) for value in after),
                _difference(each["difference_after"]),
            ]
        )
    header = ["Column", "matched", "others", "SMD", "matched, after", "controls, after", "SMD, after"]
    return (
        f"<h2>Matching</h2><p>{counted(matching['sets'], 'set')}: {sizes}. {matching['unmatched']} of "
        f"{matching['available']['matched']} found no control.</p>"
        + table(header, rows)
        + "<p class=quiet>SMD: standardised mean difference; beyond 0.1 (bold) is commonly held to be imbalance.</p>"
    )


def _difference(value: float | None) -> str:
    if value is None:
        return "–"
    return f"<b>{value:+.3f}</b>" if abs(value) > 0.1 else f"{value:+.3f}"

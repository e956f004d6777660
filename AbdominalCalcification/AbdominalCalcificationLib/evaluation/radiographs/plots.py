"""Plots of an evaluation of radiographs as SVG text, see :mod:`..plots`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...reporting.svg import WIDTH, Panel, picture
from ..html import rows_of
from ..plots import bland_altman, color_of, scatter
from ..summary import ALL
from .summary import pairs_of

_UNITS = ("points", "points")


def draw_plots(records: Sequence[dict], methods: Sequence[str], document: Mapping) -> dict[str, str]:
    """Return SVG texts by name: scores, differences, coverage of intervals and calibration of probabilities.

    Plots of what no method gives are left out.
    """
    done = [record for record in records if record["error"] is None]
    totals = {row["method"]: row for row in rows_of(document, "agreement", group=ALL, quantity="total")}
    scatters, differences = [], []
    for place, method in enumerate(methods):
        points = [(pair.case, pair.reference, pair.prediction) for pair in pairs_of(done, method)]
        color = color_of(methods, method)
        scatters.append(scatter(place, method, points, color, "points"))
        differences.append(bland_altman(place, method, points, totals[method], color, _UNITS))
    plots = {
        "scatter-score": picture(scatters, "Score: prediction against reference"),
        "bland-altman-score": picture(differences, "Score: difference against mean"),
    }
    told = [method for method in methods if rows_of(document, "intervals", group=ALL, method=method)]
    if told:
        panels = [_coverage(place, method, document, color_of(methods, method)) for place, method in enumerate(told)]
        plots["coverage"] = picture(panels, "How often intervals hold the reference")
    shared = [method for method in methods if rows_of(document, "calibration", group=ALL, method=method)]
    if shared:
        panels = [_bins(place, method, document, color_of(methods, method)) for place, method in enumerate(shared)]
        plots["calibration"] = picture(panels, "Probabilities of part scores against how often they are right")
    return plots


def _square(place: int, method: str, x_label: str, y_label: str) -> Panel:
    panel = Panel(place * WIDTH, method, (0.0, 1.0), (0.0, 1.0), x_label, y_label)
    panel.xticks()
    panel.line((0, 0), (1, 1), "d")
    return panel


def _coverage(place: int, method: str, document: Mapping, color: str) -> Panel:
    panel = _square(place, method, "level of the interval", "share that it holds")
    for row in rows_of(document, "intervals", group=ALL, method=method):
        level, covered = row["level"], row["covered"]
        if covered["bootstrap"]:
            low, high = covered["bootstrap"]
            panel.line((level, low), (level, high), "a", color)
        if covered["value"] is not None:
            panel.point(level, covered["value"], color, f"{level:.0%}: {covered['value']:.1%} of {row['pairs']}")
    return panel


def _bins(place: int, method: str, document: Mapping, color: str) -> Panel:
    panel = _square(place, method, "probability of at least so much", "how often it is so")
    (row,) = rows_of(document, "calibration", group=ALL, method=method)
    filled = [each for each in row["bins"] if each["count"]]
    panel.path([(each["predicted"], each["observed"]) for each in filled], color)
    for each in filled:
        words = f"{each['predicted']:.2f} → {each['observed']:.2f}, {each['count']} parts and steps"
        panel.point(each["predicted"], each["observed"], color, words)
    return panel

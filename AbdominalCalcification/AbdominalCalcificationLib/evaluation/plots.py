"""Plots of an evaluation as SVG text: no plotting library, the same bytes for the same numbers.

Points carry the name of their case as a tooltip.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np

from ..anatomy import TERRITORIES
from ..comparison.territories import TOTAL
from ..reporting.axes import ticks
from .summary import ALL, pairs_of, territory_title
from .units import unit_of_difference

# Okabe & Ito's colours, which colour-blind readers tell apart; yellow left out as too pale on white.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_QUANTITIES = {
    "burden": ("Burden", "%", 100.0),
    "calcified_volume_mm3": ("Calcified volume", "mm³", 1.0),
}
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.t{font-weight:600}.a{stroke:#888;fill:none}"
    ".g{stroke:#e4e4e4;fill:none}.d{stroke:#888;stroke-dasharray:4 3;fill:none}"
)
_WIDTH, _HEIGHT = 320, 260
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 14, 30, 46


def color_of(methods: Sequence[str], method: str) -> str:
    """Return the colour that stands for `method` in every plot."""
    return _COLORS[list(methods).index(method) % len(_COLORS)]


def draw_plots(records: Sequence[dict], methods: Sequence[str], document: Mapping) -> dict[str, str]:
    """Return SVG texts by name: scatter and Bland–Altman plots of totals, boxes of Dice per territory."""
    done = [record for record in records if record["error"] is None]
    plots = {}
    for quantity, (title, unit, factor) in _QUANTITIES.items():
        pairs = {method: pairs_of(done, method, TOTAL, quantity) for method in methods}
        rows = {
            row["method"]: row
            for row in document["agreement"]
            if (row["group"], row["quantity"], row["territory"]) == (ALL, quantity, TOTAL)
        }
        scatters, differences = [], []
        for place, method in enumerate(methods):
            points = [(name, x * factor, y * factor) for name, _, x, y in pairs[method]]
            color = color_of(methods, method)
            scatters.append(_scatter(place, method, points, color, unit))
            differences.append(_bland_altman(place, method, points, rows[method], factor, color, quantity))
        stem = quantity.removesuffix("_mm3").replace("_", "-")
        plots[f"scatter-{stem}"] = _svg(scatters, f"{title}: prediction against reference")
        plots[f"bland-altman-{stem}"] = _svg(differences, f"{title}: difference against mean")
    plots["dice-by-territory"] = _dice_boxes(done, methods)
    return plots


class _Panel:
    """A pair of axes with room for a title; collects SVG elements."""

    def __init__(self, left: float, title: str, x_range, y_range, x_label: str, y_label: str, width: float = _WIDTH):
        self._x0, self._x1 = left + _LEFT, left + width - _RIGHT
        self._y0, self._y1 = _HEIGHT - _BOTTOM, _TOP
        self._x_range, self._y_range = x_range, y_range
        middle = (self._x0 + self._x1) / 2
        self.parts = [_text(middle, 18, title, "middle", "t"), _text(middle, _HEIGHT - 8, x_label, "middle")]
        turned = f'transform="rotate(-90 {left + 13:.1f} {(self._y0 + self._y1) / 2:.1f})"'
        self.parts.append(_text(left + 13, (self._y0 + self._y1) / 2, y_label, "middle", extra=turned))
        for tick in ticks(*y_range):
            self.line((x_range[0], tick), (x_range[1], tick), "g")
            self.parts.append(_text(self._x0 - 6, self.y(tick) + 4, f"{tick:g}", "end"))
        self.parts.append(
            f'<rect class="a" x="{self._x0:.1f}" y="{self._y1:.1f}" width="{self._x1 - self._x0:.1f}" '
            f'height="{self._y0 - self._y1:.1f}"/>'
        )

    def xticks(self) -> None:
        for tick in ticks(*self._x_range):
            self.parts.append(_text(self.x(tick), self._y0 + 16, f"{tick:g}", "middle"))

    def x(self, value: float) -> float:
        low, high = self._x_range
        return self._x0 + (value - low) / (high - low) * (self._x1 - self._x0)

    def y(self, value: float) -> float:
        low, high = self._y_range
        return self._y0 + (value - low) / (high - low) * (self._y1 - self._y0)

    def line(self, start, stop, kind: str = "a", color: str | None = None) -> None:
        paint = f' style="stroke:{color};stroke-width:1.6"' if color else ""
        self.parts.append(
            f'<line class="{kind}" x1="{self.x(start[0]):.1f}" y1="{self.y(start[1]):.1f}" '
            f'x2="{self.x(stop[0]):.1f}" y2="{self.y(stop[1]):.1f}"{paint}/>'
        )

    def point(self, x: float, y: float, color: str, tooltip: str, radius: float = 3.2) -> None:
        self.parts.append(
            f'<circle cx="{self.x(x):.1f}" cy="{self.y(y):.1f}" r="{radius}" fill="{color}" fill-opacity="0.6">'
            f"<title>{escape(tooltip)}</title></circle>"
        )

    def rectangle(self, x0: float, x1: float, y0: float, y1: float, color: str, opacity: float) -> None:
        self.parts.append(
            f'<rect x="{self.x(x0):.1f}" y="{self.y(y1):.1f}" width="{self.x(x1) - self.x(x0):.1f}" '
            f'height="{max(0.5, self.y(y0) - self.y(y1)):.1f}" fill="{color}" fill-opacity="{opacity}"/>'
        )

    def label(self, x: float, y: float, text: str, anchor: str = "end") -> None:
        self.parts.append(_text(self.x(x) - 3, self.y(y) - 4, text, anchor))


def _scatter(place: int, method: str, points, color: str, unit: str) -> _Panel:
    span = _range([value for _, x, y in points for value in (x, y)], from_zero=True)
    panel = _Panel(place * _WIDTH, method, span, span, f"reference [{unit}]", f"prediction [{unit}]")
    panel.xticks()
    panel.line((span[0], span[0]), (span[1], span[1]), "d")
    for name, x, y in points:
        panel.point(x, y, color, f"{name}: {_short(x)} → {_short(y)} {unit}")
    return panel


def _bland_altman(place: int, method: str, points, row: Mapping, factor: float, color: str, quantity: str) -> _Panel:
    unit, unit_of_differences = _QUANTITIES[quantity][1], unit_of_difference(quantity)[0]
    lines = {
        label: row[name]
        for name, label in (("upper_limit", "+1.96 s"), ("bias", "bias"), ("lower_limit", "−1.96 s"))
        if row[name]["value"] is not None
    }
    heights = [y - x for _, x, y in points] + [line["value"] * factor for line in lines.values()]
    x_range = _range([(x + y) / 2 for _, x, y in points], from_zero=True)
    y_range = _range([0.0, *heights])
    panel = _Panel(
        place * _WIDTH,
        method,
        x_range,
        y_range,
        f"mean of both [{unit}]",
        f"prediction − reference [{unit_of_differences}]",
    )
    panel.xticks()
    panel.line((x_range[0], 0), (x_range[1], 0), "a")
    for label, line in lines.items():
        value = line["value"] * factor
        if interval := line["analytic"] or line["bootstrap"]:
            low, high = (min(max(limit * factor, y_range[0]), y_range[1]) for limit in interval)
            panel.rectangle(*x_range, low, high, color, 0.1)
        panel.line((x_range[0], value), (x_range[1], value), "a" if label == "bias" else "d", color)
        panel.label(x_range[1], value, f"{label}: {_short(value)}")
    for name, x, y in points:
        panel.point((x + y) / 2, y - x, color, f"{name}: {_short(x)} → {_short(y)} {unit}")
    return panel


def _dice_boxes(records: Sequence[dict], methods: Sequence[str]) -> str:
    places = [territory.name for territory in TERRITORIES] + [TOTAL]
    values: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for record in records:
        for row in record["overlap"]:
            if row["structure"] == "calcification" and row["dice"] is not None:
                values.setdefault((row["territory"], row["method"]), []).append((record["case"], row["dice"]))
    width = _LEFT + _RIGHT + len(places) * max(84, 26 * len(methods))
    panel = _Panel(0, "Dice of the calcification", (0.0, float(len(places))), (0.0, 1.0), "", "Dice", width)
    for column, place in enumerate(places):
        words = territory_title(place).removesuffix(" artery").split()
        middle = (len(words) + 1) // 2
        for line, text in enumerate((" ".join(words[:middle]), " ".join(words[middle:]))):
            panel.parts.append(_text(panel.x(column + 0.5), _HEIGHT - _BOTTOM + 16 + 14 * line, text, "middle"))
        step = 0.84 / len(methods)
        for index, method in enumerate(methods):
            left = column + 0.08 + index * step
            _box(
                panel, left + 0.1 * step, left + 0.9 * step, values.get((place, method), []), color_of(methods, method)
            )
    legend = [
        f'<circle cx="{_LEFT + 8 + 150 * n}" cy="{_HEIGHT + 12}" r="5" fill="{color_of(methods, method)}"/>'
        + _text(_LEFT + 18 + 150 * n, _HEIGHT + 16, method)
        for n, method in enumerate(methods)
    ]
    panel.parts += legend
    return _svg([panel], "Dice of the calcification by territory", max(width, _LEFT + 150 * len(methods)), _HEIGHT + 26)


def _box(panel: _Panel, left: float, right: float, values: Sequence[tuple[str, float]], color: str) -> None:
    """Draw quartiles, median, and whiskers to the last value within 1.5 box heights; the rest as points."""
    if not values:
        return
    numbers = np.array([value for _, value in values])
    low, median, high = np.quantile(numbers, [0.25, 0.5, 0.75])
    reach = 1.5 * (high - low)
    inside = numbers[(numbers >= low - reach) & (numbers <= high + reach)]
    middle = (left + right) / 2
    for start, stop in ((inside.min(), low), (high, inside.max())):
        panel.line((middle, start), (middle, stop), "a", color)
    panel.rectangle(left, right, low, high, color, 0.35)
    panel.line((left, median), (right, median), "a", color)
    for name, value in values:
        if not low - reach <= value <= high + reach:
            panel.point(middle, value, color, f"{name}: {value:.3f}", 2.4)


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _range(values: Iterable[float], from_zero: bool = False) -> tuple[float, float]:
    values = list(values) or [0.0]
    low, high = min(values), max(values)
    if from_zero:
        low = min(0.0, low)
    margin = 0.1 * (high - low) or max(abs(high), 1.0) * 0.1
    return (low if from_zero and low == 0 else low - margin), high + margin


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "", extra: str = "") -> str:
    mark = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{mark} {extra}>{escape(text)}</text>'


def _svg(panels: Sequence[_Panel], title: str, width: float | None = None, height: float = _HEIGHT) -> str:
    width = width or _WIDTH * len(panels)
    body = "\n".join(part for panel in panels for part in panel.parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'role="img"><title>{escape(title)}</title><style>{_STYLE}</style>\n{body}\n</svg>\n'
    )

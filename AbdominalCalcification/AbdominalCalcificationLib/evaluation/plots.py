"""Plots of an evaluation as SVG text: no plotting library, the same bytes for the same numbers.

Points carry the name of their case as a tooltip.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..anatomy import TERRITORIES
from ..comparison.territories import TOTAL
from ..reporting.svg import BOTTOM, COLORS, HEIGHT, LEFT, RIGHT, WIDTH, Panel, axis_range, picture, short, text_at
from .summary import ALL, pairs_of, territory_title
from .units import unit_of_difference

_QUANTITIES = {
    "burden": ("Burden", "%", 100.0),
    "calcified_volume_mm3": ("Calcified volume", "mm³", 1.0),
}


#: Case, reference and prediction.
Point = tuple[str, float, float]


def color_of(methods: Sequence[str], method: str) -> str:
    """Return the colour that stands for `method` in every plot."""
    return COLORS[list(methods).index(method) % len(COLORS)]


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
            units = unit, unit_of_difference(quantity)[0]
            scatters.append(scatter(place, method, points, color, unit))
            differences.append(bland_altman(place, method, points, rows[method], color, units, factor))
        stem = quantity.removesuffix("_mm3").replace("_", "-")
        plots[f"scatter-{stem}"] = picture(scatters, f"{title}: prediction against reference")
        plots[f"bland-altman-{stem}"] = picture(differences, f"{title}: difference against mean")
    plots["dice-by-territory"] = _dice_boxes(done, methods)
    return plots


def scatter(place: int, method: str, points: Sequence[Point], color: str, unit: str) -> Panel:
    """Return the panel at `place` of prediction against reference."""
    span = axis_range([value for _, x, y in points for value in (x, y)], from_zero=True)
    panel = Panel(place * WIDTH, method, span, span, f"reference [{unit}]", f"prediction [{unit}]")
    panel.xticks()
    panel.line((span[0], span[0]), (span[1], span[1]), "d")
    for name, x, y in points:
        panel.point(x, y, color, f"{name}: {short(x)} → {short(y)} {unit}")
    return panel


def bland_altman(
    place: int,
    method: str,
    points: Sequence[Point],
    row: Mapping,
    color: str,
    units: tuple[str, str],
    factor: float = 1.0,
) -> Panel:
    """Return the panel at `place` of differences against means.

    Parameters
    ----------
    points : sequence of (case, reference, prediction)
        In the first of `units`; differences are in the second.
    row : mapping
        Bias and limits of agreement, which are multiplied by `factor`.
    """
    unit, unit_of_differences = units
    lines = {
        label: row[name]
        for name, label in (("upper_limit", "+1.96 s"), ("bias", "bias"), ("lower_limit", "−1.96 s"))
        if row[name]["value"] is not None
    }
    heights = [y - x for _, x, y in points] + [line["value"] * factor for line in lines.values()]
    x_range = axis_range([(x + y) / 2 for _, x, y in points], from_zero=True)
    y_range = axis_range([0.0, *heights])
    panel = Panel(
        place * WIDTH,
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
        panel.label(x_range[1], value, f"{label}: {short(value)}")
    for name, x, y in points:
        panel.point((x + y) / 2, y - x, color, f"{name}: {short(x)} → {short(y)} {unit}")
    return panel


def _dice_boxes(records: Sequence[dict], methods: Sequence[str]) -> str:
    places = [territory.name for territory in TERRITORIES] + [TOTAL]
    values: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for record in records:
        for row in record["overlap"]:
            if row["structure"] == "calcification" and row["dice"] is not None:
                values.setdefault((row["territory"], row["method"]), []).append((record["case"], row["dice"]))
    width = LEFT + RIGHT + len(places) * max(84, 26 * len(methods))
    panel = Panel(0, "Dice of the calcification", (0.0, float(len(places))), (0.0, 1.0), "", "Dice", width)
    for column, place in enumerate(places):
        words = territory_title(place).removesuffix(" artery").split()
        middle = (len(words) + 1) // 2
        for line, text in enumerate((" ".join(words[:middle]), " ".join(words[middle:]))):
            panel.parts.append(text_at(panel.x(column + 0.5), HEIGHT - BOTTOM + 16 + 14 * line, text, "middle"))
        step = 0.84 / len(methods)
        for index, method in enumerate(methods):
            left = column + 0.08 + index * step
            _box(
                panel, left + 0.1 * step, left + 0.9 * step, values.get((place, method), []), color_of(methods, method)
            )
    legend = [
        f'<circle cx="{LEFT + 8 + 150 * n}" cy="{HEIGHT + 12}" r="5" fill="{color_of(methods, method)}"/>'
        + text_at(LEFT + 18 + 150 * n, HEIGHT + 16, method)
        for n, method in enumerate(methods)
    ]
    panel.parts += legend
    return picture(
        [panel], "Dice of the calcification by territory", max(width, LEFT + 150 * len(methods)), HEIGHT + 26
    )


def _box(panel: Panel, left: float, right: float, values: Sequence[tuple[str, float]], color: str) -> None:
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

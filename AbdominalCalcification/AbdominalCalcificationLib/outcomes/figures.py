"""Pictures of an analysis of outcomes as SVG text: curves, ratios, calibration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ..reporting.svg import COLORS, HEIGHT, Panel, drawing, picture, short, text_at
from .curves import Curve

_WIDE = 560
_ROW = 22
# Rows of text below the axis of the curves begin here.
_BELOW = 24
_DECADES = 1e4


def curves_picture(curves: Sequence[Curve], document: Mapping, unit: str) -> str:
    """Return Kaplan and Meier's curves with their intervals, those who left as ticks, and the numbers at risk below."""
    end = max(curve.end for curve in curves)
    least = min((float(curve.survival[-1]) for curve in curves if len(curve.survival)), default=0.0)
    low = 0.0 if least < 0.5 else math.floor(10 * (least - 0.05)) / 10
    x_label = f"time since the CT [{unit}]" if unit else "time since the CT"
    panel = Panel(0, "Without the event", (0.0, end), (low, 1.0), x_label, "part without the event", _WIDE)
    panel.xticks()
    for place, curve in enumerate(curves):
        color = COLORS[place % len(COLORS)]
        known = np.isfinite(curve.lower)
        if known.any():
            upper = _steps(curve.times[known], curve.upper[known], curve.end, low, first=None)
            lower = _steps(curve.times[known], curve.lower[known], curve.end, low, first=None)
            panel.path([*upper, *reversed(lower)], color, fill=0.1)
        panel.path(_steps(curve.times, curve.survival, curve.end, low), color)
        for mark in curve.marks:
            height = max(curve.at(float(mark))[0] or 0.0, low)
            x, y = panel.x(float(mark)), panel.y(height)
            panel.parts.append(
                f'<path d="M{x:.1f} {y - 3:.1f}V{y + 3:.1f}" stroke="{color}" stroke-width="0.8" opacity="0.6"/>'
            )
    top = HEIGHT + _BELOW
    panel.parts.append(text_at(8, top - 6, "At risk", kind="t"))
    rows = document["groups"]
    for place, row in enumerate(rows):
        color = COLORS[place % len(COLORS)]
        y = top + (place + 1) * 2 * 15 - 12
        panel.parts.append(f'<rect x="8" y="{y - 9:.1f}" width="10" height="10" fill="{color}"/>')
        panel.parts.append(text_at(23, y, f"{row['name']} ({row['events']} events)"))
        for number, (time, count) in enumerate(zip(document["times"], row["at_risk"], strict=True)):
            panel.parts.append(text_at(panel.x(time), y + 15, str(count), "middle" if number else "start"))
    return picture([panel], "Kaplan–Meier curves", _WIDE, top + len(rows) * 30 + 14)


def _steps(times, values, end: float, low: float, first: float | None = 1.0) -> list[tuple[float, float]]:
    """Return the corners of a curve that falls in steps, not below `low`."""
    points = [] if first is None else [(0.0, first)]
    for time, value in zip(times, values, strict=True):
        height = max(float(value), low)
        if points:
            points.append((float(time), points[-1][1]))
        points.append((float(time), height))
    return [*points, (end, points[-1][1])] if points else points


def ratios_picture(models: Sequence[Mapping]) -> str:
    """Return ratios per standard deviation with their intervals, on a logarithmic axis; empty where there are none."""
    shown = [model for model in models if model["form"] == "per_sd" and model["terms"]]
    if not shown:
        return ""
    limits = [each for model in shown for each in (model["terms"][0]["lower"], model["terms"][0]["upper"], 1.0)]
    low, high = max(min(limits), 1 / _DECADES), min(max(limits), _DECADES)
    margin = 0.08 * math.log(high / low) + 0.02
    left, width = 300.0, _WIDE + 80
    begin, stop = math.log(low) - margin, math.log(high) + margin

    def x(value: float) -> float:
        return left + (math.log(min(max(value, low), high)) - begin) / (stop - begin) * (width - left - 130)

    height = _ROW * len(shown) + 60
    parts = [text_at(left, 16, "ratio per standard deviation (95 % interval)", kind="t")]
    for tick in _ratio_ticks(low, high):
        parts.append(f'<path class="g" d="M{x(tick):.1f} 24V{height - 24}"/>')
        parts.append(text_at(x(tick), height - 8, f"{tick:g}", "middle"))
    parts.append(f'<path class="d" d="M{x(1):.1f} 24V{height - 24}"/>')
    for place, model in enumerate(shown):
        term, y = model["terms"][0], 40 + _ROW * place
        color = COLORS[{"complete": 0, "imputed": 2, "matched": 1}[model["data"]]]
        words = _short_title(model)
        parts.append(text_at(8, y + 4, words))
        parts.append(
            f'<path d="M{x(term["lower"]):.1f} {y}H{x(term["upper"]):.1f}" stroke="{color}" stroke-width="1.6"/>'
            f'<rect x="{x(term["ratio"]) - 4:.1f}" y="{y - 4}" width="8" height="8" fill="{color}"/>'
        )
        said = f"{term['ratio']:.2f} ({term['lower']:.2f}–{term['upper']:.2f})"
        parts.append(text_at(width - 8, y + 4, said, "end"))
    return drawing(parts, "Ratios per standard deviation", width, height)


def _short_title(model: Mapping) -> str:
    name = model["exposure"]
    name = name if len(name) <= 24 else f"{name[:23]}…"
    how = {"complete": "", "imputed": ", imputed", "matched": ", matched"}[model["data"]]
    return f"{name}, {'adjusted' if model['covariates'] else 'alone'}{how}"


def _ratio_ticks(low: float, high: float) -> list[float]:
    every = [base * 10.0**power for power in range(-5, 5) for base in (1, 2, 5)]
    inside = [each for each in every if low * 0.999 <= each <= high * 1.001]
    if len(inside) < 3:
        inside = [round(low + (high - low) * part, 2) for part in (0, 0.5, 1)]
    step = max(1, len(inside) // 7)
    return sorted({*inside[::step], 1.0} if low <= 1 <= high else inside[::step])


def calibration_picture(document: Mapping) -> str:
    """Return observed against predicted risk in groups of predicted risk, with the observed one's interval."""
    rows = document["groups"]
    values = [row[name] for row in rows for name in ("predicted", "observed", "upper") if row[name] is not None]
    top = min(1.0, 1.1 * max(values, default=1.0)) or 1.0
    panel = Panel(0, "Risk at the horizon", (0.0, top), (0.0, top), "predicted", "observed (1 − Kaplan–Meier)")
    panel.xticks()
    panel.line((0, 0), (top, top), "d")
    for row in rows:
        if row["observed"] is None:
            continue
        if row["lower"] is not None and row["upper"] is not None:
            low, high = (min(row[name], top) for name in ("lower", "upper"))
            panel.line((row["predicted"], low), (row["predicted"], high), "a", COLORS[0])
        said = f"{row['rows']} rows: predicted {short(row['predicted'])}, observed {short(row['observed'])}"
        panel.point(row["predicted"], min(row["observed"], top), COLORS[0], said, 4)
    return picture([panel], "Calibration")

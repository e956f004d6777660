"""Distributions of a cohort as SVG text: the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from ..reporting.axes import ticks

STYLE = (
    ".a{stroke:#888;fill:none}.g{stroke:#e4e4e4;fill:none}.b{fill:#56B4E9}.z{fill:#bbb}"
    ".x{fill:#cfe6f5;stroke:#0072B2}.m{stroke:#0072B2;stroke-width:2.5}"
    "svg text{font:12px system-ui,sans-serif;fill:#333}"
)
_BINS = 24


def histogram(values: Sequence[float], top: float, width: int = 260, height: int = 44, unit: str = "%") -> str:
    """Return how values, 0 to `top`, are spread: a grey bar at the left for those that are 0, blue ones for others."""
    array = np.asarray(values, float)
    none, some = int((array == 0).sum()), array[array > 0]
    counts, _ = np.histogram(some, bins=_BINS, range=(0.0, top))
    highest = max(int(counts.max(initial=0)), none, 1)
    bar = (width - 14) / _BINS
    parts = [_bar(0, none, highest, 8, height, "z", f"{none} without calcification")]
    for number, count in enumerate(counts):
        low, high = (top * each / _BINS for each in (number, number + 1))
        parts.append(
            _bar(14 + number * bar, int(count), highest, bar - 1, height, "b", f"{low:.3g}–{high:.3g} {unit}: {count}")
        )
    return f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}">{"".join(parts)}</svg>'


def _bar(left: float, count: int, highest: int, width: float, height: int, kind: str, told: str) -> str:
    if not count:
        return ""
    tall = max(1.0, height * count / highest)
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{height - tall:.1f}" width="{width:.1f}" height="{tall:.1f}">'
        f"<title>{escape(told)}</title></rect>"
    )


def boxes(groups: Sequence[tuple[str, Sequence[float]]], unit: str, height: int = 260) -> str:
    """Return a box for each group: median, quartiles, and whiskers to the 5th and 95th percentile; with its size."""
    top = max((float(np.percentile(values, 95)) for _, values in groups if len(values)), default=1.0) or 1.0
    left, base, step = 56, height - 46, 64
    width = left + step * len(groups) + 10

    def y(value: float) -> float:
        return base - (base - 12) * min(value, top) / top

    parts = []
    for tick in ticks(0.0, top):
        parts.append(f'<line class="g" x1="{left}" x2="{width}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>')
        parts.append(f'<text x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>')
    for place, (name, values) in enumerate(groups):
        middle = left + step * (place + 0.5)
        if len(values):
            parts += _box([y(each) for each in np.percentile(values, (5, 25, 50, 75, 95))], middle)
        parts.append(f'<text x="{middle:.0f}" y="{base + 17}" text-anchor="middle">{escape(name)}</text>')
        parts.append(f'<text x="{middle:.0f}" y="{base + 33}" text-anchor="middle">n = {len(values)}</text>')
    parts.append(f'<text x="4" y="12">{escape(unit)}</text>')
    return f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}">{"".join(parts)}</svg>'


def _box(heights: Sequence[float], middle: float) -> list[str]:
    low, first, median, third, high = heights
    return [
        f'<line class="a" x1="{middle:.1f}" x2="{middle:.1f}" y1="{low:.1f}" y2="{high:.1f}"/>',
        f'<rect class="x" x="{middle - 15:.1f}" y="{third:.1f}" width="30" height="{max(0.5, first - third):.1f}"/>',
        f'<line class="m" x1="{middle - 15:.1f}" x2="{middle + 15:.1f}" y1="{median:.1f}" y2="{median:.1f}"/>',
    ]

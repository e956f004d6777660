"""Plots as SVG text: no plotting library, the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from .axes import ticks

# Okabe & Ito's colours, which colour-blind readers tell apart; yellow left out as too pale on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.t{font-weight:600}.a{stroke:#888;fill:none}"
    ".g{stroke:#e4e4e4;fill:none}.d{stroke:#888;stroke-dasharray:4 3;fill:none}"
)
WIDTH, HEIGHT = 320, 260
LEFT, RIGHT, TOP, BOTTOM = 70, 14, 30, 46


class Panel:
    """A pair of axes with room for a title; collects SVG elements."""

    def __init__(self, left: float, title: str, x_range, y_range, x_label: str, y_label: str, width: float = WIDTH):
        self._x0, self._x1 = left + LEFT, left + width - RIGHT
        self._y0, self._y1 = HEIGHT - BOTTOM, TOP
        self._x_range, self._y_range = x_range, y_range
        middle = (self._x0 + self._x1) / 2
        self.parts = [text_at(middle, 18, title, "middle", "t"), text_at(middle, HEIGHT - 8, x_label, "middle")]
        turned = f'transform="rotate(-90 {left + 13:.1f} {(self._y0 + self._y1) / 2:.1f})"'
        self.parts.append(text_at(left + 13, (self._y0 + self._y1) / 2, y_label, "middle", extra=turned))
        for tick in ticks(*y_range):
            self.line((x_range[0], tick), (x_range[1], tick), "g")
            self.parts.append(text_at(self._x0 - 6, self.y(tick) + 4, f"{tick:g}", "end"))
        self.parts.append(
            f'<rect class="a" x="{self._x0:.1f}" y="{self._y1:.1f}" width="{self._x1 - self._x0:.1f}" '
            f'height="{self._y0 - self._y1:.1f}"/>'
        )

    def xticks(self) -> None:
        """Write round numbers below the axis of x."""
        for tick in ticks(*self._x_range):
            self.parts.append(text_at(self.x(tick), self._y0 + 16, f"{tick:g}", "middle"))

    def x(self, value: float) -> float:
        """Return where a value lies, in units of the picture."""
        low, high = self._x_range
        return self._x0 + (value - low) / (high - low) * (self._x1 - self._x0)

    def y(self, value: float) -> float:
        """Return where a value lies, in units of the picture."""
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

    def path(self, points: Sequence[tuple[float, float]], color: str, width: float = 1.8, fill: float = 0.0) -> None:
        """Draw a line through points; with `fill`, an area of that opacity without a line."""
        drawn = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in points)
        paint = (
            f'fill="{color}" fill-opacity="{fill}"' if fill else f'fill="none" stroke="{color}" stroke-width="{width}"'
        )
        self.parts.append(f'<poly{"gon" if fill else "line"} points="{drawn}" {paint}/>')

    def label(self, x: float, y: float, words: str, anchor: str = "end") -> None:
        self.parts.append(text_at(self.x(x) - 3, self.y(y) - 4, words, anchor))


def short(value: float) -> str:
    """Return a number in a few characters."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def axis_range(values: Iterable[float], from_zero: bool = False) -> tuple[float, float]:
    """Return the range of an axis that holds `values`, with a margin."""
    values = list(values) or [0.0]
    low, high = min(values), max(values)
    if from_zero:
        low = min(0.0, low)
    margin = 0.1 * (high - low) or max(abs(high), 1.0) * 0.1
    return (low if from_zero and low == 0 else low - margin), high + margin


def text_at(x: float, y: float, words: str, anchor: str = "start", kind: str = "", extra: str = "") -> str:
    """Return a text element."""
    mark = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{mark} {extra}>{escape(words)}</text>'


def picture(panels: Sequence[Panel], title: str, width: float | None = None, height: float = HEIGHT) -> str:
    """Return panels side by side as one picture."""
    return drawing([part for panel in panels for part in panel.parts], title, width or WIDTH * len(panels), height)


def drawing(parts: Iterable[str], title: str, width: float, height: float) -> str:
    """Return elements as one picture."""
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'role="img"><title>{escape(title)}</title><style>{_STYLE}</style>\n{body}\n</svg>\n'
    )

"""The areas along a vessel as a small SVG, of those elements only that the PDF of a report understands too."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from ...profiles import Profile
from ..axes import ticks

_WIDTH, _HEIGHT = 720, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 10, 24, 40
_CALCIFIED, _TEXT, _LINE = "#b8860b", "#333333", "#dddddd"


def profile_chart(profile: Profile, color: Sequence[float]) -> str:
    """Return the chart of a profile: the artery's area, and of it the calcified one, filled, over the path length.

    Parameters
    ----------
    profile : Profile
    color : sequence of float
        Of the artery, RGB from 0 to 1.
    """
    low, high = float(profile.edges_mm[0]), float(profile.edges_mm[-1])
    most = 1.1 * float(profile.artery_area_mm2.max(initial=1.0))

    def x(length: float) -> float:
        return _LEFT + (length - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def y(area: float) -> float:
        return _HEIGHT - _BOTTOM - area / most * (_HEIGHT - _TOP - _BOTTOM)

    artery = "#" + "".join(f"{round(255 * part):02x}" for part in color)
    parts = []
    for tick in ticks(0.0, most):
        parts.append(
            _line(_LEFT, y(tick), _WIDTH - _RIGHT, y(tick)) + _text(_LEFT - 6, y(tick) + 4, f"{tick:g}", "end")
        )
    for tick in ticks(low, high):
        parts.append(_text(x(tick), _HEIGHT - _BOTTOM + 15, f"{tick:g}", "middle"))
    for areas, fill, opacity in ((profile.artery_area_mm2, artery, 0.35), (profile.calcified_area_mm2, _CALCIFIED, 1)):
        steps = np.repeat(profile.edges_mm, 2)[1:-1]
        outline = [(low, 0.0), *zip(steps, np.repeat(areas, 2), strict=True), (high, 0.0)]
        points = " ".join(f"{x(length):.1f},{y(area):.1f}" for length, area in outline)
        parts.append(f'<polygon points="{points}" fill="{fill}" fill-opacity="{opacity}"/>')
    for place, (name, fill, opacity) in enumerate((("artery", artery, 0.35), ("calcified", _CALCIFIED, 1))):
        left = _LEFT + 8 + 80 * place
        parts.append(f'<rect x="{left}" y="6" width="10" height="10" fill="{fill}" fill-opacity="{opacity}"/>')
        parts.append(_text(left + 15, 15, name))
    parts.append(_line(_LEFT, y(0.0), _WIDTH - _RIGHT, y(0.0), "#888888"))
    parts.append(
        _text(
            (_LEFT + _WIDTH) / 2,
            _HEIGHT - 6,
            "path length [mm], from the bifurcation (or the lower end of the mask) upwards",
            "middle",
        )
    )
    parts.append(_text(_WIDTH - _RIGHT, 15, "area of the section [mm²]", "end"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">'
        f"<title>Areas along the vessel</title>{''.join(parts)}</svg>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, color: str = _LINE) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="12" font-family="sans-serif" '
        f'fill="{_TEXT}">{escape(text)}</text>'
    )

"""The picture of a result: the radiograph with its vertebrae and both walls of the aorta, the scores beside them.

An unusable result has outlines and its reasons, and no score.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import ndimage

from ..display import NO_PART_COLOR, PART_COLORS, VERDICT_COLORS, VERTEBRA_COLOR
from ..reporting.drawing import banner, rgb_bytes, width_of, write
from ..trust import Verdict, notes_of
from .coverage import deposits_on
from .document import INTERVAL_LEVEL, thinned
from .kauppila import MOST_TOTAL, VERTEBRAE, WALLS, Segment
from .picture import percentiles
from .resampling import raster_at
from .result import RadiographResult
from .severity import DEFAULT, ScoreGroups
from .spine import LABELS
from .text import interval_text
from .verdict import headline

HEIGHT, _SIDE, _EDGE = 1000, 380, 24
_WIDTHS = (420, 1100)
_BACKGROUND = 32
# What is shown black and white, of the pixels.
_SHOWN_PERCENTILES = (0.5, 99.7)


def overlay_picture(result: RadiographResult, groups: ScoreGroups | None = None) -> np.ndarray:
    """Return the picture, uint8 (rows, columns, 3): the verdict above, the image on the left, the scores on the right.

    Parameters
    ----------
    result : RadiographResult
    groups : ScoreGroups, optional
        Table of severity.
    """
    usable = result.trust.verdict is not Verdict.UNUSABLE
    image, scale = _shown(result)
    _draw_vertebrae(image, result, scale)
    if usable:
        _draw_walls(image, result, scale)
        side = _scores(result, groups or DEFAULT, len(image))
    else:
        side = _reasons(result, len(image))
    width = image.shape[1] + side.shape[1]
    strip = banner(width, headline(result.trust), VERDICT_COLORS[result.trust.verdict.value])
    return np.vstack([strip, np.hstack([image, side])])


def stroke(image: np.ndarray, points: np.ndarray, color: Sequence[float], width: float) -> None:
    """Draw a line of a `width` through `points` (n, 2), column and row, into `image`; smooth at its edges."""
    paint = rgb_bytes(color).astype(float)
    for (ax, ay), (bx, by) in pairwise(points):
        reach = width / 2 + 1
        top, bottom = int(max(0, min(ay, by) - reach)), int(max(0, max(ay, by) + reach + 1))
        left, right = int(max(0, min(ax, bx) - reach)), int(max(0, max(ax, bx) + reach + 1))
        part = image[top:bottom, left:right]
        rows, columns = np.mgrid[top : top + part.shape[0], left : left + part.shape[1]].astype(float)
        dx, dy = bx - ax, by - ay
        along = np.clip(((columns - ax) * dx + (rows - ay) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
        weight = np.clip(width / 2 + 0.5 - np.hypot(columns - ax - along * dx, rows - ay - along * dy), 0, 1)[..., None]
        part[:] = (part * (1 - weight) + paint * weight).round().astype(np.uint8)


def part_color(score: int | None) -> tuple[float, float, float]:
    """Return the colour of a part by its score."""
    return NO_PART_COLOR if score is None else PART_COLORS[score]


def _shown(result: RadiographResult) -> tuple[np.ndarray, np.ndarray]:
    """Return the radiograph as a picture, and the factors (column, row) from its points to places in it."""
    radiograph = result.radiograph
    rows, columns = (count * step for count, step in zip(radiograph.pixels.shape, radiograph.step, strict=True))
    width = int(np.clip(round(HEIGHT * columns / rows), *_WIDTHS))
    zoom = min(HEIGHT / rows, width / columns)
    shape = max(2, round(zoom * rows)), max(2, round(zoom * columns))
    factors = [new / old for new, old in zip(shape, radiograph.pixels.shape, strict=True)]
    low, high = percentiles(radiograph.pixels, _SHOWN_PERCENTILES)
    small = raster_at(radiograph.pixels, radiograph.step, 1 / zoom).pixels[: shape[0], : shape[1]]
    small = np.clip((small - low) / max(float(high - low), 1e-6), 0, 1) * 255
    image = np.full((HEIGHT, max(width, shape[1]), 3), _BACKGROUND, np.uint8)
    image[: small.shape[0], : small.shape[1]] = small.round().astype(np.uint8)[..., None]
    return image, np.array([factors[1] / radiograph.step[1], factors[0] / radiograph.step[0]])


def _draw_vertebrae(image: np.ndarray, result: RadiographResult, scale: np.ndarray) -> None:
    step = result.radiograph.step
    rows, columns = (
        np.clip((np.arange(count) / (scale[axis] * step[1 - axis])).astype(int), 0, result.labels.shape[1 - axis] - 1)
        for axis, count in ((1, image.shape[0]), (0, image.shape[1]))
    )
    inside = (rows[:, None] < result.labels.shape[0]) & (columns[None] < result.labels.shape[1])
    small = np.where(inside, result.labels[rows][:, columns], 0)
    # Beyond the image itself the last row and column would go on.
    limits = [round(count * step[axis] * scale[1 - axis]) for axis, count in enumerate(result.labels.shape)]
    small[limits[0] :], small[:, limits[1] :] = 0, 0
    for value in LABELS.values():
        body = small == value
        if body.any():
            image[body & ~ndimage.binary_erosion(body, iterations=2)] = rgb_bytes(VERTEBRA_COLOR)
    for name, each in result.vertebrae.items():
        column, row = np.array(each.center) * scale
        write(image, name, (int(column), int(row)), size=22, centred=True)


def _draw_walls(image: np.ndarray, result: RadiographResult, scale: np.ndarray) -> None:
    front = 1 if result.radiograph.faces == "right" else -1
    for each in result.score.segments:
        if len(each.line) < 2:
            continue
        line, color = np.array(thinned(each.line)) * scale, part_color(each.score)
        stroke(image, line, color, 2.0)
        for deposit in deposits_on(line, each.deposits):
            stroke(image, deposit, color, 6.0)
        for end in (line[0], line[-1]):
            stroke(image, end + np.array([[-5, 0], [5, 0]]), color, 2.0)
        away = front if each.wall == "anterior" else -front
        column, row = line[len(line) // 2] + [18 * away, 0]
        write(image, _score_text(each), (int(column), int(row)), size=24, centred=True)


def _scores(result: RadiographResult, groups: ScoreGroups, height: int) -> np.ndarray:
    side = np.full((height, _SIDE, 3), _BACKGROUND, np.uint8)
    total = result.score.total
    write(side, "Kauppila score", (_EDGE, 40), size=22)
    write(side, "–" if total is None else f"{total} of {MOST_TOTAL}", (_EDGE, 84), size=40)
    interval = result.interval(INTERVAL_LEVEL)
    y = 132
    if interval is not None:
        write(side, f"{100 * INTERVAL_LEVEL:.0f} % interval {interval_text(interval)}", (_EDGE, y), size=18)
        y += 30
    if total is not None:
        write(side, f"Severity: {groups.group_of(total)} ({groups.name})", (_EDGE, y), size=18)
    columns = (_EDGE + 110, _EDGE + 230)
    y += 62
    for wall, x in zip(WALLS, columns, strict=True):
        write(side, wall, (x, y), size=18, centred=True)
    for vertebra in VERTEBRAE:
        y += 64
        write(side, vertebra, (_EDGE, y), size=24)
        for wall, x in zip(WALLS, columns, strict=True):
            _square(side, result.score.part(vertebra, wall), (x, y))
    y += 62
    for text, value in (
        ("Segments affected", result.score.affected_segments),
        ("Walls affected", result.score.affected_walls),
    ):
        most = len(VERTEBRAE) * (len(WALLS) if text.startswith("Walls") else 1)
        write(side, f"{text}: {'–' if value is None else f'{value} of {most}'}", (_EDGE, y), size=18)
        y += 30
    _legend(side, y + 30)
    if any(flag.code == "bundled_model" for flag in result.flags):
        for number, text in enumerate(("Scored by models that have seen", "simulated radiographs only.")):
            write(side, text, (_EDGE, height - 56 + 24 * number), size=15)
    return side


def _square(side: np.ndarray, part: Segment, place: tuple[int, int]) -> None:
    x, y = place
    side[y - 24 : y + 25, x - 34 : x + 35] = rgb_bytes(part_color(part.score))
    side[y - 21 : y + 22, x - 31 : x + 32] = _BACKGROUND
    write(side, _score_text(part), (x, y), size=26, centred=True)
    if part.origin == "reader":
        write(side, "read", (x + 38, y + 14), size=12)


def _legend(side: np.ndarray, y: int) -> None:
    lines = ("no deposits", "less than a third of the wall", "a third to two thirds", "two thirds or more", "no score")
    for number, text in enumerate(lines):
        color = part_color(number if number < len(PART_COLORS) else None)
        side[y - 6 : y + 7, _EDGE : _EDGE + 22] = rgb_bytes(color)
        write(side, f"{number if number < len(PART_COLORS) else '–'}  {text}", (_EDGE + 34, y), size=15)
        y += 26


def _reasons(result: RadiographResult, height: int) -> np.ndarray:
    """Return why there is no score, in words."""
    side = np.full((height, _SIDE, 3), _BACKGROUND, np.uint8)
    write(side, "There is no score.", (_EDGE, 40), size=22)
    y = 84
    for note in notes_of(result.trust.reasons):
        for line in _wrapped(f"{note.message} {note.advice}", _SIDE - 2 * _EDGE, 16):
            if y > height - 30:
                return side
            write(side, line, (_EDGE, y), size=16)
            y += 24
        y += 16
    return side


def _wrapped(text: str, width: int, size: int) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _score_text(part: Segment) -> str:
    return "–" if part.score is None else str(part.score)

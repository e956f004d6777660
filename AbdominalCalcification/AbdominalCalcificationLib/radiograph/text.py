"""A result of a radiograph as plain text, for terminals and logs."""

from __future__ import annotations

from collections.abc import Sequence

from ..flags import Effect
from ..reporting.text import NOT_MEASURED
from ..trust import notes_of
from .document import INTERVAL_LEVEL
from .kauppila import MOST_TOTAL, VERTEBRAE, WALLS, Segment
from .result import RadiographResult
from .severity import DEFAULT, ScoreGroups
from .verdict import headline


def summary(result: RadiographResult, groups: ScoreGroups | None = None) -> str:
    """Return the verdict, the score, its eight parts, and what to know about them. A dash stands for *not scored*."""
    score, groups = result.score, groups or DEFAULT
    lines = [headline(result.trust), "", score_text(result, groups), ""]
    lines.append("".join([" " * 4, *(wall.rjust(12) for wall in WALLS)]))
    for vertebra in VERTEBRAE:
        parts = (part_text(score.part(vertebra, wall)).rjust(12) for wall in WALLS)
        lines.append("".join([vertebra.ljust(4), *parts]))
    lines.append("")
    lines += [
        f"{'Note' if note.effect is Effect.NOTE else 'Look'}: {note.message} {note.advice}"
        for note in notes_of(result.flags)
    ]
    return "\n".join(lines).rstrip()


def score_text(result: RadiographResult, groups: ScoreGroups) -> str:
    """Return the score with its interval and its group of severity, on one line."""
    total, interval = result.score.total, result.interval(INTERVAL_LEVEL)
    if total is None:
        return f"Kauppila score: {NOT_MEASURED}"
    told = f"Kauppila score: {total} of {MOST_TOTAL}"
    if interval is not None:
        told += f" ({100 * INTERVAL_LEVEL:.0f} % interval {interval_text(interval)})"
    return f"{told}, severity {groups.group_of(total)} ({groups.name})"


def interval_text(interval: Sequence[float]) -> str:
    """Return an interval of scores in whole points, which hold it."""
    low, high = int(interval[0]), -int(-interval[1] // 1)
    return str(low) if low == high else f"{low}–{high}"


def part_text(part: Segment) -> str:
    """Return the score of a part with the share of its wall, as far as they are known."""
    if part.score is None:
        return NOT_MEASURED
    extent = "" if part.extent_fraction is None else f" ({100 * part.extent_fraction:.0f} %)"
    return f"{part.score}{extent}"

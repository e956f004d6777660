"""What one side says of a radiograph: eight parts or a total alone, from cells of a table or from a document."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...bounded import read_json
from ...errors import InputError
from ...radiograph.kauppila import MOST_PART, MOST_TOTAL, PARTS, WALLS, KauppilaScore, Segment, interval
from ...radiograph.spine import LABELS
from ...trust import Verdict

#: Files that a folder of one radiograph holds its scores in, the first that is there.
SCORE_FILES = ("radiograph.json", "truth.json")
# What readers write where a part could not be assessed.
_NOT_ASSESSED = re.compile(r"|[-–—?]|n/?a|nan|not assessed", re.IGNORECASE)
_SCORE = re.compile(r"\d{1,2}(?:\.\d{1,6})?")
_VERDICTS = tuple(each.value for each in Verdict)


@dataclass(frozen=True)
class Reading:
    """What one side says of a radiograph.

    Attributes
    ----------
    score : KauppilaScore
        Its eight parts; those not assessed have no score.
    total : float or None
        0 to 24: their sum, or what a reader gave without parts; None where it is not known.
    inflation : float
        Of its intervals, see :func:`radiograph.kauppila.interval`.
    stated : tuple of (level, low, high) or None
        The interval that a document gives itself.
    trust : str or None
        Its verdict.
    flags : tuple of str
    groups : mapping of str to str
        What the truth of a simulated radiograph says that divides a cohort.
    simulated : bool
        It is the truth of a simulated radiograph.
    truths : tuple of float or None
        Of such a one the score of all that is there, and of what the image shows.
    """

    score: KauppilaScore
    total: float | None
    inflation: float = 1.0
    stated: tuple[float, float, float] | None = None
    trust: str | None = None
    flags: tuple[str, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    simulated: bool = False
    truths: tuple[float, float] | None = None

    @property
    def is_usable(self) -> bool:
        """Whether its numbers may be read."""
        return self.trust != Verdict.UNUSABLE.value

    def record(self, levels: Sequence[float]) -> dict[str, Any]:
        """Return JSON values; of what is unusable no number."""
        parts = self.score.segments
        usable = self.is_usable
        # A reader who gives no probabilities is not certain, but says nothing about it.
        tells = usable and any(each.probabilities for each in parts)
        intervals = {f"{level:g}": interval(parts, level, self.inflation) for level in levels} if tells else {}
        if usable and self.stated is not None:
            intervals[f"{self.stated[0]:g}"] = self.stated[1:]
        return {
            "total": self.total if usable else None,
            "parts": [each.score if usable else None for each in parts],
            "probabilities": [list(each.probabilities) if usable and each.probabilities else None for each in parts],
            "affected_segments": self.score.affected_segments if usable else None,
            "affected_walls": self.score.affected_walls if usable else None,
            "intervals": {level: ends for level, ends in intervals.items() if ends is not None},
        }


def reading_of_cells(total: str, parts: Mapping[tuple[str, str], str], place: str) -> Reading:
    """Return what cells of a table say.

    Parameters
    ----------
    total : str
        0 to 24; empty for the sum of the parts.
    parts : mapping of (vertebra, wall) to str
        0 to 3; empty, ``-`` or ``NA`` where a part was not assessed.
    place : str
        Where they stand, for messages.

    Raises
    ------
    InputError
        For what is no score, and a total that is not that of its parts.
    """
    scores = [_part(parts.get(part, ""), part, place) for part in PARTS]
    given = None
    if not _NOT_ASSESSED.fullmatch(total.strip()):
        given = _number(total, MOST_TOTAL, f"the score of {place}")
    score = KauppilaScore.of(scores)
    return Reading(score, _total(score, given, place))


def read_reading(path: Path, visible: bool = False) -> Reading:
    """Return what a document says: ``radiograph.json``, the ``truth.json`` of a simulated radiograph, or their folder.

    `visible` is as for :func:`reading_of_document`.

    Raises
    ------
    InputError
        Where there is none, or it contradicts itself.
    """
    if path.is_dir():
        found = next((each for name in SCORE_FILES if (each := path / name).is_file()), None)
        if found is None:
            raise InputError(f"'{path}' holds neither {' nor '.join(SCORE_FILES)}; name the file with the score.")
        path = found
    try:
        document = read_json(path)
    except FileNotFoundError:
        raise InputError(f"There is no '{path}'; correct its path in the table.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"'{path}' cannot be read ({reason}); name a radiograph.json or truth.json.") from None
    try:
        return reading_of_document(document, visible)
    except InputError as error:
        raise InputError(f"'{path}': {error}") from None


def reading_of_document(document: Any, visible: bool = False) -> Reading:
    """Return what the content of ``radiograph.json`` or ``truth.json`` says; InputError where that is no score.

    `visible` takes from a truth that has both what the image shows, in place of what there is.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("segments"), Sequence):
        raise InputError('it holds no "segments"; name the radiograph.json of a result, or the truth of a simulation.')
    if visible and "visible_segments" in document:
        shown = {"segments": document["visible_segments"], "score": document.get("visible_score")}
        return replace(reading_of_document({**document, **shown}), truths=_truths(document))
    parts: dict[tuple[str, str], Segment] = {}
    for each in document["segments"]:
        segment = _segment(each)
        part = segment.vertebra, segment.wall
        if part in parts:
            raise InputError(f"it scores {part[0]} {part[1]} twice; export it again.")
        parts[part] = segment
    score = KauppilaScore(tuple(parts.get(part) or Segment(*part, None) for part in PARTS))
    given = document.get("score")
    if given is not None:
        given = _real(given, "score")
    trust = document.get("trust")
    verdict = trust.get("verdict") if isinstance(trust, Mapping) else trust
    told = document.get("flags")
    flags = told if isinstance(told, list) else ()
    codes = [each.get("code") if isinstance(each, Mapping) else each for each in flags]
    return Reading(
        score,
        _total(score, given, "the document"),
        _inflation(document),
        _stated(document),
        verdict if verdict in _VERDICTS else None,
        tuple(dict.fromkeys(str(code) for code in codes if code)),
        _groups(document),
        "seed" in document and "device" in document,
        _truths(document),
    )


def _segment(said: Any) -> Segment:
    try:
        vertebra, wall, score = said["vertebra"], said["wall"], said.get("score")
        shares, origin = said.get("probabilities"), said.get("origin", "model")
        probabilities = None if shares is None else tuple(float(each) for each in shares)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise InputError("one of its segments lacks vertebra, wall or score; export it again.") from None
    if not isinstance(vertebra, str) or vertebra not in LABELS or wall not in WALLS:
        raise InputError(f"one of its segments is of '{vertebra}' '{wall}', which is no part of the score.")
    if score is not None:
        value = _real(score, f"{vertebra} {wall}")
        if value != int(value):
            raise InputError(
                f"{vertebra} {wall} has the score {value:g}; a part has a whole one from 0 to {MOST_PART}."
            )
        score = int(value)
    return Segment(vertebra, wall, score, probabilities, origin=origin if isinstance(origin, str) else "")


def _total(score: KauppilaScore, given: float | None, place: str) -> float | None:
    """Return the total; refuse one that cannot be that of the parts."""
    known = sum(each.score for each in score.segments if each.score is not None)
    missing = sum(each.score is None for each in score.segments)
    if given is None:
        return score.total
    if not known <= given <= known + MOST_PART * missing:
        scored = f"{known}" if not missing else f"from {known} to {known + MOST_PART * missing}"
        raise InputError(f"The score {given:g} of {place} is not that of its parts ({scored}); correct one of them.")
    return given


def _part(cell: str, part: tuple[str, str], place: str) -> int | None:
    if _NOT_ASSESSED.fullmatch(cell.strip()):
        return None
    value = _number(cell, MOST_PART, f"{part[0]} {part[1]} of {place}")
    if value != int(value):
        raise InputError(f"'{cell}' is no score of {part[0]} {part[1]} of {place}; write 0, 1, 2 or 3.")
    return int(value)


def _number(cell: str, most: int, what: str) -> float:
    text = cell.strip()
    if not _SCORE.fullmatch(text) or float(text) > most:
        raise InputError(f"'{cell}' is not {what}; write a number from 0 to {most}, or leave the cell empty.")
    return float(text)


def _real(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InputError(f"its {what} is no number but '{value}'; export it again.")
    return float(value)


def _inflation(document: Mapping) -> float:
    """Return by what its intervals are wider than the parts alone make them."""
    value = document.get("score_interval_inflation", 1.0)
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) and value > 0 else 1.0


def _stated(document: Mapping) -> tuple[float, float, float] | None:
    """Return level and ends of the interval that a document gives, where it gives one."""
    try:
        low, high = (float(each) for each in document["score_interval"])
        level = float(document["score_interval_level"])
    except (KeyError, TypeError, ValueError):
        return None
    return (level, low, high) if 0 < level < 1 and 0 <= low <= high <= MOST_TOTAL else None


def _truths(document: Mapping) -> tuple[float, float] | None:
    all_of_it, shown = document.get("score"), document.get("visible_score")
    if not isinstance(all_of_it, (int, float)) or not isinstance(shown, (int, float)):
        return None
    return (
        (float(all_of_it), float(shown)) if 0 <= min(all_of_it, shown) <= max(all_of_it, shown) <= MOST_TOTAL else None
    )


def _groups(document: Mapping) -> dict[str, str]:
    """Return the device and the number of lumbar vertebrae that the truth of a simulated radiograph names."""
    device, count = document.get("device"), document.get("lumbar_vertebrae")
    kind = device.get("kind") if isinstance(device, Mapping) else None
    named = {"device": kind[:60]} if isinstance(kind, str) and kind else {}
    return named | ({"lumbar vertebrae": str(count)} if isinstance(count, int) else {})

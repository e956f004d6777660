"""The result of a radiograph as corrections leave it: a pure function of what was made and what was corrected.

What a model said of the wall in front of a vertebra belongs to that place: where the vertebra gets another name, score
and probabilities go with it, and a level in front of which nobody looked is *not assessed*. Moving a wall moves its
lines, and what lies on them; a score stays as it is until somebody scores it anew, since the model has seen pixels and
no line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..flags import Flag
from ..geometry.lines import evenly, path_lengths
from .corrections import BODIES, NAMES, RESTORED, SCORE, WALL, Correction, Corrections
from .coverage import Walls, coverage, deposits_on
from .kauppila import PARTS, VERTEBRAE, WALLS, KauppilaScore, Segment
from .result import RadiographResult
from .sense import AORTA_NOT_RECOGNISED, EXTENT_DISAGREES, SCORE_UNKNOWN, of_doubts, of_missing_parts
from .spine import LABELS, ORDER, Vertebra, borders_of, vertebrae_of

# Flags that a reader settles: whether parts have scores, how sure they are, what was drawn, how vertebrae are called.
_PARTS, _LEVELS, _UNCERTAIN = "part_not_assessed", "level_uncertain", "score_uncertain"
_OF_READERS = (_PARTS, _LEVELS, _UNCERTAIN, EXTENT_DISAGREES)
# Those that stand as long as a part of the score is the model's.
_OF_MODELS = ("score_unproven", "vertebrae_ragged", AORTA_NOT_RECOGNISED, SCORE_UNKNOWN)


def corrected(made: RadiographResult, corrections: Corrections) -> RadiographResult:
    """Return what `made` is after all corrections that stand.

    Parameters
    ----------
    made : RadiographResult
        As a model, or another source, made it.
    corrections : Corrections

    Returns
    -------
    RadiographResult
        Its provenance has the corrections as ``edits``, where there are any.
    """
    if not corrections.entries:
        return made
    work = _Work(made)
    for each in corrections.standing:
        work.apply(each)
    documents = [{key: value for key, value in each.items() if key != "labels"} for each in corrections.document()]
    provenance = {**made.provenance, "edits": documents}
    result = work.result()
    is_named = any(each.kind == NAMES for each in corrections.standing)
    return replace(result, flags=_settled(result, is_named, bool(corrections.standing)), provenance=provenance)


def names_of(made: RadiographResult, corrections: Corrections) -> dict[str, str]:
    """Return what each vertebra is called now, by what it was called when it was made."""
    work = _Work(made)
    for each in corrections.standing:
        work.apply(each)
    return work.names


def bodies_of(made: RadiographResult, corrections: Corrections) -> np.ndarray:
    """Return the label map of the vertebrae as they are painted now, by what they were called when it was made."""
    painted = [each.labels for each in corrections.standing if each.kind == BODIES and each.labels is not None]
    return painted[-1] if painted else made.labels


def wall_of(result: RadiographResult, wall: str) -> np.ndarray:
    """Return the line of a wall along all levels that have one, shape (n, 2), from head to foot; maybe empty."""
    lines = [np.asarray(each.line, float) for each in result.score.segments if each.wall == wall and len(each.line)]
    if not lines:
        return np.zeros((0, 2))
    whole = np.vstack(lines)
    kept = np.concatenate([[True], np.linalg.norm(np.diff(whole, axis=0), axis=1) > 1e-6])
    return whole[kept]


def moved_wall(corrections: Corrections, wall: str) -> Correction | None:
    """Return the correction that a wall is drawn by; None where it is as it was made."""
    about = [each for each in corrections.standing if each.wall == wall and not each.vertebra]
    return about[-1] if about and about[-1].kind == WALL else None


def points_along(line: np.ndarray, count: int = 9) -> np.ndarray:
    """Return points at even lengths of a line, by which it can be dragged: shape (count, 2), or none of no line.

    Nine are the ends and the middles of four levels.
    """
    line = np.asarray(line, float).reshape(-1, 2)
    if len(line) < 2:
        return np.zeros((0, 2))
    return evenly(line, count)[0]


def _settled(result: RadiographResult, is_named: bool, is_corrected: bool) -> tuple[Flag, ...]:
    """Return the flags of a corrected result: without what a reader has settled, with parts not assessed now."""
    kept = [each for each in result.flags if each.code not in _OF_READERS]
    if all(each.origin == "reader" for each in result.score.segments):
        kept = [each for each in kept if each.code not in _OF_MODELS]
    if not is_named:
        kept += [each for each in result.flags if each.code == _LEVELS]
    for vertebra in VERTEBRAE:
        kept += of_missing_parts(result.score, vertebra)
    kept += of_doubts(result)
    if is_corrected:
        kept.append(Flag("edited_by_hand", "The result was corrected by a reader."))
    return tuple(kept)


class _Work:
    """A result that is being corrected; parts are kept by the vertebra as it was called when the result was made."""

    def __init__(self, made: RadiographResult):
        self._made = made
        self._bodies = made.labels
        self._vertebrae = dict(made.vertebrae)
        self.names = {name: name for name in made.vertebrae}
        self._parts = {(each.vertebra, each.wall): each for each in made.score.segments}
        self._lines: dict[str, np.ndarray] = {}

    def apply(self, correction: Correction) -> None:
        if correction.kind == NAMES:
            self.names |= {own: name for own, name in correction.names.items() if own in self.names}
        elif correction.kind == WALL:
            self._lines[correction.wall] = np.asarray(correction.line, float)
        elif correction.kind == BODIES and correction.labels is not None:
            self._paint(correction.labels)
        elif correction.kind == RESTORED and not correction.vertebra:
            self._lines.pop(correction.wall, None)
        elif correction.kind in (SCORE, RESTORED):
            self._score(correction)

    def result(self) -> RadiographResult:
        vertebrae = self._called()
        parts = [
            replace(self._part((self._key(vertebra), wall)), vertebra=vertebra, wall=wall) for vertebra, wall in PARTS
        ]
        is_as_made = self._bodies is self._made.labels and all(own == name for own, name in self.names.items())
        if self._lines or not is_as_made:
            lines = _lines_between(self._made, self._walls(), vertebrae)
            parts = [self._moved(each, lines.get((each.vertebra, each.wall), ())) for each in parts]
        labels = self._bodies if is_as_made else self._labels()
        return replace(self._made, labels=labels, vertebrae=vertebrae, score=KauppilaScore(tuple(parts)))

    def _score(self, correction: Correction) -> None:
        key = self._key(correction.vertebra), correction.wall
        if correction.kind == SCORE:
            self._parts[key] = replace(self._part(key), score=correction.score, origin="reader")
            return
        self._parts.pop(key, None)
        made = {(each.vertebra, each.wall): each for each in self._made.score.segments}
        if key in made:
            self._parts[key] = made[key]

    def _paint(self, labels: np.ndarray) -> None:
        radiograph = self._made.radiograph
        self._bodies = labels
        self._vertebrae = vertebrae_of(labels, radiograph.step, radiograph.faces or "left")
        kept = {own: name for own, name in self.names.items() if own in self._vertebrae}
        new = {own: own for own in self._vertebrae if own not in kept and own not in kept.values()}
        self.names = kept | new

    def _key(self, vertebra: str) -> str:
        """Return by what name a vertebra was made; one that was not found keeps a place of its own."""
        own = next((own for own, name in self.names.items() if name == vertebra), None)
        if own is not None:
            return own
        return vertebra if vertebra not in self.names else f"no {vertebra}"

    def _part(self, key: tuple[str, str]) -> Segment:
        # Of a level that was none of L1 to L4 nobody has said anything; the name is put right by who asks.
        return self._parts.get(key) or Segment(VERTEBRAE[0], key[1], None)

    def _called(self) -> dict[str, Vertebra]:
        called = {name: replace(self._vertebrae[own], name=name) for own, name in self.names.items()}
        return {name: called[name] for name in ORDER if name in called}

    def _labels(self) -> np.ndarray:
        values = np.zeros(256, np.uint8)
        for own, name in self.names.items():
            values[LABELS[own]] = LABELS.get(name, 0)
        return values[self._bodies]

    def _walls(self) -> dict[str, np.ndarray]:
        return {wall: self._lines.get(wall, wall_of(self._made, wall)) for wall in WALLS}

    def _moved(self, part: Segment, line) -> Segment:
        """Return a part on another line; what lies on the line before goes with it."""
        if part.line == line:
            return part
        if not line or not part.line or not part.deposits:
            return replace(part, line=line, deposits=part.deposits if line else ())
        deposits = _carried(deposits_on(np.asarray(part.line), part.deposits), np.asarray(line, float))
        covered = sum((end - start for start, end in deposits), 0.0)
        was_drawn = part.wall in self._lines  # else only sampled anew, or between other discs
        return replace(
            part, line=line, deposits=deposits, extent_fraction=covered if was_drawn else part.extent_fraction
        )


def _lines_between(made: RadiographResult, walls: Mapping[str, np.ndarray], vertebrae: Mapping[str, Vertebra]) -> dict:
    """Return the line of each part between its levels, points of the radiograph as it is stored."""
    drawn = {wall: line for wall, line in walls.items() if len(line) > 1}
    if not drawn:
        return {}
    is_mirrored = made.radiograph.faces == "right"
    turn = made.radiograph.mirrored_points if is_mirrored else np.asarray
    width = made.radiograph.width
    facing = {name: each.mirrored(width) if is_mirrored else each for name, each in vertebrae.items()}
    # Each wall is cut by itself: one that is alone stands for the other, too.
    sides = Walls(*(turn(drawn.get(wall, next(iter(drawn.values())))) for wall in WALLS))
    found = coverage(np.zeros((0, 2)), sides, borders_of(facing), 0.0)
    return {
        part: tuple((float(x), float(y)) for x, y in turn(np.asarray(each.line, float)))
        for part, each in found.items()
        if part[1] in drawn and len(each.line) > 1
    }


def _carried(pieces, line: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Return where deposits begin and end along another line, as shares of its length: each at its nearest place."""
    arc = path_lengths(line)
    if arc[-1] <= 0:
        return ()
    found: list[list[float]] = []
    for piece in pieces:
        shares = sorted(_nearest_arc(point, line, arc) / arc[-1] for point in (piece[0], piece[-1]))
        if found and shares[0] <= found[-1][1]:
            found[-1][1] = max(found[-1][1], shares[1])
        elif shares[1] > shares[0]:
            found.append(shares)
    return tuple((float(start), float(end)) for start, end in found)


def _nearest_arc(point: np.ndarray, line: np.ndarray, arc: np.ndarray) -> float:
    """Return the path length of the place of a line that is nearest to a point."""
    begin, along = line[:-1], np.diff(line, axis=0)
    squared = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(((point - begin) * along).sum(axis=1) / squared, 0.0, 1.0)
    away = ((begin + share[:, None] * along - point) ** 2).sum(axis=1)
    at = int(np.argmin(away))
    return float(arc[at] + share[at] * np.sqrt(squared[at]))

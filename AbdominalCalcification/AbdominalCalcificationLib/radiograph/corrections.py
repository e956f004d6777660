"""What a reader corrected of a radiograph's result, entry by entry: who, when and what; nothing is ever rubbed out."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ..errors import InputError
from .kauppila import MOST_PART, WALLS

# What a correction is about.
SCORE, RESTORED, NAMES, WALL, BODIES = KINDS = ("score", "restored", "names", "wall", "bodies")
# Beyond what label maps hold: what a body is called that a shift of all levels carries there.
BEYOND = ("T11", "S2")

Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Correction:
    """One correction.

    Attributes
    ----------
    kind : str
        Of `KINDS`.
    time, editor : str
        ISO 8601, and who made it.
    vertebra, wall : str
        Of a score: the vertebra as it was called then. Of a wall, also of one that is put back: `wall` alone.
    score : int or None
        0 to 3; None: not assessable.
    names : mapping of str to str
        All vertebrae, by what the model called them: what they are called from now on.
    points, line : tuple of points
        Of a wall: what was dragged, and the whole line through them; points of the radiograph as it is stored.
    labels : ndarray or None
        Of bodies that were painted: the whole label map, by what the model called them.
    undone_at, undone_by : str
        When and by whom it was undone; empty while it stands.
    """

    kind: str
    time: str
    editor: str
    vertebra: str = ""
    wall: str = ""
    score: int | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    points: Line = ()
    line: Line = ()
    labels: np.ndarray | None = field(default=None, compare=False)
    undone_at: str = ""
    undone_by: str = ""

    def __post_init__(self):
        if self.kind not in KINDS:
            raise InputError(f"'{self.kind}' is no correction of a radiograph: {', '.join(KINDS)}.")
        if self.kind not in (NAMES, BODIES) and self.wall not in WALLS:
            raise InputError(f"'{self.wall}' is no wall of the aorta: {', '.join(WALLS)}.")
        if self.score is not None and self.score not in range(MOST_PART + 1):
            raise InputError(f"A part of the Kauppila score is 0 to {MOST_PART}, not {self.score}.")
        if self.kind == WALL and min(len(self.points), len(self.line)) < 2:
            raise InputError("A wall of the aorta is a line of two points or more.")
        if self.kind == BODIES and self.labels is None:
            raise InputError("Vertebrae were painted, and their label map is missing.")

    @property
    def stands(self) -> bool:
        """Whether it was not undone."""
        return not self.undone_at

    @property
    def text(self) -> str:
        """What was corrected, for people."""
        if self.kind == WALL:
            return f"{self.wall} wall moved"
        if self.kind == BODIES:
            return "vertebrae painted"
        if self.kind == NAMES:
            changed = [f"{own} is {name}" for own, name in self.names.items() if own != name]
            return f"vertebrae: {', '.join(changed)}" if changed else "vertebrae: as the model named them"
        if self.kind == RESTORED:
            return f"{f'{self.vertebra} {self.wall}' if self.vertebra else f'{self.wall} wall'}: as the model had it"
        return f"{self.vertebra} {self.wall}: {'not assessable' if self.score is None else self.score}"

    def document(self) -> dict[str, Any]:
        """Return this as JSON values."""
        document: dict[str, Any] = {"kind": self.kind, "time": self.time, "editor": self.editor}
        if self.kind in (SCORE, RESTORED):
            document |= {"vertebra": self.vertebra, "wall": self.wall}
        if self.kind == SCORE:
            document["score"] = self.score
        if self.kind == NAMES:
            document["names"] = dict(self.names)
        if self.kind == WALL:
            document |= {"wall": self.wall, "points": _rounded(self.points), "line": _rounded(self.line)}
        if self.labels is not None:
            document["labels"] = packed_labels(self.labels)
        if not self.stands:
            document |= {"undone_at": self.undone_at, "undone_by": self.undone_by}
        return document

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Correction:
        """Return what :meth:`document` wrote.

        Raises
        ------
        InputError
            For anything else.
        """
        try:
            return cls(
                str(document["kind"]),
                str(document["time"]),
                str(document["editor"]),
                str(document.get("vertebra", "")),
                str(document.get("wall", "")),
                document.get("score"),
                {str(own): str(name) for own, name in document.get("names", {}).items()},
                _line(document.get("points", ())),
                _line(document.get("line", ())),
                unpacked_labels(document["labels"]) if "labels" in document else None,
                str(document.get("undone_at", "")),
                str(document.get("undone_by", "")),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"A correction of the radiograph is damaged ({error}).") from None


@dataclass(frozen=True)
class Corrections:
    """All corrections of one result, the oldest first; those that were undone stay, and say so."""

    entries: tuple[Correction, ...] = ()

    @property
    def standing(self) -> tuple[Correction, ...]:
        """Those that were not undone."""
        return tuple(each for each in self.entries if each.stands)

    def with_entry(self, entry: Correction) -> Corrections:
        """Return these and one more; one that goes on with the painting before it takes its place."""
        kept = self.entries
        # Else every stroke would keep a label map of its own.
        if kept and kept[-1].stands and kept[-1].kind == BODIES == entry.kind and kept[-1].editor == entry.editor:
            kept = kept[:-1]
        return Corrections((*kept, entry))

    def has_all_of(self, earlier: Corrections) -> bool:
        """Return whether every one of others is among these, whether it was undone since or not."""
        return {_as_made(each) for each in earlier.entries} <= {_as_made(each) for each in self.entries}

    def undone(self, time: str, editor: str) -> Corrections:
        """Return these with the last one that stands undone; the same where none stands."""
        entries = list(self.entries)
        for number in reversed(range(len(entries))):
            if entries[number].stands:
                entries[number] = replace(entries[number], undone_at=time, undone_by=editor)
                break
        return Corrections(tuple(entries))

    def document(self) -> list[dict[str, Any]]:
        """Return this as JSON values."""
        return [each.document() for each in self.entries]

    @classmethod
    def read(cls, document: Sequence[Mapping[str, Any]]) -> Corrections:
        """Return what :meth:`document` wrote."""
        if not isinstance(document, (list, tuple)):
            raise InputError("The corrections of the radiograph are damaged: no list.")
        return cls(tuple(Correction.read(each) for each in document))


def shifted(names: Mapping[str, str], levels: int) -> dict[str, str]:
    """Return what vertebrae are called after all of them moved by some levels: 1 is one towards the head.

    Parameters
    ----------
    names : mapping of str to str
        What each is called now, by what the model called it.
    levels : int

    Raises
    ------
    InputError
        Where they would be called what no lumbar radiograph shows.
    """
    sixth = ("L6",) if "L6" in names.values() else ()
    ladder = (BEYOND[0], "T12", "L1", "L2", "L3", "L4", "L5", *sixth, "S1", BEYOND[1])
    moved = {own: ladder.index(name) - levels for own, name in names.items()}
    if any(not 0 <= at < len(ladder) for at in moved.values()):
        way = "up" if levels > 0 else "down"
        raise InputError(f"The vertebrae cannot be shifted further {way}: from {ladder[0]} to {ladder[-1]} is all.")
    return {own: ladder[at] for own, at in moved.items()}


def renamed(names: Mapping[str, str], vertebra: str, name: str) -> dict[str, str]:
    """Return what vertebrae are called after one of them got another name.

    Raises
    ------
    InputError
        Where there is no such vertebra, or another one has the name.
    """
    own = next((own for own, each in names.items() if each == vertebra), None)
    if own is None:
        raise InputError(f"There is no vertebra {vertebra} to rename.")
    if name != vertebra and name in names.values():
        raise InputError(f"{name} is another vertebra; rename that one first, or shift all levels.")
    return {**names, own: name}


def packed_labels(labels: np.ndarray) -> dict[str, Any]:
    """Return a label map (rows, columns), uint8, as JSON values."""
    data = zlib.compress(np.ascontiguousarray(labels, np.uint8).tobytes(), 6)
    return {"shape": list(labels.shape), "zlib_base64": base64.b64encode(data).decode("ascii")}


def unpacked_labels(document: Mapping[str, Any]) -> np.ndarray:
    """Return what :func:`packed_labels` was given; ValueError for anything else."""
    shape = tuple(int(each) for each in document["shape"])
    count = int(np.prod(shape))
    try:
        press = zlib.decompressobj()
        data = press.decompress(base64.b64decode(document["zlib_base64"], validate=True), count + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(shape) != 2 or len(data) != count:
        raise ValueError(f"a label map of {count} pixels was kept, and {len(data)} of them are there")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _as_made(correction: Correction) -> str:
    """Return a correction as text, as it was before anybody undid it."""
    return json.dumps(replace(correction, undone_at="", undone_by="").document(), sort_keys=True)


def _rounded(line: Line) -> list[list[float]]:
    return [[round(float(x), 4), round(float(y), 4)] for x, y in line]


def _line(points) -> Line:
    return tuple((float(x), float(y)) for x, y in points)

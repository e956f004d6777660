"""The verdict on a result: whether its numbers can be read, and which arteries to look at first.

Derived from the quality flags by the rules in :data:`.flags.KINDS`, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from .anatomy import TERRITORIES
from .flags import Effect, Flag

_TITLES = {territory.name: territory.title for territory in TERRITORIES}


class Verdict(Enum):
    """Whether the numbers can be read."""

    OK = "ok"
    REVIEW = "review"
    UNUSABLE = "unusable"


_VERDICTS = {Effect.NOTE: Verdict.OK, Effect.REVIEW: Verdict.REVIEW, Effect.UNUSABLE: Verdict.UNUSABLE}


@dataclass(frozen=True)
class Trust:
    """One verdict, and the flags that made it.

    Attributes
    ----------
    verdict : Verdict
    reasons : tuple of Flag
        Those that weigh most first; empty where the verdict is `ok`.
    """

    verdict: Verdict
    reasons: tuple[Flag, ...] = ()

    @property
    def territories(self) -> tuple[str, ...]:
        """The territories to look at, in the order of the table."""
        named = {flag.territory for flag in self.reasons}
        return tuple(territory.name for territory in TERRITORIES if territory.name in named)


@dataclass(frozen=True)
class Note:
    """One line for people: flags that say the same, of one territory or of several.

    Attributes
    ----------
    code : str
    message : str
        What was found, with the arteries it is about.
    advice : str
        What it means for the numbers, and what to do.
    effect : Effect
        The gravest of its flags.
    changes_number : bool
    territories : tuple of str
        Empty where it is about the whole case.
    """

    code: str
    message: str
    advice: str
    effect: Effect
    changes_number: bool
    territories: tuple[str, ...] = ()


def trust_of(flags: Iterable[Flag]) -> Trust:
    """Return the verdict that `flags` lead to: that of the flag with the gravest effect."""
    reasons = sorted((flag for flag in flags if flag.effect > Effect.NOTE), key=_weight)
    worst = max((flag.effect for flag in reasons), default=Effect.NOTE)
    return Trust(_VERDICTS[worst], tuple(reasons))


def headline(trust: Trust) -> str:
    """Return the verdict as one sentence: what stands before any number."""
    if trust.verdict is Verdict.OK:
        return "Fit to read."
    if trust.verdict is Verdict.UNUSABLE:
        return f"Do not use these numbers. {trust.reasons[0].message}"
    whole = [flag for flag in trust.reasons if flag.territory is None]
    arteries = ", ".join(_lowered(_TITLES[name]) for name in trust.territories)
    parts = [f"Look at these arteries first: {arteries}."] if arteries else []
    # One sentence about the image is more than a number of them.
    parts += [whole[0].message] if len(whole) == 1 else [f"{len(whole)} notes are about the whole CT."] if whole else []
    return " ".join(parts)


def notes_of(flags: Iterable[Flag]) -> list[Note]:
    """Return `flags` as lines for people: similar ones merged, those that weigh most first."""
    merged: dict[tuple[str, str], list[Flag]] = {}
    for flag in sorted(flags, key=_weight):
        merged.setdefault((flag.code, _without_title(flag)), []).append(flag)
    return [_note(text, same) for (_, text), same in merged.items()]


def _note(text: str, flags: list[Flag]) -> Note:
    names = tuple(dict.fromkeys(flag.territory for flag in flags if flag.territory is not None))
    message = flags[0].message
    if len(names) > 1 and text != message:
        first, *others = [_TITLES.get(name, name) for name in names]
        message = f"{', '.join([first, *map(_lowered, others)])}: {text}"
    kind = flags[0].kind
    return Note(flags[0].code, message, kind.advice, max(f.effect for f in flags), kind.changes_number, names)


def _weight(flag: Flag) -> tuple[int, bool]:
    return -flag.effect, not flag.kind.changes_number


def _without_title(flag: Flag) -> str:
    """Return the message without the artery that it begins with, so that those of several arteries can be equal."""
    return flag.message.removeprefix(f"{_TITLES.get(flag.territory, '')}: ")


def _lowered(title: str) -> str:
    return title[:1].lower() + title[1:]

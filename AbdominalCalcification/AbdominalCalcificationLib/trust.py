"""The verdict on a result: whether its numbers can be read, and which arteries to look at first.

Derived from the quality flags by the rules in :data:`.flags.KINDS`, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from .anatomy import TERRITORIES, lowered
from .flags import Effect, Flag

_TITLES = {territory.name: territory.title for territory in TERRITORIES}
_SHORT = {territory.name: territory.short for territory in TERRITORIES}


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
        return " ".join(["Do not use these numbers.", *(flag.message for flag in trust.reasons[:1])])
    whole = [flag for flag in trust.reasons if flag.territory is None]
    arteries = ", ".join(_SHORT[name] for name in trust.territories)
    parts = [f"Look at these arteries first: {arteries}."] if arteries else []
    if set(trust.territories) == set(_SHORT):  # a list of all says less
        parts = ["Look at every artery first."]
    # One sentence about the image is more than a number of them.
    parts += [whole[0].message] if len(whole) == 1 else [f"{len(whole)} notes are about the whole CT."] if whole else []
    # A reason may be missing in what another version has written.
    return " ".join(parts) or "Read the notes before the numbers."


def flags_about(name: str, flags: Iterable[Flag]) -> list[Flag]:
    """Return the flags that concern one territory: those about it, and those about the whole case."""
    return [flag for flag in flags if flag.territory in (name, None)]


def notes_of(flags: Iterable[Flag]) -> list[Note]:
    """Return `flags` as lines for people: one for each code and effect, those that weigh most first."""
    merged: dict[tuple[str, Effect], list[Flag]] = {}
    for flag in sorted(flags, key=_weight):
        merged.setdefault((flag.code, flag.effect), []).append(flag)
    return [_note(same) for same in merged.values()]


def _note(flags: list[Flag]) -> Note:
    sayings: dict[str, list[Flag]] = {}
    for flag in flags:
        sayings.setdefault(_without_title(flag), []).append(flag)
    message = " ".join(_message(text, same) for text, same in sayings.items())
    names = tuple(dict.fromkeys(flag.territory for flag in flags if flag.territory is not None))
    kind = flags[0].kind
    return Note(flags[0].code, message, kind.advice, flags[0].effect, kind.changes_number, names)


def _message(text: str, flags: list[Flag]) -> str:
    """Return what several flags say alike, with the arteries that they are about before it."""
    if len(flags) == 1 or text == flags[0].message:
        return flags[0].message
    first, *others = dict.fromkeys(_TITLES.get(flag.territory or "", flag.territory or "") for flag in flags)
    return f"{', '.join([first, *map(lowered, others)])}: {text}"


def _weight(flag: Flag) -> tuple[int, bool]:
    return -flag.effect, not flag.kind.changes_number


def _without_title(flag: Flag) -> str:
    """Return the message without the artery that it begins with, so that those of several arteries can be equal."""
    return flag.message.removeprefix(f"{_TITLES.get(flag.territory or '', '')}: ")

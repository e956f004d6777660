"""The verdict on a result: whether its numbers can be read, and which arteries to look at first.

Derived from the quality flags by the rules in :data:`.flags.KINDS`, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from .flags import Effect, Flag


class Verdict(Enum):
    """Whether the numbers can be read."""

    OK = "ok"
    REVIEW = "review"
    UNUSABLE = "unusable"


@dataclass(frozen=True)
class Trust:
    """One verdict, and the flags that made it, those first that weigh most.

    Attributes
    ----------
    verdict : Verdict
    reasons : tuple of Flag
        Empty where the verdict is `ok`.
    """

    verdict: Verdict
    reasons: tuple[Flag, ...] = ()

    @property
    def territories(self) -> tuple[str, ...]:
        """The territories to look at, in the order of the reasons."""
        return tuple(dict.fromkeys(flag.territory for flag in self.reasons if flag.territory is not None))


def trust_of(flags: Iterable[Flag]) -> Trust:
    """Return the verdict that `flags` lead to: that of the flag with the gravest effect."""
    reasons = sorted((flag for flag in flags if flag.kind.effect > Effect.NOTE), key=lambda flag: -flag.kind.effect)
    worst = max((flag.kind.effect for flag in reasons), default=Effect.NOTE)
    verdict = {Effect.NOTE: Verdict.OK, Effect.REVIEW: Verdict.REVIEW, Effect.UNUSABLE: Verdict.UNUSABLE}[worst]
    return Trust(verdict, tuple(reasons))

"""The verdict on a radiograph in words, and what no number may be told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..flags import Flag
from ..trust import Trust, Verdict, trust_of
from .kauppila import VERTEBRAE, KauppilaScore
from .result import RadiographResult


def headline(trust: Trust) -> str:
    """Return the verdict on a radiograph as one sentence: what stands before any number."""
    if trust.verdict is Verdict.OK:
        return "Fit to read."
    if trust.verdict is Verdict.UNUSABLE:
        return " ".join(["Do not use these numbers.", *(flag.message for flag in trust.reasons[:1])])
    named = {flag.territory for flag in trust.reasons}
    vertebrae = [name for name in VERTEBRAE if name in named]
    # That the score itself is worth little comes before any other reason.
    parts = [flag.message for flag in trust.reasons if flag.code == "score_unproven"]
    whole = [flag for flag in trust.reasons if flag.territory not in VERTEBRAE and flag.code != "score_unproven"]
    parts += [f"Look at {', '.join(vertebrae)} first."] if vertebrae else []
    # One sentence about the image is more than a number of them.
    parts += [whole[0].message] if len(whole) == 1 else [f"{len(whole)} notes are about the image."] if whole else []
    return " ".join(parts) or "Read the notes before the numbers."


def withdrawn(result: RadiographResult) -> RadiographResult:
    """Return a result whose numbers must not be used without any: no part has a score. Others are returned as they are.

    Outlines and lines stay, so that people see what was taken for what.
    """
    if result.trust.verdict is not Verdict.UNUSABLE:
        return result
    emptied = [
        replace(each, score=None, probabilities=None, extent_fraction=None, deposits=())
        for each in result.score.segments
    ]
    return result.with_score(KauppilaScore(tuple(emptied)))


def with_flags(result: RadiographResult, flags: Sequence[Flag]) -> RadiographResult:
    """Return a result with more flags, each told once; those it had come first."""
    together = tuple(dict.fromkeys((*result.flags, *flags)))
    return replace(result, flags=together)


def forbid_numbers(flags: Sequence[Flag]) -> bool:
    """Return whether flags forbid any number."""
    return trust_of(flags).verdict is Verdict.UNUSABLE

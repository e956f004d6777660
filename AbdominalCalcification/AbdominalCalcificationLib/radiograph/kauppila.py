"""The Kauppila score: calcification of the aorta in front of L1 to L4 on a lateral lumbar radiograph, 0 to 24.

For each of the four vertebrae, and for the anterior and the posterior wall of the aorta in front of it (from the middle
of the disc above to the middle of the disc below): 0 none; 1 deposits along less than a third of the wall's length;
2 from a third to less than two thirds; 3 two thirds or more. Kauppila et al. 1997, Atherosclerosis 132:245-250,
doi 10.1016/S0021-9150(97)00106-8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from ..errors import InputError

VERTEBRAE = ("L1", "L2", "L3", "L4")
WALLS = ("anterior", "posterior")
PARTS = tuple((vertebra, wall) for vertebra in VERTEBRAE for wall in WALLS)
MOST_PART = 3
MOST_TOTAL = MOST_PART * len(PARTS)
# Where a part is neither a network's nor measured, a reader has said it.
ORIGINS = ("model", "reader", "geometry")
# Rounding of a fraction must not make a third of what is one.
_TOLERANCE = 1e-9


def part_score(extent_fraction: float) -> int:
    """Return the score of one wall from the share of its length along which there are deposits, 0 to 1."""
    if not 0.0 <= extent_fraction <= 1.0 + _TOLERANCE:
        raise InputError(f"The share {extent_fraction} of a wall's length is not between 0 and 1.")
    if extent_fraction <= 0.0:
        return 0
    return 1 + int(extent_fraction + _TOLERANCE >= 1 / 3) + int(extent_fraction + _TOLERANCE >= 2 / 3)


@dataclass(frozen=True)
class Segment:
    """One of the eight parts: a wall of the aorta in front of a vertebra.

    Attributes
    ----------
    vertebra, wall : str
        Of `VERTEBRAE` and `WALLS`.
    score : int or None
        0 to 3; None where it could not be assessed: never 0 instead.
    probabilities : tuple of float or None
        Of the scores 0 to 3, by a model.
    extent_fraction : float or None
        Share of the wall's length with deposits, 0 to 1.
    line : tuple of (float, float)
        The wall from the disc above to the disc below, points of the radiograph as it is stored.
    deposits : tuple of (float, float)
        Where deposits begin and end, as shares of the line's length, rising.
    origin : str
        Of `ORIGINS`: who says so.
    """

    vertebra: str
    wall: str
    score: int | None
    probabilities: tuple[float, ...] | None = None
    extent_fraction: float | None = None
    line: tuple[tuple[float, float], ...] = ()
    deposits: tuple[tuple[float, float], ...] = ()
    origin: str = "model"

    def __post_init__(self):
        if (self.vertebra, self.wall) not in PARTS:
            raise InputError(f"{self.vertebra} {self.wall} is no part of the Kauppila score.")
        if self.score is not None and self.score not in range(MOST_PART + 1):
            raise InputError(f"A part of the Kauppila score is 0 to {MOST_PART}, not {self.score}.")
        if self.origin not in ORIGINS:
            raise InputError(f"'{self.origin}' says not where a score comes from: {', '.join(ORIGINS)}.")
        if self.probabilities is not None:
            shares = np.asarray(self.probabilities, float)
            if shares.shape != (MOST_PART + 1,) or not (shares >= 0).all() or abs(shares.sum() - 1) > 1e-3:
                raise InputError(f"{self.probabilities} are no probabilities of the scores 0 to {MOST_PART}.")

    @property
    def extent_score(self) -> int | None:
        """The score that the deposits on the line come to by the definition; None where no extent is known."""
        return None if self.extent_fraction is None else part_score(min(1.0, self.extent_fraction))


@dataclass(frozen=True)
class KauppilaScore:
    """The eight parts, in the order of `PARTS`."""

    segments: tuple[Segment, ...]

    def __post_init__(self):
        if tuple((each.vertebra, each.wall) for each in self.segments) != PARTS:
            raise InputError("The Kauppila score has eight parts: both walls of L1 to L4, in this order.")

    @classmethod
    def of(cls, scores: Sequence[int | None], origin: str = "reader") -> KauppilaScore:
        """Return the score of eight part scores in the order of `PARTS`."""
        if len(scores) != len(PARTS):
            raise InputError(f"The Kauppila score has {len(PARTS)} parts, not {len(scores)}.")
        return cls(tuple(Segment(*part, score, origin=origin) for part, score in zip(PARTS, scores, strict=True)))

    @property
    def total(self) -> int | None:
        """Sum of the parts, 0 to 24; None where one could not be assessed."""
        scores = [each.score for each in self.segments]
        return None if None in scores else sum(score for score in scores if score is not None)

    @property
    def affected_segments(self) -> int | None:
        """How many of the four vertebrae have deposits on either wall; None where that is not known."""
        pairs = [(self.part(v, "anterior").score, self.part(v, "posterior").score) for v in VERTEBRAE]
        known = [any(score for score in pair if score) or (None if None in pair else False) for pair in pairs]
        return None if None in known else sum(bool(each) for each in known)

    @property
    def affected_walls(self) -> int | None:
        """How many of the eight parts have deposits: the *anterior and posterior affected score*."""
        scores = [each.score for each in self.segments]
        return None if None in scores else sum(score > 0 for score in scores if score is not None)

    def part(self, vertebra: str, wall: str) -> Segment:
        """Return one of the eight parts."""
        return self.segments[PARTS.index((vertebra, wall))]

    def with_part(self, segment: Segment) -> KauppilaScore:
        """Return the score with one part replaced."""
        parts = list(self.segments)
        parts[PARTS.index((segment.vertebra, segment.wall))] = segment
        return KauppilaScore(tuple(parts))

    def with_score(self, vertebra: str, wall: str, score: int | None) -> KauppilaScore:
        """Return the score with one part as a reader says it is; what a model said of the part stays with it."""
        return self.with_part(replace(self.part(vertebra, wall), score=score, origin="reader"))


def total_distribution(segments: Sequence[Segment]) -> np.ndarray | None:
    """Return the probabilities of the totals 0 to 24, the parts taken for independent.

    A part that a reader has scored is certain. None where a part has neither probabilities nor a reader's score, and
    where parts were measured: that says nothing of how likely they are.
    """
    shares = []
    for each in segments:
        if each.score is None or each.origin == "geometry":
            return None
        if each.origin == "reader":
            shares.append(np.eye(MOST_PART + 1)[each.score])
        elif each.probabilities is None:
            return None
        else:
            shares.append(np.asarray(each.probabilities, float))
    together = reduce(np.convolve, shares)
    return together / together.sum()


def interval(segments: Sequence[Segment], level: float = 0.9, inflation: float = 1.0) -> tuple[float, float] | None:
    """Return the central interval of the total, 0 to 24.

    Parameters
    ----------
    segments : sequence of Segment
    level : float
        Probability that the interval is to hold.
    inflation : float
        Factor by which its ends lie farther from the median than if the parts erred independently; part of a model's
        calibration.
    """
    shares = total_distribution(segments)
    if shares is None:
        return None
    rising = np.cumsum(shares)
    low, middle, high = (float(np.searchsorted(rising, q - 1e-12)) for q in ((1 - level) / 2, 0.5, (1 + level) / 2))
    low, high = middle - inflation * (middle - low), middle + inflation * (high - middle)
    return max(0.0, low), min(float(MOST_TOTAL), high)

"""The parts of a score as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..csv_files import csv_text
from ..flags import Flag
from ..trust import flags_about, trust_of
from .kauppila import Segment
from .result import RadiographResult

HEADER = (
    *("vertebra", "wall", "score", "p0", "p1", "p2", "p3", "extent_fraction", "deposit_count"),
    *("wall_length_mm", "deposit_length_mm", "origin", "trust", "flags"),
)
TOTAL = "total"


def segments_csv(result: RadiographResult) -> str:
    """Return one row for each of the eight parts, and one with their sum; what is not known is empty.

    ``trust`` is the verdict on the row: by the flags about its vertebra and about the whole image, whose codes
    ``flags`` lists; in the row of the sum all. Lengths are there where the size of a pixel is known.
    """
    in_mm = result.radiograph.spacing_mm is not None
    rows = [_row(each, in_mm, flags_about(each.vertebra, result.flags)) for each in result.score.segments]
    total = (TOTAL, None, result.score.total, *[None] * (len(HEADER) - 5), *_trust(result.flags))
    return csv_text(HEADER, [*rows, total])


def line_length(line: Sequence) -> float:
    """Return the length of a line of points in their unit."""
    return float(np.linalg.norm(np.diff(np.asarray(line, float).reshape(-1, 2), axis=0), axis=1).sum())


def _row(each: Segment, in_mm: bool, flags: Sequence[Flag]) -> tuple:
    length = line_length(each.line) if in_mm and each.line else None
    extent = each.extent_fraction
    return (
        *(each.vertebra, each.wall, each.score, *(each.probabilities or (None,) * 4), extent),
        None if extent is None else len(each.deposits),
        None if length is None else round(length, 2),
        None if length is None or extent is None else round(length * extent, 2),
        each.origin,
        *_trust(flags),
    )


def _trust(flags: Sequence[Flag]) -> tuple[str, str]:
    return trust_of(flags).verdict.value, " ".join(dict.fromkeys(flag.code for flag in flags))

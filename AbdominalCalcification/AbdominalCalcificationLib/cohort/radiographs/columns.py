"""The columns of the table of a cohort of radiographs."""

from __future__ import annotations

from ...evaluation.radiographs.cohort import PART_COLUMNS

_IDENTITY = ("id", "patient")
_JUDGED = ("trust", "look_at", "flags")
SCORES = ("score", "score_low", "score_high", "severity", "affected_segments", "affected_walls", *PART_COLUMNS)
_IMAGE = ("spacing_source", "faces", "faces_source")
_MADE = ("version", "folder")
#: What no column of covariates may be called.
OF_RESULTS = frozenset(
    each.lower() for each in (*_IDENTITY, *_JUDGED, *SCORES, *_IMAGE, *_MADE, "seconds", "reason", "what_to_do")
)


def radiograph_columns(covariates: list[str]) -> list[str]:
    """Return the columns of radiographs.csv."""
    return [*_IDENTITY, *covariates, *_JUDGED, *SCORES, *_IMAGE, *_MADE]

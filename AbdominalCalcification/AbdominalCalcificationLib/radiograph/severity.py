"""Groups of severity of the Kauppila score: named tables of cut points, with where they come from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..comparison.severity import SeverityGroups
from ..errors import InputError
from .kauppila import MOST_TOTAL

# More letters would break the tables that groups stand in.
_LONGEST_NAME = 40


def _number(value: object) -> float:
    """Return a cut point: a whole number where it is one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise InputError(f"The lowest score of a group of severity must be a number, not '{value}'.")
    return int(value) if value == int(value) else float(value)


def _bounds(low: float, end: float) -> str:
    if isinstance(low, int) and (isinstance(end, int) or end > MOST_TOTAL):
        last = int(end) - (end <= MOST_TOTAL)
        return f"{low}" if low == last else f"{low}–{last}"
    return f"{low:g} and more" if end > MOST_TOTAL else f"{low:g} to below {end:g}"


@dataclass(frozen=True)
class ScoreGroups:
    """A named table of groups of the score.

    Attributes
    ----------
    name : str
        Of the table.
    lowest : tuple of float
        The lowest score of each group, rising from 0; a score at it belongs to the group.
    names : tuple of str
        Of the groups, as many.
    source : str
        Where the cut points are from, for people.
    """

    name: str
    lowest: tuple[float, ...]
    names: tuple[str, ...]
    source: str = ""

    def __post_init__(self):
        lowest = tuple(_number(each) for each in self.lowest)
        names = tuple(str(each).strip() for each in self.names)
        if len(lowest) < 2 or len(lowest) != len(names):
            raise InputError("A table of severity needs two groups or more, each with a name and its lowest score.")
        if lowest[0] != 0 or lowest[-1] > MOST_TOTAL or any(a >= b for a, b in pairwise(lowest)):
            said = ", ".join(f"{each:g}" for each in lowest)
            raise InputError(f"Lowest scores of severity must rise from 0 to at most {MOST_TOTAL}, not {said}.")
        for name in (self.name, *names):
            if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
                raise InputError(f"'{name[:_LONGEST_NAME]}' is no name of a group of severity; give a short one.")
        if len({each.casefold() for each in names}) < len(names):
            raise InputError("Two groups of severity have one name; give each its own.")
        object.__setattr__(self, "lowest", lowest)
        object.__setattr__(self, "names", names)

    @property
    def groups(self) -> SeverityGroups:
        """The groups as the statistics of agreement take them, in points of the score."""
        return SeverityGroups(self.lowest[1:], self.names)

    def index_of(self, score: float) -> int:
        """Return which group a score belongs to, counted from 0.

        Raises
        ------
        InputError
            For what is no score from 0 to 24.
        """
        if not 0 <= score <= MOST_TOTAL:
            raise InputError(f"A score lies between 0 and {MOST_TOTAL}; {score} does not.")
        return self.groups.group_of(score)

    def group_of(self, score: float | None) -> str | None:
        """Return the name of the group of a score; None where it was not scored.

        Examples
        --------
        >>> TABLES["ml-aac24"].group_of(2), TABLES["ml-aac24"].group_of(None)
        ('moderate', None)
        """
        return None if score is None else self.names[self.index_of(score)]

    def possible(self, low: float, high: float) -> tuple[str, ...]:
        """Return the groups between two scores, of an interval or of parts that were not scored."""
        return self.names[self.index_of(low) : self.index_of(high) + 1]

    def bounds(self) -> tuple[str, ...]:
        """Return the scores of each group as text: whole scores where the cut points are whole.

        Examples
        --------
        >>> TABLES["dialysis"].bounds()
        ('0–4', '5–15', '16–24')
        """
        ends = (*self.lowest[1:], math.nextafter(MOST_TOTAL, math.inf))
        return tuple(_bounds(low, end) for low, end in zip(self.lowest, ends, strict=True))

    def document(self, score: float | None, interval: Sequence[float] | None = None) -> dict[str, Any]:
        """Return JSON values: the table, the group of `score`, and the groups that `interval` reaches.

        Parameters
        ----------
        score : float or None
            None where a part was not scored: then there is no group, and `interval` may still name possible ones.
        interval : pair of float, optional
            Lowest and highest score.
        """
        reached = (score, score) if interval is None and score is not None else interval
        return {
            "table": self.name,
            "source": self.source,
            "groups": [{"name": name, "from": low} for name, low in zip(self.names, self.lowest, strict=True)],
            "group": self.group_of(score),
            "possible": [] if reached is None else list(self.possible(*reached)),
        }


# What each is for, and why the first is the default: evaluation.md, severity of the Kauppila score.
TABLES: dict[str, ScoreGroups] = {
    each.name: each
    for each in (
        ScoreGroups(
            "ml-aac24",
            (0, 2, 6),
            ("low", "moderate", "high"),
            "Sharif et al. 2023, eBioMedicine 94:104676, doi 10.1016/j.ebiom.2023.104676: below 2, 2 to below 6, 6 and "
            "more, on bone-density images",
        ),
        ScoreGroups(
            "dialysis",
            (0, 5, 16),
            ("low", "middle", "high"),
            "as the literature on dialysis patients divides the score, the outcome of the CORD study (Verbeke et al. "
            "2011, Clin J Am Soc Nephrol): 0 to 4, 5 to 15, 16 to 24; quoted, not checked in the paper",
        ),
        ScoreGroups(
            "none-to-severe",
            (0, 1, 5, 16),
            ("none", "mild", "moderate", "severe"),
            "this project's own: the table of dialysis patients, with a score of 0 apart from 1 to 4",
        ),
    )
}
#: The one of the three whose cut points were read in its source, and that was related to events there (8565 people).
DEFAULT = TABLES["ml-aac24"]


def groups_of_document(document: Mapping[str, Any]) -> ScoreGroups:
    """Return the table that :meth:`ScoreGroups.document` wrote, or that somebody wrote in its form.

    Raises
    ------
    InputError
        Where it is none.
    """
    try:
        groups = list(document["groups"])
        lowest, names = tuple(each["from"] for each in groups), tuple(each["name"] for each in groups)
        name, source = document.get("table", document.get("name")), document.get("source", "")
    except (KeyError, TypeError, AttributeError):
        raise InputError(
            'A table of severity has "groups", each with "name" and "from", its lowest score; write it so.'
        ) from None
    if not all(isinstance(each, str) for each in (*names, source, "" if name is None else name)):
        raise InputError("Names and source of a table of severity are texts; write them in quotation marks.")
    return ScoreGroups(name or "own", lowest, names, source)

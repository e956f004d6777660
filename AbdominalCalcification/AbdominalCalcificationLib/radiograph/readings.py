"""Two readings of the same radiograph compared: part by part, the sums, and how well the eight parts agree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..bounded import read_json
from ..comparison.severity import weighted_kappa
from ..errors import InputError
from .kauppila import MOST_PART, PARTS, KauppilaScore


@dataclass(frozen=True)
class Readings:
    """Two scores of one radiograph.

    Attributes
    ----------
    first, second : KauppilaScore
    """

    first: KauppilaScore
    second: KauppilaScore

    @property
    def pairs(self) -> tuple[tuple[int | None, int | None], ...]:
        """Both scores of each part, in the order of `PARTS`."""
        return tuple((self.first.part(*part).score, self.second.part(*part).score) for part in PARTS)

    @property
    def differences(self) -> tuple[int | None, ...]:
        """First less second, of each part; None where either was not assessed."""
        return tuple(None if a is None or b is None else a - b for a, b in self.pairs)

    @property
    def both_assessed(self) -> int:
        """Of how many parts both have a score."""
        return sum(each is not None for each in self.differences)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa of the parts that both assessed, with quadratic weights (Cohen 1968, doi 10.1037/h0026256).

        None where it is not defined: nothing in common, or both gave one and the same score throughout.
        """
        table = np.zeros((MOST_PART + 1, MOST_PART + 1))
        for first, second in self.pairs:
            if first is not None and second is not None:
                table[first, second] += 1
        return weighted_kappa(table)

    @property
    def total_difference(self) -> int | None:
        """Difference of the sums; None where a part was not assessed."""
        first, second = self.first.total, self.second.total
        return None if first is None or second is None else first - second


def read_reading(path: Path | str) -> KauppilaScore:
    """Return the score in a ``radiograph.json``.

    Raises
    ------
    InputError
        For what is no such file.
    """
    path = Path(path)
    try:
        return score_in(read_json(path), path.name)
    except (OSError, ValueError) as error:
        raise InputError(f"'{path.name}' cannot be read as a radiograph.json ({error}); choose another file.") from None


def score_in(document: Any, name: str) -> KauppilaScore:
    """Return the score in the document of a radiograph; `name` says which in errors."""
    parts = document.get("segments") if isinstance(document, Mapping) else None
    if not isinstance(parts, list):
        raise InputError(f"'{name}' holds no score of a radiograph; choose a radiograph.json.")
    found: dict[tuple[str, str], int | None] = {}
    for each in parts:
        part = (each.get("vertebra"), each.get("wall")) if isinstance(each, Mapping) else None
        if part not in PARTS or part in found:
            raise InputError(f"'{name}' does not hold each of the eight parts once; choose another radiograph.json.")
        score = each.get("score")
        is_score = isinstance(score, int) and not isinstance(score, bool) and score in range(MOST_PART + 1)
        if score is not None and not is_score:
            raise InputError(f"'{name}' has the score '{score}' for {' '.join(part)}; a part is 0 to {MOST_PART}.")
        found[part] = score
    if len(found) != len(PARTS):
        raise InputError(f"'{name}' has {len(found)} of the eight parts; choose another radiograph.json.")
    return KauppilaScore.of([found[part] for part in PARTS])

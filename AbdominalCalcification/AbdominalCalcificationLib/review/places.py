"""Clusters that were looked at, known again by their place: numbers change with every edit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .constants import SAME_PLACE_MM, SAME_VOLUME


@dataclass(frozen=True)
class Place:
    """Where a cluster lies and how large it is: centre of its voxels (any mm coordinates of the patient), mm³."""

    centre_mm: tuple[float, float, float]
    volume_mm3: float


def matched(places: Sequence[Place], clusters: Sequence[Place]) -> list[int | None]:
    """Return which of the clusters each place is; None where it is none any more.

    Pairs are made from the nearest on, each place and each cluster once; they lie within 2 mm and differ in volume
    by no more than a factor of 1.5.

    Examples
    --------
    >>> seen = [Place((0, 0, 0), 10), Place((50, 0, 0), 10)]
    >>> matched(seen, [Place((0, 0.5, 0), 11), Place((50, 0, 0), 40)])
    [0, None]
    """
    result: list[int | None] = [None] * len(places)
    if not places or not clusters:
        return result
    centres = [np.array([each.centre_mm for each in some], float) for some in (places, clusters)]
    volumes = [np.array([each.volume_mm3 for each in some], float) for some in (places, clusters)]
    away = np.linalg.norm(centres[0][:, None] - centres[1], axis=2)
    ratio = volumes[0][:, None] / volumes[1]
    possible = (away <= SAME_PLACE_MM) & (np.maximum(ratio, 1 / ratio) <= SAME_VOLUME)
    taken = np.zeros(len(clusters), bool)
    rows, columns = np.nonzero(possible)
    for pair in np.argsort(away[rows, columns], kind="stable"):
        row, column = int(rows[pair]), int(columns[pair])
        if result[row] is None and not taken[column]:
            result[row] = column
            taken[column] = True
    return result

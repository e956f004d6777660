"""From what the network says of the regions to the eight parts: scores, extents, deposits and the lines of walls."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .kauppila import PARTS, VERTEBRAE, WALLS, Segment
from .region import Region

# Which score is told of a part: the median of its probabilities, the likeliest one, or the rounded mean.
DECISIONS = ("median", "mode", "mean")
# A row of a wall has calcium where the network is at least this sure.
CALCIUM_PROBABILITY = 0.5


def decided(probabilities: np.ndarray, decision: str) -> np.ndarray:
    """Return scores (...) by probabilities (..., 4); `decision` is one of `DECISIONS`."""
    probabilities = np.asarray(probabilities, float)
    if decision == "median":
        return (np.cumsum(probabilities, axis=-1)[..., :-1] < 0.5).sum(axis=-1)
    if decision == "mode":
        return np.argmax(probabilities, axis=-1)
    return np.rint((probabilities * np.arange(probabilities.shape[-1])).sum(axis=-1)).astype(int)


def parts_of(
    regions: Mapping[str, Region], probabilities: np.ndarray, calcium: np.ndarray, across: np.ndarray, decision: str
) -> tuple[Segment, ...]:
    """Return the eight parts; those without a region are not assessed.

    Parameters
    ----------
    regions : mapping of str to Region
    probabilities : ndarray, shape (4, 2, 4)
    calcium : ndarray, shape (4, 2, level rows)
        Probability of calcium in each row, from border to border.
    across : ndarray, shape (4, 2, level rows)
        Place of the wall, as a share of the row's width.
    decision : str
    """
    segments = []
    for vertebra, wall in PARTS:
        if vertebra not in regions:
            segments.append(Segment(vertebra, wall, None))
            continue
        at = VERTEBRAE.index(vertebra), WALLS.index(wall)
        own = probabilities[at] / probabilities[at].sum()
        score = int(decided(own, decision))
        line = _line(regions[vertebra], across[at])
        deposits = _deposits(calcium[at], score)
        segments.append(
            Segment(
                vertebra,
                wall,
                score,
                tuple(float(p) for p in own),
                float(sum(end - start for start, end in deposits)),
                line,
                deposits,
            )
        )
    return tuple(segments)


def _line(region: Region, across: np.ndarray) -> tuple[tuple[float, float], ...]:
    """Return the wall from border to border; its ends go on as the rows beside them."""
    rows = len(across)
    at = (np.arange(rows) + 0.5) / rows
    ends = np.array([1.5 * across[0] - 0.5 * across[1], 1.5 * across[-1] - 0.5 * across[-2]])
    points = region.place(np.array([0.0, *at, 1.0]), np.array([ends[0], *across, ends[1]]))
    return tuple((float(x), float(y)) for x, y in points)


def _deposits(calcium: np.ndarray, score: int) -> tuple[tuple[float, float], ...]:
    """Return the stretches with calcium, as shares of the level: none where the score is 0, else one at least."""
    if score == 0:
        return ()
    rows = len(calcium)
    seen = calcium >= CALCIUM_PROBABILITY
    if not seen.any():
        seen = calcium >= calcium.max()
    edges = np.flatnonzero(np.diff(np.concatenate([[0], seen.astype(int), [0]])))
    return tuple((float(a) / rows, float(b) / rows) for a, b in edges.reshape(-1, 2))

"""Islands: small pieces that a network calls artery far from all arteries."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from ..geometry import Volume
from ..geometry.pieces import Runs, pieces_steps
from ..progress import Progress, drain

# A gap up to this is a narrow or poorly filled stretch of an artery: measurement attaches such pieces too.
GAP_MM = 10.0
# Share of a territory's largest piece from which on another piece is kept wherever it lies (ours).
LARGE_SHARE = 0.25
# All arteries at 0.4 mm hold less, and are in fewer pieces. What is more is a network gone wrong: measuring tells so.
MOST_VOXELS = 4_000_000
MOST_PIECES = 10_000


def without_islands(labels: Volume, gap_mm: float = GAP_MM, large_share: float = LARGE_SHARE) -> tuple[Volume, int]:
    """Return the label map without its islands, and how many there were.

    A piece is a 26-connected component of all labels together. It is an island where it holds less than
    `large_share` of the largest piece of each of its territories, and lies farther than `gap_mm` from
    everything that stays (pieces that stay make room for others in turn).

    Parameters
    ----------
    labels : Volume
        uint8 territory labels.
    gap_mm : float
    large_share : float
        0 to 1.

    Returns
    -------
    Volume
        `labels` itself where there is no island, and where more than `MOST_VOXELS` are labelled or they
        are in more than `MOST_PIECES`.
    int
    """
    if not 0 < np.count_nonzero(labels.array) <= MOST_VOXELS:
        return labels, 0
    kji = np.argwhere(labels.array)
    runs = Runs(kji, tuple(slice(0, size) for size in labels.array.shape))
    number, piece = drain(pieces_steps(runs, Progress("Looking for islands")))
    if number == 1 or number > MOST_PIECES:
        return labels, 0
    counts = np.zeros((number, int(labels.array.max()) + 1), int)
    np.add.at(counts, (piece, labels.array[tuple(kji.T)]), 1)
    stays = ((counts >= large_share * counts.max(axis=0)) & (counts > 0)).any(axis=1)
    points = labels.grid.ras_of_kji(kji)
    new = stays[piece]
    while new.any() and not stays.all():
        waiting = np.flatnonzero(~stays[piece])
        distance, _ = cKDTree(points[new]).query(points[waiting], distance_upper_bound=gap_mm)
        near = np.zeros(number, bool)
        near[piece[waiting[np.isfinite(distance)]]] = True
        stays |= near
        new = near[piece]
    if stays.all():
        return labels, 0
    array = labels.array.copy()
    array[tuple(kji[~stays[piece]].T)] = 0
    return labels.with_array(array), int(np.count_nonzero(~stays))

"""Clusters of calcification (``measurement.md#clusters``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from ..anatomy import Territory
from ..geometry import Grid
from ..geometry.pieces import Runs, pieces_steps
from ..geometry.voxels import ranks
from ..progress import Progress, Steps
from .constants import MOST_LISTED
from .result import Cluster

FINDING, DESCRIBING = "Measuring: finding clusters", "Measuring: describing the clusters"

# Up to this many points all pairs are cheaper than a convex hull.
_ALL_PAIRS = 200
# Clusters that are described in one go.
_DESCRIBED = 200


@dataclass(frozen=True, eq=False)
class NumberedClusters:
    """The clusters of a case.

    Attributes
    ----------
    cluster : ndarray of int, shape (n,)
        Of each calcified voxel, from 1 by territory, then by falling volume; 0 outside listed clusters.
    small : ndarray of bool, shape (n,)
        Voxels of components below the minimum volume.
    volumes_mm3 : dict of str to list of float
        Volumes of all clusters of each territory, the largest first.
    """

    cluster: np.ndarray
    small: np.ndarray
    volumes_mm3: dict[str, list[float]]

    @property
    def count(self) -> int:
        """The number of all clusters, listed or not."""
        return sum(map(len, self.volumes_mm3.values()))


def numbered_clusters_steps(
    kji: np.ndarray,
    value: np.ndarray,
    grid: Grid,
    min_volume_mm3: float,
    territories: Sequence[Territory],
) -> Steps[NumberedClusters]:
    """Find the clusters of the kept, assigned calcification and number them, the largest 5000 where there are more.

    Parameters
    ----------
    kji : ndarray of int, shape (n, 3)
        Calcified voxels, in the order of the array.
    value : ndarray of uint8, shape (n,)
        Territory label, or another value for voxels that no cluster may hold.
    grid : Grid
    min_volume_mm3 : float
    territories : sequence of Territory
        Their order settles which territory gets a cluster that lies equally in several.
    """
    labels = np.array([territory.label for territory in territories])
    assigned = np.flatnonzero(np.isin(value, labels))
    everything = tuple(slice(0, size) for size in grid.shape)
    count, component = yield from pieces_steps(Runs(kji[assigned], everything), Progress(FINDING, 0.6))
    size = np.bincount(component, minlength=count)
    keep = size * grid.voxel_volume_mm3 >= min_volume_mm3 * (1 - 1e-9)
    votes = np.stack([np.bincount(component[value[assigned] == label], minlength=count) for label in labels])
    owner = votes.argmax(axis=0)
    yield Progress(FINDING, 0.6)

    position = []
    for axis in grid.ras_of_kji(kji[assigned]).T:
        position.append(ranks(np.bincount(component, axis, count) / size))
        yield Progress(FINDING, 0.6)
    falling = np.lexsort((*position, -size, ~keep))
    listed = np.zeros(count, bool)
    listed[falling[:MOST_LISTED]] = True
    listed &= keep
    yield Progress(FINDING, 0.6)
    order = np.lexsort((*position, -size, owner, ~listed))
    number = np.zeros(count, int)
    number[order] = np.arange(1, count + 1)
    cluster = np.zeros(len(kji), int)
    cluster[assigned] = np.where(listed, number, 0)[component]
    small = np.zeros(len(kji), bool)
    small[assigned] = ~keep[component]
    yield Progress(FINDING, 0.6)

    kept = falling[: np.count_nonzero(keep)]
    volumes_mm3 = {
        territory.name: (size[kept[owner[kept] == index]] * grid.voxel_volume_mm3).tolist()
        for index, territory in enumerate(territories)
    }
    return NumberedClusters(cluster, small, volumes_mm3)


def describe_clusters_steps(
    kji: np.ndarray,
    cluster: np.ndarray,
    hu: np.ndarray | None,
    value: np.ndarray,
    grid: Grid,
    territories: Sequence[Territory],
) -> Steps[list[Cluster]]:
    """Describe the clusters, in the order of their numbers, without their path distance.

    Parameters
    ----------
    kji, value, grid, territories
        As in :func:`numbered_clusters_steps`.
    cluster : ndarray of int, shape (n,)
        Cluster of each voxel, 0 for none.
    hu : ndarray, shape (n,), or None
    """
    labels = np.array([territory.label for territory in territories])
    order = np.argsort(cluster, kind="stable")
    ends = np.searchsorted(cluster[order], np.arange(1, cluster.max(initial=0) + 2))
    described = []
    for number, rows in enumerate(np.split(order, ends)[1:-1], start=1):
        votes = np.bincount(value[rows], minlength=256)[labels]
        centroid = grid.ras_of_kji(kji[rows]).mean(axis=0)
        described.append(
            Cluster(
                id=number,
                territory=territories[votes.argmax()].name,
                voxel_count=len(rows),
                volume_mm3=len(rows) * grid.voxel_volume_mm3,
                centroid_ras=tuple(centroid.tolist()),
                mean_hu=None if hu is None else float(hu[rows].mean()),
                max_hu=None if hu is None else float(hu[rows].max()),
                extent_mm=extent_mm(kji[rows], grid),
                path_distance_mm=None,
            )
        )
        if number % _DESCRIBED == 0:
            yield Progress(DESCRIBING, 0.8)
    return described


def extent_mm(kji: np.ndarray, grid: Grid) -> float:
    """Return the greatest distance between two voxel centres, in mm; voxels in the order of the array.

    The two farthest points are corners of the convex hull. It is taken among the voxel
    indices, where flat and straight sets are recognised exactly; an affine map keeps corners.
    """
    corners = np.asarray(kji, float)
    if len(corners) > _ALL_PAIRS:
        # A corner is the first or the last voxel of its row.
        turns = (np.diff(kji[:, :2], axis=0) != 0).any(axis=1)
        corners = corners[np.append(True, turns) | np.append(turns, True)]
    if len(corners) > _ALL_PAIRS:
        centred = corners - corners.mean(axis=0)
        scale, axes = np.linalg.eigh(centred.T @ centred)
        flat = centred @ axes[:, scale > 1e-9 * scale[-1]]
        if flat.shape[1] == 1:
            corners = corners[[flat.argmin(), flat.argmax()]]
        else:
            corners = corners[ConvexHull(flat).vertices]
    return float(pdist(grid.ras_of_kji(corners)).max(initial=0.0))

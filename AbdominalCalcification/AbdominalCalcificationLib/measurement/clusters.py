"""Clusters of calcification (rule 6)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from ..anatomy import Territory
from ..geometry import Grid
from ..geometry.voxels import components, neighbour_pairs, ranks
from .result import Cluster

# Up to this many points all pairs are cheaper than a convex hull.
_ALL_PAIRS = 200


def numbered_clusters(
    kji: np.ndarray,
    value: np.ndarray,
    grid: Grid,
    min_volume_mm3: float,
    territories: Sequence[Territory],
) -> tuple[np.ndarray, np.ndarray]:
    """Find the clusters of the kept, assigned calcification and number them.

    Parameters
    ----------
    kji : ndarray of int, shape (n, 3)
        Calcified voxels.
    value : ndarray of uint8, shape (n,)
        Territory label, or another value for voxels that no cluster may hold.
    grid : Grid
    min_volume_mm3 : float
    territories : sequence of Territory
        Their order settles which territory gets a cluster that lies equally in several.

    Returns
    -------
    cluster : ndarray of int, shape (n,)
        From 1, by territory, then by falling volume; 0 outside clusters.
    small : ndarray of bool, shape (n,)
        Voxels of components below the minimum volume.
    """
    labels = np.array([territory.label for territory in territories])
    assigned = np.flatnonzero(np.isin(value, labels))
    first, second, _ = neighbour_pairs(kji[assigned], grid)
    count, component = components(len(assigned), first, second)
    size = np.bincount(component, minlength=count)
    keep = size * grid.voxel_volume_mm3 >= min_volume_mm3 * (1 - 1e-9)

    votes = np.stack([np.bincount(component[value[assigned] == label], minlength=count) for label in labels])
    x, y, z = (ranks(np.bincount(component, axis, count) / size) for axis in grid.ras_of_kji(kji[assigned]).T)
    order = np.lexsort((x, y, z, -size, votes.argmax(axis=0), ~keep))
    number = np.zeros(count, int)
    number[order] = np.arange(1, count + 1)
    cluster = np.zeros(len(kji), int)
    cluster[assigned] = np.where(keep, number, 0)[component]
    small = np.zeros(len(kji), bool)
    small[assigned] = ~keep[component]
    return cluster, small


def describe_clusters(
    kji: np.ndarray,
    cluster: np.ndarray,
    hu: np.ndarray | None,
    value: np.ndarray,
    grid: Grid,
    territories: Sequence[Territory],
) -> list[Cluster]:
    """Return the clusters, in the order of their numbers, without their path distance.

    Parameters
    ----------
    kji, value, grid, territories
        As in :func:`numbered_clusters`.
    cluster : ndarray of int, shape (n,)
        Cluster of each voxel, 0 for none.
    hu : ndarray, shape (n,), or None
    """
    labels = np.array([territory.label for territory in territories])
    order = np.argsort(cluster, kind="stable")
    ends = np.searchsorted(cluster[order], np.arange(1, cluster.max(initial=0) + 2))
    described = []
    for number, rows in enumerate(np.split(order, ends)[1:-1], start=1):
        votes = (value[rows][:, None] == labels).sum(axis=0)
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
    return described


def extent_mm(kji: np.ndarray, grid: Grid) -> float:
    """Return the greatest distance between two voxel centres, in mm.

    The two farthest points are corners of the convex hull. It is taken among the voxel
    indices, where flat and straight sets are recognised exactly; an affine map keeps corners.
    """
    corners = np.asarray(kji, float)
    if len(corners) > _ALL_PAIRS:
        centred = corners - corners.mean(axis=0)
        scale, axes = np.linalg.eigh(centred.T @ centred)
        flat = centred @ axes[:, scale > 1e-9 * scale[-1]]
        if flat.shape[1] == 1:
            corners = corners[[flat.argmin(), flat.argmax()]]
        else:
            corners = corners[ConvexHull(flat).vertices]
    return float(pdist(grid.ras_of_kji(corners)).max(initial=0.0))

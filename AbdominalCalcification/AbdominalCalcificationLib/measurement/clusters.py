"""Clusters of calcification (``measurement.md#clusters``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
class Components:
    """The connected components of assigned calcification, in the order of their first voxels.

    Attributes
    ----------
    first : ndarray of int, shape (m, 3)
        Their first voxels.
    size : ndarray of int, shape (m,)
        In voxels.
    sum_ras : ndarray, shape (m, 3)
        Of the voxel centres, mm.
    votes : ndarray of int, shape (m, territories)
        Voxels of each territory.
    described : ndarray of object, shape (m,)
        A :class:`Cluster` without number and path distance; None where it was not asked for.
    """

    first: np.ndarray
    size: np.ndarray
    sum_ras: np.ndarray
    votes: np.ndarray
    described: np.ndarray

    def __len__(self) -> int:
        return len(self.size)

    def taken(self, chosen: np.ndarray) -> Components:
        """Return some of them, by number or as a mask."""
        return Components(*(getattr(self, name)[chosen] for name in _COLUMNS))

    def joined(self, other: Components) -> tuple[Components, np.ndarray]:
        """Return these and others, and the new number of each, these first."""
        both = Components(*(np.concatenate([getattr(self, name), getattr(other, name)]) for name in _COLUMNS))
        order = np.lexsort(both.first.T[::-1])
        number = np.empty(len(both), np.int32)
        number[order] = np.arange(len(both), dtype=np.int32)
        return both.taken(order), number


_COLUMNS = ("first", "size", "sum_ras", "votes", "described")


def no_components(territories: Sequence[Territory]) -> Components:
    """Return the components of nothing."""
    votes = np.zeros((0, len(territories)), int)
    return Components(np.zeros((0, 3), np.int32), np.zeros(0, int), np.zeros((0, 3)), votes, np.zeros(0, object))


def components_steps(
    kji: np.ndarray, value: np.ndarray, grid: Grid, territories: Sequence[Territory]
) -> Steps[tuple[Components, np.ndarray]]:
    """Find the connected components of assigned calcification.

    Parameters
    ----------
    kji : ndarray of int, shape (n, 3)
        Assigned voxels, in the order of the array: all, or all those of some components.
    value : ndarray of uint8, shape (n,)
        Territory label.
    grid : Grid
    territories : sequence of Territory

    Returns
    -------
    components : Components
    component : ndarray of int32, shape (n,)
        Of each voxel, from 0.
    """
    everything = tuple(slice(0, size) for size in grid.shape)
    count, component = yield from pieces_steps(Runs(kji, everything), Progress(FINDING, 0.6))
    found, first = np.unique(component, return_index=True)
    order = np.argsort(first)
    number = np.empty(count, np.int32)
    number[found[order]] = np.arange(count, dtype=np.int32)
    component, first = number[component], first[order]
    yield Progress(FINDING, 0.6)
    labels = [territory.label for territory in territories]
    votes = np.stack([np.bincount(component[value == label], minlength=count) for label in labels], axis=1)
    sums = []
    for axis in grid.ras_of_kji(kji).T:
        sums.append(np.bincount(component, axis, count))
        yield Progress(FINDING, 0.6)
    size = np.bincount(component, minlength=count)
    return Components(kji[first], size, np.stack(sums, axis=1), votes, np.full(count, None, object)), component


@dataclass(frozen=True, eq=False)
class NumberedClusters:
    """The clusters of a case.

    Attributes
    ----------
    number : ndarray of int, shape (m,)
        Of each component, from 1 by territory, then by falling volume; 0 for those that are not listed.
    small : ndarray of bool, shape (m,)
        Components below the minimum volume.
    owner : ndarray of int, shape (m,)
        Which of the territories has most of its voxels.
    volumes_mm3 : dict of str to list of float
        Volumes of all clusters of each territory, the largest first.
    """

    number: np.ndarray
    small: np.ndarray
    owner: np.ndarray
    volumes_mm3: dict[str, list[float]]

    @property
    def count(self) -> int:
        """The number of all clusters, listed or not."""
        return sum(map(len, self.volumes_mm3.values()))

    @property
    def listed(self) -> np.ndarray:
        """The components that are listed, in the order of their numbers."""
        listed = np.flatnonzero(self.number)
        return listed[np.argsort(self.number[listed])]


def numbered(
    components: Components, voxel_volume_mm3: float, min_volume_mm3: float, territories: Sequence[Territory]
) -> NumberedClusters:
    """Number the clusters of the kept, assigned calcification, the largest 5000 where there are more.

    Parameters
    ----------
    components : Components
    voxel_volume_mm3 : float
    min_volume_mm3 : float
    territories : sequence of Territory
        Their order settles which territory gets a cluster that lies equally in several.
    """
    size = components.size
    keep = size * voxel_volume_mm3 >= min_volume_mm3 * (1 - 1e-9)
    owner = components.votes.argmax(axis=1)
    position = [ranks(axis / size) for axis in components.sum_ras.T]
    falling = np.lexsort((*position, -size, ~keep))
    listed = np.zeros(len(size), bool)
    listed[falling[:MOST_LISTED]] = True
    listed &= keep
    order = np.lexsort((*position, -size, owner, ~listed))
    number = np.zeros(len(size), int)
    number[order] = np.arange(1, len(size) + 1)
    kept = falling[: np.count_nonzero(keep)]
    volumes_mm3 = {
        territory.name: (size[kept[owner[kept] == index]] * voxel_volume_mm3).tolist()
        for index, territory in enumerate(territories)
    }
    return NumberedClusters(np.where(listed, number, 0), ~keep, owner, volumes_mm3)


def describe_steps(
    components: Components,
    chosen: np.ndarray,
    rows_of: Callable[[np.ndarray], list[np.ndarray]],
    kji: np.ndarray,
    hu: np.ndarray | None,
    grid: Grid,
    territories: Sequence[Territory],
) -> Steps[None]:
    """Describe components that are not described yet, without number and path distance.

    Parameters
    ----------
    components : Components
        Their column `described` is written.
    chosen : ndarray of int
        Numbers of components.
    rows_of : callable
        Returns the rows of each of some components, in the order of the array.
    kji : ndarray of int, shape (n, 3)
        Calcified voxels, in the order of the array.
    hu : ndarray, shape (n,), or None
    grid : Grid
    territories : sequence of Territory
    """
    waiting = np.array([each for each in chosen.tolist() if components.described[each] is None], int)
    for done, (number, rows) in enumerate(zip(waiting.tolist(), rows_of(waiting), strict=True), start=1):
        components.described[number] = Cluster(
            id=0,
            territory=territories[components.votes[number].argmax()].name,
            voxel_count=len(rows),
            volume_mm3=len(rows) * grid.voxel_volume_mm3,
            centroid_ras=tuple(grid.ras_of_kji(kji[rows]).mean(axis=0).tolist()),
            mean_hu=None if hu is None else float(hu[rows].mean()),
            max_hu=None if hu is None else float(hu[rows].max()),
            extent_mm=extent_mm(kji[rows], grid),
            path_distance_mm=None,
        )
        if done % _DESCRIBED == 0:
            yield Progress(DESCRIBING, 0.8)


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

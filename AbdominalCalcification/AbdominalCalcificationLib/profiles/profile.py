"""How much artery and how much calcification lies at each path length of a vessel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..anatomy import Territory
from ..geometry import grown
from ..geometry.voxels import TOLERANCE_MM
from ..measurement.coarse import Followed
from ..measurement.course import path_lengths_at
from ..measurement.result import Measurement
from .centreline import Centreline

#: Least thickness of the slices of a profile, mm. Thinner than a voxel they would show the grid, not the vessel.
LEAST_WIDTH_MM = 1.0
#: The local burden is that of the part of a vessel within so much of a path length to both sides, mm: a few radii,
#: so that it says how calcified a place is, and not how one slice happens to be cut.
LOCAL_MM = 5.0


@dataclass(frozen=True, eq=False)
class Profile:
    """Areas along a vessel.

    Attributes
    ----------
    territory : str
    edges_mm : ndarray, shape (n + 1,)
        Path lengths between which the slices lie, equally far apart.
    artery_area_mm2, calcified_area_mm2 : ndarray, shape (n,)
        Mean over each slice. Times the thickness of a slice they add up to the artery's and the calcified volume
        of the territory.
    """

    territory: str
    edges_mm: np.ndarray
    artery_area_mm2: np.ndarray
    calcified_area_mm2: np.ndarray

    @property
    def middles_mm(self) -> np.ndarray:
        """Path lengths in the middle of the slices, shape (n,)."""
        return (self.edges_mm[:-1] + self.edges_mm[1:]) / 2

    @property
    def width_mm(self) -> float:
        """Thickness of a slice."""
        return float(self.edges_mm[1] - self.edges_mm[0])


def profile_of(territory: Territory, followed: Followed, measurement: Measurement, centreline: Centreline) -> Profile:
    """Return the profile of a territory that was measured.

    What counts is what its volumes count: kept artery, and calcification that was assigned to it. A voxel lies at the
    path length of the artery's voxel that is nearest, and fills as much of the path as it is long along the vessel.

    Parameters
    ----------
    territory : Territory
        With kept voxels.
    followed : measurement.coarse.Followed
        Its course.
    measurement : Measurement
    centreline : Centreline
        Of the course.
    """
    grid = measurement.kept_arteries.grid
    kji, calcified, lengths = _counted(territory, followed, measurement)
    rows, _ = centreline.rows_near(grid.ras_of_kji(kji))
    # How long a voxel is along the vessel: the sum of what its edges reach along it.
    along = np.abs(centreline.tangents[rows] @ grid.ijk_to_ras[:3, :3]).sum(axis=1)
    width = max(LEAST_WIDTH_MM, max(grid.spacing_mm))
    first = np.floor(((lengths - along / 2).min() + TOLERANCE_MM) / width)
    last = np.ceil(((lengths + along / 2).max() - TOLERANCE_MM) / width)
    edges = width * np.arange(first, max(last, first + 1) + 1)
    areas = [
        _spread(lengths[which], along[which], edges) * grid.voxel_volume_mm3 / width
        for which in (np.ones(len(kji), bool), calcified)
    ]
    return Profile(territory.name, edges, *areas)


def local_burden(profile: Profile, lengths_mm: np.ndarray, reach_mm: float = LOCAL_MM) -> np.ndarray:
    """Return the burden of a vessel around some path lengths: calcified by artery volume within `reach_mm`, 0 to 1.

    Parameters
    ----------
    profile : Profile
    lengths_mm : ndarray, shape (m,)
    reach_mm : float
        Along the vessel to both sides, mm.
    """
    totals = [np.append(0.0, np.cumsum(area)) for area in (profile.artery_area_mm2, profile.calcified_area_mm2)]
    artery, calcified = (
        np.interp(lengths_mm + reach_mm, profile.edges_mm, total)
        - np.interp(lengths_mm - reach_mm, profile.edges_mm, total)
        for total in totals
    )
    return np.divide(calcified, artery, out=np.zeros(len(artery)), where=artery > TOLERANCE_MM)


def _counted(
    territory: Territory, followed: Followed, measurement: Measurement
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the voxels that a territory's artery volume counts, which are calcified, and path lengths, mm."""
    grid, blocks = measurement.kept_arteries.grid, followed.blocks
    first = np.round(grid.kji_of_ras(blocks.voxel_grid.ras_of_kji([[0, 0, 0]]))[0]).astype(int)
    own = blocks.voxels_kji + first
    of_own = blocks.of_voxels(followed.course.path_lengths_mm())
    kept = measurement.kept_arteries.array[tuple(own.T)] == territory.label
    own, of_own = own[kept], of_own[kept]

    box = tuple(slice(int(a), int(b) + 1) for a, b in zip(own.min(axis=0), own.max(axis=0), strict=True))
    box = grown(box, measurement.parameters.max_distance_mm, grid)
    here = measurement.parts_map.array[box] == territory.label
    beside = np.argwhere(here & (measurement.kept_arteries.array[box] != territory.label))
    beside += [part.start for part in box]
    kji = np.concatenate([own, beside])
    lengths = of_own
    if len(beside):
        points, path_of = grid.ras_of_kji(beside), followed.course.path_lengths_mm
        lengths = np.append(of_own, path_lengths_at(points, blocks.lattice, path_of))
    return kji, measurement.parts_map.array[tuple(kji.T)] == territory.label, lengths


def _spread(lengths: np.ndarray, along: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return how many voxels lie in each slice, each spread evenly over its own length along the path."""
    width = edges[1] - edges[0]
    total = np.zeros(len(edges) - 1)
    low, high = (lengths - along / 2 - edges[0]) / width, (lengths + along / 2 - edges[0]) / width
    first = np.clip(np.floor(low + TOLERANCE_MM).astype(int), 0, len(total) - 1)
    most = int(np.ceil((high - low).max(initial=0.0))) + 1
    for step in range(most + 1):
        place = first + step
        overlap = np.minimum(high, place + 1) - np.maximum(low, place)
        share = np.clip(overlap, 0, None) / np.maximum(high - low, TOLERANCE_MM)
        inside = place < len(total)
        total += np.bincount(place[inside], share[inside], len(total))
    return total

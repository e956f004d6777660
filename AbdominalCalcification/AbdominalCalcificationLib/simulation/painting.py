"""Painting of vessels and plaques on a voxel grid, with exact shares of every voxel.

Every voxel near an artery is divided into sub-voxels no longer than 0.4 mm; in each the implicit geometry says what
is there. Masks, partial volume and true volumes all come from these sub-voxels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from ..geometry.volume import Grid
from .blood import blood_of
from .plaques import Plaque
from .stents import Metal
from .tubes import Neighborhood, Tube, neighborhood

SUBVOXEL_MM = 0.4
_CHUNK = 60_000


def axes_of(grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return RAS x, y, z of the voxel centres along i, j, k of a grid parallel to the patient's axes."""
    matrix = grid.ijk_to_ras
    if not np.allclose(matrix[:3, :3], np.diag(np.diag(matrix[:3, :3]))):
        raise ValueError("virtual patients are painted on grids parallel to the patient's axes")
    nk, nj, ni = grid.shape
    return tuple(matrix[a, 3] + matrix[a, a] * np.arange(n) for a, n in enumerate((ni, nj, nk)))


def subvoxel_counts(spacing_mm, longest_mm: float = SUBVOXEL_MM) -> list[int]:
    """Return into how many sub-voxels a voxel is divided along each axis.

    The numbers are odd: of an even number, just half can be calcium, and to call that a majority, or not, would make
    every mask too large, or too small.
    """
    counts = (max(3, int(np.ceil(step / longest_mm - 1e-9))) for step in spacing_mm)
    return [count + 1 - count % 2 for count in counts]


def subvoxel_offsets(spacing_mm) -> np.ndarray:
    """Return the offsets (RAS, mm), shape (s, 3), of the sub-voxel centres within a voxel."""
    counts = subvoxel_counts(spacing_mm)
    axes = [((np.arange(n) + 0.5) / n - 0.5) * step for n, step in zip(counts, spacing_mm, strict=True)]
    mesh = np.meshgrid(*axes, indexing="ij")
    return np.stack([m.ravel() for m in mesh], axis=1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Painted:
    """What the arteries do to a grid.

    Attributes
    ----------
    labels : ndarray of uint8
        Territory that holds most of the voxel, where arteries hold at least half of it; else 0.
    calcification : ndarray of uint8
        1 where calcium holds at least half of the voxel.
    artery_mm3, calcified_mm3 : dict of int to float
        Volume of each territory label, from the sub-voxels; artery volumes include the calcium.
    clusters : dict of int to int
        Calcified clusters of each label: 26-connected sub-voxels; a cluster counts where most of it lies.
    metal : ndarray of int
        Flat indices of the voxels that a stent touches.
    grafts : ndarray of int
        Those of them that are of stent grafts.
    kinds : dict of int to ndarray of int
        Flat indices of the voxels that tubes hold which are bystanders throughout, by their kind.
    unmeasured : ndarray of int
        Flat indices of the voxels with calcium of arteries that are not measured.
    """

    labels: np.ndarray
    calcification: np.ndarray
    artery_mm3: dict[int, float]
    calcified_mm3: dict[int, float]
    clusters: dict[int, int]
    metal: np.ndarray
    grafts: np.ndarray
    kinds: dict[int, np.ndarray]
    unmeasured: np.ndarray


class _Cells:
    """State of the sub-voxels near the arteries, rows = voxels, columns = sub-voxels."""

    def __init__(self, voxels: np.ndarray, count: int):
        shape = (len(voxels), count)
        self.voxels = voxels
        self.inside = np.zeros(shape, bool)
        self.label = np.zeros(shape, np.uint8)
        self.rank = np.full(shape, -np.inf, np.float32)
        self.lumen = np.zeros(shape, bool)
        self.cores = np.zeros(shape, np.uint8)
        self.blood_hu = np.zeros(shape, np.float32)
        self.wall_hu = np.zeros(shape, np.float32)
        self.plaque = np.zeros(shape, bool)
        self.plaque_hu = np.zeros(shape, np.float32)
        # 0 where there is none. Half precision is exact to a few HU.
        self.metal_hu = np.zeros(shape, np.float16)
        self.is_graft = np.zeros(shape, bool)
        self.kind = np.zeros(shape, np.uint8)
        self.has_kinds = False

    def rows(self, voxels: np.ndarray) -> np.ndarray:
        return np.searchsorted(self.voxels, voxels)


def paint_arteries(
    hu: np.ndarray,
    grid: Grid,
    arteries: list[Tube],
    plaques: list[list[Plaque]],
    stents: Sequence[Sequence[Metal]] | None = None,
    calcium_gain: float = 1.0,
    visible: np.ndarray | None = None,
) -> Painted:
    """Paint arteries with their plaques into `hu` (float32, in place) and return their truth.

    Parameters
    ----------
    hu : ndarray, shape (k, j, i)
        Ideal image of everything else.
    grid : Grid
    arteries : list of Tube
    plaques : list of list of Plaque
        Of each artery.
    stents : sequence of sequences of Metal, optional
        Of each artery.
    calcium_gain : float
        What the tube voltage makes of the plaques' HU.
    visible : ndarray of bool, shape (j, i), optional
        Columns of voxels that the scanner shows, by default all: of the others there is no truth.
    """
    axes = axes_of(grid)
    offsets = subvoxel_offsets(grid.spacing_mm)
    half_diagonal = 0.5 * float(np.linalg.norm(grid.spacing_mm))
    near = []
    for tube, own in zip(arteries, plaques, strict=True):
        reach = float(tube.outer_mm.max()) + max([p.bulge_mm for p in own], default=0.0) + half_diagonal
        near.append(neighborhood(tube.centerline, reach, axes))
    touched = np.unique(np.concatenate([n.voxels for n in near]))
    cells = _Cells(touched, len(offsets))
    for tube, around in zip(arteries, near, strict=True):
        _fill_tube(cells, tube, around, offsets)
    for tube, around, own in zip(arteries, near, plaques, strict=True):
        for plaque in own:
            _fill_plaque(cells, tube, around, offsets, plaque)
    for tube, around, metals in zip(arteries, near, stents or [()] * len(arteries), strict=True):
        for stent in metals:
            _fill_stent(cells, tube, around, offsets, stent)
    cells.plaque &= cells.metal_hu == 0
    cells.plaque_hu *= calcium_gain
    return _compose(hu, grid, cells, visible)


def _local(tube: Tube, around: Neighborhood, rows: slice | np.ndarray, offsets: np.ndarray):
    """Return (index, along, across, aside) of every sub-voxel of the voxels `rows`."""
    index = around.nearest[rows]
    line = tube.centerline
    along = around.along_mm[rows][:, None] + line.tangents[index].astype(np.float32) @ offsets.T
    across = around.across_mm[rows][:, None] + line.normals[index].astype(np.float32) @ offsets.T
    aside = around.aside_mm[rows][:, None] + line.binormals[index].astype(np.float32) @ offsets.T
    return index, along, across, aside


def _beyond_ends(tube: Tube, index: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Return how far sub-voxels lie beyond the ends of the centreline, where tubes are rounded off."""
    last = len(tube.centerline.points) - 1
    over = np.zeros_like(along)
    for end, sign in ((0, -1.0), (last, 1.0)):
        at = index == end
        over[at] = np.clip(sign * along[at], 0.0, None)
    return over


def _fill_tube(cells: _Cells, tube: Tube, around: Neighborhood, offsets: np.ndarray) -> None:
    for start in range(0, len(around.voxels), _CHUNK):
        part = slice(start, start + _CHUNK)
        index, along, across, aside = _local(tube, around, part, offsets)
        beyond = _beyond_ends(tube, index, along)
        outer = tube.outer_mm[index].astype(np.float32)[:, None]
        distance = np.sqrt(across**2 + aside**2 + beyond**2)
        inside = distance < outer
        lumen, core, blood = blood_of(tube, index, across, aside, beyond)
        lumen &= inside
        rows = cells.rows(around.voxels[part])
        # Of overlapping tubes the one of higher priority names the place, of equals the one it lies deeper in.
        rank = np.where(inside, tube.priority + 1.0 - 0.5 * distance / outer, -np.inf)
        wins = rank > cells.rank[rows]
        cells.rank[rows] = np.maximum(cells.rank[rows], rank)
        cells.label[rows] = np.where(wins, np.uint8(tube.label), cells.label[rows])
        if tube.kind or cells.has_kinds:
            cells.has_kinds = True
            cells.kind[rows] = np.where(wins, np.uint8(tube.kind), cells.kind[rows])
        cells.wall_hu[rows] = np.where(wins, np.float32(tube.wall_hu), cells.wall_hu[rows])
        cells.inside[rows] |= inside
        cells.cores[rows] += core & inside
        cells.blood_hu[rows] = np.where(lumen & (wins | ~cells.lumen[rows]), blood, cells.blood_hu[rows])
        cells.lumen[rows] |= lumen


def _fill_plaque(cells: _Cells, tube: Tube, around: Neighborhood, offsets: np.ndarray, plaque: Plaque) -> None:
    line = tube.centerline
    near = _near_plaque(tube, around, offsets, plaque)
    if not len(near):
        return
    index, along, across, aside = _local(tube, around, near, offsets)
    distance = np.sqrt(across**2 + aside**2)
    angle = np.arctan2(aside, across)
    place = line.arc_mm[index].astype(np.float32)[:, None] + along
    depth = plaque.depth_mm(place, angle)
    share = depth / plaque.thickness_mm
    outer = tube.outer_mm[index].astype(np.float32)[:, None] - 0.15 + plaque.bulge_mm * share
    inner = outer - depth
    calcium = (depth > 0) & (distance < outer) & (distance > inner) & (_beyond_ends(tube, index, along) == 0)
    rows = cells.rows(around.voxels[near])
    own_core = (distance < 0.7 * tube.lumen_mm[index].astype(np.float32)[:, None]) & calcium
    # Calcium does not grow in the blood of another artery: ostia stay open.
    calcium &= cells.cores[rows] <= own_core
    cells.plaque[rows] |= calcium
    hu = plaque.density_hu(place, angle, depth, outer - distance)
    cells.plaque_hu[rows] = np.where(calcium, np.maximum(cells.plaque_hu[rows], hu), cells.plaque_hu[rows])
    fresh = calcium & ~cells.inside[rows]
    cells.label[rows] = np.where(fresh, np.uint8(tube.label), cells.label[rows])
    cells.inside[rows] |= fresh


# What the uneven rim adds to a plaque's extent along and around the vessel at most: 0.7 ** -0.5, see Plaque.depth_mm.
_RIM = 1.2


def _near_plaque(tube: Tube, around: Neighborhood, offsets: np.ndarray, plaque: Plaque) -> np.ndarray:
    """Return which voxels of `around` can hold a sub-voxel of a plaque: most of the vessel's cannot."""
    arc = tube.centerline.arc_mm[around.nearest]
    near = np.flatnonzero(np.abs(arc - plaque.center_mm) <= plaque.half_length_mm + 2.0)
    across, aside = around.across_mm[near], around.aside_mm[near]
    distance = np.hypot(across, aside)
    # No sub-voxel is farther from the voxel's centre; a little more than rounding may take.
    half = float(np.linalg.norm(offsets, axis=1).max()) + 0.01
    outer = tube.outer_mm[around.nearest[near]] - 0.15
    deepest = max(plaque.thickness_mm - plaque.bulge_mm, 0.0)
    can = (distance < outer + plaque.bulge_mm + half) & (distance > outer - deepest - half)
    place = arc[near] + around.along_mm[near]
    can &= np.abs(place - plaque.center_mm) <= _RIM * plaque.half_length_mm + half
    if plaque.kind != "ring":
        turn = np.abs((np.arctan2(aside, across) - plaque.angle_rad + np.pi) % (2 * np.pi) - np.pi)
        within = np.arcsin(half / np.maximum(distance, half))
        can &= (turn <= _RIM * plaque.half_angle_rad + within + 0.01) | (distance <= half)
    return near[can]


def _fill_stent(cells: _Cells, tube: Tube, around: Neighborhood, offsets: np.ndarray, stent: Metal) -> None:
    line = tube.centerline
    arc = line.arc_mm[around.nearest]
    near = np.flatnonzero((arc >= stent.start_mm - 1.0) & (arc <= stent.end_mm + 1.0))
    if not len(near):
        return
    index, along, across, aside = _local(tube, around, near, offsets)
    middle, wide = stent.course(tube)
    radius = wide[index].astype(np.float32)[:, None]
    if middle is not None:
        across, aside = across - middle[index, :1].astype(np.float32), aside - middle[index, 1:].astype(np.float32)
    place = line.arc_mm[index].astype(np.float32)[:, None] + along
    distance = np.sqrt(across**2 + aside**2)
    metal = stent.metal(place, distance, np.arctan2(aside, across), radius)
    rows = cells.rows(around.voxels[near])
    cells.metal_hu[rows] = np.where(metal, np.float16(stent.hu), cells.metal_hu[rows])
    cells.is_graft[rows] |= metal & stent.is_graft
    covered = stent.fabric(place)
    if covered.any():
        # Fabric is neither blood nor calcium, and no calcium gets through it.
        cells.lumen[rows] &= ~(covered & (np.abs(distance - radius) < 0.15))
        cells.plaque[rows] &= ~(covered & (distance < radius))


def _count_clusters(cells: _Cells, grid: Grid, calcium: np.ndarray) -> dict[int, int]:
    """Return the number of 26-connected clusters of calcified sub-voxels, by the label that most of each carries."""
    counts = np.array(subvoxel_counts(grid.spacing_mm))
    rows, columns = np.nonzero(calcium)
    if not len(rows):
        return {}
    k, j, i = np.unravel_index(cells.voxels[rows], grid.shape)
    parts = np.stack(np.unravel_index(columns, counts), axis=1)
    # Sub-voxels run along +RAS, voxels along i, j, k: turned round where those point the other way.
    falling = np.diag(grid.ijk_to_ras)[:3] < 0
    parts[:, falling] = counts[falling] - 1 - parts[:, falling]
    place = np.stack([i, j, k], axis=1) * counts + parts + 1
    size = np.array(grid.shape[::-1]) * counts + 2
    steps = np.array([1, size[0], size[0] * size[1]])
    key = place @ steps
    order = np.argsort(key)
    key, label = key[order], cells.label[rows, columns][order]
    # Half of the 26 neighbours; the other half sees the same pairs from the other side.
    later = [(a, b, c) for c, b, a in product((-1, 0, 1), repeat=3) if (c, b, a) > (0, 0, 0)]
    ones, others = [], []
    for offset in np.array(later) @ steps:
        found = np.searchsorted(key, key + offset)
        hit = np.flatnonzero(key[np.minimum(found, len(key) - 1)] == key + offset)
        ones.append(hit)
        others.append(found[hit])
    pairs = np.concatenate(ones), np.concatenate(others)
    graph = coo_matrix((np.ones(len(pairs[0]), bool), pairs), shape=(len(key), len(key)))
    number, component = connected_components(graph, directed=False)
    votes = np.zeros((number, int(label.max()) + 1), int)
    np.add.at(votes, (component, label), 1)
    names, many = np.unique(votes.argmax(axis=1), return_counts=True)
    return {int(name): int(n) for name, n in zip(names, many, strict=True)}


def _compose(hu: np.ndarray, grid: Grid, cells: _Cells, visible: np.ndarray | None) -> Painted:
    count = cells.inside.shape[1]
    value = np.where(cells.plaque, cells.plaque_hu, np.where(cells.lumen, cells.blood_hu, cells.wall_hu))
    metal = cells.metal_hu > 0
    np.copyto(value, cells.metal_hu, where=metal)
    flat = hu.reshape(-1)
    outside = 1.0 - cells.inside.mean(axis=1, dtype=np.float32)
    flat[cells.voxels] = (
        flat[cells.voxels] * outside + np.where(cells.inside, value, 0).sum(1, dtype=np.float32) / count
    )

    if visible is not None:
        hidden = ~visible.ravel()[cells.voxels % visible.size]
        for held in (cells.inside, cells.plaque, metal):
            held[hidden] = False
    labels = np.zeros(hu.size, np.uint8)
    calcification = np.zeros(hu.size, np.uint8)
    calcium = cells.plaque & (cells.label > 0)
    territories = [int(t) for t in np.unique(cells.label) if t > 0]
    shares = np.zeros((len(cells.voxels), len(territories)), int)
    for column, territory in enumerate(territories):
        shares[:, column] = ((cells.label == territory) & cells.inside).sum(axis=1)
    named = shares.sum(axis=1) >= 0.5 * count
    if territories:
        labels[cells.voxels[named]] = np.array(territories, np.uint8)[shares[named].argmax(axis=1)]
    calcification[cells.voxels[calcium.sum(axis=1) >= 0.5 * count]] = 1
    part = grid.voxel_volume_mm3 / count
    artery_mm3 = {t: float(shares[:, column].sum() * part) for column, t in enumerate(territories)}
    calcified_mm3 = {t: float((calcium & (cells.label == t)).sum() * part) for t in territories}
    return Painted(
        labels.reshape(hu.shape),
        calcification.reshape(hu.shape),
        artery_mm3,
        calcified_mm3,
        _count_clusters(cells, grid, calcium),
        cells.voxels[metal.any(axis=1)],
        cells.voxels[cells.is_graft.any(axis=1)],
        {int(k): cells.voxels[(cells.kind == k).mean(axis=1) >= 0.5] for k in np.unique(cells.kind) if k},
        cells.voxels[(cells.plaque & (cells.label == 0)).any(axis=1)],
    )


def paint_veins(hu: np.ndarray, grid: Grid, veins: list[Tube]) -> None:
    """Paint veins into `hu` in place, with a soft edge one voxel wide."""
    axes = axes_of(grid)
    width = float(np.mean(grid.spacing_mm))
    flat = hu.reshape(-1)
    for vein in veins:
        around = neighborhood(vein.centerline, float(vein.outer_mm.max()) + width, axes)
        distance = np.sqrt(around.along_mm**2 + around.across_mm**2 + around.aside_mm**2)
        share = np.clip(0.5 - (distance - vein.outer_mm[around.nearest]) / width, 0.0, 1.0).astype(np.float32)
        blood = vein.lumen_hu[around.nearest].astype(np.float32)
        flat[around.voxels] += share * (blood - flat[around.voxels])

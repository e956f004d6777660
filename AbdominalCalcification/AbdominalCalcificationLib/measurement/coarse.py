"""Large arteries on coarser voxels, so that following them takes a bounded time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..geometry import Grid
from ..geometry.neighbours import Lattice
from .course import path_lengths_at
from .coursed import CoursedArtery


@dataclass(frozen=True, eq=False)
class Blocks:
    """The voxels of an artery, joined to blocks of equal size where there are too many.

    Parameters
    ----------
    voxels_kji : ndarray of int, shape (n, 3)
        In the order of the array.
    voxel_grid : Grid
    most : int
        Blocks at most.
    origin : tuple of int
        A voxel at which a block begins.

    Attributes
    ----------
    kji : ndarray of int, shape (m, 3)
        Blocks, as indices of `grid`.
    grid : Grid
    block : ndarray of int, shape (n,), or None
        Block of each voxel; None where blocks are voxels.
    """

    voxels_kji: np.ndarray
    voxel_grid: Grid
    most: int
    origin: tuple[int, int, int] = (0, 0, 0)
    kji: np.ndarray = field(init=False)
    grid: Grid = field(init=False)
    block: np.ndarray | None = field(init=False)

    def __post_init__(self):
        kji, grid, block = self.voxels_kji, self.voxel_grid, None
        steps = np.ones(3, int)
        while len(kji) > self.most:
            # The blocks grow where they are thinnest, so that they become cubes.
            steps[np.argmin(steps * self.voxel_grid.plane_distances_mm[::-1])] += 1
            if len(self.voxels_kji) > self.most * np.prod(steps):
                continue  # too many, even if all blocks were full
            shape = -(-(np.array(self.voxel_grid.shape) - self.origin) // steps)
            key, low, size = 0, [], []
            for axis, (first, step) in enumerate(zip(self.origin, steps.tolist(), strict=True)):
                place = self.voxels_kji[:, axis] - np.int32(first)
                place = place // np.int32(step) if step > 1 else place
                low.append(int(place.min()))
                size.append(int(place.max()) - low[-1] + 1)
                key = key * np.int64(size[-1]) + (place - low[-1])
            there = np.zeros(int(np.prod(size)), bool)
            there[key] = True
            block = np.cumsum(there, dtype=np.int32)[key] - 1
            kji = np.stack(np.unravel_index(np.flatnonzero(there), tuple(size)), axis=1) + low
            matrix = self.voxel_grid.ijk_to_ras @ np.diag([*steps[::-1], 1.0])
            matrix[:3, 3] = self.voxel_grid.ras_of_kji((steps - 1) / 2 + self.origin)[0]
            grid = Grid(tuple(shape), matrix)
        for name, value in (("kji", kji), ("grid", grid), ("block", block)):
            object.__setattr__(self, name, value)

    def begin_at(self, origin: tuple[int, int, int]) -> bool:
        """Return whether there would be the same blocks if they began at another voxel."""
        return self.block is None or self.origin == origin

    def are_alike(self, other: Blocks) -> bool:
        """Return whether blocks have the same size and begin at the same voxel as others."""
        same = self.grid.shape == other.grid.shape and (self.block is None) == (other.block is None)
        return same and np.array_equal(self.grid.ijk_to_ras, other.grid.ijk_to_ras)

    @cached_property
    def points_ras(self) -> np.ndarray:
        """Middles of the blocks, shape (m, 3), mm."""
        return self.lattice.points_ras

    @cached_property
    def lattice(self) -> Lattice:
        """The blocks with their neighbours."""
        return Lattice(self.kji, self.grid)

    def start_mm(self, start_mm: np.ndarray) -> np.ndarray:
        """Return the path length at which blocks begin, of that at which voxels do (``inf``: they do not)."""
        if self.block is None:
            return start_mm
        result = np.full(len(self.kji), np.inf)
        np.minimum.at(result, self.block, start_mm)
        # The middle of a block lies farther behind the border than that of a voxel.
        return result * (self.grid.voxel_volume_mm3 / self.voxel_grid.voxel_volume_mm3) ** (1 / 3)

    def of_voxels(self, values: np.ndarray) -> np.ndarray:
        """Return the values of the voxels, shape (n,), from those of the blocks, shape (m,)."""
        return values if self.block is None else values[self.block]


@dataclass(frozen=True, eq=False)
class Followed:
    """An artery that was followed block by block.

    Attributes
    ----------
    blocks : Blocks
    course : CoursedArtery
        Of the blocks.
    """

    blocks: Blocks
    course: CoursedArtery
    _known: dict[tuple[float, ...], float] = field(default_factory=dict)

    def path_lengths_mm(self, points_ras: Sequence[tuple[float, ...]]) -> list[float]:
        """Return the path length of the block nearest to each point, mm; each is looked up once."""
        new = [point for point in dict.fromkeys(points_ras) if point not in self._known]
        if new:
            found = path_lengths_at(np.array(new), self.blocks.lattice, self.course.path_lengths_mm)
            self._known.update(zip(new, found.tolist(), strict=True))
        return [self._known[point] for point in points_ras]

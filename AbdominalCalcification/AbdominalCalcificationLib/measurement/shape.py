"""Pieces and calibre of a territory, kept up with edits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..geometry import Box, Grid, bounding_box
from ..geometry.box import box_at, grown_by, inside, part_of
from ..geometry.distances import distances_mm
from ..geometry.pieces import Runs, pieces_steps
from ..geometry.voxels import bounds_of
from ..progress import Progress, Steps
from .constants import MOST_RUNS
from .rows import rows_in_box

_JUDGING = Progress("Measuring: checking the artery masks", 0.0)
# Cells of the coarse grid on which the calibre is measured.
_MOST_CELLS = 500_000
# So many voxels around an edit are looked at for what still hangs together there.
_AROUND = 4
_MOST_AROUND = 1_000_000
_TOUCHING = np.ones((3, 3, 3), bool)


@dataclass(frozen=True, eq=False)
class Shape:
    """The connected pieces of some voxels, and how wide the largest is.

    Attributes
    ----------
    kji : ndarray of int32, shape (n, 3)
    count : int
        Of the pieces (26-connected).
    piece : ndarray of int, shape (n,)
        In which each voxel lies.
    calibre : Calibre
        Of the largest piece.
    """

    kji: np.ndarray
    count: int
    piece: np.ndarray
    calibre: Calibre

    @property
    def size(self) -> np.ndarray:
        """Voxels of each piece."""
        return np.bincount(self.piece, minlength=self.count)


def run_count_steps(kji: np.ndarray) -> Steps[int]:
    """Return how many runs along i voxels are, or less than is too many."""
    if len(kji) <= MOST_RUNS:
        return len(kji)
    yield _JUDGING
    return len(Runs(kji, _box_of(kji)))


def shape_steps(kji: np.ndarray, grid: Grid, before: Shape | None = None, edited: Box | None = None) -> Steps[Shape]:
    """Find the shape of some voxels.

    Parameters
    ----------
    kji : ndarray of int32, shape (n, 3)
        One or more, in the order of the array.
    grid : Grid
    before : Shape, optional
        Of what the voxels were; what an edit leaves alone is taken from there. The result is the same.
    edited : Box, optional
        What holds all voxels that came or went since.
    """
    if before is not None and edited is not None and _stay_one_piece(kji, before, edited):
        count, piece = 1, np.zeros(len(kji), np.int32)
    else:
        before = None
        runs = Runs(kji, _box_of(kji))
        yield _JUDGING
        count, piece = yield from pieces_steps(runs, _JUDGING)
    yield _JUDGING
    largest = kji if count == 1 else kji[piece == np.bincount(piece).argmax()]
    known = None
    if before is not None and edited is not None:
        known = before.calibre.after(kji, rows_in_box(before.kji, edited), rows_in_box(kji, edited))
    return Shape(kji, count, piece, known or calibre_of(largest, grid))


def _box_of(kji: np.ndarray) -> Box:
    return tuple(slice(int(a), int(b) + 1) for a, b in zip(*bounds_of(kji), strict=True))


def _stay_one_piece(kji: np.ndarray, before: Shape, edited: Box) -> bool:
    """Return whether voxels that were one piece are one still, as far as that is seen around an edit.

    What lies farther away hangs together with what is next to the box that was edited, as before: so it is one piece if
    all in the box and next to it hangs together near by.
    """
    if before.count != 1:
        return False
    around, next_to = grown_by(edited, _AROUND), grown_by(edited, 1)
    sizes = [part.stop - part.start for part in around]
    if np.prod(sizes) > _MOST_AROUND:
        return False
    mask = np.zeros(sizes, bool)
    mask[tuple((rows_in_box(kji, around) - [part.start for part in around]).T)] = True
    part, _ = ndimage.label(mask, _TOUCHING)
    near = part[inside(next_to, around)]
    beside = near.copy()
    beside[1:-1, 1:-1, 1:-1] = 0
    return len(np.unique(near[near > 0])) == 1 and bool(beside.any())


@dataclass(frozen=True, eq=False)
class Calibre:
    """The widest place of some voxels, measured on a grid of cells.

    Attributes
    ----------
    low, size, steps : ndarray of int, shape (3,)
        Lowest voxel; voxels from there to the highest one; voxels of a cell.
    grid : Grid
        Of the voxels.
    filled_count : ndarray of int, shape of the cells and one more on every side
        Voxels in each cell.
    distance_mm : ndarray
        From each cell of which half is filled to the nearest one outside, from middle to middle.
    """

    low: np.ndarray
    size: np.ndarray
    steps: np.ndarray
    grid: Grid
    filled_count: np.ndarray
    distance_mm: np.ndarray

    @property
    def diameters_mm(self) -> tuple[float, float]:
        """The diameter of the largest ball inside, and what it is at most."""
        spacing = np.array(self.grid.plane_distances_mm[::-1])
        cell_mm = self.steps * spacing
        diameter_mm = max(2 * float(self.distance_mm.max()) - cell_mm.min(), spacing.min())
        return diameter_mm, diameter_mm + 2 * cell_mm.max()

    def after(self, kji: np.ndarray, gone: np.ndarray, came: np.ndarray) -> Calibre | None:
        """Return the calibre after some voxels went and others came; None where it has to be found anew.

        Parameters
        ----------
        kji : ndarray of int, shape (n, 3)
            All voxels there are now.
        gone, came : ndarray of int, shape (m, 3)
            A voxel may be in both.
        """
        low, high = bounds_of(kji)
        before = self._with_bounds(low, high - low + 1) if self.grid.is_rectangular else None
        return before and before._edited(gone, came)

    def _with_bounds(self, low: np.ndarray, size: np.ndarray) -> Calibre | None:
        """Return the same with cells for other bounds; None where these are other cells."""
        first, rest = np.divmod(low - self.low, self.steps)
        if not np.array_equal(_steps_of(size, self.grid), self.steps) or rest.any():
            return None
        shape = -(-size // self.steps) + 2
        if not first.any() and shape.tolist() == list(self.filled_count.shape):
            return Calibre(low, size, self.steps, self.grid, self.filled_count, self.distance_mm)
        # Voxels that went are counted still, so no cell that is cut off may hold one.
        place, there = box_at((0, 0, 0), self.filled_count.shape), box_at(first.tolist(), shape.tolist())
        filled_count = part_of(self.filled_count, place, there)
        if filled_count.sum() != self.filled_count.sum():
            return None
        distance = part_of(self.distance_mm, place, there)
        return Calibre(low, size, self.steps, self.grid, filled_count, distance)

    def _edited(self, gone: np.ndarray, came: np.ndarray) -> Calibre | None:
        filled_count = self.filled_count.copy()
        for voxels, sign in ((gone, -1), (came, 1)):
            np.add.at(filled_count, tuple(self._cells_of(voxels).T), sign)
        least = np.prod(self.steps)
        changed = bounding_box((2 * filled_count >= least) != (2 * self.filled_count >= least))
        distance: np.ndarray | None = self.distance_mm
        if changed is not None:
            distance = self._distances_after(2 * filled_count >= least, changed)
        if distance is None:
            return None
        return Calibre(self.low, self.size, self.steps, self.grid, filled_count, distance)

    def _cells_of(self, kji: np.ndarray) -> np.ndarray:
        return (kji - self.low) // self.steps + 1

    @property
    def _cell_grid(self) -> Grid:
        return Grid(self.filled_count.shape, self.grid.ijk_to_ras @ np.diag([*self.steps[::-1], 1]))

    def _distances_after(self, filled: np.ndarray, changed: Box) -> np.ndarray | None:
        """Return the distances after cells in a box changed; None where they reach farther than was looked.

        A cell farther from what changed than from the nearest cell outside keeps its distance: what was filled was not
        that cell, and what became empty is no nearer.
        """
        grid = self._cell_grid
        cell_mm = np.array(grid.spacing_mm[::-1])
        reach = (self.distance_mm.max() // cell_mm).astype(int) + 1
        whole = [slice(0, size) for size in filled.shape]
        inner, outer = (
            tuple(
                slice(max(part.start - times * n, each.start), min(part.stop + times * n, each.stop))
                for part, n, each in zip(changed, reach.tolist(), whole, strict=True)
            )
            for times in (1, 2)
        )
        if filled[outer].all():
            return None
        found = distances_mm(~filled[outer], grid.cropped(outer))[inside(inner, outer)]
        if found.max() > (reach * cell_mm).min():
            return None
        distance = self.distance_mm.copy()
        distance[inner] = found
        return distance


def _steps_of(size: np.ndarray, grid: Grid) -> np.ndarray:
    """Return how many voxels along each axis a cell has, for a box of voxels."""
    steps, spacing = np.ones(3, int), np.array(grid.plane_distances_mm[::-1])
    while np.prod(-(-size // steps)) > _MOST_CELLS:
        steps[np.argmin(steps * spacing)] += 1
    return steps


def calibre_of(kji: np.ndarray, grid: Grid) -> Calibre:
    """Return the calibre of some voxels.

    Where the box around them is large it is measured on a coarse grid, in which what is filled by half counts.
    """
    low, high = bounds_of(kji)
    size = high - low + 1
    steps = _steps_of(size, grid)
    shape = -(-size // steps) + 2  # with a margin, which is outside
    flat = np.int64(0)
    for column, first, step, cells in zip(kji.T, low.tolist(), steps.tolist(), shape.tolist(), strict=True):
        flat = flat * cells + (column - first) // step + 1
    filled_count = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)
    empty = Calibre(low, size, steps, grid, filled_count, np.zeros(0))
    distance = distances_mm(2 * filled_count < np.prod(steps), empty._cell_grid)
    return Calibre(low, size, steps, grid, filled_count, distance)

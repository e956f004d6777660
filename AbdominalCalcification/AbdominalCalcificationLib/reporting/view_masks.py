"""What a picture of a result shows, and which place of it is worth looking at."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..anatomy import territory
from ..geometry import Grid, Volume, bounding_box, common_box
from ..geometry.faces import can_be_drawn

# Air around what is shown, and the least that a view shows.
MARGIN_MM = 20.0
SMALLEST_VIEW_MM = 80.0


@dataclass(frozen=True, eq=False)
class ShownMasks:
    """Labels of the arteries and of their cut-off ends, truth values of the calcification: uint8, on `grid`."""

    arteries: np.ndarray
    cut: np.ndarray
    calcification: np.ndarray
    grid: Grid

    @classmethod
    def cropped_steps(
        cls, arteries: Volume, cut: Volume | None, calcification: Volume
    ) -> Generator[None, None, ShownMasks]:
        """Return the part of whole masks in which something is."""
        boxes = []
        for mask in (arteries, cut, calcification):
            boxes.append(None if mask is None else bounding_box(mask.array))
            yield
        box = common_box(boxes) or (slice(None),) * 3
        kept = arteries.cropped(box)
        ends = np.zeros(kept.array.shape, np.uint8) if cut is None else cut.array[box]
        return cls(kept.array, ends, (calcification.array[box] != 0).astype(np.uint8), kept.grid)

    @property
    def shown(self) -> np.ndarray:
        return (self.arteries | self.cut | self.calcification) != 0

    @property
    def can_be_drawn(self) -> bool:
        """Whether surfaces of all masks can be made in little time."""
        return all(map(can_be_drawn, (self.arteries, self.cut, self.calcification)))


def bounds_of(masks: ShownMasks) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper RAS corner, in mm, of the voxels that are shown (of the grid, if none is)."""
    grid, shown = masks.grid, masks.shown
    last = np.array(grid.shape) - 1
    if not shown.any():
        points = grid.ras_of_kji([[k, j, i] for k in (0, last[0]) for j in (0, last[1]) for i in (0, last[2])])
    else:
        # What lies outermost in any direction lies at an end of a row of voxels.
        k, j = np.nonzero(shown.any(axis=2))
        rows = shown[k, j]
        ends = (rows.argmax(axis=1), last[2] - rows[:, ::-1].argmax(axis=1))
        points = grid.ras_of_kji(np.concatenate([np.column_stack([k, j, i]) for i in ends]))
    return points.min(axis=0), points.max(axis=0)


def point_of_interest(masks: ShownMasks) -> np.ndarray:
    """Return the RAS coordinates, in mm, of the sagittal, the coronal and the axial slice."""
    grid = masks.grid
    calcified = masks.calcification != 0
    if calcified.any():
        clusters, _count = ndimage.label(calcified, np.ones((3, 3, 3)))
        points = grid.ras_of_kji(np.argwhere(clusters == np.bincount(clusters[calcified]).argmax()))
        # Each slice where it cuts most of the cluster.
        return np.array([_most_common(points[:, axis], max(grid.plane_distances_mm)) for axis in range(3)])
    for chosen in (masks.arteries == territory("aorta").label, masks.arteries != 0):
        if chosen.any():
            points = grid.ras_of_kji(np.argwhere(chosen))
            return points[np.linalg.norm(points - points.mean(axis=0), axis=1).argmin()]
    return np.mean(bounds_of(masks), axis=0)


def _most_common(values: np.ndarray, width: float) -> float:
    """Return the mean of the fullest bin, `width` wide, of `values`."""
    bins = np.round((values - values.min()) / width).astype(int)
    return float(values[bins == np.bincount(bins).argmax()].mean())

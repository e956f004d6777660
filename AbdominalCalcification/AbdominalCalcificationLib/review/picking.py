"""What a click means: the voxel at a place, and the piece that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..anatomy import Territory, territory_of_label
from ..errors import InputError
from ..geometry import Box, Grid, Volume, bounding_box, grown
from ..geometry.pieces import Runs, pieces_steps
from ..geometry.voxels import ranks
from ..progress import Progress, Steps, drain
from .constants import PICK_MM

LOOKING = Progress("Looking around the place clicked", 0.0)


def voxel_at(volume: Volume, point_ras: npt.ArrayLike) -> np.ndarray:
    """Return the voxel (k, j, i) in which a place lies (RAS, mm).

    Raises
    ------
    InputError
        For a place outside the image.
    """
    voxel = np.rint(volume.grid.kji_of_ras(point_ras)[0]).astype(int)
    if (voxel < 0).any() or (voxel >= volume.grid.shape).any():
        raise InputError("The place clicked lies outside the image; click inside it.")
    return voxel


def picked_voxel(
    volume: Volume, point_ras: npt.ArrayLike, wanted: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray | None:
    """Return the voxel (k, j, i) that a click means: the one it lies in, else the nearest wanted one within 2 mm.

    Parameters
    ----------
    volume : Volume
    point_ras : array_like, shape (3,)
        RAS, mm.
    wanted : callable
        Told values of the volume, says which count.

    Returns
    -------
    ndarray of int, shape (3,), or None
        None where none is so near.
    """
    own = voxel_at(volume, point_ras)
    box = tuple(slice(n, n + 1) for n in own.tolist())
    if wanted(volume.array[box]).all():
        return own
    box = grown(box, PICK_MM, volume.grid)
    kji = np.argwhere(wanted(volume.array[box])) + [part.start for part in box]
    points = volume.grid.ras_of_kji(kji) if len(kji) else np.zeros((0, 3))
    away = np.linalg.norm(points - np.asarray(point_ras, float), axis=1)
    near = np.flatnonzero(away <= PICK_MM)
    if len(near) == 0:
        return None
    # Of equally near ones by position, not by array order, which a flipped grid reverses.
    x, y, z = (ranks(axis) for axis in points[near].T)
    return kji[near[np.lexsort((x, y, z, ranks(away[near])))[0]]]


def cut_out(mask: Volume, margin_mm: float = 0.0) -> tuple[Volume, Box]:
    """Return the part of a mask in which something is, with a margin, and where it lies; a view.

    What looks at all voxels looks at those of a tenth of the image there.
    """
    box = bounding_box(mask.array)
    box = tuple(slice(0, size) for size in mask.array.shape) if box is None else grown(box, margin_mm, mask.grid)
    return mask.cropped(box), box


def pieces_of(mask: np.ndarray) -> tuple[np.ndarray, int, np.ndarray]:
    """Do as :func:`pieces_of_steps` in one go."""
    return drain(pieces_of_steps(mask))


def pieces_of_steps(mask: np.ndarray) -> Steps[tuple[np.ndarray, int, np.ndarray]]:
    """Return the voxels of a mask, shape (n, 3), the number of its 26-connected pieces, and the piece of each voxel."""
    box = bounding_box(mask)
    if box is None:
        return np.zeros((0, 3), int), 0, np.zeros(0, int)
    kji = np.argwhere(mask[box]) + [part.start for part in box]
    yield LOOKING
    runs = Runs(kji, box)
    yield LOOKING
    count, piece = yield from pieces_steps(runs, LOOKING)
    return kji, count, piece


def surface_of(mask: np.ndarray, grid: Grid) -> np.ndarray:
    """Return the voxels of a mask, shape (n, 3), that can be nearest to a voxel outside it.

    On axes at right angles that takes a face to the outside.
    """
    box = bounding_box(mask)
    if box is None:
        return np.zeros((0, 3), int)
    inside = mask[box]
    surface = inside
    if grid.is_rectangular:
        inner = np.pad(inside, 1)
        inner = (
            inner[:-2, 1:-1, 1:-1]
            & inner[2:, 1:-1, 1:-1]
            & inner[1:-1, :-2, 1:-1]
            & inner[1:-1, 2:, 1:-1]
            & (inner[1:-1, 1:-1, :-2] & inner[1:-1, 1:-1, 2:])
        )
        surface = inside & ~inner
    return np.argwhere(surface) + [part.start for part in box]


def piece_around_steps(mask: np.ndarray, voxel: np.ndarray) -> Steps[np.ndarray]:
    """Return the voxels, shape (n, 3), of the 26-connected piece of a mask that holds one of its voxels."""
    kji, _, piece = yield from pieces_of_steps(mask)
    return kji[piece == piece[np.flatnonzero((kji == voxel).all(axis=1))[0]]]


@dataclass(frozen=True, eq=False)
class Picked:
    """What was clicked on of the arteries.

    Attributes
    ----------
    artery : Territory
    voxel : ndarray of int, shape (3,)
        The one that was meant, in `near`.
    kji : ndarray of int, shape (n, 3)
        The 26-connected piece of the artery that holds it, in `near`.
    near : Volume
        The part of the mask in which something is.
    box : tuple of slice
        Where that lies in the mask.
    """

    artery: Territory
    voxel: np.ndarray
    kji: np.ndarray
    near: Volume
    box: Box


def picked_piece_steps(arteries: Volume, point_ras: npt.ArrayLike, margin_mm: float = 0.0) -> Steps[Picked]:
    """Return what was clicked on of the arteries.

    Parameters
    ----------
    arteries : Volume
        Territory labels.
    point_ras : array_like, shape (3,)
        RAS, mm.
    margin_mm : float
        How much around the arteries is looked at, too.

    Raises
    ------
    InputError
        Where no artery is.
    """
    voxel = picked_voxel(arteries, point_ras, lambda values: values != 0)
    if voxel is None:
        raise InputError(f"No artery lies within {PICK_MM:g} mm of the place clicked; click on the piece meant.")
    label = int(arteries.array[tuple(voxel)])
    yield LOOKING
    near, box = cut_out(arteries, margin_mm)
    voxel = voxel - [part.start for part in box]
    yield LOOKING
    kji = yield from piece_around_steps(near.array == label, voxel)
    return Picked(territory_of_label(label), voxel, kji, near, box)

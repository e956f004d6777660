"""An artery cut across its course: what is beyond becomes another one, or is removed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..anatomy import Territory, territory
from ..errors import InputError
from ..geometry import Volume
from ..geometry.box import box_at, part_of
from ..geometry.neighbours import Lattice
from ..geometry.voxels import TOLERANCE_MM
from ..measurement.beginning import contact_mm, own_end, start_of
from ..measurement.coarse import Blocks
from ..measurement.constants import MOST_OF_BRANCH, SLICE_DIAGONALS
from ..measurement.course import Course
from ..progress import Progress, Steps, drain, shown
from .change import ARTERIES, MaskChange, amount, change_of
from .picking import picked_piece_steps, surface_of

_FOLLOWING = Progress("Following the artery", 0.3)


def split_here(
    arteries: Volume, point_ras: npt.ArrayLike, beyond: str | None, attach_distance_mm: float = 10.0
) -> MaskChange:
    """Do as :func:`split_here_steps` in one go."""
    return drain(split_here_steps(arteries, point_ras, beyond, attach_distance_mm))


def split_here_steps(
    arteries: Volume, point_ras: npt.ArrayLike, beyond: str | None, attach_distance_mm: float = 10.0
) -> Steps[MaskChange]:
    """Cut an artery at a place across its course; what lies beyond becomes another artery, or is removed.

    The course of the piece begins where measuring lets it begin: at the artery that it leaves, else at its own end
    nearest to that; the aorta's at its upper end. *Beyond* is what lies farther along it than the place, and hangs
    together with it: of an artery that forks, the limb that was clicked.

    Parameters
    ----------
    arteries : Volume
        Territory labels.
    point_ras : array_like, shape (3,)
        RAS, mm.
    beyond : str or None
        Territory that what is beyond becomes; None removes it.
    attach_distance_mm : float
        As in ``MeasurementParameters``.

    Raises
    ------
    InputError
        Where no artery lies, nothing is beyond, or it would stay what it is.
    """
    picked = yield from shown(picked_piece_steps(arteries, point_ras), _FOLLOWING)
    artery, voxel, kji, near = picked.artery, picked.voxel, picked.kji, picked.near
    if beyond == artery.name:
        raise InputError(f"What is beyond is the {artery.title.lower()} already; choose another artery.")
    # Blocks as those of the whole image.
    blocks = Blocks(kji, near.grid, MOST_OF_BRANCH, tuple(-part.start for part in picked.box))
    lattice = Lattice(blocks.kji, blocks.grid)
    yield _FOLLOWING
    course = yield from _course_steps(artery, kji, blocks, lattice, near, attach_distance_mm)
    yield _FOLLOWING
    row = int(np.flatnonzero((kji == voxel).all(axis=1))[0])
    length = course.path_lengths_mm()
    yield _FOLLOWING
    here = length[row if blocks.block is None else blocks.block[row]]
    is_beyond = blocks.of_voxels(_limb_beyond(length, here, lattice, blocks, row))
    if not is_beyond.any():
        raise InputError("Nothing of this artery lies beyond the place clicked; click nearer to where it begins.")
    if is_beyond.all():
        raise InputError("Nothing of this artery lies before the place clicked; rename the whole piece instead.")
    what = amount(int(np.count_nonzero(is_beyond)), arteries)
    becomes = "removed" if beyond is None else f"now the {territory(beyond).title.lower()}"
    text = f"{artery.title} cut {here:.0f} mm along its course: what is beyond, {what}, is {becomes}."
    value = 0 if beyond is None else territory(beyond).label
    return change_of(ARTERIES, near, kji[is_beyond], value, text).placed(picked.box)


def _limb_beyond(length: np.ndarray, here: float, lattice: Lattice, blocks: Blocks, row: int) -> np.ndarray:
    """Return which blocks lie beyond a length, in the limb in which the voxel `row` lies."""
    clicked = row if blocks.block is None else int(blocks.block[row])
    thickness = SLICE_DIAGONALS * blocks.grid.voxel_diagonal_mm
    slab = np.abs(length - here) <= thickness + TOLERANCE_MM
    section = lattice.pieces(slab)
    farther = length > here + TOLERANCE_MM
    limb = lattice.pieces(farther)
    own = farther & slab & (section == section[clicked])
    return farther & np.isin(limb, np.unique(limb[own]))


def _course_steps(
    artery: Territory, kji: np.ndarray, blocks: Blocks, lattice: Lattice, arteries: Volume, attach_distance_mm: float
) -> Steps[Course]:
    """Return the course of a piece from where it begins."""
    points, grid = blocks.points_ras, blocks.grid
    if artery.parent is None:
        # Blood runs down: the end that is highest.
        start = own_end(points, lattice, grid, -points[:, 2])
        yield _FOLLOWING
        return Course(points, lattice, start.rows, start.depth_mm, grid)
    label = territory(artery.parent).label
    parent = surface_of(arteries.array == label, arteries.grid)
    yield _FOLLOWING
    contact = blocks.start_mm(_contact(kji, arteries, label))
    yield _FOLLOWING
    touching = np.flatnonzero(np.isfinite(contact))
    if len(parent) == 0:
        start = own_end(points, lattice, grid, -points[:, 2])
        return Course(points, lattice, start.rows, start.depth_mm, grid)
    away = cKDTree(arteries.grid.ras_of_kji(parent)).query(points)[0]
    yield _FOLLOWING
    if len(touching) == 0:
        start = own_end(points, lattice, grid, away)
        return Course(points, lattice, start.rows, start.depth_mm, grid)
    start = start_of(touching, points, lattice, grid, lambda: away, attach_distance_mm, touching=True)
    yield _FOLLOWING
    depth = start.depth_mm if start.own_end else contact[start.rows]
    return Course(points, lattice, start.rows, depth, grid)


def _contact(kji: np.ndarray, arteries: Volume, label: int) -> np.ndarray:
    """Return how far voxels that touch another artery lie from the common border, mm; ``inf`` elsewhere."""
    low = kji.min(axis=0) - 1
    shape = kji.max(axis=0) - low + 2
    whole = tuple(slice(0, size) for size in arteries.array.shape)
    labels = part_of(arteries.array, whole, box_at(low.tolist(), shape.tolist()))
    return contact_mm(kji - low, labels, (label,), arteries.grid)

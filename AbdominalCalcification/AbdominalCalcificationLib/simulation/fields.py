"""Fields of view: how a scanner looks at a patient, and where it gives no values."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..geometry.volume import Grid

DEFAULT_SPACING_MM = (1.0, 1.0, 1.0)
# Along each axis: fewer are no image.
FEWEST_VOXELS, MOST_VOXELS = 8, 2000
DEFAULT_SHAPE = (220, 200, 220)
# What readers make of every padding value (see reading.hounsfield): air.
NOTHING_HU = -1024


def default_grid(spacing_mm=DEFAULT_SPACING_MM, shape=DEFAULT_SHAPE, center_ras=None) -> Grid:
    """Return a grid as CT scanners write it: i to the patient's left, j to the back, k upwards.

    Parameters
    ----------
    spacing_mm : sequence of float
        Along i, j, k.
    shape : sequence of int
        Voxels along k, j, i.
    center_ras : sequence of float, optional
        Middle of the field of view; by default the abdominal aorta and the iliac arteries are centred, between
        70 mm below the bifurcation and as far up as there are slices.
    """
    nk, nj, ni = shape
    extent = np.array([ni, nj, nk]) * np.asarray(spacing_mm, float)
    if center_ras is None:
        # Wide fields show the whole body, whose middle lies a little in front of the spine.
        center_ras = (0.0, 5.0 if extent[1] > 170 else 15.0, -70.0 + extent[2] / 2)
    steps = np.array([-1.0, -1.0, 1.0]) * np.asarray(spacing_mm, float)
    origin = np.asarray(center_ras, float) - steps * (np.array([ni, nj, nk]) - 1) / 2
    return Grid.from_spacing(shape, spacing_mm, origin, np.diag([-1.0, -1.0, 1.0]))


def grid_within(field_ras, spacing_mm, shape=None, center_ras=None) -> Grid:
    """Return a grid as :func:`default_grid` gives it, moved and cut so that it lies within a field.

    Parameters
    ----------
    field_ras : pair of ndarray, shape (3,)
        Corners of the field, RAS mm.
    spacing_mm, shape, center_ras
        As for :func:`default_grid`; all of the field where no shape is given.

    Raises
    ------
    InputError
        For a field smaller than eight voxels.
    """
    low, high = (np.asarray(corner, float) for corner in field_ras)
    spacing = np.asarray(spacing_mm, float)
    most = np.floor((high - low) / spacing).astype(int)
    if most.min() < 8:
        raise InputError(f"The label map covers {most.tolist()} voxels of that spacing; it takes at least eight each.")
    counts = most if shape is None else np.minimum(most, np.asarray(tuple(shape)[::-1], int))
    wanted = default_grid(spacing_mm, counts[::-1], center_ras)
    middle = wanted.ras_of_kji([(counts[::-1] - 1) / 2])[0]
    half = counts * spacing / 2
    middle = np.clip(middle, low + half, high - half)
    return default_grid(spacing_mm, tuple(int(n) for n in counts[::-1]), middle)


def round_field(grid: Grid) -> np.ndarray:
    """Return which columns of voxels, shape (j, i), lie in the largest circle as wide as the field of view."""
    _, nj, ni = grid.shape
    si, sj, _ = grid.spacing_mm
    x, y = (np.arange(ni) - (ni - 1) / 2) * si, (np.arange(nj) - (nj - 1) / 2) * sj
    return np.hypot(x[None, :], y[:, None]) <= max(ni * si, nj * sj) / 2

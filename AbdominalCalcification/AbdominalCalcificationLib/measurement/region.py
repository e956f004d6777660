"""The part of a case that matters: a box around the arteries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..anatomy import TERRITORIES, Territory
from ..errors import InputError
from ..geometry import Grid, Volume, bounding_box, grown

_KNOWN_LABELS = {territory.label for territory in TERRITORIES}


class Region:
    """The voxels of arteries and calcification within reach of each other.

    Parameters
    ----------
    ct : Volume or None
    arteries, calcification : Volume
    margin_mm : float
        How far around the arteries calcification matters.

    Attributes
    ----------
    grid : Grid
        Of the region: the box around the arteries and one voxel more on every side, which may
        lie outside the volume, so that every voxel has 26 neighbours. All indices (k, j, i)
        of voxels are indices of this grid.
    labels : ndarray of uint8
    calcified : ndarray of bool
    artery_kji, calcified_kji : ndarray of int, shape (n, 3)
    artery_labels : ndarray of uint8, shape (n,)
    calcified_count : int
        In the whole volume.

    Raises
    ------
    InputError
        See :func:`measure`.
    """

    def __init__(self, ct: Volume | None, arteries: Volume, calcification: Volume, margin_mm: float):
        self.whole = arteries.grid
        for volume, name in ((ct, "CT"), (calcification, "calcification mask")):
            if volume is not None and not volume.grid.same_as(self.whole):
                raise InputError(f"The {name} and the artery mask lie on different grids; align them first.")
        _check_numbers(arteries.array, "artery mask")
        _check_numbers(calcification.array, "calcification mask")
        self._ct = ct
        self._box = grown(bounding_box(arteries.array) or (slice(0, 1),) * 3, margin_mm, self.whole)
        self._first = np.array([part.start - 1 for part in self._box])
        shape = tuple(part.stop - part.start + 2 for part in self._box)
        matrix = np.array(self.whole.ijk_to_ras)
        matrix[:3, 3] = self.whole.ras_of_kji(self._first)[0]
        self.grid = Grid(shape, matrix)

        source = arteries.array[self._box]
        present = source != 0
        _check_labels(source[present])
        self.labels = _padded(source, np.uint8)
        self.artery_kji = np.argwhere(present) + 1
        self.calcified = _padded(calcification.array[self._box] != 0, bool)
        self.calcified_kji = np.argwhere(self.calcified)
        self.calcified_count = int(np.count_nonzero(calcification.array))
        self.artery_labels = self.labels[tuple(self.artery_kji.T)]
        self._kji = {label: self.artery_kji[self.artery_labels == label] for label in np.unique(self.artery_labels)}
        self._ras = {label: self.grid.ras_of_kji(kji) for label, kji in self._kji.items()}

    def kji_of(self, territory: Territory) -> np.ndarray:
        """Return the voxels of the territory's mask, shape (n, 3)."""
        return self._kji.get(territory.label, np.zeros((0, 3), int))

    def ras_of(self, territories: Sequence[Territory]) -> np.ndarray:
        """Return the voxel centres of several territories, shape (n, 3), mm; empty where none is there."""
        return np.concatenate([np.zeros((0, 3)), *(self._ras[t.label] for t in territories if t.label in self._ras)])

    def whole_kji(self, kji: np.ndarray) -> np.ndarray:
        """Return indices in the whole volume of indices in the region."""
        return kji + self._first

    def hu(self, kji: np.ndarray) -> np.ndarray | None:
        """Return the CT values of voxels, HU; None without CT."""
        if self._ct is None:
            return None
        values = self._ct.array[tuple(self.whole_kji(kji).T)].astype(float)
        if not np.isfinite(values).all():
            raise InputError("The CT has voxels without a number (NaN) at the arteries; export the image again.")
        return values

    def ct(self) -> Volume | None:
        """Return the CT in the box around the arteries."""
        return None if self._ct is None else self._ct.cropped(self._box)

    def spread(self, kji: np.ndarray, values: np.ndarray) -> Volume:
        """Return a whole volume that is zero but for `values` at the voxels `kji`."""
        array = np.zeros(self.whole.shape, values.dtype)
        array[tuple(self.whole_kji(kji).T)] = values
        return Volume(array, self.whole)


def _padded(array: np.ndarray, dtype) -> np.ndarray:
    result = np.zeros([size + 2 for size in array.shape], dtype)
    result[1:-1, 1:-1, 1:-1] = array
    return result


def _check_numbers(array: np.ndarray, name: str):
    if array.dtype.kind not in "buif":
        raise InputError(f"The {name} holds no numbers but {array.dtype}; give a label map.")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise InputError(f"The {name} has voxels without a number (NaN); export it again.")


def _check_labels(values: np.ndarray):
    unknown = [value for value in np.unique(values).tolist() if value not in _KNOWN_LABELS]
    if unknown:
        named = ", ".join(f"{value:g}" for value in unknown[:10])
        raise InputError(f"The artery mask has labels that no artery has: {named}; map them to arteries by name.")

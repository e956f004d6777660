"""Voxels as rows, in the order of the array, whose columns stay with them while other voxels come and go."""

from __future__ import annotations

from typing import Any

import numpy as np


class Rows:
    """Voxels of a grid, in the order of the array.

    Parameters
    ----------
    shape : tuple of int
        Of the grid.
    columns : mapping of str to numpy scalar
        Name of each column, and what it says of a voxel of which nothing is known yet.

    Attributes
    ----------
    kji : ndarray of int32, shape (n, 3)
    column : dict of str to ndarray, shape (n,)
        Entries may be written; replace arrays by arrays of the same length only.
    """

    def __init__(self, shape: tuple[int, ...], **columns: Any):
        self._strides = np.array([shape[1] * shape[2], shape[2], 1], np.int64)
        self._unknown = columns
        self._key = np.zeros(0, np.int64)
        self.kji = np.zeros((0, 3), np.int32)
        self.column = {name: np.zeros(0, value.dtype) for name, value in columns.items()}

    def __len__(self) -> int:
        return len(self.kji)

    def renew(self, planes: slice, kji: np.ndarray) -> dict[str, np.ndarray]:
        """Put voxels in the place of all those in some planes along k; what is known of those that stay, stays.

        Parameters
        ----------
        planes : slice
        kji : ndarray of int, shape (m, 3)
            All that belong there, in the order of the array.

        Returns
        -------
        dict of str to ndarray
            The columns of the voxels that went, and their ``kji``.
        """
        key = kji @ self._strides
        first, last = np.searchsorted(self._key, np.array([planes.start, planes.stop]) * self._strides[0])
        before = self._key[first:last]
        place = np.searchsorted(before, key)
        stays = np.zeros(len(key), bool)
        inside = np.flatnonzero(place < len(before))
        stays[inside] = before[place[inside]] == key[inside]
        goes = np.ones(len(before), bool)
        goes[place[stays]] = False
        gone = {name: values[first:last][goes] for name, values in self.column.items()}
        gone["kji"] = self.kji[first:last][goes]
        if stays.all() and not goes.any():
            return gone
        for name, values in self.column.items():
            fresh = np.full(len(key), self._unknown[name], values.dtype)
            fresh[stays] = values[first:last][place[stays]]
            self.column[name] = np.concatenate([values[:first], fresh, values[last:]])
        self.kji = np.concatenate([self.kji[:first], kji.astype(np.int32, copy=False), self.kji[last:]])
        self._key = np.concatenate([self._key[:first], key, self._key[last:]])
        return gone

    def renew_in(self, box: tuple[slice, ...], kji: np.ndarray) -> None:
        """Put voxels, in the order of the array, in the place of all those in a box, as :meth:`renew` does."""
        self.renew(box[0], with_others_in(self.kji, box, kji)[2])

    def run_count(self, rows: np.ndarray) -> int:
        """Return in how many runs along i some rows, rising, lie; no two runs meet at the end of a line."""
        return int(np.count_nonzero(np.diff(self._key[rows]) != 1)) + min(len(rows), 1)

    def at(self, kji: np.ndarray) -> np.ndarray:
        """Return the rows of voxels, -1 where they have none."""
        key = kji @ self._strides
        if len(self._key) == 0:
            return np.full(len(key), -1)
        row = np.searchsorted(self._key, key).clip(max=len(self._key) - 1)
        return np.where(self._key[row] == key, row, -1)

    def inside(self, box: tuple[slice, ...]) -> np.ndarray:
        """Return the rows of the voxels in a box, rising."""
        return indices_in_box(self.kji, box)


def in_box(kji: np.ndarray, box: tuple[slice, ...]) -> np.ndarray:
    """Return which voxels, shape (n, 3), lie in a box."""
    inside = np.ones(len(kji), bool)
    for axis, part in enumerate(box):
        inside &= (kji[:, axis] >= part.start) & (kji[:, axis] < part.stop)
    return inside


def with_others_in(kji: np.ndarray, box: tuple[slice, ...], others: np.ndarray) -> tuple[int, int, np.ndarray]:
    """Return what stands in the planes of a box, once others have the place of all that lie in it.

    Parameters
    ----------
    kji, others : ndarray of int, shape (n, 3)
        In the order of the array.
    box : Box

    Returns
    -------
    first, last : int
        Of those of `kji` that stand there now.
    part : ndarray of int32, shape (m, 3)
        What stands there then, in the order of the array.
    """
    first, last = np.searchsorted(kji[:, 0], [box[0].start, box[0].stop])
    part = kji[first:last]
    part = np.concatenate([part[~in_box(part, box)], others.astype(np.int32, copy=False)])
    _, rows, columns = part.max(axis=0, initial=0).astype(np.int64) + 1
    return int(first), int(last), part[np.argsort(part @ np.array([rows * columns, columns, 1]))]


def indices_in_box(kji: np.ndarray, box: tuple[slice, ...]) -> np.ndarray:
    """Return which of some voxels, in the order of the array, lie in a box, as indices."""
    first, last = np.searchsorted(kji[:, 0], [box[0].start, box[0].stop])
    return first + np.flatnonzero(in_box(kji[first:last], box))


def rows_in_box(kji: np.ndarray, box: tuple[slice, ...]) -> np.ndarray:
    """Return those of some voxels, in the order of the array, that lie in a box."""
    return kji[indices_in_box(kji, box)]

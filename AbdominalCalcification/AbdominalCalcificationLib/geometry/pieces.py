"""Connected pieces of a mask, found run by run: the work grows with its surface, not with its volume."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from ..progress import Progress, Steps
from .box import Box

# Rows (k, j) beside a row that hold the other half of its 26 neighbours.
_ROWS = ((0, 1), (1, -1), (1, 0), (1, 1))


class Runs:
    """The runs of voxels along i that a mask consists of.

    Parameters
    ----------
    kji : ndarray of int, shape (n, 3)
        Distinct voxels, in the order of the array.
    box : Box
        What holds them.
    value : ndarray of int, shape (n,), optional
        A run ends where it changes.

    Attributes
    ----------
    first, last : ndarray of int, shape (m,)
        Keys of the outermost voxels of each run; neighbours along i differ by one.
    of_voxel : ndarray of int32, shape (n,)
    """

    def __init__(self, kji: np.ndarray, box: Box, value: np.ndarray | None = None):
        # A margin on every side, so that no row goes on in the next one.
        _, columns, self._width = (part.stop - part.start + 2 for part in box)
        low = np.array([part.start - 1 for part in box])
        self._slice = columns * self._width
        key = (kji - low) @ np.array([self._slice, self._width, 1], np.int64)
        begins = np.ones(len(key), bool)
        begins[1:] = np.diff(key) != 1
        if value is not None:
            begins[1:] |= value[1:] != value[:-1]
        self.of_voxel = np.cumsum(begins, dtype=np.int32) - 1
        self.first = key[begins]
        self.last = key[np.append(begins[1:], True)] if len(key) else key

    def __len__(self) -> int:
        return len(self.first)

    def touching(self, rows: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Return the pairs of runs that touch, where the second lies so many rows (k, j) further."""
        step = rows[0] * self._slice + rows[1] * self._width
        low = np.searchsorted(self.last, self.first + step - 1, "left")
        high = np.searchsorted(self.first, self.last + step + 1, "right")
        count = np.maximum(high - low, 0)
        first = np.repeat(np.arange(len(self), dtype=np.int32), count)
        second = np.arange(len(first)) - np.repeat(np.cumsum(count) - count - low, count)
        return first, second.astype(np.int32)


def touching_runs(runs: Runs) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of runs of different rows that touch."""
    first, second = (np.concatenate(part) for part in zip(*(runs.touching(rows) for rows in _ROWS), strict=True))
    return first, second


def pieces_steps(runs: Runs, progress: Progress) -> Steps[tuple[int, np.ndarray]]:
    """Find the 26-connected pieces of a mask.

    Parameters
    ----------
    runs : Runs
    progress : Progress
        What to yield.

    Returns
    -------
    count : int
    piece : ndarray of int32, shape (n,)
        Of each voxel, from 0.

    Examples
    --------
    >>> import numpy as np
    >>> from AbdominalCalcificationLib.progress import drain
    >>> mask = np.eye(4, dtype=bool)[None].repeat(2, axis=0)
    >>> mask[:, 2, 2] = False
    >>> runs = Runs(np.argwhere(mask), (slice(0, 2), slice(0, 4), slice(0, 4)))
    >>> count, piece = drain(pieces_steps(runs, Progress("Counting")))
    >>> count, piece.tolist()
    (2, [0, 0, 1, 0, 0, 1])
    """
    pairs = []
    for rows in _ROWS:
        pairs.append(runs.touching(rows))
        yield progress
    first, second = (np.concatenate(part) for part in zip(*pairs, strict=True))
    graph = sparse.csr_matrix((np.ones(len(first), np.uint8), (first, second)), shape=(len(runs), len(runs)))
    count, piece = csgraph.connected_components(graph, directed=False)
    yield progress
    return count, piece[runs.of_voxel]

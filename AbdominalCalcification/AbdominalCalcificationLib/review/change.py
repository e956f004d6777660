"""One change of a mask: what a tool of review returns."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..geometry import Box, Volume
from ..geometry.box import outside

ARTERIES, CALCIFICATION = "arteries", "calcification"


@dataclass(frozen=True, eq=False)
class MaskChange:
    """New values of a mask in a box.

    Attributes
    ----------
    role : {'arteries', 'calcification'}
        Which of the two masks.
    box : tuple of slice
        Where it changes, k, j, i.
    before, after : ndarray of uint8, shape of the box
        Territory labels, or 1 where calcified; equal where nothing changes.
    text : str
        What it does, for people: one sentence with voxels and mm³.
    proposal : str
        What it would do, for a change that is shown before it is made.
    """

    role: str
    box: Box
    before: np.ndarray
    after: np.ndarray
    text: str
    proposal: str = ""

    @property
    def changed_kji(self) -> np.ndarray:
        """The voxels that change, shape (n, 3), as indices of the whole mask."""
        return np.argwhere(self.before != self.after) + [part.start for part in self.box]

    @property
    def added(self) -> int:
        """Voxels that had no label and get one."""
        return int(np.count_nonzero((self.before == 0) & (self.after != 0)))

    @property
    def removed(self) -> int:
        """Voxels that lose their label."""
        return int(np.count_nonzero((self.before != 0) & (self.after == 0)))

    def placed(self, box: Box) -> MaskChange:
        """Return this change of a part of a mask as one of the whole mask, in which the part fills a box."""
        return replace(self, box=outside(self.box, box))

    def applied(self, array: np.ndarray) -> np.ndarray:
        """Return a copy of the mask with the change."""
        result = array.copy()
        result[self.box] = self.after
        return result


def change_of(role: str, mask: Volume, kji: np.ndarray, value: int, text: str) -> MaskChange:
    """Return the change that gives the voxels `kji`, shape (n, 3) and not empty, one value."""
    low, high = kji.min(axis=0), kji.max(axis=0) + 1
    box = tuple(slice(int(start), int(stop)) for start, stop in zip(low, high, strict=True))
    before = mask.array[box].astype(np.uint8)
    after = before.copy()
    after[tuple((kji - low).T)] = value
    return MaskChange(role, box, before, after, text)


def amount(count: int, mask: Volume) -> str:
    """Return a number of voxels as people are told it.

    Examples
    --------
    >>> import numpy as np
    >>> from AbdominalCalcificationLib.geometry import Grid
    >>> amount(3, Volume(np.zeros((2, 2, 2)), Grid((2, 2, 2))))
    '3 voxels (3.0 mm³)'
    """
    return f"{count} voxel{'' if count == 1 else 's'} ({count * mask.grid.voxel_volume_mm3:.1f} mm³)"

"""Segments painted into one mask: who wins where they overlap, and which side is which."""

from __future__ import annotations

from collections.abc import Generator, Mapping

import numpy as np

from ..anatomy import TERRITORIES, Territory, weakest_first
from ..errors import InputError
from ..flags import Flag
from ..geometry import Box, Grid, Volume
from ..geometry.sides import split_left_right
from ..progress import drained

_STRENGTHS = 16  # more than there are territories
_PLANES = 32  # are painted in one step


def _strength() -> np.ndarray:
    strength = np.zeros(256, np.uint8)
    for rank, each in enumerate(weakest_first(), start=1):
        strength[each.label] = rank
    return strength


# How strongly each territory label holds a voxel: a branch more than its parent, else the earlier in the table.
STRENGTH = _strength()


class ArteryPainter:
    """Territory labels on one grid, painted segment by segment.

    Parameters
    ----------
    grid : Grid
    title : str
        What to call the mask in messages.
    """

    def __init__(self, grid: Grid, title: str = "the mask"):
        self._labels = np.zeros(grid.shape, np.uint8)
        self._grid, self._title = grid, title
        self._pairs: list[tuple[Box, np.ndarray, str, tuple[Territory, ...], int]] = []
        self._overlaps = np.zeros((_STRENGTHS, _STRENGTHS), np.int64)

    def paint(
        self,
        layer: np.ndarray,
        values: Mapping[int, tuple[Territory, ...]],
        names: Mapping[int, str],
        box: Box = (slice(None),) * 3,
    ) -> None:
        """Paint the segments of one label map.

        Parameters
        ----------
        layer : ndarray of unsigned int, shape of `box`
        values : mapping of int to tuple of Territory
            What its values stand for; two territories are divided at the aorta in the end.
        names : mapping of int to str
            What those are called.
        box : tuple of slice
            Where it lies in the grid; everywhere by default.
        """
        drained(self.paint_steps(layer, values, names, box))

    def paint_steps(
        self,
        layer: np.ndarray,
        values: Mapping[int, tuple[Territory, ...]],
        names: Mapping[int, str],
        box: Box = (slice(None),) * 3,
    ) -> Generator[None, None, None]:
        """Do as :meth:`paint`, some planes at a time."""
        table = np.zeros(max([int(layer.max(initial=0)), *values]) + 1, np.uint8)
        for value, territories in values.items():
            if len(territories) == 1:
                table[value] = territories[0].label
            elif (where := layer == value).any():
                self._pairs.append((box, where, names[value], territories, value))
        for number, (painted, plane) in enumerate(zip(self._labels[box], layer, strict=True), start=1):
            self._claim(painted, table[plane])
            if number % _PLANES == 0:
                yield

    def finished(self) -> tuple[Volume, list[Flag]]:
        """Return the label map, and flags where segments overlap.

        Raises
        ------
        InputError
            Where a segment covers both sides and there is no aorta.
        """
        aorta = self._labels == TERRITORIES[0].label if self._pairs else np.zeros(0, bool)
        for box, part, name, sides, value in self._pairs:
            if not aorta.any():
                raise InputError(
                    f"'{name}' covers both sides, and without an aorta in {self._title} left and right cannot be told; "
                    f"name the aorta too, or the side, as in --artery-labels {value}={sides[0].name}."
                )
            where = np.zeros(aorta.shape, bool)
            where[box] = part
            for territory, side in zip(sides, split_left_right(where, aorta, self._grid), strict=True):
                for painted, plane in zip(self._labels, side, strict=True):
                    self._claim(painted, np.where(plane, np.uint8(territory.label), np.uint8(0)))
        return Volume(self._labels, self._grid), overlap_flags(self._overlaps, self._grid.voxel_volume_mm3)

    @property
    def overlaps(self) -> np.ndarray:
        """How many voxels were claimed twice, by the strengths of the two labels (the lesser one first)."""
        return self._overlaps

    def _claim(self, painted: np.ndarray, claimed: np.ndarray) -> None:
        """Paint labels over others, the stronger ones staying, and count what was claimed twice."""
        if not claimed.any():
            return
        old, new = STRENGTH[painted], STRENGTH[claimed]
        twice = (old > 0) & (new > 0)
        if twice.any():
            pairs = np.minimum(old, new)[twice].astype(np.intp) * _STRENGTHS + np.maximum(old, new)[twice]
            self._overlaps += np.bincount(pairs, minlength=_STRENGTHS**2).reshape(self._overlaps.shape)
        np.copyto(painted, claimed, where=old < new)


def overlap_flags(overlaps: np.ndarray, voxel_volume_mm3: float) -> list[Flag]:
    """Return flags where segments overlap, of what :attr:`ArteryPainter.overlaps` counts."""
    territory_of = {int(STRENGTH[each.label]): each for each in TERRITORIES}
    flags = []
    for weak, strong in np.argwhere(overlaps).tolist():
        volume = f"{overlaps[weak, strong] * voxel_volume_mm3:.1f} mm³"
        lost, kept = territory_of[weak].title, territory_of[strong]
        text = f"{kept.title}: {volume} are in two segments that are called so."
        if weak != strong:
            text = f"{kept.title}: {volume} of it are also in {lost}; they count for {kept.title}."
        flags.append(Flag("masks_overlap", text, kept.name))
    return flags

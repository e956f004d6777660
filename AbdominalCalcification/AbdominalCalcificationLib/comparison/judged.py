"""What a reference can judge: the territories that it draws, and what a method finds in others.

An annotator who draws aorta and iliac arteries says nothing about the renal arteries: what a method finds there is
neither right nor wrong. Such territories are left out of a comparison, on both sides and in every sum.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from ..anatomy import TERRITORIES, territory
from ..geometry import Volume
from ..measurement import Measurement

ALL = tuple(each.name for each in TERRITORIES)


def left_out_territories(arteries: Volume, declared: Collection[str] | None = None) -> tuple[str, ...]:
    """Return the territories that a reference does not judge, in table order.

    Parameters
    ----------
    arteries : Volume
        The reference's territory labels, before shortening.
    declared : collection of str, optional
        The territories that it is known to judge, drawn or not (an artery that is declared and not drawn is not
        there); by default those with a voxel.
    """
    if declared is not None:
        return tuple(name for name in ALL if name not in declared)
    counts = np.bincount(arteries.array.ravel(), minlength=256)
    return tuple(each.name for each in TERRITORIES if not counts[each.label])


def left_out_text(names: Sequence[str]) -> str:
    """Return one sentence about territories that are left out; empty where none is."""
    if not names:
        return ""
    titles = ", ".join(territory(name).title.lower() for name in names)
    return f"Not judged by the reference, so left out: {titles}."


@dataclass(frozen=True, eq=False)
class Judged:
    """A reference without the territories that it does not judge.

    Attributes
    ----------
    arteries : Volume
        uint8 territory labels, without those that are left out.
    calcification : Volume
        Non-zero = calcified, without what lies in them.
    left_out : tuple of str
    unjudged : ndarray of bool, shape (k, j, i)
        Where the reference draws a territory that is left out all the same.
    """

    arteries: Volume
    calcification: Volume
    left_out: tuple[str, ...]
    unjudged: np.ndarray

    def arteries_of(self, prediction: Volume) -> Volume:
        """Return the arteries of a method without what the reference says nothing about.

        What it calls by the name of a territory that is left out stays where the reference draws another artery:
        that it is one can be judged.
        """
        silent = _in(prediction.array, self.left_out) & (self.arteries.array == 0)
        return prediction.with_array(np.where(silent, 0, prediction.array)) if silent.any() else prediction

    def calcification_of(self, prediction: Volume, measurement: Measurement, arteries: Volume) -> Volume:
        """Return the calcification of a method without what the reference says nothing about.

        That is what lies in, or was assigned to, a territory that is left out, outside every artery that the
        reference draws, and is no calcification of the reference.

        Parameters
        ----------
        prediction : Volume
            Non-zero = calcified.
        measurement : Measurement
            Of the method, in `arteries`.
        arteries : Volume
            The method's own territory labels, or those of :attr:`arteries`.
        """
        there = _in(measurement.parts_map.array, self.left_out) | _in(arteries.array, self.left_out) | self.unjudged
        silent = there & (prediction.array != 0) & (self.arteries.array == 0) & (self.calcification.array == 0)
        return prediction.with_array(np.where(silent, 0, prediction.array)) if silent.any() else prediction


def judged(arteries: Volume, calcification: Volume, left_out: tuple[str, ...]) -> Judged:
    """Return a reference without the territories `left_out`."""
    unjudged = _in(arteries.array, left_out)
    if unjudged.any():
        arteries = arteries.with_array(np.where(unjudged, 0, arteries.array))
        calcification = calcification.with_array(np.where(unjudged, 0, calcification.array))
    return Judged(arteries, calcification, left_out, unjudged)


def _in(labels: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return where a label map holds one of some territories."""
    of = np.zeros(256, bool)
    of[[territory(name).label for name in names]] = True
    return of[labels]

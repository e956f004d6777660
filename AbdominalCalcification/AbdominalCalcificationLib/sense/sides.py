"""Left is the patient's left: pieces that lie on one side and have the name of the other one."""

from __future__ import annotations

import numpy as np

from ..anatomy import TERRITORIES, Territory, lowered
from ..flags import Flag
from .constants import ACROSS_MM, ACROSS_SHARE
from .pieces import Piece, Pieces
from .trunk import Axis


def pairs() -> list[tuple[Territory, Territory]]:
    """Return the territories that differ in their side alone: left, right."""
    sided = [(each, each.laterality.meaning) for each in TERRITORIES if each.laterality is not None]
    return [
        (one, other)
        for one, side in sided
        for other, opposite in sided
        if one.group == other.group and (side, opposite) == ("Left", "Right")
    ]


def mend_sides(pieces: Pieces, axis: Axis) -> None:
    """Give pieces that lie on the other side of the aorta, or of a line down from its end, the name of that side.

    Sides are those of the patient (RAS), whatever the names say: also where organs lie mirrored, an artery to the left
    is the left one.
    """
    for left, right in pairs():
        for own, other, sign in ((left, right, -1.0), (right, left, 1.0)):
            for each in pieces.all:
                if each.label == own.label == each.called and _across(each, axis, sign):
                    each.label = other.label


def told_of_sides(pieces: Pieces) -> list[Flag]:
    """Tell which of the pieces that stay have another name now."""
    flags, sided = [], [each for each in pieces.all if each.stays and each.territory.laterality is not None]
    for one, other in pairs():
        for called, now in ((one, other), (other, one)):
            mended = [each for each in sided if (each.called, each.label) == (called.label, now.label)]
            volume_mm3 = sum(len(each.kji) for each in mended) * pieces.grid.voxel_volume_mm3
            if mended:
                text = f"{volume_mm3:.0f} mm³ of it were called {lowered(called.title)} by the model"
                flags.append(Flag("sides_mended", f"{now.title}: {text}, but lie on this side.", now.name))
    if sided and all(each.called != each.label for each in sided):
        text = "All arteries with a side had the name of the other one: the image may be mirrored, or situs inversus."
        flags.append(Flag("mirrored", text))
    return flags


def _across(piece: Piece, axis: Axis, sign: float) -> bool:
    """Return whether a piece lies on the side that is not its own; `sign` is that of R on its own side."""
    middle = np.interp(piece.points[:, 2], axis.points[:, 2], axis.points[:, 0])
    return bool(np.mean(sign * (piece.points[:, 0] - middle) < -ACROSS_MM) >= ACROSS_SHARE)

"""Branches hang on the aorta, within the attachment distance, and at a place where such a branch can leave it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from ..anatomy import TERRITORIES, Territory, lowered, territory
from ..flags import Flag
from .constants import GAP_MM, ILIAC_RISE_MM, MESENTERIC_RISE_MM, MOST_TURNED_DEG, ORDER_MM
from .pieces import Piece, Pieces, attached
from .trunk import Axis

_FRONT = np.array([0.0, 1.0, 0.0])
_SIDES = {"Left": np.array([-1.0, 0.0, 0.0]), "Right": np.array([1.0, 0.0, 0.0])}
# Below, the middle of the aorta and where a branch touches it are too near to tell a direction.
_LEAST_OFFSET_MM = 2.0
_ILIAC = "common_iliac"


@dataclass(frozen=True, eq=False)
class Root:
    """Where a piece leaves the aorta, or comes nearest to it.

    Attributes
    ----------
    piece : Piece
    height_mm : float
        Along S, above the aorta's lower end.
    turned_deg : float or None
        Between the direction from the aorta's middle and the one in which such a branch leaves it; None where that
        cannot be told.
    """

    piece: Piece
    height_mm: float
    turned_deg: float | None


def hang_on(pieces: Pieces, trunk: list[Piece]) -> None:
    """Leave out what lies farther than the attachment distance from the tree.

    A piece hangs on its parent or on another piece of its own, over at most 10 mm; an iliac artery also on the other
    one, whose name the bifurcation may have.

    Parameters
    ----------
    pieces : Pieces
    trunk : list of Piece
        Those of the aorta that others leave: no specks, as for measuring.
    """
    branches = [each for each in pieces.all if each.stays and each.territory.parent is not None]
    _, rest = attached(trunk, branches, GAP_MM, lambda piece, on: _may_hang(piece.territory, on.territory))
    for each in rest:
        each.leave_out(f"more than {GAP_MM:g} mm from the aorta and what hangs on it")


def _may_hang(branch: Territory, on: Territory) -> bool:
    return on.name in (branch.name, branch.parent) or branch.group == on.group == _ILIAC


def misplaced(pieces: Pieces, trunk: list[Piece], axis: Axis) -> list[Flag]:
    """Leave out pieces that leave the aorta where such a branch cannot; return flags for what is only doubtful."""
    tree = cKDTree(np.concatenate([each.points for each in trunk]))
    roots: dict[str, list[Root]] = {}
    for branch in TERRITORIES[1:]:
        for piece in pieces.of(branch.label):
            root = _root(piece, branch, tree, axis, pieces.grid.voxel_diagonal_mm)
            if root is not None:
                roots.setdefault(branch.name, []).append(root)
    for root in [each for some in roots.values() for each in some]:
        if root.turned_deg is not None and root.turned_deg > MOST_TURNED_DEG:
            root.piece.leave_out("leaving the aorta on the wrong side")
    iliac = [root for name, some in roots.items() if territory(name).group == _ILIAC for root in some]
    if any(root.height_mm <= ILIAC_RISE_MM for root in iliac):
        for root in iliac:
            if root.height_mm > ILIAC_RISE_MM:
                root.piece.leave_out(f"more than {ILIAC_RISE_MM:g} mm above the aorta's lower end")
        for root in roots.get("inferior_mesenteric", ()):  # the bifurcation is seen
            if root.height_mm > MESENTERIC_RISE_MM:
                root.piece.leave_out(f"more than {MESENTERIC_RISE_MM:g} mm above the aorta's lower end")
    return _out_of_order({name: left for name, some in roots.items() if (left := [r for r in some if r.piece.stays])})


def _root(piece: Piece, branch: Territory, tree: cKDTree, axis: Axis, voxel_mm: float) -> Root | None:
    distance, _ = tree.query(piece.points, distance_upper_bound=GAP_MM * (1 + 1e-6))
    nearest = distance.min()
    if not np.isfinite(nearest):
        return None
    origin = piece.points[distance <= nearest + voxel_mm].mean(axis=0)
    middle, along = axis.at(origin)
    turned, wanted = None, _direction(branch)
    if wanted is not None:
        away, wanted = (each - (each @ along) * along for each in (origin - middle, wanted))
        length = np.linalg.norm(away)
        if length > _LEAST_OFFSET_MM:
            turned = float(np.degrees(np.arccos(np.clip(away @ wanted / (length * np.linalg.norm(wanted)), -1, 1))))
    return Root(piece, float(origin[2] - axis.lowest_mm), turned)


def _direction(branch: Territory) -> np.ndarray | None:
    """Return in which direction a branch leaves the aorta, RAS; None where it may be any."""
    if branch.group == _ILIAC:
        return None
    return _FRONT if branch.laterality is None else _SIDES[branch.laterality.meaning]


def _out_of_order(roots: dict[str, list[Root]]) -> list[Flag]:
    """Flag mesenteric arteries whose ostia do not follow each other from above in the order of the table."""
    own = [each for each in TERRITORIES[1:] if each.group == "mesenteric" and each.name in roots]
    first = {each.name: max(roots[each.name], key=lambda root: len(root.piece.kji)) for each in own}
    flags = []
    for number, upper in enumerate(own):
        for lower in own[number + 1 :]:
            above_mm = first[lower.name].height_mm - first[upper.name].height_mm
            if above_mm > ORDER_MM:
                text = f"{lower.title}: begins {above_mm:.0f} mm above the {lowered(upper.title)}"
                flags.append(Flag("place_implausible", f"{text}, where none does.", lower.name))
    return flags

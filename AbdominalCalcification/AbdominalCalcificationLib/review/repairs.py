"""Pieces of arteries that have the wrong name, or hang together with nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..anatomy import TERRITORIES, territory
from ..errors import InputError
from ..geometry import Grid, Volume, grown
from ..geometry.voxels import TOLERANCE_MM
from .change import ARTERIES, MaskChange, amount, change_of
from .picking import picked_piece, pieces_of


def relabel_piece(arteries: Volume, point_ras: npt.ArrayLike, name: str | None) -> MaskChange:
    """Make the piece of an artery at a place another artery, or remove it.

    Parameters
    ----------
    arteries : Volume
        Territory labels.
    point_ras : array_like, shape (3,)
        RAS, mm; the 26-connected piece of one label that lies there is meant.
    name : str or None
        Territory that it becomes; None removes it.

    Raises
    ------
    InputError
        Where no artery lies, or it is that one already.
    """
    before, _, kji = picked_piece(arteries, point_ras)
    if name is None:
        text = f"{before.title}: {amount(len(kji), arteries)} removed."
        return change_of(ARTERIES, arteries, kji, 0, text)
    after = territory(name)
    if after is before:
        raise InputError(f"This piece is the {_lower(after.title)} already; nothing was changed.")
    text = f"{amount(len(kji), arteries)} of the {_lower(before.title)} become the {_lower(after.title)}."
    return change_of(ARTERIES, arteries, kji, after.label, text)


def remove_loose(arteries: Volume, attach_distance_mm: float = 10.0) -> MaskChange:
    """Remove the pieces of arteries that do not hang together with the tree.

    A piece hangs together where it lies within a distance of a piece, of its own artery or of the one that this
    leaves, that does. The largest piece of each artery stays in any case: where it is detached, it is to be
    joined or removed by whoever looks at it.

    Parameters
    ----------
    arteries : Volume
        Territory labels.
    attach_distance_mm : float
        Between voxel centres, as in ``MeasurementParameters``.

    Raises
    ------
    InputError
        Where everything hangs together.
    """
    attached: dict[str, np.ndarray] = {}
    loose, said = [], []
    for each in _parents_first():
        kji, count, piece = pieces_of(arteries.array == each.label)
        if count == 0:
            continue
        stays = np.ones(len(kji), bool)
        if count > 1:
            parent = attached.get(each.parent or "", np.zeros((0, 3), int))
            stays = _attached(kji, count, piece, parent, arteries.grid, attach_distance_mm)
        attached[each.name] = kji[stays]
        if not stays.all():
            loose.append(kji[~stays])
            number = len(np.unique(piece[~stays]))
            said.append(f"{each.title} {number} piece{'' if number == 1 else 's'}, {amount(len(loose[-1]), arteries)}")
    if not loose:
        raise InputError(
            f"Every piece lies within {attach_distance_mm:g} mm of its artery or of the one that this leaves; "
            "nothing was removed."
        )
    text = f"Removed what does not hang together: {'; '.join(said)}."
    return change_of(ARTERIES, arteries, np.concatenate(loose), 0, text)


def _attached(kji, count, piece, parent_kji, grid: Grid, attach_distance_mm: float) -> np.ndarray:
    """Return which voxels of an artery lie in pieces that hang together with its largest one or with its parent."""
    stays = np.zeros(count, bool)
    stays[np.bincount(piece, minlength=count).argmax()] = True
    near = _near(kji, parent_kji, grid, attach_distance_mm)
    stays[piece[near]] = True
    fresh = stays.copy()
    while fresh.any() and not stays.all():
        waiting = np.flatnonzero(~stays[piece])
        near = _near(kji[waiting], kji[fresh[piece]], grid, attach_distance_mm)
        fresh = np.zeros(count, bool)
        fresh[piece[waiting[near]]] = True
        stays |= fresh
    return stays[piece]


def _near(kji: np.ndarray, others: np.ndarray, grid: Grid, distance_mm: float) -> np.ndarray:
    """Return which voxels lie within a distance of any of the others."""
    result = np.zeros(len(kji), bool)
    if len(kji) == 0 or len(others) == 0:
        return result
    box = grown(
        tuple(slice(int(a), int(b) + 1) for a, b in zip(kji.min(0), kji.max(0), strict=True)), distance_mm, grid
    )
    low, high = (np.array([getattr(part, end) for part in box]) for end in ("start", "stop"))
    others = others[((others >= low) & (others < high)).all(axis=1)]
    if len(others):
        reach = distance_mm + TOLERANCE_MM
        away, _ = cKDTree(grid.ras_of_kji(others)).query(grid.ras_of_kji(kji), distance_upper_bound=reach)
        result = np.isfinite(away)
    return result


def _parents_first():
    """Return the territories, each after the one that it leaves."""
    return sorted(TERRITORIES, key=lambda each: 0 if each.parent is None else 1)


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]

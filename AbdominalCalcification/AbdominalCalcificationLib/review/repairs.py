"""Pieces of arteries that have the wrong name, or hang together with nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..anatomy import TERRITORIES, territory
from ..errors import InputError
from ..geometry import Volume
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
    loose, said, labels = [], [], []
    for each in _parents_first():
        kji, count, piece = pieces_of(arteries.array == each.label)
        if count == 0:
            continue
        parent = attached.get(each.parent or "", np.zeros((0, 3), int))
        stays = _attached(kji, count, piece, parent, arteries, attach_distance_mm)
        attached[each.name] = kji[stays]
        if not stays.all():
            loose.append(kji[~stays])
            labels.append(each)
            number = len(np.unique(piece[~stays]))
            said.append(f"{each.title} {number} piece{'' if number == 1 else 's'}, {amount(len(loose[-1]), arteries)}")
    if not loose:
        raise InputError(
            f"Every piece lies within {attach_distance_mm:g} mm of its artery or of the one that this leaves; "
            "nothing was removed."
        )
    text = f"Removed what does not hang together: {'; '.join(said)}."
    return change_of(ARTERIES, arteries, np.concatenate(loose), 0, text)


def _attached(kji, count, piece, parent_kji, arteries: Volume, attach_distance_mm: float) -> np.ndarray:
    """Return which voxels of an artery lie in pieces that hang together with its largest one or with its parent."""
    points = arteries.grid.ras_of_kji(kji)
    stays = np.zeros(count, bool)
    stays[np.bincount(piece, minlength=count).argmax()] = True
    reach = attach_distance_mm + TOLERANCE_MM
    if len(parent_kji):
        near, _ = cKDTree(arteries.grid.ras_of_kji(parent_kji)).query(points, distance_upper_bound=reach)
        stays[piece[np.isfinite(near)]] = True
    fresh = stays.copy()
    while fresh.any() and not stays.all():
        waiting = np.flatnonzero(~stays[piece])
        near, _ = cKDTree(points[fresh[piece]]).query(points[waiting], distance_upper_bound=reach)
        fresh = np.zeros(count, bool)
        fresh[piece[waiting[np.isfinite(near)]]] = True
        stays |= fresh
    return stays[piece]


def _parents_first():
    """Return the territories, each after the one that it leaves."""
    return sorted(TERRITORIES, key=lambda each: 0 if each.parent is None else 1)


def _lower(title: str) -> str:
    return title[:1].lower() + title[1:]

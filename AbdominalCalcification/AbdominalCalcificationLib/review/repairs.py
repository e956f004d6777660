"""Pieces of arteries that have the wrong name, or hang together with nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from ..anatomy import TERRITORIES, lowered, territory
from ..errors import InputError
from ..geometry import Grid, Volume, grown
from ..geometry.voxels import TOLERANCE_MM
from ..measurement.assignment import chunks
from ..progress import Progress, Steps, drain, shown
from .change import ARTERIES, MaskChange, amount, change_of
from .picking import cut_out, picked_piece_steps, pieces_of_steps

_RENAMING = Progress("Looking for the piece", 0.3)
_LOOKING = Progress("Looking for what does not hang together", 0.0)


def relabel_piece(arteries: Volume, point_ras: npt.ArrayLike, name: str | None) -> MaskChange:
    """Do as :func:`relabel_piece_steps` in one go."""
    return drain(relabel_piece_steps(arteries, point_ras, name))


def relabel_piece_steps(arteries: Volume, point_ras: npt.ArrayLike, name: str | None) -> Steps[MaskChange]:
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
    picked = yield from shown(picked_piece_steps(arteries, point_ras), _RENAMING)
    before, kji, near, box = picked.artery, picked.kji, picked.near, picked.box
    if name is None:
        text = f"{before.title}: {amount(len(kji), arteries)} removed."
        return change_of(ARTERIES, near, kji, 0, text).placed(box)
    after = territory(name)
    if after is before:
        raise InputError(f"This piece is the {lowered(after.title)} already; nothing was changed.")
    text = f"{amount(len(kji), arteries)} of the {lowered(before.title)} become the {lowered(after.title)}."
    return change_of(ARTERIES, near, kji, after.label, text).placed(box)


def remove_loose(arteries: Volume, attach_distance_mm: float = 10.0) -> MaskChange:
    """Do as :func:`remove_loose_steps` in one go."""
    return drain(remove_loose_steps(arteries, attach_distance_mm))


def remove_loose_steps(arteries: Volume, attach_distance_mm: float = 10.0) -> Steps[MaskChange]:
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
    near, box = cut_out(arteries)
    yield _LOOKING
    for number, each in enumerate(_parents_first()):
        progress = Progress(_LOOKING.stage, number / len(TERRITORIES))
        kji, count, piece = yield from shown(pieces_of_steps(near.array == each.label), progress)
        if count == 0:
            continue
        stays = np.ones(len(kji), bool)
        if count > 1:
            parent = attached.get(each.parent or "", np.zeros((0, 3), int))
            steps = _attached_steps(kji, count, piece, parent, near.grid, attach_distance_mm)
            stays = yield from shown(steps, progress)
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
    return change_of(ARTERIES, near, np.concatenate(loose), 0, text).placed(box)


def _attached_steps(kji, count, piece, parent_kji, grid: Grid, attach_distance_mm: float) -> Steps[np.ndarray]:
    """Return which voxels of an artery lie in pieces that hang together with its largest one or with its parent."""
    stays = np.zeros(count, bool)
    stays[np.bincount(piece, minlength=count).argmax()] = True
    fresh, sources = stays.copy(), parent_kji
    while fresh.any() and not stays.all():
        waiting = np.flatnonzero(~stays[piece])
        # What joined last, and at first the parent: all that the waiting ones can hang on and were not held against.
        sources = np.concatenate([sources, kji[fresh[piece]]])
        near = yield from _near_steps(kji[waiting], sources, grid, attach_distance_mm)
        fresh, sources = np.zeros(count, bool), kji[:0]
        fresh[piece[waiting[near]]] = True
        stays |= fresh
    return stays[piece]


def _near_steps(kji: np.ndarray, others: np.ndarray, grid: Grid, distance_mm: float) -> Steps[np.ndarray]:
    """Return which voxels lie within a distance of any of the others."""
    result = np.zeros(len(kji), bool)
    if len(kji) == 0 or len(others) == 0:
        return result
    box = grown(
        tuple(slice(int(a), int(b) + 1) for a, b in zip(kji.min(0), kji.max(0), strict=True)), distance_mm, grid
    )
    low, high = (np.array([getattr(part, end) for part in box]) for end in ("start", "stop"))
    others = others[((others >= low) & (others < high)).all(axis=1)]
    yield _LOOKING
    if len(others):
        # Built without medians, which takes a fifth of the time; voxels lie evenly as they are.
        tree = cKDTree(grid.ras_of_kji(others), balanced_tree=False, compact_nodes=False)
        reach = distance_mm + TOLERANCE_MM
        yield _LOOKING
        for some in chunks(np.arange(len(kji))):
            away, _ = tree.query(grid.ras_of_kji(kji[some]), distance_upper_bound=reach)
            result[some] = np.isfinite(away)
            yield _LOOKING
    return result


def _parents_first():
    """Return the territories, each after the one that it leaves."""
    return sorted(TERRITORIES, key=lambda each: 0 if each.parent is None else 1)

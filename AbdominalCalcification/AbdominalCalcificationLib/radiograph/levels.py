"""Which vertebra is which: bodies that a network found, in their order along the spine, and the names that fit best.

The network says for each pixel how much it looks like each vertebra. Bodies are pieces of what is a vertebra at all;
each votes with the mean of its pixels, and of all orders of names that a spine can have (... T12, L1, ... L5 or L6 or
neither, S1) the likeliest one is taken, by dynamic programming. So no vertebra has two names, and none is named twice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from .spine import LABELS, ORDER, largest_piece

# Least share of the usual body's area that a body has, at the film's upper or lower border and elsewhere; less is a
# piece of something else.
_LEAST_AREA, _LEAST_INNER_AREA = 0.12, 0.3
# More than so much of it is two bodies that touch, each of at least this part.
_TOUCHING_AREA, _PART_AREA = 1.45, 0.4
# The network's mean probability of a name is never taken for less than this: one body cannot rule out all others.
_LEAST_PROBABILITY = 1e-3
# What it costs, in logarithms of probabilities, to leave out a body at an end of the spine, above T12, and between
# others; to leave out a name between two bodies, and so much less where the gap between them, in usual distances of
# neighbours, has room for it; and to leave out none where it has: a body was passed over there.
_LEFT_OUT, _ABOVE, _BETWEEN, _SKIPPED, _ROOM, _WITH_ROOM, _PASSED_OVER = 4.0, 1.0, 5.5, 6.0, 1.6, 0.25, 3.0
# Below this lead of the likeliest order over the best other one, levels are uncertain: the other one is more than a
# twentieth as likely.
UNCERTAIN_LEAD = 3.0
# Names that may come right after each other; None of them is skipped then.
_NEXT = {
    "T12": ("L1",), "L1": ("L2",), "L2": ("L3",), "L3": ("L4",), "L4": ("L5", "S1"), "L5": ("L6", "S1"), "L6": ("S1",),
    "S1": (),
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Levels:
    """Named bodies.

    Attributes
    ----------
    labels : ndarray of uint8, shape (rows, columns)
        Values of :data:`.spine.LABELS`.
    names : tuple of str
        From head to foot.
    lead : float
        Logarithm of how many times likelier this order of names is than the best one that names a body otherwise.
    likelihood : float
        Mean over bodies of the logarithm of the probability of its name; 0 is certain.
    """

    labels: np.ndarray
    names: tuple[str, ...]
    lead: float
    likelihood: float

    @property
    def is_uncertain(self) -> bool:
        return self.lead < UNCERTAIN_LEAD

    @property
    def is_transitional(self) -> bool:
        """Whether there are four or six lumbar vertebrae."""
        at = self.names.index("S1") if "S1" in self.names else 0
        return "L6" in self.names or (at > 0 and self.names[at - 1] == "L4")


def name_levels(shares: np.ndarray) -> Levels:
    """Return the vertebrae by the network's probabilities.

    Parameters
    ----------
    shares : ndarray, shape (9, rows, columns)
        Probabilities of the background and of the values of :data:`.spine.LABELS`.
    """
    values = [LABELS[name] for name in ORDER]
    pieces, count = _pieces(shares)
    labels = np.zeros(shares.shape[1:], np.uint8)
    if count == 0:
        return Levels(labels, (), np.inf, 0.0)
    index = range(1, count + 1)
    votes = np.array([ndimage.mean(shares[value], pieces, index) for value in values]).T
    votes /= np.maximum(votes.sum(axis=1, keepdims=True), 1e-9)
    centers = np.array(ndimage.center_of_mass(np.ones_like(pieces), pieces, index))
    order = _along_spine(centers)
    votes, centers = np.log(np.maximum(votes[order], _LEAST_PROBABILITY)), centers[order]
    best, names = _likeliest(votes, centers)
    for at, name in zip(order, names, strict=True):
        if name is not None:
            labels[pieces == at + 1] = LABELS[name]
    kept = [name for name in names if name is not None]
    lead = best - _best_other(votes, centers, names)
    own = [votes[n, ORDER.index(name)] for n, name in enumerate(names) if name is not None]
    return Levels(labels, tuple(kept), float(lead), float(np.mean(own)) if own else 0.0)


def _pieces(shares: np.ndarray) -> tuple[np.ndarray, int]:
    """Return bodies as a label map from 1, and their number: pieces of what is a vertebra, told apart and joined."""
    mask = ndimage.binary_fill_holes(ndimage.binary_opening(shares[0] < 0.5))
    pieces, count = ndimage.label(mask)
    if count == 0:
        return pieces, 0
    likeliest = np.argmax(shares[1:], axis=0) + 1
    areas = np.bincount(pieces.ravel())[1:]
    # Of what looks alike: pieces may all be two bodies that touch.
    alike = np.bincount(likeliest[mask])
    usual = float(np.median(alike[alike >= _LEAST_INNER_AREA * alike.max()]))
    for n in np.flatnonzero(areas > _TOUCHING_AREA * usual) + 1:
        pieces = _split(pieces, int(n), likeliest, usual)
    pieces = _together(pieces, likeliest, usual)
    areas = np.bincount(pieces.ravel())
    areas[0] = 0
    # What the border of the film cuts off may be small.
    at_border = np.unique(np.concatenate([pieces[0], pieces[-1]]))
    least = np.where(np.isin(np.arange(len(areas)), at_border), _LEAST_AREA, _LEAST_INNER_AREA)
    kept = np.flatnonzero(areas >= np.maximum(least * usual, 1))
    numbers = np.zeros(len(areas), int)
    numbers[kept] = np.arange(1, len(kept) + 1)
    return numbers[pieces], len(kept)


def _split(pieces: np.ndarray, number: int, likeliest: np.ndarray, usual: float) -> np.ndarray:
    """Return the pieces with one of them parted: by what its parts look like, else where it is narrow."""
    mask = pieces == number
    found = np.bincount(likeliest[mask], minlength=1 + len(LABELS))
    cores = np.zeros(pieces.shape, int)
    for n, value in enumerate(np.flatnonzero(found >= _PART_AREA * usual), start=1):
        cores[largest_piece(mask & (likeliest == value))] = n
    if cores.max() < 2:
        cores = _narrowed(mask)
    if cores.max() < 2:
        return pieces
    _, (rows, columns) = ndimage.distance_transform_edt(cores == 0, return_indices=True)
    own = cores[rows, columns]
    parted = pieces.copy()
    parted[mask] = np.where(own[mask] == 1, number, pieces.max() + own[mask] - 1)
    return parted


def _narrowed(mask: np.ndarray) -> np.ndarray:
    """Return the cores of a piece, from 1, that are left where what is near its border is taken away."""
    depth = ndimage.distance_transform_edt(mask)
    for share in (0.5, 0.6, 0.7, 0.8):
        cores, count = ndimage.label(depth > share * depth.max())
        sizes = np.bincount(cores.ravel())[1:] if count else np.zeros(0)
        if count > 1 and (sizes > 0.1 * sizes.max()).sum() > 1:
            return cores
    return np.zeros(mask.shape, int)


def _together(pieces: np.ndarray, likeliest: np.ndarray, usual: float) -> np.ndarray:
    """Return the pieces with parts of one body put together: alike, side by side, and not too large for one."""
    joined = pieces.copy()
    numbers = np.unique(pieces)[1:]
    areas = {int(n): int((pieces == n).sum()) for n in numbers}
    looks = {n: int(np.bincount(likeliest[pieces == n]).argmax()) for n in areas}
    centers = dict(zip(areas, ndimage.center_of_mass(np.ones_like(pieces), pieces, list(areas)), strict=True))
    for n in sorted(areas, key=lambda each: areas[each]):
        near = [
            m
            for m in areas
            if m != n
            and looks[m] == looks[n]
            and areas[n] + areas[m] <= _TOUCHING_AREA * usual
            and np.subtract(centers[n], centers[m]) @ np.subtract(centers[n], centers[m]) < usual
        ]
        if near:
            into = max(near, key=lambda each: areas[each])
            joined[joined == n] = into
            areas[into] += areas.pop(n)
    return joined


def _along_spine(centers: np.ndarray) -> np.ndarray:
    """Return the order of bodies from head to foot."""
    if len(centers) < 3:
        return np.argsort(centers[:, 0])
    middle = centers - centers.mean(axis=0)
    _, _, ways = np.linalg.svd(middle, full_matrices=False)
    way = ways[0] if ways[0, 0] > 0 else -ways[0]
    # A spine lies along the image; where bodies are scattered, down is down.
    return np.argsort(middle @ way) if way[0] > 0.7 else np.argsort(centers[:, 0])


def _steps(first: int, second: int) -> float:
    """Return how many names are skipped from one to the other; infinite where it is not further down."""
    seen, now = 0, {ORDER[first]}
    while now and seen <= len(ORDER):
        now = {following for name in now for following in _NEXT[name]}
        if ORDER[second] in now:
            return float(seen)
        seen += 1
    return np.inf


_SKIPS = np.array([[_steps(a, b) for b in range(len(ORDER))] for a in range(len(ORDER))])


def _likeliest(
    votes: np.ndarray, centers: np.ndarray, barred: tuple[int, str] | None = None
) -> tuple[float, list[str | None]]:
    """Return the likelihood of the best order of names, and the names; `barred` is one that a body must not have."""
    count = len(votes)
    usual = _usual_gap(centers)
    # best[n, m]: of the first n + 1 bodies, where the last one that has a name is body n, named m.
    best = np.full((count, len(ORDER)), -np.inf)
    before: dict[tuple[int, int], tuple[int, int] | None] = {}
    for n in range(count):
        for m, name in enumerate(ORDER):
            if barred is not None and barred == (n, name):
                continue
            above = _ABOVE if name == "T12" else _LEFT_OUT
            options: list[tuple[float, tuple[int, int] | None]] = [(-above * n, None)]
            for k in range(n):
                gap = float(np.linalg.norm(centers[n] - centers[k])) / usual
                for j in range(len(ORDER)):
                    skipped = _SKIPS[j, m]
                    if np.isfinite(skipped) and np.isfinite(best[k, j]):
                        cost = _cost(skipped, gap)
                        options.append((best[k, j] - cost - _BETWEEN * (n - k - 1), (k, j)))
            value, came = max(options, key=lambda each: each[0])
            best[n, m] = value + votes[n, m]
            before[n, m] = came
    ends = [(best[n, m] - _LEFT_OUT * (count - n - 1), (n, m)) for n in range(count) for m in range(len(ORDER))]
    value, at = max(ends, key=lambda each: each[0])
    names: list[str | None] = [None] * count
    place: tuple[int, int] | None = at if np.isfinite(value) else None
    while place is not None:
        names[place[0]] = ORDER[place[1]]
        place = before[place]
    return float(value), names


def _cost(skipped: float, gap: float) -> float:
    """Return what it costs to skip names over a gap, in usual distances of neighbours."""
    has_room = gap > _ROOM * max(skipped, 1.0)
    return (_WITH_ROOM if has_room else 1.0) * _SKIPPED * skipped + (_PASSED_OVER if has_room and skipped == 0 else 0.0)


def _usual_gap(centers: np.ndarray) -> float:
    if len(centers) < 2:
        return 1.0
    return max(float(np.median(np.linalg.norm(np.diff(centers, axis=0), axis=1))), 1e-6)


def _best_other(votes: np.ndarray, centers: np.ndarray, names: list[str | None]) -> float:
    """Return the likelihood of the best order that names a body otherwise which has a name."""
    others = [_likeliest(votes, centers, (n, name))[0] for n, name in enumerate(names) if name is not None]
    return max(others, default=-np.inf)

"""Harrell's C: how often whoever has the event first had the higher predicted risk."""

from __future__ import annotations

import numpy as np


def concordance(time: np.ndarray, event: np.ndarray, score: np.ndarray) -> float | None:
    """Return Harrell's C (1996, doi 10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4).

    Of all pairs in which it is known who had the event first, the part in which this one has the higher score; pairs of
    equal scores count half. Whoever leaves at the time of an event counts as later; two events at one time make no
    pair.

    Parameters
    ----------
    time : float array, shape (n,)
    event : bool array, shape (n,)
    score : float array, shape (n,)
        Rises with the risk.

    Returns
    -------
    float or None
        None without such a pair.

    Examples
    --------
    >>> concordance(np.array([1.0, 2.0, 3.0]), np.array([True, True, False]), np.array([3.0, 1.0, 2.0]))
    0.6666666666666666
    """
    event = np.asarray(event, bool)
    order = np.lexsort((event, -np.asarray(time, float)))
    time, event = np.asarray(time, float)[order], event[order]
    rank = np.unique(np.asarray(score)[order], return_inverse=True)[1]
    events = np.flatnonzero(event)
    if not len(events):
        return None
    # Events at one time lie side by side; what comes before the first of them is known to be later.
    first = np.r_[True, (time[events][1:] != time[events][:-1])]
    later = events[np.maximum.accumulate(np.where(first, np.arange(len(events)), 0))]
    lower = _counts_before(rank, later, rank[events])
    not_higher = _counts_before(rank, later, rank[events] + 1)
    pairs = int(later.sum())
    return float((lower.sum() + not_higher.sum()) / 2 / pairs) if pairs else None


def _counts_before(rank: np.ndarray, end: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Return, for each query, how many of ``rank[:end]`` are below `limit`; whole numbers from 0.

    A prefix is made of blocks of powers of two, in each of which sorted ranks are searched: n log² n steps.
    """
    found = np.zeros(len(end), int)
    span = int(rank.max()) + 2
    size = 1
    while size <= end.max(initial=0):
        blocks = -(-len(rank) // size)
        padded = np.full(blocks * size, span - 1)
        padded[: len(rank)] = rank
        keys = (np.sort(padded.reshape(blocks, size), axis=1) + span * np.arange(blocks)[:, None]).ravel()
        asked = np.flatnonzero(end & size)
        block = end[asked] // size - 1
        found[asked] += np.searchsorted(keys, limit[asked] + span * block) - block * size
        size *= 2
    return found

"""What a label map is like in a few numbers, which follow an edit without the whole being looked at again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

_WORD = 8
_MODULUS = 1 << 64


@dataclass(frozen=True)
class MaskState:
    """How many voxels each label of a mask has, and a fingerprint of where they are.

    States of parts that share no voxel add up to that of the whole; so the state after an edit is that before it,
    less the old voxels of the edited box, plus its new ones.

    Attributes
    ----------
    counts : mapping of int to int
        Voxels of each label that has some.
    fingerprint : int
        Sum over the labelled voxels of a 64-bit hash of place and label, modulo 2**64.

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((4, 4, 4), np.uint8)
    >>> mask[1, 1, 1:3] = 5
    >>> whole = MaskState.of(mask)
    >>> whole.counts
    {5: 2}
    >>> whole == MaskState.of(mask[:2], shape=mask.shape) + MaskState.of(mask[2:], (2, 0, 0), mask.shape)
    True
    """

    counts: Mapping[int, int]
    fingerprint: int

    @classmethod
    def of(cls, labels: np.ndarray, start=(0, 0, 0), shape: tuple[int, int, int] | None = None) -> MaskState:
        """Return the state of a part of a mask.

        Parameters
        ----------
        labels : ndarray of uint8, shape (k, j, i)
        start : sequence of int
            Where its first voxel lies in the mask (k, j, i).
        shape : tuple of int, optional
            Of the mask; that of `labels` by default.
        """
        shape = labels.shape if shape is None else shape
        flat = np.ascontiguousarray(labels).reshape(-1).view(np.uint8)
        # Eight voxels at a time: most of a mask is empty.
        whole = flat.size // _WORD * _WORD
        words = np.flatnonzero(flat[:whole].view(np.uint64))
        near = (words[:, None] * _WORD + np.arange(_WORD)).reshape(-1)
        near = np.concatenate([near, np.arange(whole, flat.size)])
        where = near[flat[near] != 0]
        values = flat[where]
        counts = np.bincount(values, minlength=1)
        k, j, i = np.unravel_index(where, labels.shape)
        index = ((k + start[0]) * shape[1] + (j + start[1])) * shape[2] + (i + start[2])
        hashed = _mixed(index.astype(np.uint64) * np.uint64(256) + values.astype(np.uint64))
        total = int(hashed.sum(dtype=np.uint64)) if hashed.size else 0
        return cls({int(label): int(counts[label]) for label in np.flatnonzero(counts)}, total)

    def __add__(self, other: MaskState) -> MaskState:
        return self._with(other, 1)

    def __sub__(self, other: MaskState) -> MaskState:
        return self._with(other, -1)

    def _with(self, other: MaskState, sign: int) -> MaskState:
        labels = sorted({*self.counts, *other.counts})
        counts = {label: self.counts.get(label, 0) + sign * other.counts.get(label, 0) for label in labels}
        fingerprint = (self.fingerprint + sign * other.fingerprint) % _MODULUS
        return MaskState({label: count for label, count in counts.items() if count}, fingerprint)

    def document(self) -> dict:
        """Return this as JSON values."""
        return {"voxels": {str(label): count for label, count in self.counts.items()}, "mask": f"{self.fingerprint:x}"}

    @classmethod
    def read(cls, document: Mapping) -> MaskState:
        """Return what :meth:`document` wrote."""
        return cls({int(label): int(count) for label, count in document["voxels"].items()}, int(document["mask"], 16))


def _mixed(values: np.ndarray) -> np.ndarray:
    """Return hashes of 64-bit integers: the finaliser of SplitMix64 (Steele, Lea & Flood 2014)."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))

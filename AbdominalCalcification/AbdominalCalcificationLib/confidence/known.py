"""Confidence that stays with what it is of: known of a territory or a plaque as long as its voxels are the model's.

What a model was how certain of is kept with the origin of its mask, as JSON values, together with the voxels that
were meant. So nothing has to be told of edits: what was painted, erased, undone or counted on other voxels is seen.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

# Why there is a number, or none; `measurement.md#confidence` says it in words.
MODEL, UNCALIBRATED, NOT_ASKED = "model", "uncalibrated", "not_asked"
GIVEN, THRESHOLD, CORRECTED = "given", "threshold", "corrected"
BASES = (MODEL, UNCALIBRATED, NOT_ASKED, GIVEN, THRESHOLD, CORRECTED)
KEY = "confidence"


class Confidence(NamedTuple):
    """A probability, 0 to 1, or None, and on what it is based: one of :data:`BASES`."""

    value: float | None
    basis: str


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of the confidence of two masks.

    Attributes
    ----------
    arteries, calcification : mapping
        What :func:`of_arteries` and :func:`of_plaques` returned, or the basis alone.
    """

    arteries: Mapping = field(default_factory=lambda: {"basis": GIVEN})
    calcification: Mapping = field(default_factory=lambda: {"basis": GIVEN})

    @classmethod
    def of(cls, origins: Iterable[Mapping]) -> Known:
        """Return what the origins of masks keep, see :attr:`pipeline.Analysis.origins`."""
        kept: dict[str, Mapping] = {}
        for origin in origins:
            kept |= origin.get(KEY) or {}
        given = {"basis": GIVEN}
        return cls(kept.get("arteries", given), kept.get("calcification", given))

    def of_territory(self, name: str, kji: np.ndarray | None, shape: Sequence[int]) -> Confidence:
        """Return the confidence of a territory whose mask has the voxels `kji`, in the order of the array."""
        basis = str(self.arteries.get("basis"))
        if basis != MODEL:
            return Confidence(None, basis)
        entry = self.arteries.get("territories", {}).get(name)
        if entry is None or kji is None or list(shape) != self.arteries.get("shape"):
            return Confidence(None, CORRECTED)
        if entry["voxels"] != fingerprint(kji):
            return Confidence(None, CORRECTED)
        return Confidence(entry["confidence"], MODEL)

    def of_clusters(self, mask: np.ndarray, kji: np.ndarray, cluster: np.ndarray, count: int) -> list[Confidence]:
        """Return the confidence of each cluster: that of the plaque which it is of, or is.

        Parameters
        ----------
        mask : ndarray, shape (k, j, i)
            Non-zero where calcified.
        kji : ndarray of int, shape (n, 3)
            Calcified voxels, in the order of the array.
        cluster : ndarray of int, shape (n,)
            Of each, from 1; 0 where it is of none.
        count : int
            Number of clusters.
        """
        basis = str(self.calcification.get("basis"))
        if basis != MODEL:
            return [Confidence(None, basis)] * count
        gone = [Confidence(None, CORRECTED)] * count
        if list(mask.shape) != self.calcification.get("shape"):
            return gone
        kept = _kept(self.calcification["voxels"], self.calcification["plaques"])
        values = self.calcification["values"]
        if not count or not len(kept.voxels):
            return gone
        is_whole = np.ones(len(values) + 1, bool)  # the last one stands for voxels of no plaque
        is_whole[-1] = False
        is_whole[kept.plaque[mask.reshape(-1)[kept.voxels] == 0]] = False
        some = cluster > 0
        flat = np.ravel_multi_index(tuple(kji[some].T), mask.shape)
        place = np.minimum(np.searchsorted(kept.voxels, flat), len(kept.voxels) - 1)
        plaque = np.where(kept.voxels[place] == flat, kept.plaque[place], len(values))
        low, high = np.full(count, len(values)), np.full(count, -1)
        np.minimum.at(low, cluster[some] - 1, plaque)
        np.maximum.at(high, cluster[some] - 1, plaque)
        same = (low == high) & is_whole[np.minimum(low, len(values))]
        return [
            Confidence(values[n], MODEL) if ok else Confidence(None, CORRECTED)
            for n, ok in zip(low.tolist(), same.tolist(), strict=True)
        ]


def of_arteries(confidences: Mapping[str, float], kji: Mapping[str, np.ndarray], shape: Sequence[int]) -> dict:
    """Return what is kept of the confidence of territories, by name, whose voxels are `kji`, in the array's order."""
    entries = {name: {"confidence": value, "voxels": fingerprint(kji[name])} for name, value in confidences.items()}
    return {"basis": MODEL, "shape": [int(size) for size in shape], "territories": entries}


def of_plaques(values: Sequence[float], voxels: np.ndarray, plaque: np.ndarray, shape: Sequence[int]) -> dict:
    """Return what is kept of the confidence of plaques.

    Parameters
    ----------
    values : sequence of float
        One for each plaque.
    voxels : ndarray of int64, shape (n,)
        Flat indices of the mask's voxels, rising.
    plaque : ndarray of int, shape (n,)
        Of each, from 0.
    shape : sequence of int
        Of the mask.
    """
    return {
        "basis": MODEL,
        "shape": [int(size) for size in shape],
        "values": [float(value) for value in values],
        "voxels": _packed(np.diff(voxels, prepend=0).astype("<u4")),
        "plaques": _packed(plaque.astype("<u4")),
    }


def of_basis(basis: str) -> dict:
    """Return what is kept where there is no number."""
    return {"basis": basis}


def fingerprint(kji: np.ndarray) -> str:
    """Return what tells sets of voxels apart: how many they are, and a checksum of where, in the array's order."""
    return f"{len(kji)}:{zlib.crc32(np.ascontiguousarray(kji, np.int32).tobytes()):08x}"


class _Kept(NamedTuple):
    voxels: np.ndarray
    plaque: np.ndarray


@lru_cache(maxsize=8)
def _kept(voxels: str, plaques: str) -> _Kept:
    return _Kept(np.cumsum(_unpacked(voxels), dtype=np.int64), _unpacked(plaques).astype(np.int64))


def _packed(numbers: np.ndarray) -> str:
    return base64.b64encode(zlib.compress(numbers.tobytes(), 6)).decode("ascii")


def _unpacked(text: str) -> np.ndarray:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), "<u4")

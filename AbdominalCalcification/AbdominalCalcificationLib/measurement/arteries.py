"""The artery mask: its voxels by territory, and which of them can be measured, kept up with edits."""

from __future__ import annotations

import numpy as np

from ..anatomy import TERRITORIES
from ..geometry import Box, Volume, common_box
from ..progress import Steps
from .plausibility import (
    Judgement,
    PlausibleArteries,
    judged_steps,
    label_counts_steps,
    label_voxels_steps,
    listed_labels,
    plausible_of,
)
from .rows import with_others_in

_NOTHING = np.zeros((0, 3), np.int32)


class ArteryMask:
    """Territory labels, edited in place, and what of them can be an artery.

    Parameters
    ----------
    arteries : Volume
        Territory labels.
    """

    def __init__(self, arteries: Volume):
        self.volume = arteries
        self._counts: np.ndarray | None = None
        self._voxels: dict[int, np.ndarray] = {}
        self._judged: dict[str, tuple[np.ndarray | None, Judgement]] = {}
        self._edited: list[tuple[int, Box]] = []
        self._changed: list[tuple[int, Box]] = []

    def edit(self, box: Box, before: np.ndarray, after: np.ndarray) -> None:
        """Follow an edit that was written to the array; values are labels of territories, or 0."""
        if self._counts is None:
            return
        changed, counts = before != after, self._counts
        self._counts = counts + np.bincount(after[changed], minlength=256)
        self._counts -= np.bincount(before[changed], minlength=256)
        self._counts[0] = 0
        start = [part.start for part in box]
        labels = set(before[changed].tolist()) | set(after[changed].tolist())
        for label in labels - {0}:
            self._edited.append((label, box))
            if label in self._voxels or counts[label] == 0:
                own = (np.argwhere(after == label) + start).astype(np.int32)
                self._voxels[label] = _replaced(self._voxels.get(label, _NOTHING), box, own)

    def plausible_steps(self) -> Steps[PlausibleArteries]:
        """Judge the territories of which anything was changed; see :func:`plausible_arteries_steps`."""
        array, grid = self.volume.array, self.volume.grid
        if self._counts is None:
            counts = yield from label_counts_steps(array)
            self._voxels = yield from label_voxels_steps(array, listed_labels(counts, grid))
            counts[0] = 0
            self._counts = counts
        counts, listed = self._counts, listed_labels(self._counts, grid)
        missing = listed & (counts > 0)
        for label in np.flatnonzero(missing).tolist():
            missing[label] = len(self._voxels.get(label, _NOTHING)) != counts[label]
        if missing.any():  # there were too many of them to be listed
            self._voxels.update((yield from label_voxels_steps(array, missing)))
        for territory in TERRITORIES:
            label, count = territory.label, int(counts[territory.label])
            kji = self._voxels.get(label) if listed[label] else None
            known = self._judged.get(territory.name)
            if count == 0:
                judgement = None
            elif known is not None and kji is not None and known[0] is kji:
                continue
            else:
                shape = None if known is None else known[1].shape
                edited = common_box(box for each, box in self._edited if each == label)
                judgement = yield from judged_steps(territory, count, kji, grid, shape, edited)
            self._put(territory.name, label, kji, judgement)
        return plausible_of({name: judgement for name, (_, judgement) in self._judged.items()})

    def voxels(self, label: int) -> np.ndarray | None:
        """Return all voxels of a label, in the order of the array; None where they are too many to be listed."""
        return self._voxels.get(label)

    def changes(self) -> list[tuple[int, Box]]:
        """Return, once, labels and boxes in which plausible voxels may have changed since they were judged first."""
        changed, self._changed = self._changed, []
        return changed

    def _put(self, name: str, label: int, kji: np.ndarray | None, judgement: Judgement | None) -> None:
        _, before = self._judged.pop(name, (None, None))
        if judgement is not None:
            self._judged[name] = kji, judgement
        edited = [(each, box) for each, box in self._edited if each == label]
        self._edited = [(each, box) for each, box in self._edited if each != label]
        if all(each is None or each.is_whole for each in (before, judgement)):
            self._changed += edited
        else:
            voxels = [_NOTHING if each is None else each.kji for each in (before, judgement)]
            self._changed += [(label, box) for box in _boxes_of(*voxels, self.volume.grid.shape)]


def _replaced(kji: np.ndarray, box: Box, own: np.ndarray) -> np.ndarray:
    """Return voxels, in the order of the array, with others in the place of all those in a box."""
    first, last, part = with_others_in(kji, box, own)
    return np.concatenate([kji[:first], part, kji[last:]])


def _boxes_of(before: np.ndarray, after: np.ndarray, shape: tuple[int, ...]) -> list[Box]:
    """Return the box around the voxels that are in one of two sets only; none where they are equal."""
    strides = np.array([shape[1] * shape[2], shape[2], 1], np.int64)
    different = np.setxor1d(before @ strides, after @ strides, assume_unique=True)
    if not len(different):
        return []
    places = np.unravel_index(different, shape)
    return [tuple(slice(int(axis.min()), int(axis.max()) + 1) for axis in places)]

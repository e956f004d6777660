"""What an edit changed in a mask, from what it was before: told to the history that is kept with the node."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..geometry import Box, Grid, bounding_box, common_box
from ..history import UNATTENDED, Entry, MaskState
from ..progress import drained
from ..reading.meanings import Wanted
from . import edits
from .layers import Layers, read_layers, whole_layer

# What leads back to a state that the mask had before.
UNDONE = "undo or redo"
# So many voxels are looked at in one step.
_STEP_VOXELS = 1 << 21


@dataclass(frozen=True, eq=False)
class Edit:
    """One edit of a mask.

    Attributes
    ----------
    entry : Entry
    where : ndarray of int64
        Which voxels changed: indices in the flattened grid of the CT (k, j, i), rising.
    labels : ndarray of uint8
        What they are now.
    is_new_start : bool
        Another mask was put in its place, with a history of its own: this is no part of it.
    """

    entry: Entry
    where: np.ndarray
    labels: np.ndarray
    is_new_start: bool


class MaskTracker:
    """Knows a mask as it was, and finds what became of it; :func:`tracker_steps` makes one.

    Parameters
    ----------
    role : {'arteries', 'calcification'}
    node : vtkMRMLSegmentationNode
    ct : vtkMRMLScalarVolumeNode
        In whose voxels the mask is told of.
    layers : Layers
        Of the mask as it is.
    state : MaskState
        Of these.
    """

    def __init__(self, role: str, node, ct, layers: Layers, state: MaskState):
        self.role, self.node, self.ct = role, node, ct
        self._layers, self._state = layers, state
        # What undo returns to.
        self._seen = {state.fingerprint}

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of the mask (k, j, i)."""
        return self._layers.grid.shape

    @property
    def layers(self) -> Layers:
        """The mask as it was when it was last looked at; never changes."""
        return self._layers

    @property
    def state(self) -> MaskState:
        """That mask in a few numbers."""
        return self._state

    def look(self, tool: str, named: bool = False) -> Edit | None:
        """Do as :meth:`look_steps` in one go."""
        return drained(self.look_steps(tool, named))

    def look_steps(self, tool: str, named: bool = False) -> Generator[None, None, Edit | None]:
        """Return what was changed since the last look, and keep it in the node's history; None where nothing was.

        What is changed while this works is found by the next look. Closed earlier, it has not looked.

        Parameters
        ----------
        tool : str
            What made it.
        named : bool
            Whether whoever made it said so; else what leads back to an earlier state is taken for undo or redo.

        Raises
        ------
        InputError
            Where the mask cannot be read now; then the next look finds all that happened meanwhile.
        """
        before, now = self._layers, read_layers(self.node, self.ct, Wanted(self.role), self._layers)
        if now.grid.shape != before.grid.shape:  # where it lies in the world is no matter: CT and mask move together
            raise InputError(f"The CT of '{self.node.GetName()}' has other voxels now; its history cannot go on.")
        yield
        around = now.difference(before)
        yield
        change = _Change(self.shape)
        for box in slabs(around):
            change.look(before.part(box), now.part(box), box)
            yield
        self._layers = now
        if change.box is None:
            return None
        earlier, self._state = self._state, self._state + change.gained - change.lost
        if self._state.fingerprint in self._seen and not named:
            tool = UNDONE
        self._seen.add(self._state.fingerprint)
        entry = change.entry(time=edits.now(), editor=edits.user_name(), tool=tool)
        kept = edits.kept_note(self.node).ledger
        is_new_start = kept is not None and kept.state == self._state and kept.state != earlier
        if not is_new_start:
            note = edits.note_entry(self.node, entry, earlier, self._state, self.shape, self.role)
            edits.keep_note(self.node, note)
        return Edit(entry, np.concatenate(change.where), np.concatenate(change.labels), is_new_start)


def tracker_steps(role: str, node, ct) -> Generator[None, None, MaskTracker]:
    """Look at a mask for the first time, and return what knows it from then on.

    Parameters
    ----------
    role, node, ct
        See :class:`MaskTracker`.

    Raises
    ------
    InputError
        Where the mask cannot be read.
    """
    layers = read_layers(node, ct, Wanted(role))
    state = MaskState({}, 0)
    for box in slabs(layers.extent()):
        yield
        state += MaskState.of(layers.part(box), [part.start for part in box], layers.grid.shape)
    yield from _close_gap_steps(role, node, layers, state)
    return MaskTracker(role, node, ct, layers, state)


def _close_gap_steps(role: str, node, layers: Layers, state: MaskState) -> Generator[None, None, None]:
    """Add to the history of a mask what was changed while nobody watched, if anything was."""
    kept, shape = edits.kept_note(node), layers.grid.shape
    if kept.ledger is not None and (kept.ledger.state == state or kept.shape != shape):
        return
    entry = None
    if kept.ledger is not None and kept.ledger.entries:
        before = state  # which voxels nobody knows; their sums close the gap
    elif (old := start_layers(node, layers.grid)) is None:
        return
    else:
        before, change = MaskState({}, 0), _Change(shape)
        for slab in slabs(common_box([old.extent(), layers.extent()])):
            yield
            labels = old.part(slab)
            before += MaskState.of(labels, [each.start for each in slab], shape)
            change.look(labels, layers.part(slab), slab)
        if change.box is not None:
            entry = change.entry(time=edits.now(), editor=edits.user_name(), tool=UNATTENDED)
    edits.keep_note(node, edits.note_entry(node, entry, before, state, shape, role))


class _Change:
    """What differs between two masks, found slab by slab."""

    def __init__(self, shape: tuple[int, int, int]):
        self._shape = shape
        self.box: Box | None = None
        self.lost = self.gained = MaskState({}, 0)
        self.where: list[np.ndarray] = []
        self.labels: list[np.ndarray] = []

    def look(self, old: np.ndarray, new: np.ndarray, box: Box) -> None:
        """Look at one slab."""
        changed = old != new
        inner = bounding_box(changed)
        if inner is None:
            return
        start = [part.start for part in box]
        self.lost += MaskState.of(np.where(changed, old, np.uint8(0)), start, self._shape)
        self.gained += MaskState.of(np.where(changed, new, np.uint8(0)), start, self._shape)
        place = np.nonzero(changed)
        places = [each + first for each, first in zip(place, start, strict=True)]
        self.where.append(np.ravel_multi_index(places, self._shape).astype(np.int64))
        self.labels.append(new[place])
        there = tuple(slice(p.start + s, p.stop + s) for p, s in zip(inner, start, strict=True))
        self.box = common_box([self.box, there])

    def entry(self, *, time: str, editor: str, tool: str) -> Entry:
        """Return what the history has of it."""
        gained, lost = self.gained.counts, self.lost.counts
        labels = {label: (gained.get(label, 0), lost.get(label, 0)) for label in sorted({*gained, *lost})}
        return Entry(time, time, editor, tool, labels, 1, self.box)


def packed_layers_steps(layers: Layers) -> Generator[None, None, str]:
    """Return a mask as text for an attribute (:func:`edits.unpacked`), a few slices at a time."""
    box = layers.extent() or (slice(0, 0),) * 3
    parts = (layers.part(each) for each in edits.slabs_of(box))
    return (yield from edits.packed_slabs_steps(parts, box, layers.grid.shape))


def start_layers(node, grid: Grid) -> Layers | None:
    """Return the mask that the history of a node begins with; None where it is not known, or of another shape."""
    start = edits.start_part(node)
    if start is None or start[0] != grid.shape:
        return None
    _shape, box, array = start
    return Layers(grid, (whole_layer(array, box),) if array.size else ())


def slabs(box: Box | None) -> Iterator[Box]:
    """Yield the parts of a box that are looked at in one step."""
    if box is None:
        return
    planes, *rest = box
    size = max(1, _STEP_VOXELS // max(1, math.prod(part.stop - part.start for part in rest)))
    for first in range(planes.start, planes.stop, size):
        yield (slice(first, min(first + size, planes.stop)), *rest)

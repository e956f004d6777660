"""The history of one mask: what was added and removed since it was made, entry by entry, and adding up exactly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from ..geometry import Box, common_box
from .state import MaskState

# What is said of an edit whose tool nobody named, and of changes that were made while nobody watched.
UNKNOWN, UNATTENDED = "unknown", "unattended"
SEVERAL = "several"
# Strokes of one tool on the same labels are one entry where they follow each other this soon.
MERGED_WITHIN_S = 60.0
# So many entries are kept one by one; where there are more, the oldest become one that has their sums.
MAX_ENTRIES = 300


@dataclass(frozen=True)
class Entry:
    """One edit, or several that were made in a row.

    Attributes
    ----------
    time, until : str
        ISO 8601: when the first and when the last of them was made, or noticed.
    editor : str
        Who made it; :data:`SEVERAL` where the oldest entries were put together.
    tool : str
        What made it: an effect of the Segment Editor or a tool of this program; else :data:`UNKNOWN`,
        :data:`UNATTENDED` or :data:`SEVERAL`.
    labels : mapping of int to (int, int)
        Voxels that each label gained and lost. A voxel that changes hands is lost to one and gained by another.
    edits : int
        How many.
    box : tuple of slice or None
        Around all voxels that changed (k, j, i); None where nobody saw which.
    """

    time: str
    until: str
    editor: str
    tool: str
    labels: Mapping[int, tuple[int, int]]
    edits: int = 1
    box: Box | None = None

    @classmethod
    def of_change(cls, before: np.ndarray, after: np.ndarray, box: Box, *, time: str, editor: str, tool: str) -> Entry:
        """Return the entry of an edit from the labels in its box, before and after."""
        changed = before != after
        lost = np.bincount(before[changed], minlength=256)
        gained = np.bincount(after[changed], minlength=256)
        labels = {
            int(label): (int(gained[label]), int(lost[label])) for label in np.flatnonzero(lost + gained) if label
        }
        return cls(time, time, editor, tool, labels, 1, box)

    def joined(self, later: Entry) -> Entry:
        """Return this entry and a later one as one."""
        both = {*self.labels, *later.labels}
        pairs = {label: (self.labels.get(label, (0, 0)), later.labels.get(label, (0, 0))) for label in sorted(both)}
        return Entry(
            self.time,
            later.until,
            self.editor if self.editor == later.editor else SEVERAL,
            self.tool if self.tool == later.tool else SEVERAL,
            {label: (first[0] + second[0], first[1] + second[1]) for label, (first, second) in pairs.items()},
            self.edits + later.edits,
            None if None in (self.box, later.box) else common_box([self.box, later.box]),
        )

    def is_continued_by(self, later: Entry) -> bool:
        """Return whether `later` goes on with the same: tool, person and labels, a short time after."""
        same = (self.tool, self.editor, set(self.labels)) == (later.tool, later.editor, set(later.labels))
        if not same or self.tool == UNATTENDED:
            return False
        gap = datetime.fromisoformat(later.time) - datetime.fromisoformat(self.until)
        return 0 <= gap.total_seconds() <= MERGED_WITHIN_S

    def document(self, names: Mapping[int, str] | None = None) -> dict:
        """Return this as JSON values; labels by their numbers, or by what `names` calls them."""
        labels = {str((names or {}).get(label, label)): list(pair) for label, pair in self.labels.items()}
        return {
            "time": self.time,
            "until": self.until,
            "editor": self.editor,
            "tool": self.tool,
            "edits": self.edits,
            "added_removed_voxels": labels,
            "box_kji": None if self.box is None else [[int(part.start), int(part.stop)] for part in self.box],
        }

    @classmethod
    def read(cls, document: Mapping) -> Entry:
        """Return what :meth:`document` wrote without names."""
        box = document["box_kji"]
        return cls(
            document["time"],
            document["until"],
            document["editor"],
            document["tool"],
            {int(label): (int(pair[0]), int(pair[1])) for label, pair in document["added_removed_voxels"].items()},
            int(document["edits"]),
            None if box is None else tuple(slice(start, stop) for start, stop in box),
        )


@dataclass(frozen=True)
class Ledger:
    """All that was done to a mask: what it began as, what followed, and what it is now by that.

    The voxels of every label in `state` are those in `start` plus what all entries added, less what they removed.

    Attributes
    ----------
    start, state : MaskState
    entries : tuple of Entry
        The oldest first.
    """

    start: MaskState
    state: MaskState
    entries: tuple[Entry, ...] = ()

    @classmethod
    def beginning(cls, state: MaskState) -> Ledger:
        """Return the history of a mask to which nothing was done yet."""
        return cls(state, state)

    def with_entry(self, entry: Entry, state: MaskState) -> Ledger:
        """Return the history after an edit that left the mask in `state`."""
        entries = list(self.entries)
        if entries and entries[-1].is_continued_by(entry):
            entries[-1] = entries[-1].joined(entry)
        else:
            entries.append(entry)
        while len(entries) > MAX_ENTRIES:
            entries[:2] = [replace(entries[0].joined(entries[1]), tool=SEVERAL)]
        return Ledger(self.start, state, tuple(entries))

    def closed(self, state: MaskState, *, time: str, editor: str) -> Ledger:
        """Return the history of a mask that was found in `state`: what nobody watched becomes an entry of its own.

        That entry has the least that must have been added and removed: what nobody saw may have been more, each way.
        """
        if state == self.state:
            return self
        labels = {}
        for label in sorted({*state.counts, *self.state.counts}):
            more = state.counts.get(label, 0) - self.state.counts.get(label, 0)
            if more:
                labels[label] = (max(more, 0), max(-more, 0))
        return self.with_entry(Entry(time, time, editor, UNATTENDED, labels), state)

    def document(self) -> dict:
        """Return this as JSON values."""
        return {
            "start": self.start.document(),
            "state": self.state.document(),
            "entries": [each.document() for each in self.entries],
        }

    @classmethod
    def read(cls, document: Mapping) -> Ledger:
        """Return what :meth:`document` wrote."""
        return cls(
            MaskState.read(document["start"]),
            MaskState.read(document["state"]),
            tuple(Entry.read(each) for each in document["entries"]),
        )

    def text(self) -> str:
        """Return this as one line of JSON."""
        return json.dumps(self.document(), separators=(",", ":"))

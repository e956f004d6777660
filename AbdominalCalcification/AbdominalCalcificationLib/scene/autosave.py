"""The two masks of a CT kept on the disk while they are corrected, and put back after a crash."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from vtkmodules.vtkCommonCore import vtkTimeStamp

from ..errors import InputError
from ..geometry import Volume
from ..history import Ledger, MaskState
from ..history.recovery import MaskBase, RecoveredCase, RecoveredMask, RecoveryStore
from ..progress import Progress, Steps, drained, shown
from ..reading.ct import voxel_checksum, voxel_checksum_steps
from . import edits
from .disk_save import DiskSave, is_alike, not_loaded, once
from .mask_reading import check_same
from .nodes import nodes_of
from .ownership import of_ct
from .reviewed import take_decided
from .segmentations import KINDS, mask_state, put, ready_steps
from .tools import tool
from .tracking import Edit, MaskTracker, packed_layers_steps
from .versions import keep_version, version_steps
from .volumes import grid_of_node, identity_of_node, volume_from_node

_PREFIX = "AbdominalCalcification."
_READING = Progress("Reading the CT", 0.0)


class Autosave(DiskSave):
    """Keeps the masks of one CT on the disk from their first edit until they are saved.

    Parameters
    ----------
    ct : vtkMRMLScalarVolumeNode
    """

    def __init__(self, ct):
        self.ct = ct
        self._trackers: dict[str, MaskTracker] = {}
        self._bases: dict[str, MaskBase] = {}
        self._attributes: dict[str, dict[str, str]] = {}
        self._volume = volume_from_node(ct)
        self._checksum = once(lambda: voxel_checksum(self._volume))
        self._choices: dict | None = None
        self._chosen, self._chosen_at = "", vtkTimeStamp()  # when, where it is in no file of the user's yet
        self._store = self._new_store()

    @property
    def nodes(self) -> list:
        """The nodes of the masks."""
        return [each.node for each in self._trackers.values()]

    @property
    def is_gone(self) -> bool:
        """Whether the CT, or all its masks, were removed from the scene."""
        return self.ct.GetScene() is None or (bool(self.nodes) and all(each.GetScene() is None for each in self.nodes))

    def add_mask(self, tracker: MaskTracker) -> None:
        """Take in a mask, or another one in the place of that of the same role.

        What was corrected and is in no file yet is written at once.
        """
        self._trackers[tracker.role] = tracker
        base = self._rebase(tracker)
        if self.is_begun:
            self._store.add_mask(base)
        elif self._chosen or (
            (kept := edits.kept_note(tracker.node).ledger) and kept.entries and tracker.node.GetModifiedSinceRead()
        ):
            self._begin()

    def add_edit(self, role: str, edit: Edit) -> None:
        """Write an edit."""
        tracker = self._trackers[role]
        if edit.is_new_start:
            base = self._rebase(tracker)
            if self.is_begun:
                self._store.add_mask(base)
            return
        if not edits.knows_start(tracker.node):
            edits.remember_first_seen(tracker.node, self._bases[role].mask())
        if not self.is_begun and self.problem is None:
            self._begin()
        elif self._store.is_to_begin:  # with all that could not be written, this edit among it
            self.begin_anew()
            return
        if self.is_begun:
            self._store.add_edit(role, edit.entry, edit.where, edit.labels, tracker.state)
        self.add_attributes()

    def set_choices(self, choices: Mapping, is_new: bool) -> None:
        """Write what is chosen beside the masks; `is_new` where that is in no file of the user's yet."""
        self._choices = dict(choices)
        if is_new:
            self._chosen = edits.now()
            self._chosen_at.Modified()
        if self.is_begun and self._store.is_to_begin:
            self.begin_anew()
        elif self.is_begun:
            self._store.add_choices(self._choices, self._chosen)
        elif is_new and self._bases:
            self._begin()

    def begin_anew(self) -> None:
        """Write all masks as they were when they were last looked at, in the place of what is on the disk."""
        for each in self._trackers.values():
            self._rebase(each)
        self._store.begin(list(self._bases.values()), self._choices, self._chosen)

    def add_attributes(self) -> None:
        """Write what else is kept with the nodes and has changed."""
        if not self.is_begun:
            return
        for role, tracker in self._trackers.items():
            now, before = _kept_with(tracker.node), self._attributes[role]
            names = {*now, *before} - {edits.EDITS}  # which goes with the edits themselves
            changed = {name: now.get(name) for name in sorted(names) if now.get(name) != before.get(name)}
            if changed:
                self._attributes[role] = now
                self._store.add_attributes(role, changed)

    def forget_saved(self) -> bool:
        """Remove what is on the disk where all is in files now; return whether it is.

        What is chosen beside the masks is saved with the scene alone.
        """
        self.add_attributes()
        scene = self.ct.GetScene()
        if scene is not None and scene.GetStoredTime() > self._chosen_at.GetMTime():
            self._chosen = ""
        if not self.is_begun or self._chosen or any(each.GetModifiedSinceRead() for each in self.nodes):
            return False
        self._forget()
        for each in self._trackers.values():
            self._rebase(each)
        return True

    def _new_store(self) -> RecoveryStore:
        about = {**identity_of_node(self.ct), "shape": list(self._volume.grid.shape)}
        return RecoveryStore(about, self._checksum)

    def _rebase(self, tracker: MaskTracker) -> MaskBase:
        attributes = self._attributes[tracker.role] = _kept_with(tracker.node)
        layers = tracker.layers
        mask = once(lambda: drained(packed_layers_steps(layers)))
        ledger = edits.kept_note(tracker.node).ledger
        time = ledger.entries[-1].until if ledger is not None and ledger.entries else ""
        base = MaskBase(tracker.role, tracker.node.GetName(), attributes, tracker.state, mask, time)
        self._bases[tracker.role] = base
        self._store.prepare(base)
        return base

    def _begin(self) -> None:
        if self.problem is not None:  # what was edited since is not written
            self.begin_anew()
        else:
            self._store.begin(list(self._bases.values()), self._choices, self._chosen)


def _kept_with(node) -> dict[str, str]:
    """Return what this program keeps with a node."""
    return {name: node.GetAttribute(name) for name in node.GetAttributeNames() if name.startswith(_PREFIX)}


def recover_steps(case: RecoveredCase, volumes: Iterable) -> Steps[tuple[object, dict[str, object]]]:
    """Put the masks of a case that was not saved onto its CT; what they replace becomes an earlier version.

    Parameters
    ----------
    case : RecoveredCase
    volumes : iterable of vtkMRMLScalarVolumeNode
        The volumes that are loaded.

    Returns
    -------
    ct : vtkMRMLScalarVolumeNode
    masks : dict of str to vtkMRMLSegmentationNode
        By role.

    Raises
    ------
    InputError
        Where its CT is not loaded; the message says which it is. Where what was kept does not add up.
    """
    ct = yield from _ct_steps(case, volumes)
    made = []
    for mask in case.masks.values():
        progress = Progress("Recovering the masks", 0.5)
        yield progress
        volume = _replayed(mask, ct)
        kind = KINDS[mask.role]
        node = _node_called(mask.name, ct)
        version, before = None, None
        if node is not None:
            before = mask_state(node, ct)
            version = yield from shown(version_steps(node, mask.role, ct, "before recovery"), progress)
        ready = yield from shown(ready_steps(kind, ct, volume, node), progress)
        made.append((mask, kind, node, before, version, ready))
    for _mask, _kind, node, before, _version, _ready in made:
        if node is not None:
            check_same(node, ct, before)
    nodes = {}
    take_decided(ct, case.choices.get("ct", {}))
    with tool("Recover"):
        for mask, kind, node, _before, version, ready in made:
            node = put(kind, ct, ready, node)
            node.SetName(mask.name)
            for name in node.GetAttributeNames():
                if name in edits.REMEMBERED:
                    node.RemoveAttribute(name)
            for name, value in mask.attributes.items():
                node.SetAttribute(name, value)
            edits.keep_note(node, _note(mask, node, ct))
            if version is not None:
                keep_version(node, version)
            nodes[mask.role] = node
    return ct, nodes


def _ct_steps(case: RecoveredCase, volumes: Iterable) -> Steps[object]:
    """Return the volume that a case is of, by its voxels where these are known, else by its series or name."""
    shape, about = tuple(case.ct["shape"]), case.ct
    found = [node for node in volumes if node.GetImageData() is not None and volume_from_node(node).grid.shape == shape]
    wanted = about.get("voxels_sha256")
    for node in sorted(found, key=lambda node: not is_alike(node, about)):
        if wanted is None and is_alike(node, about):
            return node
        if wanted is not None and (yield from shown(voxel_checksum_steps(volume_from_node(node)), _READING)) == wanted:
            return node
    size = " × ".join(str(each) for each in reversed(shape))
    raise not_loaded("CT", about, f"{size} voxels")


def _replayed(mask: RecoveredMask, ct) -> Volume:
    grid = grid_of_node(ct)
    shape, box, labels = edits.unpacked(mask.text)
    array = np.zeros(shape, np.uint8)
    array[box] = labels
    mask.replayed(array)
    if MaskState.of(array) != mask.final_state:
        raise InputError(f"What was kept of '{mask.name}' is damaged; discard it.")
    return Volume(array, grid)


def _note(mask: RecoveredMask, node, ct) -> edits.EditNote:
    """Return the history with the edits that were not in the file yet."""
    kept = edits.kept_note(node)
    ledger = Ledger.beginning(mask.state) if kept.ledger is None else kept.ledger
    for entry, state in mask.entries:
        ledger = ledger.with_entry(entry, state)
    return edits.EditNote(ledger, grid_of_node(ct).shape, mask.role, None, node.GetName())


def _node_called(name: str, ct):
    """Return the mask of a CT that is called so; None where there is none."""
    nodes = nodes_of(ct.GetScene(), "vtkMRMLSegmentationNode")
    return next((node for node in nodes if of_ct(node, ct) is not None and node.GetName() == name), None)

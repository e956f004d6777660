"""Earlier versions of a mask: kept with its node, listed, put back, deleted.

A version is kept as node attributes, compressed: of a CT of 512 × 512 × 500 that is about 150 KB for arteries and
40 KB for calcification, as much again for what the model had made, and the scene is not slower for it. A hidden
segmentation node would take the memory of a whole mask, show up wherever masks are chosen, and make a scene hold two
masks of one CT, which readers of scenes refuse since they cannot know which counts.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Generator
from dataclasses import asdict, dataclass, replace

import numpy as np

from ..errors import InputError
from ..geometry import Volume, common_box
from ..history import MaskState
from ..progress import Progress, Steps, shown
from ..reading.meanings import Wanted
from . import edits
from .layers import Layers, read_layers
from .mask_reading import check_same
from .segmentations import KINDS, mask_state, put, ready_steps
from .tools import settle, tool
from .tracking import packed_layers_steps, slabs, start_layers
from .volumes import grid_of_node

_INDEX = "AbdominalCalcification.Versions"
_VERSION = "AbdominalCalcification.Version."
_MASK = "mask"


@dataclass(frozen=True)
class Version:
    """One earlier version of a mask.

    Attributes
    ----------
    key : str
        Tells it from others.
    name : str
        When it was put aside.
    time : str
        ISO 8601: of its last edit, else of when it was put aside.
    editor : str
        Of its last edit; empty where nothing was edited.
    changed_voxels : int or None
        How many voxels differ from what its history begins with; None where that is not known.
    """

    key: str
    name: str
    time: str
    editor: str
    changed_voxels: int | None


@dataclass(frozen=True)
class ReadyVersion:
    """A version before it is kept with the node, and what it holds."""

    version: Version
    held: dict[str, str]


def versions_of(node) -> list[Version]:
    """Return the versions that are kept with a node, the newest first."""
    return [Version(**each) for each in json.loads(node.GetAttribute(_INDEX) or "[]")]


def version_steps(node, role: str, ct, name: str) -> Generator[None, None, ReadyVersion]:
    """Make a version of the mask that a node holds, for :func:`keep_version`; the scene stays as it is.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    role : {'arteries', 'calcification'}
    ct : vtkMRMLScalarVolumeNode
        Whose mask it is.
    name : str
        When it is put aside, as in "before running again".

    Raises
    ------
    InputError
        Where the mask cannot be read.
    """
    settle()
    layers = read_layers(node, ct, Wanted(role))
    yield
    note = yield from _note_steps(node, role, layers)
    text = yield from packed_layers_steps(layers)
    last = note.ledger.entries[-1] if note.ledger is not None and note.ledger.entries else None
    version = Version(
        key=secrets.token_hex(4),
        name=name,
        time=edits.now() if last is None else last.until,
        editor="" if last is None else last.editor,
        changed_voxels=note.changed_voxels,
    )
    return ReadyVersion(version, {_MASK: text, **edits.history_of(node, note)})


def _note_steps(node, role: str, layers: Layers) -> Generator[None, None, edits.EditNote]:
    """Return what was done to a mask, looked at slab by slab where its history is complete."""
    kept, start = edits.kept_note(node), start_layers(node, layers.grid)
    yield
    if start is None:
        return kept
    state, changed = MaskState({}, 0), 0
    for slab in slabs(common_box([start.extent(), layers.extent()])):
        labels = layers.part(slab)
        state += MaskState.of(labels, [each.start for each in slab], layers.grid.shape)
        changed += int(np.count_nonzero(labels != start.part(slab)))
        yield
    if kept.ledger is None or kept.ledger.state != state:  # nobody watched
        whole = tuple(slice(0, size) for size in layers.grid.shape)
        return edits.edit_note(node, Volume(layers.part(whole), layers.grid), role=role)
    return replace(kept, changed_voxels=changed)


def keep_version(node, ready: ReadyVersion) -> None:
    """Keep a version with a node."""
    node.SetAttribute(_VERSION + ready.version.key, json.dumps(ready.held))
    _list(node, [ready.version, *versions_of(node)])


def restore_version_steps(node, role: str, ct, key: str) -> Steps[None]:
    """Put a version back, with its history; the mask as it was becomes a version too.

    Raises
    ------
    InputError
        Where there is no such version, or it is of a CT with other voxels.
    """
    progress = Progress("Restoring the version", 0.0)
    yield progress
    version = next((each for each in versions_of(node) if each.key == key), None)
    text = node.GetAttribute(_VERSION + key)
    if version is None or not text:
        raise InputError(f"'{node.GetName()}' has no such version any more.")
    held, before = json.loads(text), mask_state(node, ct)
    current = yield from shown(version_steps(node, role, ct, "before restoring another"), progress)
    shape, box, labels = edits.unpacked(held.pop(_MASK))
    grid = grid_of_node(ct)
    if shape != grid.shape:
        raise InputError(f"This version of '{node.GetName()}' is of a CT with other voxels; it cannot be put back.")
    array = np.zeros(shape, np.uint8)
    array[box] = labels
    yield progress
    ready = yield from shown(ready_steps(KINDS[role], ct, Volume(array, grid), node), progress)
    check_same(node, ct, before)
    with tool("Restore version"):
        put(KINDS[role], ct, ready, node)
        for name in edits.REMEMBERED:
            node.RemoveAttribute(name)
        edits.take_over(node, held)
        delete_version(node, key)
        keep_version(node, current)


def delete_version(node, key: str) -> None:
    """Forget a version."""
    _list(node, [each for each in versions_of(node) if each.key != key])
    node.RemoveAttribute(_VERSION + key)


def version_attributes(node) -> dict[str, str]:
    """Return the attributes that hold all versions of a node, for another node with the same mask."""
    names = [name for name in node.GetAttributeNames() if name == _INDEX or name.startswith(_VERSION)]
    return {name: node.GetAttribute(name) for name in names}


def _list(node, versions: list[Version]) -> None:
    if versions:
        node.SetAttribute(_INDEX, json.dumps([asdict(each) for each in versions]))
    else:
        node.RemoveAttribute(_INDEX)

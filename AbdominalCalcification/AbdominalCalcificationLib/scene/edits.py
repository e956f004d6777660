"""Which voxels of a mask were corrected by hand, since when, by whom.

What a model produced is kept with the segmentation node, compressed, as a node attribute: so
it is saved with the scene in every format, follows a cloned node, and the number of changed
voxels is exact however often the scene is saved and edited again.
"""

from __future__ import annotations

import base64
import getpass
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

import numpy as np

from ..geometry import Grid, Volume, bounding_box

_ORIGIN = "AbdominalCalcification.Origin"
_SOURCE = "AbdominalCalcification.Source"
_EDITS = "AbdominalCalcification.Edits"
_EDITED = "AbdominalCalcification.EditedMask"  # checksum of the mask that the note tells of


def remember_origin(node, mask: Volume, source: Mapping | None = None) -> None:
    """Keep with a segmentation node what was put there before anybody corrected it.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    mask : Volume
        uint8 labels (or truth values) on the grid of the CT.
    source : mapping, optional
        Where the mask came from (model identity, threshold, ...); anything JSON can hold.
    """
    node.SetAttribute(_ORIGIN, _packed(mask.array))
    node.SetAttribute(_SOURCE, json.dumps(dict(source or {})))
    keep_note(node, EditNote())


def history_of(node, note: EditNote | None = None) -> dict[str, str]:
    """Return all that is remembered of a node, for another node with the same mask; empty where nothing is.

    `note` stands in for the one that is kept with the node.
    """
    note = kept_note(node) if note is None else note
    known = {name: node.GetAttribute(name) for name in (_ORIGIN, _SOURCE)} | note.attributes()
    return {name: value for name, value in known.items() if value}


def take_over(node, history: Mapping[str, str]) -> None:
    """Keep with a node what :func:`history_of` returned of another one."""
    for name, value in history.items():
        node.SetAttribute(name, value)


def origin_text(node) -> str:
    """Return what is another text once another mask was put into a node; empty where nothing is remembered."""
    return node.GetAttribute(_ORIGIN) or ""


def source_of(node) -> dict:
    """Return where the mask of a node came from; empty where unknown."""
    return json.loads(node.GetAttribute(_SOURCE) or "{}")


def changed_voxels(node, mask: Volume) -> int | None:
    """Return how many voxels of `mask` differ from what was remembered.

    None where nothing was remembered, or a mask of another shape: nothing is known then.
    """
    packed = node.GetAttribute(_ORIGIN)
    if not packed:
        return None
    shape, box, origin = _unpacked(packed)
    if shape != mask.array.shape:
        return None
    current = mask.array.astype(np.uint8, copy=False)
    inside = current[box]
    outside = np.count_nonzero(current) - np.count_nonzero(inside)
    return int(np.count_nonzero(inside != origin) + outside)


def origin_of(node, grid: Grid) -> Volume | None:
    """Return what was remembered, on the grid of the CT; None where nothing was, or a mask of another shape."""
    packed = node.GetAttribute(_ORIGIN)
    shape, box, origin = _unpacked(packed) if packed else ((), (), None)
    if shape != grid.shape:
        return None
    array = np.zeros(shape, np.uint8)
    array[box] = origin
    return Volume(array, grid)


@dataclass(frozen=True)
class EditNote:
    """That a mask was corrected, before it is kept with the node.

    Attributes
    ----------
    text : dict or None
        ``mask`` (name of the node), ``changed_voxels``, ``editor``, ``time``, as result documents
        list it; None where the mask is as it was put there, and where nothing is known of it.
    checksum : str or None
        Of the mask that the note tells of.
    """

    text: dict | None = None
    checksum: str | None = None

    def attributes(self) -> dict[str, str | None]:
        """Return the node attributes that hold this note."""
        return {_EDITS: None if self.text is None else json.dumps(self.text), _EDITED: self.checksum}


def edit_note(node, mask: Volume, editor: str | None = None, time: str | None = None) -> EditNote:
    """Return the note that the mask of a node was corrected; the node stays as it is.

    The earlier note stands until the mask is another one.

    Parameters
    ----------
    mask : Volume
        The mask as it is now.
    editor : str, optional
        Who corrected it; the name of the logged-in user by default.
    time : str, optional
        ISO 8601; now by default.
    """
    changed = changed_voxels(node, mask)
    if changed == 0:
        return EditNote()
    noted, checksum = kept_note(node), _checksum(mask)
    if changed is None or (noted.text is not None and checksum == noted.checksum):
        return noted
    text = {
        "mask": node.GetName(),
        "changed_voxels": changed,
        "editor": editor or _user(),
        "time": time or datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    return EditNote(text, checksum)


def kept_note(node) -> EditNote:
    """Return the note that is kept with a node."""
    text = node.GetAttribute(_EDITS)
    return EditNote(json.loads(text) if text else None, node.GetAttribute(_EDITED))


def keep_note(node, note: EditNote) -> None:
    """Keep `note` with the node in place of an earlier one."""
    for name, value in note.attributes().items():
        if node.GetAttribute(name) != value:
            node.SetAttribute(name, value)


def _checksum(mask: Volume) -> str:
    return f"{zlib.crc32(np.ascontiguousarray(mask.array.astype(np.uint8, copy=False))):08x}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # no name to be had: a container without a user database
        return "unknown"


def _packed(array: np.ndarray) -> str:
    """Return an array, cut to the box of its labels, as text."""
    box = bounding_box(array) or (slice(0, 0),) * 3
    header = {"shape": array.shape, "box": [[part.start, part.stop] for part in box]}
    data = zlib.compress(np.ascontiguousarray(array[box]).astype(np.uint8, copy=False).tobytes(), 6)
    return json.dumps(header) + "\n" + base64.urlsafe_b64encode(data).decode("ascii")


def _unpacked(text: str) -> tuple[tuple[int, ...], tuple[slice, ...], np.ndarray]:
    header, _, data = text.partition("\n")
    described = json.loads(header)
    box = tuple(slice(start, stop) for start, stop in described["box"])
    values = np.frombuffer(zlib.decompress(base64.urlsafe_b64decode(data)), np.uint8)
    return tuple(described["shape"]), box, values.reshape([part.stop - part.start for part in box])

"""Which voxels of a mask were corrected by hand: what it was made as, and its history since.

Both are kept with the segmentation node as attributes, what a model produced compressed: so they are saved with the
scene in every format, follow a cloned node, and the numbers are exact however often the scene is saved and edited
again. Of a mask that was not made here, what it was when it was first edited under our eyes takes that place.
"""

from __future__ import annotations

import base64
import getpass
import json
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

import numpy as np

from ..anatomy import CALCIFICATION, TERRITORIES
from ..geometry import Box, Grid, Volume, bounding_box
from ..geometry.box import part_of
from ..history import Entry, Ledger, MaskState
from ..history.ledger import UNATTENDED
from ..progress import drained

_ORIGIN = "AbdominalCalcification.Origin"
_FIRST_SEEN = "AbdominalCalcification.FirstSeen"
_SOURCE = "AbdominalCalcification.Source"
EDITS = "AbdominalCalcification.Edits"
# All that a mask has come by since it was made.
REMEMBERED = (_ORIGIN, _FIRST_SEEN, _SOURCE, EDITS)
_SLICES = 16
_INFLATED = 16 << 20  # bytes that are unpacked in one step
_NOWHERE: Box = (slice(0, 0),) * 3
# A mask that is kept: its shape, the box of its labels, and those.
Part = tuple[tuple[int, ...], Box, np.ndarray]
_NAMES = {
    "arteries": {each.label: each.name for each in TERRITORIES},
    "calcification": {1: CALCIFICATION},
}


def remember_origin(node, mask: Volume, source: Mapping | None = None, role: str | None = None) -> None:
    """Keep with a segmentation node what was put there before anybody corrected it; its history begins anew.

    Parameters
    ----------
    node : vtkMRMLSegmentationNode
    mask : Volume
        uint8 labels (or truth values) on the grid of the CT.
    source : mapping, optional
        Where the mask came from (model identity, threshold, ...); anything JSON can hold.
    role : {'arteries', 'calcification'}, optional
        What its labels are called.
    """
    take_over(node, drained(origin_steps(mask, source, role)))


def origin_steps(
    mask: Volume, source: Mapping | None = None, role: str | None = None
) -> Generator[None, None, dict[str, str | None]]:
    """Make what :func:`remember_origin` keeps, for :func:`take_over`; parameters as there."""
    shape, box = mask.array.shape, bounding_box(mask.array) or _NOWHERE
    yield
    state = MaskState({}, 0)
    for slab in slabs_of(box):
        labels = mask.array[slab].astype(np.uint8, copy=False)
        state += MaskState.of(labels, [part.start for part in slab], shape)
        yield
    text = yield from packed_slabs_steps((mask.array[slab] for slab in slabs_of(box)), box, shape)
    note = EditNote(Ledger.beginning(state), shape, role, 0)
    return {_ORIGIN: text, _FIRST_SEEN: None, _SOURCE: json.dumps(dict(source or {})), **note.attributes()}


def remember_first_seen(node, mask_text: str) -> None:
    """Keep with a node that was not made here what its mask was (as :func:`packed`) before the first edit we saw."""
    if not knows_start(node):
        node.SetAttribute(_FIRST_SEEN, mask_text)


def knows_start(node) -> bool:
    """Return whether it is kept what the mask of a node was before its first edit."""
    return bool(node.GetAttribute(_ORIGIN) or node.GetAttribute(_FIRST_SEEN))


def history_of(node, note: EditNote | None = None) -> dict[str, str]:
    """Return all that is remembered of a node, for another node with the same mask; empty where nothing is.

    `note` stands in for the one that is kept with the node.
    """
    known = {name: node.GetAttribute(name) for name in REMEMBERED}
    if note is not None:
        known |= note.attributes()
    return {name: value for name, value in known.items() if value}


def take_over(node, history: Mapping[str, str | None]) -> None:
    """Keep with a node what :func:`history_of` returned of another one, or :func:`origin_steps` made."""
    for name, value in history.items():
        node.SetAttribute(name, value)


def origin_text(node) -> str:
    """Return what is another text once another mask was put into a node; empty where nothing is remembered."""
    return node.GetAttribute(_ORIGIN) or ""


def source_of(node) -> dict:
    """Return where the mask of a node came from; empty where unknown."""
    return json.loads(node.GetAttribute(_SOURCE) or "{}")


def changed_voxels(node, mask: Volume) -> int | None:
    """Return how many voxels of `mask` differ from what was made and remembered.

    None where nothing was remembered, or a mask of another shape: nothing is known then.
    """
    text = node.GetAttribute(_ORIGIN)
    if not text:
        return None
    start = unpacked(text)
    return drained(_compared_steps(mask, start))[1] if start[0] == mask.array.shape else None


def _compared_steps(mask: Volume, start: Part) -> Generator[None, None, tuple[MaskState, int]]:
    """Return what a mask is like, and how many of its voxels differ from what its history begins with."""
    shape, box, origin = start
    state, changed = MaskState({}, 0), 0
    for slab in slabs_of(tuple(slice(0, size) for size in shape)):
        labels = mask.array[slab].astype(np.uint8, copy=False)
        state += MaskState.of(labels, [part.start for part in slab], shape)
        changed += int(np.count_nonzero(labels != part_of(origin, box, slab)))
        yield
    return state, changed


def origin_of(node, grid: Grid) -> Volume | None:
    """Return what was remembered, on the grid of the CT; None where nothing was, or a mask of another shape."""
    text = node.GetAttribute(_ORIGIN)
    shape, box, origin = unpacked(text) if text else ((), (), None)
    if shape != grid.shape:
        return None
    array = np.zeros(shape, np.uint8)
    array[box] = origin
    return Volume(array, grid)


def start_part(node) -> Part | None:
    """Return the mask that the history of a node begins with, as :func:`unpacked` does; None where it is not known."""
    text = node.GetAttribute(_ORIGIN) or node.GetAttribute(_FIRST_SEEN)
    return unpacked(text) if text else None


@dataclass(frozen=True)
class EditNote:
    """What was done to a mask, before it is kept with the node.

    Attributes
    ----------
    ledger : Ledger or None
        Its history; None where nothing is known of it.
    shape : tuple of int or None
        Of the mask (k, j, i).
    role : str or None
        ``arteries`` or ``calcification``.
    changed_voxels : int or None
        How many voxels differ from what the history begins with; None where that was not looked at since.
    mask : str
        What the node is called.
    """

    ledger: Ledger | None = None
    shape: tuple[int, ...] | None = None
    role: str | None = None
    changed_voxels: int | None = None
    mask: str = field(default="", compare=False)

    @property
    def text(self) -> dict | None:
        """What result documents list; None where the mask is as it was, and where nothing is known of it.

        ``mask``, ``structure``, ``changed_voxels``, ``editor`` and ``time`` of the last edit, and all ``entries``.
        """
        if self.ledger is None or not self.changed_voxels or not self.ledger.entries:
            return None
        last = self.ledger.entries[-1]
        return {
            "mask": self.mask,
            "structure": self.role,
            "changed_voxels": self.changed_voxels,
            "editor": last.editor,
            "time": last.until,
            "entries": [each.document(_NAMES.get(self.role)) for each in self.ledger.entries],
        }

    def attributes(self) -> dict[str, str | None]:
        """Return the node attributes that hold this note."""
        if self.ledger is None:
            return {EDITS: None}
        about = {"role": self.role, "shape": list(self.shape), "changed_voxels": self.changed_voxels}
        return {EDITS: json.dumps(about | self.ledger.document(), separators=(",", ":"))}


def edit_note(
    node, mask: Volume, editor: str | None = None, time: str | None = None, role: str | None = None
) -> EditNote:
    """Return what was done to the mask of a node; the node stays as it is.

    Where the mask is not what its history says, it was changed while nobody watched, and an entry says so.

    Parameters
    ----------
    mask : Volume
        The mask as it is now.
    editor : str, optional
        Who is taken to have made such changes; the name of the logged-in user by default.
    time : str, optional
        ISO 8601; now by default.
    role : {'arteries', 'calcification'}, optional
        What its labels are called; as it was kept by default.
    """
    return drained(edit_note_steps(node, mask, editor, time, role))


def edit_note_steps(
    node,
    mask: Volume,
    editor: str | None = None,
    time: str | None = None,
    role: str | None = None,
    history: Mapping[str, str] | None = None,
) -> Generator[None, None, EditNote]:
    """Do as :func:`edit_note`, a few slices at a time.

    `history` is what was remembered of the node (:func:`history_of`) when the mask was read; by default that of the
    first step.
    """
    history = history_of(node) if history is None else history
    kept, text = _read_note(history.get(EDITS), node.GetName()), history.get(_ORIGIN) or history.get(_FIRST_SEEN)
    earlier = json.loads(history.get(EDITS) or "{}")  # who and when, as an earlier version noted it
    start = (yield from unpacked_steps(text)) if text else None
    if start is None or start[0] != mask.array.shape:
        return kept
    shape, box, origin = start
    state, changed = yield from _compared_steps(mask, start)
    array, ledger = mask.array.astype(np.uint8, copy=False), kept.ledger
    if ledger is None:
        ledger = Ledger.beginning(MaskState.of(origin, [part.start for part in box], shape))
    else:
        earlier = {}
    when, who = time or earlier.get("time") or now(), editor or earlier.get("editor") or user_name()
    if not ledger.entries and state != ledger.state:  # the start is known voxel by voxel, so all of it is
        before = np.zeros(shape, np.uint8)
        before[box] = origin
        around = bounding_box(before != array)
        entry = Entry.of_change(before[around], array[around], around, time=when, editor=who, tool=UNATTENDED)
        ledger = ledger.with_entry(entry, state)
    ledger = ledger.closed(state, time=when, editor=who)
    return EditNote(ledger, array.shape, role or kept.role, changed, node.GetName())


def kept_note(node) -> EditNote:
    """Return the note that is kept with a node; an empty one where an earlier version wrote it in its own way."""
    return _read_note(node.GetAttribute(EDITS), node.GetName())


def _read_note(text: str | None, name: str) -> EditNote:
    document = json.loads(text or "{}")
    if "entries" not in document:
        return EditNote()
    about = document["role"], document["changed_voxels"], name
    return EditNote(Ledger.read(document), tuple(document["shape"]), *about)


def keep_note(node, note: EditNote) -> None:
    """Keep `note` with the node in place of an earlier one."""
    for name, value in note.attributes().items():
        if node.GetAttribute(name) != value:
            node.SetAttribute(name, value)


def note_entry(node, entry: Entry | None, before: MaskState, after: MaskState, shape, role: str) -> EditNote:
    """Return the history of a node with one more entry; what was changed before that, unwatched, becomes its own.

    Parameters
    ----------
    entry : Entry or None
        None where nothing was changed since `before`.
    before, after : MaskState
        Of the mask before and after that edit.
    shape : tuple of int
        Of the mask.
    """
    kept = kept_note(node)
    ledger = Ledger.beginning(before) if kept.ledger is None or kept.shape != tuple(shape) else kept.ledger
    ledger = ledger.closed(before, time=now(), editor=user_name())
    ledger = ledger if entry is None else ledger.with_entry(entry, after)
    changed = kept.changed_voxels if ledger is kept.ledger else None
    return EditNote(ledger, tuple(shape), role, changed, node.GetName())


def now() -> str:
    """Return the time, as histories have it."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def user_name() -> str:
    """Return the name of the account on this computer."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # no name to be had: a container without a user database
        return "unknown"


def packed(array: np.ndarray) -> str:
    """Return a mask, cut to the box of its labels, as text for an attribute."""
    return drained(packed_steps(array))


def packed_steps(array: np.ndarray) -> Generator[None, None, str]:
    """Do as :func:`packed`, a few slices at a time."""
    box = bounding_box(array) or _NOWHERE
    yield
    slabs = (array[each] for each in slabs_of(box))
    return (yield from packed_slabs_steps(slabs, box, array.shape))


def slabs_of(box: Box) -> Iterator[Box]:
    """Yield the parts of a box, in their order, that are packed in one step."""
    planes, *rest = box
    for first in range(planes.start, planes.stop, _SLICES):
        yield (slice(first, min(first + _SLICES, planes.stop)), *rest)


def packed_slabs_steps(slabs: Iterable[np.ndarray], box: Box, shape: tuple[int, ...]) -> Generator[None, None, str]:
    """Return a mask, from its parts in :func:`slabs_of` a box outside of which nothing is, as text for an attribute."""
    header = {"shape": shape, "box": [[part.start, part.stop] for part in box]}
    press, data = zlib.compressobj(6), []
    for slab in slabs:
        data.append(press.compress(np.ascontiguousarray(slab).astype(np.uint8, copy=False).tobytes()))
        yield
    text = base64.urlsafe_b64encode(b"".join([*data, press.flush()])).decode("ascii")
    return json.dumps(header) + "\n" + text


def unpacked(text: str) -> Part:
    """Return what :func:`packed` was given: shape of the mask, the box of its labels, and those."""
    return drained(unpacked_steps(text))


def unpacked_steps(text: str) -> Generator[None, None, Part]:
    """Do as :func:`unpacked`, some voxels at a time."""
    header, _, data = text.partition("\n")
    described = json.loads(header)
    box = tuple(slice(start, stop) for start, stop in described["box"])
    values = np.zeros([part.stop - part.start for part in box], np.uint8)
    flat, filled = values.reshape(-1), 0
    press, left = zlib.decompressobj(), _decoded(data)
    while piece := press.decompress(left, _INFLATED) or press.flush():
        left = press.unconsumed_tail
        flat[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
        filled += len(piece)
        yield
    if filled != flat.size:
        raise ValueError(f"A mask of {flat.size} voxels was kept, and {filled} of them are there.")
    return tuple(described["shape"]), box, values


def packed_bits(voxels: np.ndarray) -> str:
    """Return which voxels of a box are set, bool, as text for an attribute."""
    return base64.b64encode(zlib.compress(np.packbits(voxels).tobytes(), 6)).decode("ascii")


def unpacked_bits(text: str, shape: Sequence[int]) -> np.ndarray:
    """Return what :func:`packed_bits` was given, of that shape."""
    bits = np.unpackbits(np.frombuffer(_inflated(text), np.uint8), count=int(np.prod(shape)))
    return bits.reshape(shape).astype(bool)


def _inflated(text: str) -> bytes:
    return zlib.decompress(_decoded(text))


def _decoded(text: str) -> bytes:
    # Either alphabet of base64: scenes hold masks in one, bits in the other.
    return base64.urlsafe_b64decode(text.replace("+", "-").replace("/", "_"))

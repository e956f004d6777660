"""Corrections on the disk against a crash: a folder per case, of this user alone, and what is left of it afterwards.

A case is a CT with its masks, or a radiograph with its results. A folder is called by chance; its journal says which
image it is of. While its case is worked on it is claimed (:mod:`..claiming`), so that another running program leaves it
alone.
"""

from __future__ import annotations

import os
import secrets
import time
import zlib
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..claiming import claimed
from ..durable import cannot_write
from ..errors import InputError, WriteError
from ..leftovers import remove
from ..paths import data_folder
from .journal import record, records
from .ledger import Entry
from .state import MaskState
from .writer import JournalWriter

RECOVERY_VARIABLE = "ABDOMINAL_CALCIFICATION_RECOVERY"
# A folder that is empty for so long will stay so.
_YOUNG_S = 3600
_JOURNAL = "masks.journal"
#: What a case is of: the masks of a CT, or the results of a radiograph.
CT, RADIOGRAPH = "ct", "radiograph"
_own: set[Path] = set()


def recovery_folder() -> Path:
    """Return the user's folder for masks that are being corrected (it need not exist).

    The environment variable ``ABDOMINAL_CALCIFICATION_RECOVERY`` decides where it is set.
    """
    if chosen := os.environ.get(RECOVERY_VARIABLE):
        return Path(chosen).expanduser()
    return data_folder("recovery")


@dataclass(frozen=True)
class MaskBase:
    """One mask from which its edits go on.

    Attributes
    ----------
    role : str
    name : str
        Of its node.
    attributes : mapping of str to str
        All that is kept with the node.
    state : MaskState
    mask : callable
        Returns the mask as text (:func:`scene.edits.packed`); called in the thread that writes.
    time : str
        ISO 8601, of the last edit that is part of it; empty where there is none.
    """

    role: str
    name: str
    attributes: Mapping[str, str]
    state: MaskState
    mask: Callable[[], str]
    time: str = ""

    def record(self) -> bytes:
        """Return this as a record."""
        said = {"role": self.role, "name": self.name, "attributes": dict(self.attributes), "time": self.time}
        return record({"kind": "mask", **said, "state": self.state.document()}, self.mask().encode("ascii"))


class RecoveryStore:
    """The folder of one case that is being corrected.

    Parameters
    ----------
    ct : mapping
        ``name`` and, where known, ``series_uid`` of the CT or radiograph; its ``shape`` (k, j, i).
    checksum : callable
        Returns that of its voxels; called in the thread that writes, several times.
    kind : str
        ``CT`` or ``RADIOGRAPH``. Of a radiograph there are no masks: all that is kept is chosen beside them.
    """

    def __init__(self, ct: Mapping, checksum: Callable[[], str], kind: str = CT):
        self._ct, self._checksum = dict(ct), checksum
        if kind != CT:
            self._ct["kind"] = kind
        self._folder = recovery_folder() / secrets.token_hex(8)
        self._writer = JournalWriter(self._folder / _JOURNAL)
        self._claim = ExitStack()
        self._no_folder: WriteError | None = None
        self.is_begun = False

    @property
    def problem(self) -> WriteError | None:
        """Why the masks cannot be kept on the disk; None where they can."""
        return self._no_folder or self._writer.problem

    @property
    def is_to_begin(self) -> bool:
        """Whether :meth:`begin` is to be called before anything else is written.

        At first, where something could not be written, and where the file would grow without end.
        """
        return not self.is_begun or self.problem is not None or self._writer.is_full

    def prepare(self, base: MaskBase) -> None:
        """Make ready what :meth:`begin` needs: a mask, and the checksum of the CT."""
        self._writer.prepare(base.mask)
        self.prepare_checksum()

    def prepare_checksum(self) -> None:
        """Make ready the checksum alone."""
        self._writer.prepare(self._checksum)

    def begin(self, bases: list[MaskBase], choices: Mapping | None = None, time: str = "") -> None:
        """Write the masks, and what was chosen beside them, in the place of all that was written before.

        `time` is that of the last choice which is in no file of the user's; empty where there is none. Where there can
        be no such folder nothing is written, and :attr:`problem` says why.
        """
        try:
            self._hold_folder()
        except InputError as problem:
            self._no_folder = problem if isinstance(problem, WriteError) else cannot_write(self._folder, problem)
            return
        self._no_folder = None
        said = record({"kind": "case", "ct": self._ct})
        chosen = [] if choices is None else [_choices_record(choices, time)]
        self._writer.begin(lambda: [said, *(each.record() for each in bases), *chosen])
        # After the masks: where it is not made ready yet, it takes longer than a stroke of the brush.
        self._writer.append(lambda: record({"kind": "ct", "voxels_sha256": self._checksum()}))

    def _hold_folder(self) -> None:
        """Make the folder, also where somebody removed it meanwhile, and hold it for this process."""
        if self.is_begun and self._folder.is_dir():
            return
        self._claim.close()
        try:
            recovery_folder().mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(self._folder, error) from None
        _own.add(self._folder)
        self._claim.enter_context(claimed(self._folder))
        self.is_begun = True

    def add_mask(self, base: MaskBase) -> None:
        """Write one mask in the place of what was written of it before."""
        self._writer.append(base.record)

    def add_edit(self, role: str, entry: Entry, where: np.ndarray, labels: np.ndarray, state: MaskState) -> None:
        """Write an edit; parameters as of :class:`scene.tracking.Edit`, and the mask's state after it."""
        said = {"kind": "edit", "role": role, "entry": entry.document(), "state": state.document(), "count": len(where)}

        def make() -> bytes:
            steps = np.diff(where, prepend=0).astype("<i8")
            return record(said, zlib.compress(steps.tobytes() + labels.tobytes(), 1))

        self._writer.append(make)

    def add_attributes(self, role: str, attributes: Mapping[str, str]) -> None:
        """Write what else is kept with a node and has changed."""
        said = record({"kind": "attributes", "role": role, "attributes": dict(attributes)})
        self._writer.append(lambda: said)

    def add_choices(self, choices: Mapping, time: str) -> None:
        """Write what is chosen beside the masks, all of it.

        Parameters
        ----------
        choices : mapping
            Anything JSON can hold.
        time : str
            ISO 8601.
        """
        said = _choices_record(choices, time)
        self._writer.append(lambda: said)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until all is written; return whether it is."""
        return self._writer.wait(timeout_s)

    def discard(self) -> None:
        """End, and remove the folder."""
        self._writer.close()
        self._claim.close()
        if self.is_begun:
            remove(self._folder)
            _own.discard(self._folder)
        self.is_begun = False


def _choices_record(choices: Mapping, time: str) -> bytes:
    return record({"kind": "choices", "choices": dict(choices), "time": time})


@dataclass(frozen=True, eq=False)
class RecoveredMask:
    """A mask as it was after its last edit that was written.

    Attributes
    ----------
    role, name : str
    attributes : dict of str to str
        Kept with its node before `entries`.
    text : str
        The mask before them (:func:`scene.edits.packed`).
    state : MaskState
        Of that mask.
    entries : list of (Entry, MaskState)
        The edits, and what the mask was after each.
    changes : list of (ndarray, ndarray)
        Which voxels became what, edit by edit.
    """

    role: str
    name: str
    attributes: dict[str, str]
    text: str
    state: MaskState
    entries: list[tuple[Entry, MaskState]] = field(default_factory=list)
    changes: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    @property
    def final_state(self) -> MaskState:
        """The state after all edits."""
        return self.entries[-1][1] if self.entries else self.state

    def add(self, said: Mapping, data: bytes) -> None:
        """Add an edit from its record."""
        values, count = zlib.decompress(data), said["count"]
        where = np.cumsum(np.frombuffer(values, "<i8", count))
        labels = np.frombuffer(values, np.uint8, count, 8 * count)
        self.entries.append((Entry.read(said["entry"]), MaskState.read(said["state"])))
        self.changes.append((where, labels))

    def replayed(self, array: np.ndarray) -> np.ndarray:
        """Return the mask after all edits; `array`, the mask before them, is changed in place."""
        flat = array.reshape(-1)
        for where, labels in self.changes:
            flat[where] = labels
        return array


@dataclass(frozen=True, eq=False)
class RecoveredCase:
    """What is left of a case whose program ended without saving it.

    Attributes
    ----------
    folder : Path
    ct : dict
        ``name``, ``shape`` and, where known, ``series_uid`` and ``voxels_sha256``.
    masks : dict of str to RecoveredMask
    time : str
        ISO 8601: of the last edit; empty where there is none.
    choices : dict
        What was chosen beside the masks (:meth:`RecoveryStore.add_choices`).
    edits : int
        How many edits of masks and choices there were since the masks were written whole.
    """

    folder: Path
    ct: dict
    masks: dict[str, RecoveredMask] = field(default_factory=dict)
    time: str = ""
    choices: dict = field(default_factory=dict)
    edits: int = 0

    @property
    def kind(self) -> str:
        """``CT`` or ``RADIOGRAPH``; another version may know more."""
        return self.ct.get("kind", CT)

    def discard(self) -> None:
        """Remove it from the disk."""
        remove(self.folder)


def left_behind(kind: str | None = None) -> list[RecoveredCase]:
    """Return what ended programs left, the newest first; what a running one holds, this one included, is not.

    Where a `kind` is asked for, of others no more is read than what they are of.
    """
    found = []
    place = recovery_folder()
    if not place.is_dir():
        return []
    for folder in sorted(place.iterdir()):
        if folder in _own or not folder.is_dir() or folder.name.startswith("."):
            continue
        try:
            with claimed(folder):
                case = read_case(folder, kind)
                if case is None and time.time() - folder.stat().st_mtime > _YOUNG_S:
                    remove(folder)  # ended before anything was in it
        except (InputError, WriteError, OSError):
            continue  # another program is at work on it
        except (KeyError, TypeError, ValueError, zlib.error):
            continue  # another version's, which knows how to read it: it stays
        if case is not None:
            found.append(case)
    return sorted(found, key=lambda case: case.time, reverse=True)


def read_case(folder: Path, wanted: str | None = None) -> RecoveredCase | None:
    """Return what a folder holds; None where that is nothing. Of another kind than is wanted, what it is of alone."""
    path, case = folder / _JOURNAL, None
    if not path.is_file():
        return None
    for said, data in records(path):
        kind = said.get("kind")
        if kind == "case":
            case = RecoveredCase(folder, dict(said["ct"]))
            if wanted not in (None, case.kind):
                return case
        elif case is None:
            return None
        elif kind == "ct":
            case.ct["voxels_sha256"] = said["voxels_sha256"]
        elif kind == "choices":
            more = int(bool(said["time"]))
            case = replace(case, choices=said["choices"], time=max(case.time, said["time"]), edits=case.edits + more)
        elif kind == "mask":
            state = MaskState.read(said["state"])
            mask = RecoveredMask(said["role"], said["name"], said["attributes"], data.decode("ascii"), state)
            case.masks[mask.role] = mask
            case = replace(case, time=max(case.time, said.get("time", "")))
        elif (mask := case.masks.get(said.get("role"))) is not None:
            if kind == "attributes":
                mask.attributes.update(said["attributes"])
            elif kind == "edit":
                mask.add(said, data)
                case = replace(case, time=max(case.time, said["entry"]["until"]), edits=case.edits + 1)
    return case if case is not None and (case.masks or (case.kind != CT and case.choices)) else None

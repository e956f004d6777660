"""Corrected results of radiographs kept on the disk until they are saved, and put back after a crash."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vtkmodules.vtkCommonCore import vtkTimeStamp

from ...errors import InputError
from ...history.recovery import RADIOGRAPH, RecoveredCase, RecoveryStore
from ...progress import Progress, Steps
from ...radiograph.reading.read import pixels_checksum
from .. import edits
from ..disk_save import DiskSave, is_alike, not_loaded, once
from ..nodes import ROLE
from ..volumes import identity_of_node
from .eligible import can_be_radiograph
from .finding import CURRENT, VERSION, texts_of
from .images import grey_of
from .record import RadiographRecord, check_said, put_back, said_in
from .shown import show_result

_RESULTS = "results"


@dataclass
class _Seen:
    """A text as it was when it was last looked at.

    Attributes
    ----------
    text : str
    changed : int
        When it became so, in VTK's time.
    is_ours : bool
        Whether that was since the scene was read.
    """

    text: str
    changed: int
    is_ours: bool = False


class RadiographSave(DiskSave):
    """Keeps the corrected results of one radiograph on the disk from the first correction until they are saved.

    Parameters
    ----------
    image : vtkMRMLScalarVolumeNode
    """

    def __init__(self, image):
        self.image = image
        self._seen: dict[Any, _Seen] = {}
        self._kept: dict | None = None
        self._pixels_at = image.GetImageData().GetMTime() if image.GetImageData() else 0
        self._store = self._new_store()

    @property
    def is_gone(self) -> bool:
        """Whether the image, or all its results, were removed from the scene."""
        return self.image.GetScene() is None or not self._texts()

    def look(self) -> bool:
        """Write what was corrected since; return whether there was something to write."""
        for node in self._texts():
            text, seen = node.GetText(), self._seen.get(node)
            if seen is None:
                # What was read has a file, from which on it counts as modified.
                self._seen[node] = _Seen(text, node.GetMTime(), node.GetStorageNode() is None)
            elif seen.text != text:
                now = vtkTimeStamp()
                now.Modified()
                self._seen[node] = _Seen(text, now.GetMTime(), True)
        if self.image.GetImageData() is not None and self.image.GetImageData().GetMTime() != self._pixels_at:
            self._pixels_at = self.image.GetImageData().GetMTime()
            self._kept = None
            self._forget()  # it is another image now
        kept = self._unsaved()
        if kept == self._kept:
            return False
        self._kept = kept
        if kept is None:
            self._forget()
        elif self._store.is_to_begin:
            self._store.begin([], kept, edits.now())
        else:
            self._store.add_choices(kept, edits.now())
        return kept is not None

    def begin_anew(self) -> None:
        """Write all that is not saved, in the place of what is on the disk."""
        if self._kept is not None:
            self._store.begin([], self._kept, edits.now())

    def forget_saved(self) -> bool:
        """Remove from the disk what is in a file of the user's now; return whether all is."""
        self.look()
        return self._kept is None

    def _new_store(self) -> RecoveryStore:
        grey = grey_of(self.image)
        about = {**identity_of_node(self.image), "shape": [1, *grey.shape]}
        store = RecoveryStore(about, once(lambda: pixels_checksum(grey)), RADIOGRAPH)
        store.prepare_checksum()
        return store

    def _texts(self) -> list:
        return [*texts_of(self.image, VERSION), *texts_of(self.image)]

    def _unsaved(self) -> dict | None:
        """Return the results that somebody corrected and that are in no file; None where there are none."""
        unsaved = [node for node in self._texts() if _has_corrections(node) and not self._is_saved(node)]
        return {_RESULTS: [said_in(RadiographRecord(node)) for node in unsaved]} if unsaved else None

    def _is_saved(self, node) -> bool:
        """Return whether a text is in the file of the scene as it is."""
        seen = self._seen[node]
        if node.GetScene().GetStoredTime() <= seen.changed:
            return False
        # A scene can be saved without the files beside it. What was only read counts as modified, too.
        return not (seen.is_ours and node.GetStorageNode() is not None and node.GetModifiedSinceRead())


def _has_corrections(node) -> bool:
    try:
        return bool(RadiographRecord(node).corrections.entries)
    except InputError:  # a damaged one holds nobody's work that could be read again
        return False


def recover_radiograph_steps(case: RecoveredCase, volumes: Iterable) -> Steps[tuple[Any, list[RadiographRecord]]]:
    """Put the corrected results of a radiograph back; what they replace becomes an earlier version.

    Parameters
    ----------
    case : RecoveredCase
        Of a radiograph.
    volumes : iterable of vtkMRMLScalarVolumeNode
        The volumes that are loaded.

    Returns
    -------
    image : vtkMRMLScalarVolumeNode
    records : list of RadiographRecord

    Raises
    ------
    InputError
        Where its image is not loaded; the message says which it is. Where what was kept is damaged.
    """
    yield Progress("Reading the radiograph", 0.0)
    image = _image_of(case, volumes)
    results = case.choices.get(_RESULTS)
    if not isinstance(results, list) or not results:
        raise InputError(f"What was kept of '{case.ct['name']}' is damaged; discard it.")
    yield Progress("Recovering the results", 0.5)
    for each in results:  # refuses before anything is changed
        check_said(each)
    records = [put_back(each, image) for each in results]
    current = [each for each in records if each.text.GetAttribute(ROLE) == CURRENT]
    for record in current:
        show_result(record)
    return image, records


def _image_of(case: RecoveredCase, volumes: Iterable):
    """Return the volume whose pixels a case is of; of several, that of its series or name."""
    about, (_one, rows, columns) = case.ct, case.ct["shape"]
    wanted, found = about.get("voxels_sha256"), []
    for node in volumes:
        if not can_be_radiograph(node) or node.GetImageData().GetDimensions()[:2] != (columns, rows):
            continue
        alike = is_alike(node, about)
        try:
            is_same = alike if wanted is None else pixels_checksum(grey_of(node)) == wanted
        except InputError:  # a picture in colour
            continue
        if is_same:
            found.append((alike, node))
    if found:
        return max(found, key=lambda pair: pair[0])[1]
    raise not_loaded("radiograph", about, f"{columns} × {rows} pixels")

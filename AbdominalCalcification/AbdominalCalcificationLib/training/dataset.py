"""Corrected cases as an nnU-Net v2 raw dataset."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..bounded import read_json
from ..claiming import claimed
from ..durable import cannot_write, sync, sync_all, write_text
from ..errors import InputError, WriteError
from ..flags import Effect
from ..geometry import Grid, Volume
from ..inference.orientation import Turn
from ..leftovers import unfinished_folder
from ..progress import Progress, Steps
from ..reading.ct import voxel_checksum
from ..replacing import replacing
from ..reporting import write_volume
from ..signals import shielded
from .cases import CorrectedCase, Source, read_cases
from .simulated import is_kept
from .tasks import Task, check_dataset_name, dataset_document, read_document

INDEX_FILE = "cases.json"
TRAINING, TEST = "training", "test"
_FOLDERS = {TRAINING: ("imagesTr", "labelsTr"), TEST: ("imagesTs", "labelsTs")}
# The axes of DICOM's slices, to which images are turned before prediction too.
_AXES = "LPS"


@dataclass
class Exported:
    """What an export did.

    Attributes
    ----------
    folder : Path
    added, updated, unchanged : int
        Cases.
    training, test : int
        Cases that the dataset has now.
    labels : dict of str to int
        In how many training cases each label occurs.
    remarks : list of str
        What reading the masks has to say, case by case.
    """

    folder: Path
    added: int = 0
    updated: int = 0
    unchanged: int = 0
    training: int = 0
    test: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def export_steps(
    training: Sequence[Source],
    test: Sequence[Source],
    folder: Path,
    task: Task,
    *,
    update: bool = False,
    allow_empty: bool = False,
    label_names: Mapping[str, str] | None = None,
) -> Steps[Exported]:
    """Write cases as a raw dataset, or add them to one that this function made; all of them or none.

    Files are named after a checksum of the CT, so the same CT always has the same name, which says nothing
    about the patient. CTs are turned to the axes of DICOM slices by exact flips; nothing is resampled.

    Parameters
    ----------
    training, test : sequence of Source
    folder : Path
        Named as nnU-Net wants it: ``Dataset101_Arteries``.
    task : Task
    update : bool
        Replace cases that are there already where their mask, or the grid of CT and mask, is another now.
    allow_empty : bool
        Take calcification masks without a voxel: patients without calcification.
    label_names : mapping of str to str, optional
        Names of segments that are not understood, to names of territories or ``calcification``.

    Raises
    ------
    InputError
        With the dataset as it was before: where a case cannot be used, or the same CT (or another of the
        same study) would be on both sides of the division into training and test.
    """
    folder = Path(os.path.abspath(folder))
    check_dataset_name(folder)
    sources = [(source, side) for side, listed in ((TRAINING, training), (TEST, test)) for source in listed]
    try:
        with claimed(folder):
            index = _existing_index(folder, task)
            place, final = (folder, ".") if folder.is_dir() else (folder.parent, folder.name)
            with unfinished_folder(place, final) as temporary:
                additions = _Additions(temporary, task, index, Exported(folder), update, allow_empty)
                begin = time.monotonic()
                for number, (source, side) in enumerate(sources):
                    left = (time.monotonic() - begin) / number * (len(sources) - number) if number else None
                    yield Progress("Reading and writing cases", number / len(sources), left)
                    if side == TRAINING and source.seed is not None and is_kept(source.seed):
                        raise InputError(
                            f"'{source.path}' is seed {source.seed}, which is kept for testing; leave it out."
                        )
                    for case in read_cases(source, label_names):
                        additions.exported.remarks += _remarks(case)
                        additions.add(case, side)
                yield Progress("Finishing the dataset", 1.0)
                additions.finish()
                with shielded(commits=True):
                    _publish(temporary, folder)
    except WriteError as error:
        raise error.of(folder) from None
    except OSError as error:
        raise cannot_write(folder, error) from None
    return additions.exported


def canonical(volume: Volume) -> Volume:
    """Return `volume` turned to the axes of DICOM slices, the nearest of the 48 orientations; nothing is resampled."""
    turn = Turn.to(_AXES, volume.grid)
    shape = tuple(volume.grid.shape[axis] for axis in turn.order)
    to_old = np.zeros((4, 4))  # indices i, j, k of the turned array to those of the old
    to_old[3, 3] = 1
    for new, old in enumerate(turn.order):
        flipped = new in turn.flipped
        to_old[2 - old, 2 - new] = -1 if flipped else 1
        to_old[2 - old, 3] = shape[new] - 1 if flipped else 0
    return Volume(np.ascontiguousarray(turn.forward(volume.array)), Grid(shape, volume.grid.ijk_to_ras @ to_old))


def same_voxels_checksum(ct: Volume) -> str:
    """Return a checksum of the CT that no flip, no permutation of axes and no other number format changes."""
    turned = canonical(ct)
    return voxel_checksum(turned.with_array(np.rint(turned.array).astype(np.int32)))


def _existing_index(folder: Path, task: Task) -> dict[str, dict]:
    """Return what is known of the cases of a dataset that is there already; empty for a new one."""
    if not folder.exists():
        return {}
    if not folder.is_dir() or any(folder.iterdir()):
        document = read_document(folder)
        if document.get("labels") != task.labels:
            raise InputError(f"'{folder}' is a dataset of other labels than {task.name}; name another folder.")
        try:
            return read_json(folder / INDEX_FILE)["cases"]
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError(
                f"'{folder}' has no {INDEX_FILE} to compare cases with, export-dataset did not make it; "
                "name another folder."
            ) from None
    return {}


def _remarks(case: CorrectedCase) -> list[str]:
    """Return what reading CT and masks has to say.

    Raises
    ------
    InputError
        Where it makes them useless: a network would learn left for right, or a scale that is none.
    """
    doubts = [flag for flag in case.ct.flags if flag.kind.effect > Effect.NOTE]
    for flag in (*doubts, *case.flags):
        if flag.kind.effect == Effect.UNUSABLE:
            raise InputError(f"{case.where} cannot be learned from. {flag.message} {flag.kind.advice}")
    return [f"{case.where}: {flag.message}" for flag in (*doubts, *case.flags)]


def _mask(case: CorrectedCase, task: Task, allow_empty: bool) -> Volume:
    mask = case.arteries if task.name == "arteries" else case.calcification
    if mask is None:
        raise InputError(f"{case.where} has no mask of {task.name}; add one, or leave the case out.")
    if task.name == "calcification":
        mask = mask.with_array((mask.array != 0).astype(np.uint8))
    if not mask.array.any() and not (task.name == "calcification" and allow_empty):
        hint = "; add --allow-empty if the patient has none" if task.name == "calcification" else ""
        raise InputError(f"The mask of {task.name} in {case.where} is empty; draw it or leave the case out{hint}.")
    return mask


class _Additions:
    """What is to be added to a dataset, in a temporary folder until it is whole."""

    def __init__(self, folder: Path, task: Task, index: dict[str, dict], exported: Exported, update: bool, empty: bool):
        self.exported = exported
        self._folder, self._task, self._index = folder, task, index
        self._update, self._allow_empty = update, empty
        for names in _FOLDERS.values():
            for name in names:
                (folder / name).mkdir()

    def add(self, case: CorrectedCase, side: str) -> None:
        """Write one case and enter it in the index; InputError where it cannot be used."""
        ct, mask = canonical(case.ct.volume), canonical(_mask(case, self._task, self._allow_empty))
        voxels = same_voxels_checksum(ct)
        series, study = (_hashed(case.ct.identity.get(key)) for key in ("series_uid", "study_uid"))
        present = np.flatnonzero(np.bincount(mask.array.ravel()))
        entry = {
            "split": side,
            "series": series,
            "study": study,
            "voxels": voxels,
            "mask": voxel_checksum(mask),
            "grid": {"shape_kji": list(ct.grid.shape), "ijk_to_ras": ct.grid.ijk_to_ras.round(9).tolist()},
            "labels": sorted(name for name, value in self._task.labels.items() if value and value in present),
        }
        same = self._name_in_dataset(case, entry)
        if same and _is_unchanged(self._index[same], entry, ct.grid):
            self.exported.unchanged += 1
            return
        if same and not self._update:
            raise InputError(
                f"{case.where} is in the dataset with another mask or on another grid (spacing, orientation, "
                "position); add --update to replace it."
            )
        name = same or f"case_{voxels[:12]}"
        images, labels = _FOLDERS[side]
        write_volume(self._folder / images / f"{name}_0000.nii.gz", ct)
        write_volume(self._folder / labels / f"{name}.nii.gz", mask)
        self._index[name] = entry
        self.exported.added += not same
        self.exported.updated += bool(same)

    def finish(self) -> None:
        """Write what describes all cases."""
        exported, sides = self.exported, [entry["split"] for entry in self._index.values()]
        exported.training, exported.test = sides.count(TRAINING), sides.count(TEST)
        for name in self._task.labels:
            if name != "background":
                having = (e for e in self._index.values() if e["split"] == TRAINING and name in e["labels"])
                exported.labels[name] = sum(1 for _ in having)
        document = dataset_document(exported.folder.name, self._task, exported.training)
        index = {"task": self._task.name, "cases": dict(sorted(self._index.items()))}
        for name, content in ((INDEX_FILE, index), ("dataset.json", document)):
            write_text(self._folder / name, json.dumps(content, indent=1) + "\n")

    def _name_in_dataset(self, case: CorrectedCase, entry: Mapping) -> str | None:
        """Return the name under which the CT is in the dataset; InputError where it, or its study, is on both sides."""
        voxels, series, study, side = (entry[key] for key in ("voxels", "series", "study", "split"))
        index = self._index
        same = next(
            (name for name, e in index.items() if e["voxels"] == voxels or (series and e["series"] == series)), None
        )
        other = next((n for n, e in index.items() if e["split"] != side and study and e["study"] == study), None)
        if same and index[same]["split"] != side:
            raise InputError(f"{case.where} is in the {index[same]['split']} cases already; it cannot be in both.")
        if other:
            raise InputError(
                f"{case.where} is of a study that is in the {index[other]['split']} cases already; "
                "it cannot be in both."
            )
        return same


def _is_unchanged(old: Mapping, new: Mapping, grid: Grid) -> bool:
    """Return whether an entry of the index has the voxels and the mask of `new`, and lies on `grid`.

    File formats round grids differently, hence the comparison in mm. An entry that does not say its grid is changed.
    """
    said = old.get("grid")
    return (
        all(old[name] == new[name] for name in ("voxels", "mask"))
        and said is not None
        and Grid(tuple(said["shape_kji"]), said["ijk_to_ras"]).same_as(grid)
    )


def _publish(temporary: Path, folder: Path) -> None:
    """Make what the temporary folder holds the dataset, or part of the one that is there; undone on any error.

    Raises
    ------
    InputError
        Where it could not be undone, with the place of the files that were replaced.
    """
    sync_all(temporary)
    if not folder.exists():
        os.rename(temporary, folder)
        sync(folder.parent)
        return
    with replacing(folder, "dataset") as replacement:
        # dataset.json comes last: where it is new, everything is; labels before the images that need them.
        for source in _in_order(temporary):
            replacement.put_in(source, source.relative_to(temporary))


def _in_order(temporary: Path) -> Iterator[Path]:
    for name in ("labelsTr", "imagesTr", "labelsTs", "imagesTs"):
        yield from sorted((temporary / name).iterdir())
    yield from (temporary / INDEX_FILE, temporary / "dataset.json")


def _hashed(uid: str | None) -> str | None:
    """Return what tells one UID from another without naming it."""
    return hashlib.sha256(uid.encode()).hexdigest() if uid else None

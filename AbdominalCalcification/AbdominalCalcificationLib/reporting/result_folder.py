"""A result folder that appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path

from ..claiming import claimed
from ..durable import cannot_write, sync, sync_all
from ..errors import InputError, WriteError
from ..leftovers import unfinished_folder
from ..replacing import replacing
from ..signals import shielded
from .dicom.names import DICOM_FILES, REPORT_OBJECTS
from .report_files import REPORT_FILES

RESULT_FILES = (
    "arteries.nii.gz",
    "calcification.nii.gz",
    "territories.csv",
    "clusters.csv",
    "views.png",
    "scene.mrb",
    *DICOM_FILES,
    *REPORT_FILES,
    *REPORT_OBJECTS,
    "measurements.json",  # last: where it is, the rest is
)


# The last file of each kind of result, and what it is a result of. Both kinds have a report of the same name.
RESULT_KINDS = {"measurements.json": "a CT", "radiograph.json": "a radiograph"}


class ResultFolder:
    """Context manager around the files of one result.

    Whatever the body writes into the folder it is given becomes visible at the end, and only
    where the body succeeded; after an error or a cancel everything is as it was before. Files
    that are not ours (`names`) are never touched. What a killed process left is tidied up first,
    and a second process is refused while the body runs.

    Parameters
    ----------
    folder : str or Path
        Where the result shall be; made where it does not exist.
    overwrite : bool
        Replace an existing result.
    names : sequence of str
        The files that make up the result, those in a folder of it as ``folder/name``; the last one appears last.

    Raises
    ------
    InputError
        Where there is a result already and `overwrite` is False, or the place cannot be written.
        Constructing raises it, so that no work is done in vain.

    Examples
    --------
    >>> with ResultFolder("patient-1") as temporary:  # doctest: +SKIP
    ...     (temporary / "measurements.json").write_text("{}")
    """

    def __init__(self, folder: str | Path, overwrite: bool = False, names: tuple[str, ...] = RESULT_FILES):
        self.folder = Path(os.path.abspath(folder))
        self._names = names
        self._overwrite = overwrite
        self._check_place()
        with claimed(self.folder):
            self._check_result()

    def __enter__(self) -> Path:
        with ExitStack() as stack, shielded():
            stack.enter_context(claimed(self.folder))
            # Inside an existing folder, which may be a mounted disk of its own; else beside the future one.
            place, name = (self.folder, ".") if self.folder.is_dir() else (self.folder.parent, self.folder.name)
            try:
                self._temporary = stack.enter_context(unfinished_folder(place, name))
            except OSError as error:
                raise cannot_write(place, error) from None
            self._stack = stack.pop_all()
        return self._temporary

    def __exit__(self, kind, error, trace) -> None:
        with shielded(commits=kind is None), self._stack:
            if isinstance(error, WriteError):
                raise error.of(self.folder / Path(error.place).name) from None
            if kind is None:
                self._check_place()
                self._check_result()
                try:
                    self._publish()
                except OSError as problem:
                    raise cannot_write(self.folder, problem) from None

    def _check_place(self) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"'{self.folder}' is a file; name a folder for the result.")
        there = next(each for each in (self.folder, *self.folder.parents) if each.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise InputError(f"'{there}' cannot be written; name another folder.")

    def _check_result(self) -> None:
        for name in self.existing_files():
            if (self.folder / name).is_dir() and not (self.folder / name).is_symlink():
                raise InputError(
                    f"'{self.folder / name}' is a folder, where a file of the result belongs; move it away."
                )
        for name, what in RESULT_KINDS.items():
            if self._names[-1] in RESULT_KINDS and name not in self._names and (self.folder / name).is_file():
                raise InputError(f"'{self.folder}' holds the result of {what}; name another folder.")
        if self.existing_files() and not self._overwrite:
            raise InputError(f"'{self.folder}' holds a result already; name another folder or add --overwrite.")

    def existing_files(self) -> list[str]:
        """Return the names of our files that are in the folder now."""
        return [name for name in self._names if os.path.lexists(self.folder / name)]

    def _publish(self) -> None:
        files = (each for each in self._temporary.rglob("*") if not each.is_dir())
        written = {each.relative_to(self._temporary).as_posix() for each in files}
        if not written <= set(self._names):
            raise ValueError(f"unknown result files: {sorted(written - set(self._names))}")
        sync_all(self._temporary)
        if not self.folder.exists():
            os.rename(self._temporary, self.folder)
            sync(self.folder.parent)
        else:
            self._replace_files([name for name in self._names if name in written])

    def _replace_files(self, written: list[str]) -> None:
        """Move an old result out of the folder and the new one in; on any error put the old one back."""
        with replacing(self.folder, "result") as replacement:
            for name in reversed(self.existing_files()):
                replacement.take_out(name)
            for name in written:
                replacement.put_in(self._temporary / name, name)


def keep_inputs(folder: str | Path, inputs: Iterable[Path], names: Sequence[str] = RESULT_FILES) -> None:
    """Refuse a folder in which a file of a result, one of `names`, would take the place of one of `inputs`.

    Raises
    ------
    InputError
    """
    for name in names:
        place = Path(folder) / name
        if place.exists() and any(each.exists() and each.samefile(place) for each in inputs):
            raise InputError(f"'{place}' is read and would be replaced by the result; name another folder.")

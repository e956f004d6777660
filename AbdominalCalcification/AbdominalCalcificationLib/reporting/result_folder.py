"""A result folder that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from ..errors import InputError
from ..replacing import replacing

RESULT_FILES = (
    "arteries.nii.gz",
    "calcification.nii.gz",
    "territories.csv",
    "clusters.csv",
    "views.png",
    "scene.mrb",
    "measurements.json",  # last: where it is, the rest is
)


class ResultFolder:
    """Context manager around the files of one result.

    Whatever the body writes into the folder it is given becomes visible at the end, and only
    where the body succeeded; after an error or a cancel everything is as it was before. Files
    that are not ours (`names`) are never touched.

    Parameters
    ----------
    folder : str or Path
        Where the result shall be; made where it does not exist.
    overwrite : bool
        Replace an existing result.
    names : sequence of str
        The files that make up the result; the last one appears last.

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
        self._made_parents: list[Path] = []
        self._check()

    def __enter__(self) -> Path:
        # Inside an existing folder, which may be a mounted disk of its own; else beside the future one.
        parent = self.folder if self.folder.is_dir() else self.folder.parent
        try:
            missing = [each for each in (parent, *parent.parents) if not each.exists()]
            for each in reversed(missing):
                each.mkdir()
                self._made_parents.append(each)
            self._temporary = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=parent))
        except OSError as error:
            self._remove_parents()
            raise _not_writable(parent, error) from None
        return self._temporary

    def __exit__(self, kind, error, trace) -> None:
        published = False
        try:
            if kind is None:
                self._check()
                self._publish()
                published = True
        except OSError as problem:
            raise _not_writable(self.folder, problem) from None
        finally:
            shutil.rmtree(self._temporary, ignore_errors=True)
            if not published:
                self._remove_parents()

    def _check(self) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"'{self.folder}' is a file; name a folder for the result.")
        there = next(each for each in (self.folder, *self.folder.parents) if each.exists())
        if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
            raise InputError(f"'{there}' cannot be written; name another folder.")
        if self.existing_files() and not self._overwrite:
            raise InputError(f"'{self.folder}' holds a result already; name another folder or add --overwrite.")

    def existing_files(self) -> list[str]:
        """Return the names of our files that are in the folder now."""
        return [name for name in self._names if os.path.lexists(self.folder / name)]

    def _publish(self) -> None:
        written = {each.name for each in self._temporary.iterdir()}
        if not written <= set(self._names):
            raise ValueError(f"unknown result files: {sorted(written - set(self._names))}")
        os.chmod(self._temporary, 0o777 & ~_umask())  # mkdtemp's folders are for the owner alone
        if not self.folder.exists():
            os.rename(self._temporary, self.folder)
        else:
            self._replace_files([name for name in self._names if name in written])

    def _replace_files(self, written: list[str]) -> None:
        """Move an old result out of the folder and the new one in; on any error put the old one back."""
        with replacing(self.folder, "result") as replacement:
            for name in reversed(self.existing_files()):
                replacement.take_out(name)
            for name in written:
                replacement.put_in(self._temporary / name, name)

    def _remove_parents(self) -> None:
        for each in reversed(self._made_parents):
            with suppress(OSError):
                each.rmdir()


def _umask() -> int:
    """Return the process's file mode mask; the only way to read it is to set it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _not_writable(place: Path, error: OSError) -> InputError:
    return InputError(f"'{place}' cannot be written ({error.strerror or error}); name another folder.")

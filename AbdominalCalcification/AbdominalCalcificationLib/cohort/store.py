"""The case folders of a cohort: which are done, and what they were made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, cast

from .. import __version__
from ..bounded import read_json
from ..file_stamps import stamp_of
from ..reporting.documents import json_safe
from ..reporting.result_folder import RESULT_FILES

CASES_FOLDER = "cases"
#: What is known of a case beside its result, and a small picture of it.
RECORD, THUMBNAIL = "case.json", "thumbnail.jpg"
MEASUREMENTS = "measurements.json"
CASE_FILES = (THUMBNAIL, RECORD, *RESULT_FILES)


class FolderCase(Protocol):
    """A case of any cohort that has a folder; also a dataclass."""

    @property
    def id(self) -> str: ...
    @property
    def folder_name(self) -> str: ...
    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file or folder that is named."""


class CaseFolders:
    """The folders of the cases of one cohort. They are the only state: a case is done where its folder says so.

    Parameters
    ----------
    output : Path
        Folder of the cohort.
    made_from : callable
        Returns what a case is made from beside its own files (:meth:`recipe.Recipe.made_from`).
    numbers : str
        The file of a case folder that holds its numbers.
    """

    def __init__(self, output: Path, made_from: Callable[[Any], Mapping], numbers: str = MEASUREMENTS):
        self.output, self._made_from, self._numbers = output, made_from, numbers
        self.folder = output / CASES_FOLDER

    def path_of(self, case: FolderCase) -> Path:
        """Return the folder of a case."""
        return self.folder / case.folder_name

    def fingerprint(self, case: FolderCase) -> str:
        """Return a checksum of everything that the result of a case depends on; its covariates are not among it."""
        files = [stamp_of(path, self.output) for path in case.paths]
        named = {
            name: value for name, value in asdict(cast(Any, case)).items() if name not in ("covariates", "patient")
        }
        made_from = {**self._made_from(case), "case": named, "files": files}
        return hashlib.sha256(json.dumps(json_safe(made_from), sort_keys=True).encode()).hexdigest()

    def record(self, case: FolderCase) -> dict | None:
        """Return what the folder of a case says about how it was made; None where it is not done."""
        return read_record(self.path_of(case), self._numbers)


def read_record(folder: Path, numbers: str = MEASUREMENTS) -> dict | None:
    """Return what a case folder says about how it was made; None where it is not done.

    Where its numbers are no longer those that were written with it (``analyze`` wrote into the folder, say), nobody
    knows what it was made from: its ``fingerprint`` is empty.
    """
    with suppress(OSError, ValueError):
        record = read_json(folder / RECORD)
        if isinstance(record, dict) and isinstance(record.get("fingerprint"), str):
            return (
                record if record.get("measurements") == checksum_of(folder, numbers) else {**record, "fingerprint": ""}
            )
    return None


def checksum_of(folder: Path, numbers: str = MEASUREMENTS) -> str:
    """Return the checksum of the numbers in a case folder; empty where there are none."""
    with suppress(OSError):
        return hashlib.sha256((folder / numbers).read_bytes()).hexdigest()
    return ""


def record_of(
    case: FolderCase, fingerprint: str, schema_version: str, folder: Path, numbers: str, seconds: float
) -> dict:
    """Return what the folder of a case is to say about how it was made."""
    return {
        "schema_version": schema_version,
        "id": case.id,
        "version": __version__,
        "fingerprint": fingerprint,
        "measurements": checksum_of(folder, numbers),
        "seconds": round(seconds, 3),
    }


def remove_result(folder: Path, names: tuple[str, ...]) -> None:
    """Remove an old result, what says that it is one first; what else the folder holds stays."""
    for name in (RECORD, *reversed(names)):
        with suppress(FileNotFoundError):
            (folder / name).unlink()

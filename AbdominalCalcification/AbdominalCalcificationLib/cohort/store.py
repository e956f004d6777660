"""The case folders of a cohort: which are done, and what they were made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from ..bounded import read_json
from ..evaluation.cohort import Masks
from ..file_stamps import stamp_of
from ..reporting.documents import json_safe
from ..reporting.result_folder import RESULT_FILES
from .cases import CohortCase

CASES_FOLDER = "cases"
#: What is known of a case beside its result, and a small picture of it.
RECORD, THUMBNAIL = "case.json", "thumbnail.jpg"
MEASUREMENTS = "measurements.json"
CASE_FILES = (THUMBNAIL, RECORD, *RESULT_FILES)


class CaseFolders:
    """The folders of the cases of one cohort. They are the only state: a case is done where its folder says so.

    Parameters
    ----------
    output : Path
        Folder of the cohort.
    made_from : callable
        Returns what a case with given masks is made from beside its own files (:meth:`recipe.Recipe.made_from`).
    """

    def __init__(self, output: Path, made_from: Callable[[Masks], Mapping]):
        self.output, self._made_from = output, made_from
        self._known: dict[tuple[bool, bool], dict] = {}
        self.folder = output / CASES_FOLDER

    def path_of(self, case: CohortCase) -> Path:
        """Return the folder of a case."""
        return self.folder / case.folder_name

    def fingerprint(self, case: CohortCase) -> str:
        """Return a checksum of everything that the result of a case depends on; its covariates are not among it."""
        files = [stamp_of(path, self.output) for path in case.paths]
        named = {name: value for name, value in asdict(case).items() if name not in ("covariates", "patient")}
        given = case.masks.arteries is not None, case.masks.calcification is not None
        if given not in self._known:
            self._known[given] = dict(self._made_from(case.masks))
        made_from = {**self._known[given], "case": named, "files": files}
        return hashlib.sha256(json.dumps(json_safe(made_from), sort_keys=True).encode()).hexdigest()

    def record(self, case: CohortCase) -> dict | None:
        """Return what the folder of a case says about how it was made; None where it is not done."""
        return read_record(self.path_of(case))


def read_record(folder: Path) -> dict | None:
    """Return what a case folder says about how it was made; None where it is not done.

    Where its numbers are no longer those that were written with it (``analyze`` wrote into the folder, say), nobody
    knows what it was made from: its ``fingerprint`` is empty.
    """
    with suppress(OSError, ValueError):
        record = read_json(folder / RECORD)
        if isinstance(record, dict) and isinstance(record.get("fingerprint"), str):
            return record if record.get("measurements") == checksum_of(folder) else {**record, "fingerprint": ""}
    return None


def checksum_of(folder: Path) -> str:
    """Return the checksum of the numbers in a case folder; empty where there are none."""
    with suppress(OSError):
        return hashlib.sha256((folder / MEASUREMENTS).read_bytes()).hexdigest()
    return ""

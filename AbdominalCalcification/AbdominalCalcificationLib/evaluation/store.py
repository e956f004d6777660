"""Per-case records on disk, so that an interrupted evaluation goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from .. import __version__
from ..bounded import read_json
from ..durable import write_text
from ..errors import InputError
from ..file_stamps import stamp_of
from ..paths import told_apart
from ..reporting.anonymous import anonymous_record
from ..reporting.documents import json_safe
from .case import model_folders
from .cohort import Case
from .settings import Settings

SCHEMA_VERSION = "1.4"


def empty_result(case: Case) -> dict:
    """Return what stands in the record of a case that has no result."""
    return {"patient": case.patient, "groups": dict(case.groups), "failures": {}, "left_out": []}


class Store:
    """The records of one evaluation, one JSON file for each case.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    settings : Settings
        Records made with other settings, another version or other files are not used again.

    Raises
    ------
    InputError
        Where the folder cannot be made.
    """

    def __init__(self, folder: Path, settings: Settings):
        self.folder = folder
        self._anonymous = settings.anonymous
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"'{folder}' cannot be made ({error.strerror}); name another folder.") from None
        own = asdict(settings)
        for of_the_summary in ("severity", "resamples", "seed"):
            del own[of_the_summary]
        models = []
        if settings.uses_models:
            of_arteries, of_calcification = model_folders(settings)
            models = [model.checksum for model in (*of_arteries, of_calcification)]
        self._made_from = json_safe(
            {"schema": SCHEMA_VERSION, "version": __version__, "settings": own, "models": models}
        )

    def path_of(self, case: Case) -> Path:
        """Return where the record of `case` is; names that file systems dislike are told apart by a checksum."""
        return self.folder / f"{told_apart(case.name)}.json"

    def read(self, case: Case) -> dict | None:
        """Return the record of `case`; None where there is none that still holds."""
        return self._record_made_from(case, self.fingerprint(case))

    def _record_made_from(self, case: Case, fingerprint: str) -> dict | None:
        with suppress(OSError, ValueError, AttributeError):
            record = read_json(self.path_of(case))
            if record.get("fingerprint") == fingerprint:
                return record
        return None

    def is_done(self, case: Case) -> bool:
        """Return whether `case` needs no more work; what failed is tried again."""
        record = self.read(case)
        # Trying again does not fill a blank cell; filling it makes the record old.
        blank = {name for name, masks in case.predictions.items() if masks.calcification is None}
        return record is not None and record["error"] is None and record["failures"].keys() <= blank

    def write(
        self, case: Case, result: dict | None, error: str | None = None, details: str = "", fingerprint: str = ""
    ) -> None:
        """Write the record of `case`, whole or not at all: its result, or why there is none.

        `fingerprint` was taken before the case was read: files that change meanwhile make the record old.
        Where there is no result now, one that an earlier run made from the same, complete or in part, stays.
        """
        fingerprint = fingerprint or self.fingerprint(case)
        earlier = self._record_made_from(case, fingerprint) if result is None else None
        if earlier is not None and earlier["error"] is None:
            return
        record = {
            "case": case.name,
            "fingerprint": fingerprint,
            "error": error,
            "details": details,
            **(empty_result(case) if result is None else result),
        }
        if self._anonymous:
            record = anonymous_record(record)
        write_text(self.path_of(case), json.dumps(json_safe(record), indent=1, ensure_ascii=False) + "\n")

    def fingerprint(self, case: Case) -> str:
        """Return a checksum of everything that the record of `case` depends on."""
        made_from = {
            **self._made_from,
            "case": asdict(case),
            "files": [stamp_of(path, self.folder.parent) for path in case.paths],
        }
        return hashlib.sha256(json.dumps(json_safe(made_from), sort_keys=True).encode()).hexdigest()

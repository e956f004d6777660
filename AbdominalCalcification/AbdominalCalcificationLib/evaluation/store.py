"""Per-case records on disk, so that an interrupted evaluation goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol, cast

from .. import __version__
from ..bounded import read_json
from ..durable import write_text
from ..errors import InputError
from ..file_stamps import stamp_of
from ..paths import told_apart
from ..reporting.anonymous import anonymous_record
from ..reporting.documents import json_safe


class StoredCase(Protocol):
    """What is kept of a case of any evaluation; also a dataclass."""

    @property
    def name(self) -> str: ...
    @property
    def patient(self) -> str: ...
    @property
    def groups(self) -> Mapping[str, str]: ...
    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file or folder that is named."""

    @property
    def blank(self) -> set[str]:
        """The methods of which the table names nothing."""


class StoreSettings(Protocol):
    """What is to be known of settings to keep what they lead to."""

    @property
    def anonymous(self) -> bool: ...
    def made_from(self) -> dict:
        """Return what the record of a case depends on beside the case."""
        ...


def empty_result(case: StoredCase) -> dict:
    """Return what stands in the record of a case that has no result."""
    return {"patient": case.patient, "groups": dict(case.groups), "failures": {}, "left_out": []}


class Store:
    """The records of one evaluation, one JSON file for each case.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    settings : Settings or another evaluation's
        Records made with other settings, another version or other files are not used again.

    Raises
    ------
    InputError
        Where the folder cannot be made.
    """

    def __init__(self, folder: Path, settings: StoreSettings):
        self.folder = folder
        self._anonymous = settings.anonymous
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"'{folder}' cannot be made ({error.strerror}); name another folder.") from None
        self._made_from = json_safe({"version": __version__, **settings.made_from()})

    def path_of(self, case: StoredCase) -> Path:
        """Return where the record of `case` is; names that file systems dislike are told apart by a checksum."""
        return self.folder / f"{told_apart(case.name)}.json"

    def read(self, case: StoredCase) -> dict | None:
        """Return the record of `case`; None where there is none that still holds."""
        return self._record_made_from(case, self.fingerprint(case))

    def _record_made_from(self, case: StoredCase, fingerprint: str) -> dict | None:
        with suppress(OSError, ValueError, AttributeError):
            record = read_json(self.path_of(case))
            if record.get("fingerprint") == fingerprint:
                return record
        return None

    def is_done(self, case: StoredCase) -> bool:
        """Return whether `case` needs no more work; what failed is tried again."""
        record = self.read(case)
        # Trying again does not fill a blank cell; filling it makes the record old.
        return record is not None and record["error"] is None and record["failures"].keys() <= case.blank

    def write(
        self, case: StoredCase, result: dict | None, error: str | None = None, details: str = "", fingerprint: str = ""
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

    def fingerprint(self, case: StoredCase) -> str:
        """Return a checksum of everything that the record of `case` depends on."""
        made_from = {
            **self._made_from,
            "case": asdict(cast(Any, case)),
            "files": [stamp_of(path, self.folder.parent) for path in case.paths],
        }
        return hashlib.sha256(json.dumps(json_safe(made_from), sort_keys=True).encode()).hexdigest()

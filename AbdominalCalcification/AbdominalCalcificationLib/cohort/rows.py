"""What the tables of a cohort say of one case, from the files of its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..bounded import read_json
from ..errors import InputError
from ..reporting.documents import document_notes, document_trust, is_unusable
from ..trust import Trust, flags_about, headline, trust_of
from .cases import CohortCase
from .columns import BESIDE, QUANTITIES, TOTAL
from .store import CASES_FOLDER, MEASUREMENTS, RECORD, read_record


@dataclass(frozen=True, eq=False)
class CaseRow:
    """One finished case.

    Attributes
    ----------
    case : CohortCase
    trust : str
        The verdict.
    headline : str
        The verdict as one sentence.
    look_at : tuple of str
        Territories to look at.
    flags : tuple of str
        Codes.
    territories : dict of str to dict
        By territory, and ``total``: ``found``, ``trust``, ``flags`` and :data:`columns.QUANTITIES`; numbers are None
        where nothing was measured, and all of them where the result is unusable.
    beside : dict of str to (float or None)
    version, folder : str
    seconds : float or None
    voxels : str
        Checksum of the voxels of the CT; empty where none is known.
    """

    case: CohortCase
    trust: str
    headline: str
    look_at: tuple[str, ...]
    flags: tuple[str, ...]
    territories: dict[str, dict]
    beside: dict[str, float | None]
    version: str
    folder: str
    seconds: float | None
    voxels: str = ""

    def cells(self, covariates: list[str]) -> list:
        """Return the row of cohort.csv, see :func:`columns.cohort_columns`."""
        numbers = [self.territories[name][quantity] for name in self.territories for quantity in QUANTITIES]
        return [
            self.case.id,
            self.case.patient,
            *(self.case.covariates.get(name, "") for name in covariates),
            self.trust,
            " ".join(self.look_at),
            " ".join(self.flags),
            *numbers,
            *self.beside.values(),
            self.version,
            self.folder,
        ]


def read_row(case: CohortCase, folder: Path) -> CaseRow:
    """Return what a finished case comes to.

    Raises
    ------
    InputError
        Where a file of its folder is missing or damaged.
    """
    record = read_record(folder)
    if record is None or not record["fingerprint"]:
        raise InputError(
            f"'{folder / RECORD}' is missing, damaged or of other numbers; remove the folder and run the command again."
        )
    try:
        return _row(case, folder, record, read_json(folder / MEASUREMENTS))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise InputError(
            f"'{folder / 'measurements.json'}' is missing or damaged; remove the folder and run the command again."
        ) from None


def _row(case: CohortCase, folder: Path, record: Mapping, document: Mapping) -> CaseRow:
    trust = document_trust(document)
    usable = not is_unusable(document)
    flags = [note.code for note in document_notes(document)]
    listed = [{**document["total"], "name": TOTAL}, *document["territories"]]
    return CaseRow(
        case,
        trust.verdict.value,
        headline(trust),
        trust.territories,
        tuple(dict.fromkeys(flags)),
        {each["name"]: _territory(each, trust, usable) for each in listed},
        {name: document[name] if usable else None for name in BESIDE},
        record["version"],
        f"{CASES_FOLDER}/{folder.name}",
        record.get("seconds"),
        (document["provenance"].get("input") or {}).get("voxels_sha256") or "",
    )


def _territory(each: Mapping, trust: Trust, usable: bool) -> dict:
    found = bool(each["found"])
    values = {name: each[name] for name in QUANTITIES if name != "burden_percent"}
    burden = each["burden"]
    values["burden_percent"] = None if burden is None else 100 * burden
    if not (found and usable):
        # A territory that was not found has no volume either: 0 would read as measured.
        values = dict.fromkeys(values)
    # About it, and about the whole case.
    told = trust.reasons if each["name"] == TOTAL else flags_about(each["name"], trust.reasons)
    return {
        "found": found,
        "trust": trust_of(told).verdict.value,
        "flags": " ".join(dict.fromkeys(flag.code for flag in told)),
        **{name: values[name] for name in QUANTITIES},
    }

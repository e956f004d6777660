"""What the table of a cohort says of one radiograph, from the files of its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...bounded import read_json
from ...errors import InputError
from ...evaluation.radiographs.readings import Reading, reading_of_document
from ...radiograph.files import DOCUMENT_FILE
from ...radiograph.severity import ScoreGroups
from ...radiograph.verdict import headline
from ...reporting.documents import document_trust
from ..store import CASES_FOLDER, RECORD, read_record
from .cases import CohortRadiograph


@dataclass(frozen=True, eq=False)
class RadiographRow:
    """One finished radiograph.

    Attributes
    ----------
    case : CohortRadiograph
    trust, headline : str
        The verdict, in a word and in a sentence.
    look_at : tuple of str
        Vertebrae to look at.
    reading : Reading
        The score; without numbers where they must not be used.
    interval : tuple of float or None
        Of the score, as its document gives it.
    image : mapping
        What its document says of the image: ``spacing_source``, ``faces``, ``faces_source``.
    version, folder : str
    seconds : float or None
    pixels : str
        Checksum of the pixels; empty where none is known.
    """

    case: CohortRadiograph
    trust: str
    headline: str
    look_at: tuple[str, ...]
    reading: Reading
    interval: tuple[float, float] | None
    image: Mapping[str, str | None]
    version: str
    folder: str
    seconds: float | None
    pixels: str = ""

    @property
    def total(self) -> float | None:
        """The score; None where it is not known, or must not be used."""
        return self.reading.total if self.reading.is_usable else None

    def cells(self, covariates: list[str], groups: ScoreGroups) -> list:
        """Return the row of radiographs.csv, see :func:`.columns.radiograph_columns`."""
        said = self.reading.record(())
        low, high = self.interval or (None, None)
        return [
            self.case.id,
            self.case.patient,
            *(self.case.covariates.get(name, "") for name in covariates),
            self.trust,
            " ".join(self.look_at),
            " ".join(self.reading.flags),
            said["total"],
            low,
            high,
            groups.group_of(said["total"]),
            said["affected_segments"],
            said["affected_walls"],
            *said["parts"],
            *(self.image.get(name) for name in ("spacing_source", "faces", "faces_source")),
            self.version,
            self.folder,
        ]


def read_radiograph_row(case: CohortRadiograph, folder: Path) -> RadiographRow:
    """Return what a finished radiograph comes to.

    Raises
    ------
    InputError
        Where a file of its folder is missing or damaged.
    """
    record = read_record(folder, DOCUMENT_FILE)
    if record is None or not record["fingerprint"]:
        raise InputError(
            f"'{folder / RECORD}' is missing, damaged or of another result; remove the folder and run the command "
            "again."
        )
    try:
        return _row(case, folder, record, read_json(folder / DOCUMENT_FILE))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InputError):
        raise InputError(
            f"'{folder / DOCUMENT_FILE}' is missing or damaged; remove the folder and run the command again."
        ) from None


def _row(case: CohortRadiograph, folder: Path, record: Mapping, document: Mapping) -> RadiographRow:
    trust = document_trust(document)
    reading = reading_of_document(document)
    given = document["provenance"].get("input") or {}
    interval = document["score_interval"] if reading.is_usable else None
    named = dict.fromkeys(flag.territory for flag in trust.reasons if flag.territory)
    return RadiographRow(
        case,
        trust.verdict.value,
        headline(trust),
        tuple(named),
        reading,
        None if interval is None else (interval[0], interval[1]),
        {
            "spacing_source": given.get("spacing_source"),
            "faces": document["image"]["faces"],
            "faces_source": given.get("faces_source"),
        },
        record["version"],
        f"{CASES_FOLDER}/{folder.name}",
        record.get("seconds"),
        given.get("pixels_sha256") or "",
    )

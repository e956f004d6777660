"""What is sent, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..reading.dicom.elements import DamagedFileError, foreign_parser
from ..reporting.dicom.names import DICOM_FILES, REPORT_OBJECTS

# What others refer to goes first.
_ORDER = {Path(name).name: place for place, name in enumerate((*DICOM_FILES, *REPORT_OBJECTS))}


@dataclass(frozen=True)
class SentFile:
    """A DICOM file that is to be sent.

    Attributes
    ----------
    path : Path
    sop_class, sop_instance, transfer_syntax : str
        UIDs.
    """

    path: Path
    sop_class: str
    sop_instance: str
    transfer_syntax: str


@dataclass(frozen=True)
class Outcome:
    """What became of a file.

    Attributes
    ----------
    file : SentFile
    is_stored : bool
    remark : str
        Why it is not stored, or what the server said beside it.
    """

    file: SentFile
    is_stored: bool
    remark: str = ""


def files_of(folder: Path) -> list[SentFile]:
    """Return the DICOM files of a result folder, those first that others refer to.

    Raises
    ------
    InputError
        Where there is none, or one that cannot be read: nothing is sent then.
    """
    place = folder / "dicom"
    paths = [each for each in place.glob("*.dcm") if each.is_file()] if place.is_dir() else []
    if not paths:
        raise InputError(f"'{folder}' holds no DICOM objects; make them first (analyze --dicom, report --dicom).")
    paths.sort(key=lambda path: (_ORDER.get(path.name, len(_ORDER)), path.name))
    return [_sent_file(path) for path in paths]


def _sent_file(path: Path) -> SentFile:
    import pydicom

    try:
        with foreign_parser():
            read = pydicom.dcmread(path)
            uids = [read.SOPClassUID, read.SOPInstanceUID, read.file_meta.TransferSyntaxUID]
    except (OSError, DamagedFileError):
        uids = []
    if len(uids) != 3 or not all(uids):
        raise InputError(f"'{path}' cannot be read as a DICOM object, so nothing was sent; make it again.")
    return SentFile(path, *(str(each) for each in uids))

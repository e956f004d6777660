"""What is sent, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..reading.dicom.elements import DamagedFileError, foreign_parser
from ..reporting.dicom.names import DICOM_FILES, REPORT_OBJECTS

# What others refer to goes first.
_ORDER = {Path(name).name: place for place, name in enumerate((*DICOM_FILES, *REPORT_OBJECTS))}

_WANTED = (0x00080016, 0x00080018, 0x0020000D)  # UIDs of SOP class, SOP instance and study
#: Of a file that vanishes while others are sent.
GONE = "the file cannot be read any more"
# The length of an element that ends with a delimiter (PS3.5, 7.1.1).
_UNDEFINED = 0xFFFFFFFF


@dataclass(frozen=True)
class SentFile:
    """A DICOM file that is to be sent.

    Attributes
    ----------
    path : Path
    sop_class, sop_instance, study, transfer_syntax : str
        UIDs.
    """

    path: Path
    sop_class: str
    sop_instance: str
    study: str
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
        Where there is none, one that cannot be read, one twice, or those of several studies, such as named ones beside
        anonymous ones: nothing is sent then.
    """
    place = folder / "dicom"
    paths = [each for each in place.glob("*.dcm") if each.is_file()] if place.is_dir() else []
    if not paths:
        raise InputError(f"'{folder}' holds no DICOM objects; make them first (analyze --dicom, report --dicom).")
    paths.sort(key=lambda path: (_ORDER.get(path.name, len(_ORDER)), path.name))
    files = [_sent_file(path) for path in paths]
    _check_belong_together(files)
    return files


def _check_belong_together(files: list[SentFile]) -> None:
    seen: dict[str, SentFile] = {}
    for file in files:
        other = seen.setdefault(file.sop_instance, file)
        if other is not file:
            raise InputError(
                f"'{file.path}' is the same object as '{other.path.name}', so nothing was sent; remove one."
            )
        if file.study != files[0].study:
            raise InputError(
                f"'{file.path}' is of another study than '{files[0].path.name}', so nothing was sent; move it away."
            )


def _sent_file(path: Path) -> SentFile:
    try:
        uids = _uids(path)
    except (OSError, DamagedFileError):
        uids = []
    if len(uids) != 4 or not all(uids):
        raise InputError(f"'{path}' cannot be read as a DICOM object, so nothing was sent; make it again.")
    return SentFile(path, *(str(each) for each in uids))


def _uids(path: Path) -> list:
    """Return the UIDs of class, instance, study and transfer syntax.

    Pixels and other values are passed over, but must be there.

    Raises
    ------
    DamagedFileError
        Also where the file ends before its values do.
    """
    from pydicom.filereader import read_file_meta_info, read_partial
    from pydicom.uid import DeflatedExplicitVRLittleEndian

    with foreign_parser(), open(path, "rb") as stream:
        syntax = read_file_meta_info(path).TransferSyntaxUID
        size = path.stat().st_size

        def is_cut(_tag, _vr, length: int) -> bool:
            if length != _UNDEFINED and stream.tell() + length > size and syntax != DeflatedExplicitVRLittleEndian:
                raise DamagedFileError("it ends before its values do")
            return False

        read = read_partial(stream, is_cut, specific_tags=list(_WANTED))
        return [*(read[tag].value for tag in _WANTED), syntax]

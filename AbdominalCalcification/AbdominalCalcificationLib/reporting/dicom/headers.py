"""The headers of a CT series as the objects made of it take them over: whole, in UTF-8, and naming nobody if so asked.

Anonymised and old series lack attributes that every object must have (type 2 of DICOM PS3.3: may be empty), and hold
values that are none. They are filled and emptied here, once, so that what is built on them is right.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import InputError
from ...reading.dicom import SourceSeries
from ...reading.dicom.elements import DamagedFileError, foreign_parser
from .uids import uid_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

# Patient, General Study, and what of the clinical trial or the removal of names is about them (PS3.3, C.7.1 and C.7.2).
_PATIENT = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex")
_STUDY = ("StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber")
_OPTIONAL = (
    *("IssuerOfPatientID", "StudyDescription", "PatientAge"),
    *("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence"),
    "LongitudinalTemporalInformationModified",
)
# Of each image: what references and geometry are made of.
_IMAGE = (
    *("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"),
    *("Modality", "InstanceNumber", "Rows", "Columns", "NumberOfFrames", "ImageType"),
    *("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
    *("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"),
    "PositionReferenceIndicator",
)
_TEXTS = ("IssuerOfPatientID", "StudyDescription", "PatientAge", "DeidentificationMethod", "PositionReferenceIndicator")
# Of a value representation LO.
_LONGEST_TEXT = 64
_CHOICES = {
    "PatientIdentityRemoved": ("YES", "NO"),
    "LongitudinalTemporalInformationModified": ("UNMODIFIED", "MODIFIED", "REMOVED"),
}
_SEXES = ("M", "F", "O")
_REQUIRED = (("StudyInstanceUID", "Study"), ("SeriesInstanceUID", "Series"), ("SOPInstanceUID", "SOP Instance"))


@dataclass(frozen=True, eq=False)
class SourceHeaders:
    """What objects made of a CT series take over from it.

    Attributes
    ----------
    source : SourceSeries
    files : tuple of pydicom.Dataset
        One for each file, in slice order, without pixels: attributes of patient and study (all of type 2 there), of
        the image's place, and UIDs. Where it is anonymous, patient and study are empty and all UIDs replaced.
    numbers : tuple of (int, int)
        For each image of `source` its file and its frame in that, both counted from 0.
    key : str
        What UIDs of this study that must stay the same are derived from.
    is_anonymous : bool
    """

    source: SourceSeries
    files: tuple[Dataset, ...]
    numbers: tuple[tuple[int, int], ...]
    key: str
    is_anonymous: bool

    @property
    def first(self) -> Dataset:
        """Any of the files, for what all have in common."""
        return self.files[0]

    def uid_of(self, *names: str) -> str:
        """Return the UID of something in this study that is the same whenever it is made again."""
        return uid_of(self.key, *names)


def read_headers(source: SourceSeries, anonymous_key: str | None = None) -> SourceHeaders:
    """Read the headers of the files of a series.

    Parameters
    ----------
    source : SourceSeries
    anonymous_key : str, optional
        Take over nothing that tells whose the CT is; UIDs are derived from this text, which only who has the CT knows
        (its checksum), and are the same whenever this is done again.

    Raises
    ------
    InputError
        Where the files are gone or changed, or have no UIDs of their own, so that nothing could refer to them.
    """
    import pydicom

    paths = list(dict.fromkeys(image.path for image in source.images))
    files = []
    for path in paths:
        try:
            with foreign_parser():
                read = pydicom.dcmread(path, stop_before_pixels=True, force=True)
                files.append(_taken_over(read))
        except (OSError, DamagedFileError):
            raise InputError(
                f"'{path.name}' of the source series cannot be read any more; name the series again."
            ) from None
    _check(files)
    if anonymous_key is None:
        _check_uids(files)
    key = f"{files[0].StudyInstanceUID} {files[0].SeriesInstanceUID}"
    if anonymous_key is not None:
        key = anonymous_key
        for each in files:
            _make_anonymous(each, anonymous_key)
    for each in files:
        if not each.get("FrameOfReferenceUID"):  # type 1, but old files have none
            each.FrameOfReferenceUID = uid_of(key, "frame of reference")
    numbers = {path: number for number, path in enumerate(paths)}
    places = tuple((numbers[image.path], image.frame) for image in source.images)
    return SourceHeaders(source, tuple(files), places, key, anonymous_key is not None)


def _taken_over(read: Dataset) -> Dataset:
    """Return a data set with what is taken over of a header, decoded; what must be there and is not is empty."""
    from pydicom.dataset import Dataset

    kept = Dataset()
    kept.SpecificCharacterSet = "ISO_IR 192"
    undeclared = not _is_declared(read)
    for keyword in (*_PATIENT, *_STUDY):
        setattr(kept, keyword, _valid(keyword, _text(read.get(keyword), undeclared)))
    for keyword in (*_OPTIONAL, *_IMAGE):
        # What stands there may be no such value: letters in place of a number.
        with suppress(ValueError, TypeError, ArithmeticError):
            value = read.get(keyword)
            value = _shortened(_text(value, undeclared)) if keyword in _TEXTS else value
            if value not in (None, "") and _may_be(keyword, value):
                setattr(kept, keyword, value)
    return kept


def _shortened(text: str) -> str:
    return "\\".join(part[:_LONGEST_TEXT] for part in text.split("\\"))


def _may_be(keyword: str, value) -> bool:
    """Return whether objects may have a value that they need not have."""
    if keyword == "PatientAge":
        return re.fullmatch(r"\d{3}[DWMY]", str(value)) is not None
    if keyword == "FrameOfReferenceUID":
        return _is_uid(value)
    if keyword == "DeidentificationMethodCodeSequence":
        needed = ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")
        return all(item.get(each) for item in value for each in needed)
    return keyword not in _CHOICES or value in _CHOICES[keyword]


def _is_uid(value) -> bool:
    """Return whether a value is a UID (PS3.5, 9.1); zeros before numbers, which must not be there, disturb nobody."""
    return re.fullmatch(r"[0-9.]{1,64}", str(value)) is not None


def _is_declared(read: Dataset) -> bool:
    """Return whether a header says in which known characters its texts are."""
    from pydicom.charset import python_encoding

    said = read.get("SpecificCharacterSet")
    names = [said] if isinstance(said, str) else list(said or ())
    return any(names) and all(name in python_encoding for name in names)


def _text(value, undeclared: bool = False) -> str:
    """Return a value as one text without control characters: a backslash in it, which divides values, stays.

    Where nothing is declared, UTF-8 (which text in other characters hardly ever is by chance) has been read as Latin-1.
    """
    from pydicom.multival import MultiValue

    text = "\\".join(map(str, value)) if isinstance(value, MultiValue) else "" if value is None else str(value)
    if undeclared:
        with suppress(UnicodeError):
            text = text.encode("latin-1").decode("utf-8")
    return "".join(" " if unicodedata.category(sign) == "Cc" else sign for sign in text).strip()


def _valid(keyword: str, value: str) -> str:
    """Return the text of a value as objects may have it: empty where it is no date, time or sex.

    Names and numbers stay as the CT has them, also where they are longer than they may be: archives go by them.
    """
    from pydicom.valuerep import DA, TM

    text = value.strip()
    # As ACR-NEMA wrote them: 2024.01.02, 10:11:12.
    text = text.replace(".", "") if keyword.endswith("Date") else text
    text = text.replace(":", "") if keyword.endswith("Time") else text
    if keyword.endswith("Name"):
        return text.replace("\\", " ")  # one name, which a backslash would make two of
    if keyword == "PatientSex":
        return text.upper() if text.upper() in _SEXES else ""
    parse = DA if keyword.endswith("Date") else TM if keyword.endswith("Time") else None
    if parse is None or not text:
        return text
    try:
        parse(text)
    except (ValueError, TypeError):
        return ""
    return text


def _check(files: Sequence[Dataset]) -> None:
    for keyword, what in _REQUIRED:
        if not all(each.get(keyword) for each in files):
            raise InputError(
                f"Images of the source series have no {what} UID, so nothing can refer to them; "
                "export the series again."
            )
    if len({str(each.SOPInstanceUID) for each in files}) < len(files):
        raise InputError(
            "Several images of the source series have the same SOP Instance UID, so nothing can refer to one of them; "
            "export the series again."
        )


def _check_uids(files: Sequence[Dataset]) -> None:
    for keyword, what in _REQUIRED:
        wrong = next((str(each[keyword].value) for each in files if not _is_uid(each[keyword].value)), None)
        if wrong is not None:
            raise InputError(
                f"Images of the source series have a {what} UID that is none ('{wrong}'), so archives would not take "
                "what refers to it; export the series again."
            )


def _make_anonymous(header: Dataset, key: str) -> None:
    """Take out what tells whose a CT is, as the Basic Application Level Confidentiality Profile (PS3.15, E) does."""
    from pydicom.dataset import Dataset

    for keyword in (*_PATIENT, *_STUDY):
        setattr(header, keyword, "")
    for keyword in (*_OPTIONAL, "PositionReferenceIndicator"):
        if keyword in header:
            delattr(header, keyword)
    _replace_uids(header, key)
    profile = Dataset()
    profile.CodeValue, profile.CodingSchemeDesignator = "113100", "DCM"
    profile.CodeMeaning = "Basic Application Confidentiality Profile"
    header.PatientIdentityRemoved = "YES"
    header.DeidentificationMethod = "Only what is listed is written"
    header.DeidentificationMethodCodeSequence = [profile]


def _replace_uids(header: Dataset, key: str) -> None:
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        if header.get(keyword):
            setattr(header, keyword, uid_of(key, str(header[keyword].value)))

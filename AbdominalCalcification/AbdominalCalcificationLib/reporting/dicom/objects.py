"""What every DICOM object of a result has in common: patient, study, series, equipment; and how it is written."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from ... import __version__
from ...durable import write_bytes
from .headers import SourceHeaders
from .uids import new_uid, uid_of

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

MANUFACTURER = MODEL = "AbdominalCalcification"
#: Tells archives which program wrote a file (0002,0012); of this program's own.
IMPLEMENTATION_UID = uid_of("implementation")
_FROM_SOURCE = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "IssuerOfPatientID", "PatientAge"),
    *("PatientIdentityRemoved", "DeidentificationMethod", "DeidentificationMethodCodeSequence"),
    *("StudyInstanceUID", "StudyDate", "StudyTime", "ReferringPhysicianName", "StudyID", "AccessionNumber"),
    "StudyDescription",
)
# Dates of an anonymous object: there has to be one, and it says nothing.
_NO_DATE, _NO_TIME = "19000101", "000000"


def content_moment(headers: SourceHeaders, moment: datetime | None = None) -> tuple[str, str]:
    """Return date and time (DICOM DA and TM, local) that an object says that it was made at; of an anonymous one none.

    Parameters
    ----------
    headers : SourceHeaders
    moment : datetime, optional
        Now by default.
    """
    if headers.is_anonymous:
        return _NO_DATE, _NO_TIME
    moment = (datetime.now() if moment is None else moment).astimezone()
    return moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")


def new_object(
    headers: SourceHeaders,
    sop_class: str,
    modality: str,
    *,
    series_number: int,
    description: str,
    moment: datetime | None = None,
) -> FileDataset:
    """Return the beginning of an object in the study of a CT: a series and an instance of its own.

    Modules Patient, General Study, General Series, General Equipment and SOP Common (DICOM PS3.3, C.7 and C.12) are
    there, and the content's date and time; encoded as Explicit VR Little Endian, text in UTF-8.

    Parameters
    ----------
    headers : SourceHeaders
        Of the series that the result was made of, see :func:`headers.read_headers`; anonymous ones make the object so.
    sop_class : str
        UID of what it is.
    modality : str
        ``DOC``, ``OT``, …
    series_number : int
        In the study, from 1.
    description : str
        Of the series, for people; at most 64 characters.
    moment : datetime, optional
        When it was made; now by default.
    """
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = UID(sop_class), UID(new_uid())
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    made.SpecificCharacterSet = "ISO_IR 192"
    for keyword in _FROM_SOURCE:
        if keyword in headers.first:
            made[keyword] = headers.first[keyword]
    made.SOPClassUID, made.SOPInstanceUID = sop_class, meta.MediaStorageSOPInstanceUID
    made.SeriesInstanceUID, made.SeriesNumber, made.InstanceNumber = new_uid(), series_number, 1
    made.Modality, made.SeriesDescription = modality, description
    made.ContentDate, made.ContentTime = content_moment(headers, moment)
    add_equipment(made)
    return made


def finish(made: Dataset, headers: SourceHeaders) -> Dataset:
    """Return an object that another library has begun, with what it does not know of patient and study, and no moment
    of making in it where it is anonymous.
    """
    for keyword in _FROM_SOURCE:
        if keyword in headers.first:
            made[keyword] = headers.first[keyword]
    made.SpecificCharacterSet = "ISO_IR 192"
    if headers.is_anonymous:
        for keyword in ("InstanceCreationDate", "InstanceCreationTime", "ContributingEquipmentSequence"):
            if keyword in made:
                delattr(made, keyword)
    return made


def add_equipment(made: Dataset) -> None:
    """Say which program made an object (General Equipment, PS3.3, C.7.5.1)."""
    made.Manufacturer, made.ManufacturerModelName = MANUFACTURER, MODEL
    made.SoftwareVersions, made.DeviceSerialNumber = __version__, "none"


def write_object(path: Path, made: Dataset) -> None:
    """Write an object as a DICOM file, whole or not at all.

    Raises
    ------
    WriteError
        Where the file cannot be written, or reads back as something else.
    """
    from pydicom.uid import UID

    made.file_meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    made.file_meta.ImplementationVersionName = f"ABDCALC {__version__}"[:16]
    content = BytesIO()
    made.save_as(content, enforce_file_format=True)
    write_bytes(path, content.getvalue())

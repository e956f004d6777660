"""The report of a result as DICOM objects: Encapsulated PDF, and Secondary Capture for archives that show only images.

Modules of PS3.3, A.45.1 (Encapsulated PDF), A.8.1 (Secondary Capture); attributes of C.24.2, C.8.6 and C.7.6.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..capture import capture_picture
from ..documents import is_unusable
from .headers import SourceHeaders
from .names import CAPTURE, REPORT
from .objects import new_object, write_object

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

_ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_TITLE = "Calcification of the abdominal arteries"
# Beside those of segmentations and structured report.
_REPORT_SERIES, _CAPTURE_SERIES = 9104, 9105
# Where such objects come from (PS3.3, C.8.6.1): made by a workstation.
_WORKSTATION = "WSD"


def write_report_objects(
    folder: Path, headers: SourceHeaders, pdf: bytes, picture: np.ndarray, moment: datetime | None = None
) -> None:
    """Write a report into the folder ``dicom`` of a result.

    Parameters
    ----------
    folder : Path
        Of the result, usually the one that :class:`ResultFolder` hands out.
    headers : SourceHeaders
        Of the series that was measured; anonymous where the report is.
    pdf : bytes
    picture : ndarray, shape (rows, columns, 3), uint8
        What archives without PDF show.
    moment : datetime, optional
        When they are made; now by default.

    Raises
    ------
    WriteError
    """
    (folder / REPORT).parent.mkdir(exist_ok=True)
    write_object(folder / REPORT, encapsulated_pdf(headers, pdf, moment))
    write_object(folder / CAPTURE, secondary_capture(headers, picture, moment))


def capture_of(views: bytes, document: Mapping) -> np.ndarray:
    """Return the picture of a result (``views.png``) with its numbers, for :func:`write_report_objects`.

    That of an unusable result has neither, see :func:`capture_picture`.
    """
    from PIL import Image  # comes with the PDF library

    picture = None if is_unusable(document) else np.asarray(Image.open(BytesIO(views)).convert("RGB"))
    return capture_picture(picture, document)


def encapsulated_pdf(headers: SourceHeaders, pdf: bytes, moment: datetime | None = None) -> FileDataset:
    """Return a PDF as an object in the study of the CT, with references to its images."""
    made = new_object(
        headers, _ENCAPSULATED_PDF, "DOC", series_number=_REPORT_SERIES, description=_TITLE, moment=moment
    )
    made.ConversionType = _WORKSTATION
    made.AcquisitionDateTime = ""
    made.BurnedInAnnotation = "NO" if headers.is_anonymous else "YES"
    made.DocumentTitle = _TITLE
    made.ConceptNameCodeSequence = [_code("126000", "Imaging Measurement Report")]
    made.SourceInstanceSequence = list(_references(headers))
    made.MIMETypeOfEncapsulatedDocument = "application/pdf"
    made.EncapsulatedDocumentLength = len(pdf)
    made.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return made


def secondary_capture(headers: SourceHeaders, picture: np.ndarray, moment: datetime | None = None) -> FileDataset:
    """Return a picture (rows, columns, RGB; uint8) as an object in the study, with references to the CT."""
    made = new_object(
        headers, _SECONDARY_CAPTURE, "OT", series_number=_CAPTURE_SERIES, description=_TITLE, moment=moment
    )
    made.ConversionType = _WORKSTATION
    made.ImageType = ["DERIVED", "SECONDARY"]
    made.PatientOrientation = made.Laterality = ""  # of both sides, seen from several
    made.DerivationDescription = "Result of measuring the calcification of segmented arteries"
    sources = list(_references(headers))
    for each in sources:
        each.PurposeOfReferenceCodeSequence = [_code("121322", "Source image for image processing operation")]
    made.SourceImageSequence = sources
    made.BurnedInAnnotation = "NO"  # nothing in it tells whose it is
    made.LossyImageCompression = "00"
    made.SamplesPerPixel, made.PhotometricInterpretation, made.PlanarConfiguration = 3, "RGB", 0
    made.Rows, made.Columns = picture.shape[:2]
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit, made.PixelRepresentation = 7, 0
    pixels = np.ascontiguousarray(picture, np.uint8).tobytes()
    made.PixelData = pixels + b"\0" * (len(pixels) % 2)
    made["PixelData"].VR = "OB"
    return made


def _references(headers: SourceHeaders) -> Iterator[Dataset]:
    """Yield references to the files of the CT in slice order."""
    from pydicom.dataset import Dataset

    for file in headers.files:
        reference = Dataset()
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = file.SOPClassUID, file.SOPInstanceUID
        yield reference


def _code(value: str, meaning: str) -> Dataset:
    from pydicom.dataset import Dataset

    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code

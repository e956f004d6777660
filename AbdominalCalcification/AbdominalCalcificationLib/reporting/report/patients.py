"""Patient and study for a report, as the headers of the CT have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..dicom import read_headers
from .content import Patient

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from ...reading.dicom import SourceSeries

ANONYMOUS = Patient(missing="This report is anonymous: patient and study are left out.")
NO_DICOM = Patient(missing="The CT came from a file that says nothing about patient and study.")
_FACTS = (
    ("Patient", "PatientName"),
    ("Patient ID", "PatientID"),
    ("Date of birth", "PatientBirthDate"),
    ("Sex", "PatientSex"),
    ("Study date", "StudyDate"),
    ("Study", "StudyDescription"),
    ("Accession number", "AccessionNumber"),
    ("Referring physician", "ReferringPhysicianName"),
)


def patient_for(document: Mapping, source: SourceSeries | None) -> Patient:
    """Return what a report says about patient and study: nothing where the result is anonymous.

    Parameters
    ----------
    document : mapping
        ``measurements.json``.
    source : SourceSeries or None
        The images of its CT; None where that was no DICOM.
    """
    if (document.get("provenance") or {}).get("anonymous"):
        return ANONYMOUS
    return NO_DICOM if source is None else patient_of(read_headers(source).first)


def patient_of(header: Dataset) -> Patient:
    """Return whose CT it is.

    Parameters
    ----------
    header : pydicom.Dataset
        Of one of its images, text decoded.
    """
    facts = [(name, _shown(header, keyword)) for name, keyword in _FACTS]
    known = tuple((name, value) for name, value in facts if value)
    if any(name in ("Patient", "Patient ID") for name, _ in known):
        return Patient(known)
    return Patient(known, "The headers of the CT name no patient.")


def _shown(header: Dataset, keyword: str) -> str:
    from pydicom.multival import MultiValue

    value = header.get(keyword)
    if value in (None, ""):
        return ""
    # One text with a backslash reads as several.
    text = "\\".join(map(str, value)) if isinstance(value, MultiValue) else str(value).strip()
    if keyword.endswith("Name"):
        return _name(text)
    if keyword.endswith("Date") and len(text) == 8 and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


def _name(text: str) -> str:
    """Return a name as it is read: in its own script, and how it is written in Latin letters (PS3.5, 6.2.1)."""
    groups = [_in_order(group, joint) for group, joint in zip(text.split("="), (", ", " ", " "), strict=False)]
    latin, own, phonetic = (*groups, "", "")[:3]
    return f"{own} ({latin})" if own and latin and own != latin else own or latin or phonetic


def _in_order(group: str, joint: str) -> str:
    """Return family name, given names; prefix and suffix at the places where they are written."""
    family, given, middle, prefix, suffix = (*(part.strip() for part in group.split("^")), *[""] * 5)[:5]
    first = " ".join(filter(None, (prefix, given, middle)))
    return joint.join(filter(None, (family, first, suffix)))

"""Coded concepts of the objects, in DICOM's own words (PS3.16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...anatomy import CALCIFICATION_CODE, Code, Territory

if TYPE_CHECKING:
    from highdicom.sr import CodedConcept

# CID 7150: what kind of thing a segment is.
ANATOMICAL_STRUCTURE = Code("SCT", "91723000", "Anatomical Structure")
ABNORMAL_STRUCTURE = Code("SCT", "49755003", "Morphologically Abnormal Structure")
CALCIFICATION = Code("SCT", CALCIFICATION_CODE.value, "pathologic calcification")
ARTERY = Code("SCT", "51114001", "Artery")
# CID 7162: how a segment was found.
ARTIFICIAL_INTELLIGENCE = Code("DCM", "123110", "Artificial Intelligence")
HISTOGRAM_ANALYSIS = Code("DCM", "123105", "Histogram Analysis")
MANUAL_PROCESSING = Code("DCM", "123109", "Manual Processing")

VASCULAR_CALCIFICATION = Code("SCT", "237897009", "Vascular Calcification")
# CID 6142.
CALCIFIED_VOLUME = Code("DCM", "112197", "Volume of Vascular Calcification")
BURDEN = Code("DCM", "112198", "Percentage of Vascular Calcification")
CLUSTER_COUNT = Code("DCM", "111038", "Number of calcifications")
# CID 7469.
ARTERY_VOLUME = Code("SCT", "118565006", "Volume")
PATH_LENGTH = Code("DCM", "121211", "Path length")
# CID 7464.
MEAN = Code("SCT", "373098007", "Mean")
MEDIAN = Code("SCT", "373099004", "Median")
MAXIMUM = Code("SCT", "56851009", "Maximum")

MM3 = Code("UCUM", "mm3", "cubic millimeter")
MM = Code("UCUM", "mm", "millimeter")
PERCENT = Code("UCUM", "%", "Percent")
COUNT = Code("UCUM", "1", "no units")

REPORT_TITLE = Code("DCM", "126000", "Imaging Measurement Report")
PROCEDURE = Code("SCT", "77477000", "Computed tomography")
COMMENT = Code("DCM", "121106", "Comment")
QUALITATIVE_EVALUATIONS = Code("UMLS", "C0034375", "Qualitative Evaluations")

#: Concepts that nobody else has: the verdict on the numbers, and its reasons.
OWN_SCHEME = "99ABDCALC"
TRUST = Code(OWN_SCHEME, "trust", "Trust in the measurements")
FLAG = Code(OWN_SCHEME, "flag", "What is to be known about the measurements")
VERDICTS = {
    "ok": Code(OWN_SCHEME, "ok", "Nothing speaks against the numbers"),
    "review": Code(OWN_SCHEME, "review", "Look before the numbers are used"),
    "unusable": Code(OWN_SCHEME, "unusable", "Do not use these numbers"),
}
# What DICOM calls arteries of the territory table where the table's words are others.
_MEANINGS = {"57850000": "Truncus coeliacus"}


def artery(territory: Territory) -> Code:
    """Return the code of an artery in DICOM's words."""
    code = territory.code
    return Code(code.scheme, code.value, _MEANINGS.get(code.value, code.meaning))


def flag_value(code: str) -> Code:
    """Return the code that stands for a flag."""
    return Code(OWN_SCHEME, code, code.replace("_", " ").capitalize()[:64])


def concept(code: Code) -> CodedConcept:
    """Return a code as highdicom wants it."""
    from highdicom.sr import CodedConcept

    return CodedConcept(code.value, code.scheme, code.meaning)

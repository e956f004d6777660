"""What kind of image a DICOM file says it is: a lateral view of the spine, another radiograph, or none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ...errors import InputError
from ...flags import Flag
from .dicom_header import RadiographHeader
from .placement import is_frontal

# Modality (0008,0060): projection radiographs, those of bone densitometers among them.
_RADIOGRAPHS = ("CR", "DX", "RG", "BMD")
# X-rays by other means, whose single images may show the same.
_OTHERS = ("RF", "XA", "OT", "SC")
_MEANINGS = {
    **{"CT": "a CT", "MR": "an MR", "PT": "a PET", "NM": "a nuclear medicine", "US": "an ultrasound"},
    **{"MG": "a mammography", "IO": "a dental", "PX": "a dental", "DG": "a diaphanography", "ES": "an endoscopy"},
    **{"XC": "a camera", "GM": "a microscopy", "SM": "a slide", "SEG": "a segmentation", "OP": "an eye"},
}
_LOCALIZERS = ("LOCALIZER", "SCOUT", "TOPOGRAM", "SURVIEW")
_SECONDARY = "1.2.840.10008.5.1.4.1.1.7"
# View Position (0018,5101) and meanings of View Codes. Words, so that LL, LLAT and "left lateral" are one.
_LATERAL = re.compile(r"\b(LL|RL|LLD|RLD|LLAT|RLAT|LAT|LATERAL|LATERO.?LATERAL|ML|LM)\b")
_NOT_LATERAL = re.compile(
    r"\b(AP|PA|FRONTAL|ANTERO.?POSTERIOR|POSTERO.?ANTERIOR|RAO|LAO|RPO|LPO|RLO|LLO|OBLIQUE|AXIAL|CRANIO.?CAUDAL)\b"
)
# Body Part Examined (0018,0015): words of what a lumbar spine cannot be taken for.
_OTHER_PARTS = re.compile(
    r"SKULL|HEAD|BRAIN|SINUS|FACE|JAW|MAXILLA|MANDIBLE|ORBIT|NECK|CSPINE|C.SPINE|CERVICAL|CHEST|THORAX|LUNG|RIB|STERNUM"
    r"|CLAVICLE|SHOULDER|SCAPULA|HUMERUS|ELBOW|FOREARM|WRIST|HAND|FINGER|THUMB|BREAST|HIP|FEMUR|THIGH|KNEE|PATELLA|LEG"
    r"|TIBIA|ANKLE|FOOT|TOE|CALCANEUS|EXTREMITY|HEART"
)
_LUMBAR = re.compile(r"LSPINE|LUMB|LSSPINE|SPINE|ABDOMEN|VERTEBRA")


def flags_of(path: Path, header: RadiographHeader, faces_given: bool) -> Iterator[Flag]:
    """Yield what is unusual about the kind of image.

    Parameters
    ----------
    path : Path
    header : RadiographHeader
    faces_given : bool
        Whether the user says that it is a lateral view, by saying where its front is.

    Raises
    ------
    InputError
        For what is no radiograph.
    """
    yield from _of_modality(path, header)
    if header.uids["sop_class"].startswith(_SECONDARY):
        yield Flag("secondary_capture", "It is a secondary capture: a picture of an image, not the image itself.")
    if header.intent == "FOR PROCESSING":
        yield Flag("unprocessed_image", "It holds raw values of the detector, for processing and not for reading.")
    if why := _why_not_lateral(header):
        yield Flag("view_overruled" if faces_given else "view_not_lateral", f"Its header says {why}: no lateral view.")
    part = header.body_part
    if part and _OTHER_PARTS.search(part) and not _LUMBAR.search(part):
        yield Flag("body_part_other", f"Its header says that the body part is {part[:16]}, not the lumbar spine.")


def _of_modality(path: Path, header: RadiographHeader) -> Iterator[Flag]:
    modality = header.modality
    if modality in _RADIOGRAPHS:
        return
    if modality == "CT" and any(word in header.image_type for word in _LOCALIZERS):
        yield Flag("modality_other", "It is the localizer of a CT, a coarse radiograph.")
    elif modality in _OTHERS:
        yield Flag("modality_other", f"Its modality is {modality}, not that of a radiograph (CR or DX).")
    elif not modality:
        yield Flag("modality_unknown", "Its header does not say by what means it was made (no Modality).")
    elif modality in _MEANINGS:
        more = " 'analyze' measures CT." if modality == "CT" else ""
        raise InputError(f"'{path.name}' is {_MEANINGS[modality]} image, no radiograph (CR or DX); give one.{more}")
    else:
        raise InputError(f"'{path.name}' is no radiograph (its modality is {modality[:16]}, not CR or DX); give one.")


def _why_not_lateral(header: RadiographHeader) -> str:
    """Return what of the header says that the view is not lateral; empty where nothing does."""
    if len(header.orientation) == 2 and is_frontal(*header.orientation):
        return f"that its rows and columns run to {' and '.join(header.orientation)} of the patient"
    for said in (header.view, *header.views):
        if _NOT_LATERAL.search(said) and not _LATERAL.search(said):
            return f"that the view is {said[:32]}"
    return ""

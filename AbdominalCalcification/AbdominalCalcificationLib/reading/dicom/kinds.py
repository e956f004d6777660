"""What kind of image a CT image is: a slice as it was reconstructed, a derived one, or none that can be measured."""

from __future__ import annotations

import math
import re

from .folder import Left
from .header import CT_CLASSES, Image

# Image Type (0008,0008) in so many words, and what vendors write there.
_LOCALIZERS = ("LOCALIZER", "SCOUT", "TOPOGRAM", "SURVIEW")
_REFORMATTED = {
    *("MPR", "CPR", "MIP", "MINIP", "MAXIP", "VRT", "VOLREN", "PROJECTION", "REFORMATTED", "RESAMPLED", "AVERAGE"),
    *("MAXIMUM", "MINIMUM", "MEAN", "SUBTRACTION", "SECONDARY", "CURVED"),
}
# Multi-energy images (DICOM PS3.3, C.8.15.2): those that are in HU, but not the HU of a scan at one voltage.
_OTHER_HU = ("VMI", "MONOENERGETIC", "MAT_REMOVED", "MAT_MODIFIED", "VNC")
_MAPS = (
    *("MAT_SPECIFIC", "MAT_FRACTIONAL", "MAT_VALUE_BASED", "EFF_ATOMIC_NUM", "ELECTRON_DENSITY"),
    *("IODINE", "PERFUSION", "DOSE"),
)
_HU = ("", "HU", "HOUNSFIELD", "HOUNSFIELD UNIT", "HOUNSFIELD UNITS")
#: Rescale Type (0028,1054) of values whose unit nobody knows.
UNSPECIFIED = "US"

ORIGINAL, DERIVED, REFORMATTED = range(3)


def why_no_slice(image: Image) -> Left | None:
    """Return why an image can be no slice of a CT volume; None where it can."""
    said = image.marks.get("image type", "").upper()
    if image.modality != "CT":
        return Left.MODALITY
    if (image.sop_class and not image.sop_class.startswith(CT_CLASSES)) or image.samples != 1 or not _is_grey(image):
        return Left.PICTURE
    if any(word in said for word in _LOCALIZERS):
        return Left.LOCALIZER
    if quantity_of(image):
        return Left.MAP
    if not image.fault and not is_placed(image):
        return Left.UNPLACED
    return None


def quantity_of(image: Image) -> str:
    """Return what the values are, as the header says it, where they are no HU; empty where they may be."""
    unit = image.rescale.unit
    if unit not in _HU and unit != UNSPECIFIED:
        return unit
    if image.units not in _HU:
        return image.units
    return next((word for word in _MAPS if any(word in part for part in image.image_type)), "")


def is_placed(image: Image) -> bool:
    """Return whether position, direction and pixel size are numbers that can be such."""
    numbers = (*image.position, *image.orientation, *image.pixel_mm)
    lengths = (len(image.position), len(image.orientation), len(image.pixel_mm))
    return lengths == (3, 6, 2) and all(map(math.isfinite, numbers)) and min(image.pixel_mm) > 0


def rank(image: Image) -> int:
    """Return how far an image is from what was reconstructed: ORIGINAL, DERIVED (from originals) or REFORMATTED."""
    words = {word for part in image.image_type for word in re.split(r"[^A-Z0-9]+", part)}
    if words & _REFORMATTED:
        return REFORMATTED
    return ORIGINAL if image.image_type[:1] == ("ORIGINAL",) and not is_other_hu(image) else DERIVED


def is_derived(image: Image) -> bool:
    """Return whether an image says that it was computed from others."""
    return image.image_type[:1] == ("DERIVED",) or rank(image) == REFORMATTED or is_other_hu(image)


def is_other_hu(image: Image) -> bool:
    """Return whether HU depend on a computed energy, or a material was taken out of them."""
    return any(word in part for part in image.image_type for word in _OTHER_HU)


def is_axial(image: Image) -> bool:
    """Return whether the slices' normal is nearer to the body's axis than to its other axes."""
    if not is_placed(image):
        return True
    (a, b, _), (d, e, _) = image.orientation[:3], image.orientation[3:]
    return abs(a * e - b * d) > math.sqrt(0.5)


def _is_grey(image: Image) -> bool:
    return image.photometric in ("MONOCHROME1", "MONOCHROME2", "")

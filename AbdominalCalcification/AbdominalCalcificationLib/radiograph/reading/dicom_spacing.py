"""How large the pixels of a DICOM radiograph are in the patient, by what its header says of lengths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from ...errors import InputError
from ...flags import Flag
from .choices import LEAST_PIXEL_MM, MOST_PIXEL_MM, is_plausible
from .dicom_header import Lengths

# Two lengths in decimal text are the same up to rounding.
_SAME = 0.005
_MOST_MAGNIFIED = 3.0
_CALIBRATED = ("GEOMETRY", "FIDUCIAL")
# A millimetre is what programs write that do not know better.
_PLACEHOLDER = (1.0, 1.0)

Spacing = tuple[float, float]


def spacing_of(path: Path, said: Lengths, is_given: bool = False) -> tuple[Spacing | None, Spacing, str, list[Flag]]:
    """Return rows' and columns' spacing in the patient's plane, the pixel's aspect, where they are from, and flags.

    PS3.3 10.7.1.3: Pixel Spacing that differs from Imager Pixel Spacing, or says how it was calibrated, is that in the
    patient. Imager Pixel Spacing is that of the detector, to be divided by the magnification: the estimated factor, or
    that of the distances of source, patient and detector. Without it, lengths are those on the detector, and flagged.

    Parameters
    ----------
    path : Path
    said : Lengths
    is_given : bool
        Whether the user gives the spacing, so that nothing else decides the aspect.

    Raises
    ------
    InputError
        For pixels that are not square where their ratio alone is known from a field that cannot be right.
    """
    pixel, imager, scanned = (_pair(each) for each in (said.pixel, said.imager, said.scanned))
    magnification, how = _magnification(said)
    flags: list[Flag] = []
    found: Spacing
    if pixel and (said.calibration in _CALIBRATED or (imager and not _same(pixel, imager))):
        found, source = pixel, "PixelSpacing"
    elif imager and magnification:
        found, source = (imager[0] / magnification, imager[1] / magnification), f"ImagerPixelSpacing / {how}"
    elif on_detector := imager or pixel:
        found, source = on_detector, "ImagerPixelSpacing" if imager else "PixelSpacing"
        text = (
            "Its header does not say how much larger than the patient its image is: lengths are those on the detector."
        )
        flags.append(Flag("magnification_unknown", text))
    elif scanned:
        found, source = scanned, "NominalScannedPixelSpacing"
        flags.append(Flag("magnification_unknown", "Lengths are those on the film that was scanned."))
    else:
        return None, _aspect(path, () if is_given else said.aspect), "", []
    aspect = (found[0] / found[1], 1.0)
    if found == _PLACEHOLDER:
        return None, aspect, "", []
    if not is_plausible(found):
        text = (
            f"{source} says that pixels are {found[0]:g} x {found[1]:g} mm, which those of no radiograph are "
            f"({LEAST_PIXEL_MM:g} to {MOST_PIXEL_MM:g} mm); it is not used."
        )
        return None, _aspect(path, () if is_given else said.aspect), "", [Flag("pixel_size_implausible", text)]
    return found, aspect, source, flags


def _magnification(said: Lengths) -> tuple[float | None, str]:
    """Return how much larger the image is than the patient, if it is known, and by which fields."""
    if said.magnification is not None and 1.0 <= said.magnification <= _MOST_MAGNIFIED:
        return said.magnification, "EstimatedRadiographicMagnificationFactor"
    if said.to_detector and said.to_patient and said.to_patient > 0:
        ratio = said.to_detector / said.to_patient
        if 1.0 < ratio <= _MOST_MAGNIFIED:
            return ratio, "(DistanceSourceToDetector / DistanceSourceToPatient)"
    return None, ""


def _pair(numbers: Sequence[float]) -> Spacing | None:
    """Return two positive lengths; None for anything else."""
    if len(numbers) != 2 or not all(math.isfinite(each) and each > 0 for each in numbers):
        return None
    return numbers[0], numbers[1]


def _same(one: Spacing, two: Spacing) -> bool:
    return all(abs(a - b) <= _SAME * max(a, b) for a, b in zip(one, two, strict=True))


def _aspect(path: Path, said: Sequence[float]) -> Spacing:
    """Return steps of rows and columns from Pixel Aspect Ratio (vertical to horizontal, PS3.3 C.7.6.3.1.7)."""
    if not said:
        return 1.0, 1.0
    pair = _pair(said)
    if pair is None or not 0.2 <= pair[0] / pair[1] <= 5:
        raise InputError(f"'{path.name}' says nothing possible about the ratio of its pixels; give --pixel-spacing.")
    return pair[0] / pair[1], 1.0

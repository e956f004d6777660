"""What the user says about a radiograph that its file does not, or not rightly."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from ...errors import InputError
from ..image import FACINGS

# Finer than any detector, and coarser than any radiograph in which a vertebral body can be told.
LEAST_PIXEL_MM, MOST_PIXEL_MM = 0.02, 2.0
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{0,9})?|\.\d{1,9}")
# In many languages one number; a spacing of whole millimetres is rare enough to be asked for in other words.
_DECIMAL_COMMA = re.compile(r"\d+,\d+")


@dataclass(frozen=True)
class ReadingChoices:
    """How a radiograph is to be read.

    Attributes
    ----------
    pixel_spacing_mm : tuple of float or None
        Distance of rows and of columns in the patient's plane, as the file has them.
    faces : {'left', 'right'} or None
        Where the patient's front is in the upright image.
    flip : bool
        The patient's front is on the other side than the file says.
    invert : bool
        Dense is dark where the file says bright, and the other way round.

    Raises
    ------
    InputError
        For what cannot be.
    """

    pixel_spacing_mm: tuple[float, float] | None = None
    faces: str | None = None
    flip: bool = False
    invert: bool = False

    def __post_init__(self):
        spacing = self.pixel_spacing_mm
        if spacing is not None and not is_plausible(spacing):
            raise InputError(
                f"Pixels of {spacing[0]:g} x {spacing[1]:g} mm are those of no radiograph "
                f"({LEAST_PIXEL_MM:g} to {MOST_PIXEL_MM:g} mm); give rows,columns in mm, like 0.15,0.15."
            )
        if self.faces not in (None, *FACINGS):
            raise InputError(f"'{self.faces}' says not where the patient's front is; give left or right.")
        if self.faces is not None and self.flip:
            raise InputError("--faces and --flip both say where the patient's front is; give one of them.")

    def document(self) -> dict:
        """Return what was chosen, JSON values: what is as by default is not in it."""
        spacing = self.pixel_spacing_mm
        chosen = {
            "pixel_spacing_mm": None if spacing is None else list(spacing),
            "faces": self.faces,
            "flip": self.flip or None,
            "invert": self.invert or None,
        }
        return {name: value for name, value in chosen.items() if value is not None}

    @classmethod
    def of_document(cls, said: Mapping) -> ReadingChoices:
        """Return what :meth:`document` said; it may stand among other things."""
        return cls(given_spacing(said), said.get("faces"), bool(said.get("flip")), bool(said.get("invert")))


def given_spacing(said: Mapping) -> tuple[float, float] | None:
    """Return the size of a pixel, mm, that somebody gave, of what :meth:`ReadingChoices.document` said."""
    spacing = said.get("pixel_spacing_mm")
    return None if spacing is None else (float(spacing[0]), float(spacing[1]))


def is_plausible(spacing_mm: tuple[float, float]) -> bool:
    """Return whether rows and columns can be so far apart in a radiograph."""
    return all(math.isfinite(step) and LEAST_PIXEL_MM <= step <= MOST_PIXEL_MM for step in spacing_mm)


def parse_spacing(text: str) -> tuple[float, float]:
    """Return the distance of rows and of columns in mm that a text says: ``0.15``, ``0.15,0.2`` or ``0.15 x 0.2``.

    Raises
    ------
    InputError
        For anything else, and for what may be one number with a decimal comma.
    """
    text = text.strip()
    if _DECIMAL_COMMA.fullmatch(text):
        point = text.replace(",", ".")
        raise InputError(f"'{text}' may be one number or two; write {point} for one, or two like 0.15 x 0.15.")
    parts = re.split(r"\s*[,;x×]\s*|\s+", text)
    if len(parts) not in (1, 2) or not all(_NUMBER.fullmatch(each) for each in parts):
        raise InputError(f"'{text}' is no pixel spacing; write one number of mm, or two like 0.15,0.15.")
    return float(parts[0]), float(parts[-1])

"""What a table says of an image that its file does not."""

from __future__ import annotations

import re
from dataclasses import replace

from ...errors import InputError
from ...radiograph.reading import ReadingChoices

_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,9})?|\.\d{1,9}")


def reading_for(pixel_spacing: str, faces: str, otherwise: ReadingChoices | None = None) -> ReadingChoices:
    """Return how an image is to be read.

    Parameters
    ----------
    pixel_spacing : str
        Distance of rows and of columns in mm, as ``0.15,0.15``, or one number for both; empty for what the file says.
    faces : str
        ``left`` or ``right``: where the patient's front is; empty likewise.
    otherwise : ReadingChoices, optional
        What holds where these are empty.

    Raises
    ------
    InputError
        For what cannot be.
    """
    choices = otherwise or ReadingChoices()
    if pixel_spacing:
        parts = [each.strip() for each in re.split(r"[,;x ]+", pixel_spacing.strip())]
        if len(parts) not in (1, 2) or not all(_NUMBER.fullmatch(each) for each in parts):
            raise InputError(f"'{pixel_spacing}' is no pixel spacing; write one number of mm, or two like 0.15,0.15.")
        choices = replace(choices, pixel_spacing_mm=(float(parts[0]), float(parts[-1])))
    if faces:
        choices = replace(choices, faces=faces.strip().lower(), flip=False)
    return choices

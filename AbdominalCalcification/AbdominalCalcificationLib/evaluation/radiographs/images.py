"""What a table says of an image that its file does not."""

from __future__ import annotations

from dataclasses import replace

from ...radiograph.reading import ReadingChoices, parse_spacing


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
        choices = replace(choices, pixel_spacing_mm=parse_spacing(pixel_spacing))
    if faces:
        choices = replace(choices, faces=faces.strip().lower(), flip=False)
    return choices

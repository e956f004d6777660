"""The DICOM files of a result."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..documents import is_unusable
from .headers import SourceHeaders
from .names import ARTERIES, CALCIFICATION, MEASUREMENTS
from .objects import write_object
from .planes import lies_on_images
from .result import Result
from .segmentation import segmentation
from .structured_report import structured_report

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

# An archive shows a segmentation on the images, and the verdict nowhere near it.
_UNUSABLE = (
    "The result is unusable, so no segmentation was written, and the structured report has the reasons and no number."
)


def write_dicom_steps(
    folder: Path, result: Result, headers: SourceHeaders, kind: str = "BINARY", moment: datetime | None = None
) -> Generator[float, None, tuple[str, ...]]:
    """Write the segmentations of a result and its structured report; of an unusable result the report alone.

    Parameters
    ----------
    folder : Path
        Of the result, usually the one that :class:`ResultFolder` hands out.
    result : Result
    headers : SourceHeaders
        Of the series that it was made of; anonymous where the result is.
    kind : {'BINARY', 'LABELMAP'}
        Of the segmentations.
    moment : datetime, optional
        When they are made; now by default.

    Yields
    ------
    float
        Which part of it is done, 0 to 1.

    Returns
    -------
    tuple of str
        What was not written, and why; what viewers may make of what was.
    """
    (folder / ARTERIES).parent.mkdir(exist_ok=True)
    notes: list[str] = []
    made: dict[str, Dataset | None] = {"arteries": None, "calcification": None}
    masks = (("arteries", ARTERIES, result.arteries), ("calcification", CALCIFICATION, result.calcification))
    unusable = is_unusable(result.document)
    if unusable:
        notes.append(_UNUSABLE)
    for number, (role, name, mask) in enumerate(() if unusable else masks):
        made[role] = each = segmentation(role, mask, result.document, headers, kind, moment)
        yield 0.4 * number + 0.3
        if each is None:
            notes.append(f"{name} was not written: the mask of {role} is empty.")
        else:
            write_object(folder / name, each)
        yield 0.4 * number + 0.4
    report = structured_report(result.document, made["arteries"], made["calcification"], headers, moment)
    if report is None:
        notes.append(f"{MEASUREMENTS} was not written: there is no artery that it could speak of.")
    else:
        write_object(folder / MEASUREMENTS, report)
    yield 1.0
    if not unusable and not lies_on_images(result.arteries, headers.source):
        notes.append(
            "The masks lie on other voxels than the images (the CT was put together by interpolation, or a given mask "
            "is finer), so the segmentations have planes of their own; viewers that show them on images alone do not."
        )
    return tuple(notes)

"""The files of one result of a radiograph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..durable import write_bytes, write_text
from ..geometry import Volume
from ..progress import Progress, Steps
from ..reporting.documents import json_text
from ..reporting.drawing import png_bytes
from ..reporting.images import write_volume
from ..reporting.report_files import REPORT_FILES
from ..reporting.result_folder import ResultFolder
from .anonymous import anonymous_result
from .document import radiograph_document
from .overlay import overlay_picture
from .reading import RadiographImage
from .result import RadiographResult
from .tables import segments_csv

if TYPE_CHECKING:
    from .report import RadiographReportChoices
    from .severity import ScoreGroups

LABELS_FILE, TABLE_FILE, PICTURE_FILE = "vertebrae.nii.gz", "segments.csv", "overlay.png"
DOCUMENT_FILE = "radiograph.json"
# The last one appears last: where it is, the rest is.
RADIOGRAPH_FILES = (LABELS_FILE, TABLE_FILE, PICTURE_FILE, *REPORT_FILES, DOCUMENT_FILE)


def radiograph_folder(folder: Path | str, overwrite: bool = False) -> ResultFolder:
    """Return the result folder of a radiograph; constructing refuses what cannot be written, before any work."""
    return ResultFolder(folder, overwrite=overwrite, names=RADIOGRAPH_FILES)


def export_steps(
    result: RadiographResult,
    image: RadiographImage,
    folder: Path | str,
    *,
    overwrite: bool = False,
    anonymous: bool = False,
    groups: ScoreGroups | None = None,
    report: RadiographReportChoices | None = None,
) -> Steps[None]:
    """Write everything about `result` into `folder`, all of it or nothing.

    Parameters
    ----------
    result : RadiographResult
        Of `image`.
    image : RadiographImage
        On whose grid the label map is written, and whose headers a report takes the patient from.
    folder : path
    overwrite : bool
        Replace the result that is there.
    anonymous : bool
        Name nobody (:mod:`.anonymous`).
    groups : ScoreGroups, optional
        Table of severity; the default one without it.
    report : RadiographReportChoices, optional
        How a report is made; none is made without it.

    Raises
    ------
    InputError
        Where `folder` holds a result and `overwrite` is False, or cannot be written to.
    """
    with radiograph_folder(folder, overwrite) as unfinished:
        yield from result_files_steps(result, image, unfinished, anonymous=anonymous, groups=groups, report=report)


def result_files_steps(
    result: RadiographResult,
    image: RadiographImage,
    unfinished: Path,
    *,
    anonymous: bool = False,
    groups: ScoreGroups | None = None,
    report: RadiographReportChoices | None = None,
) -> Steps[None]:
    """Write the files of :func:`export_steps` into an empty folder that becomes the result, or a part of it."""
    yield Progress("Writing results", 0.0)
    if anonymous:
        result = anonymous_result(result)
    write_volume(unfinished / LABELS_FILE, placed_labels(result.labels, image))
    write_text(unfinished / TABLE_FILE, segments_csv(result))
    yield Progress("Writing results", 0.3)
    picture = png_bytes(overlay_picture(result, groups))
    write_bytes(unfinished / PICTURE_FILE, picture)
    document = radiograph_document(result, groups)
    if report is not None:
        from ..reporting.report_files import write_report
        from .report import radiograph_report

        yield Progress("Making the report", 0.6)
        write_report(unfinished, radiograph_report(document, picture, image.path, report))
    write_text(unfinished / DOCUMENT_FILE, json_text(document))
    yield Progress("Writing results", 1.0)


def placed_labels(labels: np.ndarray, image: RadiographImage) -> Volume:
    """Return a label map of the upright image on the grid of the file's own pixels."""
    stored = image.placement.as_stored(labels.astype(np.uint8))
    return Volume(stored[None], image.grid)

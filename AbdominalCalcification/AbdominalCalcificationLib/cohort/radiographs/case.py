"""One radiograph of a cohort, as a worker makes it: its file in, its folder out."""

from __future__ import annotations

import time

from ...durable import write_bytes, write_text
from ...engine.kit import Kit
from ...errors import InputError
from ...progress import Steps
from ...radiograph.case import case_steps
from ...radiograph.files import DOCUMENT_FILE, PICTURE_FILE, RADIOGRAPH_FILES, result_files_steps
from ...reporting import ResultFolder
from ...reporting.documents import json_text
from ..attempt import CaseWork, attempted
from ..store import RECORD, THUMBNAIL, record_of
from ..thumbnail import thumbnail
from .recipe import SCHEMA_VERSION

#: The last one appears last: where it is, the rest is.
CASE_FILES = (THUMBNAIL, RECORD, *RADIOGRAPH_FILES)


def make_radiograph(work: CaseWork, kit: Kit) -> str:
    """Score a radiograph and write its folder, whole or not at all; return why that is impossible, or nothing.

    Raises
    ------
    WriteError
        Where results cannot be written: there is no use in going on.
    """
    return attempted(
        work,
        _made_steps(work, kit),
        names=CASE_FILES,
        command="radiograph",
        numbers=DOCUMENT_FILE,
        reworded=lambda reason: reason.replace("--pixel-spacing", "the column pixel_spacing").replace(
            "--faces", "the column faces"
        ),
    )


def _made_steps(work: CaseWork, kit: Kit) -> Steps[None]:
    case, recipe = work.case, work.recipe
    if case.image is None:
        raise InputError("The table names no image of this case; fill in the column image.")
    began = time.monotonic()
    choices = recipe.choices_for(case)
    before = work.stamps()
    # Refuses before any work is done, and again at the end.
    with ResultFolder(work.folder, work.overwrite, CASE_FILES) as unfinished:
        result, image = yield from case_steps(case.image, choices, kit.worker)
        yield from result_files_steps(
            result, image, unfinished, anonymous=recipe.anonymous, groups=recipe.groups, report=recipe.report
        )
        write_bytes(unfinished / THUMBNAIL, thumbnail(unfinished / PICTURE_FILE))
        if work.stamps() != before:
            raise InputError("Its file changed while it was read; run the command again.")
        seconds = time.monotonic() - began
        record = record_of(case, work.fingerprint, SCHEMA_VERSION, unfinished, DOCUMENT_FILE, seconds)
        write_text(unfinished / RECORD, json_text(record))

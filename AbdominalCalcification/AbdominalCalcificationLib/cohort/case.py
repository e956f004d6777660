"""One case of a cohort, as a worker makes it: its files in, its folder out."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack

from ..api import read_case_steps
from ..durable import write_bytes, write_text
from ..engine.kit import Kit
from ..errors import InputError
from ..export import result_files_steps
from ..exporting.documents import Documents
from ..pipeline import analyze_steps
from ..progress import Steps
from ..reading import parse_calcification_labels, parse_label_mapping
from ..reporting import ResultFolder
from ..reporting.documents import json_text
from .attempt import CaseWork, attempted
from .recipe import SCHEMA_VERSION
from .store import CASE_FILES, MEASUREMENTS, RECORD, THUMBNAIL, record_of
from .thumbnail import thumbnail

# What is an option of analyze and a column here.
_OPTIONS = re.compile(r"--(series|acquisition|artery-labels|calcification-labels|arteries|calcification)\b(?!-)")


def make_case(work: CaseWork, kit: Kit) -> str:
    """Analyze a case and write its folder, whole or not at all; return why that is impossible, or nothing.

    Raises
    ------
    WriteError
        Where results cannot be written: there is no use in going on.
    """
    return attempted(
        work,
        _made_steps(work, kit),
        names=CASE_FILES,
        command="analyze",
        reworded=lambda reason: _OPTIONS.sub(lambda option: f"the column {option[1].replace('-', '_')}", reason),
    )


def _made_steps(work: CaseWork, kit: Kit) -> Steps[None]:
    case, recipe = work.case, work.recipe
    if case.ct is None:
        raise InputError("The table names no CT of this case; fill in the column ct.")
    began = time.monotonic()
    masks = case.masks
    labels = {
        "artery_labels": parse_label_mapping(masks.artery_labels) if masks.artery_labels else None,
        "calcification_labels": (
            parse_calcification_labels(masks.calcification_labels) if masks.calcification_labels else None
        ),
    }
    before = work.stamps()
    with ExitStack() as stack:
        # Refuses before any work is done, and again at the end.
        unfinished = stack.enter_context(ResultFolder(work.folder, work.overwrite, CASE_FILES))
        ct, given = yield from read_case_steps(
            case.ct,
            masks.arteries,
            masks.calcification,
            series=case.series or None,
            acquisition=case.acquisition or None,
            **labels,
        )
        wish = None
        if recipe.dicom is not None:
            from ..reporting.dicom import wish_for

            wish = wish_for(given.source, recipe.dicom)
        analysis = yield from analyze_steps(ct, recipe.choices_for(masks), given, kit.worker)
        yield from result_files_steps(
            analysis,
            analysis.ct,
            unfinished,
            anonymous=recipe.anonymous,
            documents=Documents(wish, recipe.report, given.source),
        )
        if (unfinished / "views.png").is_file():
            write_bytes(unfinished / THUMBNAIL, thumbnail(unfinished / "views.png"))
        if work.stamps() != before:
            raise InputError("Its files changed while they were read; run the command again.")
        seconds = time.monotonic() - began
        record = record_of(case, work.fingerprint, SCHEMA_VERSION, unfinished, MEASUREMENTS, seconds)
        write_text(unfinished / RECORD, json_text(record))

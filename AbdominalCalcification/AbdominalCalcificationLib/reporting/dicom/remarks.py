"""What is to be said of a result in words: its flags, what was corrected, what counts in no territory, what made it."""

from __future__ import annotations

from collections.abc import Mapping

from ...anatomy import territory
from ..documents import document_trust, is_unusable
from .origin import edits_of

_NOWHERE = (
    ("unassigned_calcified_volume_mm3", "too far from arteries"),
    ("beyond_kept_length_calcified_volume_mm3", "beyond the kept length of a branch"),
    ("below_minimum_calcified_volume_mm3", "in clusters that are too small"),
)


def remarks(document: Mapping, anonymous: bool = False) -> list[str]:
    """Return lines for people about the numbers of a document; anonymous ones without persons and dates.

    Of an unusable result no number is told.
    """
    said = [_flag(each) for each in document.get("flags", ())]
    said += [_edit(each, anonymous) for each in edits_of(document)]
    if not is_unusable(document):
        said += _numbers(document)
    software = (document.get("provenance") or {}).get("software") or {}
    verdict = document_trust(document).verdict.value
    return [f"Verdict on the numbers: {verdict}.", *said, f"{software.get('name')} {software.get('version')}."]


def _numbers(document: Mapping) -> list[str]:
    said = [
        f"Calcification of {document[name]:.1f} mm³ is {where} and counts in no territory."
        for name, where in _NOWHERE
        if document.get(name)
    ]
    missing = [territory(each["name"]).title for each in document["territories"] if not each["found"]]
    return [*said, f"Not found, and not measured: {', '.join(missing)}."] if missing else said


def _flag(flag: Mapping) -> str:
    where = f" ({flag['territory']})" if flag.get("territory") else ""
    return f"{flag['code'].replace('_', ' ').capitalize()}{where}: {flag['message']}"


def _edit(edit: Mapping, anonymous: bool) -> str:
    entries = edit.get("entries", ())
    tools = ", ".join(dict.fromkeys(str(each.get("tool")) for each in entries if each.get("tool")))
    how = f" with {tools}" if tools else ""
    count = edit.get("changed_voxels")
    last = "" if anonymous else f", by {edit.get('editor')}, last at {edit.get('time')}"
    changed = "an unknown number of voxels changed" if count is None else f"{count} voxels changed"
    return f"The mask of {edit.get('structure')} was corrected by hand{how}: {changed}{last}."

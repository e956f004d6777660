"""What a result's document says about how a mask was made, in DICOM's terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ... import __version__
from ...anatomy import Code
from .codes import ARTIFICIAL_INTELLIGENCE, HISTOGRAM_ANALYSIS, MANUAL_PROCESSING


@dataclass(frozen=True)
class MaskOrigin:
    """How a mask was made.

    Attributes
    ----------
    kind : {'AUTOMATIC', 'SEMIAUTOMATIC', 'MANUAL'}
        Segment Algorithm Type (PS3.3, C.8.20.2).
    name, version : str
        Of the algorithm.
    family : Code
        CID 7162.
    parameters : mapping of str to str
    """

    kind: str
    name: str
    version: str
    family: Code
    parameters: Mapping[str, str]


def mask_origin(document: Mapping, role: str, voxels: int | None = None) -> MaskOrigin:
    """Return how the mask ``arteries`` or ``calcification`` was made.

    What a model or a threshold made is AUTOMATIC, corrected by hand SEMIAUTOMATIC; what only hands made is MANUAL, and
    that is known where the history of its `voxels` begins with none. A mask that was given and of which nothing else
    is known counts as SEMIAUTOMATIC, corrected or not: neither other word would be true.
    """
    provenance = document.get("provenance") or {}
    edited = bool(edits_of(document, role))
    models = [each for each in provenance.get("models", ()) if each.get("role") == role]
    source = provenance.get("calcification_source") or {}
    if models:
        name = one_text(" + ".join(str(each.get("name") or "unnamed model") for each in models)) or "unnamed model"
        version = one_text(" ".join(str(each.get("checksum") or "")[:12] for each in models))
        kind = "SEMIAUTOMATIC" if edited else "AUTOMATIC"
        return MaskOrigin(kind, name[:64], version[:64] or __version__, ARTIFICIAL_INTELLIGENCE, {})
    if role == "calcification" and source.get("kind") == "threshold":
        said = {"method": str(source.get("method")), "threshold_hu": str(source.get("threshold_hu"))}
        kind = "SEMIAUTOMATIC" if edited else "AUTOMATIC"
        return MaskOrigin(kind, "Threshold of calcification", __version__, HISTOGRAM_ANALYSIS, said)
    if edited and voxels == _drawn(edits_of(document, role)):
        return MaskOrigin("MANUAL", "Drawn by hand", __version__, MANUAL_PROCESSING, {})
    return MaskOrigin("SEMIAUTOMATIC", "Given mask", __version__, MANUAL_PROCESSING, {})


def _drawn(edits: list[Mapping]) -> int:
    """Return how many voxels a mask has of its history alone: those added, less those removed."""
    entries = [entry for edit in edits for entry in edit.get("entries", ())]
    pairs = [pair for entry in entries for pair in (entry.get("added_removed_voxels") or {}).values()]
    return sum(added - removed for added, removed in pairs)


def one_text(text: str) -> str:
    """Return a text as one value of LO or PN: without signs that cannot be shown, nor backslashes, which divide."""
    return " ".join("".join(each if each.isprintable() else " " for each in text.replace("\\", "/")).split())


def edits_of(document: Mapping, role: str | None = None) -> list[Mapping]:
    """Return the corrections by hand that changed anything, of one mask or of both."""
    edits = (document.get("provenance") or {}).get("edits", ())
    return [each for each in edits if each.get("changed_voxels") != 0 and role in (None, each.get("structure"))]


def editors(document: Mapping, role: str | None = None) -> list[str]:
    """Return who corrected, the last one last; nobody twice."""
    names: dict[str, None] = {}
    for edit in edits_of(document, role):
        entries = [entry.get("editor") for entry in edit.get("entries", ())]
        for name in (*entries, edit.get("editor")):
            if name and any(each.isalnum() for each in str(name)):
                names.pop(str(name), None)
                names[str(name)] = None
    return list(names)

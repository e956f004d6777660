"""The report of a radiograph for people: an HTML page and the same as PDF, from templates that a site can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..flags import Effect
from ..reporting.anonymous import LEFT_OUT
from ..reporting.documents import document_notes, document_trust
from ..reporting.report import Report
from ..reporting.report.content import Patient, model_facts, moment
from ..reporting.report.figures import png_uri
from ..reporting.report.pdf import pdf_of_page
from ..reporting.report.templating import rendered_html
from ..reporting.text import NOT_MEASURED
from ..trust import Verdict, notes_of
from .kauppila import MOST_TOTAL, VERTEBRAE, WALLS
from .severity import groups_of_document
from .tables import line_length
from .text import interval_text
from .verdict import headline

MAIN, TITLE = "radiograph.html", "Calcification of the abdominal aorta on a radiograph"
_WORDS = {Verdict.OK: "Fit to read", Verdict.REVIEW: "To be reviewed", Verdict.UNUSABLE: "Not usable"}
_NO_DICOM = Patient(missing="The radiograph came from a file that says nothing about patient and study.")
_ANONYMOUS = Patient(missing="This report is anonymous: patient and study are left out.")


@dataclass(frozen=True)
class RadiographReportChoices:
    """What the user decides about a report.

    Attributes
    ----------
    template : Path or None
        Folder whose files are taken instead of those of the same names that come with the program.
    """

    template: Path | None = None


def radiograph_report(document: Mapping, picture: bytes, source: Path, choices: RadiographReportChoices) -> Report:
    """Return the report of a result; the same for the same.

    Parameters
    ----------
    document : mapping
        ``radiograph.json``.
    picture : bytes
        ``overlay.png``.
    source : Path
        The file of the radiograph: its headers tell patient and study.
    choices : RadiographReportChoices

    Raises
    ------
    InputError
        Without the packages that render it, and for templates that cannot be used.
    """
    context = report_context(document, picture, patient_for(document, source))
    page = rendered_html(context, choices.template, MAIN)
    return Report(page, pdf_of_page(page, context["program"], choices.template, TITLE), picture)


def report_context(document: Mapping, picture: bytes, patient: Patient) -> dict[str, Any]:
    """Return the names that templates know, and their values; an unusable result has neither score nor parts."""
    provenance, trust = document.get("provenance") or {}, document_trust(document)
    software = provenance.get("software") or {}
    usable = trust.verdict is not Verdict.UNUSABLE
    reasons = [{"message": note.message, "advice": note.advice} for note in notes_of(trust.reasons)]
    return {
        "title": TITLE,
        "program": f"{software.get('name', 'AbdominalCalcification')} {software.get('version', '')}".strip(),
        "measured": moment(provenance.get("time")),
        "is_anonymous": bool(provenance.get("anonymous")),
        "patient": {"facts": list(patient.facts), "missing": patient.missing},
        "scan": _scan(document),
        "verdict": {
            "name": trust.verdict.value,
            "word": _WORDS[trust.verdict],
            "headline": headline(trust),
            "reasons": reasons,
        },
        "notes": [
            {"message": note.message, "advice": note.advice, "is_to_look_at": note.effect is not Effect.NOTE}
            for note in document_notes(document)
        ],
        "corrections": list(provenance.get("edits") or ()),
        "models": [model_facts(each) for each in provenance.get("models", ())],
        "uses_bundled_model": any(flag.get("code") == "bundled_model" for flag in document.get("flags", ())),
        "picture": png_uri(picture),
        "result": _result(document) if usable else None,
    }


def patient_for(document: Mapping, source: Path) -> Patient:
    """Return what a report says about patient and study: nothing where the result is anonymous."""
    provenance = document.get("provenance") or {}
    if provenance.get("anonymous"):
        return _ANONYMOUS
    if (provenance.get("input") or {}).get("format") != "DICOM":
        return _NO_DICOM
    import pydicom

    from ..reading.dicom.elements import DamagedFileError, foreign_parser
    from ..reporting.report.patients import patient_of

    try:
        with foreign_parser():
            header = pydicom.dcmread(source, stop_before_pixels=True, force=True)
            header.decode()
            return patient_of(header)
    except (DamagedFileError, OSError):
        raise InputError(f"The header of '{source.name}' cannot be read again for the report; copy the file.") from None


def _result(document: Mapping) -> dict:
    parts = {(each["vertebra"], each["wall"]): each for each in document["segments"]}
    interval, severity = document["score_interval"], document["severity"]
    groups = groups_of_document(severity)
    bounds = [{"name": name, "bounds": text} for name, text in zip(groups.names, groups.bounds(), strict=True)]
    return {
        "score": _shown(document["score"]),
        "most": MOST_TOTAL,
        "interval": "" if interval is None else interval_text(interval),
        "interval_level": f"{100 * document['score_interval_level']:.0f} %",
        "affected_segments": _shown(document["affected_segments"]),
        "affected_walls": _shown(document["affected_walls"]),
        "severity": severity["group"] or NOT_MEASURED,
        "severity_table": {"name": groups.name, "source": groups.source, "groups": bounds},
        "rows": [{"vertebra": v, "walls": [_part(parts[v, wall], document) for wall in WALLS]} for v in VERTEBRAE],
        "vertebrae": [_vertebra(each, document["image"]["unit"]) for each in document["vertebrae"]],
    }


def _part(each: Mapping, document: Mapping) -> dict:
    extent, in_mm = each["extent_fraction"], document["image"]["unit"] == "mm" and each["line"]
    length = line_length(each["line"]) if in_mm else None
    shares = each["probabilities"]
    return {
        "score": _shown(each["score"]),
        "extent": NOT_MEASURED if extent is None else f"{100 * extent:.0f} %",
        "length": NOT_MEASURED if length is None or extent is None else f"{length * extent:.0f} of {length:.0f} mm",
        "certainty": NOT_MEASURED
        if shares is None or each["score"] is None
        else f"{100 * shares[each['score']]:.0f} %",
        "is_read": each["origin"] == "reader",
    }


def _vertebra(each: Mapping, unit: str) -> dict:
    known = each["found"] and unit == "mm"
    return {
        "name": each["name"],
        "is_found": each["found"],
        "height": f"{each['height']:.1f} mm" if known else NOT_MEASURED,
    }


def _scan(document: Mapping) -> list[tuple[str, str]]:
    given = (document.get("provenance") or {}).get("input") or {}
    image = document["image"]
    spacing = image["spacing_mm"]
    size = f"{image['columns']} × {image['rows']}"
    facts = (
        ("Series", given.get("description")),
        ("Device", given.get("manufacturer")),
        ("View", given.get("view")),
        ("Pixels", size if spacing is None else f"{size}, {spacing[0]:.3g} × {spacing[1]:.3g} mm"),
        ("File", None if given.get("name") == LEFT_OUT else given.get("name")),
    )
    return [(name, str(value)) for name, value in facts if value]


def _shown(value: int | None) -> str:
    return NOT_MEASURED if value is None else str(value)

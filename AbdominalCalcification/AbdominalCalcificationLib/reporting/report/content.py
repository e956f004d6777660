"""What a report says, as plain values for its templates: the words and numbers of a result's document.

A result that is ``unusable`` has no numbers and no pictures here, so that no template can show any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...anatomy import TERRITORIES
from ...comparison.severity import SeverityGroups
from ...flags import Effect
from ...measurement.result import TerritoryMeasurement
from ...trust import Trust, Verdict, headline, notes_of
from ..anonymous import LEFT_OUT
from ..documents import document_notes, document_trust
from ..severity import document_severity
from ..text import confidence_text, counted, territory_cells
from .figures import Figures

_TITLES = {territory.name: territory.title for territory in TERRITORIES}
_WORDS = {Verdict.OK: "Fit to read", Verdict.REVIEW: "To be reviewed", Verdict.UNUSABLE: "Not usable"}
_APART = (
    ("Calcification near no artery", "unassigned_calcified_volume_mm3"),
    ("Calcification beyond the kept length", "beyond_kept_length_calcified_volume_mm3"),
    ("Calcification in clusters below the minimum", "below_minimum_calcified_volume_mm3"),
)


@dataclass(frozen=True)
class ReportChoices:
    """What the user decides about a report.

    Attributes
    ----------
    template : Path or None
        Folder whose files are taken instead of those of the same names that come with the program.
    severity : SeverityGroups or None
        Groups of burden to be named; by default those that the document keeps, if any.
    """

    template: Path | None = None
    severity: SeverityGroups | None = None


@dataclass(frozen=True)
class Patient:
    """Whose CT it is, as its headers say; empty texts for what they leave out.

    Attributes
    ----------
    facts : tuple of (str, str)
        Name and value of what is known, in the order in which it is shown.
    missing : str
        Why nothing is, where that is so.
    """

    facts: tuple[tuple[str, str], ...] = ()
    missing: str = ""


@dataclass(frozen=True, eq=False)
class Material:
    """What a report is made of.

    Attributes
    ----------
    document : mapping
        ``measurements.json``.
    patient : Patient
    figures : Figures
        Pictures of the result.
    choices : ReportChoices
    """

    document: Mapping
    patient: Patient = field(default_factory=Patient)
    figures: Figures = field(default_factory=Figures)
    choices: ReportChoices = field(default_factory=ReportChoices)


def report_context(material: Material) -> dict[str, Any]:
    """Return the names that templates know, see ``Resources/docs/report.md``, and their values."""
    document, provenance = material.document, material.document.get("provenance") or {}
    trust = document_trust(document)
    software = provenance.get("software") or {}
    context: dict[str, Any] = {
        "program": f"{software.get('name', 'AbdominalCalcification')} {software.get('version', '')}".strip(),
        "measured": moment(provenance.get("time")),
        "is_anonymous": bool(provenance.get("anonymous")),
        "patient": {"facts": list(material.patient.facts), "missing": material.patient.missing},
        "scan": _scan(provenance),
        "verdict": _verdict(trust),
        "notes": _notes(document),
        "corrections": [_correction(each) for each in provenance.get("edits", ())],
        "sources": _sources(provenance),
        "models": [model_facts(each) for each in provenance.get("models", ())],
        "uses_bundled_model": any(flag.get("code") == "bundled_model" for flag in document.get("flags", ())),
        "result": None,
    }
    if trust.verdict is not Verdict.UNUSABLE:
        severity = material.choices.severity or document_severity(document)
        context["result"] = _result(document, trust, material.figures, severity)
    return context


def moment(time: object) -> str:
    """Return a moment of a document, ``2026-01-31T09:30:00Z``, as it is shown: to the minute, in UTC."""
    text = str(time or "")
    return f"{text[:10]} {text[11:16]} UTC" if text.endswith("Z") and len(text) >= 17 else text


def _verdict(trust: Trust) -> dict:
    reasons = [{"message": note.message, "advice": note.advice} for note in notes_of(trust.reasons)]
    return {
        "name": trust.verdict.value,
        "word": _WORDS[trust.verdict],
        "headline": headline(trust),
        "reasons": reasons,
    }


def _notes(document: Mapping) -> list[dict]:
    return [
        {"message": note.message, "advice": note.advice, "is_to_look_at": note.effect is not Effect.NOTE}
        for note in document_notes(document)
    ]


def _result(document: Mapping, trust: Trust, figures: Figures, severity: SeverityGroups | None) -> dict:
    rows = [_row(each, trust, severity) for each in document["territories"]]
    total = _row(document["total"], trust, severity)
    plaques = [
        {**_cluster(cluster), "picture": figures.plaques[cluster["id"]]}
        for cluster in largest_clusters(document)
        if cluster["id"] in figures.plaques
    ]
    return {
        "rows": rows,
        "total": total,
        "found": [row for row in rows if row["is_found"]],
        "has_calcification": document["total"]["calcified_volume_mm3"] > 0,
        "has_confidence": any(
            each.get("confidence") is not None for each in (*document["territories"], *document.get("clusters", ()))
        ),
        "apart": [
            {"what": what, "volume": f"{document[key]:.1f} mm³"} for what, key in _APART if document.get(key, 0) > 0
        ],
        "severity": None if severity is None else _groups(severity),
        "views": figures.views,
        "plaques": plaques,
        "profile": figures.profile,
        "parameters": _parameters(document.get("parameters") or {}),
    }


def largest_clusters(document: Mapping, count: int = 6) -> list[Mapping]:
    """Return the clusters of a document with the largest volumes, largest first."""
    return sorted(document.get("clusters", ()), key=lambda each: (-each["volume_mm3"], each["id"]))[:count]


def _row(numbers: Mapping, trust: Trust, severity: SeverityGroups | None) -> dict:
    measured = TerritoryMeasurement(**numbers)
    title = _TITLES.get(measured.name, "Total")
    _, burden, calcified, clusters, artery, mean, largest, confidence = territory_cells(title, measured)
    group = ""
    if severity is not None and measured.burden is not None:
        group = severity.names[severity.group_of(measured.burden)]
    return {
        "name": measured.name,
        "title": title,
        "is_found": measured.found,
        "is_to_look_at": measured.name in trust.territories,
        "burden": burden,
        "calcified_mm3": calcified,
        "clusters": clusters,
        "artery_ml": artery,
        "mean_mm3": mean,
        "largest_mm3": largest,
        "confidence": confidence,
        "severity": group,
    }


def _groups(severity: SeverityGroups) -> list[dict]:
    """Return names and bounds of groups of burden, as they are shown."""
    edges = [f"{100 * cut:g} %" for cut in severity.cut_points]
    bounds = [f"below {edges[0]}", *(f"{a} to below {b}" for a, b in pairwise(edges))]
    bounds.append(f"{edges[-1]} and more")
    return [{"name": name, "bounds": text} for name, text in zip(severity.names, bounds, strict=True)]


def _cluster(cluster: Mapping) -> dict:
    def number(key: str, digits: int, unit: str) -> str:
        return "–" if cluster.get(key) is None else f"{cluster[key]:.{digits}f} {unit}"

    return {
        "id": cluster["id"],
        "title": _TITLES.get(cluster["territory"], cluster["territory"]),
        "volume": number("volume_mm3", 1, "mm³"),
        "mean_hu": number("mean_hu", 0, "HU"),
        "max_hu": number("max_hu", 0, "HU"),
        "path_distance": number("path_distance_mm", 0, "mm"),
        "confidence": confidence_text(cluster.get("confidence"), cluster.get("confidence_basis")),
    }


def _scan(provenance: Mapping) -> list[tuple[str, str]]:
    given = provenance.get("input") or {}
    count = given.get("image_count")
    facts = (
        ("Series", given.get("description")),
        ("Scanner", given.get("manufacturer")),
        ("Kernel", given.get("kernel")),
        ("Images", None if count is None else str(count)),
        ("File or folder", None if given.get("name") == LEFT_OUT else given.get("name")),
    )
    return [(name, str(value)) for name, value in facts if value]


def _sources(provenance: Mapping) -> list[tuple[str, str]]:
    """Return what made the two masks."""
    chosen, calcification = provenance.get("parameters") or {}, provenance.get("calcification_source") or {}
    facts = [("Arteries", str(chosen.get("arteries", "–")))]
    facts.append(("Calcification", str(calcification.get("description") or calcification.get("kind") or "–")))
    return facts


def model_facts(model: Mapping) -> dict:
    """Return a model as a report shows it."""
    spacing = " × ".join(f"{value:g}" for value in model.get("spacing_mm") or ())
    return {
        "role": str(model.get("role", "")),
        "name": str(model.get("name", "")),
        "checksum": str(model.get("checksum", ""))[:12],
        "spacing": f"{spacing} mm" if spacing else "",
    }


def _parameters(parameters: Mapping) -> list[tuple[str, str]]:
    def length(value) -> str:
        return "whole" if value is None else f"{value:g} mm"

    kept = parameters.get("kept_length_mm") or {}
    shown = [(f"Kept length, {_TITLES.get(name, name.replace('_', ' '))}", length(mm)) for name, mm in kept.items()]
    shown.append(("Farthest from an artery", length(parameters.get("max_distance_mm", 0.0))))
    shown.append(("Smallest cluster", f"{parameters.get('min_cluster_volume_mm3', 0.0):g} mm³"))
    if given := parameters.get("reassigned"):
        shown.append(("Given to an artery by hand", counted(len(given), "piece") + " of calcification"))
    return shown


def _correction(edit: Mapping) -> dict:
    return {
        "what": str(edit.get("structure") or edit.get("mask") or ""),
        "by": str(edit.get("editor", "")),
        "when": moment(edit.get("time")),
        "changed": counted(edit.get("changed_voxels", 0), "voxel"),
        "steps": [_step(each) for each in edit.get("entries", ())],
    }


def _step(entry: Mapping) -> dict:
    voxels: Sequence = list((entry.get("added_removed_voxels") or {}).values())
    return {
        "tool": str(entry.get("tool", "")),
        "by": str(entry.get("editor", "")),
        "when": moment(entry.get("until") or entry.get("time")),
        "added": sum(pair[0] for pair in voxels),
        "removed": sum(pair[1] for pair in voxels),
    }

"""A result of a radiograph as plain data: what goes into radiograph.json."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..geometry.lines import evenly
from ..reporting.documents import json_safe, trust_document
from .image import Radiograph
from .kauppila import Segment
from .result import RadiographResult
from .severity import DEFAULT, ScoreGroups
from .spine import CORNERS, ORDER, Vertebra

SCHEMA_VERSION = "1.0"
#: Probability that the interval of the score is to hold.
INTERVAL_LEVEL = 0.9
_SCHEMA_FILE = Path(__file__).with_name("radiograph.schema.json")
_DIGITS = 3
# Of a wall in front of one vertebra: one every two millimetres or less.
_LINE_POINTS = 21
_EXPECTED = ("L1", "L2", "L3", "L4", "L5", "S1")


def radiograph_document(result: RadiographResult, groups: ScoreGroups | None = None) -> dict:
    """Return `result` as JSON values: no NaN, no infinity; what is not known is None.

    The document follows :func:`radiograph_schema`. Points are in mm of the patient's plane, from the centre of the
    first pixel of the upright image, where the size of a pixel is known; else in pixels.

    Parameters
    ----------
    result : RadiographResult
    groups : ScoreGroups, optional
        Table of severity; the default one without it.
    """
    score, interval = result.score, result.interval(INTERVAL_LEVEL)
    reached = None if interval is None else (round(interval[0], _DIGITS), round(interval[1], _DIGITS))
    document = {
        "schema_version": SCHEMA_VERSION,
        "trust": trust_document(result.trust),
        "score": score.total,
        "score_interval": None if reached is None else list(reached),
        "score_interval_level": INTERVAL_LEVEL,
        "score_interval_inflation": result.inflation,
        "affected_segments": score.affected_segments,
        "affected_walls": score.affected_walls,
        "severity": (groups or DEFAULT).document(score.total, reached),
        "segments": [segment_document(each) for each in score.segments],
        "vertebrae": vertebra_documents(result.vertebrae),
        "image": _image(result.radiograph),
        "labels_sha256": labels_checksum(result),
        "flags": [{"code": f.code, "message": f.message, "territory": f.territory} for f in result.flags],
        "parameters": json_safe(result.parameters),
        "provenance": json_safe(result.provenance),
    }
    return {**document, "checksum": document_checksum(document)}


def document_checksum(document: Mapping) -> str:
    """Return the SHA-256 of a document without its own ``checksum``, in hexadecimal: of its JSON, keys in order."""
    rest = {key: value for key, value in document.items() if key != "checksum"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def labels_checksum(result: RadiographResult) -> str:
    """Return the SHA-256 of the label map of the upright image, uint8, in hexadecimal."""
    return hashlib.sha256(result.labels.astype("u1").tobytes()).hexdigest()


def radiograph_schema() -> dict:
    """Return the JSON schema of radiograph.json."""
    return json.loads(_SCHEMA_FILE.read_text(encoding="utf-8"))


def thinned(line: Sequence[Sequence[float]]) -> list[list[float]]:
    """Return a line of few points, evenly spaced along it, so that shares of its length stay those of the same places.

    A line that has few is returned as it is.
    """
    if len(line) <= _LINE_POINTS:
        return [_point(each) for each in line]
    return [_point(each) for each in evenly(line, _LINE_POINTS)[0]]


def segment_document(each: Segment) -> dict:
    """Return one of the eight parts."""
    return {
        "vertebra": each.vertebra,
        "wall": each.wall,
        "score": each.score,
        "probabilities": None if each.probabilities is None else [float(share) for share in each.probabilities],
        "extent_fraction": None if each.extent_fraction is None else float(each.extent_fraction),
        "origin": each.origin,
        "line": thinned(each.line),
        "deposits": [[round(float(start), 5), round(float(end), 5)] for start, end in each.deposits],
    }


def vertebra_documents(found: Mapping[str, Vertebra]) -> list[dict]:
    """Return the vertebrae from head to foot, those that everybody has but that were not found too."""
    return [_vertebra(name, found.get(name)) for name in _listed(found)]


def _listed(found: Mapping[str, Vertebra]) -> list[str]:
    """Return the vertebrae that a document tells of, from head to foot: those that everybody has, and others found."""
    return [name for name in ORDER if name in found or name in _EXPECTED]


def _vertebra(name: str, each: Vertebra | None) -> dict:
    if each is None:
        return {"name": name, "found": False, "center": None, "corners": None, "height": None, "area": None}
    return {
        "name": name,
        "found": True,
        "center": _point(each.center),
        "corners": {name: _point(corner) for name, corner in zip(CORNERS, each.corners, strict=True)},
        "height": round(each.height, _DIGITS),
        "area": round(each.area, _DIGITS),
    }


def _image(radiograph: Radiograph) -> dict:
    spacing = radiograph.spacing_mm
    return {
        "rows": radiograph.pixels.shape[0],
        "columns": radiograph.pixels.shape[1],
        "spacing_mm": None if spacing is None else [float(step) for step in spacing],
        "aspect": [float(step) for step in radiograph.aspect],
        "unit": "pixel" if spacing is None else "mm",
        "faces": radiograph.faces,
    }


def _point(point) -> list[float]:
    return [round(float(point[0]), _DIGITS), round(float(point[1]), _DIGITS)]

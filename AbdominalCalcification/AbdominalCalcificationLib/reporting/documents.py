"""Measurements as plain data: what goes into measurements.json."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..flags import KINDS, Effect, Flag
from ..measurement.parameters import MeasurementParameters, Reassignment
from ..measurement.result import Cluster, Measurement, TerritoryMeasurement
from ..trust import Note, Trust, Verdict, notes_of, trust_of

SCHEMA_VERSION = "1.2"
_SCHEMA_FILE = Path(__file__).with_name("measurements.schema.json")


def measurement_document(measurement: Measurement) -> dict:
    """Return `measurement` as JSON values: no NaN, no infinity; *not measured* is None.

    The document follows :func:`measurements_schema`.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "trust": trust_document(measurement.trust),
        "territories": [_territory(each) for each in measurement.territories],
        "total": _territory(measurement.total),
        "unassigned_calcified_volume_mm3": measurement.unassigned_calcified_volume_mm3,
        "beyond_kept_length_calcified_volume_mm3": measurement.beyond_kept_length_calcified_volume_mm3,
        "below_minimum_calcified_volume_mm3": measurement.below_minimum_calcified_volume_mm3,
        "clusters": [_cluster(each) for each in measurement.clusters],
        "flags": [_flag(each) for each in measurement.flags],
        "parameters": parameters_document(measurement.parameters),
        "provenance": json_safe(measurement.provenance),
    }


def trust_document(trust: Trust) -> dict:
    """Return the verdict and its reasons as JSON values."""
    return {"verdict": trust.verdict.value, "reasons": [_flag(flag) for flag in trust.reasons]}


def document_trust(document: Mapping) -> Trust:
    """Return the verdict of a document; derived from its flags where an earlier version has written it without.

    What another version has flagged and this one does not know makes no reason, but its verdict stays.
    """
    stored = document.get("trust", {})
    if stored.get("verdict") not in {each.value for each in Verdict}:
        return trust_of(_read_flags(document.get("flags", ()))[0])
    return Trust(Verdict(stored["verdict"]), tuple(_read_flags(stored.get("reasons", ()))[0]))


def is_unusable(document: Mapping) -> bool:
    """Return whether the numbers of a document must not be used: nothing that leaves the program then shows any."""
    return document_trust(document).verdict is Verdict.UNUSABLE


def document_notes(document: Mapping) -> list[Note]:
    """Return the flags of a document as lines for people; those of an unknown code last, as they are."""
    known, unknown = _read_flags(document.get("flags", ()))
    return notes_of(known) + [
        Note(str(flag.get("code")), str(flag.get("message")), "", Effect.NOTE, False) for flag in unknown
    ]


def _read_flags(flags: Sequence[Mapping]) -> tuple[list[Flag], list[Mapping]]:
    """Return the flags in a document, and those that only another version knows."""
    known = [Flag(flag["code"], flag["message"], flag.get("territory")) for flag in flags if flag["code"] in KINDS]
    return known, [flag for flag in flags if flag["code"] not in KINDS]


def parameters_document(parameters: MeasurementParameters) -> dict:
    """Return `parameters` as JSON values; a kept length of None keeps the whole branch.

    ``reassigned`` is there only where something was given to a territory by hand.
    """
    document = asdict(parameters)
    if not parameters.reassigned:
        del document["reassigned"]
    return json_safe(document)


def document_parameters(document: Mapping) -> MeasurementParameters:
    """Return how a document says that it was measured, as :func:`parameters_document` wrote it.

    Raises
    ------
    InputError
        Where what stands there is none.
    """
    stored = dict(document.get("parameters") or {})
    try:
        kept = {name: math.inf if mm is None else float(mm) for name, mm in stored["kept_length_mm"].items()}
        numbers = {
            name: float(stored[name]) for name in ("max_distance_mm", "min_cluster_volume_mm3", "attach_distance_mm")
        }
    except (KeyError, AttributeError, TypeError, ValueError):
        raise InputError("How it was measured is written in another form; give a measurements.json.") from None
    return MeasurementParameters(kept, **numbers, reassigned=document_reassignments(document))


def document_reassignments(document: Mapping) -> tuple[Reassignment, ...]:
    """Return what was given to territories by hand, of a document as :func:`measurement_document` returns it.

    Raises
    ------
    InputError
        Where what stands there is none.
    """
    listed = (document.get("parameters") or {}).get("reassigned", [])
    try:
        return tuple(Reassignment(each["territory"], each["points_ras"]) for each in listed)
    except (KeyError, TypeError):
        raise InputError("Calcification given by hand is written in another form; give a measurements.json.") from None


def read_reassignments(path: Path) -> tuple[Reassignment, ...]:
    """Return what was given to territories by hand, of a measurements.json.

    Raises
    ------
    InputError
        Where the file cannot be read, or is none.
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        document = None
    if not isinstance(document, dict):
        raise InputError(f"'{path}' cannot be read as a measurements.json; name the file of an earlier result.")
    return document_reassignments(document)


def measurements_schema() -> dict:
    """Return the JSON schema of measurements.json."""
    return json.loads(_SCHEMA_FILE.read_text(encoding="utf-8"))


def json_text(document: Mapping) -> str:
    """Return `document` as JSON text that every parser reads; ValueError for NaN and infinity."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def json_safe(value: Any) -> Any:
    """Return `value` with only JSON's own types in it.

    Numpy numbers and arrays become Python's, tuples lists, numbers that are not finite None,
    and anything else its text.
    """
    if isinstance(value, Mapping):
        return {str(key): json_safe(each) for key, each in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple | set | frozenset):
        return [json_safe(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _territory(each: TerritoryMeasurement) -> dict:
    return json_safe(
        {
            "name": each.name,
            "found": bool(each.found),
            "artery_volume_mm3": each.artery_volume_mm3,
            "calcified_volume_mm3": each.calcified_volume_mm3,
            "burden": each.burden,
            "cluster_count": each.cluster_count,
            "mean_cluster_volume_mm3": each.mean_cluster_volume_mm3,
            "median_cluster_volume_mm3": each.median_cluster_volume_mm3,
            "largest_cluster_volume_mm3": each.largest_cluster_volume_mm3,
            "confidence": each.confidence,
            "confidence_basis": each.confidence_basis,
        }
    )


def _cluster(each: Cluster) -> dict:
    return json_safe(
        {
            "id": each.id,
            "territory": each.territory,
            "voxel_count": each.voxel_count,
            "volume_mm3": each.volume_mm3,
            "centroid_ras": each.centroid_ras,
            "mean_hu": each.mean_hu,
            "max_hu": each.max_hu,
            "extent_mm": each.extent_mm,
            "path_distance_mm": each.path_distance_mm,
            "confidence": each.confidence,
            "confidence_basis": each.confidence_basis,
        }
    )


def _flag(each: Flag) -> dict:
    return {"code": each.code, "message": each.message, "territory": each.territory}

"""Cut points of severity as a result's document keeps them, so that a report made again names the same groups."""

from __future__ import annotations

from collections.abc import Mapping

from ..comparison.severity import SeverityGroups
from ..errors import InputError

# Among what the user chose beyond the measurement's own parameters; fractions.
_NAME = "severity_cut_points"


def severity_parameters(severity: SeverityGroups) -> dict[str, list[float]]:
    """Return what ``provenance.parameters`` says of groups."""
    return {_NAME: list(severity.cut_points)}


def document_severity(document: Mapping) -> SeverityGroups | None:
    """Return the groups whose cut points a document keeps; None where it keeps none.

    Raises
    ------
    InputError
        Where what stands there is none.
    """
    cuts = ((document.get("provenance") or {}).get("parameters") or {}).get(_NAME)
    if cuts is None:
        return None
    try:
        return SeverityGroups.from_cut_points([float(each) for each in cuts])
    except (TypeError, ValueError):
        raise InputError("The cut points in measurements.json are no numbers; name others with --severity.") from None

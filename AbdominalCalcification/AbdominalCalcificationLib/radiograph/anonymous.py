"""Results of radiographs that name nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..reporting.anonymous import anonymous_flag, anonymous_provenance
from .result import RadiographResult

# Of what was chosen: what names no file.
_CHOSEN = ("device", "faces", "flip", "invert", "pixel_spacing_mm", "severity", "interval_inflation")


def anonymous_result(result: RadiographResult) -> RadiographResult:
    """Return a result as it may be written into an anonymous one; numbers, codes of flags and verdict are the same."""
    provenance = dict(result.provenance)
    return replace(
        result,
        flags=tuple(anonymous_flag(flag) for flag in result.flags),
        parameters=_only(result.parameters),
        provenance={**anonymous_provenance(provenance), "parameters": _only(provenance.get("parameters") or {})},
    )


def _only(parameters: Mapping) -> dict:
    return {key: parameters[key] for key in _CHOSEN if key in parameters}

"""Coded terminology of segments, in the form in which Slicer keeps it with a segment."""

from __future__ import annotations

from .anatomy import (
    ARTERY_CATEGORY,
    CALCIFICATION_CATEGORY,
    CALCIFICATION_CODE,
    TERRITORIES,
    Code,
    Territory,
)

# The lists that ship with Slicer and hold these codes. Codes are compared, list names are not.
_CONTEXT = "Segmentation category and type - DICOM master list"
_REGION_CONTEXT = "Anatomic codes - DICOM master list"
TAG = "TerminologyEntry"  # vtkSegment::GetTerminologyEntryTagName()


def entry_of_territory(territory: Territory) -> str:
    """Return the serialised terminology entry of an artery."""
    return _entry(ARTERY_CATEGORY, territory.code, territory.laterality)


def entry_of_calcification() -> str:
    """Return the serialised terminology entry of calcification."""
    return _entry(CALCIFICATION_CATEGORY, CALCIFICATION_CODE)


def territory_of_entry(entry: str) -> Territory | None:
    """Return the artery that a serialised terminology entry names; None where it names none of the table."""
    parts = entry.split("~")
    if len(parts) < 4:
        return None
    type_code, modifier = _code(parts[2]), _code(parts[3])
    for each in TERRITORIES:
        laterality = ("", "") if each.laterality is None else (each.laterality.scheme, each.laterality.value)
        if type_code == (each.code.scheme, each.code.value) and modifier == laterality:
            return each
    return None


def is_calcification_entry(entry: str) -> bool:
    """Return whether a serialised terminology entry names calcification."""
    parts = entry.split("~")
    return len(parts) > 2 and _code(parts[2]) == (CALCIFICATION_CODE.scheme, CALCIFICATION_CODE.value)


def _entry(category: Code, kind: Code, modifier: Code | None = None) -> str:
    return "~".join(
        [_CONTEXT, _text(category), _text(kind), _text(modifier), _REGION_CONTEXT, _text(None), _text(None)]
    )


def _text(code: Code | None) -> str:
    return "^^" if code is None else f"{code.scheme}^{code.value}^{code.meaning}"


def _code(text: str) -> tuple[str, str]:
    scheme, _, rest = text.partition("^")
    return scheme, rest.partition("^")[0]

"""Coded terminology of segments, in the form in which Slicer keeps it with a segment.

DICOM segmentations have the same codes; reading brings them into this form (:func:`entry_of_codes`).
"""

from __future__ import annotations

from collections.abc import Sequence

from .anatomy import (
    ARTERY_CATEGORY,
    CALCIFICATION,
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

# SNOMED RT, which DICOM used before SNOMED CT (PS3.16, annex O), and what it was called in files.
_OLD_SCHEMES = frozenset({"SRT", "SNM3", "99SDM"})
_FROM_OLD = {
    "T-42000": "15825003",
    "T-42500": "7832008",
    "T-46400": "57850000",
    "T-46510": "42258001",
    "T-46520": "33795007",
    "T-46600": "2841007",
    "T-46700": "10293006",
    "T-46710": "73634005",
    "G-A100": "24028007",
    "G-A101": "7771000",
    "G-A102": "51440002",
    "M-55420": "18115005",
    "M-52101": "29483008",
    "M-01470": "1522000",
    "C-14300": "5540006",
    "D6-34737": "237897009",
    "F-0176B": "129759000",
    "T-D0050": "85756007",
    "T-D000A": "123037004",
    "T-D0005": "91723000",
    "M-01000": "49755003",
    "T-41000": "51114001",
    "T-40000": "59820001",
    "T-41100": "67170007",
    "T-40230": "91747007",
}
# Concepts beside the one of the territory table that stand for an artery of it.
_OTHER_CODES = {"aorta": "15825003", "common_iliac_left": "10293006", "common_iliac_right": "10293006"}
_BOTH_SIDES = "51440002"
# Calcified structure, calcified atheromatous plaque, plaque, calcium, vascular calcification (twice).
_CALCIFICATION_CODES = frozenset({CALCIFICATION_CODE.value, "29483008", "1522000", "5540006", "237897009", "129759000"})
# Artery, blood vessel, lumen of one, anatomical structure: where it lies says which.
_WHERE_IT_LIES = frozenset({"51114001", "59820001", "67170007", "91747007", "123037004", "91723000"})
# Tissue, anatomical and altered structure: what programs fill in where nobody chose.
_SAYS_NOTHING = frozenset({"", "85756007", "123037004", "91723000", "49755003"})


def entry_of_territory(territory: Territory) -> str:
    """Return the serialised terminology entry of an artery."""
    return entry_of_codes(ARTERY_CATEGORY, territory.code, territory.laterality)


def entry_of_calcification() -> str:
    """Return the serialised terminology entry of calcification."""
    return entry_of_codes(CALCIFICATION_CATEGORY, CALCIFICATION_CODE)


def entry_of_codes(
    category: Code | None,
    kind: Code | None,
    modifier: Code | None = None,
    region: Code | None = None,
    region_modifier: Code | None = None,
) -> str:
    """Return the serialised terminology entry of codes; see the DICOM macros of the same names (PS3.3, C.8.20.4)."""
    codes = map(_text, (category, kind, modifier))
    return "~".join([_CONTEXT, *codes, _REGION_CONTEXT, _text(region), _text(region_modifier)])


def meaning_of_entry(entry: str) -> tuple[Territory, ...] | str | None:
    """Return what a serialised terminology entry says a segment is.

    Returns
    -------
    tuple of Territory, str or None
        One territory; two (left, right) where the codes leave the side open; :data:`anatomy.CALCIFICATION`; None where
        they say neither.
    """
    kind, modifier, region, region_modifier = _codes(entry)
    if kind in _CALCIFICATION_CODES:
        return CALCIFICATION
    return _territories(kind, modifier) or (
        _territories(region, region_modifier or modifier) if kind in _WHERE_IT_LIES else None
    )


def entry_says_something_else(entry: str) -> bool:
    """Return whether a serialised terminology entry names a definite thing that is not measured."""
    kind, *_ = _codes(entry)
    return kind not in _SAYS_NOTHING and kind not in _CALCIFICATION_CODES


def _territories(code: str, side: str) -> tuple[Territory, ...] | None:
    """Return the territories of a code: one, or those of both sides where `side` names none of them."""
    coded = [each for each in TERRITORIES if code and code in (each.code.value, _OTHER_CODES.get(each.name))]
    sided = [each for each in coded if each.laterality is None or each.laterality.value == side]
    if sided:
        return tuple(sided)
    return tuple(coded) if len(coded) == 2 and side in ("", _BOTH_SIDES) else None


def _codes(entry: str) -> Sequence[str]:
    """Return the SNOMED CT codes of type, its modifier, region and its modifier; empty where there are none."""
    parts = [*entry.split("~"), *[""] * 7]
    return [_code(parts[number]) for number in (2, 3, 5, 6)]


def _text(code: Code | None) -> str:
    if code is None:
        return "^^"
    # These characters divide the codes.
    return "^".join(text.replace("^", " ").replace("~", " ") for text in (code.scheme, code.value, code.meaning))


def _code(text: str) -> str:
    """Return the SNOMED CT code of ``scheme^value^meaning``; other schemes' codes with their scheme before them."""
    scheme, _, rest = text.partition("^")
    value = rest.partition("^")[0]
    if scheme in _OLD_SCHEMES:
        return _FROM_OLD.get(value, f"{scheme}:{value}")
    return value if scheme in ("SCT", "") else f"{scheme}:{value}"

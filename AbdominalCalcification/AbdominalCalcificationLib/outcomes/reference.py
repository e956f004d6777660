"""Reference values: percentiles of a measure by age and sex, from a cohort that the user has, and where a patient lies.

No published table comes with the program: none was found for the burden of abdominal arteries as it is measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ..csv_files import csv_text
from ..errors import InputError
from ..trust import Verdict
from .people import patients_of, refuse_twice, trust_column
from .settings import KINDS
from .table import Table, amounts, is_missing, numbers

PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
# Fewer people than this say nothing about tails: of 20, one lies beyond the 5th percentile.
LEAST = 20
_SEXES = {
    **dict.fromkeys(("female", "f", "w", "woman", "women"), "female"),
    **dict.fromkeys(("male", "m", "man", "men"), "male"),
    **dict.fromkeys(("other", "o"), "other"),
}
_NOT_ENHANCED = "no_arterial_enhancement"
_COLUMNS = ("measure", "kind", "sex", "age_from", "age_below", "people", *(f"p{each}" for each in PERCENTILES))


@dataclass(frozen=True)
class Band:
    """People of one sex and age, `age_from` to below `age_below` years.

    Attributes
    ----------
    values : tuple of float
        The percentiles of :data:`PERCENTILES`, rising.
    """

    sex: str
    age_from: float
    age_below: float
    people: int
    values: tuple[float, ...]


@dataclass(frozen=True)
class Reference:
    """Percentiles of one measure in CTs of one kind."""

    measure: str
    kind: str
    bands: tuple[Band, ...]

    def band_of(self, sex: str, age: float) -> Band | None:
        """Return the band of a patient; None where there is none."""
        for band in self.bands:
            if band.sex == sex and band.age_from <= age < band.age_below:
                return band
        return None


def place_of(value: float, band: Band) -> tuple[float, float]:
    """Return between which percentiles of a band a value lies: 0 and 5, 25 and 50, …, 95 and 100.

    Several percentiles may be the same number, such as 0 where many have no calcification; a value equal to them lies
    between the one below the first and the one above the last of them.

    Examples
    --------
    >>> band = Band("female", 60, 70, 100, (0, 0, 0, 0.2, 1, 2, 3))
    >>> place_of(0.0, band), place_of(0.5, band), place_of(7.0, band)
    ((0.0, 50.0), (50.0, 75.0), (95.0, 100.0))
    """
    bounds = (0, *PERCENTILES, 100)
    below = int(np.searchsorted(band.values, value, side="left"))
    not_above = int(np.searchsorted(band.values, value, side="right"))
    return float(bounds[below]), float(bounds[not_above + 1])


def make_reference(
    table: Table, measure: str, age: str, sex: str, kind: str, ages: Sequence[float]
) -> tuple[Reference, list[str]]:
    """Return percentiles of a cohort, by sex and bands of age; and what was left out.

    Percentiles are the linear ones of Hyndman and Fan's type 7 (1996, doi 10.1080/00031305.1996.10473566). Rows whose
    trust is not ok, and bands of fewer than 20 people, are left out.

    Parameters
    ----------
    table : Table
    measure, age, sex : str
        Columns.
    kind : str
        One of :data:`settings.KINDS`, of all CTs of the table.
    ages : sequence of float
        Rising bounds of the bands.

    Raises
    ------
    InputError
        Where nobody is left, or patients have several rows that can be used.
    """
    _check_kind(kind)
    refuse_twice(table)
    if len(ages) < 2 or any(not b > a for a, b in pairwise(ages)) or not np.isfinite(ages).all():
        raise InputError("The bounds of ages must be rising numbers, such as 40,50,60,70,80.")
    values, years, said = _measured(table, measure, age, sex)
    usable, notes = _usable(table, kind)
    known = ~np.isnan(values) & ~np.isnan(years) & np.array([bool(each) for each in said])
    if (usable & ~known).any():
        notes.append(f"{int((usable & ~known).sum())} rows left out: measure, age or sex is missing.")
    repeated = patients_of(table, np.flatnonzero(usable & known))[1]
    if repeated:
        raise InputError(
            f"{len(repeated)} patient(s) have several rows, '{repeated[0]}' among them, and would count several times; "
            "keep one of each."
        )
    bands = []
    for each in sorted({name for name, use in zip(said, usable & known, strict=True) if use}):
        for low, high in pairwise(ages):
            inside = usable & known & (np.array(said) == each) & (years >= low) & (years < high)
            count = int(inside.sum())
            if count < LEAST:
                if count:
                    notes.append(
                        f"{each}, {low:g} to below {high:g} years: {count} people, fewer than {LEAST}; left out."
                    )
                continue
            parts = np.quantile(values[inside], np.array(PERCENTILES) / 100)
            bands.append(Band(each, float(low), float(high), count, tuple(float(part) for part in parts)))
    if not bands:
        raise InputError(f"No sex and age has {LEAST} people in whom '{measure}' can be used; choose wider ages.")
    outside = int((usable & known & ((years < ages[0]) | (years >= ages[-1]))).sum())
    if outside:
        notes.append(f"{outside} rows left out: younger or older than the bands.")
    return Reference(measure, kind, tuple(bands)), notes


def reference_csv(reference: Reference) -> str:
    """Return a table of percentiles as text."""
    rows = [
        (reference.measure, reference.kind, band.sex, band.age_from, band.age_below, band.people, *band.values)
        for band in reference.bands
    ]
    return csv_text(_COLUMNS, rows)


def read_reference(table: Table) -> Reference:
    """Return what a table of percentiles says: a row for each sex and band of ages, of one measure and one kind of CT.

    Raises
    ------
    InputError
        For missing columns and cells, several measures or kinds, percentiles that fall, and bands that overlap.
    """
    for name in _COLUMNS:
        table.column(name, "of a reference table")
    measures, kinds = (set(table.columns[name]) for name in ("measure", "kind"))
    if len(measures) != 1 or len(kinds) != 1:
        raise InputError(f"The reference '{table.name}' mixes measures or kinds of CT; give each a table of its own.")
    kind = kinds.pop()
    _check_kind(kind)
    columns = {name: numbers(table, name, "of a reference table") for name in _COLUMNS[3:]}
    sexes = _sexes(table, "sex", "of a reference table")
    bands: list[Band] = []
    for row, line in enumerate(table.lines):
        cells = [float(columns[name][row]) for name in _COLUMNS[3:]]
        sex = sexes[row]
        if np.isnan(cells).any() or not sex:
            raise InputError(f"Line {line} of the reference '{table.name}' lacks a value; every cell must be filled.")
        low, high, count, *values = cells
        if any(b < a for a, b in pairwise(values)) or not low < high:
            raise InputError(
                f"Line {line} of the reference '{table.name}' has percentiles or ages that fall; correct it."
            )
        if any(each.sex == sex and low < each.age_below and each.age_from < high for each in bands):
            raise InputError(f"Line {line} of the reference '{table.name}' overlaps another band of {sex}; correct it.")
        bands.append(Band(sex, low, high, int(count), tuple(values)))
    return Reference(measures.pop(), kind, tuple(bands))


def percentiles_csv(table: Table, reference: Reference, age: str, sex: str, kind: str) -> tuple[str, list[str]]:
    """Return a table as CSV, with the percentiles between which each row lies, or why there are none.

    Raises
    ------
    InputError
        Where the CTs are of another kind than those of the reference.
    """
    _check_kind(kind)
    if kind != reference.kind:
        raise InputError(
            f"The reference is of {reference.kind} CTs and these are {kind}: calcification measures otherwise in "
            "them; use a reference of the same kind."
        )
    added = ("reference_measure", "percentile_from", "percentile_to", "reference_people", "no_percentile")
    twice = [name for name in added if name in table.columns]
    if twice:
        raise InputError(f"The table '{table.name}' has a column '{twice[0]}' already; give it another name.")
    values, years, said = _measured(table, reference.measure, age, sex)
    usable, notes = _usable(table, kind)
    rows: list[list] = []
    without = 0
    for row in range(len(table)):
        band = reference.band_of(said[row], years[row]) if said[row] and not np.isnan(years[row]) else None
        reason = ""
        if not usable[row]:
            reason = "the measurement or the kind of CT is in doubt"
        elif np.isnan(values[row]):
            reason = "not measured"
        elif not said[row] or np.isnan(years[row]):
            reason = "age or sex is missing"
        elif band is None:
            reason = "the reference has nobody of this sex and age"
        own = [cells[row] for cells in table.columns.values()]
        if reason or band is None:
            without += 1
            rows.append([*own, reference.measure, None, None, None, reason])
        else:
            rows.append([*own, reference.measure, *place_of(float(values[row]), band), band.people, ""])
    if without:
        notes.append(f"{without} of {len(table)} rows have no percentile; the last column says why.")
    return csv_text([*table.columns, *added], rows), notes


def _measured(table: Table, measure: str, age: str, sex: str) -> tuple[np.ndarray, np.ndarray, list[str]]:
    values = amounts(table, measure, "the measure")
    years = numbers(table, age, "--age")
    if (years < 0).any() or (years > 130).any():
        raise InputError(f"The column '{age}' (--age) holds ages below 0 or above 130; write years.")
    return values, years, _sexes(table, sex, "--sex")


def _sexes(table: Table, name: str, meant: str) -> list[str]:
    """Return one word for the sex of each row, empty where missing; InputError for words and codes that are not known.

    What 1 and 2 mean is not the same in all tables, nor what m means where the other letter is h (mujer, hombre).
    """
    said = []
    for line, cell in zip(table.lines, table.column(name, meant), strict=True):
        word = "" if is_missing(cell) else _SEXES.get(cell.lower())
        if word is None:
            raise InputError(
                f"'{cell}' in the column '{name}' (line {line}) is no sex that is known here; write female, male or "
                "other, or leave it empty."
            )
        said.append(word)
    return said


def _usable(table: Table, kind: str) -> tuple[np.ndarray, list[str]]:
    """Return rows whose measurement is not in doubt, and whose flags do not speak against the kind of CT."""
    usable, notes = np.ones(len(table), bool), []
    trust = trust_column(table)
    if trust is None:
        notes.append("The table has no column trust: whether numbers can be used was not looked at.")
    else:
        usable = np.array([cell.lower() == Verdict.OK.value for cell in table.columns[trust]])
        if not usable.all():
            notes.append(f"{int((~usable).sum())} rows left out: trust is not ok.")
    if kind != "unenhanced" and "flags" in table.columns:
        pale = np.array([_NOT_ENHANCED in cell for cell in table.columns["flags"]])
        if (pale & usable).any():
            notes.append(f"{int((pale & usable).sum())} rows left out: the arteries are not enhanced as in {kind} CTs.")
        usable = usable & ~pale
    return usable, notes


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise InputError(f"'{kind}' is no kind of CT; it is {', '.join(KINDS[:-1])} or {KINDS[-1]}.")

"""A table of patients as columns of text, and what its cells say: numbers, categories, nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..csv_files import NUMBER, read_rows
from ..errors import InputError

# What stands for "not known" or "not measured", in any case of letters.
_MISSING = frozenset({"", "-", "–", "—", "−", ".", "?", "na", "n/a", "#n/a", "nan", "none", "null"})
_COMMA = re.compile(r"[+-]?\d+,\d+")
# One comma before three digits may as well divide thousands.
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_POINT_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?")


@dataclass(frozen=True)
class Table:
    """Columns of text by name.

    Attributes
    ----------
    name : str
        Of the file.
    columns : dict of str to list of str
        Cells without spaces around them, all of one length.
    lines : list of int
        The line of the file that each row ends in.
    path : Path or None
        The file.
    """

    name: str
    columns: dict[str, list[str]]
    lines: list[int]
    path: Path | None = None

    def __len__(self) -> int:
        return len(self.lines)

    def column(self, name: str, meant: str) -> list[str]:
        """Return the cells of a column; InputError where there is none, `meant` being the option that named it."""
        if name not in self.columns:
            there = ", ".join(list(self.columns)[:30])
            raise InputError(f"The table '{self.name}' has no column '{name}' ({meant}); it has {there}.")
        return self.columns[name]


def read_table(path: str | Path) -> Table:
    """Read a CSV with a first line of names (see :func:`csv_files.read_rows`).

    Raises
    ------
    InputError
        Where it cannot be read, holds no rows, names a column twice or not, or has a row of another length.
    """
    path = Path(path)
    try:
        header, rows = read_rows(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The table '{path}' cannot be read ({reason}); name a CSV file of patients.") from None
    while header and not header[-1]:  # what spreadsheets leave behind the last column
        header.pop()
    if not rows:
        raise InputError(
            f"The table '{path.name}' holds no patients; it needs a line of names and one for each patient."
        )
    if "" in header:
        raise InputError(f"Column {header.index('') + 1} of the table '{path.name}' has no name; give it one.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise InputError(f"The table '{path.name}' has two columns '{twice[0]}'; give each a name of its own.")
    for line, cells in rows:
        if len(cells) < len(header) or any(cells[len(header) :]):
            raise InputError(
                f"Line {line} of the table '{path.name}' has more or fewer cells than the first line; a cell that "
                "holds the character between cells needs quotation marks."
            )
    columns = {name: [cells[place] for _, cells in rows] for place, name in enumerate(header)}
    return Table(path.name, columns, [line for line, _ in rows], path)


def is_missing(cell: str) -> bool:
    """Return whether a cell says that something is not known or was not measured: empty, a dash, NA, NaN, None.

    Examples
    --------
    >>> [is_missing(cell) for cell in ("", "–", "NaN", "0", "no")]
    [True, True, True, False, False]
    """
    return cell.strip().lower() in _MISSING


def numbers(table: Table, name: str, meant: str) -> np.ndarray:
    """Return the numbers of a column, shape (rows,); NaN where they are missing.

    Decimal commas are read where a column has no points, and one cell at least in which the comma cannot divide
    thousands.

    Raises
    ------
    InputError
        For text, infinite numbers and commas of two meanings, with the line.
    """
    cells = table.column(name, meant)
    known = [(line, cell) for line, cell in zip(table.lines, cells, strict=True) if not is_missing(cell)]
    commas = [(line, cell) for line, cell in known if _COMMA.fullmatch(cell)]
    if commas:
        if any("." in cell for _, cell in known):
            raise InputError(f"The column '{name}' has commas and points (line {commas[0][0]}); write decimal points.")
        if all(_THOUSANDS.fullmatch(cell) for _, cell in commas):
            line, cell = commas[0]
            raise InputError(
                f"'{cell}' in the column '{name}' (line {line}) may be a decimal or thousands; write points."
            )
    _refuse_points_for_thousands(table, name, known)
    found = np.full(len(cells), np.nan)
    for place, (line, cell) in enumerate(zip(table.lines, cells, strict=True)):
        if not is_missing(cell):
            found[place] = _number(cell, name, line, meant)
    return found


def amounts(table: Table, name: str, meant: str) -> np.ndarray:
    """Return the numbers of a column of calcification (:func:`numbers`).

    A burden in percent cannot be negative: codes such as -9 and -99 for what is missing would be taken for the least.

    Raises
    ------
    InputError
        Also for negative burdens.
    """
    found = numbers(table, name, meant)
    below = np.flatnonzero(found < 0)
    if len(below) and "burden" in name.lower() and "percent" in name.lower():
        raise InputError(
            f"The column '{name}' has negative burdens, first on line {table.lines[below[0]]}; leave cells empty where "
            "it was not measured."
        )
    return found


def _refuse_points_for_thousands(table: Table, name: str, known: Sequence[tuple[int, str]]) -> None:
    """Raise InputError where points may divide thousands: all of them could, and another column has decimal commas."""
    pointed = [(line, cell) for line, cell in known if "." in cell]
    if not pointed or not all(_POINT_THOUSANDS.fullmatch(cell) for _, cell in pointed):
        return
    for other, cells in table.columns.items():
        if any(_COMMA.fullmatch(cell) and not _THOUSANDS.fullmatch(cell) for cell in cells):
            line, cell = pointed[0]
            raise InputError(
                f"'{cell}' in the column '{name}' (line {line}) may be thousands, for the column '{other}' has decimal "
                "commas; write every number without points between thousands, and with one kind of decimal sign."
            )


def _number(cell: str, name: str, line: int, meant: str) -> float:
    text = cell.replace(",", ".") if _COMMA.fullmatch(cell) else cell
    text = text.replace("−", "-")
    if not NUMBER.fullmatch(text):
        advice = "leave it empty where it is not known"
        if _DATE.fullmatch(cell):
            advice = "dates are not read: write the time from the CT in days or years"
        elif cell.lower().strip("+-") in ("inf", "infinity"):
            advice = "numbers must be finite"
        raise InputError(f"'{cell}' in the column '{name}' (line {line}, {meant}) is not a number; {advice}.")
    value = float(text)
    if not np.isfinite(value):
        raise InputError(f"'{cell}' in the column '{name}' (line {line}, {meant}) is too large for a number.")
    return value


def is_numeric(cells: Sequence[str]) -> bool | None:
    """Return whether known cells are numbers: True for all, False for none, None for some."""
    known = [cell for cell in cells if not is_missing(cell)]
    looks = [bool(NUMBER.fullmatch(cell) or _COMMA.fullmatch(cell)) for cell in known]
    return True if all(looks) else None if any(looks) else False


def first_text(table: Table, name: str) -> tuple[int, str]:
    """Return line and content of the first known cell of a column that is no number."""
    return next(
        (line, cell)
        for line, cell in zip(table.lines, table.columns[name], strict=True)
        if not is_missing(cell) and not (NUMBER.fullmatch(cell) or _COMMA.fullmatch(cell))
    )

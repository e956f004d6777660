"""Tables as CSV: written so that a spreadsheet runs nothing of them, and read back up to a size."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from .bounded import MIB, read_text

MAX_BYTES = 16 * MIB
MAX_ROWS = 100_000
MAX_COLUMNS = 1_000
# Spreadsheets take cells for formulas that begin like this, in full-width characters too (OWASP, "CSV Injection").
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
#: A number as this program reads and writes it, with a decimal point.
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")

# What the csv module says of quotation marks.
_MEANING = dict.fromkeys(
    ("unexpected end of data", *(f"'{each}' expected after '\"'" for each in ",;\t")),
    "a cell begins with a quotation mark that is not closed, or text follows the closing one",
)


def csv_text(header: Sequence[str], rows: Iterable[Sequence]) -> str:
    """Return a table with commas and one line for each row; None is an empty cell, numbers are as Python writes them.

    Text that a spreadsheet would run as a formula gets an apostrophe in front, which spreadsheets show or hide and
    :func:`original` takes away again. Numbers stay as they are, negative ones too.
    """
    lines = []
    for row in (header, *rows):
        line = io.StringIO(newline="")
        # With this end of line, which is then replaced, a carriage return in a cell is quoted too.
        writer = csv.writer(line, lineterminator="\r\n")
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
        lines.append(line.getvalue()[:-2])
    return "\n".join([*lines, ""])


def harmless(text: str) -> str:
    """Return `text` as a cell that no spreadsheet takes for a formula.

    Examples
    --------
    >>> harmless("=1+1"), harmless("-1.5"), harmless("renal"), harmless("'=1+1")
    ("'=1+1", '-1.5', 'renal', "''=1+1")
    """
    return f"'{text}" if _would_run(text.lstrip("'")) else text


def original(cell: str) -> str:
    """Return the text that :func:`harmless` made `cell` of.

    Examples
    --------
    >>> original("'=1+1"), original("'tis"), original(harmless("'=1+1"))
    ('=1+1', "'tis", "'=1+1")
    """
    return cell[1:] if cell.startswith("'") and _would_run(cell.lstrip("'")) else cell


def _would_run(text: str) -> bool:
    return _FORMULA.match(text) is not None and NUMBER.fullmatch(text) is None


def read_rows(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Read a table with a first line of names: CSV with commas, semicolons or tabs, in UTF-8.

    Returns
    -------
    header : list of str
    rows : list of (int, list of str)
        The line that a row ends in, counted from 1, and its cells, without spaces around them. Blank rows are left out.

    Raises
    ------
    OSError, ValueError
        The latter with the reason, also for more than 16 MiB, 100 000 rows or 1000 columns.
    """
    text = read_text(path, MAX_BYTES)
    if "\0" in text:
        raise ValueError("it holds null characters")
    first = text.split("\n", 1)[0]
    delimiter = "\t" if "\t" in first else ";" if ";" in first and "," not in first else ","
    # Strict, for a mark that nobody closes would take the rows behind it into its cell.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    begin = 1
    try:
        for cells in reader:
            if len(cells) > MAX_COLUMNS or len(rows) > MAX_ROWS:
                raise ValueError(f"more than {MAX_ROWS:,} rows or {MAX_COLUMNS:,} columns")
            if any(cells):
                rows.append((reader.line_num, [original(cell.strip()) for cell in cells]))
            begin = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"the row that begins in line {begin}: {_MEANING.get(str(error), error)}") from None
    return (rows[0][1], rows[1:]) if rows else ([], [])

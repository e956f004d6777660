"""A table of severity that a user names, or that a site has written down."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..bounded import read_json
from ..csv_files import NUMBER, read_rows
from ..errors import InputError
from .severity import TABLES, ScoreGroups, groups_of_document

_COLUMNS = ("name", "from")
_FORM = 'write {"name": "…", "groups": [{"name": "low", "from": 0}, …]}, or a CSV with the columns name and from'


def score_groups(choice: str) -> ScoreGroups:
    """Return the table that is called `choice`, or that the file of this name holds.

    Parameters
    ----------
    choice : str
        ``ml-aac24``, ``dialysis``, ``none-to-severe``, or a JSON or CSV file.

    Raises
    ------
    InputError
        Where it is neither, or the file holds no such table.
    """
    if choice.lower() in TABLES:
        return TABLES[choice.lower()]
    path = Path(choice)
    if not path.is_file():
        raise InputError(f"There is no table of severity '{choice}'; name {', '.join(TABLES)}, or a file: {_FORM}.")
    try:
        return _of_csv(path) if path.suffix.lower() in (".csv", ".tsv", ".txt") else groups_of_document(read_json(path))
    except InputError as error:
        raise InputError(f"'{path}': {error}") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The table of severity '{path}' cannot be read ({reason}); {_FORM}.") from None


def _of_csv(path: Path) -> ScoreGroups:
    header, rows = read_rows(path)
    columns = [each.strip().lower() for each in header]
    if sorted(columns) != sorted(_COLUMNS):
        raise ValueError("its columns are not name and from")
    name, low = (columns.index(each) for each in _COLUMNS)
    lines = [cells for _, cells in rows]
    if any(len(cells) != len(columns) for cells in lines):
        raise ValueError("a row has more or fewer cells than the first line")
    return ScoreGroups(
        path.stem[:40], tuple(_scores(cells[low] for cells in lines)), tuple(cells[name] for cells in lines), path.name
    )


def _scores(cells: Iterable[str]) -> Iterable[float]:
    for cell in cells:
        if not NUMBER.fullmatch(cell):
            raise ValueError(f"'{cell}' is no number; write it with a point")
        yield float(cell)

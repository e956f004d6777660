"""Levels set by hand, from files: a table, or points that were placed in Slicer."""

from __future__ import annotations

import math
import re
from pathlib import Path

from ...bounded import read_json
from ...csv_files import NUMBER, read_rows
from ...errors import InputError
from .levels import CENTERS, DISCS, Levels

_NAMES = ("level", "name", "label", "disc", "vertebra")
_HOW = (
    "give a table with the columns level and s_mm (or r_mm, a_mm, s_mm), such as 'L1/L2,112.5', or points placed in "
    "Slicer (.mrk.json)"
)


def read_levels(path: Path) -> Levels:
    """Read levels.

    Parameters
    ----------
    path : Path
        CSV with the columns ``level`` and ``s_mm``, or ``level``, ``r_mm``, ``a_mm`` and ``s_mm`` (RAS, mm); or points
        that Slicer saved (``.mrk.json``), each named after its level.

    Raises
    ------
    InputError
        For what cannot be read, and as :class:`.levels.Levels`.
    """
    if not path.is_file():
        raise InputError(f"The levels '{path}' are no file; {_HOW}.")
    try:
        found = _of_markups(read_json(path)) if path.name.lower().endswith(".json") else _of_rows(*read_rows(path))
    except OSError as error:
        raise InputError(f"'{path.name}' cannot be read ({error.strerror or error}); {_HOW}.") from None
    except ValueError as error:
        raise InputError(f"'{path.name}' holds no levels ({error}); {_HOW}.") from None
    try:
        return Levels({name: point[-1] for name, point in found}, {name: p for name, p in found if len(p) == 3})
    except InputError as error:
        raise InputError(f"In '{path.name}': {error}") from None


def level_of_name(name: str) -> str:
    """Return how a level is called here; as it is where it is none.

    Examples
    --------
    >>> [level_of_name(each) for each in ("l1-l2", "L3 / L4", "T12L1", "Th12", "L4", "hip")]
    ['L1/L2', 'L3/L4', 'T12/L1', 'T12', 'L4', 'hip']
    """
    parts = re.findall(r"[TL]\d{1,2}", re.sub("TH", "T", name.upper()))
    told = "/".join(parts)
    return told if told in (*DISCS, *CENTERS) and not re.search(r"[A-Z]{3}", name.upper()) else name.strip()


def _of_rows(header: list[str], rows: list[tuple[int, list[str]]]) -> list[tuple[str, tuple[float, ...]]]:
    plain = [cell.lower().strip() for cell in header]
    at = next((n for n, cell in enumerate(plain) if cell in _NAMES), None)
    columns = [next((n for n, cell in enumerate(plain) if cell in (f"{axis}_mm", axis)), None) for axis in "ras"]
    if at is None or columns[2] is None:
        raise ValueError("it has no columns level and s_mm")
    used = [each for each in columns if each is not None] if None not in columns else [columns[2]]
    found = []
    for line, cells in rows:
        if len(cells) <= max(at, *used):
            raise ValueError(f"line {line} is too short")
        numbers = [cells[column] for column in used]
        if not all(NUMBER.fullmatch(each) for each in numbers):
            raise ValueError(f"line {line}: '{' '.join(numbers)}' is no place in mm")
        found.append((level_of_name(cells[at]), tuple(float(each) for each in numbers)))
    return _checked(found)


def _of_markups(document: object) -> list[tuple[str, tuple[float, ...]]]:
    markups = document.get("markups") if isinstance(document, dict) else None
    if not isinstance(markups, list) or not markups or not isinstance(markups[0], dict):
        raise ValueError("it is no file of points of Slicer")
    if len(markups) > 1:
        raise ValueError("it holds several lists of points")
    system = str(markups[0].get("coordinateSystem", ""))
    if system not in ("LPS", "RAS"):
        raise ValueError("it does not say whether its points are LPS or RAS")
    sign = -1.0 if system == "LPS" else 1.0
    points = markups[0].get("controlPoints")
    found = []
    for each in points if isinstance(points, list) else []:
        place = each.get("position") if isinstance(each, dict) else None
        if not isinstance(place, list) or len(place) != 3 or not all(isinstance(v, int | float) for v in place):
            raise ValueError("a point has no position of three numbers")
        name = level_of_name(str(each.get("label", "")))
        found.append((name, (sign * float(place[0]), sign * float(place[1]), float(place[2]))))
    return _checked(found)


def _checked(found: list) -> list:
    """Return what was found; ValueError where it is nothing, or a level stands in it twice."""
    if not found:
        raise ValueError("there are none in it")
    names = [name for name, _ in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"'{twice}' stands in it twice")
    if not all(math.isfinite(value) for _, point in found for value in point):
        raise ValueError("a place is not finite")
    return found

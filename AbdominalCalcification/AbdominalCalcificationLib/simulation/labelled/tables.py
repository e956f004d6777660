"""What the values of a label map stand for, from any natural form of a table."""

from __future__ import annotations

from pathlib import Path

from ...bounded import read_json
from ...csv_files import read_rows
from ...errors import InputError
from ...reading.label_maps import label_table
from ...reading.segments import read_seg_nrrd
from .totalsegmentator import TOTAL

# The word that stands for TotalSegmentator's own numbers.
BY_NUMBER = "totalsegmentator"
_VALUES = frozenset({"label", "value", "id", "index", "number", "labelvalue", "label_value", "label_id"})
_NAMES = frozenset({"name", "structure", "label_name", "labelname", "segment", "organ", "description", "anatomy"})


def read_names(labels: Path, table: Path | None, option: str = "--anatomy-labels") -> dict[int, str]:
    """Return the names of the values of a label map.

    Parameters
    ----------
    labels : Path
        The label map, which names its values itself where `table` is None: NIfTI as TotalSegmentator writes it, or
        ``.seg.nrrd``.
    table : Path, optional
        CSV with the columns ``label`` and ``name`` (or no header: number, name), a JSON object that maps names to
        numbers or numbers to names (or a ``dataset.json`` with such ``labels``), or the word ``totalsegmentator``.
    option : str
        What names the table on the command line.

    Raises
    ------
    InputError
        Where nothing names the values, and for tables that cannot be read or contradict themselves.
    """
    if table is None:
        within = _names_within(labels)
        if not within:
            raise InputError(
                f"'{labels.name}' does not say what its values are; add {option} with a table (columns label "
                f"and name), a dataset.json, or the word {BY_NUMBER}."
            )
        return within
    if table.name.lower() == BY_NUMBER and not table.exists():
        return dict(TOTAL)
    try:
        pairs = _of_json(read_json(table)) if table.suffix.lower() == ".json" else _of_rows(*read_rows(table))
    except OSError as error:
        raise InputError(f"'{table}' cannot be read ({error.strerror}); name a table of labels.") from None
    except ValueError as error:
        raise InputError(f"'{table.name}' is no table of labels ({error}); {_how()}.") from None
    names: dict[int, str] = {}
    for value, name in pairs:
        if value and names.setdefault(value, name) != name:
            raise InputError(f"'{table.name}' calls {value} both '{names[value]}' and '{name}'; correct it.")
    if not names:
        raise InputError(f"'{table.name}' names no label; {_how()}.")
    return names


def _how() -> str:
    return "give a CSV with the columns label and name, or JSON that maps names to numbers"


def _names_within(labels: Path) -> dict[int, str]:
    """Return the names that a file of labels holds itself."""
    if not labels.is_file():
        raise InputError(f"'{labels}' does not exist; name a label map.")
    if labels.name.lower().endswith(".seg.nrrd"):
        drawing = read_seg_nrrd(labels)
        if drawing is not None and len(drawing.layers) == 1:
            return {each.value: each.called for each in drawing.segments if each.called}
        raise InputError(f"The segments in '{labels.name}' overlap; export them from Slicer as a label map.")
    return label_table(labels)


def _of_json(document) -> list[tuple[int, str]]:
    """Return numbers and names of a JSON object; ValueError where it holds none."""
    if isinstance(document, dict) and isinstance(document.get("labels"), dict):
        document = document["labels"]
    if not isinstance(document, dict):
        raise ValueError("it is no object of names and numbers")
    pairs = []
    for key, value in document.items():
        if isinstance(value, bool) or not isinstance(value, int | str):
            raise ValueError(f"'{key}' stands for no single number")
        if isinstance(value, int):
            pairs.append((value, key))
        elif key.strip().isdecimal():
            pairs.append((int(key), value.strip()))
        else:
            raise ValueError(f"neither '{key}' nor '{value}' is a number")
    return pairs


def _of_rows(header: list[str], rows: list[tuple[int, list[str]]]) -> list[tuple[int, str]]:
    """Return numbers and names of a table; ValueError where it has no such columns."""
    plain = ["_".join(cell.lower().replace("-", " ").split()) for cell in header]
    at = next((n for n, cell in enumerate(plain) if cell in _VALUES), None)
    of = next((n for n, cell in enumerate(plain) if cell in _NAMES), None)
    if at is None or of is None:
        if len(header) < 2 or not header[0].isdecimal():
            raise ValueError("it has no columns label and name")
        at, of, rows = 0, 1, [(1, header), *rows]
    pairs = []
    for line, cells in rows:
        if len(cells) <= max(at, of) or not cells[at].isdecimal():
            raise ValueError(f"line {line}: no whole number and name")
        pairs.append((int(cells[at]), cells[of]))
    return pairs

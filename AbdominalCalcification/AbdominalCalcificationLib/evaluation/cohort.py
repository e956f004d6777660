"""The cases of an evaluation: from a table, or virtual patients."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..anatomy import territories_of_name
from ..comparison.judged import ALL
from ..csv_files import read_rows
from ..errors import InputError

# Columns of one case; those of predictions and groups are written KIND:NAME.
_OF_MASKS = ("arteries", "artery_labels", "calcification", "calcification_labels")
_PLAIN = ("case", "patient", "ct", *_OF_MASKS, "territories")
_NAMED = (*_OF_MASKS, "group")
_ALSO_CALLED = {"id": "case", "path": "ct"}
# Between the files of one cell; no file name of Windows has it.
_BETWEEN_FILES = "|"
# Columns of cases.csv that a group must not hide.
_RESERVED = ("case", "patient", "method", "structure", "territory", "state", "error")
_EXPLAINED = (
    "columns are case (or id), patient, ct (or path), arteries, artery_labels, calcification, calcification_labels (of "
    "the reference), and these four with :NAME for each method NAME; territories are those that the reference judges; "
    "group:NAME divides the cohort"
)


@dataclass(frozen=True)
class Masks:
    """Where the masks of one reader or method are.

    Attributes
    ----------
    calcification : Path, tuple of Path or None
        Several where a cell names several, with ``|`` between them.
    arteries : Path, tuple of Path or None
        None for a method that uses the arteries of the reference.
    artery_labels : str
        What the values of the artery mask mean, as in ``52=aorta``; empty where the mask says it itself.
    calcification_labels : str
        Which values of the calcification mask count, as in ``2``; likewise.
    """

    calcification: Path | tuple[Path, ...] | None = None
    arteries: Path | tuple[Path, ...] | None = None
    artery_labels: str = ""
    calcification_labels: str = ""

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file or folder that is named, arteries first."""
        named = (each if isinstance(each, tuple) else (each,) for each in (self.arteries, self.calcification))
        return tuple(path for each in named for path in each if path is not None)


@dataclass(frozen=True)
class Case:
    """One case of a cohort.

    Attributes
    ----------
    name : str
        Unique in the cohort.
    patient : str
        Who it is from: patients, not cases, are resampled and tested.
    ct : Path or None
        Needed by methods that run on the fly.
    reference : Masks
    predictions : mapping of str to Masks
    groups : mapping of str to str
        What the cohort is divided by, such as the contrast phase.
    territories : tuple of str or None
        What the reference judges, drawn or not; None for the territories that it draws.
    simulation : mapping or None
        Arguments of :func:`simulation.simulate` for a virtual patient, who needs no files.
    """

    name: str
    patient: str
    ct: Path | None = None
    reference: Masks = field(default_factory=Masks)
    predictions: Mapping[str, Masks] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    territories: tuple[str, ...] | None = None
    simulation: Mapping | None = None

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file or folder that is named, the CT first."""
        masks = (self.reference, *self.predictions.values())
        return (*(() if self.ct is None else (self.ct,)), *(path for each in masks for path in each.paths))

    @property
    def blank(self) -> set[str]:
        """The methods of which the table names nothing: trying again does not fill a cell."""
        return {name for name, masks in self.predictions.items() if masks.calcification is None}


def read_cohort(path: str | Path, needed: Sequence[str] = ("arteries", "calcification")) -> list[Case]:
    """Read a table of cases (see :func:`csv_files.read_rows`); paths are relative to its folder.

    Parameters
    ----------
    path : str or Path
    needed : sequence of str
        Columns among ct, arteries and calcification in which every case has a file.

    Raises
    ------
    InputError
        Where the table cannot be read, a column is unknown, or a case has no name, a name that was
        there before, or lacks a file that is needed.
    """
    folder = Path(path).parent
    return cases_of_table(
        Path(path), _EXPLAINED, _column, lambda given, columns, line: _case(given, columns, folder, line, needed)
    )


#: A column of a table of cases: its kind, and the method or group it is about; empty of the reference.
Column = tuple[str, str]


def cases_of_table(
    path: Path,
    explained: str,
    column: Callable[[str, str], Column],
    case: Callable[[dict[Column, str], list[Column], int], Any],
) -> list[Any]:
    """Return the cases of a table, each with a name of its own.

    Parameters
    ----------
    path : Path
    explained : str
        What columns may be.
    column : callable
        Returns kind and name of a column, given its header and the name of the table.
    case : callable
        Returns a case, with ``name``, given its cells by column, the columns, and its line.

    Raises
    ------
    InputError
        As `column` and `case` do, for tables that cannot be read, and for two cases of one name.
    """
    header, rows = table_of_cases(path, explained)
    columns = [column(name, path.name) for name in header]
    cases: dict[str, Any] = {}
    for line, cells in rows:
        given = dict(zip(columns, cells_of_row(cells, len(columns), line), strict=True))
        made = case(given, columns, line)
        if made.name in cases:
            raise InputError(f"The table names the case '{made.name}' twice (line {line}); give each its own name.")
        cases[made.name] = made
    return list(cases.values())


def name_of_case(given: Mapping[Column, str], line: int, explained: str) -> str:
    """Return what a case is called; InputError where its line does not say it."""
    name = given.get(("case", ""), "")
    if not name:
        raise InputError(f"Line {line} of the table has no name in the column 'case'; {explained}.")
    return name


def methods_of(columns: Sequence[Column]) -> list[str]:
    """Return the methods that columns are about."""
    return list(dict.fromkeys(of for kind, of in columns if of and kind != "group"))


def groups_of(given: Mapping[Column, str], columns: Sequence[Column]) -> dict[str, str]:
    """Return what a case is divided by."""
    return {of: given[kind, of] or "unknown" for kind, of in columns if kind == "group"}


def known_column(
    name: str,
    table: str,
    *,
    plain: Sequence[str],
    named: Sequence[str],
    reserved: Sequence[str],
    kind_of: Callable[[str], str],
    explained: str,
) -> Column:
    """Return kind and name of a column; the reference's columns have an empty name.

    Parameters
    ----------
    name, table : str
    plain, named : sequence of str
        Kinds of columns without a name, and of those with one.
    reserved : sequence of str
        Columns of the results, by which no group may be called.
    kind_of : callable
        Returns what a kind is called here.
    explained : str
        What columns may be.

    Raises
    ------
    InputError
        For a column that is not known.
    """
    kind, _, of = (part.strip() for part in name.partition(":"))
    kind = kind_of(kind)
    if kind == "group" and of in reserved:
        raise InputError(f"The table '{table}' divides by '{of}', a column of the results; name the group otherwise.")
    if not (kind in named if of else kind in plain and ":" not in name):
        raise InputError(f"The table '{table}' has a column '{name}' that is not known; {explained}.")
    return kind, of


def table_of_cases(path: Path, explained: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the columns of a table of cases and its rows, each with its line; `explained` is what columns may be.

    Raises
    ------
    InputError
        Where it cannot be read, holds no rows, or two columns have one name.
    """
    try:
        header, rows = read_rows(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"The table '{path}' cannot be read ({reason}); name a CSV file of cases.") from None
    if not rows:
        raise InputError(f"The table '{path.name}' holds no cases; {explained}.")
    while header and not header[-1]:  # what spreadsheets leave behind the last column
        header.pop()
    if len(header) > len(set(header)):
        raise InputError(f"The table '{path.name}' has two columns of one name; give each a name of its own.")
    return header, rows


def cells_of_row(cells: Sequence[str], count: int, line: int) -> Sequence[str]:
    """Return the cells of a row; InputError where it has more or fewer than there are columns."""
    if any(cells[count:]) or len(cells) < count:
        raise InputError(
            f"Line {line} of the table has more or fewer cells than the first line; a cell that holds the character "
            'between cells needs quotation marks, as in "52=aorta,65=common_iliac_left".'
        )
    return cells[:count]


def numbered(cases: Sequence[Case]) -> list[Case]:
    """Return the cases called ``case 1`` and so on, and their patients ``patient 1``, in their order."""
    patients = {patient: number for number, patient in enumerate(dict.fromkeys(case.patient for case in cases), 1)}
    return [
        replace(case, name=f"case {number}", patient=f"patient {patients[case.patient]}")
        for number, case in enumerate(cases, 1)
    ]


def simulated_cohort(
    seeds: Iterable[int],
    phases: Sequence[str] = (),
    spacing_mm: Sequence[float] | None = None,
    shape: Sequence[int] | None = None,
) -> list[Case]:
    """Return virtual patients as cases, one for each seed and phase (one phase drawn from the seed by default).

    Parameters
    ----------
    seeds : iterable of int
    phases : sequence of str
        Contrast phases in which each patient is scanned.
    spacing_mm : sequence of float, optional
        Along i, j, k.
    shape : sequence of int, optional
        Voxels along k, j, i.
    """
    if len(set(phases)) < len(phases):
        raise InputError("A contrast phase is named twice; name each once.")
    scanned = {"spacing_mm": spacing_mm, "shape": shape}
    scanned = {name: tuple(value) for name, value in scanned.items() if value is not None}
    cases = []
    for seed in seeds:
        for phase in phases or (None,):
            name = f"seed {seed}" + (f" {phase}" if phase else "")
            arguments = {"seed": seed, **scanned, **({"phase": phase} if phase else {})}
            cases.append(Case(name, f"seed {seed}", territories=ALL, simulation=arguments))
    return cases


def parse_seeds(text: str) -> list[int]:
    """Parse ``1,5,91000-91039`` into seeds.

    Raises
    ------
    InputError
        For text of another form and seeds given twice.
    """
    seeds: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first or last - first >= 100_000:
            raise InputError(f"'{part.strip()}' is not a seed or range of seeds; write them like 1,5,91000-91039.")
        seeds.extend(range(first, last + 1))
    if len(set(seeds)) < len(seeds):
        raise InputError(f"'{text}' names a seed twice; name each once.")
    return seeds


def _column(name: str, table: str) -> Column:
    return known_column(
        name,
        table,
        plain=_PLAIN,
        named=_NAMED,
        reserved=_RESERVED,
        kind_of=lambda kind: _ALSO_CALLED.get(kind, kind),
        explained=_EXPLAINED,
    )


def _case(given: Mapping[Column, str], columns: Sequence[Column], folder: Path, line: int, needed) -> Case:
    def masks(of: str) -> Masks:
        calcification, arteries = (
            paths_of_cell(given.get((kind, of)), folder) for kind in ("calcification", "arteries")
        )
        of_arteries, of_calcification = (given.get((f"{kind}_labels", of), "") for kind in ("artery", "calcification"))
        return Masks(calcification, arteries, of_arteries, of_calcification)

    name = name_of_case(given, line, _EXPLAINED)
    for column in needed:
        if not given.get((column, "")):
            raise InputError(f"The case '{name}' needs a file in the column {column}; {_EXPLAINED}.")
    ct = given.get(("ct", ""))
    return Case(
        name,
        given.get(("patient", "")) or name,
        folder / ct if ct else None,
        masks(""),
        {method: masks(method) for method in methods_of(columns)},
        groups_of(given, columns),
        _territories(given.get(("territories", ""), ""), line),
    )


def paths_of_cell(cell: str | None, folder: Path) -> Path | tuple[Path, ...] | None:
    """Return the file, or the files, that a cell names."""
    if not cell:
        return None
    if _BETWEEN_FILES not in cell or (folder / cell).exists():
        return folder / cell
    return tuple(folder / part.strip() for part in cell.split(_BETWEEN_FILES) if part.strip())


def _territories(text: str, line: int) -> tuple[str, ...] | None:
    """Return the territories that a cell names; None for an empty one."""
    if not text:
        return None
    if text == "all":
        return ALL
    names = set()
    for part in filter(None, re.split(r"[\s,;]+", text)):
        if not (found := territories_of_name(part)):
            raise InputError(
                f"Line {line} of the table names '{part}', which is no artery; use {', '.join(ALL)} or all."
            )
        names |= {each.name for each in found}
    return tuple(name for name in ALL if name in names)

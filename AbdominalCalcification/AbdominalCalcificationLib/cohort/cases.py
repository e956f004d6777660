"""The cases of a cohort: those of a folder, or of a table whose other columns are carried through."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..casework.cases import RETRAINING, REVIEWS, list_cases
from ..errors import InputError
from ..evaluation.cohort import Masks, cells_of_row, paths_of_cell, table_of_cases
from ..paths import native_path, told_apart
from ..reading.images import files_of_image
from ..reading.label_maps import IMAGE_ENDINGS
from .columns import OF_RESULTS
from .people import plain_value
from .store import FolderCase

_KNOWN = (
    "id",
    "ct",
    "patient",
    "arteries",
    "artery_labels",
    "calcification",
    "calcification_labels",
    "series",
    "acquisition",
)
_ALSO_CALLED = {"case": "id", "path": "ct"}
_EXPLAINED = (
    f"columns are {', '.join(_KNOWN)}, of which id and ct are needed; all others are carried through to the results"
)
# What a folder may be called on every computer: as the case is.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9_-])?")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
# Covariates that tell nothing about who it is; what else an anonymous cohort keeps has to be named.
ANONYMOUS_COVARIATES = ("age", "sex")


@dataclass(frozen=True)
class CohortCase:
    """One case of a cohort.

    Attributes
    ----------
    id : str
        Unique in the cohort.
    patient : str
        Who it is from; the case itself where nobody says it.
    ct : Path or None
        None where the table has an empty cell.
    masks : evaluation.cohort.Masks
        Those that are given.
    series, acquisition : str
        Which volume of a DICOM folder, as for ``analyze``; empty for the largest.
    covariates : mapping of str to str
        The other columns of the table, as they are.
    """

    id: str
    patient: str
    ct: Path | None
    masks: Masks = field(default_factory=Masks)
    series: str = ""
    acquisition: str = ""
    covariates: Mapping[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file or folder that is named, the CT first."""
        return (*(() if self.ct is None else (self.ct,)), *self.masks.paths)

    @property
    def folder_name(self) -> str:
        """What its folder is called: as the case, where every file system takes that."""
        return folder_name_of(self.id)


def folder_name_of(case: str) -> str:
    """Return what the folder of a case is called: as the case, where every file system takes that."""
    plain = _PLAIN_NAME.fullmatch(case) and not _DEVICES.fullmatch(case)
    return case if plain else told_apart(case)


def find_cases(source: Path, output: Path) -> list[CohortCase]:
    """Return the cases of `source`, in the order of the table, else of their names.

    Parameters
    ----------
    source : Path
        A folder as the case list of the panel takes it, or a table.
    output : Path
        Where results are written: what lies there is no case.

    Raises
    ------
    InputError
        Where there is nothing, or two cases cannot be told apart.
    """
    if source.is_dir():
        own = output.resolve()
        cases = [
            CohortCase(each.name, each.patient or each.name, each.ct.absolute(), _absolute(each.masks))
            for each in list_cases(source)
            if own not in ((place := each.ct.resolve()), *place.parents)
        ]
        if not cases:
            raise InputError(f"'{source}' holds no cases beside the results; name a folder of CTs, or a table.")
    elif source.is_file():
        cases = _of_table(source.absolute())
    else:
        raise InputError(f"There is no '{source}'; name a folder of CTs, or a table with the columns id and ct.")
    check_told_apart(cases)
    _check_no_twins(cases)
    return cases


def left_out(source: Path, cases: Sequence[CohortCase], output: Path) -> list[str]:
    """Return what lies in a folder of cases and belongs to none of them, as paths below it; hidden files are not told.

    Parameters
    ----------
    source : Path
        A folder; nothing is left out of a table.
    cases : sequence of CohortCase
        Of that folder.
    output : Path
        Where results are written.
    """
    if not source.is_dir():
        return []
    read = {each for case in cases for path in case.paths for each in _files_of(path)}
    ways = {each for path in read for each in path.parents}
    own, top = output.absolute(), source.absolute()
    # Notes and what else lies in a case folder is nobody's CT.
    places = {case.ct.parent for case in cases if case.ct is not None and case.ct.name.split(".")[0] == "ct"}

    def unread(folder: Path) -> Iterator[str]:
        for each in sorted(folder.iterdir()):
            if each in read or each == own or each.name.startswith(".") or each.name in (REVIEWS, RETRAINING):
                continue
            if folder in places and each.is_file() and not each.name.lower().endswith(IMAGE_ENDINGS):
                continue
            if each in ways:
                yield from unread(each)
            else:
                yield each.relative_to(top).as_posix()

    return [] if top in read else list(unread(top))


def _files_of(path: Path) -> list[Path]:
    """Return a folder, or a file with those of its voxels."""
    with suppress(OSError):
        return files_of_image(path) if path.is_file() else [path]
    return [path]


def anonymous_cases(cases: Sequence[Any], kept: Sequence[str] = ()) -> list[Any]:
    """Return the cases of any cohort called ``case-00001`` and so on in their order, with age, sex and what is `kept`.

    Cells of age and sex that hold something else are emptied, unless the column is `kept`.
    """
    patients = {name: number for number, name in enumerate(dict.fromkeys(case.patient for case in cases), 1)}
    return [
        replace(
            case,
            id=f"case-{number:05d}",
            patient=f"patient-{patients[case.patient]:05d}",
            covariates={
                name: value if name in kept else plain_value(name, value)
                for name, value in case.covariates.items()
                if name in kept or name.lower() in ANONYMOUS_COVARIATES
            },
        )
        for number, case in enumerate(cases, 1)
    ]


def _of_table(path: Path) -> list[CohortCase]:
    rows = covariate_rows(path, ("id", "ct"), _column, _EXPLAINED)
    return [_case(given, path, line) for line, given in rows]


def covariate_rows(
    path: Path, needed: Sequence[str], column: Callable[[str, str], str], explained: str
) -> list[tuple[int, dict[str, str]]]:
    """Return the rows of a table of cases, each with its line: cells by column.

    Parameters
    ----------
    path : Path
    needed : sequence of str
        Columns that must be there.
    column : callable
        Returns what a column is called, given its name and that of the table.
    explained : str
        What columns may be.

    Raises
    ------
    InputError
        Where it cannot be read, a column is missing, or two mean one thing.
    """
    header, rows = table_of_cases(path, explained)
    columns = [column(name, path.name) for name in header]
    if len(set(columns)) < len(columns):
        raise InputError(f"The table '{path.name}' has two columns of one meaning; keep one of them.")
    if len({each.lower() for each in columns}) < len(columns):
        raise InputError(f"The table '{path.name}' has two columns that differ in capitals alone; rename one of them.")
    for each in needed:
        if each not in columns:
            raise InputError(f"The table '{path.name}' has no column {each}; {explained}.")
    return [(line, dict(zip(columns, cells_of_row(cells, len(columns), line), strict=True))) for line, cells in rows]


def _column(name: str, table: str) -> str:
    return column_of(name, table, _KNOWN, _ALSO_CALLED, OF_RESULTS, _EXPLAINED)


def column_of(
    name: str, table: str, known: Sequence[str], also: Mapping[str, str], of_results: Collection[str], explained: str
) -> str:
    """Return what a column of a table of cases is called; InputError where it has no name, or one of the results'."""
    plain = name.strip().lower()
    plain = also.get(plain, plain)
    if plain in known:
        return plain
    if not name.strip():
        raise InputError(f"The table '{table}' has a column without a name; {explained}.")
    if plain in of_results:
        raise InputError(f"The table '{table}' has a column '{name}', as the results have one; call it otherwise.")
    return name.strip()


def _case(given: Mapping[str, str], table: Path, line: int) -> CohortCase:
    folder, name = table.parent, id_in_line(given["id"], line)
    arteries, calcification = (paths_of_cell(given.get(role), folder) for role in ("arteries", "calcification"))
    labels = given.get("artery_labels", ""), given.get("calcification_labels", "")
    return CohortCase(
        name,
        given.get("patient") or name,
        folder / given["ct"] if given["ct"] else None,
        Masks(calcification, arteries, *labels),
        given.get("series", ""),
        given.get("acquisition", ""),
        {column: value for column, value in given.items() if column not in _KNOWN},
    )


def id_in_line(name: str, line: int) -> str:
    """Return the id that a line of a table gives; InputError where there is none, or it cannot be shown."""
    if not name:
        raise InputError(f"Line {line} of the table has no id; give each case its own.")
    if not name.isprintable():
        raise InputError(f"The id in line {line} of the table holds characters that cannot be shown; give it another.")
    return name


def _absolute(masks: Masks) -> Masks:
    def absolute(paths):
        if isinstance(paths, tuple):
            return tuple(each.absolute() for each in paths)
        return None if paths is None else paths.absolute()

    return replace(masks, arteries=absolute(masks.arteries), calcification=absolute(masks.calcification))


def check_told_apart(cases: Sequence[FolderCase]) -> None:
    """Refuse two cases of one name, and names that people or some computers take for one."""
    seen: dict[str, str] = {}
    ids: set[str] = set()
    for case in cases:
        native_path(case.folder_name)
        if case.id in ids:
            raise InputError(f"Two cases are called '{case.id}'; give each an id of its own.")
        ids.add(case.id)
        # As a spreadsheet joins by them; and a folder can be called as another case is.
        for key in {unicodedata.normalize("NFKC", case.id).casefold(), case.folder_name.lower()}:
            other = seen.setdefault(key, case.id)
            if other != case.id:
                raise InputError(
                    f"The ids '{other}' and '{case.id}' differ in capitals alone or look the same; give one another id."
                )


def _check_no_twins(cases: Sequence[CohortCase]) -> None:
    """Refuse a case that is another one in all but its name: one of them would show the numbers of somebody else."""
    seen: dict[tuple, str] = {}
    for case in cases:
        if case.ct is None:
            continue
        masks = case.masks
        read = (*map(os.path.realpath, case.paths), masks.arteries is None, masks.calcification is None)
        what = (*read, case.series, case.acquisition, masks.artery_labels, masks.calcification_labels)
        other = seen.setdefault(what, case.id)
        if other != case.id:
            raise InputError(
                f"The cases '{other}' and '{case.id}' have the same CT and masks ('{case.ct}'); leave one out, or "
                "correct its path."
            )

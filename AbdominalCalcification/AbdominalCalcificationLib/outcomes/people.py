"""Who is in the analysis: rows of a table that can be used, and why others cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from ..trust import Verdict
from .settings import Settings
from .table import Table, is_missing, numbers

TRUST = "trust"
# Names that the total burden has in tables of this program, the first that is there.
TOTAL_BURDEN = (
    "total_burden_percent",
    "burden_percent_total",
    "total_burden",
    "burden_total",
    "burden_percent",
    "burden",
)
_IDS = ("id", "case")
_PATIENT = "patient"


@dataclass(frozen=True)
class People:
    """The rows of a table that have an outcome that can be used.

    Attributes
    ----------
    table : Table
    rows : int array, shape (n,)
        Their places in the table.
    event : bool array, shape (n,)
    time : float array, shape (n,), or None
    patient : int array, shape (n,)
        A number for each patient.
    repeated : bool
        Patients have several rows each, which are clusters.
    flow : list of (str, int)
        How many rows were left out, for which reason, in this order.
    notes : list of str
        What else is to be known.
    verdicts : dict of str to int
        Of verdicts, in the whole table.
    review : int
        Rows of these people that are to be looked at.
    """

    table: Table
    rows: np.ndarray
    event: np.ndarray
    time: np.ndarray | None
    patient: np.ndarray
    repeated: bool
    flow: list[tuple[str, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    verdicts: dict[str, int] = field(default_factory=dict)
    review: int = 0

    def __len__(self) -> int:
        return len(self.rows)


def exposures_of(table: Table, named: Sequence[str]) -> tuple[str, ...]:
    """Return the columns of calcification: those named, else the total burden; InputError where there is none."""
    if named:
        for name in named:
            table.column(name, "--exposure")
        return tuple(named)
    for name in TOTAL_BURDEN:
        if name in table.columns:
            return (name,)
    raise InputError(f"The table '{table.name}' has no column {TOTAL_BURDEN[0]}; name one or several with --exposure.")


def select_people(table: Table, settings: Settings) -> People:
    """Return who can be analysed.

    Raises
    ------
    InputError
        For identifiers and patients that come twice (patients unless the settings say otherwise), outcomes other than 0
        and 1, times that are not positive, and where nobody or no event is left.
    """
    refuse_twice(table, settings.id)
    rows = np.arange(len(table))
    flow: list[tuple[str, int]] = []
    notes: list[str] = []

    def leave_out(reason: str, out: np.ndarray) -> None:
        nonlocal rows
        if out[rows].any():
            flow.append((reason, int(out[rows].sum())))
        rows = rows[~out[rows]]

    said = _trust(table)
    if said is None:
        notes.append(f"The table has no column '{TRUST}': whether numbers can be used was not looked at.")
    else:
        leave_out(f"{TRUST} is missing", said == "")
        leave_out(f"{TRUST} is unusable", said == Verdict.UNUSABLE.value)
    verdicts = {} if said is None else dict(sorted(Counter(said.tolist()).items()))
    outcome = _outcome(table, settings.outcome)
    leave_out(f"{settings.outcome} is missing", np.isnan(outcome))
    time = None
    if settings.time is not None:
        time = _times(table, settings.time)
        leave_out(f"{settings.time} is missing", np.isnan(time))
    codes, repeated = _patients(table, settings, rows)
    if (settings.id or settings.patient or _named(table, (*_IDS, _PATIENT))) is None:
        notes.append("No column says who a row is from (--id, --patient): each row was taken for another patient.")
    if repeated and settings.repeated == "first":
        first = np.zeros(len(table), bool)
        first[rows[np.unique(codes[rows], return_index=True)[1]]] = True
        leave_out("another row of the same patient came before", ~first)
        repeated = False
    if not len(rows):
        raise InputError(f"No row of '{table.name}' can be used: {'; '.join(f'{n} rows: {why}' for why, n in flow)}.")
    event = outcome[rows] == 1
    if not event.any() or event.all():
        which = "no row has" if not event.any() else "every row has"
        raise InputError(
            f"Of those that can be used, {which} the event in '{settings.outcome}'; nothing can be compared."
        )
    chosen_time = None if time is None else time[rows]
    review = 0 if said is None else int((said[rows] == Verdict.REVIEW.value).sum())
    return People(table, rows, event, chosen_time, codes[rows], repeated, flow, notes, verdicts, review)


def trust_column(table: Table) -> str | None:
    """Return the column of verdicts, None where there is none."""
    return _named(table, (TRUST,))


def _trust(table: Table) -> np.ndarray | None:
    """Return the verdict of each row, empty where there is none; None without such a column."""
    column = trust_column(table)
    if column is None:
        return None
    known = {each.value for each in Verdict}
    said = []
    for line, cell in zip(table.lines, table.columns[column], strict=True):
        verdict = "" if is_missing(cell) else cell.lower()
        if verdict and verdict not in known:
            raise InputError(
                f"'{cell}' in the column '{TRUST}' (line {line}) is no verdict; write ok, review or unusable."
            )
        said.append(verdict)
    return np.array(said)


def _named(table: Table, names: Sequence[str]) -> str | None:
    """Return the first column of one of these names, in any case of letters."""
    return next((column for name in names for column in table.columns if column.lower() == name), None)


def refuse_twice(table: Table, column: str | None = None) -> None:
    """Raise InputError where an identifier comes twice: in `column`, or in ``id`` or ``case`` where there is one."""
    column = column or _named(table, _IDS)
    if column is None:
        return
    seen: dict[str, int] = {}
    for line, cell in zip(table.lines, table.column(column, "--id"), strict=True):
        if cell in seen and not is_missing(cell):
            raise InputError(
                f"'{cell}' in the column '{column}' stands on lines {seen[cell]} and {line}; keep one of them."
            )
        seen[cell] = line


def _outcome(table: Table, name: str) -> np.ndarray:
    cells = table.column(name, "--outcome")
    found = np.full(len(cells), np.nan)
    for place, (line, cell) in enumerate(zip(table.lines, cells, strict=True)):
        if is_missing(cell):
            continue
        if cell not in ("0", "1", "0.0", "1.0", "0,0", "1,0"):
            raise InputError(
                f"'{cell}' in the column '{name}' (line {line}, --outcome) is neither 1 (event) nor 0 (none); write "
                f"these."
            )
        found[place] = float(cell[0])
    return found


def _times(table: Table, name: str) -> np.ndarray:
    time = numbers(table, name, "--time")
    wrong = np.flatnonzero(time <= 0)
    if len(wrong):
        raise InputError(
            f"The column '{name}' holds {len(wrong)} time(s) that are not positive, first on line "
            f"{table.lines[wrong[0]]}; "
            "write the time from the CT to the event or the end of the follow-up, and leave those without any out."
        )
    return time


def _patients(table: Table, settings: Settings, rows: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return a number for the patient of each row of the table, and whether rows share one."""
    codes, repeated = patients_of(table, rows, settings.patient)
    if repeated and settings.repeated == "refuse":
        raise InputError(
            f"{len(repeated)} patient(s) have several rows, '{repeated[0]}' among them; keep one of each, or say "
            "--repeated first (the first row) or --repeated cluster (robust errors)."
        )
    return codes, bool(repeated)


def patients_of(table: Table, rows: np.ndarray, column: str | None = None) -> tuple[np.ndarray, list[str]]:
    """Return a number for the patient of each row of the table, and which patients have several of the chosen `rows`.

    Patients stand in `column`, or in ``patient`` where there is one; else each row is a patient.
    """
    name = column or _named(table, (_PATIENT,))
    if name is None:
        return np.arange(len(table)), []
    cells = table.column(name, "--patient")
    keys = [f"line {line}" if is_missing(cell) else f"= {cell}" for line, cell in zip(table.lines, cells, strict=True)]
    codes = np.unique(keys, return_inverse=True)[1]
    count = Counter(codes[rows].tolist())
    places = np.unique(codes, return_index=True)[1]
    return codes, [cells[places[code]] for code, times in count.items() if times > 1]

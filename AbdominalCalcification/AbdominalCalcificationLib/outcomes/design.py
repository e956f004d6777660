"""Columns of a table as covariates of a model: numbers, categories against a reference, groups of calcification."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..comparison.severity import SeverityGroups
from ..errors import InputError
from .people import People
from .settings import Settings
from .table import amounts, first_text, is_missing, is_numeric, numbers

# More levels than this are names of something, not categories.
MOST_LEVELS = 20
# Part of a column's spread that the others leave, below which it says nothing of its own.
_COLLINEAR = 1e-7


@dataclass(frozen=True)
class Term:
    """One column of the table as columns of a model.

    Attributes
    ----------
    name : str
    levels : tuple of str
        Names of the columns: of one number, its unit of change; of categories, all but the reference.
    reference : str or None
        The category that others are compared with; None for numbers.
    x : float array, shape (n, k)
        NaN where missing.
    mean, spread : float or None
        Of a number, over the people for whom it is known.
    """

    name: str
    levels: tuple[str, ...]
    reference: str | None
    x: np.ndarray
    mean: float | None = None
    spread: float | None = None

    @property
    def known(self) -> np.ndarray:
        """Rows in which it is known, shape (n,)."""
        return ~np.isnan(self.x).any(axis=1)


def covariate(
    people: People, name: str, settings: Settings, meant: str = "--covariates", most_levels: int = MOST_LEVELS
) -> Term:
    """Return a column to adjust for, or to match on.

    Numbers go in as they are. Text, and the columns that the settings call categorical, become categories, the most
    frequent one being the reference.

    Raises
    ------
    InputError
        For a column that mixes numbers and text, has one value, or more categories than `most_levels`.
    """
    table = people.table
    cells = [table.column(name, meant)[row] for row in people.rows]
    kind = is_numeric(cells)
    if not any(not is_missing(cell) for cell in cells):
        raise InputError(f"The column '{name}' ({meant}) is empty for everybody who can be analysed; leave it out.")
    if name in settings.categorical or kind is False:
        return _categories(name, cells, meant, most_levels)
    if kind is None:
        line, cell = first_text(table, name)
        raise InputError(
            f"'{cell}' in the column '{name}' (line {line}, {meant}) is not a number, though others are; correct it, "
            "or name the column with --categorical."
        )
    return _number(name, numbers(table, name, meant)[people.rows], meant)


def _number(name: str, values: np.ndarray, meant: str) -> Term:
    known = values[~np.isnan(values)]
    if len(np.unique(known)) < 2:
        raise InputError(
            f"The column '{name}' ({meant}) has one value for everybody who can be analysed; leave it out."
        )
    with np.errstate(over="ignore"):  # too large a spread is refused with its column
        spread = float(known.std(ddof=1))
    return Term(name, ("per unit",), None, values[:, None], float(known.mean()), spread)


def _categories(name: str, cells: Sequence[str], meant: str, most_levels: int) -> Term:
    cells = [category(cell) for cell in cells]
    _refuse_unclear_categories(name, cells, meant)
    counts = Counter(cell for cell in cells if not is_missing(cell))
    if len(counts) < 2:
        raise InputError(
            f"The column '{name}' ({meant}) has one value for everybody who can be analysed; leave it out."
        )
    if len(counts) > most_levels:
        raise InputError(
            f"The column '{name}' ({meant}) has {len(counts)} categories, more than {most_levels}; unite some."
        )
    levels = sorted(counts, key=lambda level: (-counts[level], level))
    x = np.array([[float(cell == level) for level in levels[1:]] for cell in cells])
    x[[is_missing(cell) for cell in cells]] = np.nan
    return Term(name, tuple(levels[1:]), levels[0], x)


def category(cell: str) -> str:
    """Return one writing of a category: numbers as numbers, so that 1 and 1.0 are one.

    Examples
    --------
    >>> [category(cell) for cell in ("1.0", "1", "1,5", "stage 1")]
    ['1', '1', '1.5', 'stage 1']
    """
    return f"{float(cell.replace(',', '.')):.15g}" if is_numeric([cell]) and not is_missing(cell) else cell


def _refuse_unclear_categories(name: str, cells: Sequence[str], meant: str) -> None:
    """Raise InputError for `none`, which may be a category or a missing one, and for writings of one category."""
    if any(cell.lower() == "none" for cell in cells):
        raise InputError(
            f"'none' in the column '{name}' ({meant}) may be a category or a value that is missing; write no, never or "
            "the like, or leave the cells empty."
        )
    seen: dict[str, str] = {}
    for cell in cells:
        other = seen.setdefault(" ".join(cell.casefold().split()), cell)
        if other != cell and not is_missing(cell):
            raise InputError(
                f"The column '{name}' ({meant}) has '{other}' and '{cell}', which differ only in capitals or spaces; "
                "write them alike."
            )


def per_deviation(people: People, name: str) -> Term:
    """Return an exposure in standard deviations of those for whom it was measured; InputError where it is constant."""
    values = amounts(people.table, name, "--exposure")[people.rows]
    known = values[~np.isnan(values)]
    if not len(known):
        raise InputError(f"The column '{name}' (--exposure) was measured in nobody who can be analysed; name another.")
    term = _number(name, values, "--exposure")
    assert term.mean is not None
    assert term.spread is not None
    x = (values - term.mean) / term.spread
    return Term(name, (f"per SD ({term.spread:.4g})",), None, x[:, None], term.mean, term.spread)


@dataclass(frozen=True)
class Groups:
    """People divided by their calcification.

    Attributes
    ----------
    names : tuple of str
        Of the groups that hold somebody, from the least.
    bounds : tuple of str
        In words, for each.
    of : int array, shape (n,)
        −1 where the exposure was not measured.
    empty : tuple of str
        Groups without anybody.
    """

    names: tuple[str, ...]
    bounds: tuple[str, ...]
    of: np.ndarray
    empty: tuple[str, ...]

    @property
    def least(self) -> str:
        """Where the first group ends."""
        return self.bounds[0].rsplit(" ", 1)[1]

    def term(self, exposure: str) -> Term:
        """Return the groups as columns of a model, against the first."""
        x = (self.of[:, None] == np.arange(1, len(self.names))).astype(float)
        x[self.of < 0] = np.nan
        return Term(exposure, self.names[1:], self.names[0], x)


def groups_of(people: People, name: str, asked: str) -> Groups | None:
    """Return people in groups of an exposure; None where none are asked for.

    Parameters
    ----------
    people : People
    name : str
        The exposure's column.
    asked : str
        See :attr:`Settings.groups`. Severity's cut points are fractions of the artery's volume; a column whose name
        says percent is divided at 100 times these.

    Raises
    ------
    InputError
        For words of another form, and groups of severity of what is no burden.
    """
    is_burden = "burden" in name.lower()
    asked = asked or ("severity" if is_burden else "none")
    if asked == "none":
        return None
    values = amounts(people.table, name, "--exposure")[people.rows]
    known = ~np.isnan(values)
    if asked == "severity":
        if not is_burden:
            raise InputError(
                f"--groups severity divides burdens, and '{name}' is none; write cut points or quantiles:3."
            )
        factor = 100.0 if "percent" in name.lower() or "%" in name else 1.0
        severity = SeverityGroups(tuple(factor * cut for cut in SeverityGroups().cut_points))
    elif asked.startswith("quantiles:"):
        count = asked.removeprefix("quantiles:")
        if not count.isdecimal() or not 2 <= int(count) <= 10:
            raise InputError(f"--groups {asked} does not say into how many; write quantiles:2 to quantiles:10.")
        parts = np.arange(1, int(count)) / int(count)
        cuts = np.unique(np.quantile(values[known], parts)) if known.any() else np.zeros(0)
        # A cut at the least value leaves nobody below it.
        cuts = cuts[cuts > values[known].min()]
        if not len(cuts):
            raise InputError(f"'{name}' has too many equal values for {asked}; write cut points.")
        severity = SeverityGroups.from_cut_points(_short_cuts(cuts, values[known]))
    else:
        try:
            severity = SeverityGroups.from_cut_points([float(part) for part in asked.split(",")])
        except ValueError:
            raise InputError(
                f"--groups {asked} says no cut points; write severity, none, 0.1,1,5 or quantiles:3."
            ) from None
    return _divided(values, known, severity, named=asked == "severity")


def _short_cuts(cuts: np.ndarray, values: np.ndarray) -> tuple[float, ...]:
    """Return quantiles with as few digits, four at least, as divide `values` into the same groups."""
    for digits in range(4, 18):
        short = np.array([float(f"{cut:.{digits}g}") for cut in cuts])
        one, other = (np.searchsorted(each, values, side="right") for each in (short, cuts))
        if np.array_equal(one, other):
            break
    return tuple(float(cut) for cut in short)


def _divided(values: np.ndarray, known: np.ndarray, severity: SeverityGroups, named: bool) -> Groups:
    number = np.full(len(values), -1)
    number[known] = [severity.group_of(value) for value in values[known]]
    cuts = [f"{cut:.15g}" for cut in severity.cut_points]
    bounds = [
        f"below {cuts[0]}",
        *(f"{a} to below {b}" for a, b in itertools.pairwise(cuts)),
        f"{cuts[-1]} or more",
    ]
    names = severity.names if named else bounds
    held = [place for place in range(len(bounds)) if (number == place).any()]
    of = np.full(len(values), -1)
    for new, old in enumerate(held):
        of[number == old] = new
    empty = tuple(names[place] for place in range(len(bounds)) if place not in held)
    return Groups(tuple(names[place] for place in held), tuple(bounds[place] for place in held), of, empty)


def joined(terms: Sequence[Term]) -> np.ndarray:
    """Return the columns of terms side by side, shape (n, p)."""
    return np.concatenate([term.x for term in terms], axis=1)


def refuse_collinear(terms: Sequence[Term], rows: np.ndarray) -> None:
    """Raise InputError where a column says what those before it say together, or nothing, in the chosen rows."""
    taken = np.ones((int(rows.sum()), 1))
    for term in terms:
        for column, level in zip(term.x[rows].T, term.levels, strict=True):
            with np.errstate(over="ignore", invalid="ignore"):
                spread = column.std()
            name = f"'{term.name}'" + (f" (category '{level}')" if term.reference is not None else "")
            if not np.isfinite(spread):
                raise InputError(f"{name} has numbers too large to work with (1e150 and more); correct them.")
            if not spread > 0:
                raise InputError(f"{name} is the same for everybody in whom all covariates are known; leave it out.")
            solution = np.linalg.lstsq(taken, column, rcond=None)[0]
            left = float((column - taken @ solution).std())
            if left < _COLLINEAR * spread:
                raise InputError(
                    f"{name} follows from the covariates named before it (collinear); leave one of them out."
                )
            taken = np.column_stack([taken, column])

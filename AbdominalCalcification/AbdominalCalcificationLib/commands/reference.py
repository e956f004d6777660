"""The commands ``reference`` and ``percentiles``: values of one's own cohort, and where patients lie in them."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..errors import InputError
from ..outcomes.settings import KINDS
from .options import number


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``reference`` and ``percentiles``."""
    made = commands.add_parser("reference", help="percentiles by age and sex of a cohort, as a table")
    made.add_argument("table", metavar="COHORT.csv", type=Path)
    made.add_argument("--measure", metavar="COLUMN", default="total_burden_percent", help="(total_burden_percent)")
    made.add_argument(
        "--ages", metavar="YEARS,...", default="40,50,60,70,80,90", help="bounds of the bands (40,50,60,70,80,90)"
    )
    made.set_defaults(run=run_reference)
    found = commands.add_parser("percentiles", help="where the patients of a table lie in a reference")
    found.add_argument("table", metavar="COHORT.csv", type=Path)
    found.add_argument("--reference", metavar="TABLE.csv", type=Path, required=True, help="what reference has written")
    found.set_defaults(run=run_percentiles)
    for each in (made, found):
        each.add_argument("--kind", choices=KINDS, required=True, help="of all CTs of the table")
        each.add_argument("--age", metavar="COLUMN", default="age", help="in years at the CT (age)")
        each.add_argument("--sex", metavar="COLUMN", default="sex", help="(sex)")
        each.add_argument("--output", metavar="TABLE.csv", type=Path, required=True, help="the table to write")
        each.add_argument("--overwrite", action="store_true", help="replace a table that is there")
        each.add_argument("--quiet", action="store_true", help="print nothing but errors")
    return [made, found]


def run_reference(options: argparse.Namespace, report) -> None:
    """Make a table of percentiles."""
    from ..outcomes.reference import make_reference, reference_csv
    from ..outcomes.table import read_table

    ages = [_age(part) for part in options.ages.split(",")]
    table = read_table(options.table)
    made, notes = make_reference(table, options.measure, options.age, options.sex, options.kind, ages)
    _write(options, reference_csv(made))
    for line in notes:
        report.say(line)
    people = sum(band.people for band in made.bands)
    report.say(f"{people} people in {len(made.bands)} bands of sex and age; see {options.output}")


def run_percentiles(options: argparse.Namespace, report) -> None:
    """Write where each row lies."""
    from ..outcomes.reference import percentiles_csv, read_reference
    from ..outcomes.table import read_table

    reference = read_reference(read_table(options.reference))
    text, notes = percentiles_csv(read_table(options.table), reference, options.age, options.sex, options.kind)
    _write(options, text)
    for line in notes:
        report.say(line)
    report.say(f"See {options.output}")


def _age(text: str) -> float:
    try:
        return number(text)
    except argparse.ArgumentTypeError as error:
        raise InputError(f"--ages: {error}; write years such as 40,50,60.") from None


def _write(options: argparse.Namespace, text: str) -> None:
    from ..durable import write_text

    sources = [options.table, getattr(options, "reference", None)]
    if any(each is not None and _same(each, options.output) for each in sources):
        raise InputError(f"'{options.output}' is what is read; name another table with --output.")
    if options.output.exists() and not options.overwrite:
        raise InputError(f"'{options.output}' is there already; add --overwrite, or name another table.")
    write_text(options.output, text)


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)

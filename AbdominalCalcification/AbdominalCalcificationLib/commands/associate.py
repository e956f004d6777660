"""The command ``associate``: calcification against what happened to the patients."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..outcomes.settings import MATCHED, REPEATED
from ..progress import drain
from .options import number


def add(commands) -> list[argparse.ArgumentParser]:
    """Add ``associate``."""
    associate = commands.add_parser("associate", help="calcification against events: regressions, curves, a report")
    associate.add_argument("table", metavar="COHORT.csv", type=Path, help="one row for each patient; see the manual")
    associate.add_argument("--output", metavar="DIR", type=Path, required=True, help="folder for the results")
    associate.add_argument("--outcome", metavar="COLUMN", required=True, help="1 for the event, 0 for none")
    associate.add_argument("--time", metavar="COLUMN", help="from the CT to the event or the end of the follow-up")
    associate.add_argument("--unit", metavar="WORD", default="", help="of the times, for the report: days, years")
    associate.add_argument(
        "--exposure",
        metavar="COLUMN",
        nargs="+",
        action="extend",
        default=[],
        help="calcification (total_burden_percent); the first is that of the main analysis",
    )
    associate.add_argument("--covariates", metavar="COLUMN", nargs="+", action="extend", default=[], help="adjust for")
    associate.add_argument(
        "--categorical", metavar="COLUMN", nargs="+", action="extend", default=[], help="numbers that are categories"
    )
    associate.add_argument(
        "--groups",
        metavar="HOW",
        default="",
        help="of the exposure: severity (burdens, by default), none, quantiles:3, or cut points like 0.1,1,5",
    )
    _add_matching(associate.add_argument_group("matching"))
    rows = associate.add_argument_group("rows")
    rows.add_argument("--id", metavar="COLUMN", help="of its own for each row (id or case, where there is one)")
    rows.add_argument("--patient", metavar="COLUMN", help="who a row is from (patient, where there is such a column)")
    rows.add_argument(
        "--repeated",
        choices=REPEATED,
        default="refuse",
        help="patients with several rows: refuse them, take the first, or robust errors",
    )
    how = associate.add_argument_group("how it is analysed")
    how.add_argument("--horizon", metavar="TIME", type=number, help="of predicted risk (the median time)")
    how.add_argument(
        "--imputations", metavar="M", type=int, default=0, help="of missing covariates, beside complete cases (0)"
    )
    how.add_argument("--resamples", metavar="N", type=int, default=500, help="of the bootstrap (500)")
    how.add_argument("--seed", metavar="N", type=int, default=0, help="of all that is drawn (0)")
    associate.add_argument("--quiet", action="store_true", help="print nothing but errors")
    associate.set_defaults(run=run)
    return [associate]


def _add_matching(matching) -> None:
    matching.add_argument(
        "--match",
        metavar="RULE",
        nargs="+",
        action="extend",
        default=[],
        help="exact:sex,site and propensity:age,bmi, one or both",
    )
    matching.add_argument("--ratio", metavar="K", type=int, default=1, help="controls for each (1)")
    matching.add_argument(
        "--caliper", metavar="SD", type=number, default=0.2, help="in standard deviations of the propensity score (0.2)"
    )
    matching.add_argument(
        "--matched",
        choices=MATCHED,
        default="cases",
        help="who gets controls: those with the event, or those in a group above the first",
    )


def run(options: argparse.Namespace, report) -> None:
    """Analyse, and write tables and the report."""
    from ..outcomes.packages import check_packages
    from ..outcomes.run import associate_steps
    from ..outcomes.settings import Settings, parse_match
    from ..outcomes.table import read_table
    from ..outcomes.words import in_brief

    check_packages()
    settings = Settings(
        outcome=options.outcome,
        time=options.time,
        unit=options.unit,
        exposures=tuple(options.exposure),
        covariates=tuple(options.covariates),
        categorical=tuple(options.categorical),
        groups=options.groups,
        **parse_match(options.match),
        ratio=options.ratio,
        caliper=options.caliper,
        matched=options.matched,
        id=options.id,
        patient=options.patient,
        repeated=options.repeated,
        horizon=options.horizon,
        imputations=options.imputations,
        resamples=options.resamples,
        seed=options.seed,
    )
    document = drain(associate_steps(read_table(options.table), options.output, settings), report)
    for line in in_brief(document):
        report.say(line)
    report.say(f"See {options.output / 'report.html'}")

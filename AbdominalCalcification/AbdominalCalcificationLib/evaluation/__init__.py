"""Methods against references over a cohort: cases, tables, statistics, plots and one report."""

from .cohort import Case, Masks, parse_seeds, read_cohort, simulated_cohort
from .run import evaluate_steps
from .settings import Settings

__all__ = [
    "Case",
    "Masks",
    "Settings",
    "evaluate_steps",
    "parse_seeds",
    "read_cohort",
    "simulated_cohort",
]

"""Methods against references over a cohort: cases, tables, statistics, plots and one report."""

from typing import TYPE_CHECKING

from ..on_demand import names_on_demand

if TYPE_CHECKING:
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

__getattr__ = names_on_demand(
    __name__,
    cohort="Case Masks parse_seeds read_cohort simulated_cohort",
    run="evaluate_steps",
    settings="Settings",
)

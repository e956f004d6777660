"""Many CTs through the pipeline of ``analyze``: result folders, tables, one overview; on a computer or a cluster."""

from typing import TYPE_CHECKING

from ..on_demand import names_on_demand

if TYPE_CHECKING:
    from .cases import CohortCase, find_cases
    from .recipe import Recipe
    from .run import CohortResult, cohort_steps

__all__ = ["CohortCase", "CohortResult", "Recipe", "cohort_steps", "find_cases"]

__getattr__ = names_on_demand(
    __name__,
    cases="CohortCase find_cases",
    recipe="Recipe",
    run="CohortResult cohort_steps",
)

"""A list of cases that a reader works through: what is on it, how far each case is, and what comes out of it."""

from typing import TYPE_CHECKING

from ..on_demand import names_on_demand

if TYPE_CHECKING:
    from .cases import ListedCase, cohort_below, list_cases
    from .store import CaseState, CaseStore, Status

__all__ = ["CaseState", "CaseStore", "ListedCase", "Status", "cohort_below", "list_cases"]

__getattr__ = names_on_demand(
    __name__,
    cases="ListedCase cohort_below list_cases",
    store="CaseState CaseStore Status",
)

"""A list of cases that a reader works through: what is on it, how far each case is, and what comes out of it."""

from __future__ import annotations

from .cases import ListedCase, list_cases
from .store import CaseState, CaseStore, Status

__all__ = ["CaseState", "CaseStore", "ListedCase", "Status", "list_cases"]

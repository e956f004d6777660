"""What was done to a mask since it was made, and how it outlives a crash: pure, without a scene."""

from .ledger import UNATTENDED, UNKNOWN, Entry, Ledger
from .state import MaskState

__all__ = ["UNATTENDED", "UNKNOWN", "Entry", "Ledger", "MaskState"]

"""Virtual patients: CT angiograms with known truth, made from a seed."""

from .anatomy import PHASES
from .patient import VirtualPatient, default_grid, simulate

__all__ = ["PHASES", "VirtualPatient", "default_grid", "simulate"]

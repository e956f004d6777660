"""Virtual patients: CT angiograms with known truth, made from a seed."""

from .anatomy import PHASES
from .patient import VirtualPatient, default_grid, simulate
from .surroundings import BYSTANDERS

__all__ = ["BYSTANDERS", "PHASES", "VirtualPatient", "default_grid", "simulate"]

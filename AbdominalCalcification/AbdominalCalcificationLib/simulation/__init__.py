"""Virtual patients: CT angiograms with known truth, made from a seed."""

from .canvas import BYSTANDERS
from .enhancement import PHASES
from .fields import default_grid
from .patient import CONDITIONS, VirtualPatient, simulate

__all__ = ["BYSTANDERS", "CONDITIONS", "PHASES", "VirtualPatient", "default_grid", "simulate"]

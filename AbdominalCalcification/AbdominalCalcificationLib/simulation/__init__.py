"""Virtual patients: CT angiograms with known truth, made from a seed."""

from typing import TYPE_CHECKING

from ..on_demand import names_on_demand

if TYPE_CHECKING:
    from .canvas import BYSTANDERS
    from .enhancement import PHASES
    from .patient import VirtualPatient, default_grid, simulate

__all__ = ["BYSTANDERS", "PHASES", "VirtualPatient", "default_grid", "simulate"]

__getattr__ = names_on_demand(
    __name__,
    canvas="BYSTANDERS",
    enhancement="PHASES",
    patient="VirtualPatient default_grid simulate",
)

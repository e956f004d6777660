"""Virtual patients: CT angiograms with known truth, made from a seed."""

from typing import TYPE_CHECKING

from ..on_demand import names_on_demand

if TYPE_CHECKING:
    from .canvas import BYSTANDERS
    from .enhancement import PHASES
    from .fields import default_grid
    from .patient import CONDITIONS, VirtualPatient, simulate

__all__ = ["BYSTANDERS", "CONDITIONS", "PHASES", "VirtualPatient", "default_grid", "simulate"]

__getattr__ = names_on_demand(
    __name__,
    canvas="BYSTANDERS",
    enhancement="PHASES",
    fields="default_grid",
    patient="CONDITIONS VirtualPatient simulate",
)

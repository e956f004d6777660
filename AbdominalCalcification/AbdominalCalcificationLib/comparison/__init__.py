"""Methods beside the networks, and how results compare: pure functions of arrays with geometry."""

from typing import TYPE_CHECKING

from ..on_demand import names_on_demand

if TYPE_CHECKING:
    from .lumen import Lumen, measure_lumen
    from .thresholds import Thresholded, idealised, threshold_calcification

__all__ = ["Lumen", "Thresholded", "idealised", "measure_lumen", "threshold_calcification"]

__getattr__ = names_on_demand(
    __name__,
    lumen="Lumen measure_lumen",
    thresholds="Thresholded idealised threshold_calcification",
)

"""Methods beside the networks, and how results compare: pure functions of arrays with geometry."""

from .lumen import Lumen, measure_lumen
from .thresholds import Thresholded, idealised, threshold_calcification

__all__ = ["Lumen", "Thresholded", "idealised", "measure_lumen", "threshold_calcification"]

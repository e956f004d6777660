"""From masks to numbers: shortening, assignment, burden, clusters, quality flags.

Pure functions of arrays with geometry: no files, no scene, no globals.
"""

from typing import TYPE_CHECKING

from ..on_demand import names_on_demand

if TYPE_CHECKING:
    from .live import LiveMeasurement
    from .parameters import MeasurementParameters, Reassignment, default_kept_lengths_mm
    from .result import Cluster, Measurement, Part, TerritoryMeasurement
    from .steps import measure, measure_steps

__all__ = [
    "Cluster",
    "LiveMeasurement",
    "Measurement",
    "MeasurementParameters",
    "Part",
    "Reassignment",
    "TerritoryMeasurement",
    "default_kept_lengths_mm",
    "measure",
    "measure_steps",
]

__getattr__ = names_on_demand(
    __name__,
    live="LiveMeasurement",
    parameters="MeasurementParameters Reassignment default_kept_lengths_mm",
    result="Cluster Measurement Part TerritoryMeasurement",
    steps="measure measure_steps",
)

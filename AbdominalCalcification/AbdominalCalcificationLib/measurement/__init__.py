"""From masks to numbers: shortening, assignment, burden, clusters, quality flags.

Pure functions of arrays with geometry: no files, no scene, no globals.
"""

from .parameters import MeasurementParameters, default_kept_lengths_mm
from .result import Cluster, Measurement, Part, TerritoryMeasurement
from .steps import measure, measure_steps

__all__ = [
    "Cluster",
    "Measurement",
    "MeasurementParameters",
    "Part",
    "TerritoryMeasurement",
    "default_kept_lengths_mm",
    "measure",
    "measure_steps",
]

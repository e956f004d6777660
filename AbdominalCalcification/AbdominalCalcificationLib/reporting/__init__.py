"""Files that leave the program."""

from .documents import measurement_document, measurements_schema
from .files import write_results, write_results_steps
from .images import write_volume
from .provenance import build_provenance
from .result_folder import RESULT_FILES, ResultFolder, keep_inputs

__all__ = [
    "RESULT_FILES",
    "ResultFolder",
    "build_provenance",
    "keep_inputs",
    "measurement_document",
    "measurements_schema",
    "write_results",
    "write_results_steps",
    "write_volume",
]

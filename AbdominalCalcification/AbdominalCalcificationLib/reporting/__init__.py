"""Files that leave the program."""

from typing import TYPE_CHECKING

from ..on_demand import names_on_demand

if TYPE_CHECKING:
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

__getattr__ = names_on_demand(
    __name__,
    documents="measurement_document measurements_schema",
    files="write_results write_results_steps",
    images="write_volume",
    provenance="build_provenance",
    result_folder="RESULT_FILES ResultFolder keep_inputs",
)

"""Measures calcification of the abdominal arteries on CT angiograms.

The package runs inside 3D Slicer and in plain Python alike. Importing it, or any of
its modules, needs neither torch nor nnunetv2; only ``scene`` needs ``slicer``.

:func:`analyze` does everything in one call.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api import analyze

__all__ = ["__version__", "analyze"]

__version__ = "0.1.0"


def __getattr__(name: str):
    # Imported when it is asked for: importing the package stays instant.
    if name == "analyze":
        from .api import analyze

        return analyze
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""A headless stand-in for the desktop application, for tests.

``slicer-core`` is the real Slicer below Qt. What only the desktop application has (``qt`` and
``ctk``, MRML widgets, scripted module base classes, the parameter node wrapper, ``slicer.app``
and ``slicer.modules``) is imitated here with PySide6, off screen. Stand-ins offer no name that
a running Slicer lacks (``slicer_api.json``), so a test fails where Slicer would.
"""

from .start import Host, start

__all__ = ["Host", "start"]

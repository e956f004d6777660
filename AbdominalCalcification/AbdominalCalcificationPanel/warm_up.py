"""What the first Run needs is imported while nobody waits for it: one part per turn of the event loop."""

import importlib
import sys

import qt

# After the panel was opened: what opening draws comes first.
DELAY_MS = 500
# From small to large: each finds there what the one before has imported, and none takes a fifth of a second.
NEEDED = (
    "scipy.sparse",
    "scipy.sparse.csgraph",
    "scipy.spatial",
    "scipy.ndimage",
    "SimpleITK",
    "AbdominalCalcificationLib.geometry.neighbours",
    "AbdominalCalcificationLib.measurement.live",
    "AbdominalCalcificationLib.reading.masks",
    "AbdominalCalcificationLib.pipeline",
    "AbdominalCalcificationLib.scene.session",
)


class WarmUp:
    """Imports what is NEEDED and not there yet."""

    def __init__(self):
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.connect("timeout()", self.step)

    def start(self):
        """Begin in a while, where anything is missing."""
        if any(name not in sys.modules for name in NEEDED):
            self._timer.start(DELAY_MS)

    def stop(self):
        """Import nothing more."""
        self._timer.stop()

    def step(self):
        """Import the next part, and go on in the next turn of the event loop."""
        missing = [name for name in NEEDED if name not in sys.modules]
        if not missing:
            return
        importlib.import_module(missing[0])
        if len(missing) > 1:
            self._timer.start(0)

"""Stand-ins for a network, in the process of the tests and in that of a worker, and a small CT for them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import AbdominalCalcificationLib
from AbdominalCalcificationLib.geometry import Grid, Volume
from AbdominalCalcificationLib.inference import Worker

LIBRARY = Path(AbdominalCalcificationLib.__file__).parent

# The real worker; its predictors answer without a network, one tile every 20 ms.
STAND_IN = f"""
import sys, time
sys.path.insert(0, {str(LIBRARY.parent)!r})
import numpy as np
from AbdominalCalcificationLib.inference import worker

class Predictor:
    spacing_mm = (1.0, 1.0, 1.0)
    def predict(self, image, spacing_mm, device, region=None, wanted=None, report=None, say=None):
        say("hello")
        for tile in range(TILES):
            time.sleep(0.02)
            report(tile / TILES, 1.0)
        return (image > 100).astype(np.uint8), device

TILES = 5
worker.Session._predictor = lambda self, use, job: (Predictor(), "LPS")
import AbdominalCalcificationLib.inference.devices as devices
devices.choose_device = lambda device: "cpu"
import AbdominalCalcificationLib.inference.packages as packages
packages.check_imports = lambda: None
CHANGE
worker.main(sys.argv[1])
"""


def worker_of(script: str) -> Worker:
    return Worker([sys.executable, "-c", script])


def stand_in(change: str = "") -> Worker:
    return worker_of(STAND_IN.replace("CHANGE", change))


def ct_of_a_block() -> Volume:
    """Return a CT of few voxels, with a block of 300 HU in it."""
    array = np.zeros((6, 7, 8), np.int16)
    array[2:4, 3:5, 3:5] = 300
    return Volume(array, Grid.from_spacing(array.shape))


@dataclass
class ThresholdPredictor:
    """Says label 1 where the image is above a threshold; remembers what it was asked."""

    threshold: float
    spacing_mm: tuple = (1.0, 1.0, 1.0)
    seen: list = field(default_factory=list)

    def predict(self, image, spacing_mm, device, region=None, wanted=None, report=None, say=None):
        self.seen.append((image.copy(), spacing_mm, None if region is None else region.copy()))
        report(0.5, 3.0)
        return (image > self.threshold).astype(np.uint8), device

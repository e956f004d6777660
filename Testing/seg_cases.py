"""DICOM segmentations written for the tests of reading them."""

from __future__ import annotations

import numpy as np

from AbdominalCalcificationLib.anatomy import territory
from AbdominalCalcificationLib.geometry import Grid
from AbdominalCalcificationLib.geometry.resample import align_labels
from AbdominalCalcificationLib.geometry.volume import LPS_FROM_RAS
from seg_files import CODES, LEFT, RIGHT, Described, Place

SHAPE = (9, 13, 17)

AORTA, LEFT_RENAL, RIGHT_RENAL = (territory(name).label for name in ("aorta", "renal_left", "renal_right"))

ARTERIES = (
    Described(1, "Aorta", CODES["aorta"]),
    Described(2, "", CODES["renal"], LEFT),
    Described(3, "x", CODES["renal"], RIGHT),
)


def grid_of(place: Place, shape=SHAPE) -> Grid:
    return Grid(shape, LPS_FROM_RAS @ place.affine_lps())


def some_masks() -> dict[int, np.ndarray]:
    """Return three arteries of odd shapes that do not touch, in a part of the slices only."""
    masks = {number: np.zeros(SHAPE, bool) for number in (1, 2, 3)}
    masks[1][1:8, 5:9, 6:10] = True
    masks[1][4, 8, 9] = False
    masks[2][3:5, 4, 12:15] = True
    masks[3][6, 2:5, 1:4] = True
    return masks


def on_grid(mask, place: Place, shape=SHAPE) -> np.ndarray:
    return align_labels(mask.volume, grid_of(place, shape)).array

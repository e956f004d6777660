"""A result handed to the process that makes its documents: arrays beside the command, masks without air around them.

Masks and tables are written already: the process reads the document that stands in the result's folder.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..geometry import Grid, Volume, bounding_box, common_box
from ..inference.worker import ARTERIES_FILE, CALCIFICATION_FILE, CT_FILE, save_array_steps
from ..reporting.dicom.result import Result
from ..reporting.view_masks import ShownMasks

# What the picture shows: the masks after shortening.
_SHOWN = {"arteries": "kept.npy", "cut": "cut.npy", "calcification": "calcified.npy"}


@dataclass(frozen=True, eq=False)
class Handed:
    """What the process needs of a result.

    Attributes
    ----------
    result : Result
    ct : Volume
        HU.
    shown : ShownMasks
    """

    result: Result
    ct: Volume
    shown: ShownMasks


def hand_over_steps(folder: Path, handed: Handed) -> Generator[None, None, dict]:
    """Write the arrays of a result into a folder, in parts that each take little time; return what is said of them.

    Raises
    ------
    OSError
    """
    ct, result, shown = handed.ct, handed.result, handed.shown
    masks = {ARTERIES_FILE: result.arteries.array, CALCIFICATION_FILE: result.calcification.array}
    boxes = []
    for array in masks.values():
        boxes.append(bounding_box(array))
        yield
    box = common_box(boxes) or (slice(0, 1),) * 3
    yield from save_array_steps(folder / CT_FILE, ct.array)
    for name, array in masks.items():
        yield from save_array_steps(folder / name, array[box])
    for role, name in _SHOWN.items():
        yield from save_array_steps(folder / name, getattr(shown, role))
    return {
        "ijk_to_ras": ct.grid.ijk_to_ras.tolist(),
        "box": [[part.start, part.stop] for part in box],
        "shown_ijk_to_ras": shown.grid.ijk_to_ras.tolist(),
    }


def handed_over(folder: Path, said: Mapping, document: Mapping) -> Handed:
    """Return what :func:`hand_over_steps` has written; `document` is the one in the result's folder."""
    array = np.load(folder / CT_FILE, mmap_mode="r")
    grid = Grid(array.shape, np.array(said["ijk_to_ras"]))
    box = tuple(slice(*part) for part in said["box"])
    masks = []
    for name in (ARTERIES_FILE, CALCIFICATION_FILE):
        part = np.load(folder / name)
        mask = np.zeros(grid.shape, part.dtype)
        mask[box] = part
        masks.append(Volume(mask, grid))
    kept, cut, calcified = (np.load(folder / name) for name in _SHOWN.values())
    shown = ShownMasks(kept, cut, calcified, Grid(kept.shape, np.array(said["shown_ijk_to_ras"])))
    return Handed(Result(document, *masks), Volume(array, grid), shown)

"""How much work the networks do for one image: overlap of tiles, mirroring, folds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import InputError

# nnU-Net's own.
TILE_STEP = 0.5
# Below, an image takes a hundred times as long as usual; at 1, tiles do not overlap.
TILE_STEPS = (0.1, 1.0)


@dataclass(frozen=True)
class Effort:
    """How much work the networks do.

    Attributes
    ----------
    tile_step : float
        Distance of neighbouring tiles as a part of their width; nnU-Net's 0.5 by default.
    mirroring : bool
        Average over the mirrored images that the model was trained with (nnU-Net's test-time augmentation): up to
        eight times the work.
    folds : tuple of str
        Folds of the named model folders that are averaged; empty for all that are there.

    Raises
    ------
    InputError
        For a step that is out of range.
    """

    tile_step: float = TILE_STEP
    mirroring: bool = False
    folds: tuple[str, ...] = ()

    def __post_init__(self):
        low, high = TILE_STEPS
        if not low <= self.tile_step <= high:
            raise InputError(f"The tile step must lie between {low:g} and {high:g}, not {self.tile_step:g}.")


def parse_folds(text: str) -> tuple[str, ...]:
    """Return the folds that ``0,2`` or ``all`` names; empty for an empty text."""
    folds = tuple(part.strip() for part in text.split(",") if part.strip())
    for fold in folds:
        if not re.fullmatch(r"\d+|all", fold):
            raise InputError(f"'{fold}' is no fold; give numbers such as 0,1,2, or all.")
    if len(set(folds)) < len(folds):
        raise InputError(f"A fold is named twice in '{text.strip()}'; name each once.")
    return folds

"""What is added to a network's logits by the distance of slices, as a model's ``dataset.json`` may say.

A network that is not sure finds too little, and is less sure of what thick slices blur: one threshold finds too much in
thin slices or too little in thick ones. ``"output_shifts": {"calcification": [[1.0, 0.0], [2.0, 0.4]]}`` adds 0.4 to
the logit of that label where slices lie 2 mm apart. Stock nnU-Net, which knows no such key, adds nothing; nor does the
plain road. The file is part of the model's checksum, so results say which shifts made them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from ..errors import ModelError

KEY = "output_shifts"
# A logit of 10 makes a probability of 1 in 20000 an even one: no threshold is as far off.
_MOST = 10.0


def read_shifts(folder: Path, dataset: Mapping, labels: Mapping[str, int]) -> dict[int, list[tuple[float, float]]]:
    """Return the shifts of each label value: pairs of a distance of slices (mm, rising) and what is added there.

    Raises
    ------
    ModelError
        Where what stands in dataset.json cannot be that.
    """
    said = dataset.get(KEY, {})
    wrong = ModelError(
        f"'{KEY}' in dataset.json of {folder} must hold, for labels of the model, pairs of a slice distance in mm, "
        f"rising, and what is added to the logit, at most {_MOST:g}; correct the file, or remove the entry."
    )
    if not isinstance(said, dict) or not said.keys() <= labels.keys():
        raise wrong
    shifts = {}
    for name, pairs in said.items():
        if not isinstance(pairs, list) or not pairs or not all(_is_pair(each) for each in pairs):
            raise wrong
        shifts[labels[name]] = [(float(mm), float(logit)) for mm, logit in pairs]
        if any(after <= before for (before, _), (after, _) in pairwise(pairs)):
            raise wrong
    return shifts


def _is_pair(value) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    if not all(isinstance(each, int | float) and not isinstance(each, bool) and math.isfinite(each) for each in value):
        return False
    return value[0] > 0 and abs(value[1]) <= _MOST


def logits_at(
    shifts: Mapping[int, Sequence[tuple[float, float]]], classes: int, spacing_mm: Sequence[float]
) -> np.ndarray | None:
    """Return what is added to the logit of each class, background first, of an image; None where nothing is.

    Between distances of slices it is interpolated over their logarithm; beyond them it stays.

    Parameters
    ----------
    shifts : mapping of int to sequence of (float, float)
        As of :func:`read_shifts`.
    classes : int
        Labels and background.
    spacing_mm : sequence of float
        Of the image; the greatest is the distance of its slices.
    """
    added = np.zeros(classes, np.float32)
    for label, pairs in shifts.items():
        mm, logits = zip(*pairs, strict=True)
        added[label] = np.interp(math.log(max(spacing_mm)), np.log(mm), logits)
    return added if added.any() else None


def shifted(run: Callable, added: np.ndarray | None) -> Callable:
    """Return a function from tiles to logits that adds to those (n, classes, x, y, z) of `run`."""
    if added is None:
        return run
    import torch

    def more(tiles):
        logits = run(tiles)
        return logits + torch.as_tensor(added, device=logits.device, dtype=logits.dtype).reshape(1, -1, 1, 1, 1)

    return more

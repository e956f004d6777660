"""Label maps from files, and their values as territories."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..anatomy import TERRITORIES, known_names, territories_of_name
from ..errors import InputError
from ..geometry import Grid, Volume
from ..geometry.resample import align_labels, fraction_outside
from ..geometry.sides import split_left_right
from .images import read_header, read_image


def read_mask(path: str | Path) -> Volume:
    """Read a label map (NIfTI, NRRD, MetaImage, Slicer's ``.seg.nrrd``) on its own grid.

    Returns
    -------
    Volume
        The smallest unsigned integers that hold its values; all zero is a valid mask.

    Raises
    ------
    InputError
        For files that cannot be read, and values that are not whole numbers of at least 0.
    """
    path = Path(path)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise InputError(f"The mask '{path}' {what}; name a NIfTI, NRRD or MetaImage file.")
    try:
        volume = read_image(path)
    except OSError as error:
        raise InputError(f"'{path.name}' cannot be read ({error.strerror or error}); check its permissions.") from None
    return volume.with_array(_as_labels(volume.array, path.name))


def mask_names(path: str | Path) -> dict[int, str]:
    """Return the segment names that Slicer wrote into a ``.seg.nrrd`` file, by mask value.

    Only names of known arteries; empty for every other file.
    """
    header = read_header(Path(path))
    names = {}
    for key, name in header.items():
        if key.startswith("Segment") and key.endswith("_Name") and territories_of_name(name):
            value = header.get(f"{key.removesuffix('_Name')}_LabelValue", "")
            if value.isdigit():
                names[int(value)] = name
    return names


def read_arteries(path: str | Path, mapping: Mapping[int, str] | None = None) -> Volume:
    """Read an artery mask as territory labels (uint8, on the mask's grid).

    Parameters
    ----------
    path : str or Path
        As for :func:`read_mask`.
    mapping : mapping of int to str, optional
        What the mask's values mean, see :func:`artery_labels`; by default what the file itself
        says (:func:`mask_names`), and where it says nothing the values are territory labels.

    Raises
    ------
    InputError
        As :func:`read_mask` and :func:`artery_labels`.
    """
    return artery_labels(read_mask(path), mapping or mask_names(path) or None)


def aligned_mask(mask: Volume, grid: Grid, name: str) -> tuple[Volume, str]:
    """Return `mask` on the grid of an image, and a sentence where a part of it lies outside.

    Parameters
    ----------
    mask : Volume
        Integer labels.
    grid : Grid
    name : str
        What the mask shows, for the sentence ("artery").

    Returns
    -------
    mask : Volume
    note : str
        Empty where the whole mask lies inside.

    Raises
    ------
    InputError
        Where nothing of it lies inside.
    """
    outside = fraction_outside(mask, grid)
    note = f"{100 * outside:.1f} % of the {name} mask lies outside the image and is not counted." if outside else ""
    return align_labels(mask, grid), note


def artery_labels(mask: Volume, mapping: Mapping[int, str] | None = None) -> Volume:
    """Return `mask` as territory labels (uint8, on the mask's grid).

    Parameters
    ----------
    mask : Volume
        Integer labels.
    mapping : mapping of int to str, optional
        Names of the mask's values, as the territory table or TotalSegmentator call them; values
        without a name are background. A name of both sides (``renal_arteries``) is split at the
        aorta. By default the values are territory labels already.

    Raises
    ------
    InputError
        For unknown names, without a mapping for values that are no territory label, and for a label
        of both sides in a mask without an aorta.
    """
    if mapping is None:
        return mask.with_array(_checked_labels(mask.array))
    table = np.zeros(int(mask.array.max(initial=0)) + 1, np.uint8)
    paired = []
    for value, name in mapping.items():
        territories = territories_of_name(name)
        if not territories:
            raise InputError(f"'{name}' is not an artery this program knows; use one of {', '.join(known_names())}.")
        if len(territories) == 2:
            paired.append((value, name, territories))
        elif 0 < value < len(table):
            table[value] = territories[0].label
    labels = table[mask.array]
    aorta = labels == TERRITORIES[0].label
    for value, name, sides in paired:
        where = mask.array == value
        if where.any() and not aorta.any():
            raise InputError(
                f"'{name}' covers both sides, and without an aorta in the mask left and right cannot be told; "
                f"name the aorta too, or the side, as in --artery-labels {value}={sides[0].name}."
            )
        for territory, side in zip(sides, split_left_right(where, aorta, mask.grid), strict=True):
            labels[side] = territory.label
    return mask.with_array(labels)


def _as_labels(array: np.ndarray, name: str) -> np.ndarray:
    if not np.issubdtype(array.dtype, np.integer) and not all(np.array_equal(p, np.rint(p)) for p in array):
        raise InputError(f"'{name}' holds values that are not whole numbers; give a label map, not a probability map.")
    least, most = float(array.min()), float(array.max())
    if least < 0 or most > np.iinfo(np.uint16).max:
        raise InputError(f"'{name}' holds values from {least:g} to {most:g}; give a label map, not an image.")
    return array.astype(np.uint8 if most <= np.iinfo(np.uint8).max else np.uint16, copy=False)


def _checked_labels(array: np.ndarray) -> np.ndarray:
    known = {territory.label for territory in TERRITORIES}
    found = set().union(*(np.unique(plane).tolist() for plane in array))
    strangers = sorted(found - known - {0})
    if strangers:
        shown = ", ".join(str(value) for value in strangers[:8]) + (", …" if len(strangers) > 8 else "")
        raise InputError(
            f"The artery mask has values that are no territory ({shown}); "
            "say what they are, as in --artery-labels 52=aorta."
        )
    return array.astype(np.uint8, copy=False)

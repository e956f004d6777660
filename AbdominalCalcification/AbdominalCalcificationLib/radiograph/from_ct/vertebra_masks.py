"""Masks of vertebrae from files: which value, segment or file is which vertebra."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...geometry import Volume
from ...geometry.plausible import check_body_size
from ...names import normalized
from ...reading.images import as_labels, read_flagged
from ...reading.label_maps import IMAGE_ENDINGS, images_in, stem_of
from ...reading.segments import read_seg_nrrd
from ...simulation.labelled.tables import read_names
from ..spine import LABELS, ORDER

OPTION = "--vertebra-labels"
_CODE = re.compile(r"(?:^|[\W_])([tls])[ _-]?(\d{1,2})(?:[\W_]|$)")
_WORD = re.compile(
    r"(thorac[a-z]*|brustwirbel[a-z]*|lumb[a-z]*|lendenwirbel[a-z]*|sacral)[ _-]*(?:vertebrae?|body)?[ _-]*(\d{1,2})"
)
_NO_VERTEBRA = re.compile(r"dis[ck]|intervertebral|bandscheibe|rib|rippe|cord|canal|nerve|endplate")
_FIRST_LETTER = {"thorac": "t", "brustw": "t", "lumb": "l", "lenden": "l", "sacral": "s"}


def vertebra_of_name(name: str) -> str | None:
    """Return which of T12, L1 to L6 and S1 a structure called `name` is; None where it is none of them.

    Examples
    --------
    >>> [vertebra_of_name(each) for each in ("vertebrae_L1", "lumbar5", "Lendenwirbel 2", "sacrum", "thoracic12")]
    ['L1', 'L5', 'L2', 'S1', 'T12']
    >>> [vertebra_of_name(each) for each in ("l5_l4_intervertebraldisc", "rib_left_12", "vertebrae_C3", "kidney_left")]
    [None, None, None, None]
    """
    plain = normalized(name)
    if _NO_VERTEBRA.search(plain):
        return None
    if re.search(r"sacrum|kreuzbein", plain):
        return "S1"
    found = {f"{letter.upper()}{int(number)}" for letter, number in _CODE.findall(plain)}
    for word, number in _WORD.findall(plain):
        letter = next(each for start, each in _FIRST_LETTER.items() if word.startswith(start))
        found.add(f"{letter.upper()}{int(number)}")
    known = found & set(LABELS)
    return known.pop() if len(found) == 1 and known else None


def read_vertebrae(path: Path, table: Path | None = None) -> Volume:
    """Read a mask of vertebrae.

    Parameters
    ----------
    path : Path
        A label map (NIfTI, NRRD, MetaImage) whose values the file itself names (TotalSegmentator, ``.seg.nrrd``) or
        `table` does, or a folder with a file for each vertebra, named after it.
    table : Path, optional
        See :func:`...simulation.labelled.tables.read_names`.

    Returns
    -------
    Volume
        uint8, values of :data:`..spine.LABELS`, on the file's own grid.

    Raises
    ------
    InputError
        For what cannot be read, holds no lumbar vertebra, does not say where it lies, or has vertebrae out of order.
    """
    if path.is_dir():
        vertebrae = _of_folder(path)
    elif path.is_file():
        vertebrae = _of_file(path, table)
    else:
        raise InputError(f"The mask of vertebrae '{path}' does not exist; name a file or a folder.")
    check_body_size(vertebrae.grid, f"'{path.name}'")
    if not any((vertebrae.array == LABELS[name]).any() for name in ("L1", "L2", "L3", "L4", "L5")):
        raise InputError(f"'{path.name}' holds no lumbar vertebra; name a mask that does, its labels named.")
    _check_order(vertebrae, path)
    return vertebrae


def _of_file(path: Path, table: Path | None) -> Volume:
    if table is None and path.name.lower().endswith(".seg.nrrd") and (drawing := read_seg_nrrd(path)) is not None:
        found = Volume(np.zeros(drawing.grid.shape, np.uint8), drawing.grid)
        for segment, name in _named([(each, each.called) for each in drawing.segments]):
            found.array[drawing.layers[segment.layer] == segment.value] = LABELS[name]
        return found
    names = read_names(path, table, OPTION)
    volume = _placed(path)
    labels = as_labels(volume.array, path.name)
    found = volume.with_array(np.zeros(labels.shape, np.uint8))
    for value, name in _named(list(names.items())):
        found.array[labels == value] = LABELS[name]
    return found


def _of_folder(folder: Path) -> Volume:
    files = _named([(each, stem_of(each)) for each in images_in(folder)])
    if not files:
        endings = ", ".join(IMAGE_ENDINGS)
        raise InputError(
            f"'{folder.name}' holds no file of a lumbar vertebra (vertebrae_L1 …, {endings}); name another."
        )
    found: Volume | None = None
    for path, name in files:
        volume = _placed(path)
        if found is None:
            found = volume.with_array(np.zeros(volume.array.shape, np.uint8))
        elif not volume.grid.same_as(found.grid):
            raise InputError(f"'{path.name}' has other voxels than '{files[0][0].name}'; export both on one grid.")
        found.array[as_labels(volume.array, path.name) > 0] = LABELS[name]
    assert found is not None
    return found


def _placed(path: Path) -> Volume:
    volume, flags = read_flagged(path)
    if any(flag.code == "unknown_orientation" for flag in flags):
        raise InputError(f"'{path.name}' does not say how it lies in the patient; export it with its geometry.")
    return volume


def _named(pairs: list) -> list:
    """Return those of pairs of something and its name that are vertebrae, with their names here."""
    found = [(each, vertebra, name) for each, name in pairs if (vertebra := vertebra_of_name(name)) is not None]
    # Where S1 has a label of its own, the sacrum is what is below it.
    exact = any(vertebra == "S1" and "s1" in normalized(name).split("_") for _, vertebra, name in found)
    return [
        (each, vertebra)
        for each, vertebra, name in found
        if not (exact and vertebra == "S1" and "s1" not in normalized(name).split("_"))
    ]


def _check_order(vertebrae: Volume, path: Path) -> None:
    """Refuse vertebrae of which a lower one lies above an upper one: names and values do not belong together."""
    heights = {}
    for name in ORDER:
        kji = np.argwhere(vertebrae.array == LABELS[name])
        if len(kji):
            heights[name] = float(vertebrae.grid.ras_of_kji(kji)[:, 2].mean())
    names = list(heights)
    for upper, lower in pairwise(names):
        if heights[upper] <= heights[lower]:
            raise InputError(
                f"In '{path.name}' {lower} lies above {upper}: its values are not what they are called; check them, or "
                "name the table that belongs to it."
            )

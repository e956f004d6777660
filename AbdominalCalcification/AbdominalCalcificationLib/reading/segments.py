"""Slicer's segmentations (``.seg.nrrd``): which segment stands for what.

A segment is known by its name, else by its ID, else by its terminology. Its number says nothing: Slicer gives the
first segment of any segmentation the value 1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..anatomy import CALCIFICATION_NAMES, TERRITORIES, Territory, normalized, territories_of_name, weakest_first
from ..errors import InputError
from ..geometry import Grid, Volume
from ..geometry.sides import split_left_right
from ..terminology import TAG, is_calcification_entry, territory_of_entry
from .images import as_labels, read_header, read_layers

CALCIFICATION = "calcification"
_KEY = re.compile(r"Segment(\d+)_(Name|ID|LabelValue|Layer|Tags)")
# What Slicer calls a segment that the user has not named.
_MADE_UP = re.compile(r"((segment|label)_?)?\d*")
_LISTED = 8


@dataclass(frozen=True)
class Segment:
    """What the header of a file says about one segment.

    Attributes
    ----------
    name, segment_id, entry : str
        Empty where the file is silent; `entry` is the serialised terminology.
    layer : int
        Which of the file's label maps holds it.
    value : int
        Its value there.
    """

    name: str
    segment_id: str = ""
    entry: str = ""
    layer: int = 0
    value: int = 1

    @property
    def has_made_up_name(self) -> bool:
        """Whether nobody has said by its name what it is."""
        return _MADE_UP.fullmatch(normalized(self.name)) is not None


@dataclass(frozen=True, eq=False)
class Segments:
    """The masks that a segmentation holds, on its own grid.

    Attributes
    ----------
    arteries : Volume or None
        uint8 territory labels; None where no segment is an artery. Where segments overlap, a branch wins over its
        parent, else the earlier in the territory table.
    calcification : Volume or None
        uint8, 1 where calcified; None where no segment is calcification.
    every : tuple of Segment
    unknown : tuple of Segment
        Those that stand for nothing and are not empty.
    """

    arteries: Volume | None
    calcification: Volume | None
    every: tuple[Segment, ...]
    unknown: tuple[Segment, ...]


def meaning_of(
    name: str, segment_id: str, entry: str, label_names: Mapping[str, str] | None = None
) -> tuple[Territory, ...] | str | None:
    """Return what a segment stands for.

    Parameters
    ----------
    name, segment_id, entry : str
        The name comes first: it is what the user sees, and renaming is how a mix-up is put right.
    label_names : mapping of str to str, optional
        Names of segments that are not understood, to names of territories or ``calcification``.

    Returns
    -------
    tuple of Territory, str or None
        One territory; two (left, right) where only a name of both sides is known; :data:`CALCIFICATION`; None where it
        stands for nothing.
    """
    given = {normalized(label): meaning for label, meaning in (label_names or {}).items()}
    pair = None
    for said in (name, segment_id):
        said = given.get(normalized(said), said)
        if normalized(said) in CALCIFICATION_NAMES:
            return CALCIFICATION
        territories = territories_of_name(said)
        if len(territories) == 1:
            return territories
        pair = pair or territories
    if is_calcification_entry(entry):
        return CALCIFICATION
    coded = territory_of_entry(entry)
    return (coded,) if coded is not None else pair or None


def read_segments(
    path: Path, label_names: Mapping[str, str] | None = None, title: str | None = None, only: str | None = None
) -> Segments | None:
    """Return the masks of arteries and of calcification that a file of segments holds.

    Parameters
    ----------
    path : Path
    label_names : mapping of str to str, optional
        See :func:`meaning_of`.
    title : str, optional
        What to call the file in messages.
    only : str, optional
        :data:`CALCIFICATION`: no artery is wanted. It is also what the only segment of a file stands for where
        Slicer made up its name.

    Returns
    -------
    Segments or None
        None where the file says nothing about segments: a plain label map.

    Raises
    ------
    InputError
        Where the file cannot be read, and for arteries of both sides without an aorta.
    """
    try:
        segments = _segments_in(read_header(path), title or f"'{path.name}'")
        if not segments:
            return None
        layers, grid = read_layers(path)
        layers = [as_labels(layer, path.name) for layer in layers]
    except InputError:
        if title is None:
            raise
        raise InputError(f"{title} cannot be read as a segmentation; save it again from Slicer.") from None
    title = title or f"'{path.name}'"
    if any(segment.layer >= len(layers) for segment in segments):
        raise InputError(f"{title} describes segments that it does not hold; save it again from Slicer.")
    meanings = [meaning_of(each.name, each.segment_id, each.entry, label_names) for each in segments]
    if meanings == [None] and segments[0].has_made_up_name:
        meanings = [only]

    present, nameless = _present(segments, layers, title)
    known = [(each, meaning) for each, meaning in zip(segments, meanings, strict=True) if meaning is not None]
    of_arteries = [(each, meaning) for each, meaning in known if meaning != CALCIFICATION]
    of_calcification = [each for each, meaning in known if meaning == CALCIFICATION]
    unknown = [each for each, meaning in zip(segments, meanings, strict=True) if meaning is None and each in present]
    return Segments(
        _arteries(of_arteries, layers, grid, title) if of_arteries and only is None else None,
        _calcification(of_calcification, layers, grid) if of_calcification else None,
        tuple(segments),
        (*unknown, *nameless),
    )


def check_complete(segments: Segments, title: str) -> None:
    """Raise InputError where a segment stands for nothing and is not empty."""
    if segments.unknown:
        raise InputError(
            f"{title} has the segment {listed(segments.unknown[:1])}, which is no artery and no calcification; rename "
            "or remove it, or say what it is with --label-names."
        )


def listed(segments: Sequence[Segment]) -> str:
    """Return names and values of segments for a message: ``'Liver' (1), 'Spleen' (2)``."""
    names = [each.name or each.segment_id for each in segments[:_LISTED]]
    shown = ", ".join(
        f"'{name}' ({each.value})" if name else f"one without a name ({each.value})"
        for name, each in zip(names, segments, strict=False)
    )
    return shown + (", …" if len(segments) > _LISTED else "")


def paint_sides(
    labels: np.ndarray,
    pairs: Sequence[tuple[np.ndarray, str, tuple[Territory, ...], int]],
    grid: Grid,
    title: str = "the mask",
) -> None:
    """Paint, into `labels`, arteries of which one label covers both sides, each on its side of the aorta.

    Parameters
    ----------
    labels : ndarray of uint8, shape (k, j, i)
        Territory labels; stronger ones stay.
    pairs : sequence of (ndarray of bool, str, (left, right), int)
        Where they are, what they are called, what they are and their value, for the message.
    grid : Grid
    title : str
        What to call the mask in messages.

    Raises
    ------
    InputError
        Where there is no aorta.
    """
    aorta = labels == TERRITORIES[0].label
    for where, name, sides, value in pairs:
        if where.any() and not aorta.any():
            raise InputError(
                f"'{name}' covers both sides, and without an aorta in {title} left and right cannot be told; "
                f"name the aorta too, or the side, as in --artery-labels {value}={sides[0].name}."
            )
        for territory, side in zip(sides, split_left_right(where, aorta, grid), strict=True):
            labels[side & (STRENGTH[labels] < STRENGTH[territory.label])] = territory.label


def _strength() -> np.ndarray:
    strength = np.zeros(256, np.uint8)
    for rank, each in enumerate(weakest_first(), start=1):
        strength[each.label] = rank
    return strength


# How strongly each territory label holds a voxel.
STRENGTH = _strength()


def _segments_in(header: Mapping[str, str], title: str) -> list[Segment]:
    """Return the segments that a header describes, in the order of their numbers."""
    described: dict[int, dict[str, str]] = {}
    for key, text in header.items():
        if match := _KEY.fullmatch(key):
            described.setdefault(int(match[1]), {})[match[2]] = text.strip()
    # Tags alone describe no segment, nor does a comment that happens to look like one.
    described = {number: said for number, said in described.items() if said.keys() & {"Name", "ID"}}
    # Files of old versions of Slicer have neither values nor layers: each segment is a label map of its own.
    old = len(described) > 1 and not any(said.keys() & {"Layer", "LabelValue"} for said in described.values())
    segments = []
    for number, said in sorted(described.items()):
        tags = dict(tag.split(":", 1) for tag in said.get("Tags", "").split("|") if ":" in tag)
        layer, value = said.get("Layer") or str(number if old else 0), said.get("LabelValue") or "1"
        if not (layer.isdecimal() and value.isdecimal()):
            raise InputError(f"{title} is damaged: a segment has no whole value; save it again from Slicer.")
        segments.append(Segment(said.get("Name", ""), said.get("ID", ""), tags.get(TAG, ""), int(layer), int(value)))
    return segments


def _present(
    segments: Sequence[Segment], layers: Sequence[np.ndarray], title: str
) -> tuple[set[Segment], list[Segment]]:
    """Return the segments that are not empty, and others for values that the header does not describe.

    Raises
    ------
    InputError
        Where two segments share their voxels, so that it cannot be told whose they are.
    """
    values = {(number, value) for number, layer in enumerate(layers) for value in _values(layer)}
    owners: dict[tuple[int, int], Segment] = {}
    for each in segments:
        place = each.layer, each.value
        if place in values and owners.setdefault(place, each) is not each:
            raise InputError(
                f"In {title} {listed([owners[place], each])} have the same voxels; save it again from Slicer."
            )
    nameless = [Segment("", layer=layer, value=value) for layer, value in sorted(values - owners.keys())]
    return set(owners.values()), nameless


def _values(layer: np.ndarray) -> set[int]:
    present = np.zeros(int(layer.max(initial=0)) + 1, bool)
    for plane in layer:  # plane by plane: indexing with the whole map would need eight times its memory
        present[plane] = True
    return set(np.flatnonzero(present).tolist()) - {0}


def _arteries(
    known: Sequence[tuple[Segment, tuple[Territory, ...]]], layers: Sequence[np.ndarray], grid: Grid, title: str
) -> Volume:
    labels = np.zeros(grid.shape, np.uint8)
    pairs = []
    for number, layer in enumerate(layers):
        table = np.zeros(int(layer.max(initial=0)) + 1, np.uint8)
        for segment, territories in known:
            if segment.layer != number or not 0 < segment.value < len(table):
                continue
            if len(territories) == 1:
                table[segment.value] = territories[0].label
            else:
                pairs.append((layer == segment.value, segment.name, territories, segment.value))
        for painted, plane in zip(labels, layer, strict=True):
            claimed = table[plane]
            np.copyto(painted, claimed, where=STRENGTH[painted] < STRENGTH[claimed])
    paint_sides(labels, pairs, grid, title)
    return Volume(labels, grid)


def _calcification(known: Sequence[Segment], layers: Sequence[np.ndarray], grid: Grid) -> Volume:
    mask = np.zeros(grid.shape, np.uint8)
    for segment in known:
        if segment.value:
            mask[layers[segment.layer] == segment.value] = 1
    return Volume(mask, grid)

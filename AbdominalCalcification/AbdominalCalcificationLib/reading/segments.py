"""Segmentations as files hold them, and the masks of arteries and of calcification in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..flags import Flag
from ..geometry import Grid, Volume, bounding_box
from ..names import names_other_tissue
from ..terminology import TAG
from .meanings import (
    MEANING_TAG,
    NOTHING,
    Meaning,
    Segment,
    Understanding,
    Wanted,
    listed,
    meaning_of,
    understand,
)
from .painting import ArteryPainter

_FIRST = (slice(0, 1),) * 3
_DIGITS = 6
_KEY = re.compile(r"Segment(\d{1,6})_(Name|ID|LabelValue|Layer|Tags)")


@dataclass(frozen=True)
class DrawnOn:
    """On which image a segmentation says that it was drawn; None where it does not say."""

    series_uid: str | None = None
    frame_of_reference_uid: str | None = None


class DrawingKind(Enum):
    """How a file says what its values stand for."""

    SEGMENTS = "segments that somebody drew and named"
    TABLE = "a table with the names of all structures of a model"
    VALUES = "values alone"


@dataclass(frozen=True, eq=False)
class Drawing:
    """What a file of segments holds.

    Attributes
    ----------
    title : str
        What to call it in messages.
    segments : tuple of Segment
        Those that are described.
    layers : sequence of ndarray of unsigned int, shape (k, j, i)
        Label maps beside each other, since segments may overlap.
    grid : Grid
        Of the layers.
    whole : Grid
        Of the file; the layers may be a part of it.
    drawn_on : DrawnOn
    flags : tuple of Flag
        What reading it has to say.
    kind : DrawingKind
    """

    title: str
    segments: tuple[Segment, ...]
    layers: Sequence[np.ndarray]
    grid: Grid
    whole: Grid
    drawn_on: DrawnOn = DrawnOn()
    flags: tuple[Flag, ...] = ()
    kind: DrawingKind = DrawingKind.SEGMENTS

    def present(self) -> tuple[Segment, ...]:
        """Return the segments that are not empty, with nameless ones for values that are not described.

        Raises
        ------
        InputError
            Where two segments share their voxels, so that it cannot be told whose they are.
        """
        values = {(number, value) for number, layer in enumerate(self.layers) for value in values_in(layer)}
        owners: dict[tuple[int, int], Segment] = {}
        for each in self.segments:
            place = each.layer, each.value
            if place in values and owners.setdefault(place, each) is not each:
                both = listed([owners[place], each])
                raise InputError(f"In {self.title} {both} have the same voxels; save it again from Slicer.")
        nameless = [Segment("", layer=layer, value=value) for layer, value in sorted(values - owners.keys())]
        return (*(each for each in self.segments if each in owners.values()), *nameless)

    def cropped(self) -> Drawing:
        """Return what is labelled, and no more of the grid than it needs."""
        boxes = [box for box in map(bounding_box, self.layers) if box is not None]
        if not boxes:
            return replace(self, layers=[layer[:1, :1, :1] for layer in self.layers], grid=self.grid.cropped(_FIRST))
        box = tuple(slice(min(b[axis].start for b in boxes), max(b[axis].stop for b in boxes)) for axis in range(3))
        return replace(self, layers=[layer[box].copy() for layer in self.layers], grid=self.grid.cropped(box))


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
    flags : tuple of Flag
        What is doubtful about the file's header.
    """

    arteries: Volume | None
    calcification: Volume | None
    every: tuple[Segment, ...]
    unknown: tuple[Segment, ...]
    flags: tuple[Flag, ...] = ()


def read_segments(
    path: Path, label_names: Mapping[str, str] | None = None, title: str | None = None
) -> Segments | None:
    """Return the masks of arteries and of calcification that a ``.seg.nrrd`` holds.

    Parameters
    ----------
    path : Path
    label_names : mapping of str to str, optional
        See :func:`meanings.understand`.
    title : str, optional
        What to call the file in messages.

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
        drawing = read_seg_nrrd(path, title)
    except InputError:
        if title is None:
            raise
        raise InputError(f"{title} cannot be read as a segmentation; save it again from Slicer.") from None
    if drawing is None:
        return None
    described = understand(drawing.segments, Wanted.EITHER, label_names)
    present = understand(drawing.present(), Wanted.EITHER, label_names)
    arteries = calcification = None
    if described.of_arteries():
        painter = ArteryPainter(drawing.grid, drawing.title)
        paint_arteries(painter, drawing, present)
        arteries, _ = painter.finished()
    if described.of_calcification():
        calcification = Volume(np.zeros(drawing.grid.shape, np.uint8), drawing.grid)
        paint_calcification(calcification.array, drawing, present)
    return Segments(arteries, calcification, drawing.segments, present.unknown, drawing.flags)


def read_seg_nrrd(path: Path, title: str | None = None) -> Drawing | None:
    """Read Slicer's ``.seg.nrrd``; None where the file says nothing about segments: a plain label map.

    Raises
    ------
    InputError
        Where the file cannot be read, or its header contradicts its voxels.
    """
    from .images import as_labels, read_header, read_layers

    title = title or f"'{path.name}'"
    segments = _segments_in(read_header(path), title)
    if not segments:
        return None
    stored, grid, flags = read_layers(path)
    layers = [as_labels(layer, path.name) for layer in stored]
    if any(segment.layer >= len(layers) for segment in segments):
        raise InputError(f"{title} describes segments that it does not hold; save it again from Slicer.")
    return Drawing(title, tuple(segments), layers, grid, grid, flags=flags)


def paint_arteries(painter: ArteryPainter, drawing: Drawing, understood: Understanding, moved=None) -> None:
    """Paint the arteries of a drawing.

    Parameters
    ----------
    painter : ArteryPainter
    drawing : Drawing
    understood : Understanding
        Of what is present in it.
    moved : callable, optional
        Takes a layer to the painter's grid where that is another one.
    """
    for number, layer in enumerate(drawing.layers):
        known = [pair for pair in understood.of_arteries() if pair[0].layer == number and pair[0].value]
        if known:
            values = {segment.value: territories for segment, territories in known}
            names = {segment.value: segment.called or " and ".join(t.title for t in what) for segment, what in known}
            painter.paint(layer if moved is None else moved(layer, names), values, names)


def paint_calcification(mask: np.ndarray, drawing: Drawing, understood: Understanding, moved=None) -> None:
    """Set `mask` (k, j, i) to 1 where a drawing has calcification; parameters as for :func:`paint_arteries`."""
    for number, layer in enumerate(drawing.layers):
        values = [each.value for each in understood.of_calcification() if each.layer == number and each.value]
        if values:
            chosen = np.zeros(max(int(layer.max(initial=0)), *values, 1) + 1, np.uint8)
            chosen[values] = 1
            for painted, plane in zip(mask, layer if moved is None else moved(chosen[layer], None), strict=True):
                painted |= chosen[plane] if moved is None else plane


def remarks(
    understood: Understanding,
    title: str,
    kind: DrawingKind = DrawingKind.SEGMENTS,
    given: Mapping[int | str, str] | None = None,
) -> list[Flag]:
    """Return what to say about segments that were left out or guessed.

    Parameters
    ----------
    understood : Understanding
        Of what is present.
    title : str
        What to call the file.
    kind : DrawingKind
    given : mapping, optional
        What the user said that they are, see :func:`meanings.understand`.
    """
    flags, mask = [], understood.wanted.title
    is_artery = understood.wanted is Wanted.ARTERIES
    left = list(understood.unknown) if kind is not DrawingKind.VALUES else []
    why = "that stand for nothing known"
    if given:  # the whole truth, but for what would be of the kind that is wanted by itself
        meanings = [(each, meaning_of(each)) for each in left]
        left = [each for each, meaning in meanings if meaning and isinstance(meaning, tuple) == is_artery]
        why = "that were not named with the others"
    if left:
        wanted = "an artery" if is_artery else "calcification"
        text = f"Segments of the {mask} {why} were left out: {listed(left)}; rename any that is {wanted}."
        flags.append(Flag("segments_left_out", text))
    flags += _overruled(understood, title, given or {})
    if understood.assumed is not None:
        called = f"'{understood.assumed.called}'" if understood.assumed.called else "without a name"
        text = f"The only segment of {title} ({called}) was taken for the calcification."
        flags.append(Flag("segment_assumed", text))
    values = [each.value for each in understood.segments]
    if not is_artery and not given and kind is DrawingKind.VALUES and len(values) > 1:
        shown = ", ".join(map(str, values[:8])) + (", …" if len(values) > 8 else "")
        flags.append(Flag("values_united", f"All values of the calcification mask count as calcification ({shown})."))
    return flags


def _overruled(understood: Understanding, title: str, given: Mapping[int | str, str]) -> list[Flag]:
    """Flag segments that the user said to be something else than the file itself says, as after a mix-up of numbers."""
    texts = []
    for segment, meaning in zip(understood.segments, understood.meanings, strict=True):
        if not given or meaning in (None, NOTHING) or not segment.name:
            continue
        try:
            own = meaning_of(segment)
        except InputError:
            continue  # that its codes and name disagree is why the user has to say it
        is_other = own is None and names_other_tissue(segment.name)
        if is_other or (own is not None and own != meaning and not _is_side_of(meaning, own)):
            texts.append(f"{listed([segment])} counts as {_shown(meaning)}")
    if not texts:
        return []
    text = f"In {title}, as was said, but not as the file itself names it: {'; '.join(texts)}."
    return [Flag("names_overruled", text)]


def _is_side_of(meaning: Meaning, own: Meaning) -> bool:
    """Return whether one names a side of what the other leaves open."""
    return isinstance(meaning, tuple) and isinstance(own, tuple) and bool(set(meaning) & set(own))


def _shown(meaning: Meaning) -> str:
    return " and ".join(each.title.lower() for each in meaning) if isinstance(meaning, tuple) else str(meaning)


def check_complete(segments: Segments, title: str) -> None:
    """Raise InputError where a segment stands for nothing and is not empty."""
    if segments.unknown:
        raise InputError(incomplete(segments.unknown, title))


def incomplete(unknown: Sequence[Segment], title: str) -> str:
    """Return why a case with a segment that stands for nothing cannot teach a model."""
    return (
        f"{title} has the segment {listed(unknown[:1])}, which is no artery and no calcification; rename "
        "or remove it, or say what it is with --label-names."
    )


def values_in(layer: np.ndarray) -> set[int]:
    """Return the values of a label map without 0."""
    present = np.zeros(int(layer.max(initial=0)) + 1, bool)
    for plane in layer:  # plane by plane: indexing with the whole map would need eight times its memory
        present[plane] = True
    return set(np.flatnonzero(present).tolist()) - {0}


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
        if not all(number.isdecimal() and len(number) <= _DIGITS for number in (layer, value)):
            raise InputError(f"{title} is damaged: a segment has no whole value; save it again from Slicer.")
        segments.append(
            Segment(
                said.get("Name", ""),
                said.get("ID", ""),
                tags.get(TAG, ""),
                int(layer),
                int(value),
                stated=tags.get(MEANING_TAG, ""),
            )
        )
    return segments

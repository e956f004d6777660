"""Masks of arteries and of calcification, from whatever people keep them in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..common_grid import MAX_VOXELS, bring
from ..errors import InputError
from ..flags import Flag
from ..geometry import Grid, Volume
from ..geometry.lattice import covering, is_finer
from ..geometry.resample import fraction_outside
from ..paths import native_path
from .ct import CtImage
from .images import as_labels, read_image
from .label_maps import territory_segments
from .meanings import Segment, Understanding, Wanted, listed, understand, unused
from .painting import ArteryPainter
from .segments import (
    Drawing,
    DrawingKind,
    DrawnOn,
    incomplete,
    paint_arteries,
    paint_calcification,
    remarks,
    values_in,
)
from .sources import find_sources, read_drawing

# A mask that reaches farther beyond its CT, as a part of its voxels, was drawn on another one.
_MOST_OUTSIDE = 0.01


@dataclass(frozen=True, eq=False)
class Mask:
    """A mask as it was read.

    Attributes
    ----------
    volume : Volume
        On its own grid: uint8 territory labels, or non-zero where calcified.
    flags : tuple of Flag
        What was left out, assumed or decided in reading it.
    drawn_on : tuple of DrawnOn
        What its files say about the images that they were drawn on.
    """

    volume: Volume
    flags: tuple[Flag, ...] = ()
    drawn_on: tuple[DrawnOn, ...] = ()


def read_mask(path: str | Path) -> Volume:
    """Read a label map (NIfTI, NRRD, MetaImage) on its own grid, its values as they are.

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
    native_path(path)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise InputError(f"The mask '{path}' {what}; name a NIfTI, NRRD or MetaImage file.")
    with _readable(path):
        volume = read_image(path)
    return volume.with_array(as_labels(volume.array, path.name))


def read_arteries(
    paths: str | Path | Sequence[str | Path],
    given: Mapping[int | str, str] | None = None,
    label_names: Mapping[str, str] | None = None,
    *,
    complete: bool = False,
) -> Mask:
    """Read an artery mask as territory labels, on the mask's grid.

    Parameters
    ----------
    paths : path or sequence of paths
        NIfTI, NRRD, MetaImage, Slicer's ``.seg.nrrd``, DICOM SEG, or a folder with a file for each artery or with
        DICOM SEG. Several are merged by name; where they overlap, a branch wins over its parent, else the earlier
        artery of the territory table, and it is flagged.
    given : mapping of int or str to str, optional
        What values, segments or files (by name) stand for, see :func:`meanings.understand`. By default what the files
        themselves say; the values of a plain label map are territory labels.
    label_names : mapping of str to str, optional
        Names of segments that are not understood, to names of territories or ``calcification``.
    complete : bool
        Refuse a segment that stands for nothing beside known ones, rather than leave it out.

    Raises
    ------
    InputError
        For what cannot be read, and where a file that was named holds no artery that is known.
    """
    found = _read(paths, Wanted.ARTERIES, given, label_names, complete)
    painter = ArteryPainter(found.grid, found.title)
    for drawing, understood in found.parts:
        paint_arteries(painter, drawing, understood, found.mover(drawing, "artery mask"))
    volume, overlaps = painter.finished()
    return Mask(volume, (*found.flags, *overlaps), found.drawn_on)


def read_calcification(
    paths: str | Path | Sequence[str | Path],
    given: Mapping[int | str, str] | None = None,
    label_names: Mapping[str, str] | None = None,
    *,
    complete: bool = False,
) -> Mask:
    """Read a calcification mask: 1 where calcified, on the mask's grid.

    Of a plain label map every value counts, of segments those that stand for calcification. A single segment that
    nobody has named, or whose name is not understood, is taken for it, and that is flagged.

    Parameters
    ----------
    paths, given, label_names, complete
        As for :func:`read_arteries`.

    Raises
    ------
    InputError
        For what cannot be read, and where a file has segments but none of calcification.
    """
    found = _read(paths, Wanted.CALCIFICATION, given, label_names, complete)
    mask = Volume(np.zeros(found.grid.shape, np.uint8), found.grid)
    for drawing, understood in found.parts:
        paint_calcification(mask.array, drawing, understood, found.mover(drawing, "calcification mask"))
    return Mask(mask, tuple(found.flags), found.drawn_on)


def artery_labels(mask: Volume, given: Mapping[int, str] | None = None) -> Volume:
    """Return a label map as territory labels (uint8, on its own grid).

    Parameters
    ----------
    mask : Volume
        Integer labels.
    given : mapping of int to str, optional
        Names of the mask's values, as the territory table or TotalSegmentator call them; values without a name are
        background. A name of both sides (``renal_arteries``) is split at the aorta. By default the values are
        territory labels already.

    Raises
    ------
    InputError
        For unknown names, without names for values that are no territory label, and for a label of both sides in a
        mask without an aorta.
    """
    values = sorted(values_in(mask.array))
    segments = (
        [Segment("", value=value) for value in values] if given else territory_segments(values, "The artery mask")
    )
    painter = ArteryPainter(mask.grid)
    drawing = Drawing("the mask", tuple(segments), [mask.array], mask.grid, mask.grid, kind=DrawingKind.VALUES)
    paint_arteries(painter, drawing, understand(segments, Wanted.ARTERIES, given=given))
    return painter.finished()[0]


def other_ct_flags(mask: Mask, identity: Mapping, title: str) -> list[Flag]:
    """Flag a mask whose file says that it was drawn on another image than the CT.

    Parameters
    ----------
    mask : Mask
    identity : mapping
        Of the CT, see :class:`ct.CtImage`.
    title : str
        What to call the mask (``artery mask``).
    """
    series, frame = identity.get("series_uid"), identity.get("frame_of_reference_uid")
    for each in dict.fromkeys(mask.drawn_on):
        same_place = None not in (frame, each.frame_of_reference_uid) and frame == each.frame_of_reference_uid
        if series and each.series_uid and series != each.series_uid:
            where = ", of the same examination" if same_place else ""
            text = f"The {title} was drawn on another series{where} ({each.series_uid}) than this CT ({series})."
        elif frame and each.frame_of_reference_uid and not same_place:
            text = f"The {title} was drawn in another frame of reference than this CT's"
            said = series and series == each.series_uid
            text += (
                ", though it names this CT's series: its place is in doubt." if said else ": on another examination."
            )
        else:
            continue
        return [Flag("mask_of_another_ct", text)]
    return []


def mask_drawn_on(mask: Mask, ct: CtImage, title: str, labels: Mapping[int, str] | None = None) -> Mask:
    """Return `mask` on the grid of the CT that it was drawn on.

    Parameters
    ----------
    mask : Mask
    ct : CtImage
    title : str
        What to call the mask in messages.
    labels : mapping of int to str, optional
        Labels to look at one by one where its voxels are not those of the CT, see :func:`common_grid.bring`.

    Returns
    -------
    Mask
        With flags for what the other grid did to it, and for a mask that says it is of another CT.

    Raises
    ------
    InputError
        Where more than 1 % of its voxels, or all that there is of it, lies outside.
    """
    outside = fraction_outside(mask.volume, ct.volume.grid)
    if outside > _MOST_OUTSIDE:
        raise InputError(
            f"{100 * outside:.0f} % of the mask {title} lies outside its CT; name the mask that was drawn on it."
        )
    volume, told = bring(mask.volume, ct.volume.grid, f"mask {title}", labels)
    flags = (*mask.flags, *other_ct_flags(mask, ct.identity, f"mask {title}"), *told)
    return Mask(volume, flags, mask.drawn_on)


@dataclass(frozen=True, eq=False)
class _Found:
    """What was read of all files of one mask."""

    parts: list[tuple[Drawing, Understanding]]
    grid: Grid
    title: str
    flags: list[Flag]

    @property
    def drawn_on(self) -> tuple[DrawnOn, ...]:
        return tuple(drawing.drawn_on for drawing, _ in self.parts if drawing.drawn_on != DrawnOn())

    def mover(self, drawing: Drawing, title: str):
        """Return what takes the layers of a drawing to the common grid; None where they are on it."""
        if drawing.grid.same_as(self.grid):
            return None

        def moved(layer: np.ndarray, names: Mapping[int, str] | None) -> np.ndarray:
            known = layer
            if names is not None:
                known = np.where(np.isin(layer, list(names)), layer, 0)
            aligned, told = bring(Volume(known, drawing.grid), self.grid, f"{title} {drawing.title}", names)
            self.flags.extend(told)
            return aligned.array

        return moved


def _read(paths, wanted: Wanted, given, label_names, complete: bool) -> _Found:
    """Read all files of one mask, and what their segments stand for."""
    paths = [Path(paths)] if isinstance(paths, str | Path) else [Path(path) for path in paths]
    parts = []
    of_folders: dict[Path, dict] = {}
    with _readable(paths[0]):
        sources, flags = find_sources(paths, wanted, given)
    alone = len(sources) == 1
    for source in sources:
        with _readable(source.path):
            drawing = read_drawing(source, wanted, given, alone)
        understood = _understood(drawing, wanted, label_names, given, complete)
        if source.folder is not None:
            _refuse_twice(of_folders.setdefault(source.folder, {}), drawing, understood)
        flags += [*drawing.flags, *remarks(understood, drawing.title, drawing.kind, given)]
        parts.append((drawing if alone else drawing.cropped(), understood))
    everything = [segment for drawing, understood in parts for segment in (*drawing.segments, *understood.segments)]
    absent = unused(given or {}, everything)
    if absent:
        there = listed(list(dict.fromkeys(everything))) or "no segments"
        raise InputError(f"Nothing in the {wanted.title} is called '{absent[0]}'; there are {there}.")
    title = parts[0][0].title if alone else f"the {wanted.title}s"
    return _Found(parts, _grid([drawing for drawing, _ in parts]), title, list(dict.fromkeys(flags)))


def _grid(drawings: Sequence[Drawing]) -> Grid:
    """Return the finest grid of several files, large enough for all."""
    finest = drawings[0].whole
    for drawing in drawings[1:]:
        if is_finer(drawing.whole, finest):
            finest = drawing.whole
    if all(drawing.grid.same_as(drawings[0].grid) for drawing in drawings):
        return drawings[0].grid
    grid = covering(finest, [drawing.whole for drawing in drawings])
    if np.prod(grid.shape, dtype=float) > MAX_VOXELS:
        raise InputError("The masks are of places or voxel sizes too different to be merged; export them on one grid.")
    return grid


def _understood(
    drawing: Drawing, wanted: Wanted, label_names, given: Mapping[int | str, str] | None, complete: bool
) -> Understanding:
    """Return what the segments of a file stand for.

    Raises
    ------
    InputError
        Where none stands for what is wanted, or one for nothing though the mask is to be complete.
    """
    present = drawing.present()
    empty = [each for each in drawing.segments if each not in present]
    try:
        understood = understand(present, wanted, label_names, given, empty)
    except InputError as error:
        raise InputError(f"In {drawing.title}: {error}") from None
    if understood.problem:
        absent = unused(given or {}, (*present, *empty))
        how = f"nothing in it is called '{absent[0]}'" if absent else _how(understood, complete)
        raise InputError(f"{drawing.title} {understood.problem}; {how}.")
    if complete and not given and drawing.kind is DrawingKind.SEGMENTS and understood.unknown:
        raise InputError(incomplete(understood.unknown, drawing.title))
    return understood


def _how(understood: Understanding, complete: bool) -> str:
    """Return what to do where no segment stands for what is wanted."""
    first = (*understood.segments, *understood.empty)[0]
    name = first.called or first.value
    if understood.wanted is Wanted.CALCIFICATION:
        option = f"--label-names '{name}=calcification'" if complete else f"--calcification-labels '{name}'"
        return f"rename the one that shows it to 'calcification', or name it, as in {option}"
    if complete:
        return f"rename them in Slicer, or say what they are, as in --label-names '{name}=aorta'"
    return (
        f"rename them, or say what they are, as in --artery-labels '{name}=aorta' "
        "(in a table of cases: the column artery_labels)"
    )


def _refuse_twice(seen: dict, drawing: Drawing, understood: Understanding) -> None:
    """Raise InputError where two files of one folder stand for the same, so that it is unclear which counts."""
    meanings: set = set()
    if understood.wanted is Wanted.ARTERIES:
        meanings = {meaning for _, meaning in understood.of_arteries()}
    elif understood.wanted is Wanted.CALCIFICATION and understood.of_calcification():
        meanings = {"calcification"}
    for meaning in meanings:
        earlier = seen.setdefault(meaning, drawing.title)
        if earlier != drawing.title:
            what = meaning if isinstance(meaning, str) else " and ".join(each.title.lower() for each in meaning)
            raise InputError(f"{earlier} and {drawing.title} both hold the {what}; name the file that counts.")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"'{path.name}' cannot be read ({error.strerror or error}); check its permissions.") from None

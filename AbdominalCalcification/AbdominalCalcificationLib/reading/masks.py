"""Label maps from files, and their values as territories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..anatomy import TERRITORIES, known_names, territories_of_name
from ..errors import InputError
from ..geometry import Grid, Volume
from ..geometry.resample import align_labels, fraction_outside
from .images import as_labels, read_image
from .segments import CALCIFICATION, Segments, check_complete, listed, paint_sides, read_segments

# A mask that reaches farther beyond its CT, as a part of its voxels, was drawn on another one.
_MOST_OUTSIDE = 0.01


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
    path = _existing(path)
    with _readable(path):
        volume = read_image(path)
    return volume.with_array(as_labels(volume.array, path.name))


def read_arteries(
    path: str | Path,
    mapping: Mapping[int, str] | None = None,
    label_names: Mapping[str, str] | None = None,
    *,
    complete: bool = False,
) -> tuple[Volume, str]:
    """Read an artery mask as territory labels (uint8, on the mask's grid).

    Parameters
    ----------
    path : str or Path
        As for :func:`read_mask`; Slicer's segments may overlap.
    mapping : mapping of int to str, optional
        What the mask's values mean, see :func:`artery_labels`. By default what the file itself says about its
        segments (:func:`segments.read_segments`); where it has none, the values are territory labels.
    label_names : mapping of str to str, optional
        Names of segments that are not understood, to names of territories or ``calcification``.
    complete : bool
        Refuse a segment that stands for nothing beside known ones, rather than leave it out.

    Returns
    -------
    mask : Volume
    note : str
        A sentence about the segments that were left out; empty where there are none.

    Raises
    ------
    InputError
        As :func:`read_mask` and :func:`artery_labels`, and where the file has segments but none of an artery.
    """
    path = _existing(path)
    with _readable(path):
        segments = None if mapping else read_segments(path, label_names)
    if segments is None:
        return artery_labels(read_mask(path), mapping or None), ""
    if segments.arteries is None:
        first = segments.every[0]
        how = f"--label-names '{first.name or first.segment_id}=aorta'"
        if not complete:
            how = f"--artery-labels {first.value}=aorta (in a table of cases: the column artery_labels)"
        raise InputError(
            f"'{path if complete else path.name}' has no segment of an artery this program knows, but "
            f"{listed(segments.every)}; rename them in Slicer, or say what they are, as in {how}."
        )
    if complete:
        check_complete(segments, f"'{path}'")
    return segments.arteries, _left_out(segments, "artery mask", "an artery")


def read_calcification(
    path: str | Path, label_names: Mapping[str, str] | None = None, *, complete: bool = False
) -> tuple[Volume, str]:
    """Read a calcification mask: non-zero where calcified, on the mask's grid.

    Of a label map every value counts, of Slicer's segments those that stand for calcification. A single segment whose
    name Slicer made up (``Segment_1``) is taken for it as well.

    Parameters and returned values as for :func:`read_arteries`.

    Raises
    ------
    InputError
        As :func:`read_mask`, and where the file has segments but none of calcification.
    """
    path = _existing(path)
    with _readable(path):
        segments = read_segments(path, label_names, only=CALCIFICATION)
    if segments is None:
        return read_mask(path), ""
    if segments.calcification is None:
        raise InputError(
            f"'{path if complete else path.name}' has no segment of calcification, but {listed(segments.every)}; "
            "rename the one that shows it to 'calcification'."
        )
    if complete:
        check_complete(segments, f"'{path}'")
    return segments.calcification, _left_out(segments, "calcification mask", "calcification")


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


def mask_drawn_on(mask: Volume, grid: Grid, title: str) -> Volume:
    """Return `mask` on the grid of the CT that it was drawn on.

    Parameters
    ----------
    mask : Volume
        Integer labels.
    grid : Grid
    title : str
        What to call the mask in messages.

    Raises
    ------
    InputError
        Where more than 1 % of its voxels, or all that there is of it, lies outside.
    """
    outside = fraction_outside(mask, grid)
    if outside > _MOST_OUTSIDE:
        raise InputError(
            f"{100 * outside:.0f} % of the mask {title} lies outside its CT; name the mask that was drawn on it."
        )
    return align_labels(mask, grid)


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
            paired.append((mask.array == value, name, territories, value))
        elif 0 < value < len(table):
            table[value] = territories[0].label
    labels = table[mask.array]
    paint_sides(labels, paired, mask.grid)
    return mask.with_array(labels)


def _existing(path: str | Path) -> Path:
    path = Path(path)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise InputError(f"The mask '{path}' {what}; name a NIfTI, NRRD or MetaImage file.")
    return path


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"'{path.name}' cannot be read ({error.strerror or error}); check its permissions.") from None


def _left_out(segments: Segments, mask: str, wanted: str) -> str:
    """Return a sentence about segments that stand for nothing; empty where there are none."""
    if not segments.unknown:
        return ""
    return (
        f"Segments of the {mask} that stand for nothing known were left out: {listed(segments.unknown)}; "
        f"rename any that is {wanted}."
    )


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

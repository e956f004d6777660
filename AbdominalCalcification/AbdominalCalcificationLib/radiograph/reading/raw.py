"""A radiograph as its file holds it, before it is turned upright and dense is made bright."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...flags import Flag
from ...geometry import Grid
from ...printable import printable

# No detector and no film scanner makes more: a 35 x 43 cm film at 0.05 mm has 60.
MOST_MEGAPIXELS = 100
LEAST_SIDE = 64


@dataclass(frozen=True, eq=False)
class Raw:
    """What a file holds.

    Attributes
    ----------
    pixels : ndarray, shape (rows, columns)
        Numbers, as the file means them; finite.
    dense_is_dark : bool
        Whether larger values are less dense.
    grid : Grid
        Of the file's pixels, shape (1, rows, columns), where a viewer shows them.
    spacing_mm : tuple of float or None
        Of rows and of columns, as stored, in the patient's plane.
    aspect : tuple of float
        Steps of rows and of columns where there is no spacing.
    directions : tuple of str or None
        Where a step to the next column, and to the next row, leads (DICOM's letters); None where nothing says it.
    padding : ndarray or None
        Which pixels stand for nothing.
    flags : tuple of Flag
    said : mapping
        What the file says of itself, for the record: JSON values, nothing about the patient.
    """

    pixels: np.ndarray
    grid: Grid
    dense_is_dark: bool = False
    spacing_mm: tuple[float, float] | None = None
    aspect: tuple[float, float] = (1.0, 1.0)
    directions: tuple[str, str] | None = None
    padding: np.ndarray | None = None
    flags: tuple[Flag, ...] = ()
    said: Mapping = field(default_factory=dict)


def plane_grid(shape: tuple[int, int], spacing_mm: tuple[float, float] | None) -> Grid:
    """Return the grid on which ITK, and so Slicer, shows an image that does not say where it lies.

    Parameters
    ----------
    shape : tuple of int
        Rows, columns.
    spacing_mm : tuple of float or None
        Of rows and of columns; 1 mm without it.
    """
    rows, columns = spacing_mm or (1.0, 1.0)
    # LPS axes as they are: columns to the patient's left, rows to the back.
    directions = np.diag([-1.0, -1.0, 1.0])
    return Grid.from_spacing((1, *shape), (columns, rows, 1.0), directions_ras=directions)


def check_size(path: Path, rows: int, columns: int) -> None:
    """Refuse sizes that are those of no radiograph, before memory is taken for them; InputError."""
    if min(rows, columns) < LEAST_SIDE:
        raise InputError(
            f"'{path.name}' has {columns} x {rows} pixels, too few for a radiograph (at least {LEAST_SIDE} on each "
            "side); give the whole image."
        )
    if rows * columns > MOST_MEGAPIXELS * 1_000_000:
        raise InputError(
            f"'{path.name}' has {columns} x {rows} pixels, more than any radiograph ({MOST_MEGAPIXELS} million); "
            "export it again in its own size."
        )


def damaged(path: Path, what: str = "") -> InputError:
    """Return the error for a file that breaks its format; `what` says where."""
    why = f" ({printable(what)[:120]})" if what else ""
    return InputError(f"'{path.name}' is damaged or cut short{why}; copy or export it again.")


def as_grey(path: Path, array: np.ndarray) -> tuple[np.ndarray, tuple[Flag, ...]]:
    """Return pixels (rows, columns) of one value or several each: of a colour picture only where it is a grey one.

    Parameters
    ----------
    array : ndarray, shape (rows, columns) or (rows, columns, channels)
        Grey, RGB, or either with opacity last.

    Raises
    ------
    InputError
        For colours, and for pixels that are not opaque.
    """
    if array.ndim == 2:
        return array, ()
    channels = array.shape[2]
    if channels in (2, 4):
        opaque = 1.0 if array.dtype.kind == "f" else np.iinfo(array.dtype).max
        if not (array[..., -1] == opaque).all():
            raise InputError(f"'{path.name}' has pixels that are not opaque; save it without transparency.")
        array, channels = array[..., :-1], channels - 1
    if channels == 1:
        return np.ascontiguousarray(array[..., 0]), ()
    if channels != 3:
        raise InputError(f"'{path.name}' has {channels} channels; give an image of one grey value for each pixel.")
    red, green, blue = (array[..., channel] for channel in range(3))
    if not (np.array_equal(red, green) and np.array_equal(red, blue)):
        if not _is_nearly_grey(array):
            raise InputError(f"'{path.name}' is a colour picture; give the radiograph itself, in grey.")
        red = np.rint(array.astype(np.float64).mean(axis=2)).astype(array.dtype)
    return np.ascontiguousarray(red), (Flag("colour_as_grey", "It is stored in colour, and all of it is grey."),)


# JPEG rounds grey to colours that differ by a few of 255 steps; a tinted film or a photograph differs by more.
_GREY_STEPS = 6 / 255


def _is_nearly_grey(array: np.ndarray) -> bool:
    scale = 1.0 if array.dtype.kind == "f" else float(np.iinfo(array.dtype).max)
    spread = array.max(axis=2).astype(np.float64) - array.min(axis=2)
    return bool(spread.max() <= _GREY_STEPS * scale)

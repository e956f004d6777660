"""What the header of an image file says about its voxels, by the standard of its format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...flags import Flag
from ...geometry import Grid
from ...geometry.plausible import sizes_shown
from ...printable import printable

#: Relative difference of two lengths, and difference of two unit vectors, that rounding explains.
SAME_LENGTH, SAME_DIRECTION = 1e-3, 5e-3
AGAIN = "export it again from the program, or the DICOM files, that it came from"
# zlib makes a byte of at most this many.
_MOST_INFLATED = 1032
_LONGEST_QUOTE = 160

_UNITS_MM = {
    "mm": 1.0,
    "millimeter": 1.0,
    "millimetre": 1.0,
    "um": 1e-3,
    "µm": 1e-3,
    "μm": 1e-3,
    "micron": 1e-3,
    "micrometer": 1e-3,
    "micrometre": 1e-3,
    "cm": 10.0,
    "centimeter": 10.0,
    "centimetre": 10.0,
    "m": 1000.0,
    "meter": 1000.0,
    "metre": 1000.0,
}


@dataclass(frozen=True, eq=False)
class Said:
    """The header of a 3D image, understood.

    Attributes
    ----------
    grid : Grid
        RAS, mm: units are converted.
    flags : tuple of Flag
        What the header leaves open.
    unit_mm : tuple of float
        What the file's unit of length is along L-R, P-A and I-S, in mm: image libraries take it for 1.
    placed : bool
        Whether directions and origin are the file's own, not made up.
    slope, intercept : float
        From stored values to those that are meant, where the image library leaves that to the reader.
    """

    grid: Grid
    flags: tuple[Flag, ...] = ()
    unit_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)
    placed: bool = True
    slope: float = 1.0
    intercept: float = 0.0


def damaged(path: Path, what: str = "") -> InputError:
    """Return the error for a header that cannot be understood; `what` says which part of it."""
    why = f" ({plain(what)})" if what else ""
    return InputError(
        f"'{path.name}' is not an image this program can read, or it is damaged{why}; "
        "give NIfTI, NRRD, MetaImage or a DICOM folder."
    )


def truncated(path: Path) -> InputError:
    """Return the error for a file that ends before its last voxel."""
    return InputError(f"'{path.name}' is truncated or damaged; copy or export it again.")


def contradiction(path: Path, what: str) -> InputError:
    """Return the error for a header that says one thing in two ways."""
    return InputError(f"'{path.name}' contradicts itself: {plain(what)}; {AGAIN}.")


def no_sizes(path: Path, why: str) -> InputError:
    """Return the error for a header without voxel sizes."""
    return InputError(f"'{path.name}' does not say how large its voxels are ({plain(why)}); {AGAIN}.")


def strange_scaling(path: Path, how: str) -> InputError:
    """Return the error for values that are scaled as those of no CT are."""
    return InputError(f"'{path.name}' scales its values in a way that no CT does ({how}); {AGAIN}.")


def check_dimensions(path: Path, sizes: Sequence[int]) -> tuple[int, int, int]:
    """Return the first three sizes (i, j, k) of an image that has no more than that.

    Raises
    ------
    InputError
    """
    if any(size < 1 for size in sizes):
        raise damaged(path, f"sizes {' × '.join(map(str, sizes))}")
    if len(sizes) < 3 or any(size > 1 for size in sizes[3:]):
        shape = " × ".join(str(size) for size in sizes)
        raise InputError(f"'{path.name}' has {len(sizes)} dimensions ({shape}); give one 3D volume.")
    return sizes[0], sizes[1], sizes[2]


def check_lengths(path: Path, lengths: Sequence[float], source: str, other: str = "") -> None:
    """Refuse voxel sizes that are none; `source` names the field, `other` says what else the file has.

    Raises
    ------
    InputError
    """
    if not all(np.isfinite(length) and length > 0 for length in lengths):
        raise no_sizes(path, f"{source}: {sizes_shown(lengths)}" + (f"; {other}" if other else ""))


def check_same_lengths(path: Path, one: Sequence[float], source: str, two: Sequence[float], other: str) -> None:
    """Refuse voxel sizes, in mm, that two fields of a header give differently.

    Raises
    ------
    InputError
    """
    if any(abs(a - b) > SAME_LENGTH * max(abs(a), abs(b)) for a, b in zip(one, two, strict=True)):
        shown = f"{sizes_shown(one)} mm by {source} and {sizes_shown(two)} mm by {other}"
        raise contradiction(path, f"its voxels are {shown}")


def unit_in_mm(path: Path, text: str) -> float:
    """Return a unit of length in mm; what says nothing is mm.

    Raises
    ------
    InputError
        For a unit that is not known.
    """
    name = text.strip()
    if name in ("", "?", "???"):
        return 1.0
    known = _UNITS_MM.get(name) or _UNITS_MM.get(name.lower().removesuffix("s"))
    if known is None:
        raise InputError(
            f"The lengths in '{path.name}' are in '{plain(name)}', a unit that is not known here; {AGAIN}."
        )
    return known


def grid_of_columns(path: Path, sizes: tuple[int, int, int], columns, origin) -> Grid:
    """Return the grid of voxel steps (columns i, j, k) and the first voxel's centre, RAS in mm.

    Raises
    ------
    InputError
        Where the steps are no volume.
    """
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = columns, origin
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    if not np.isfinite(matrix).all() or lengths.min() == 0:
        raise damaged(path, "directions or origin are no numbers")
    if abs(np.linalg.det(matrix[:3, :3] / lengths)) < 1e-3:
        raise damaged(path, "its axes lie in one plane")
    try:
        return Grid(tuple(reversed(sizes)), matrix)
    except InputError:  # voxels too small for a matrix to be trusted
        raise InputError(
            f"The voxels of '{path.name}' would be {sizes_shown(lengths)} mm; check its unit of length, and {AGAIN}."
        ) from None


def unknown_orientation(path: Path, why: str) -> Flag:
    """Return the flag for a file that does not say how the patient lies in it."""
    return Flag(
        "unknown_orientation",
        f"'{path.name}' does not say how the patient lies in it ({plain(why)}): left and right may be exchanged.",
    )


def no_origin(path: Path, field: str) -> Flag:
    """Return the flag for a file that does not say where its first voxel lies."""
    return Flag(
        "header_warning", f"'{path.name}' does not say where it lies (no {field}); it was placed at the origin."
    )


def directions_shown(columns) -> str:
    """Return where the axes i, j, k point, as in ``LPS``; `columns` in RAS."""
    names = np.array([["L", "R"], ["P", "A"], ["I", "S"]])
    rows = np.abs(columns).argmax(axis=0)
    return "".join(names[row, int(columns[row, axis] > 0)] for axis, row in enumerate(rows))


def check_held(path: Path, needed: int, held: int, compressed: bool) -> None:
    """Refuse a file that cannot hold the voxels its header claims, before memory is taken for them.

    Parameters
    ----------
    path : Path
    needed : int
        Bytes of all voxels.
    held : int
        Bytes of the file that are voxels.
    compressed : bool
        By zlib.

    Raises
    ------
    InputError
    """
    if needed > held * (_MOST_INFLATED if compressed else 1):
        raise truncated(path)


def plain(text: str) -> str:
    """Return what a header says as a part of one line that can be printed."""
    shown = printable(text)
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}…"

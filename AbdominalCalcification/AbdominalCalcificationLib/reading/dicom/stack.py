"""Geometry of a stack of slices: which regular grid they make, or why they make none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...flags import Flag
from ...geometry.volume import LPS_FROM_RAS, Grid
from .header import Image

SAME_POSITION_MM = 0.01

# Slice positions may be this far off a regular grid and still count as regular: within the
# plane in pixels, along the stack in slice steps. Scanners round positions to 0.1 mm and less.
_TOLERANCE = 0.1
# Beyond these too much would have to be invented: slices missing in a row, and in all, and the
# deviation from whole steps between neighbours.
_MOST_MISSING_IN_A_ROW = 3
_MOST_MISSING_FRACTION = 0.1
_MOST_UNEVEN = 0.25
# Direction cosines are rounded to three digits at worst; what is farther off is no rotation.
_MOST_OBLIQUE = 0.01
# A gantry tilts by up to 30 degrees, and by the same angle everywhere: the slices are displaced in proportion to their
# depth, but for the rounding of positions (in pixels).
_MOST_TILT_DEGREES, _MOST_UNPROPORTIONAL = 35.0, 0.5


@dataclass(frozen=True, eq=False)
class StackPlan:
    """How slices become a volume.

    Attributes
    ----------
    order : ndarray of int, shape (slices,)
        Input slices from the lowest to the highest along the normal.
    along : ndarray, shape (grid.shape[0],)
        Position of each output slice in the sorted input slices; fractions lie in between.
    shifts_ji : ndarray, shape (slices, 2)
        Place of each sorted slice's first pixel in the output plane, in pixels (row, column).
    grid : Grid
    tilt_degrees : float
        Angle between the stack and the normal of its slices.
    flags : tuple of Flag
    """

    order: np.ndarray
    along: np.ndarray
    shifts_ji: np.ndarray
    grid: Grid
    tilt_degrees: float
    flags: tuple[Flag, ...]


def plan_stack(positions_lps, row, column, pixel_mm, shape) -> StackPlan:
    """Plan the volume of slices that share one orientation.

    Slices that are missing or unevenly spaced are interpolated on a regular grid, slices that
    are displaced within their plane (gantry tilt shears the stack) are moved into place; each is
    flagged. What would have to be invented to a larger extent is refused.

    Parameters
    ----------
    positions_lps : array_like, shape (slices, 3)
        Centre of each slice's first pixel, LPS, mm (DICOM Image Position).
    row, column : array_like, shape (3,)
        Directions in which the column and the row index grow (DICOM Image Orientation, first and
        last three values), LPS.
    pixel_mm : sequence of float
        Distance between rows and between columns (DICOM Pixel Spacing).
    shape : sequence of int
        Rows and columns of a slice.

    Raises
    ------
    InputError
        For fewer than two slices, several slices in one place, gaps that are too large, and numbers that are no
        place, size or direction.
    """
    positions = np.asarray(positions_lps, float)
    _check_numbers(positions, pixel_mm)
    row, column, normal = axes_of(row, column)
    if len(positions) < 2:
        raise InputError("The series is a single slice; name the folder that holds all its slices.")
    depth = positions @ normal
    order = np.argsort(depth, kind="stable")
    positions, depth = positions[order], depth[order]
    start, step, along, flags = even_steps(depth)
    shifts_mm, tilt, tilt_flags = _in_plane(positions, depth, row, column, pixel_mm)
    least = shifts_mm.min(axis=0)
    shifts = (shifts_mm - least) / pixel_mm
    most_mm = np.asarray(shape) * pixel_mm + np.tan(np.radians(_MOST_TILT_DEGREES)) * (depth[-1] - depth[0])
    if np.any(np.ptp(shifts_mm, axis=0) > most_mm):
        raise InputError(
            f"The slices are displaced within their plane by {np.ptp(shifts_mm, axis=0).max():.0f} mm against each "
            "other, so they are no stack; export the series again."
        )
    size = np.asarray(shape) + np.ceil(shifts.max(axis=0) - 1e-6).astype(int)
    lps = np.eye(4)
    lps[:3, :3] = np.column_stack([row * pixel_mm[1], column * pixel_mm[0], normal * step])
    lps[:3, 3] = positions[0] + column * least[0] + row * least[1] + normal * (start - depth[0])
    grid = Grid((len(along), *map(int, size)), LPS_FROM_RAS @ lps)
    return StackPlan(order, along, shifts, grid, tilt, (*flags, *tilt_flags))


def axes_of(row, column) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return unit vectors along rows, columns and normal, rounding undone.

    Raises
    ------
    InputError
        Where the first two are not of length 1 or not at right angles.
    """
    row, column = np.asarray(row, float), np.asarray(column, float)
    lengths = np.linalg.norm([row, column], axis=1)
    if not (np.all(np.abs(lengths - 1) <= _MOST_OBLIQUE) and abs(row @ column) <= _MOST_OBLIQUE):
        raise InputError(
            "The slices' directions (Image Orientation) are not of length 1 and at right angles: "
            f"{_listed(row)} and {_listed(column)}; export the series again."
        )
    row = row / lengths[0]
    column = column - (column @ row) * row
    column /= np.linalg.norm(column)
    return row, column, np.cross(row, column)


def depths_of(images: Sequence[Image]) -> np.ndarray:
    """Return where images of one direction lie along their normal, mm; raises as :func:`axes_of` does."""
    orientation = images[0].orientation
    _, _, normal = axes_of(orientation[:3], orientation[3:])
    return np.array([image.position for image in images], float) @ normal


def even_steps(depth: np.ndarray) -> tuple[float, float, np.ndarray, list[Flag]]:
    """Return the even steps that slices at `depth` make.

    Parameters
    ----------
    depth : ndarray, shape (slices,)
        Two and more positions along the normal, mm, in rising order.

    Returns
    -------
    start, step : float
        mm.
    along : ndarray
        Position of each output slice among the inputs.
    flags : list of Flag

    Raises
    ------
    InputError
        For several slices in one place, and gaps that are too large.
    """
    gaps = np.diff(depth)
    if gaps.min() < SAME_POSITION_MM:
        places = 1 + int(np.count_nonzero(gaps >= SAME_POSITION_MM))
        raise InputError(
            f"The series has {len(depth)} images at {places} positions, so it holds several volumes "
            "(phases or time points), and nothing in the files tells which image belongs to which; "
            "export one phase as a series of its own."
        )
    count = len(depth)
    numbers = np.arange(count, dtype=float)
    step, start = np.round(np.polyfit(numbers, depth, 1), 9)  # without the noise of the fit
    if is_even(depth):
        return float(start), float(step), numbers, []

    usual = float(np.median(gaps))
    steps = round((depth[-1] - depth[0]) / usual)
    uneven = float(np.abs(gaps / usual - np.rint(gaps / usual)).max())
    missing = int(np.rint(gaps / usual - 1)[gaps > 1.5 * usual].sum())
    if (
        gaps.max() > (_MOST_MISSING_IN_A_ROW + 1.5) * usual
        or missing > max(1, _MOST_MISSING_FRACTION * count)
        or uneven > _MOST_UNEVEN
        or gaps.min() < 0.5 * usual
    ):
        raise InputError(
            f"The slices lie {gaps.min():.2f} to {gaps.max():.2f} mm apart, usually {usual:.2f} mm: slices are missing "
            "or several stacks are mixed; export the whole series again."
        )
    step = (depth[-1] - depth[0]) / steps
    along = np.interp(depth[0] + step * np.arange(steps + 1), depth, numbers)
    # Slices that are where they should be stay as they are.
    near = np.abs(along - np.rint(along)) < _TOLERANCE
    along[near] = np.rint(along[near])
    return float(depth[0]), step, along, _step_flags(gaps, step, missing, uneven)


def _step_flags(gaps: np.ndarray, step: float, missing: int, uneven: float) -> list[Flag]:
    flags = []
    if missing:
        noun = "slice is" if missing == 1 else "slices are"
        flags.append(Flag("missing_slices", f"{missing} {noun} missing and interpolated from the neighbours."))
    if uneven > _TOLERANCE:
        flags.append(
            Flag(
                "uneven_slices",
                f"The slices lie {gaps.min():.2f} to {gaps.max():.2f} mm apart; "
                f"they were interpolated to {step:.2f} mm.",
            )
        )
    return flags


def is_even(depth: np.ndarray) -> bool:
    """Return whether two and more slices at rising `depth` (mm) lie on even steps as they are."""
    numbers = np.arange(len(depth), dtype=float)
    step, start = np.round(np.polyfit(numbers, depth, 1), 9)
    return bool(np.abs(start + step * numbers - depth).max() <= _TOLERANCE * step)


def _check_numbers(positions: np.ndarray, pixel_mm) -> None:
    if not np.isfinite(positions).all():
        raise InputError("Slices have positions that are no numbers (Image Position); export the series again.")
    if not (np.isfinite(pixel_mm).all() and min(pixel_mm) > 0):
        raise InputError(f"The pixels' size (Pixel Spacing) is {_listed(pixel_mm)} mm; export the series again.")


def _listed(numbers) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


def _in_plane(positions, depth, row, column, pixel_mm) -> tuple[np.ndarray, float, list[Flag]]:
    """Return how far each slice is displaced along column and row directions in mm, the tilt in degrees, and flags."""
    relative = positions - positions[0]
    shifts = np.column_stack([relative @ column, relative @ row])
    if np.all(np.abs(shifts).max(axis=0) <= _TOLERANCE * np.asarray(pixel_mm)):
        return np.zeros_like(shifts), 0.0, []
    slope = np.polyfit(depth - depth[0], shifts, 1)[0]
    tilt = float(np.degrees(np.arctan(np.linalg.norm(slope))))
    straight = np.outer(depth - depth[0], slope)
    off = np.abs(shifts - straight - (shifts - straight).mean(axis=0)).max(axis=0) / pixel_mm
    if off.max() <= _MOST_UNPROPORTIONAL and tilt <= _MOST_TILT_DEGREES:
        message = (
            f"The slices are displaced within their plane (gantry tilt, {tilt:.1f} degrees); "
            "they were moved onto a rectangular grid by interpolation."
        )
        return shifts, tilt, [Flag("gantry_tilt", message)]
    message = (
        f"The slices are displaced within their plane by up to {np.ptp(shifts, axis=0).max():.1f} mm, as no gantry "
        "tilt does; they were moved to where their positions say."
    )
    return shifts, tilt, [Flag("displaced_slices", message)]

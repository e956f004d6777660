"""Geometry of a stack of slices, and their assembly into one volume on a regular grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..flags import Flag
from ..geometry.volume import LPS_FROM_RAS, Grid, Volume

AIR_HU = -1024

# Slice positions may be this far off a regular grid and still count as regular: within the
# plane in pixels, along the stack in slice steps. Scanners round positions to 0.1 mm and less.
_TOLERANCE = 0.1
# Beyond these too much would have to be invented: slices missing in a row, and in all, and the
# deviation from whole steps between neighbours.
_MOST_MISSING_IN_A_ROW = 3
_MOST_MISSING_FRACTION = 0.1
_MOST_UNEVEN = 0.25
_SAME_POSITION_MM = 0.01


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
    flags : tuple of Flag
    """

    order: np.ndarray
    along: np.ndarray
    shifts_ji: np.ndarray
    grid: Grid
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
        For fewer than two slices, several slices in one place, and gaps that are too large.
    """
    positions = np.asarray(positions_lps, float)
    row, column, normal = _axes(row, column)
    if len(positions) < 2:
        raise InputError("The series is a single slice; name the folder that holds all its slices.")
    depth = positions @ normal
    order = np.argsort(depth, kind="stable")
    positions, depth = positions[order], depth[order]
    start, step, along, flags = _regular_steps(depth)
    shifts_mm, tilt_flags = _in_plane(positions, depth, row, column, pixel_mm)
    least = shifts_mm.min(axis=0)
    shifts = (shifts_mm - least) / pixel_mm
    size = np.asarray(shape) + np.ceil(shifts.max(axis=0) - 1e-6).astype(int)
    lps = np.eye(4)
    lps[:3, :3] = np.column_stack([row * pixel_mm[1], column * pixel_mm[0], normal * step])
    lps[:3, 3] = positions[0] + column * least[0] + row * least[1] + normal * (start - depth[0])
    grid = Grid((len(along), *size), LPS_FROM_RAS @ lps)
    return StackPlan(order, along, shifts, grid, (*flags, *tilt_flags))


def assemble(plan: StackPlan, read_slice: Callable[[int], np.ndarray]) -> Volume:
    """Return the volume of `plan`, reading each slice once.

    Parameters
    ----------
    plan : StackPlan
    read_slice : callable
        Returns the pixels (row, column) in HU of the input slice with the given number.

    Returns
    -------
    Volume
        int16 where all values are integers that fit, else float32.
    """
    volume = np.full(plan.grid.shape, AIR_HU, np.int16)
    held: dict[int, np.ndarray] = {}

    def placed(number: int) -> np.ndarray:
        if number not in held:
            held[number] = _moved(read_slice(int(plan.order[number])), plan.shifts_ji[number], plan.grid.shape[1:])
        return held[number]

    for k, at in enumerate(plan.along):
        below = int(at)
        part = at - below
        for done in [number for number in held if number < below]:
            del held[done]
        pixels = placed(below)
        if part:
            mixed = (1 - part) * pixels.astype(np.float64) + part * placed(below + 1)
            whole = np.issubdtype(pixels.dtype, np.integer)
            pixels = np.rint(mixed).astype(pixels.dtype) if whole else mixed
        if volume.dtype == np.int16 and not _fits_int16(pixels):
            volume = volume.astype(np.float32)
        volume[k] = pixels
    return Volume(volume, plan.grid)


def _axes(row, column) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    row, column = np.asarray(row, float), np.asarray(column, float)
    if min(np.linalg.norm(row), np.linalg.norm(column)) < 0.9 or abs(row @ column) > 1e-2:
        raise InputError("The slices' directions are not at right angles; export the series again.")
    row = row / np.linalg.norm(row)
    column = column - (column @ row) * row
    column /= np.linalg.norm(column)
    return row, column, np.cross(row, column)


def _regular_steps(depth: np.ndarray) -> tuple[float, float, np.ndarray, list[Flag]]:
    """Return start and step in mm, position of each output slice among the inputs, and flags."""
    gaps = np.diff(depth)
    if gaps.min() < _SAME_POSITION_MM:
        places = 1 + int(np.count_nonzero(gaps >= _SAME_POSITION_MM))
        raise InputError(
            f"The series has {len(depth)} images at {places} positions, so it holds several volumes "
            "(phases or time points) or duplicates; export one phase as a series of its own."
        )
    count = len(depth)
    numbers = np.arange(count, dtype=float)
    step, start = np.round(np.polyfit(numbers, depth, 1), 9)  # without the noise of the fit
    if np.abs(start + step * numbers - depth).max() <= _TOLERANCE * step:
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
    return float(depth[0]), step, along, flags


def _in_plane(positions, depth, row, column, pixel_mm) -> tuple[np.ndarray, list[Flag]]:
    """Return how far each slice is displaced along column and row directions in mm, and flags."""
    relative = positions - positions[0]
    shifts = np.column_stack([relative @ column, relative @ row])
    if np.all(np.abs(shifts).max(axis=0) <= _TOLERANCE * np.asarray(pixel_mm)):
        return np.zeros_like(shifts), []
    drift = float(np.linalg.norm(shifts[-1]) / (depth[-1] - depth[0]))
    message = (
        f"The slices are displaced within their plane (gantry tilt, {np.degrees(np.arctan(drift)):.1f} degrees); "
        "they were moved onto a rectangular grid by interpolation."
    )
    return shifts, [Flag("gantry_tilt", message)]


def _moved(pixels: np.ndarray, shift_ji: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return `pixels` with the first one at `shift_ji` (not negative) of a plane of `shape`, filled with air."""
    if not shift_ji.any():
        if pixels.shape == tuple(shape):
            return pixels
        whole, part = np.zeros(2, int), np.zeros(2)
    else:
        whole = np.floor(shift_ji + 1e-9).astype(int)
        part = np.clip(shift_ji - whole, 0, None)
    plane = np.full(np.array(shape) + 1, AIR_HU, np.float64)
    plane[whole[0] : whole[0] + pixels.shape[0], whole[1] : whole[1] + pixels.shape[1]] = pixels
    before_j = np.vstack([np.full((1, plane.shape[1]), float(AIR_HU)), plane[:-1]])
    plane = (1 - part[0]) * plane + part[0] * before_j
    before_i = np.hstack([np.full((plane.shape[0], 1), float(AIR_HU)), plane[:, :-1]])
    plane = (1 - part[1]) * plane + part[1] * before_i
    plane = plane[: shape[0], : shape[1]]
    return np.rint(plane).astype(pixels.dtype) if np.issubdtype(pixels.dtype, np.integer) else plane


def _fits_int16(pixels: np.ndarray) -> bool:
    if not np.issubdtype(pixels.dtype, np.integer):
        return False
    limits = np.iinfo(np.int16)
    return pixels.dtype == np.int16 or (pixels.min() >= limits.min and pixels.max() <= limits.max)
